"""The craft of an SMS: which letters go out, in which alphabet, and in how many segments a carrier sends them.

Sources: 3GPP TS 23.038 6.2.1 (the 7-bit alphabet, and the extension letters that an escape makes two septets wide);
TS 23.040 9.2.3.24.1 (153 septets or 67 UCS-2 characters in each part of several, neither an escape sequence nor a
UCS-2 character cut in the middle).
"""

import unicodedata
from collections.abc import Iterator

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_EXTENDED = frozenset("\f^{}\\[~]|€")

_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VOWELS = {"a": "aăâ", "e": "eê", "i": "i", "o": "oôơ", "u": "uư", "y": "y"}
_SIGNS = {
    '"': "“”„‟«»″",
    "'": "‘’‚‛‹›′`´",
    "-": "‐‑‒–—―−",
    "...": "…",
    " ": "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "d": "đ₫",
    "D": "Đ",
}


def segments(text: str) -> int:
    """How many segments carry `text` in NFC: 160/153 septets in GSM-7, else 70/67 UTF-16 units; 1 for an empty text."""
    text = unicodedata.normalize("NFC", text)
    if not _is_gsm_7(text):
        return segments_in_ucs_2(text)
    return _parts([2 if letter in GSM_7_EXTENDED else 1 for letter in text], single=160, part=153)


def segments_in_ucs_2(text: str) -> int:
    """The same as if one letter of it were not in GSM-7, such as a name somebody adds: the most that it can cost."""
    text = unicodedata.normalize("NFC", text)
    return _parts([2 if ord(letter) > 0xFFFF else 1 for letter in text], single=70, part=67)


def shape(text: str, plain: bool = False) -> str:
    """A text as it leaves by SMS: in NFC and, when `plain`, Vietnamese without its marks, where that says everything.

    Brand-name routes in Viet Nam want unmarked text, and it costs about half. Only what unmarked Vietnamese is
    commonly written with is replaced: the letters of Vietnamese, typographic quotes, dashes, ellipsis and spaces. When
    anything else is left that GSM-7 has not (Khmer, an emoji, a letter of Jarai), the whole text stays as it was and
    goes as UCS-2, its Vietnamese too: a message has one alphabet, so unmarking a part would save nothing and take the
    marks from who can read them. Nothing becomes a question mark, nothing is left out, nothing takes more segments;
    what was shaped before stays the same.
    """
    text = unicodedata.normalize("NFC", text)
    if not plain:
        return text
    unmarked = text.translate(_UNMARKED)
    # An ellipsis becomes three dots: a text of little else would grow beyond its segments.
    return unmarked if _is_gsm_7(unmarked) and segments(unmarked) <= segments(text) else text


def _is_gsm_7(text: str) -> bool:
    return all(letter in GSM_7 or letter in GSM_7_EXTENDED for letter in text)


def _parts(widths: list[int], single: int, part: int) -> int:
    """How many parts hold letters of these widths, none of them cut in two."""
    if sum(widths) <= single:
        return 1
    parts, room = 1, part
    for width in widths:
        if width > room:
            parts, room = parts + 1, part
        room -= width
    return parts


def _replacements() -> Iterator[tuple[str, str]]:
    for plain, vowels in _VOWELS.items():
        for letter in (unicodedata.normalize("NFC", vowel + tone) for vowel in vowels for tone in _TONES):
            yield letter, plain
            yield letter.upper(), plain.upper()
    for plain, signs in _SIGNS.items():
        for sign in signs:
            yield sign, plain


_UNMARKED = str.maketrans(dict(_replacements()))
