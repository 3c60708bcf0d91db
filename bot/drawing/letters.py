"""How wide a text is before anything draws it, and where its lines break.

Measured from Noto Sans, which is a little wider than Arial, so that what fits here fits in both.
"""

import unicodedata

_WIDTHS = {  # thousandths of the size of the letters, as Chromium measures Noto Sans Regular
    225: "'‘’",
    265: " ijl!,.:;·",
    300: "()J`[]",
    340: "-fI“”",
    375: "t/\\•{}",
    413: "r",
    440: '"?_',
    480: "csz",
    520: "FLvyx",
    550: "kS*",
    562: "aeEPTYZ$+0123456789<=>~|^X",
    625: "bdghnopquAKRVBCđơ",
    650: "#",
    675: "ư",
    735: "DGHUĐ",
    785: "wNOQƯƠ&",
    840: "%→↩…",
    935: "mMW@",
    1000: "—",
}
_BY_LETTER = {letter: width / 1000 for width, letters in _WIDTHS.items() for letter in letters}
_UNKNOWN = 0.9  # of a script that is not in the table: rather too wide than over the edge
BOLD = 1.09


def width_of(text: str, size: float, bold: bool = False) -> float:
    """The width of a line in the units of `size`; marks stand on their letters and take no room."""
    total = sum(_letter(letter) for letter in unicodedata.normalize("NFC", text))
    return round(total * size * (BOLD if bold else 1), 1)


def _letter(letter: str) -> float:
    if letter in _BY_LETTER:
        return _BY_LETTER[letter]
    if unicodedata.combining(letter):
        return 0.0
    return _BY_LETTER.get(unicodedata.normalize("NFD", letter)[0], _UNKNOWN)


def wrap(text: str, room: float, size: float, bold: bool = False) -> tuple[str, ...]:
    """The lines of a text, none wider than `room`; a word that is wider by itself is cut."""
    lines, line = list[str](), ""
    for word in (piece for one in text.split() for piece in _cut(one, room, size, bold)):
        longer = f"{line} {word}".strip()
        if line and width_of(longer, size, bold) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    return (*lines, line) if line else tuple(lines)


def _cut(word: str, room: float, size: float, bold: bool) -> list[str]:
    pieces, piece = list[str](), ""
    for letter in word:
        if piece and width_of(piece + letter, size, bold) > room:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]
