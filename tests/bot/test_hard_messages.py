"""Messages as people really type them, and what must be heard in each: a table for whoever knows such messages.

The three columns: `now` pages at once, `ask` gets one gentle question, `no` is heard as something ordinary. Add a line
when the net missed one, then change words.yaml by a rule that would have caught its neighbours too.
"""

import pytest

from bot.folding import Typed
from bot.packs import Packs
from bot.safety import hear_alarm

DANGER = """
now   cuuuuu
now   cuutoivoi
now   nguyhiem
now   cứu tui dzới
now   ổng uýnh tui nữa rồi
now   hắn đòi giết tau
now   mi ơi cứu tau với
now   no dang dap cua
now   tụi nó đứng dưới nhà
now   chúng nó đang tới
now   help me pls họ đang ở ngoài cửa
now   bảo là không trả tiền thì chặt tay
now   ho dap em bang gay
now   thang do no rach mat em
now   hắn đá vào bụng em, em đang có bầu
now   họ bắt em lên xe rồi không biết đi đâu
now   dang bi cho di campuchia
now   no bat con gai em roi
now   họ dọa lấy thận
now   em 15 tuoi bi chu lam nhuc
now   gọi 113 giùm tui với
now   em dang nup, no di ngoai kia
now   no lay mat dien thoai, khoa trai cua
now   hai dua no luc tung tim em
now   they r outside my door
now   they are going to sell me tomorrow
now   i am hiding in the toilet
ask   dang tron trong nha
ask   em so lam
ask   em so chong em tim ra
ask   co nguoi dang theo em
ask   nó sắp quay lại
ask   em đang bị giữ ở casino
ask   bố dượng cứ đêm là vào phòng em
ask   giup em voi gap lam
ask   muon ve ma ho khong cho
no    xe cuu thuong goi so may
no    dong bang song cuu long
no    số cứu hỏa là bao nhiêu
no    bi danh thue
no    bi ban be cuoi
no    bị đuổi việc
no    cong an den nha hoi ho khau
no    nó tới tuổi làm căn cước
no    bắt xe buýt số mấy
no    em dang tim viec
no    em so bi phat
no    khong co ai danh em ca
no    giờ hết nguy hiểm rồi
no    giup em voi em mat giay to
no    this is killing me lol
"""
SELF_HARM = """
now   chan song qua
now   muon chetttt
now   mun chet
now   mún chớt
now   thà chết còn hơn
now   tụ tử
now   tự kết liễu
now   ra cầu nhảy xuống cho rồi
now   em uong thuoc ngu ca vi roi
now   em muon bien mat khoi the gian nay
now   em rach tay chay mau
now   lấy dao lam cứa tay
now   hết muốn sống
now   dont want to be here anymore i want to end it
ask   tu tu
ask   kosongnoinua
ask   song khong noi nua
ask   giá mà đừng sinh ra
ask   ước gì mình ngủ luôn không dậy nữa
ask   toi met moi qua roi chi con muon nham mat mai mai
ask   nhớ con muốn chết
ask   vĩnh biệt mọi người
ask   em xin loi, em di truoc day
no    từ từ rồi tính
no    tức chết đi được
no    buon ngu muon chet
no    phim hay muon chet
no    em bi chet dien thoai
no    chồng tôi chết rồi, con chưa có khai sinh
no    tự túc ăn ở
no    dut tay khi nau an
no    khong song o que nua
"""
ERASE = """
ask   xóa sạch đi nhé sợ chồng đọc
ask   bo het nhung gi em da ke
ask   xoa giup em het cac tin
ask   pls delete all my messages
now   XOAHET
no    xoa no ngan hang duoc khong
no    bi xoa ho khau
no    xoa giay no
no    how do i delete the app
"""
PERSON = """
now   noi chuyen voi ai do
now   gap chi tu van
now   goi lai cho em
now   co ai giup em khong
now   bao gio co nguoi truc
now   toi khong biet chu
no    gap em gai roi
no    nguoi nha em o xa
no    9 gio mo cua khong
"""
HEARD = {
    "danger": {"now": "danger", "ask": "maybe_danger"},
    "self_harm": {"now": "self_harm", "ask": "maybe_self_harm"},
    "erase": {"now": "erase_now", "ask": "erase_ask"},
    "person": {"now": "person"},
}


def _lines(alarm: str, table: str) -> list[tuple[str, str | None]]:
    rows = (line.split(maxsplit=1) for line in table.splitlines() if line)
    return [(text, HEARD[alarm].get(wanted)) for wanted, text in rows]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *_lines("danger", DANGER),
        *_lines("self_harm", SELF_HARM),
        *_lines("erase", ERASE),
        *_lines("person", PERSON),
    ],
)
def test_a_hard_message_is_heard_as_what_it_is(packs: Packs, text: str, wanted: str | None) -> None:
    """Dialects, slips, short forms, stretched letters, missing spaces and marks, two languages in one message."""
    alarm = hear_alarm([packs.pack(tag).words.read(Typed(text)) for tag in packs.tags])
    assert (alarm.name if alarm else None) == wanted
