"""Whole conversations, readable from top to bottom: who writes what, and what must be in the answer."""

import pytest

from bot.book import Book
from bot.packs import Packs
from tests.bot.talk import Talk

TALKS = {
    "greeting to papers without diacritics": [
        ("xin chao", ["nhắn tin được không?"]),
        ("1", ["Nhịp Cầu", "giữ kín chuyện của bạn", "3 Giấy tờ"]),
        ("giay to", ["Bạn hỏi về giấy nào?"]),
        (
            "mat can cuoc",
            ["công an xã phường nào trong cả nước", "họ tên, ngày sinh", "không hỏi bạn đã đi đường nào"],
        ),
        ("khong", ["Chào bạn nhé"]),
    ],
    "a child born abroad": [
        ("Chào bạn, con em sinh bên Trung Quốc chưa có giấy khai sinh", ["nhắn tin được không?"]),
        ("dạ có", ["Con bạn sinh ở đâu?"]),
        ("bên trung", ["mẹ hoặc cha là người Việt", "Không có gì thì bạn cứ đến hỏi"]),
        ("có", ["Bạn hỏi về giấy nào?"]),
        ("3", ["Từ năm 2023 không dùng sổ hộ khẩu giấy"]),
    ],
    "somebody in danger": [
        ("alo", ["nhắn tin được không?"]),
        ("co", ["3 Giấy tờ"]),
        (
            "ho dang danh em",
            ["113 công an", "khẩn cấp của nước đó", "có thể chưa có ai trực", "Bạn đang ở Việt Nam hay nước ngoài?"],
        ),
        ("o viet nam", ["111 miễn phí", "còn gặp nguy hiểm không"]),
        ("van con", ["nhờ người ở đó gọi giúp", "113", "còn gặp nguy hiểm không"]),
        ("2", ["3 Giấy tờ"]),
    ],
    "erase in the middle": [
        ("xin chào", ["nhắn tin được không?"]),
        ("tiện", ["3 Giấy tờ"]),
        ("3", ["Bạn hỏi về giấy nào?"]),
        ("xóa tin nhắn", ["Xóa hết chuyện đã nhắn ở đây?", "XOA HET", "2 để giữ"]),
        ("XOA HET", ["Xong."]),
    ],
    "not a good moment": [
        ("chao", ["nhắn tin được không?"]),
        ("khong tien", ["lúc khác bạn nhắn"]),
        ("cho em hoi giay to", ["nhắn tin được không?"]),
        ("1", ["Bạn hỏi về giấy nào?"]),
    ],
    "tu tu without marks": [
        ("xin chao", ["nhắn tin được không?"]),
        ("1", ["3 Giấy tờ"]),
        ("tu tu", ["tự làm đau mình không?\n1 Có\n2 Không"]),
        ("ko", ["Cảm ơn bạn", "3 Giấy tờ"]),
        ("tu tu", ["tự làm đau mình không?"]),
        ("1", ["Mình lo cho bạn. Bạn đã tự làm đau mình hay uống gì có hại chưa?\n1 Rồi\n2 Chưa"]),
        ("chua", ["nặng lòng", "có thể chưa có ai trực"]),
    ],
    "in English": [
        ("Hello, I lost my ID card", ["good moment"]),
        ("yes", ["A lost ID card can be made again"]),
        ("what happens with my number, is it private?", ["We do not keep your number or account in readable form"]),
        ("I want to talk to a person", ["Maybe nobody is on duty"]),
        ("stop", ["no notices"]),
    ],
}


@pytest.mark.parametrize("name", TALKS)
def test_a_talk_goes_as_written(book: Book, packs: Packs, name: str) -> None:
    """Each line is answered with messages that contain, in order, what stands beside it."""
    talk = Talk(book, packs)
    for said, wanted in TALKS[name]:
        told = "\n\n".join(talk.say(said))
        place = 0
        for part in wanted:
            place = told.find(part, place)
            assert place >= 0, (said, part, told)


def test_a_useful_answer_about_papers_takes_at_most_four_messages(book: Book, packs: Packs) -> None:
    """From the first message on, by digits alone."""
    talk = Talk(book, packs)
    for said in ("xin chao", "1", "3"):
        talk.say(said)
    assert "cả nước cũng làm lại được" in talk.say("1")[0]
