"""What a picture is made of before it has places: cards with what is said, and rows that lead on."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.drawing.forest import Forest

SENTENCE, QUESTION = "sentence", "question"


@dataclass(frozen=True)
class Way:
    """Where a row leads: to another card of this picture (`card`, its name), out of it, or nowhere else.

    `text` is what is written at the end of the row, `href` what a click opens. `look` is "card", "out" or "end".
    """

    text: str
    look: str
    card: str | None = None
    href: str | None = None


@dataclass(frozen=True)
class Bubble:
    """One message as it is sent. `segments` is its cost as an SMS, its options included; 0 where it is none.

    `marks` are the footnotes of the facts it tells. `draft`: nobody has reviewed this translation. `borrowed`: there is
    no translation, and it is said in another language.
    """

    text: str
    what: str = SENTENCE
    segments: int = 0
    marks: tuple[int, ...] = ()
    draft: bool = False
    borrowed: bool = False


@dataclass(frozen=True)
class Row:
    """One answer, or one case: what stands before it, its text, what is written down, and where it leads.

    `mark` is a digit, or "" for what is no numbered answer. `typed` is an answer that
    is not printed but understood; `translated`: its text is a pack's, not the drawing's own.
    """

    mark: str
    text: str
    way: Way
    writes: tuple[str, ...] = ()
    typed: bool = False
    translated: bool = False
    draft: bool = False
    borrowed: bool = False


@dataclass(frozen=True)
class Label:
    """An answer as it stands at the head of the card it leads to, or that card's title."""

    mark: str
    text: str
    typed: bool = False

    def __str__(self) -> str:
        return f"{self.mark} {self.told}".strip()

    @property
    def told(self) -> str:
        """The text, in quotes where it is understood but not printed."""
        return f"“{self.text}”" if self.typed else self.text


@dataclass(frozen=True)
class Card:
    """One step (in the map: one flow). `name` is its step's; `labels` are the answers that lead here.

    `comes` says from where else one gets here, `writes` what is written down, `plain` what it is about, `below` what is
    printed below the answers. `href` is what a click on the labels opens.
    """

    name: str
    number: int = 0
    labels: tuple[Label, ...] = ()
    comes: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    bubbles: tuple[Bubble, ...] = ()
    rows: tuple[Row, ...] = ()
    below: str = ""
    urgent: bool = False
    href: str | None = None
    plain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note:
    """A line of the legend or a footnote: its sign, and what it means."""

    sign: str
    text: str


@dataclass(frozen=True)
class Content:
    """Everything a picture shows. `lines` stand below the title; the cards hang together as `forest` says."""

    language: str
    file: str
    title: str
    kicker: str
    about: str
    lines: tuple[str, ...]
    cards: Mapping[str, Card]
    forest: Forest
    legend: tuple[Note, ...]
    legend_title: str
    footnotes: tuple[Note, ...] = ()
    footnotes_title: str = ""
