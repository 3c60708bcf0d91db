"""The dialogue as the engine sees it: a frozen Book of flows, steps and options, and what may stand in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from bot.facts import Fact

MENU = "menu"
WELCOME = "welcome"
HEARD_ALARMS = (
    "danger",
    "self_harm",
    "maybe_self_harm",
    "maybe_danger",
    "stop",
    "erase_now",
    "erase_ask",
    "person",
    "language",
    "menu",
)
OWN_ALARMS = (  # raised by the engine itself
    "media",
    "miss_first",
    "miss_second",
    "miss_offer",
    "miss_calm",
    "lapsed",
    "lapsed_urgent",
)
ALARMS = HEARD_ALARMS + OWN_ALARMS
SPECIAL_TARGETS = ("back", "topic", "wait", "silence", "gone")
CASES = {"place": ("vn", "abroad", "unknown"), "language": ("known", "unknown")}
EFFECTS = {"want_person": ("P0", "P1", "P2", "P3"), "stop": ("",), "erase": ("",), "feedback": ("",)}
KINDS = ("answer", "urgent", "neutral", "farewell")
MOST_OPTIONS = 8  # 9 is "a person, now" at every step and 0 the main menu, so eight digits are left


class DialogueError(Exception):
    """Something is wrong with the flows.

    DialogueError
    +-- BrokenFlow    a flow file says something that cannot be meant
    """


class BrokenFlow(DialogueError):
    """A flow file that cannot be used; says which file, which step and what to do."""

    def __init__(self, file: str, step: str, problem: str, remedy: str) -> None:
        super().__init__(f"{file}, step {step or '(none)'}: {problem}. {remedy}.")
        self.file, self.step, self.problem, self.remedy = file, step, problem, remedy


@dataclass(frozen=True)
class Option:
    """One answer to a question: what is shown (source English), its key, and where it leads.

    The digit is its place in the question, from 1. `do` holds (effect, detail). An unprinted option is not
    listed below the question; it is answered in its own words, and by its digit only where no option is printed.
    """

    say: str
    key: str
    go: str
    set: Mapping[str, str] = field(default_factory=dict)
    do: tuple[tuple[str, str], ...] = ()
    printed: bool = True


@dataclass(frozen=True)
class Told:
    """One message a step says (source English), and the facts of bot/facts.yaml it tells."""

    text: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One place in a flow. Targets are resolved: "flow.step" or a special word.

    `words` is where free words lead that are kept as they are written, with nothing understood from them. `lapsed`
    means that something told here has expired and was left out.
    """

    flow: str
    name: str
    say: tuple[Told, ...] = ()
    ask: str | None = None
    options: tuple[Option, ...] = ()
    languages: str | None = None
    menu: bool = False
    then: str | None = None
    by: str | None = None
    cases: Mapping[str, str] = field(default_factory=dict)
    do: tuple[tuple[str, str], ...] = ()
    kind: str = "answer"
    words: str | None = None
    moved_to: str | None = None
    lapsed: bool = False

    @property
    def at(self) -> tuple[str, str]:
        """(flow, step), as a State holds it."""
        return (self.flow, self.name)

    def option(self, key: str) -> Option | None:
        """The option with this key, or None; where languages are listed, every pack tag is a key."""
        if self.languages:
            return Option(say="", key=key, go=self.languages)
        return next((option for option in self.options if option.key == key), None)


@dataclass(frozen=True)
class Flow:
    """A flow with its steps in the order they were written; `topics` are those that words alone lead to."""

    name: str
    about: str
    steps: Mapping[str, Step]
    interrupts: bool = False
    calm: bool = False
    gate: str | None = None
    alarms: Mapping[str, str] = field(default_factory=dict)
    intents: Mapping[str, str] = field(default_factory=dict)
    topics: tuple[str, ...] = ()

    @property
    def first(self) -> Step:
        """Where the flow begins."""
        return next(iter(self.steps.values()))


@dataclass(frozen=True)
class Book:
    """Every flow, and which step answers which alarm and which intent."""

    flows: Mapping[str, Flow]
    alarms: Mapping[str, tuple[str, str]]
    intents: Mapping[str, tuple[str, str]]
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def told_on(self, today: date) -> "Book":
        """The same Book without the sentences of which a fact has expired; their steps are marked `lapsed`."""
        if all(fact.holds(today) for fact in self.facts.values()):
            return self
        flows = {
            flow.name: replace(flow, steps={name: self._holding(step, today) for name, step in flow.steps.items()})
            for flow in self.flows.values()
        }
        return replace(self, flows=flows)

    def _holding(self, step: Step, today: date) -> Step:
        holds = tuple(told for told in step.say if all(self.facts[name].holds(today) for name in told.facts))
        return step if holds == step.say else replace(step, say=holds, lapsed=True)

    def find(self, at: tuple[str, str]) -> Step | None:
        """The step standing at (flow, step), following `moved_to`; None when it no longer exists."""
        flow = self.flows.get(at[0])
        step = flow.steps.get(at[1]) if flow else None
        if step and step.moved_to:
            return self.find(self.place_of(step.moved_to))
        return step

    def place_of(self, target: str) -> tuple[str, str]:
        """The (flow, step) of a resolved target "flow.step" or of a flow's name; KeyError when there is none."""
        flow, _, step = target.partition(".")
        return (flow, step) if step else self.flows[flow].first.at

    def interrupts(self, at: tuple[str, str] | None) -> bool:
        """Whether this place belongs to a flow that cuts in and goes back."""
        return at is not None and at[0] in self.flows and self.flows[at[0]].interrupts

    def gate_of(self, at: tuple[str, str] | None) -> str | None:
        """The target behind the gate when this place is before it, else None."""
        flow = self.flows.get(at[0]) if at else None
        return f"{flow.name}.{flow.gate}" if flow and flow.gate else None

    def questions(self) -> tuple[Step, ...]:
        """Every step that asks something, in the order of the files."""
        return tuple(step for step in self.steps() if step.ask)

    def steps(self) -> Iterator[Step]:
        """Every step, in the order of the files."""
        return (step for flow in self.flows.values() for step in flow.steps.values())
