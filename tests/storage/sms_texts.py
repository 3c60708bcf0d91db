"""Texts of every kind that leaves by SMS, made at random from a seed: Vietnamese, Khmer, emoji, signs, mixtures."""

import random
import unicodedata
from collections.abc import Iterator

VIETNAMESE = (
    "bạn ơi, mình ở đây; giấy tờ khai sinh, căn cước công dân: mất thì làm lại được. Đừng lo, nhắn số 9 để gặp người. "
    "ẮẰẲẴẶ ấầẩẫậ éèẻẽẹ ếềểễệ íìỉĩị óòỏõọ ốồổỗộ ớờởỡợ úùủũụ ứừửữự ýỳỷỹỵ"
)
KHMER = "សួស្តី តើ\u200bអ្នក\u200bសុខសប្បាយ\u200bទេ ខ្ញុំ\u200bនៅ\u200bទីនេះ ៖ ១២៣ ។"
PLAIN = "Toi can giup. Where can I get my papers? 113 115 111 @£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r"
EXTENDED = "\f^{}\\[~]|€"
EMOJI = ("😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇻🇳", "❤️", "👩🏿‍🚀", "🧑‍🤝‍🧑", "1️⃣", "☎")
TYPOGRAPHIC = "“”‘’–—…\u00a0\u202f₫`\t«»•"
BORDERS = (70, 67, 134, 201, 268, 160, 153, 306, 459, 612)


def make_texts(seed: int, count: int) -> Iterator[str]:
    """So many texts: of one kind or of several, half of them with a length around a border between segments."""
    chance = random.Random(seed)
    kinds = [
        list(VIETNAMESE),
        list(unicodedata.normalize("NFD", VIETNAMESE)),
        list(KHMER),
        list(PLAIN),
        list(EXTENDED),
        list(EMOJI),
        list(TYPOGRAPHIC),
    ]
    for number in range(count):
        kind = number % (len(kinds) + 3)
        if kind < len(kinds):
            letters = kinds[kind]
        elif kind == len(kinds):  # the alphabet in which letters have two widths
            letters = list(PLAIN) * 2 + list(EXTENDED)
        else:
            letters = [letter for some in chance.sample(kinds, chance.randint(2, 4)) for letter in some]
        length = chance.choice(BORDERS) + chance.randint(-4, 4) if chance.random() < 0.5 else chance.randint(0, 700)
        yield "".join(chance.choices(letters, k=max(length, 0)))[: max(length, 0)]
