"""Places the cards of a picture on sheets of A4: what follows an answer to its right, the next answer below.

No card is cut by the edge of a sheet, none lies on another, and no line crosses a card or another line: children stand
in the order of the rows that lead to them, and what is no tree or stands on another sheet is named by its number
instead of drawn.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from bot.drawing.cards import Card, Content
from bot.drawing.forest import COLUMNS
from bot.drawing.measure import ENTRY, Block, Setter
from bot.drawing.parts import Part, Path
from bot.drawing.preamble import footnotes, heading
from bot.drawing.sheets import GUTTER, INNER, SIDE, Sheets
from bot.drawing.terms import Terms

COLUMN = (INNER - (COLUMNS - 1) * GUTTER) // COLUMNS
WIDE = 2 * COLUMN + GUTTER
GAP, TREE_GAP = 16, 26
ARROW = 7


@dataclass(frozen=True)
class Placed:
    """A card at its place. Its parts count from its own corner."""

    card: Card
    x: float
    y: float
    block: Block


@dataclass(frozen=True)
class Picture:
    """Everything at its place, in units of a quarter of a millimetre."""

    content: Content
    sheets: int
    loose: tuple[Part, ...]
    placed: tuple[Placed, ...]
    paths: tuple[Path, ...]


def lay_out(content: Content, terms: Terms) -> Picture:
    """Place everything."""
    loose, y = heading(content)
    layout = _Layout(content, terms)
    y = layout.stand_all(y)
    more, y = footnotes(content, y)
    in_order = tuple(layout.placed[name] for name in content.cards)
    return Picture(content, Sheets.of(y), (*loose, *more), in_order, tuple(layout.paths()))


class _Layout:
    def __init__(self, content: Content, terms: Terms) -> None:
        self.cards, self.forest, self.terms = content.cards, content.forest, terms
        self.placed: dict[str, Placed] = {}
        self.drawn: dict[str, list[str]] = {}
        self.later = list[str]()
        self.levels = dict.fromkeys(self.cards, 0)
        for name in reversed(self.forest.order()):
            self.levels[name] = max([0, *(self.levels[child] + 1 for child in self.forest.children[name])])

    def stand_all(self, y: float) -> float:
        """Place every tree below the one before it; where they end."""
        waiting = deque(self.forest.roots)
        while waiting:
            beside = list(takewhile(lambda name: not self.forest.children[name], waiting))[:COLUMNS]
            if self._is_lower_beside(beside):
                y = self._stand_beside([waiting.popleft() for _ in beside], y)
            else:
                root = waiting.popleft()
                y = self._stand(root, 0, Sheets.fit(y, self._needed(root, 0)))
                waiting.extendleft(reversed(self.later))
                self.later = []
            y += TREE_GAP
        return y

    def _is_lower_beside(self, names: Sequence[str]) -> bool:
        """Whether cards take less height side by side than one below the other."""
        below = sum(self._block(name, 0).height + TREE_GAP for name in names)
        return len(names) > 1 and max(self._set(name, COLUMN).height for name in names) + TREE_GAP < below

    def _stand_beside(self, names: Sequence[str], y: float) -> float:
        """Place cards on which nothing hangs side by side; where the lowest ends."""
        blocks = [self._set(name, COLUMN) for name in names]
        tallest = max(block.height for block in blocks)
        y = Sheets.fit(y, tallest)
        for column, (name, block) in enumerate(zip(names, blocks, strict=True)):
            self._put(name, column, y, block)
        return round(y + tallest, 1)

    def _stand(self, name: str, column: int, y: float) -> float:
        """Place a card, and to its right what hangs on it and finds room on this sheet; where the lowest ends.

        What finds none, and all that is read after it, waits for the next tree: a line across two sheets of paper
        leads nobody.
        """
        block = self._block(name, column)
        self._put(name, column, y, block)
        end, below = y + block.height, y
        column += self._span(name, column)
        for child in self.forest.children[name]:
            spot = Sheets.fit(below, self._needed(child, column))
            if self.later or Sheets.number(spot) != Sheets.number(y):
                self.later.append(child)
                continue
            self.drawn.setdefault(name, []).append(child)
            bottom = self._stand(child, column, spot)
            end, below = max(end, bottom), bottom + GAP
        return round(end, 1)

    def _needed(self, name: str, column: int) -> float:
        """The height a card wants to find on its sheet: its own, or that of the first card beside it."""
        after = column + self._span(name, column)
        first = self.forest.children[name][:1]
        return max(self._block(one, at).height for one, at in ((name, column), *((child, after) for child in first)))

    def _span(self, name: str, column: int) -> int:
        """How many columns a card takes: two where nothing else needs them."""
        if len(self.forest.children[name]) > 1:
            return 1
        return max(1, min(2, COLUMNS - column - self.levels[name]))

    def _block(self, name: str, column: int) -> Block:
        return self._set(name, WIDE if self._span(name, column) == 2 else COLUMN)

    def _set(self, name: str, width: float) -> Block:
        return Setter(self.cards[name], width).set(self.terms("SMS"))

    def _put(self, name: str, column: int, y: float, block: Block) -> None:
        x = round(SIDE + column * (COLUMN + GUTTER), 1)
        self.placed[name] = Placed(self.cards[name], x, y, block)

    def paths(self) -> list[Path]:
        """The line to each child that stands beside its parent, in a lane of its own so that none meets another."""
        found = list[Path]()
        for name, children in self.drawn.items():
            ends = [self._ends(name, child) for child in children]
            for lane, child, (row, arrival) in zip(_lanes(ends), children, ends, strict=True):
                above, below = self.placed[name], self.placed[child]
                start = round(above.x + above.block.width, 1)
                found.append(Path(start, row, round(start + lane, 1), below.x, arrival, below.card.number))
        return found

    def _ends(self, name: str, child: str) -> tuple[float, float]:
        above = self.placed[name]
        row = self.forest.parent[child][1]
        return round(above.y + above.block.exits[row], 1), round(self.placed[child].y + ENTRY, 1)


def _lanes(ends: Sequence[tuple[float, float]]) -> list[float]:
    """How far from the card each line turns. Lines down: the later, the nearer; lines up: the later, the further."""
    ups = sum(arrival < row for row, arrival in ends)
    downs = len(ends) - ups
    room = GUTTER - ARROW - 10
    lanes = list[float]()
    for number in range(len(ends)):
        among, place = (ups, number) if number < ups else (downs, downs - 1 - (number - ups))
        lanes.append(7 + room * (place + 0.5) / among if among > 1 else 7 + room / 2)
    return lanes
