"""Sentences as people really type them, and where each must lead: first danger and illness, then what they ask."""

import pytest

from bot.book import Book
from bot.engine import State
from bot.listen import listen
from bot.packs import Packs
from tests.bot.talk import Talk

MENU = State(language="vi", at=("menu", "main"))
TOPICS = {
    "em can thuoc tranh thai khan cap": "health.recent",
    "no ep toi quan he hom qua": "health.recent",
    "i was raped yesterday": "health.recent",
    "ra mau nhieu qua": "ill_now.start",
    "con toi uong nham thuoc": "ill_now.start",
    "bo toi bi dot quy": "ill_now.start",
    "con em bi sot cao co giat": "ill_now.start",
    "my baby is choking": "ill_now.start",
    "minh dang o campuchia muon ve": "home.where",
    "toi bi lua sang campuchia": "home.where",
    "gia dinh khong nhan toi": "feelings.family",
    "nguoi yeu cu dang anh nong cua toi": "scam.pictures",
    "no dang xem may": "phone.quiet",
    "he is reading my phone now": "phone.quiet",
    "chong em hay xem may em": "phone.start",
    "toi bi nguoi truc xin so dien thoai": "feedback.start",
}
ALARMS = {
    "khẩn cấp": "danger",
    "em dang bi giu ben myanmar": "maybe_danger",
    "anh ta dang go cua": "maybe_danger",
    "chu tau khong cho len bo": "maybe_danger",
}
NO_ALARM = ("con bi doi xu te", "bi ban than lua", "ban than em khong sao", "so lam", "khong tien", "em het tien")


@pytest.mark.parametrize("text", TOPICS)
def test_words_lead_straight_to_what_they_are_about(book: Book, packs: Packs, text: str) -> None:
    """Each stands for a person whom the menu would have cost messages, or who would have been answered wrongly."""
    assert listen(book, packs, MENU, text).topic == TOPICS[text]


@pytest.mark.parametrize("text", ALARMS)
def test_danger_is_heard_in_plain_words(book: Book, packs: Packs, text: str) -> None:
    """Without marks, without the word danger."""
    assert listen(book, packs, MENU, text).alarm == ALARMS[text]


@pytest.mark.parametrize("text", NO_ALARM)
def test_what_only_sounds_like_danger_pages_nobody(book: Book, packs: Packs, text: str) -> None:
    """A close friend (bạn thân) is no sold kidney (bán thận); no digit and no goodbye is read into them either."""
    heard = listen(book, packs, MENU, text)
    assert (heard.alarm, heard.choice) == (None, None)


def test_after_danger_the_talk_goes_on_with_what_was_asked(book: Book, packs: Packs) -> None:
    """Police numbers first; then the seventy-two hours, without being asked for again."""
    talk = Talk(book, packs, State(language="vi", place="vn", at=("menu", "main")))
    assert "113" in talk.say("toi bi cuong hiep hom qua")[0]
    assert "72" in " ".join(talk.say("2"))


def test_a_doubt_that_was_none_leads_on_to_what_was_asked(book: Book, packs: Packs) -> None:
    """Lenders: one gentle question, and after "no" what to do about them."""
    talk = Talk(book, packs, State(language="vi", at=("menu", "main")))
    assert talk.hears("bi bon doi no goi dien doa").alarm == "maybe_danger"
    talk.say("bi bon doi no goi dien doa")
    talk.say("2")
    assert talk.flows[-1] == "money"


@pytest.mark.parametrize("place", ["vn", "abroad", None])
def test_who_is_badly_ill_is_helped_before_any_question(book: Book, packs: Packs, place: str | None) -> None:
    """As the very first words, before the language and the good moment are asked about."""
    talk = Talk(book, packs, State(place=place))
    told = talk.say("ra mau nhieu qua")
    assert "đừng đợi" in told[0]
    assert ("115" in " ".join(told)) == (place != "abroad")


def test_no_and_debts_are_told_apart_by_the_language(book: Book, packs: Packs) -> None:
    """ "no" typed by a Vietnamese is nợ (debts) without its marks, and no goodbye."""
    talk = Talk(book, packs, MENU)
    talk.say("no")
    assert "courtesy" not in talk.flows


@pytest.mark.parametrize("key", ["about", "language", "erase"])
def test_a_button_of_an_earlier_menu_still_does_what_it_says(book: Book, packs: Packs, key: str) -> None:
    """Whoever presses "erase" on a menu sent before an update means it."""
    talk = Talk(book, packs, MENU)
    talk.say(key, kind="button", about="menu.main")
    assert talk.flows[0] == key
