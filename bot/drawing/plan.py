"""Where every step leads, row by row, and the number each card has in its picture: the same in every language."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.book import SPECIAL_TARGETS, Book, Flow, Option, Step
from bot.drawing.forest import Forest, grow
from bot.packs import Packs

GOES_ON = "goes on"
CASE_WORDS = {
    ("place", "vn"): "in Viet Nam",
    ("place", "abroad"): "abroad",
    ("place", "unknown"): "not known where",
    ("language", "known"): "language known",
    ("language", "unknown"): "language not known",
}


@dataclass(frozen=True)
class Lead:
    """One row of a step: its digit ("" for none), its target, and the option or the drawing's own words for it."""

    mark: str
    target: str
    option: Option | None = None
    words: str = ""


def leads(step: Step, packs: Packs) -> tuple[Lead, ...]:
    """The rows of a step from top to bottom: its answers, other words, its cases, or simply what follows."""
    found = list[Lead]()
    if step.languages:
        pairs = enumerate(packs.tags[:8], 1)
        found += [Lead(str(digit), step.languages, words=packs.pack(tag).name) for digit, tag in pairs]
    for digit, option in enumerate(step.options, 1):
        found.append(Lead(str(digit) if option.printed else "", option.go, option))
    if step.words:
        found.append(Lead("", step.words, words="any other words, kept as they are"))
    found += [Lead("", target, words=CASE_WORDS[str(step.by), case]) for case, target in step.cases.items()]
    if step.then:
        found.append(Lead("", step.then, words=GOES_ON))
    return tuple(found)


class Plan:
    """The forests of all flows, and which card a target is."""

    def __init__(self, book: Book, packs: Packs) -> None:
        self.book, self.packs = book, packs
        self.forests: Mapping[str, Forest] = {flow.name: grow(self._ways(flow)) for flow in book.flows.values()}
        self._numbers = {
            (flow, step): number
            for flow, forest in self.forests.items()
            for number, step in enumerate(forest.order(), 1)
        }

    def number(self, at: tuple[str, str]) -> int:
        """The number of a step's card in the picture of its flow, from 1."""
        return self._numbers[at]

    def place(self, target: str) -> tuple[str, str] | None:
        """The (flow, step) that a target means today; None for a special one."""
        if target in SPECIAL_TARGETS:
            return None
        step = self.book.find(self.book.place_of(target))
        return step.at if step else None

    def sources(self, at: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        """The other steps that lead to this one, in the order of the book."""
        steps = (step for step in self.book.steps() if step.at != at)
        return tuple(
            step.at for step in steps if any(self.place(lead.target) == at for lead in leads(step, self.packs))
        )

    def _ways(self, flow: Flow) -> dict[str, list[str | None]]:
        return {
            step.name: [self._within(flow, lead.target) for lead in leads(step, self.packs)]
            for step in flow.steps.values()
            if not step.moved_to
        }

    def _within(self, flow: Flow, target: str) -> str | None:
        at = self.place(target)
        return at[1] if at and at[0] == flow.name else None
