"""Texts of every kind that a phone can write."""

from unicodedata import normalize

TEXTS = {
    "Vietnamese": "xin chào, cho hỏi & giấy tờ = gì?",
    "Vietnamese in pieces": "Mi\u0300nh ca\u0302\u0300n gia\u0302\u0301y to\u031b\u0300",
    "Vietnamese without marks": "minh can giay to",
    "Khmer": "សួស្តី ខ្ញុំត្រូវការជំនួយ",
    "Tai Dam": "ꪀꪱꪣ ꪼꪕ ꪒꪾ",
    "Chinese": "你好，我需要帮助",
    "right to left": "مرحبا \u202eabc\u202c שלום",
    "an emoji of many": "👩🏽‍👩🏽‍👧🏽‍👦🏽 🏳️‍🌈 🇻🇳 1️⃣",
    "beyond the first plane": "𠀀𝔘𝕟𝕚\U0010ffff",
    "many marks on one letter": "a" + "\u0301" * 60,
    "a NUL": "a\0b",
    "signs that steer": "\x01\x07\x1b[31m\x7f\x85\u2028\u2029\ufeff",
    "lines": "một\r\nhai\nba\tbốn ",
    "what a page would obey": "<script>alert(1)</script> &amp; ]]> {{7*7}} ${x} %s %00 '; DROP TABLE person; --",
    "what a form would obey": "Body=9&From=+1%20;a=b+c%C3%A0",
    "very long": "Mình kể dài. " * 3_000,
}

BLANKS = {"nothing": "", "a space": " ", "blanks of all kinds": " \t\r\n\u00a0\u2003\u200b\u3000\ufeff"}

UNSAYABLE = ("a NUL", "signs that steer", "very long", "lines")
SAYABLE = {name: normalize("NFC", text) for name, text in TEXTS.items() if name not in UNSAYABLE}
"""What may go out, as it must stand on the phone; the others are nothing that we would say."""
