"""What raises an alarm and what must not, by language and by how it is typed."""

import pytest

from bot.folding import Typed, fold
from bot.packs import Packs
from bot.safety import hear_alarm

DANGER = [
    "cứu tôi với",
    "cứuuuu",
    "SOS",
    "nó đang đánh em",
    "chồng em đang đánh em",
    "em đang bị nhốt trong nhà",
    "họ dọa giết tôi",
    "chúng nó đòi giết cả nhà em",
    "có người đe dọa mình",
    "tôi bị đe doạ",
    "họ không cho em ra ngoài",
    "em đang nguy hiểm",
    "ở đây không an toàn",
    "nó cầm dao",
    "tôi bị bắt cóc",
    "họ tìm đến tận nhà",
    "mình bị đánh đập",
    "em bị hiếp dâm",
    "họ ép em tiếp khách",
    "em bị chảy nhiều máu, cần cấp cứu",
    "không ai cứu tôi",
    "nó không đánh tôi nhưng nhốt tôi trong phòng",
    "không, họ đang đánh tôi",
    "không biết họ có giết tôi không nữa, họ đang đứng trước cửa",
    "tối nay chúng bắt em đi lại",
    "họ muốn hại em",
    "nó tìm thấy em rồi",
    "công an ơi cứu",
    "tôi bị chồng đánh",
    "họ giữ em không cho đi",
]
DANGER_ENGLISH = [
    "help me now please",
    "he is hitting me",
    "I am in danger",
    "they locked me in",
    "he has a knife",
    "they are going to kill me",
    "I'm not safe here",
    "someone is threatening me",
    "they won't let me leave",
    "nobody helps me, he beats me",
    "danger",
    "I don't feel safe",
    "they found me",
]
SELF_HARM = [
    "em muốn tự tử",
    "tôi muốn chết quá",
    "mình không muốn sống nữa",
    "em uống thuốc sâu rồi",
    "em chán sống lắm",
    "chết quách cho xong",
    "em đã rạch tay",
    "tôi sẽ ăn lá ngón",
    "em muốn tự vẫn",
    "sống không bằng chết",
    "em không còn lý do để sống",
    "em tự làm đau mình",
]
SELF_HARM_ENGLISH = [
    "I want to die",
    "i want to kill myself",
    "I don't want to live anymore",
    "thinking about suicide",
    "I took pills",
    "I cut myself",
]
AMBIGUOUS = {
    "tu tu": "maybe_self_harm",
    "em muon tu tu": "maybe_self_harm",
    "tôi muốn tu tu": "maybe_self_harm",
    "tôi không muốn chết": "maybe_self_harm",
    "em không tự tử đâu": "maybe_self_harm",
    "hồi trước em đã từng nghĩ muốn chết": "maybe_self_harm",
    "an la ngon": "maybe_self_harm",
    "mệt muốn chết": "maybe_self_harm",
    "em không muốn sống như thế này nữa": "maybe_self_harm",
    "bi ban": "maybe_danger",
    "em bi ban sang do": "maybe_danger",
    "dao": "maybe_danger",
    "hồi ở bên đó họ đánh tôi": "maybe_danger",
    "đi làm căn cước có nguy hiểm không": "maybe_danger",
    "họ đang tìm em": "maybe_danger",
    "help": "maybe_danger",
    "giup em voi": "maybe_danger",
    "em sợ lắm": "maybe_danger",
    "they used to beat me": "maybe_danger",
    "ho muon ban em": "maybe_danger",
    "em sợ về nhà": "maybe_danger",
    "chan doi": "maybe_self_harm",
}
CALM = [
    "từ từ",
    "từ từ đã",
    "cứ từ từ nhé bạn",
    "không ai đe dọa mình",
    "không có ai đe dọa mình cả",
    "khong ai de doa minh",
    "mình không còn bị đánh nữa",
    "chưa ai đánh em",
    "em không bị nhốt",
    "ông ấy không đánh em nữa",
    "không ai bắt em cả",
    "em hết sợ rồi",
    "chết rồi, em quên mất",
    "my boss is killing me with work",
    "không nguy hiểm đâu",
    "hết nguy hiểm rồi",
    "em chưa bao giờ bị bắt cóc",
    "em bị đánh mất căn cước",
    "toi bi mat giay to",
    "so ho khau bi mat",
    "em cần bổ sung giấy tờ",
    "can bo sung giay to",
    "tư vấn giúp em",
    "tu van giup em",
    "em bị giảm lương",
    "dạo này em khỏe",
    "dao nay em khoe",
    "em không muốn sống với chồng",
    "khong muon song o day",
    "ngon quá là ngon",
    "trời ơi",
    "troi oi",
    "em trốn về nước rồi",
    "em tron ve nuoc roi",
    "tra cứu căn cước ở đâu",
    "số cấp cứu là bao nhiêu",
    "đánh răng",
    "con tôi chưa có giấy khai sinh",
    "tôi cần giúp làm giấy tờ",
    "cam on ban",
    "đúng",
    "dung",
    "dung roi",
    "vâng ạ",
    "nobody is threatening me",
    "I am not in danger",
    "no one hit me",
    "I need help with my papers",
    "can you help me get an id card",
    "what help is there",
    "how can you help me",
    "I lost my id card",
]


def _heard(packs: Packs, text: str) -> str | None:
    alarm = hear_alarm([packs.pack(tag).words.read(Typed(text)) for tag in packs.tags])
    return alarm.name if alarm else None


@pytest.mark.parametrize("text", DANGER + DANGER_ENGLISH)
def test_danger_is_heard_as_written(packs: Packs, text: str) -> None:
    """Danger is heard whatever else stands around it; an unclear denial errs to danger."""
    assert _heard(packs, text) == "danger"


@pytest.mark.parametrize("text", DANGER)
def test_danger_is_heard_without_marks(packs: Packs, text: str) -> None:
    """Most people type without marks when they are in a hurry."""
    assert _heard(packs, fold(text)) == "danger"


@pytest.mark.parametrize("text", SELF_HARM + SELF_HARM_ENGLISH)
def test_self_harm_is_heard_as_written(packs: Packs, text: str) -> None:
    """Any thought of self-harm is P0."""
    assert _heard(packs, text) == "self_harm"


@pytest.mark.parametrize("text", SELF_HARM)
def test_self_harm_without_marks_is_heard_or_asked_about(packs: Packs, text: str) -> None:
    """Without marks it is heard, or where the bare words mean something else as well, gently asked about."""
    expected = {"em muốn tự vẫn": (None,)}.get(text, ("self_harm", "maybe_self_harm"))
    assert _heard(packs, fold(text)) in expected


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_the_doubtful_gets_one_gentle_question(packs: Packs, text: str) -> None:
    """What is ambiguous without marks, denied, long past or a question is asked about, not paged."""
    assert _heard(packs, text) == AMBIGUOUS[text]


@pytest.mark.parametrize("text", CALM)
def test_ordinary_words_raise_no_alarm(packs: Packs, text: str) -> None:
    """A false alarm pages a tired person and frightens a caller who asked about a paper."""
    assert _heard(packs, text) is None


@pytest.mark.parametrize("text", ["tự tử", "TỰ TỬ", "tu\u031b\u0323 tu\u031b\u0309", "Tự  Tử!!!", "tự tữ"])
def test_tu_tu_with_its_marks_always_alarms(packs: Packs, text: str) -> None:
    """As written it has one meaning, in any case and in either encoding of the letters."""
    assert _heard(packs, text) == "self_harm"


@pytest.mark.parametrize(
    "text",
    [
        "stop",
        "STOP",
        "Stop.",
        "dừng lại",
        "dung lai",
        "dừng",
        "thôi",
        "Thôi ạ",
        "thoi",
        "hủy",
        "huỷ",
        "unsubscribe",
    ],
)
def test_stop_is_heard_as_a_whole_message(packs: Packs, text: str) -> None:
    """thôi, dừng, hủy count only as whole messages."""
    assert _heard(packs, text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        "thôi để em hỏi mẹ đã",
        "thoi de mai em hoi",
        "xe dừng ở đâu",
        "em hủy hẹn rồi",
        "I want him to stop drinking",
        "dung",
        "đúng",
    ],
)
def test_stop_inside_a_sentence_stops_nothing(packs: Packs, text: str) -> None:
    """A word of everyday speech must not end what a person asked for."""
    assert _heard(packs, text) is None


@pytest.mark.parametrize("text", ["XOA HET", "xóa hết", "xoá hết", "Xóa hết!", "erase all", "Delete everything"])
def test_the_exact_phrase_erases_at_once(packs: Packs, text: str) -> None:
    """Erase runs only on the exact phrase, or after a confirming question."""
    assert _heard(packs, text) == "erase_now"


@pytest.mark.parametrize(
    "text",
    [
        "xóa",
        "xoa tin nhan",
        "xóa hết giúp em với",
        "em muốn xóa hết tin nhắn",
        "delete my messages",
        "xóa dữ liệu",
    ],
)
def test_anything_less_than_the_phrase_is_asked_about(packs: Packs, text: str) -> None:
    """One question stands between a loose wish and what cannot be brought back."""
    assert _heard(packs, text) == "erase_ask"


@pytest.mark.parametrize(
    "text",
    [
        "xóa nợ",
        "xoa no",
        "xóa hết nợ",
        "xoa het no",
        "xóa giúp em khoản nợ",
        "xóa hộ khẩu",
        "erase my debt",
        "xoá nợ",
    ],
)
def test_a_debt_never_erases(packs: Packs, text: str) -> None:
    """xóa nợ is about money owed."""
    assert _heard(packs, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "9",
        "số 9",
        "9.",
        "９",
        "9️⃣",
        "chín",
        "gặp người thật",
        "cho em gap nguoi that",
        "I want to talk to a person",
    ],
)
def test_a_person_is_asked_for(packs: Packs, text: str) -> None:
    """9 means a person, now, at every step of every pack."""
    assert _heard(packs, text) == "person"


@pytest.mark.parametrize("text", ["em nhớ mẹ, muốn gặp người nhà", "99", "19", "2 9", "năm 2009"])
def test_other_nines_and_people_are_not_a_request(packs: Packs, text: str) -> None:
    """Only the digit alone, or words that ask for a person."""
    assert _heard(packs, text) is None


def test_a_wish_to_die_comes_before_danger(packs: Packs) -> None:
    """Self-harm gets no menu and no police first, also when somebody else is named."""
    assert _heard(packs, "chồng em đánh em, em muốn tự tử") == "self_harm"


def test_fear_of_dying_in_danger_is_danger(packs: Packs) -> None:
    """A denied wish to die is a doubt, and danger is certain."""
    assert _heard(packs, "họ dọa giết tôi, tôi không muốn chết") == "danger"
