"""At most three segments a message: what is longer is named with its place, its language and its segments."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.book import Book, Option, Step, Told
from bot.flow_checks import TooLong, check_budget, every_say
from bot.packs import MOST_SEGMENTS, Packs, load_packs
from bot.state import Say
from storage.sms import segments, segments_in_ucs_2
from tests.bot.talk import CHAT, SMS

ROOT = Path(__file__).resolve().parents[2]
FITS_IN_THREE = "ă" * 201  # 3 x 67 units
LATE = "Sorry for the late answer. Please write again when it suits you."
PERSON = "Talk to a person"
Locales = Callable[..., Packs]


@pytest.fixture
def locales(tmp_path: Path) -> Locales:
    """The packs we ship with one more beside them, in which these sentences are translated."""

    def write(pack: str, **sentences: str) -> Packs:
        folder = tmp_path / "locales"
        shutil.copytree(ROOT / "locales", folder)
        (folder / "km" / "LC_MESSAGES").mkdir(parents=True)
        (folder / "km" / "pack.yaml").write_text(pack, encoding="utf-8")
        (folder / "km" / "words.yaml").write_text("", encoding="utf-8")
        header = 'msgid ""\nmsgstr "Language: km\\n"\n\n'
        entries = (
            f'msgctxt "fixed.{name}"\nmsgid "{source}"\nmsgstr "{sentences[name]}"\n'
            for name, source in (("late", LATE), ("person", PERSON))
            if name in sentences
        )
        (folder / "km" / "LC_MESSAGES" / "messages.po").write_text(header + "\n".join(entries), encoding="utf-8")
        return load_packs(folder)

    return write


def _with_step(book: Book, step: Step) -> Book:
    flow = book.flows[step.flow]
    return replace(book, flows={**book.flows, step.flow: replace(flow, steps={**flow.steps, step.name: step})})


def test_a_message_may_fill_three_segments_and_not_a_letter_more(book: Book, packs: Packs) -> None:
    """An untranslated sentence is said in English in every pack, so every language is named."""
    step = Step("courtesy", "bye", say=(Told(FITS_IN_THREE),), kind="neutral", then="wait")
    assert check_budget(_with_step(book, step), packs, SMS) == ()
    longer = _with_step(book, replace(step, say=(Told(FITS_IN_THREE + "ă"),)))
    assert check_budget(longer, packs, SMS) == (
        TooLong("courtesy.bye", ("vi",), 4),
        TooLong("courtesy.bye", ("en",), 4),
        TooLong("courtesy.bye", ("vi", "en"), 4),
    )


def test_options_count_with_their_question(book: Book, packs: Packs) -> None:
    """What is measured is the message as it goes out, not the sentence in the file."""
    options = (Option("one more choice", "one", "wait"), Option("hidden", "two", "wait", printed=False))
    step = Step("courtesy", "bye", ask=FITS_IN_THREE, options=options)
    found = check_budget(_with_step(book, step), packs, SMS)
    assert {(one.place, one.languages) for one in found} == {
        ("courtesy.bye", languages) for languages in (("vi",), ("en",), ("vi", "en"))
    }


def test_a_menu_that_leaves_no_room_for_its_line_about_a_person_is_too_long(book: Book, packs: Packs) -> None:
    """The line would be left out without a word; nine tenths of a budget are no reason to hide the way to a human."""
    step = Step("courtesy", "bye", ask="ă" * 190, options=(Option("one", "one", "wait"),), menu=True)
    told = _with_step(book, step)
    assert "9 " not in packs.render(Say("courtesy", "bye", step.ask or "", step.options, menu=True), "vi", SMS).text
    assert ("courtesy.bye", ("vi",)) in [(one.place, one.languages) for one in check_budget(told, packs, SMS)]
    assert check_budget(_with_step(book, replace(step, menu=False)), packs, SMS) == ()


def test_plain_letters_get_no_longer_budget(book: Book, packs: Packs) -> None:
    """459 letters of GSM-7 fit today, but one accented name among them and it is seven segments."""
    step = Step("courtesy", "bye", say=(Told("a" * 202),), kind="neutral", then="wait")
    assert segments("a" * 202) == 2
    assert {one.segments for one in check_budget(_with_step(book, step), packs, SMS)} == {4}


def test_a_slot_is_measured_with_the_longest_value_that_is_set(book: Book, packs: Packs) -> None:
    """The sentence in the file is shorter than what is said."""
    options = (Option("a", "a", "wait", set={"paper": "ă"}), Option("b", "b", "wait", set={"paper": "ă" * 200}))
    asked = _with_step(book, Step("courtesy", "thanks", ask="Which?", options=options))
    told = Step("courtesy", "bye", say=(Told("{paper} {paper}"),), kind="neutral", then="wait")
    assert {one.place for one in check_budget(_with_step(asked, told), packs, SMS)} == {"courtesy.bye"}


def test_what_a_pack_says_too_long_is_found_in_that_pack_alone(book: Book, locales: Locales) -> None:
    """A translation is often longer than its source."""
    packs = locales("name: ខ្មែរ\nfallback: [en]", late="ក" * 202)
    assert check_budget(book, packs, SMS) == (TooLong("fixed.late", ("km",), 4),)


def test_a_line_that_is_translated_below_one_that_fell_back_counts_with_it(book: Book, locales: Locales) -> None:
    """Fallback goes sentence by sentence: an English menu with a long Khmer line about 9 is one message."""
    found = check_budget(book, locales("name: ខ្មែរ\nfallback: [en]", person="ក" * 120), SMS)
    assert ("menu.main", ("km",)) in [(one.place, one.languages) for one in found]
    assert {one.languages for one in found} == {("km",)}


def test_a_further_opening_language_counts_where_nobody_has_chosen_yet(book: Book, locales: Locales) -> None:
    """The neutral lines are said in all of them at once, whatever their length."""
    packs = locales("name: ខ្មែរ\nfallback: [en]\nopening: true", late="ក" * 150)
    assert TooLong("fixed.late", packs.opening(), 5) in check_budget(book, packs, SMS)


def test_an_urgent_message_goes_out_in_each_language_on_its_own_when_together_it_is_long(
    book: Book, packs: Packs
) -> None:
    """Understanding goes before length, and no message is longer than three segments all the same."""
    say = Say("danger", "nowhere", "a" * 201, kind="urgent")
    assert [one.text for one in packs.render_all(say, None, SMS)] == ["a" * 201]  # said once where it is the same
    inside = _said(book, "danger", "inside")
    told = packs.render_all(inside, None, SMS)
    assert [one.text for one in told] == [packs.render(inside, tag, SMS).text for tag in ("vi", "en")]
    assert all(segments_in_ucs_2(one.text) <= MOST_SEGMENTS for one in told)
    assert len(packs.render_all(inside, None, CHAT)) == 1  # where nothing is cut, both stand in one message


def test_what_is_not_urgent_goes_out_in_one_language_when_together_it_is_long(book: Book, packs: Packs) -> None:
    """With its options: half of a bilingual menu would be worse than a whole one."""
    which = _said(book, "papers", "which")
    assert packs.render_all(which, None, SMS) == (packs.render(which, "vi", SMS),)


def _said(book: Book, flow: str, step: str) -> Say:
    return next(say for say in every_say(book) if (say.flow, say.step) == (flow, step))
