"""How people answer: digits in every shape, yes, no and skip, northern, central and southern."""

import pytest

from bot.book import Book
from bot.engine import State
from bot.packs import Packs
from tests.bot.talk import Talk

ONE = {
    "vi": [
        *["1", "1.", "1)", "(1)", "1️⃣", "１", "①", "số 1", "so 1", "SỐ MỘT", "một", "mot", "thứ nhất", "cái 1"],
        *["chọn 1", "em chọn số 1 ạ", "tui chọn 1 nghen", "bấm số 1 nha", "gõ 1", "dạ 1 ạ", "nhấn phím 1", "mục 1"],
    ],
    "en": ["1", "1.", "1️⃣", "１", "one", "number one", "option 1", "I choose 1", "the first", "one please"],
}
YES = {
    "vi": [
        *["có", "co", "dạ có", "vâng", "vầng ạ", "ừ", "ừa", "ờ", "uh", "uk", "ok", "okie", "dạ phải", "dạ đúng rồi ạ"],
        *["được ạ", "dc", "phải rồi", "đúng rứa", "có nha", "chuẩn", "👍"],
    ],
    "en": ["yes", "yeah", "yep", "ok", "sure", "yes please", "👍"],
}
NO = {
    "vi": [
        *["không", "ko", "khong", "k", "dạ không ạ", "không có", "hông", "hổng", "hổng có", "hong nha", "khum", "hem"],
        *["nỏ có", "chưa", "dạ chưa", "không phải", "đâu có", "👎"],
    ],
    "en": ["no", "nope", "nah", "not now", "no thanks", "👎"],
}
SKIP = {
    "vi": ["bỏ qua", "bo qua", "bỏ qua câu này", "cho qua đi", "qua câu khác", "ko mun ke", "ngại nói"],
    "en": ["skip", "skip this question", "next question", "I would rather not say"],
}
ASKED = {"one": ("papers", "birth_where"), "yes_no": ("maybe_danger", "ask"), "skip": ("papers", "birth_where")}


def _each(ways: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(tag, way) for tag, listed in ways.items() for way in listed]


def _chosen(book: Book, packs: Packs, asked: str, tag: str, said: str) -> str | None:
    return Talk(book, packs, State(language=tag, at=ASKED[asked], back=("menu", "main"))).hears(said).choice


@pytest.mark.parametrize(("tag", "said"), _each(ONE))
def test_a_digit_is_read_in_every_shape(book: Book, packs: Packs, tag: str, said: str) -> None:
    """Old phones, keyboards with full-width digits, and who spells it out."""
    assert _chosen(book, packs, "one", tag, said) == "vn"


@pytest.mark.parametrize(("tag", "said"), _each(YES))
def test_yes_is_heard_in_all_its_words(book: Book, packs: Packs, tag: str, said: str) -> None:
    """North, centre and south; an answer to a question about danger must not get lost."""
    assert _chosen(book, packs, "yes_no", tag, said) == "yes"


@pytest.mark.parametrize(("tag", "said"), _each(NO))
def test_no_is_heard_in_all_its_words(book: Book, packs: Packs, tag: str, said: str) -> None:
    """`dạ không`, `dạ chưa` are no (standards.md 5)."""
    assert _chosen(book, packs, "yes_no", tag, said) == "no"


@pytest.mark.parametrize(("tag", "said"), _each(SKIP))
def test_a_question_can_be_skipped_in_words(book: Book, packs: Packs, tag: str, said: str) -> None:
    """Every question can be skipped."""
    assert _chosen(book, packs, "skip", tag, said) == "skip"


@pytest.mark.parametrize(("tag", "said"), _each(SKIP))
def test_skipping_where_nothing_can_be_skipped_leads_to_the_menu(book: Book, packs: Packs, tag: str, said: str) -> None:
    """Nobody is held at a question."""
    talk = Talk(book, packs, State(language=tag, at=("papers", "which")))
    talk.say(said)
    assert talk.state.at == ("menu", "main")
    assert talk.state.misses == 0
