"""How many SMS segments a carrier makes of a text: of 160/153 septets (3GPP TS 23.038), else of 70/67 UTF-16 units.

A letter of two septets and a sign of two units are never cut in two (TS 23.040, 9.2.3.24.1).
"""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def count_segments(text: str) -> int:
    """The number of segments the carrier sends for this text, letter for letter as it came; an empty text is one."""
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        wide, one, many = _EXTENDED, 160, 153
    else:
        wide, one, many = frozenset(letter for letter in text if letter > "\uffff"), 70, 67
    # A place is True when the next one belongs to the same letter, so that no segment may end with it.
    goes_on = [place for letter in text for place in ([True, False] if letter in wide else [False])]
    if len(goes_on) <= one:
        return 1
    count, start = 0, 0
    while start < len(goes_on):
        start = min(start + many, len(goes_on))
        start -= goes_on[start - 1]
        count += 1
    return count
