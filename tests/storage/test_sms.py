"""What an SMS costs, held against others' counting; what leaves when marks are not wanted, for every character."""

import random
import sys
import unicodedata
from pathlib import Path

import pytest
import smsutil  # type: ignore[import-untyped]
from babel.messages.pofile import read_po

from simulator.carrier.segments import count_segments
from storage.sms import GSM_7, GSM_7_EXTENDED, segments, segments_in_ucs_2, shape
from tests.storage.sms_texts import make_texts

LOCALES = Path(__file__).resolve().parents[2] / "locales"
ESCAPE = "\x1b"
EVERY_CHARACTER = [
    chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")
]
TONES = "\u0300\u0301\u0303\u0309\u0323"


def _counted_by_others(text: str) -> int:
    return max(len(smsutil.split(text).parts), 1)


def _is_gsm_7(text: str) -> bool:
    return all(letter in GSM_7 | GSM_7_EXTENDED for letter in text)


def _sentences(tag: str) -> list[str]:
    """Every sentence of a pack, uncertain ones as well: they may be confirmed any day."""
    told: list[str] = []
    for path in sorted((LOCALES / tag).glob("LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            told += [str(message.string) for message in read_po(file) if message.id and message.string]
    return told


def test_ten_thousand_texts_are_counted_as_others_count_them() -> None:
    """Equal to smsutil (PyPI) on Vietnamese in both encodings, Khmer, emoji, extension letters and mixtures.

    We send in NFC and a carrier counts what it got: both of our countings are held. split-sms (npm) agreed on all of
    these. Twilio's sms-segments-calculator 1.3.0 (npm) counted one segment more in 280 of them: it never cuts joined
    emoji or a letter with its marks in two. TS 23.040 9.2.3.24.1 forbids only to cut an escape sequence or a UCS-2
    character, and a phone joins the rest again, so the other two are right.
    """
    seen: set[int] = set()
    for text in make_texts(seed=1, count=10_000):
        composed = unicodedata.normalize("NFC", text)
        assert segments(text) == _counted_by_others(composed), ascii(text)
        assert count_segments(composed) == segments(text), ascii(text)
        assert count_segments(text) == _counted_by_others(text), ascii(text)
        seen.add(segments(text))
    assert seen >= set(range(1, 11))


@pytest.mark.parametrize("shift", [0, 1, 2])
@pytest.mark.parametrize("letter", ["a", "€", "ệ", "ក", "😀"])
def test_every_length_up_to_ten_segments_is_counted_as_others_count_it(letter: str, shift: int) -> None:
    """A letter two places wide that would lie across a border goes whole into the next segment."""
    for length in range(700):
        text = "x" * shift + letter * length
        assert segments(text) == count_segments(text) == _counted_by_others(text), (shift, length)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # 306 septets, but the escape of € would be the 153rd
        ("ệ" * 70, 1),
        ("ệ" * 71, 2),
        ("ệ" * 201, 3),
        ("ệ" * 202, 4),
        ("ệ" * 66 + "😀" + "ệ" * 66, 3),  # 134 units, but 😀 would lie across the border
        ("e\u0323\u0302" * 70, 1),  # the same letters apart
    ],
)
def test_the_borders_are_where_the_standard_puts_them(text: str, expected: int) -> None:
    """160 and 153 septets, 70 and 67 units, by hand."""
    assert segments(text) == expected
    assert count_segments(unicodedata.normalize("NFC", text)) == expected


def test_every_character_is_in_the_alphabet_where_others_see_it_there() -> None:
    """One difference: smsutil takes the escape itself for a letter; TS 23.038 6.2.1 has it announce the extension."""
    ours = {letter for letter in EVERY_CHARACTER if _is_gsm_7(letter)}
    others = {letter for letter in EVERY_CHARACTER if smsutil.codecs.is_valid_gsm(letter)}
    assert others - ours == {ESCAPE}
    assert ours - others == set()
    assert len(ours) == 137  # 128 places without the escape, and ten letters of the extension table


def test_the_worst_case_is_counted_as_if_one_letter_were_not_in_gsm_7() -> None:
    """A budget that holds in UCS-2 holds whatever is added to the words."""
    for text in make_texts(seed=2, count=1_000):
        assert segments_in_ucs_2(text) >= segments(text), ascii(text)
    assert segments_in_ucs_2("a" * 71) == 2


def test_what_leaves_is_composed_and_otherwise_untouched() -> None:
    """Letters and marks apart would cost double and show as boxes on old phones."""
    for text in make_texts(seed=3, count=1_000):
        assert shape(text) == unicodedata.normalize("NFC", text), ascii(text)


def test_every_vietnamese_letter_has_its_base_letter() -> None:
    """All 134 marked letters, large and small, composed or apart."""
    marked = {
        unicodedata.normalize("NFC", base + tone): "aeiouy"[i]
        for i, bases in enumerate(("aăâ", "eê", "i", "oôơ", "uư", "y"))
        for base in bases
        for tone in ("", *TONES)
    } | {"đ": "d"}
    marked = {letter: base for letter, base in marked.items() if letter != base}
    assert len(marked) == 67
    for letter, base in marked.items():
        for spelling in (letter, unicodedata.normalize("NFD", letter)):
            assert shape(spelling, plain=True) == base
            assert shape(spelling.upper(), plain=True) == base.upper()


def test_every_vietnamese_sentence_of_the_bot_can_leave_without_marks() -> None:
    """ASCII, letter for letter as long as before, and never in more segments."""
    sentences = _sentences("vi")
    assert len(sentences) > 100
    for text in sentences:
        unmarked = shape(text, plain=True)
        assert unmarked.isascii(), text
        assert len(unmarked) == len(text), text
        assert segments(unmarked) <= segments(text), text
        bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
        assert unmarked == "".join(letter for letter in bare if letter not in TONES + "\u0302\u0306\u031b"), text


@pytest.mark.parametrize("tag", sorted(path.name for path in LOCALES.iterdir() if path.is_dir()))
def test_a_sentence_of_any_pack_leaves_without_marks_or_as_it_was(tag: str) -> None:
    """Packs in other letters lose nothing when a deployment asks for unmarked text."""
    for text in _sentences(tag):
        unmarked = shape(text, plain=True)
        assert _is_gsm_7(unmarked) or unmarked == unicodedata.normalize("NFC", text), text


def test_no_character_is_lost_or_questioned() -> None:
    """Each assigned character among Vietnamese words: all of it leaves in GSM-7, or all of it as it was."""
    for character in EVERY_CHARACTER:
        text = f"đến {character} rồi"
        unmarked = shape(text, plain=True)
        if unmarked == unicodedata.normalize("NFC", text):
            assert not _is_gsm_7(unmarked)
            continue
        assert _is_gsm_7(unmarked), ascii(character)
        assert unmarked.startswith("den "), ascii(character)
        assert unmarked.endswith(" roi"), ascii(character)
        middle = unmarked[4:-4]
        assert middle, ascii(character)
        assert ("?" in middle) == (unicodedata.normalize("NFC", character) == "?"), ascii(character)
        assert character.isalpha() <= middle.isalpha(), ascii(character)


def test_shaping_again_changes_nothing_and_never_costs_more() -> None:
    """For every character alone and for random texts."""
    for text in (*EVERY_CHARACTER, *make_texts(seed=4, count=2_000), "…" * 70, "đ" + "…" * 66, "[" * 70 + "ệ"):
        for plain in (False, True):
            once = shape(text, plain)
            assert shape(once, plain) == once, ascii(text)
            assert segments(once) <= segments(text), ascii(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bạn gọi 113 nhé… “gấp” – ngay\u00a0bây giờ", 'Ban goi 113 nhe... "gap" - ngay bay gio'),
        ("Lệ phí 50.000₫", "Le phi 50.000d"),
        ("Koj nyob qhov twg?", "Koj nyob qhov twg?"),  # Hmong in its own letters has no marks
        ("Bạn ơi 😀", "Bạn ơi 😀"),
        ("Chào bạn\nសួស្តី", "Chào bạn\nសួស្តី"),  # both lines in one message: neither is unmarked
        ("Lăk mơĭt hŏ", "Lăk mơĭt hŏ"),  # a letter that is not Vietnamese: its readers may need the mark
    ],
)
def test_what_leaves_without_marks_is_what_somebody_would_type(text: str, expected: str) -> None:
    """Where the plain form says everything it is sent, else the whole text with its marks."""
    assert shape(text, plain=True) == expected


def test_a_word_of_another_language_keeps_the_whole_text_as_it_was() -> None:
    """One message has one alphabet: unmarking the Vietnamese in it would save nothing."""
    chance = random.Random(5)
    for text in _sentences("vi"):
        place = chance.randrange(len(text) + 1)
        mixed = f"{text[:place]}ខ្មែរ{text[place:]}"
        assert shape(mixed, plain=True) == mixed
