"""Reading the flows: what a case worker may write, and how a mistake is explained."""

from pathlib import Path

import pytest

from bot.dialogue import Book, BrokenFlow, load_book
from bot.facts import load_facts

BOT = Path(__file__).resolve().parents[2] / "bot"
FLOWS, FACTS = BOT / "flows", load_facts(BOT / "facts.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the flows we ship, to break one at a time."""
    for path in FLOWS.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def _refusal(folder: Path, name: str, body: str) -> str:
    (folder / f"{name}.yaml").write_text(body, encoding="utf-8")
    with pytest.raises(BrokenFlow) as refused:
        load_book(folder, FACTS)
    return str(refused.value)


def _extra(step: str) -> str:
    return f"flow: extra\nintents: {{odd: one}}\nsteps:\n  one:\n{step}\n"


def test_the_flows_we_ship_are_sound(book: Book) -> None:
    """Loading them is the check: every target exists, every step is reachable, nothing is a dead end."""
    assert {"welcome", "menu", "papers", "danger", "self_harm", "person", "stop", "erase"} <= set(book.flows)


OPTION = "      - {say: A, key: a, go: one}"


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("    says: Hello\n    then: wait", "unknown key 'says'"),
        ("    say: Hello", "0 ways on"),
        ("    say: Hello\n    then: wait\n    by: place", "2 ways on"),
        ("    say: Hello\n    then: nowhere", "leads to 'nowhere'"),
        ("    say: Hello\n    then: papers.nowhere", "leads to 'papers.nowhere'"),
        ("    ask: Well?", "asks without options"),
        (f"    options:\n{OPTION}\n    then: wait", "but asks nothing"),
        (
            "    ask: Well?\n    options:\n" + "\n".join([OPTION.replace("key: a", f"key: k{n}") for n in range(9)]),
            "9 printed options",
        ),
        (f"    ask: Well?\n    options:\n{OPTION}\n{OPTION}", "two options have the key 'a'"),
        ("    ask: Well?\n    options:\n      - {say: A, key: '9', go: one}", "9 is a person"),
        ("    ask: Well?\n    options:\n      - {say: A, key: a, digit: 9, go: one}", "digits are places"),
        ("    ask: Well?\n    options:\n      - {say: A, key: a}", "no 'go'"),
        (
            "    ask: Well?\n    options:\n      - {say: A, key: a, go: one, set: {place: moon}}",
            "no place 'moon'",
        ),
        ("    do: {explode: now}\n    then: wait", "no effect 'explode'"),
        ("    do: {want_person: P7}\n    then: wait", "no effect 'want_person'"),
        ("    by: weather\n    cases: {dry: one}", "does not go with its cases"),
        ("    by: place\n    cases: {vn: one, abroad: one}", "does not go with its cases"),
        ("    say: Hello\n    then: one", "comes back to itself"),
        ("    say: Hello\n    say: Again\n    then: wait", "stands twice"),
        ("    say: Hello\n    kind: shouted\n    then: wait", "no kind 'shouted'"),
        ("    say: Hello\n    then: wait\n  lost:\n    say: Hello\n    then: wait", "nobody can reach it"),
        (
            "    say: Hello\n    then: menu\n  menu:\n    say: Hello\n    then: wait",
            "already means something else",
        ),
        ("    ask: Well?\n    options: languages", "leads nowhere"),
        ("    ask: Well?\n    menu: perhaps\n    options:\n" + OPTION, "neither true nor false"),
    ],
)
def test_a_broken_step_is_refused_with_file_step_and_remedy(folder: Path, step: str, complaint: str) -> None:
    """Whoever wrote the flow learns where it is wrong and what to do."""
    told = _refusal(folder, "extra", _extra(step))
    assert complaint in told
    assert told.startswith("extra.yaml, step ")
    assert told.rstrip().endswith(".")


@pytest.mark.parametrize(
    "step",
    [
        "    [a, b]",
        "    say: {a: b}\n    then: menu",
        "    say: [[a]]\n    then: menu",
        "    say: Hello\n    then: [menu]",
        "    do: yes\n    then: menu",
        "    ask: What?\n    options: {a: b}",
        "    ask: What?\n    options: [a]",
        "    ask: What?\n    options:\n      - {say: A, key: a, go: [menu]}",
        "    ask: What?\n    options:\n      - {say: A, key: a, go: menu, set: here}",
        "    by: place\n    cases: menu",
        "    say: [{text: Hello, facts: police_113}]\n    then: menu",
    ],
)
def test_a_step_of_another_shape_is_refused_in_words(folder: Path, step: str) -> None:
    """With file and step, never as an error of the program."""
    assert _refusal(folder, "extra", _extra(step)).startswith("extra.yaml, step one: ")


def test_a_flow_is_named_after_its_file(folder: Path) -> None:
    """Two flows of one name would hide each other."""
    assert "is not the name of the file" in _refusal(folder, "extra", "flow: menu\nsteps: {one: {then: wait}}")


def test_every_alarm_has_exactly_one_answer(folder: Path) -> None:
    """An alarm nobody answers, or two do, is found when the program starts and not in an emergency."""
    twice = _refusal(folder, "extra", "flow: extra\nalarms: {danger: one}\nsteps: {one: {then: wait}}")
    assert "'danger' is answered by danger too" in twice
    (folder / "extra.yaml").unlink()
    (folder / "stop.yaml").unlink()
    with pytest.raises(BrokenFlow, match="no flow answers the alarm 'stop'"):
        load_book(folder, FACTS)


def test_an_unknown_alarm_is_refused(folder: Path) -> None:
    """A flow that waits for an alarm nothing raises would never speak."""
    told = _refusal(folder, "extra", "flow: extra\nalarms: {dagner: one}\nsteps: {one: {then: wait}}")
    assert "nothing raises the alarm 'dagner'" in told


def test_a_moved_step_leads_on(folder: Path) -> None:
    """A conversation that stands on a step of last week goes on where that step went."""
    (folder / "extra.yaml").write_text(_extra("    moved_to: papers.which"), encoding="utf-8")
    found = load_book(folder, FACTS).find(("extra", "one"))
    assert found is not None
    assert found.at == ("papers", "which")
