"""Every sentence as it goes out: complete, short enough, and without the words that are never said."""

import unicodedata
from pathlib import Path

import pytest

from bot.book import Book
from bot.flow_checks import check_budget, every_say
from bot.packs import Packs
from tests.bot.talk import CHAT, SMS

ROOT = Path(__file__).resolve().parents[2]
TAGS = ("vi", "en")


def test_every_message_fits_three_segments(book: Book, packs: Packs) -> None:
    """Longer messages arrive in pieces and in disorder on old phones, and cost the sender more."""
    assert check_budget(book, packs, SMS) == ()


def test_the_line_about_a_person_fits_on_every_menu(book: Book, packs: Packs) -> None:
    """On menus the line about 9 is printed."""
    for say in every_say(book):
        for tag in TAGS if say.menu else ():
            assert "\n9 " in packs.render(say, tag, SMS).text


@pytest.mark.parametrize("tag", TAGS)
def test_no_message_says_what_is_never_said(book: Book, packs: Packs, tag: str) -> None:
    """Words that shame, label or frighten, and promises nobody can keep (standards.md 2)."""
    pack = packs.pack(tag)
    texts = [(say.flow, packs.render(say, tag, SMS).text) for say in every_say(book)] + [
        ("", packs.neutral(name, tag)) for name in ("late", "delayed", "start", "person")
    ]
    for flow, text in texts:
        plain = f" {' '.join(''.join(c if c.isalnum() else ' ' for c in text.casefold()).split())} "
        for banned in (*pack.never_said, *pack.never_promised):
            if banned not in pack.only_in.get(flow, ()):
                assert f" {banned.casefold()} " not in plain, (banned, text)


def test_words_of_an_official_report_stay_in_its_flow(packs: Packs) -> None:
    """A report is an explicit choice of its own; nowhere else is anybody led to it by these words (standards.md 2)."""
    assert packs.pack("vi").only_in == {"report": ("tố cáo", "trình báo")}
    assert {"tố cáo", "trình báo", "khai báo"} <= set(packs.pack("vi").never_said)


def test_every_sentence_exists_in_vietnamese(book: Book, packs: Packs) -> None:
    """English showing through would tell a reader over the shoulder that this is a foreign project."""
    told = packs.pack("vi").sentences
    for say in every_say(book):
        context = f"{say.flow}.{say.step}"
        for sentence in (say.sentence, *(option.say for option in say.options)):
            assert (context, sentence) in told, (context, sentence)


def test_vietnamese_is_kept_in_composed_letters(packs: Packs) -> None:
    """Decomposed letters double the length of a message and show as boxes on old phones."""
    for text in packs.pack("vi").sentences.values():
        assert text == unicodedata.normalize("NFC", text)


def test_vietnamese_speaks_of_ban_and_ben_minh(packs: Packs) -> None:
    """Address: bạn, bên mình or mình; never anh, chị, em, quý khách, or chúng tôi."""
    for text in packs.pack("vi").sentences.values():
        words = "".join(c if c.isalnum() else " " for c in text.casefold()).split()
        assert not {"anh", "chị", "em", "quý"} & set(words), text
        assert "chúng tôi" not in text.casefold()


def test_the_one_one_one_line_always_comes_with_its_warning(book: Book, packs: Packs) -> None:
    """111 is never named without saying that its calls are recorded and passed on."""
    for say in every_say(book):
        english, vietnamese = packs.render(say, "en", SMS).text, packs.render(say, "vi", SMS).text
        if "111" in english or "111" in vietnamese:
            assert "recorded and passed on" in english
            assert "ghi âm và báo lại" in vietnamese


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
