"""What stands above the cards (title, what it is about, the legend) and below them (the facts)."""

from bot.drawing.cards import Content, Note
from bot.drawing.letters import width_of, wrap
from bot.drawing.parts import TYPES, Part, Shape, Sign, Words
from bot.drawing.sheets import INNER, SIDE, TOP, WIDTH, Sheets

LEGEND_COLUMNS = 3
SIGN_ROOM = 36


def heading(content: Content) -> tuple[list[Part], float]:
    """The parts above the cards, and where the cards may begin."""
    y = float(TOP)
    parts: list[Part] = [Words(WIDTH - SIDE, y + 18, (content.kicker,), "kicker", "grey", end=True)]
    room = INNER - width_of(content.kicker, 12) - 20
    title = wrap(content.title, room, 24, bold=True)
    parts.append(Words(SIDE, y + 20, title, "title"))
    y += len(title) * TYPES["title"].leading + 4
    for text, look in ((content.about, ""), *((line, "grey") for line in content.lines)):
        lines = wrap(text, INNER, 13)
        parts.append(Words(SIDE, y + 12, lines, "about", look))
        y += len(lines) * TYPES["about"].leading
    return _legend(parts, content, y + 10)


def _legend(parts: list[Part], content: Content, top: float) -> tuple[list[Part], float]:
    cell = (INNER - 24) // LEGEND_COLUMNS
    set_ = [(note, wrap(note.text, cell - SIGN_ROOM - 12, 10.5)) for note in content.legend]
    high = -(-len(set_) // LEGEND_COLUMNS)
    y, bottom = top + 24, top
    parts.append(Words(SIDE + 12, top + 17, (content.legend_title,), "small", "strong"))
    for column in range(LEGEND_COLUMNS):
        here = y
        for note, lines in set_[column * high : (column + 1) * high]:
            parts += _sign(note, SIDE + 12 + column * cell, here)
            parts.append(Words(SIDE + 12 + column * cell + SIGN_ROOM, here + 11, lines, "small"))
            here += max(1, len(lines)) * 14 + 5
        bottom = max(bottom, here)
    parts.insert(0, Shape(SIDE, top, INNER, bottom + 4 - top, "legend"))
    return parts, bottom + 4 + 22


def _sign(note: Note, x: float, y: float) -> list[Part]:
    """What stands before a line of the legend: the same thing as in the cards, small."""
    signs: dict[str, list[Part]] = {
        "sentence": [Shape(x, y + 1, 26, 13, "sentence")],
        "question": [Shape(x, y + 1, 26, 13, "question")],
        "draft": [Shape(x, y + 1, 26, 13, "sentence draft")],
        "borrowed": [Shape(x, y + 1, 26, 13, "borrowed")],
        "digit": [Sign(x + 4, y - 1, "digit"), Words(x + 9.4, y + 11.5, ("1",), "digit")],
        "typed": [Words(x + 2, y + 11.5, ("“ ”",), "text", "typed")],
        "card": [Words(x + 2, y + 11.5, ("→ 2",), "way", "card")],
        "out": [Shape(x, y - 1, 26, 16, "out"), Words(x + 8.4, y + 11.5, ("→",), "way", "out")],
        "end": [Shape(x, y - 1, 26, 16, "end"), Words(x + 8.4, y + 11.5, ("…",), "way", "end")],
        "pencil": [Sign(x + 7, y + 1, "pencil")],
        "fact": [Words(x + 2, y + 11.5, ("1,2",), "mark", "fact")],
        "urgent": [Shape(x + 9, y, 5, 15, "urgent")],
        "always": [Words(x + 2, y + 11.5, ("9  0",), "way", "card")],
    }
    return signs[note.sign]


def footnotes(content: Content, y: float) -> tuple[list[Part], float]:
    """The list of facts, and where it ends."""
    parts = list[Part]()
    if not content.footnotes:
        return parts, y
    title = wrap(content.footnotes_title, INNER, 12.5, bold=True)
    above = len(title) * TYPES["head"].leading + 7
    for number, note in enumerate(content.footnotes):
        lines = wrap(note.text, INNER - 26, 10.5)
        room = len(lines) * 14 + 3
        y = Sheets.fit(y, room + (above if number == 0 else 0))
        if number == 0:
            parts.append(Words(SIDE, y + 12, title, "head"))
            y += above
        parts.append(Words(SIDE + 16, y + 11, (note.sign,), "mark", "fact", end=True))
        parts.append(Words(SIDE + 24, y + 11, lines, "small"))
        y += room
    return parts, y
