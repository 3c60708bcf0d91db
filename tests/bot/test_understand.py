"""Free text to an intent, by the words of the packs."""

import pytest

from bot.folding import fold
from bot.nlu.understand import ENOUGH, understand
from bot.packs import Packs

MEANT = {
    "xin chào": "greet",
    "cảm ơn bạn nhiều": "thank",
    "tạm biệt nhé": "goodbye",
    "bạn là ai": "ask_what_is_this",
    "đây là máy hay người": "ask_what_is_this",
    "có giữ bí mật không": "ask_privacy",
    "bạn có lưu số điện thoại của em không": "ask_privacy",
    "giúp được gì cho em": "ask_services",
    "em không có chỗ ở": "ask_shelter",
    "khám bệnh ở đâu": "ask_health",
    "em mất ngủ, buồn quá": "ask_counselling",
    "chào bạn, em bị mất căn cước": "ask_documents",
    "làm giấy khai sinh cho con": "ask_documents",
    "sổ hộ khẩu bị mất": "ask_documents",
    "em cần luật sư": "ask_legal",
    "em muốn tìm việc làm": "ask_work",
    "em đang nợ nhiều, muốn xóa nợ": "ask_money",
    "làm sao để về quê": "ask_return_home",
    "em hỏi hộ chị gái": "for_someone_else",
    "kết quả bóng đá hôm nay": "out_of_scope",
}
MEANT_ENGLISH = {
    "hello": "greet",
    "I lost my id card": "ask_documents",
    "my child has no birth certificate": "ask_documents",
    "is it private?": "ask_privacy",
    "who are you": "ask_what_is_this",
    "I need a doctor": "ask_health",
    "where can I find work": "ask_work",
    "we have debts": "ask_money",
}


@pytest.mark.parametrize("text", MEANT)
def test_vietnamese_is_understood_with_and_without_marks(packs: Packs, text: str) -> None:
    """The same intent however it is typed, and a greeting never hides what was asked."""
    for typed in (text, fold(text), text.upper()):
        found = understand(typed, "vi", packs)
        assert (found.intent, found.confidence >= ENOUGH) == (MEANT[text], True), typed


@pytest.mark.parametrize("text", MEANT_ENGLISH)
def test_english_is_understood(packs: Packs, text: str) -> None:
    """Also while the language of the conversation is not known."""
    assert understand(text, None, packs).intent == MEANT_ENGLISH[text]


@pytest.mark.parametrize("text", ["", "asdf qwer", "🙂", "1234567"])
def test_what_means_nothing_is_not_guessed(packs: Packs, text: str) -> None:
    """No intent is better than a wrong one."""
    assert understand(text, "vi", packs).intent is None


def test_confidence_stays_between_none_and_certain(packs: Packs) -> None:
    """Between 0 and 1, as a trained matcher gives it."""
    assert 0.0 <= understand("giấy tờ căn cước hộ khẩu khai sinh tạm trú", "vi", packs).confidence <= 1.0
