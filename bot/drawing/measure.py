"""One card, set at a width: where its words stand, how high it becomes, and where its lines begin."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.drawing.cards import QUESTION, Bubble, Card, Label, Row, Way
from bot.drawing.letters import width_of, wrap
from bot.drawing.parts import TYPES, Part, Rules, Shape, Sign, Words

EDGE = 11
INSIDE = 9  # between a bubble's edge and its words
ENTRY = 20  # below a card's top: where lines arrive
PILL = 7


@dataclass(frozen=True)
class Block:
    """A card of a known height. `exits` holds, by row, the height at which its line begins."""

    width: float
    height: float
    parts: tuple[Part, ...]
    exits: Mapping[int, float]


class Setter:
    """Sets one card from top to bottom; `y` is how far it has come."""

    def __init__(self, card: Card, width: float) -> None:
        self.card, self.width = card, width
        self.y = 0.0
        self.parts: list[Part] = []
        self.exits: dict[int, float] = {}
        self.rules: list[float] = []

    def set(self, sms: str) -> Block:
        """The whole card. `sms` is the drawing's word for one."""
        self._head()
        for bubble in self.card.bubbles:
            self._bubble(bubble, sms)
        for number, row in enumerate(self.card.rows):
            self._row(number, row)
        if self.card.below:
            self.y += 3
            self._rule()
            self._lines(self.card.below, "small", EDGE, look="grey")
        self.y += 9
        frame: list[Part] = [Shape(0, 0, self.width, self.y, "card")]
        if self.card.urgent:
            frame.append(Shape(0, 8, 5, self.y - 16, "urgent"))
        if self.rules:
            frame.append(Rules(EDGE, self.width - 2 * EDGE, tuple(self.rules)))
        return Block(self.width, self.y, (*frame, *self.parts), self.exits)

    def _head(self) -> None:
        """The number, the answers that lead here beside it where they fit, the step's name, and where it comes from."""
        card, number = self.card, str(self.card.number)
        badge = width_of(number, 12.5, bold=True) + 14
        self.parts.append(Shape(EDGE, ENTRY - 10, badge, 20, "badge"))
        self.parts.append(Words(EDGE + 7, ENTRY + 4.5, (number,), "head", "badge"))
        self.parts.append(Words(self.width - EDGE, ENTRY + 4, (card.name,), "small", "grey", end=True))
        left = EDGE + badge + 8
        room = self.width - EDGE - width_of(card.name, 10.5) - 10 - left
        self.y = ENTRY + 14
        if card.labels and width_of(card.labels[0].told, 13, bold=True) + (23 if card.labels[0].mark else 0) <= room:
            self.y = ENTRY - 8.5
        else:
            left = EDGE
        for label in card.labels:
            self._label(label, left)
        self.y = max(self.y, ENTRY + 14)
        for line in card.plain:
            self._lines(line, "small", EDGE)
        if card.comes:
            self._lines(" · ".join(card.comes), "small", EDGE, look="grey")
        self._written(card.writes, EDGE)
        self.y += 3

    def _label(self, label: Label, left: float) -> None:
        if label.mark:
            self._digit(label.mark, left)
            left += 23
        self._lines(label.told, "label", left, href=self.card.href)
        self.y += 3

    def _digit(self, mark: str, left: float, draft: bool = False) -> None:
        self.parts.append(Shape(left, self.y + 0.5, 17, 17, "digit draft") if draft else Sign(left, self.y, "digit"))
        self.parts.append(Words(left + 8.5 - width_of(mark, 11, bold=True) / 2, self.y + 12.4, (mark,), "digit"))

    def _lines(self, text: str, kind: str, x: float, look: str = "", href: str | None = None) -> None:
        known = TYPES[kind]
        lines = wrap(text, self.width - EDGE - x, known.size, known.bold)
        self.parts.append(Words(x, self.y + known.size, lines, kind, look, href=href))
        self.y += len(lines) * known.leading

    def _written(self, lines: tuple[str, ...], x: float) -> None:
        for line in lines:
            self.parts.append(Sign(x, self.y + 1.5, "pencil"))
            self._lines(line, "small", x + 15)

    def _bubble(self, bubble: Bubble, sms: str) -> None:
        kind = "ask" if bubble.what == QUESTION else "text"
        known = TYPES[kind]
        room = self.width - 2 * EDGE - 2 * INSIDE
        lines = wrap(bubble.text, room, known.size, known.bold)
        marks, cost = ",".join(map(str, bubble.marks)), f"{bubble.segments} {sms}" if bubble.segments else ""
        last = width_of(lines[-1], known.size, known.bold)
        tail = width_of(marks, 9, bold=True) + (16 if marks else 12) + width_of(cost, 10.5)
        top, left, right = self.y, EDGE + INSIDE, self.width - EDGE - INSIDE
        base = top + 7 + known.size + (len(lines) - 1) * known.leading
        end = base + (0 if last + tail <= room else 13)
        look = f"{bubble.what} {'draft' if bubble.draft else ''} {'borrowed' if bubble.borrowed else ''}"
        self.parts.append(Shape(EDGE, top, self.width - 2 * EDGE, end + 8 - top, " ".join(look.split())))
        self.parts.append(Words(left, top + 7 + known.size, lines, kind))
        if marks:
            beside = last + width_of(marks, 9, bold=True) + 3 <= room
            x, y = (left + last + 3, base - 4) if beside else (left, end)
            self.parts.append(Words(x, y, (marks,), "mark", "fact"))
        if cost:
            self.parts.append(Words(right, end, (cost,), "small", "grey", end=True))
        self.y = end + 8 + 6

    def _rule(self) -> None:
        self.y += 1
        self.rules.append(round(self.y, 1))
        self.y += 4

    def _row(self, number: int, row: Row) -> None:
        if number:
            self._rule()
        left, known = EDGE + (24 if row.mark or row.typed else 4), TYPES["text"]
        room, way = self.width - EDGE - left, TYPES["way"]
        padding = PILL if row.way.look != "card" else 0
        ends = wrap(row.way.text, room - 2 * padding, way.size, way.bold)
        taken = max(width_of(line, way.size, way.bold) for line in ends) + 2 * padding
        text = f"“{row.text}”" if row.typed else row.text
        beside = taken + 10 + width_of(text, known.size) <= room or taken < room * 0.3
        lines = wrap(text, room - taken - 10 if beside else room, known.size)
        top = self.y
        if row.mark:
            self._digit(row.mark, EDGE, row.draft)
        look = "typed" if row.typed else "" if row.mark else "grey"
        self.parts.append(Words(left, top + 13.5, lines, "text", look))
        self.y += len(lines) * known.leading + 2
        self._written(row.writes, left)
        at = top if beside else self.y
        self._way(row.way, ends, taken, at)
        self.exits[number] = at + 10
        self.y = max(self.y, at + len(ends) * way.leading + (6 if padding else 3))

    def _way(self, way: Way, ends: tuple[str, ...], taken: float, top: float) -> None:
        right = self.width - EDGE
        if way.look == "card":
            self.parts.append(Words(right, top + 14, ends, "way", "card", end=True, href=way.href))
            return
        high = len(ends) * TYPES["way"].leading + 3
        self.parts.append(Shape(right - taken, top + 0.5, taken, high, way.look))
        self.parts.append(Words(right - taken + PILL, top + 13.5, ends, "way", way.look, href=way.href))
