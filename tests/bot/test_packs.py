"""Packs: fallback sentence by sentence, options printed or on buttons, languages nobody catalogued."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.book import Book, Option
from bot.engine import Say
from bot.packs import PackError, Packs, load_packs
from tests.bot.talk import CHAT, SMS

YES_NO = (Option("Yes", "yes", "back"), Option("No", "no", "back"))
QUESTION = Say("maybe_danger", "ask", "Well?", YES_NO, "question")


def _write_pack(folder: Path, tag: str, pack: str, sentences: str = "") -> None:
    (folder / tag / "LC_MESSAGES").mkdir(parents=True)
    (folder / tag / "pack.yaml").write_text(pack, encoding="utf-8")
    (folder / tag / "words.yaml").write_text("", encoding="utf-8")
    (folder / tag / "LC_MESSAGES" / "messages.po").write_text(sentences, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three packs: one complete, one that falls back to it, one whose sentence is not certain."""
    header = 'msgid ""\nmsgstr "Language: {}\\n"\n\n'
    entry = 'msgctxt "a.b"\nmsgid "{}"\nmsgstr "{}"\n\n'
    (tmp_path / "fixed.yaml").write_text("late: Sorry.\nstart: Menu\nperson: A person\n", encoding="utf-8")
    _write_pack(tmp_path, "vi", "name: Tiếng Việt\nopening: true", header.format("vi") + entry.format("Hi", "Chào"))
    hmong = header.format("mww") + "#, fuzzy\n" + entry.format("Hi", "Nyob zoo") + entry.format("Yes", "Yog")
    _write_pack(tmp_path, "mww", "name: Hmoob\nfallback: [vi]", hmong)
    return tmp_path


def test_a_missing_sentence_falls_back_one_by_one(folder: Path) -> None:
    """Own words, else the fallback's, else the English source; an uncertain translation is not used."""
    packs = load_packs(folder)
    assert packs.text("mww", "a.b", "Yes") == "Yog"
    assert packs.text("mww", "a.b", "Hi") == "Chào"
    assert packs.text("mww", "a.b", "Bye") == "Bye"
    assert packs.text("mww", "c.d", "Hi") == "Hi"
    assert packs.text("nobody", "a.b", "Hi") == "Hi"


def test_a_pack_that_falls_back_to_nothing_is_refused(folder: Path) -> None:
    """A mistyped tag is found when the program starts."""
    (folder / "mww" / "pack.yaml").write_text("name: Hmoob\nfallback: [xx]", encoding="utf-8")
    with pytest.raises(PackError, match="'xx', which is no pack"):
        load_packs(folder)


def test_options_are_printed_with_their_digits(packs: Packs) -> None:
    """On SMS the digits are the way to answer."""
    assert packs.render(QUESTION, "en", SMS).text == "Well?\n1 Yes\n2 No"
    assert packs.render(QUESTION, "en", SMS).buttons == ()


def test_buttons_replace_the_list_where_all_fit(packs: Packs) -> None:
    """A label keeps its digit, so that it can be typed as well."""
    rendered = packs.render(QUESTION, "en", CHAT)
    assert rendered.text == "Well?"
    assert rendered.buttons == (("1 Yes", "maybe_danger.ask:yes"), ("2 No", "maybe_danger.ask:no"))


def test_too_few_buttons_mean_a_printed_list(packs: Packs) -> None:
    """Half of the options on buttons would hide the other half."""
    assert packs.render(QUESTION, "en", replace(CHAT, buttons=1)).text == "Well?\n1 Yes\n2 No"


def test_a_menu_has_a_button_for_a_person(book: Book, packs: Packs) -> None:
    """The way to a human is on every menu, on every channel."""
    main = book.flows["menu"].first
    say = Say("menu", "main", str(main.ask), main.options, "question", menu=True)
    assert packs.render(say, "vi", CHAT).buttons[-1] == ("9 Nhắn với người trực", "menu.main:9")


def test_unprinted_options_keep_their_places(packs: Packs) -> None:
    """Where 1 must not be offered, 2 is still 2."""
    options = (replace(YES_NO[0], printed=False), YES_NO[1])
    assert packs.render(replace(QUESTION, options=options), "en", SMS).text == "Well?\n2 No"


def test_slots_are_filled_and_unknown_ones_left(packs: Packs) -> None:
    """A missing value must not stop a message."""
    say = replace(QUESTION, sentence="Hello {who} {what}", options=(), slots={"who": "you"})
    assert packs.render(say, "en", SMS).text == "Hello you {what}"


def test_an_unknown_language_is_spoken_to_in_both(book: Book, packs: Packs) -> None:
    """Until the language is known, every message is said in all opening languages."""
    welcome = book.flows["welcome"].steps["which_language"]
    say = Say("welcome", "which_language", str(welcome.ask), kind="question", languages=True)
    assert [one.text for one in packs.render_all(say, None, SMS)] == [
        "Bạn dùng tiếng nào?\nWhich language do you use?\n1 Tiếng Việt\n2 English"
    ]


def test_the_late_line_tells_nothing(packs: Packs) -> None:
    """It may be read by somebody else ten minutes later."""
    assert packs.neutral("late", "vi") == "Xin lỗi bạn vì trả lời muộn. Lúc khác bạn nhắn lại nhé."
    assert packs.neutral("late", "en").startswith("Sorry")
