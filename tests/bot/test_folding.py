"""Reading a message: marks, tones, digits, short forms."""

import unicodedata

import pytest

from bot.folding import Typed, fold, written
from bot.packs import Packs
from bot.phrases import Lexicon, Phrases


def test_folding_takes_every_mark_away() -> None:
    """NFD, marks off, đ to d."""
    assert fold("Đường về nhà, tự tử, ưỡn ẹo") == "Duong ve nha, tu tu, uon eo"
    assert fold(unicodedata.normalize("NFD", "tiếng Việt")) == "tieng Viet"


def test_old_and_new_placing_of_the_tone_are_one_word() -> None:
    """People write xoá and xóa, thuỷ and thủy; a different tone is a different word."""
    assert written("xoá") == written("xóa")
    assert written("thuỷ") == written("thủy")
    assert written("từ") != written("tự")


def test_the_text_of_a_message_stays_in_its_marks() -> None:
    """Matching looks at a copy; nothing is rewritten but case and encoding."""
    assert Typed("  Tôi  bị MẤT  ").read({}).text == "tôi  bị mất"


@pytest.mark.parametrize(
    ("typed", "found", "exact"),
    [
        ("tự tử", True, True),
        ("tu tu", True, False),
        ("tự tu", True, False),
        ("từ từ", False, False),
        ("tư tư", True, False),
        ("tu từ", False, False),
        ("TỰ TỬ", True, True),
    ],
)
def test_a_typed_tone_must_be_the_right_one(typed: str, found: bool, exact: bool) -> None:
    """A text with diacritics matches exactly as written; bare words match as doubtful."""
    phrases = Phrases(["tự tử"])
    matches = Lexicon([phrases]).find(Typed(typed).read({}).words).get(phrases, [])
    assert bool(matches) is found
    assert not found or matches[0].exact is exact


def test_letters_marked_without_tones_match_too() -> None:
    """Half-marked typing (đanh for đánh) is common on phones."""
    assert Lexicon([Phrases(["đánh tôi"])]).find(Typed("nó đanh tôi").read({}).words)


@pytest.mark.parametrize("typed", ["đánh em", "đánh em rồi", "đánh chúng tôi", "danh chung toi roi", "killing", "kill"])
def test_each_choice_in_a_phrase_is_found(typed: str) -> None:
    """Case workers write (a|b) and (a|) instead of long lists; a choice may have several words or end a word."""
    assert Phrases(["đánh (chúng tôi|em) (rồi|)", "kill(ing|ed|)"]).whole(Typed(typed).read({}).words)


@pytest.mark.parametrize("typed", ["đánh", "đánh rồi", "đánh em tôi", "em rồi", "ing", ""])
def test_less_or_other_than_the_choices_is_not_found(typed: str) -> None:
    """A phrase is its words in their order, and nothing less."""
    assert not Phrases(["đánh (chúng tôi|em) (rồi|)", "kill(ing|ed|)"]).whole(Typed(typed).read({}).words)


def test_words_typed_without_spaces_are_taken_apart() -> None:
    """In a hurry, or on a phone whose space key is broken, people type cuutoivoi."""
    known = {"cuu", "toi", "voi", "em"}
    for typed in ("cuutoivoi", "cuuem", "cứutôivới"):
        assert len(Typed(typed).read({}, known).words) > 1
    for typed in ("cuu", "toivoixa", "Ha Noi voiem"):
        assert len(Typed(typed).read({}, known).words) == len(typed.split())


@pytest.mark.parametrize(
    "typed",
    [
        "1",
        "1.",
        "1)",
        "(1)",
        " 1 ",
        "１",
        "1️⃣",
        "số 1",
        "so 1",
        "so mot",
        "số một",
        "một",
        "mot",
        "Một ạ",
        "one",
        "One.",
        "so 1 nhe",
        "chọn 1",
        "chon so 1",
        "phím 1",
        "1 ạ",
        "bấm số 1",
        "number 1",
        "#1",
        "1!",
        "១",
        "em chọn 1",
    ],
)
def test_a_digit_is_understood_in_every_form(packs: Packs, typed: str) -> None:
    """Digit, full-width, keycap, `số 1`, number words, with and without marks."""
    digits = {packs.pack(tag).words.read(Typed(typed)).digit for tag in packs.tags}
    assert digits - {None} == {1}


@pytest.mark.parametrize("typed", ["12", "1 2", "111", "113", "0912345678", "1 con", "không", "", "²³", "½", "một hai"])
def test_other_numbers_are_not_a_digit(packs: Packs, typed: str) -> None:
    """A phone number, an emergency number or a count is no answer to a menu; không is no, never zero."""
    assert all(packs.pack(tag).words.read(Typed(typed)).digit is None for tag in packs.tags)


def test_short_forms_mean_the_whole_word(packs: Packs) -> None:
    """ko, dc, mk: what young people type."""
    words = packs.pack("vi").words
    assert words.read(Typed("ko")).whole(words["no"])
    assert words.read(Typed("dc")).whole(words["yes"])
