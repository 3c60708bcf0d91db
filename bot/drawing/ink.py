"""Writes a picture as SVG: text that can be found and read aloud, no script, nothing fetched from anywhere."""

import re
from collections.abc import Iterator
from html import escape

from bot.drawing.layout import Picture, Placed
from bot.drawing.parts import TYPES, Part, Path, Rules, Shape, Sign, Words
from bot.drawing.sheets import HEIGHT, SIDE, UNITS_A_MM, WIDTH

MADE_BY = "Drawn from bot/flows and locales by `make pictures`: do not edit."
SHORT = {"sentence": "e", "question": "f", "card": "c", "out": "o", "end": "d", "typed": "i", "badge": "x", "grey": "g"}
STYLE = """\
@page{size:210mm 297mm;margin:0}
text{font-family:"Noto Sans",Arial,sans-serif;font-size:12.5px;fill:#1d2530}
a:hover text,a:focus text{text-decoration:underline}
rect{rx:8px}
.sheet{fill:#fff;rx:0}
.legend{fill:#f4f6f8}
.c{fill:#fff;stroke:#8894a3}
.x{fill:#28455f;rx:10px}
text.x{fill:#fff}
.urgent{fill:#a3262a;rx:0}
.e{fill:#e9f0f7;stroke:#b9cbdc}
.f{fill:#fdf6e3;stroke:#c9ab62}
.digit{fill:#fff}
.draft{stroke:#4a5563;stroke-dasharray:3 3}
.borrowed{fill:#fff;stroke:#4a5563;stroke-dasharray:1 3}
.rule{stroke:#dbe1e7}
.o{fill:#e2efe6;stroke:#3f7a55}
.d{fill:#fff;stroke:#7a838f;stroke-dasharray:2 2}
text.c,text.o,text.d{stroke:none;fill:#28455f}
text.o{fill:#1e5434}
text.d{fill:#444d59}
.g{fill:#59636f}
.i{fill:#444d59;font-style:italic}
.fact{fill:#8a3b12}
.strong{font-weight:700}
.r{text-anchor:end}
.line{fill:none;stroke:#4d6880;stroke-width:1.5;marker-end:url(#arrow)}
.edge{stroke:#c4ccd4;stroke-dasharray:6 6}
@media print{.edge{display:none}}"""
CLASS = re.compile(r"\.([a-z]+)[{> ]")
DRAWINGS = {
    "pencil": '<path id="pencil" d="M1 10.5 2 7.5 8 1.5 10 3.5 4 9.5ZM2 7.5 4 9.5" fill="none" stroke="#59636f"/>',
    "digit": '<circle id="digit" cx="8.5" cy="8.5" r="8" fill="#fff" stroke="#28455f"/>',
}
ARROW = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'markerUnits="userSpaceOnUse"><path d="M0 .5 7.5 4 0 7.5Z" fill="#4d6880"/></marker>'
)


def draw(picture: Picture) -> str:
    """The whole file. The same picture gives the same text."""
    body = "\n".join(_body(picture))
    return "\n".join([*_opening(picture, body), body, "</svg>", ""])


def _opening(picture: Picture, body: str) -> Iterator[str]:
    content, high = picture.content, picture.sheets * HEIGHT
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH // UNITS_A_MM}mm" height="{high // UNITS_A_MM}mm" '
        f'viewBox="0 0 {WIDTH} {high}" xml:lang="{escape(content.language)}" role="group" '
        'aria-labelledby="title" aria-describedby="about">'
    )
    yield f"<!-- {MADE_BY} -->"
    yield f'<title id="title">{escape(content.title)}</title>'
    yield f'<desc id="about">{escape(content.about)}</desc>'
    used = {name for names in re.findall(r' class="([^"]+)"', body) for name in names.split()}
    sizes = (
        f".{kind.short}{{font-size:{kind.size:g}px{';font-weight:700' if kind.bold else ''}}}"
        for kind in TYPES.values()
        if kind.short
    )
    rules = (rule for rule in (*STYLE.splitlines(), *sizes) if used >= set(CLASS.findall(rule)) or "," in rule)
    yield "<style>\n" + "\n".join(rules) + "\n</style>"
    yield "<defs>"
    yield from (drawing for name, drawing in DRAWINGS.items() if f"#{name}" in body)
    if "line" in used:
        yield ARROW
    yield "</defs>"


def _body(picture: Picture) -> Iterator[str]:
    yield f'<rect class="sheet" width="{WIDTH}" height="{picture.sheets * HEIGHT}"/>'
    for part in picture.loose:
        yield _part(part)
    yield '<g aria-hidden="true">'
    yield from (_path(path) for path in picture.paths)
    yield "</g>"
    for placed in picture.placed:
        yield from _card(placed)
    for number in range(1, picture.sheets + 1):
        foot = number * HEIGHT - 22
        yield _words(Words(SIDE, foot, (picture.content.title,), "small", "grey"))
        yield _words(Words(WIDTH - SIDE, foot, (f"{number} / {picture.sheets}",), "small", "grey", end=True))
        if number < picture.sheets:
            edge = number * HEIGHT
            yield f'<path class="edge" d="M0 {edge}H{WIDTH}"/>'


def _card(placed: Placed) -> Iterator[str]:
    yield f'<g id="c{placed.card.number}" transform="translate({placed.x:.0f} {placed.y:.0f})">'
    yield from map(_part, placed.block.parts)
    yield "</g>"


def _part(part: Part) -> str:
    if isinstance(part, Words):
        return _words(part)
    if isinstance(part, Sign):
        return f'<use href="#{part.what}" x="{part.x:.0f}" y="{part.y:.0f}"/>'
    if isinstance(part, Rules):
        return f'<path class="rule" d="{"".join(f"M{part.x:g} {y:g}h{part.w:.0f}" for y in part.at)}"/>'
    return _shape(part)


def _shape(shape: Shape) -> str:
    look = " ".join(SHORT.get(name, name) for name in shape.look.split())
    place = f' x="{shape.x:.0f}" y="{shape.y:.0f}"' if shape.x or shape.y else ""
    return f'<rect class="{look}"{place} width="{shape.w:.0f}" height="{shape.h:.0f}"/>'


def _words(words: Words) -> str:
    kind = TYPES[words.type]
    classes = " ".join(
        name for name in (kind.short, SHORT.get(words.look, words.look), "r" if words.end else "") if name
    )
    dressed = f' class="{classes}"' if classes else ""
    first, *more = (escape(line, quote=False) for line in words.lines)
    rest = "".join(f'\n<tspan x="{words.x:.0f}" dy="{kind.leading:g}">{line}</tspan>' for line in more)
    text = f'<text{dressed} x="{words.x:.0f}" y="{words.y:.0f}">{first}{rest}</text>'
    return f'<a href="{escape(words.href)}">{text}</a>' if words.href else text


def _path(path: Path) -> str:
    """Across, down or up its lane with round corners, and across to the card."""
    tall = path.to_y - path.y
    if abs(tall) < 1:
        return f'<path class="line" d="M{path.x:g} {path.y:g}H{path.to_x:g}"/>'
    bend = min(6.0, abs(tall) / 2)
    turn = bend if tall > 0 else -bend
    return (
        f'<path class="line" d="M{path.x:g} {path.y:g}H{path.lane - bend:g}'
        f'q{bend:g} 0 {bend:g} {turn:g}V{path.to_y - turn:g}q0 {turn:g} {bend:g} {turn:g}H{path.to_x:g}"/>'
    )
