"""What is so of every sentence and is no general rule of a pack; the rules are checks (test_checks_of_packs.py)."""

from pathlib import Path

from bot.book import Book
from bot.flow_checks import every_say
from bot.packs import Packs
from tests.bot.talk import CHAT, SMS

ROOT = Path(__file__).resolve().parents[2]
TAGS = ("vi", "en")


def test_the_line_about_a_person_fits_on_every_menu(book: Book, packs: Packs) -> None:
    """On menus the line about 9 is printed."""
    for say in every_say(book):
        for tag in TAGS if say.menu else ():
            assert "\n9 " in packs.render(say, tag, SMS).text


def test_words_of_an_official_report_stay_in_its_flow(packs: Packs) -> None:
    """A report is an explicit choice of its own; nowhere else is anybody led to it by these words (standards.md 2)."""
    assert packs.pack("vi").only_in == {"report": ("tố cáo", "trình báo")}
    assert {"tố cáo", "trình báo", "khai báo"} <= set(packs.pack("vi").never_said)


def test_vietnamese_speaks_of_ban_and_ben_minh(packs: Packs) -> None:
    """Address: bạn, bên mình or mình; never anh, chị, em, quý khách, or chúng tôi."""
    for text in packs.pack("vi").sentences.values():
        words = "".join(c if c.isalnum() else " " for c in text.casefold()).split()
        assert not {"anh", "chị", "em", "quý"} & set(words), text
        assert "chúng tôi" not in text.casefold()


def test_no_sentence_names_an_amount_or_a_time(book: Book) -> None:
    """Never an amount of money, never a promised time; 30 days and 14 years are the law's own."""
    for say in every_say(book):
        words = say.sentence.lower()
        assert not any(word in words for word in ("vnd", "dong", " hours", " minutes", " weeks", "within"))


def test_the_good_moment_question_is_neutral(book: Book, packs: Packs) -> None:
    """Never the words safe or dangerous: somebody else may be reading."""
    asked = book.find(("welcome", "good_moment"))
    assert asked is not None
    assert asked.ask is not None
    for tag in TAGS:
        text = packs.text(tag, "welcome.good_moment", asked.ask).casefold()
        assert not any(word in text for word in ("safe", "danger", "an toàn", "nguy hiểm"))


def test_every_vietnamese_sentence_says_that_it_is_a_draft() -> None:
    """No native reviewer has read them; the mark stays until one has."""
    for path in (ROOT / "locales/vi/LC_MESSAGES").glob("*.po"):
        text = path.read_text(encoding="utf-8")
        assert text.count("# review: draft") == text.count("msgctxt"), path.name


def test_button_data_fits_the_carriers(book: Book, packs: Packs) -> None:
    """Callback data is at most 64 bytes on Telegram."""
    for say in every_say(book):
        for label, data in packs.render(say, "vi", CHAT).buttons:
            assert len(data.encode()) <= 64
            assert label
