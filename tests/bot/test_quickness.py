"""Anyone can send thousands of signs, and everybody's danger messages wait while they are read.

Work is counted in steps of the interpreter, never by a clock: a busy machine must not fail these tests.
"""

import sys
import unicodedata
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from bot.book import Book
from bot.folding import LONGEST_TEXT, MOST_MARKS, Typed
from bot.listen import listen
from bot.packs import Packs
from bot.phrases import Lexicon, Match, Phrases
from bot.state import State

LONGEST_MESSAGE = 4096  # signs, of Telegram
STATES = (State(language="vi", at=("menu", "main")), State(language=None, at=("welcome", "good_moment")))
SYMBOLS = "".join(sign for sign in map(chr, range(0x2190, 0x1FAFF)) if unicodedata.category(sign) == "So")
SHAPES = {
    "one letter a word": "a ",
    "courtesies": "dạ vâng ạ ",
    "requests for a language": "nói tiếng việt ",
    "digits": "1 ",
    "one emoji": "😀",
    "every symbol there is": SYMBOLS,
    "short forms": "ko dc ngta ",
    "half phrases": "toi so nguy ",
    "denied danger": "khong ai danh toi ",
    "a double denial": "khong phai khong nguy hiem ",
    "harmless phrases": "buon ngu muon chet danh rang ",
    "bare words that mean many": "tu tu bi ban ",
    "questions": "co nguy hiem khong ",
    "words without spaces": "cuutoivoi ",
    "one word of known words": "cuutoivoi",
    "one word of one letter": "a",
    "one word of one marked letter": "ạ",
    "stretched letters": "cuuuu eeemmm ",
    "marks": "a\u0316\u0301",
    "marks and apostrophes": "a\u0301'\u0316'",
    "zero widths": "a\u200b",
    "ends of clauses": "xoa. ",
    "signs that stand for many": "ﷺ",
}


def _count_steps(work: Callable[[], object]) -> int:
    """How many instructions of the interpreter some work takes."""
    count, before = 0, sys.gettrace()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def _written(shape: str, length: int) -> str:
    return (SHAPES[shape] * length)[:length]


def _steps_to_hear(book: Book, packs: Packs, state: State, text: str) -> int:
    listen(book, packs, state, "1")  # what is read once of the packs is not the message's work
    return _count_steps(lambda: listen(book, packs, state, text))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("state", STATES, ids=["menu", "first"])
def test_four_times_the_text_is_about_four_times_the_work(book: Book, packs: Packs, state: State, shape: str) -> None:
    """What grows faster lets one sender stop the service for everybody."""
    short, long = (_steps_to_hear(book, packs, state, _written(shape, length)) for length in (256, 1024))
    assert long < 5 * short


@pytest.mark.parametrize("shape", SHAPES)
def test_no_sign_of_a_long_message_costs_much(book: Book, packs: Packs, shape: str) -> None:
    """A list that is searched anew for every word would multiply all the work without making it grow faster."""
    most = 3500 if shape == "signs that stand for many" else 1000  # instructions a sign, twice what is needed
    assert _steps_to_hear(book, packs, STATES[0], _written(shape, 512)) < most * 512


def test_a_text_is_split_and_spelt_once_for_all_packs(book: Book, packs: Packs) -> None:
    """A second reading of the same message would be a second helping of all this work."""
    calls: list[str] = []

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_qualname in ("split_words", "_spell"):
            calls.append(frame.f_code.co_qualname)

    words = [f"xin{letter}" for letter in "abcdefgh"]
    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        listen(book, packs, STATES[0], " ".join(words))
    finally:
        sys.setprofile(before)
    assert sorted(calls) == ["_spell"] * len(words) + ["split_words"]


@pytest.mark.parametrize("mark", ["\u0301", "\uff9e", "\u0301\u200b", "\u0301\u0316\u0334"])
def test_hundreds_of_marks_on_one_letter_are_not_kept(mark: str) -> None:
    """Normalising them takes quadratic time, also when signs that are left out stood between them."""
    marks = [unicodedata.category(sign)[0] == "M" for sign in Typed("ng" + mark * 1000).text]
    assert sum(marks) <= MOST_MARKS


def test_the_marks_of_every_language_are_kept() -> None:
    """Vietnamese needs two on a letter, Khmer and Burmese writing a few more."""
    for text in ("nguy hiểm, cứu", "ស្ត្រី", "မြန်မာ", "བསྒྲུབས"):
        assert Typed(unicodedata.normalize("NFD", text)).text == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("sign", ["a", "ﷺ", "😀", "a "])
def test_a_text_has_an_end_whatever_its_signs_stand_for(sign: str) -> None:
    """One sign of Arabic stands for eighteen: what is read is bounded after it was written out."""
    assert len(Typed(sign * 10 * LONGEST_TEXT).text) <= LONGEST_TEXT


def test_danger_at_the_end_of_the_longest_message_is_heard(book: Book, packs: Packs) -> None:
    """No bound may cut a message that a carrier lets through, even one of signs that are written out as three."""
    ending = " cứu em với"
    for filler in ("ạ ", "hôm qua em đi làm ", "xin…"):
        text = (filler * LONGEST_MESSAGE)[: LONGEST_MESSAGE - len(ending)] + ending
        assert listen(book, packs, STATES[0], text).alarm == "danger", filler


def test_many_lists_are_walked_together_as_each_alone() -> None:
    """One walk finds the phrases of every list: where they stand, and whether each mark was typed."""
    danger, doubt, none = Phrases(["đánh (em|tôi)", "(nó|ông ấy) đánh"]), Phrases(["nó", "đánh"]), Phrases([])
    words = Typed("nó danh tôi, đánh em").read({}).words
    found = Lexicon([danger, doubt, none]).find(words)
    assert set(found[danger]) == {Match(0, 2, False), Match(1, 3, False), Match(3, 5, True)}
    assert set(found[doubt]) == {Match(0, 1, True), Match(1, 2, False), Match(3, 4, True)}
    assert none not in found
