"""What the flows say of this line is so: how long things are kept, when a talk starts as new, what is never said."""

import pytest

from bot.book import Book
from bot.engine import State
from bot.packs import Packs
from bot.thinking import SILENCE
from storage.people import RECYCLED_AFTER
from tests.bot.talk import Talk

LIMIT = {
    "vi": "Bên mình giữ kín chuyện của bạn, trừ khi có người nguy đến tính mạng hoặc luật bắt buộc phải báo. "
    "Kể đến đâu là tùy bạn.",
    "en": "We keep your story to ourselves, unless somebody's life is in danger or the law says it must be reported. "
    "How much you tell is up to you.",
}
MENU = State(language="vi", place="vn", at=("menu", "main"))


def test_the_days_we_name_are_the_days_we_keep(book: Book, packs: Packs) -> None:
    """Silent for 30 days, and everything is erased (storage/people.py)."""
    assert RECYCLED_AFTER.days == 30
    assert "30 ngày" in Talk(book, packs, MENU).say("luu gi cua toi")[0]


def test_the_silence_we_name_is_the_silence_after_which_a_talk_starts_as_new(book: Book, packs: Packs) -> None:
    """Half an hour (bot/thinking.py)."""
    assert SILENCE.total_seconds() == 30 * 60
    assert "Nửa tiếng" in " ".join(Talk(book, packs, MENU).say("co nguoi xem may em"))


@pytest.mark.parametrize("tag", ["vi", "en"])
@pytest.mark.parametrize(
    "at", [("welcome", "what"), ("about", "kept"), ("about", "limit"), ("about", "police"), ("feedback", "start")]
)
def test_the_limit_of_secrecy_is_said_word_for_word(book: Book, packs: Packs, at: tuple[str, str], tag: str) -> None:
    """In the welcome, wherever secrecy is asked about, and before words that a human will read (standards.md 5)."""
    step = book.find(at)
    assert step is not None
    assert LIMIT[tag] in [packs.text(tag, ".".join(at), told.text) for told in step.say]


@pytest.mark.parametrize("at", [("phone", "start"), ("phone", "after"), ("phone", "quiet")])
def test_nothing_about_a_phone_that_is_read_calls_anything_safe(book: Book, packs: Packs, at: tuple[str, str]) -> None:
    """We do not know what is on that phone."""
    step = book.find(at)
    assert step is not None
    for sentence in (*(told.text for told in step.say), *([step.ask] if step.ask else [])):
        assert "safe" not in sentence.casefold()
        assert "an toàn" not in packs.text("vi", ".".join(at), sentence).casefold()


def test_a_wrong_number_learns_nothing_and_hears_no_more(book: Book, packs: Packs) -> None:
    """One neutral line, then silence until they write, and then as new."""
    for at in (("welcome", "good_moment"), ("menu", "main")):
        talk = Talk(book, packs, State(language="vi", at=at))
        assert talk.say("xin loi nham so") == ["Không sao bạn nhé."]
        assert talk.state.quiet
        assert talk.last.says[0].kind == "neutral"


def test_feedback_is_kept_for_the_lead_and_asks_no_name(book: Book, packs: Packs) -> None:
    """Whatever is written is kept as it stands; "another time" keeps nothing."""
    talk = Talk(book, packs, State(language="vi", at=("menu", "main")))
    talk.say("người trực nói nặng lời với em")
    assert talk.state.at == ("feedback", "start")
    talk.say("hom truoc co nguoi noi em tu di thi tu chiu")
    assert talk.effects == [("feedback", "")]
    for said in ("1", "de lan khac", "bo qua"):
        left = Talk(book, packs, State(language="vi", at=("feedback", "start")))
        left.say(said)
        assert left.effects == []
        assert left.state.at == ("menu", "main")


def test_danger_is_heard_while_feedback_is_written(book: Book, packs: Packs) -> None:
    """Words that are kept are still listened to for what must never wait."""
    talk = Talk(book, packs, State(language="vi", place="vn", at=("feedback", "start")))
    talk.say("nguoi truc noi em noi doi, gio no dang danh em")
    assert ("want_person", "P0") in talk.effects
