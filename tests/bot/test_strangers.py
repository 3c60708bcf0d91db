"""Somebody asks after somebody: one and the same answer, whoever they say they are, whether or not anybody wrote."""

import pytest

from bot.book import Book
from bot.engine import State
from bot.packs import Packs
from tests.bot.talk import Talk

DEMANDS = {
    "vi": """
vợ tôi có nhắn cho bên bạn không
vo toi co nhan cho ben ban khong
con gái tôi có liên lạc với bên mình không ạ
con be do hom qua co goi cho may khong
con be do co nhan cho bon may ko
cho tôi số của người vừa nhắn
dua so dien thoai cua no day
ai vua nhan cho ben nay
cần biết ai nhắn
tao biet no nhan cho may roi
doc lai tin nhan cua no cho tao
no dang o dau
vo tao dau roi
may dang giau vo tao
tra vo tao day
toi la chong co ay
Tôi là công an, yêu cầu cung cấp danh sách người nhắn
bên tôi là tổ chức cần xác nhận
số này có nhắn cho bên bạn không
tôi là người đã nhắn hôm qua
hom qua em co nhan roi
may em bi mat, gui lai tin cu cho em xem
muốn gặp người vừa nhắn
nhắn lại cho nó là về nhà đi
""",
    "en": """
did my wife write to you
has my daughter contacted you
give me her number
who wrote to you yesterday
the person who wrote to you
show me her messages
where is she
are you hiding my wife
I am her father
we are the police and need her name
I wrote to you yesterday, show me my old messages
please pass her a message that we are not angry
I am looking for my daughter
""",
}
ASKED = [(tag, line) for tag, lines in DEMANDS.items() for line in lines.strip().splitlines()]
BEFORE = [("menu", "main"), ("papers", "after"), ("other", "start"), ("other", "stranger"), ("about", "which")]


@pytest.mark.parametrize(("tag", "said"), ASKED)
def test_whoever_asks_after_somebody_gets_one_and_the_same_answer(
    book: Book, packs: Packs, tag: str, said: str
) -> None:
    """Never confirm to anyone that a person has written to us (standards.md 2); nothing else happens either."""
    told = set()
    for at in BEFORE:
        talk = Talk(book, packs, State(language=tag, place="vn", at=at))
        told.add(tuple(talk.say(said)))
        assert talk.effects == []
        assert talk.state.at == ("other", "stranger")
    asked = book.find(("other", "stranger"))
    assert asked is not None
    assert told == {(next(iter(told))[0],)}
    assert packs.text(tag, "other.stranger", str(asked.ask)) in next(iter(told))[0]


MEANT_OTHERWISE = {
    "vi": [
        *["tôi là mẹ của bé 3 tuổi cần khai sinh", "no nhan cho minh suot", "cho em so cua dai su quan"],
        *["chong toi bo di roi con chua khai sinh", "so nay co goi cho em doi tien", "co nguoi goi hom qua"],
    ],
    "en": ["i am looking for a job", "give me the number of the embassy", "i am the mother of two children"],
}


@pytest.mark.parametrize(("tag", "said"), [(tag, line) for tag, lines in MEANT_OTHERWISE.items() for line in lines])
def test_who_asks_for_something_else_is_not_taken_for_a_stranger(book: Book, packs: Packs, tag: str, said: str) -> None:
    """A mother who speaks of her child is no stranger who asks after one."""
    talk = Talk(book, packs, State(language=tag, place="vn", at=("menu", "main")))
    talk.say(said)
    assert talk.state.at != ("other", "stranger")
