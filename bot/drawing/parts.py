"""The pieces a picture is drawn from, each at its place: lines of words, shapes, signs and paths."""

from dataclasses import dataclass

from bot.drawing.letters import width_of


@dataclass(frozen=True)
class Type:
    """How a text is set: size, distance of its lines, weight; `short` is its name in a file."""

    size: float
    leading: float
    bold: bool = False
    short: str = ""


TYPES = {
    "title": Type(24, 30, bold=True, short="h"),
    "kicker": Type(12, 16, short="k"),
    "about": Type(13, 18, short="a"),
    "head": Type(12.5, 17, bold=True, short="b"),
    "label": Type(13, 17, bold=True, short="l"),
    "text": Type(12.5, 17),
    "ask": Type(12.5, 17, bold=True, short="q"),
    "small": Type(10.5, 14, short="s"),
    "mark": Type(9, 12, bold=True, short="m"),
    "way": Type(11, 15, bold=True, short="w"),
    "digit": Type(11, 15, bold=True, short="n"),
}


@dataclass(frozen=True)
class Words:
    """Lines of text; `y` is the base of the first. `end`: they end at `x` instead of beginning there."""

    x: float
    y: float
    lines: tuple[str, ...]
    type: str
    look: str = ""
    end: bool = False
    href: str | None = None

    @property
    def width(self) -> float:
        """Of the widest line."""
        known = TYPES[self.type]
        return max((width_of(line, known.size, known.bold) for line in self.lines), default=0.0)

    @property
    def left(self) -> float:
        """Where the widest line begins."""
        return self.x - self.width if self.end else self.x


@dataclass(frozen=True)
class Shape:
    """A box."""

    x: float
    y: float
    w: float
    h: float
    look: str


@dataclass(frozen=True)
class Sign:
    """A small drawing of ink.py's own ("pencil", "digit": an empty circle), its left and top."""

    x: float
    y: float
    what: str


@dataclass(frozen=True)
class Path:
    """A line from a row's end to a card: across, along a lane at `lane`, across."""

    x: float
    y: float
    lane: float
    to_x: float
    to_y: float
    number: int


@dataclass(frozen=True)
class Rules:
    """Fine lines across a card, of the same left and width, at several heights."""

    x: float
    w: float
    at: tuple[float, ...]


Part = Words | Shape | Sign | Rules
