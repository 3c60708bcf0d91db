"""Words that lead straight to a step, and words that are kept as they were written."""

import shutil
from pathlib import Path

import pytest

from bot.book import Book
from bot.dialogue import load_book
from bot.engine import State
from bot.facts import load_facts
from bot.packs import Packs, load_packs
from bot.words import WordsError, load_words
from tests.bot.talk import Talk

ROOT = Path(__file__).resolve().parents[2]
BOX = """
flow: box
about: A box for what somebody wants to say.
topics: [open, far]
steps:
  open:
    ask: Write it in your own words.
    words: kept
    options:
      - {say: Never mind, key: "no", go: menu}
  kept:
    do: {feedback: ""}
    say: Kept.
    then: menu
  far:
    say: This is far inside.
    then: menu
"""
MISTAKE = """
flow: mistake
about: Cuts in anywhere, also before the gate.
interrupts: true
topics: [start]
steps:
  start: {kind: neutral, say: No harm done., then: wait}
"""
TOPICS = {
    "box": """
topics:
  open: [tell you something]
  far: [id card of a purple elephant]
options:
  "open:no": [elephant]
""",
    "mistake": "topics:\n  start: [wrong number sorry]\n",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Packs]:
    """What we ship with two flows more, and the words that lead to them."""
    folder = tmp_path_factory.mktemp("topics")
    shutil.copytree(ROOT / "bot" / "flows", folder / "flows")
    shutil.copytree(ROOT / "locales", folder / "locales")
    for name, flow in (("box", BOX), ("mistake", MISTAKE)):
        (folder / "flows" / f"{name}.yaml").write_text(flow, encoding="utf-8")
        (folder / "locales" / "en" / "topics" / f"{name}.yaml").write_text(TOPICS[name], encoding="utf-8")
    book = load_book(folder / "flows", load_facts(ROOT / "bot" / "facts.yaml"))
    return book, load_packs(folder / "locales")


@pytest.fixture
def talk(told: tuple[Book, Packs]) -> Talk:
    """Somebody at the main menu."""
    return Talk(*told, State(language="en", at=("menu", "main")))


def test_a_topic_leads_straight_to_its_step(talk: Talk) -> None:
    """Nobody has to find the way through menus to what their words name."""
    assert talk.say("it is about the id card of a purple elephant")[0] == "This is far inside."


def test_a_topic_gives_way_to_an_intent_that_covers_more(talk: Talk) -> None:
    """The more words of a message something explains, the surer it is what was meant."""
    assert talk.hears("I lost my id card and papers").intent == "ask_documents"
    assert talk.hears("tell you something").topic == "box.open"


def test_a_topic_of_the_first_words_waits_behind_the_gate(told: tuple[Book, Packs]) -> None:
    """Before the person says that the moment is good nothing is told; afterwards it opens by itself."""
    talk = Talk(*told)
    assert "good moment" in talk.say("hello, it is about the id card of a purple elephant")[0]
    assert "This is far inside." in talk.say("1")


def test_a_flow_that_cuts_in_does_so_before_the_gate_too(told: tuple[Book, Packs]) -> None:
    """Whoever dialled wrongly is not asked whether the moment is good."""
    talk = Talk(*told)
    assert talk.say("wrong number sorry") == ["No harm done."]


def test_in_danger_no_topic_leads_away(told: tuple[Book, Packs]) -> None:
    """The question whether somebody is still in danger stays until it is answered."""
    talk = Talk(*told, State(language="en", at=("danger", "still")))
    talk.say("tell you something")
    assert talk.state.at == ("danger", "still")


@pytest.mark.parametrize(
    "words",
    [
        "your operator was rude to me on tuesday",
        "the answer about the id card was wrong, I lost a whole day with my papers",
        "an elephant stood in the office and laughed",
        "please stop being so slow to answer people",
        "asdf",
    ],
)
def test_words_are_kept_as_written(talk: Talk, words: str) -> None:
    """Nothing is understood from them: no topic, no intent, no option's words, no call for an operator."""
    talk.say("tell you something")
    assert talk.say(words)[0] == "Kept."
    assert talk.effects == [("feedback", "")]


@pytest.mark.parametrize(
    ("said", "effects", "flow"),
    [
        ("1", [], "menu"),
        ("never mind", [], "menu"),
        ("9", [("want_person", "P1")], "person"),
        ("0", [], "menu"),
        ("stop", [("stop", "")], "stop"),
        ("ERASE ALL", [("erase", "")], "erase"),
        ("your operator beat me and he is beating me now", [("want_person", "P0")], "danger"),
        ("I told your operator I want to kill myself", [("want_person", "P0")], "self_harm"),
    ],
)
def test_what_must_be_heard_is_heard_among_words_that_are_kept(
    talk: Talk, said: str, effects: list[tuple[str, str]], flow: str
) -> None:
    """Danger and self-harm in any sentence; the short commands when they stand alone."""
    talk.say("tell you something")
    talk.say(said)
    assert (talk.effects, talk.flows[0]) == (effects, flow)


@pytest.mark.parametrize("words", ["{quiet: abc}", "[a]", "{quiet: {a: b}}", '{quiet: [""]}'])
def test_words_that_are_no_list_are_refused(tmp_path: Path, words: str) -> None:
    """As text its letters would each become a topic."""
    (tmp_path / "words.yaml").write_text("", encoding="utf-8")
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "box.yaml").write_text(f"topics: {words}\n", encoding="utf-8")
    with pytest.raises(WordsError, match="box"):
        load_words(tmp_path)


def test_a_file_of_topics_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    """A mistyped key would silence its words."""
    (tmp_path / "words.yaml").write_text("", encoding="utf-8")
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "box.yaml").write_text("topic: {open: [a]}\n", encoding="utf-8")
    with pytest.raises(WordsError, match="unknown key 'topic'"):
        load_words(tmp_path)
