"""What `flows check` proves of the dialogue, and that it notices each thing it is for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.book import SPECIAL_TARGETS, Book, Option, Step, Told
from bot.checks.all import Files, check_dialogue
from bot.checks.facts import check_facts, expiring
from bot.checks.roads import walk_roads, ways_to_answers
from bot.checks.steps import check_steps, list_steps
from bot.engine import Heard, State, step
from bot.facts import Fact
from bot.listen import listen
from bot.packs import Packs
from bot.thinking import Mind
from program import HERE
from tests.bot.talk import SMS

FILES = Files(HERE / "bot" / "flows", HERE / "locales")
TODAY = date(2026, 11, 22)
A_FACT = Fact("tide", "The tide comes in at 600.", "a table", TODAY, TODAY + timedelta(days=365))


def with_step(book: Book, changed: Step) -> Book:
    """The book with one step written differently, or added."""
    flow = book.flows[changed.flow]
    steps = {**flow.steps, changed.name: changed}
    return replace(book, flows={**book.flows, flow.name: replace(flow, steps=steps)})


def without_step(book: Book, at: tuple[str, str]) -> Book:
    """The book without a step."""
    flow = book.flows[at[0]]
    steps = {name: one for name, one in flow.steps.items() if name != at[1]}
    return replace(book, flows={**book.flows, flow.name: replace(flow, steps=steps)})


SMALL = ("papers", "courtesy", "danger", "person", "language")
"""The menu of a small dialogue: the broken ones are walked in a second."""


@pytest.fixture(scope="module")
def small(book: Book) -> Book:
    """The dialogue we ship with what interrupts and papers alone: no other topic, no other road in the menu."""
    flows = {flow.name: flow for flow in book.flows.values() if flow.alarms or flow.name in (*SMALL, "welcome", "menu")}

    def is_there(target: str) -> bool:
        return target in SPECIAL_TARGETS or target.partition(".")[0] in flows

    for flow in flows.values():
        steps = {
            name: replace(one, options=tuple(option for option in one.options if is_there(option.go)))
            for name, one in flow.steps.items()
        }
        flows[flow.name] = replace(flow, steps=steps)
    intents = {intent: at for intent, at in book.intents.items() if at[0] in flows}
    return replace(book, flows=flows, intents=intents)


def test_the_dialogue_we_ship_has_nothing_to_mend(book: Book, packs: Packs) -> None:
    """Every road walked in every language, with every fact and with none; nobody loses their place."""
    checked = check_dialogue(Mind(book, packs), FILES, [SMS], TODAY)
    assert list(map(str, checked.findings)) == []
    assert "Longest way to an answer" in checked.told[-1]


def test_the_small_dialogue_has_nothing_to_mend(small: Book, packs: Packs) -> None:
    """So that what is found below is what was broken."""
    assert list(walk_roads(small, packs, SMS).found) == []


def test_the_walk_meets_every_step_and_renders_every_message(book: Book, packs: Packs) -> None:
    """Counts that an empty walk would not have."""
    roads = walk_roads(book, packs, SMS)
    said = {one.at for flow in book.flows.values() for one in flow.steps.values() if one.say or one.ask}
    lapsed = {at for name, at in book.alarms.items() if name.startswith("lapsed")}
    assert said - lapsed <= roads.told
    assert roads.turns > roads.states > len(book.questions()) * len(packs.tags)
    assert roads.messages >= len(said) * len(packs.tags)
    assert roads.to_person == 1


def test_the_first_message_is_heard_as_the_walk_takes_it(book: Book, packs: Packs) -> None:
    """Ways are counted from the greeting that people really send."""
    for words, tag in (("xin chao", "vi"), ("hello", "en")):
        heard = listen(book, packs, State(), words)
        assert step(book, State(), heard) == step(book, State(), Heard(language=tag, intent="greet"))


def _opened(book: Book, **changes: object) -> Book:
    """The book with the answer about fees written differently; a step an option leads to."""
    return with_step(book, replace(book.flows["papers"].steps["cost"], **changes))  # type: ignore[arg-type]


def _ask(*options: Option, name: str = "cost") -> Step:
    return Step("papers", name, ask="Well?", options=options)


def _detour(book: Book) -> Book:
    """An option that leads back to its own question by a step that says nothing."""
    book = with_step(book, Step("papers", "nowhere", then="papers.cost"))
    return with_step(book, _ask(Option("A", "a", "papers.nowhere")))


def _deep(book: Book) -> Book:
    """Five questions one after the other before anything is told."""
    for number in range(5):
        following = f"papers.cost{number + 1}"
        book = with_step(book, _ask(Option("A", "a", following), name=f"cost{number}" if number else "cost"))
    return with_step(book, Step("papers", "cost5", say=(Told("Far away."),), then="menu.main"))


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (lambda book: _opened(book, say=(), then="wait"), "papers.which: the answer 'cost' is followed by silence"),
        (lambda book: _opened(book, say=(Told(" "),)), "papers.cost, vi: an empty message goes out"),
        (_detour, "papers.cost: the answer 'a' only asks the same once more"),
        (
            lambda book: with_step(book, Step("papers", "alone", say=(Told("Hi."),), then="wait")),
            "alone: no road comes",
        ),
        (_deep, "papers.cost5: it is told with their message"),
    ],
)
def test_a_road_that_must_not_be_is_found(
    small: Book, packs: Packs, broken: Callable[[Book], Book], problem: str
) -> None:
    """Silence, emptiness, circles, steps nobody comes to, and answers too far away."""
    found = walk_roads(broken(small), packs, SMS).found
    assert any(problem in line for line in found), list(found)


def test_a_question_from_which_no_person_can_be_had_is_found(small: Book, packs: Packs) -> None:
    """9 that writes nothing down is as good as no 9."""
    person = replace(small.flows["person"].steps["start"], do=())
    found = walk_roads(with_step(small, person), packs, SMS).found
    assert any("papers.which: no person can be had within two messages" in line for line in found)
    options = (Option("A person", "person", "menu.main", do=(("want_person", "P1"),)),)
    near = with_step(with_step(small, person), _ask(*options, name="which"))
    assert not any("papers.which: no person" in line for line in walk_roads(near, packs, SMS).found)


def test_an_answer_is_counted_by_the_messages_it_takes(book: Book, packs: Packs) -> None:
    """xin chao, 1, 3 (papers), 1 (a lost card): the fourth message brings the answer."""
    ways = ways_to_answers(book, packs)
    assert ways["welcome", "what"] == 2
    assert ways["papers", "id_gone"] == 4
    assert ("papers", "cost") not in ways or ways["papers", "cost"] == 4


def test_a_fact_is_told_and_holds(book: Book) -> None:
    """What nobody is told need not be kept true; what has expired is told to nobody."""
    facts = {**book.facts, "tide": A_FACT}
    lines = list(map(str, check_facts(replace(book, facts=facts), TODAY)))
    assert lines == ["tide: no sentence tells this fact. Name it beside the sentence that does, or drop it."]
    name, fact = next(iter(book.facts.items()))
    old = replace(book, facts={**book.facts, name: replace(fact, expires=TODAY)})
    assert [line for line in map(str, check_facts(old, TODAY)) if f"{name}: it expired on {TODAY}" in line]


def test_a_fact_is_warned_of_sixty_days_before_it_expires(book: Book) -> None:
    """Time to read its source again; no finding yet."""
    facts = {"tide": replace(A_FACT, expires=TODAY + timedelta(days=60))}
    assert list(expiring(replace(book, facts=facts), TODAY)) == [
        "tide: it expires on 2027-01-21, in 60 days. Read its source again before then."
    ]
    assert list(expiring(replace(book, facts=facts), TODAY - timedelta(days=1))) == []
    assert list(expiring(replace(book, facts=facts), TODAY + timedelta(days=60))) == []


def test_the_committed_list_of_steps_is_that_of_the_dialogue(book: Book) -> None:
    """`flask --app app flows check --accept` writes it."""
    assert FILES.steps.read_text(encoding="utf-8") == list_steps(book)


def test_a_step_that_vanishes_is_found_and_one_that_moved_is_not(book: Book) -> None:
    """Whoever stands there when the program is renewed goes on where it leads."""
    listed = list_steps(book)
    gone = list(map(str, check_steps(without_step(book, ("papers", "after")), listed)))
    assert [line for line in gone if line.startswith("papers.after: this step is gone")]
    moved = with_step(book, Step("papers", "after", moved_to="papers.which"))
    assert list(check_steps(moved, listed)) == []
    assert step(moved, State(language="vi", at=("papers", "after")), Heard(choice="birth")).state.at == (
        "papers",
        "birth_where",
    )


def test_a_question_that_becomes_an_answer_is_found(book: Book) -> None:
    """The engine would send whoever stands there back to the menu."""
    told = with_step(book, Step("papers", "after", say=(Told("Good."),), then="wait"))
    assert [found.place for found in check_steps(told, list_steps(book))] == ["papers.after"]


def test_a_new_step_is_to_be_accepted(book: Book) -> None:
    """Else it could vanish again unseen."""
    new = with_step(book, Step("papers", "new", say=(Told("Good."),), then="wait"))
    assert [found.place for found in check_steps(new, list_steps(book))] == ["papers.new"]
