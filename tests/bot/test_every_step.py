"""From every question of every flow, in every language: stop, erase, danger, self-harm and a person work."""

import itertools
from pathlib import Path

import pytest

from bot.book import MENU
from bot.dialogue import load_book
from bot.engine import State
from bot.facts import load_facts
from bot.packs import Packs
from tests.bot.talk import Talk

BOT = Path(__file__).resolve().parents[2] / "bot"
BOOK = load_book(BOT / "flows", load_facts(BOT / "facts.yaml"))
QUESTIONS = [step.at for step in BOOK.questions()]
BEFORE = ("papers", "which")
ASKS_LANGUAGE = ("welcome", "which_language")
LEARNED = {ASKS_LANGUAGE: ("welcome", "good_moment")}  # the words heard told the language meanwhile
HEARD = {
    "vi": {
        "stop": "dừng lại",
        "erase_now": "Xóa hết",
        "danger": "cứu em với",
        "self_harm": "em muốn tự tử",
        "person": "9",
    },
    "vi bare": {
        "stop": "thoi",
        "erase_now": "XOA HET",
        "danger": "cuu em voi",
        "self_harm": "em muon chet",
        "person": "so 9",
    },
    "en": {
        "stop": "stop",
        "erase_now": "ERASE ALL",
        "danger": "he is beating me",
        "self_harm": "I want to kill myself",
        "person": "nine",
    },
}
FROM_EVERYWHERE = list(itertools.product(QUESTIONS, HEARD))


def _standing(packs: Packs, at: tuple[str, str], way: str, quiet: bool = False) -> Talk:
    language = None if at == ASKS_LANGUAGE else way.split(maxsplit=1)[0]
    back = BEFORE if BOOK.interrupts(at) else None
    return Talk(BOOK, packs, State(language=language, at=at, back=back, quiet=quiet))


@pytest.mark.parametrize(("at", "way"), FROM_EVERYWHERE)
def test_stop_is_confirmed_and_leaves_the_question_standing(packs: Packs, at: tuple[str, str], way: str) -> None:
    """Stop means no more notices; it never blocks an answer and loses nothing."""
    talk = _standing(packs, at, way)
    told = talk.say(HEARD[way]["stop"])
    assert len(told) == 1
    assert talk.effects == [("stop", "")]
    assert talk.state.at == at
    assert talk.last.says[0].kind == "neutral"


@pytest.mark.parametrize(("at", "way"), FROM_EVERYWHERE)
def test_the_erasing_phrase_erases_at_once(packs: Packs, at: tuple[str, str], way: str) -> None:
    """One neutral word, and nothing of the state is left but the language it was said in."""
    talk = _standing(packs, at, way)
    told = talk.say(HEARD[way]["erase_now"])
    assert told == [{"vi": "Xong.", "en": "Done."}[way.split(maxsplit=1)[0]]]
    assert talk.effects == [("erase", "")]
    assert talk.last.says[0].kind == "farewell"
    assert talk.state == State(language=talk.state.language)


@pytest.mark.parametrize(("at", "way"), FROM_EVERYWHERE)
def test_danger_is_answered_first_and_the_talk_goes_on(packs: Packs, at: tuple[str, str], way: str) -> None:
    """Numbers in the first reply, P0, never "somebody is coming", and a way back to where they were."""
    talk = _standing(packs, at, way)
    told = talk.say(HEARD[way]["danger"])
    assert ("want_person", "P0") in talk.effects
    assert all(say.kind == "urgent" for say in talk.last.says)
    assert all(number in told[0] for number in ("113", "115", "111"))
    assert talk.state.at == ("danger", "both")
    talk.say("3")
    talk.say("2")
    assert talk.state.at == (BEFORE if BOOK.interrupts(at) else LEARNED.get(at, at))


@pytest.mark.parametrize(("at", "way"), FROM_EVERYWHERE)
def test_self_harm_gets_one_caring_question_and_no_menu(packs: Packs, at: tuple[str, str], way: str) -> None:
    """One caring line, one question; no menu, police not first, P0."""
    talk = _standing(packs, at, way)
    told = talk.say(HEARD[way]["self_harm"])
    assert len(told) == 1
    assert ("want_person", "P0") in talk.effects
    assert talk.state.at == ("self_harm", "start")
    assert talk.last.says[0].kind == "urgent"
    assert not any(number in told[0] for number in ("113", "111", "9 "))


@pytest.mark.parametrize(("at", "way"), FROM_EVERYWHERE)
def test_nine_asks_for_a_person_and_the_question_comes_again(packs: Packs, at: tuple[str, str], way: str) -> None:
    """9 means a person, now, at every step of every pack."""
    talk = _standing(packs, at, way)
    talk.say(HEARD[way]["person"])
    assert ("want_person", "P1") in talk.effects
    assert talk.flows[0] == "person"
    assert talk.state.at in (at, LEARNED.get(at))


@pytest.mark.parametrize("at", QUESTIONS)
def test_a_button_for_a_person_works_at_every_question(packs: Packs, at: tuple[str, str]) -> None:
    """The button with 9 carries the question it was printed under."""
    talk = _standing(packs, at, "vi")
    talk.say("9", kind="button", about=".".join(at))
    assert ("want_person", "P1") in talk.effects


@pytest.mark.parametrize("at", QUESTIONS)
def test_safe_mode_still_hears_everything(packs: Packs, at: tuple[str, str]) -> None:
    """Nothing outbound that was not just asked for; what is just asked for is answered."""
    for alarm, words in HEARD["vi"].items():
        talk = _standing(packs, at, "vi", quiet=True)
        assert talk.say(words), alarm


@pytest.mark.parametrize("at", QUESTIONS)
def test_every_option_of_every_question_leads_on(packs: Packs, at: tuple[str, str]) -> None:
    """By digit, by its printed words with and without marks, and by its button."""
    asked = BOOK.find(at)
    assert asked is not None
    none_printed = not any(option.printed for option in asked.options)
    for digit, option in enumerate(asked.options, 1):
        by_button = _standing(packs, at, "vi")
        by_button.say(option.key, kind="button", about=".".join(at))
        assert by_button.state.misses == 0
        by_digit = _standing(packs, at, "vi")
        by_digit.say(str(digit))
        assert (by_digit.last == by_button.last) == (option.printed or none_printed)
        if option.printed:
            by_words = _standing(packs, at, "vi")
            label = packs.text("vi", ".".join(at), option.say)
            assert by_words.hears(label).choice == option.key, label
            assert by_words.hears(f"{digit} {label}").choice == option.key


@pytest.mark.parametrize(("at", "way"), FROM_EVERYWHERE)
def test_two_messages_nobody_understands_bring_the_menu_and_a_person(
    packs: Packs, at: tuple[str, str], way: str
) -> None:
    """Never a third "I did not understand", and no blame."""
    talk = _standing(packs, at, way)
    first = talk.say("qwrtz plmk")
    heard_first = talk.flows
    second = talk.say("zzkw vvvq")
    third = talk.say("xkcd bnm")
    assert first
    assert second
    assert third
    flow, asked = BOOK.flows[at[0]], BOOK.find(at)
    if asked is not None and asked.words:  # any words are welcome there, so there is nothing to understand
        assert heard_first == [at[0]]
    elif flow.calm:
        assert [say.step for say in talk.last.says] == [at[1]]
        assert second == third == first[1:]
        assert "9" not in first[0]
    elif flow.interrupts or flow.gate:
        assert any("9" in text and "0" in text for text in second)
        assert talk.state.at == at
    else:
        assert talk.state.at == BOOK.flows[MENU].first.at
        assert any("9" in text for text in second)
    assert "miss" not in {say.flow for say in talk.last.says if say.step == "first"}
