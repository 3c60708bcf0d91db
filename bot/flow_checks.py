"""What must hold of the whole Book: every alarm answered, every step reachable, every loop asks, every fact named."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.book import ALARMS, MENU, SPECIAL_TARGETS, WELCOME, Book, BrokenFlow, Step
from bot.packs import MOST_SEGMENTS, Packs
from bot.state import Say
from storage.channels import Facts
from storage.sms import segments_in_ucs_2

NUMBER = re.compile(r"\d[\d ./]*\d\d|\d+/\d+")  # of three digits and more, telephone numbers with their spaces, dates


@dataclass(frozen=True)
class TooLong:
    """A message beyond the budget of an SMS: its "flow.step", or "fixed.name", its languages and its segments."""

    place: str
    languages: tuple[str, ...]
    segments: int

    def __str__(self) -> str:
        """One line that says where it stands and what to do."""
        told = f"{self.segments} segments, {MOST_SEGMENTS} are allowed. Shorten it, or make two of it."
        return f"{self.place}, {'+'.join(self.languages)}: {told}"


def check_book(book: Book) -> None:
    """Raise BrokenFlow for the first thing that does not hold."""
    for name in (WELCOME, MENU):
        if name not in book.flows:
            raise BrokenFlow(
                f"{name}.yaml", "", "there is no such flow", "Write it: conversations begin and return there"
            )
    for alarm in ALARMS:
        if alarm not in book.alarms:
            raise BrokenFlow("(any)", "", f"no flow answers the alarm {alarm!r}", "Name it under `alarms:` of one flow")
    for flow in book.flows.values():
        if flow.interrupts and flow.gate:
            raise BrokenFlow(f"{flow.name}.yaml", "", "a gate cannot interrupt", "Drop one of the two")
    _check_reach(book)
    for step in book.steps():
        _check_loop(book, step)
        _check_facts(book, step)


def _check_reach(book: Book) -> None:
    waiting = [flow.first.at for flow in book.flows.values() if flow.name in (WELCOME, MENU)]
    waiting += [*book.alarms.values(), *book.intents.values()]
    waiting += [book.place_of(f"{flow.name}.{flow.gate}") for flow in book.flows.values() if flow.gate]
    waiting += [(flow.name, step) for flow in book.flows.values() for step in flow.topics]
    seen: set[tuple[str, str]] = set()
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            step = book.flows[at[0]].steps[at[1]]
            waiting += [book.place_of(target) for target in targets_of(step) if target not in SPECIAL_TARGETS]
    for step in book.steps():
        if step.at not in seen and not step.moved_to:
            raise BrokenFlow(f"{step.flow}.yaml", step.name, "nobody can reach it", "Lead to it, or say `moved_to:`")


def _check_loop(book: Book, step: Step) -> None:
    seen = {step.at}
    waiting = [step]
    while waiting:
        here = waiting.pop()
        for target in () if here.ask else targets_of(here):
            if target in SPECIAL_TARGETS:
                continue
            at = book.place_of(target)
            if at == step.at:
                raise BrokenFlow(
                    f"{step.flow}.yaml", step.name, "it comes back to itself without asking", "Ask, or end it"
                )
            if at not in seen:
                seen.add(at)
                waiting.append(book.flows[at[0]].steps[at[1]])


def _check_facts(book: Book, step: Step) -> None:
    """Every number of a sentence stands in a fact that it names: what changes there is noticed here."""
    for told in step.say:
        for name in told.facts:
            if name not in book.facts:
                raise BrokenFlow(f"{step.flow}.yaml", step.name, f"no fact is named {name!r}", "Write it in facts.yaml")
        known = " ".join(book.facts[name].tells for name in told.facts)
        for number in NUMBER.findall(told.text):
            if number not in known:
                problem = f"{number!r} stands in none of the facts that are named beside it"
                raise BrokenFlow(f"{step.flow}.yaml", step.name, problem, "Name the fact of facts.yaml that tells it")
    for asked in (step.ask or "", *(option.say for option in step.options)):
        if NUMBER.search(asked):
            problem = f"a question tells a fact ({asked!r})"
            raise BrokenFlow(f"{step.flow}.yaml", step.name, problem, "Tell it under `say:`, beside its fact")


def targets_of(step: Step) -> tuple[str, ...]:
    """Every target this step can lead to, resolved or special."""
    single = tuple(target for target in (step.then, step.languages, step.words, step.moved_to) if target)
    return (*single, *step.cases.values(), *(option.go for option in step.options))


def check_budget(book: Book, packs: Packs, facts: Facts) -> tuple[TooLong, ...]:
    """Every message that takes more than three segments on an SMS channel, as it goes out, menus with all their lines.

    In every pack with its fallbacks, in what its regions say differently, and in the opening languages together for who
    has not yet told theirs. Counted as UCS-2 even where the letters are all in GSM-7: a name, or one line that falls
    back to another language, is enough to make it so.
    """
    says, found = tuple(every_say(book)), list[TooLong]()
    for tongue in (*packs.tongues(), None):
        told = list(_every_text(packs, says, tongue, facts))
        if tongue and "@" in tongue:
            base = set(_every_text(packs, says, tongue.partition("@")[0], facts))
            told = [text for text in told if text not in base]
        spoken = (tongue,) if tongue else packs.opening()
        counted = [(place, segments_in_ucs_2(text)) for place, text in told]
        found += [TooLong(place, spoken, count) for place, count in counted if count > MOST_SEGMENTS]
    return tuple(found)


def _every_text(packs: Packs, says: Iterable[Say], tongue: str | None, facts: Facts) -> Iterator[tuple[str, str]]:
    for say in says:
        yield from ((f"{say.flow}.{say.step}", text) for text in _told(packs, say, tongue, facts))
    yield from ((f"fixed.{name}", packs.neutral(name, tongue)) for name in packs.fixed_names)


def _told(packs: Packs, say: Say, language: str | None, facts: Facts) -> Iterable[str]:
    return ("\n".join([one.text, *one.left_out]) for one in packs.render_all(say, language, facts))


def every_say(book: Book) -> Iterator[Say]:
    """Everything the flows can say: questions with their options, slots with the longest value that is set for them."""
    slots: dict[str, str] = {}
    for option in (option for step in book.steps() for option in step.options):
        for name, value in option.set.items():
            slots[name] = max(slots.get(name, ""), value, key=len)
    for step in book.steps():
        for told in step.say:
            yield Say(step.flow, step.name, told.text, kind=step.kind, slots=slots)
        if step.ask:
            kind = "urgent" if step.kind == "urgent" else "question"
            languages = step.languages is not None
            yield Say(step.flow, step.name, step.ask, step.options, kind, slots, languages=languages, menu=step.menu)
