"""People write to a telephone of ours with SMSGate, and are answered from it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from random import Random

import httpx
import pytest
from sqlalchemy import select

from program import read_clock
from simulator.smsgate import events as smsgate_events
from storage import people
from storage.models import Contact, Conversation, InboxMessage, OutboxMessage, Seen
from storage.sms import segments
from tests.road.books import Books
from tests.road.line import SMSGATE, Line, events, wait_until
from tests.road.test_answering import ABOUT_A_LOST_CARD, CANNOT_OPEN, act, say
from tests.road.writers import GOOD_MOMENT, GatePhone, SmsPhone, greet

SKEW_S = 300
HELP = "cuu toi voi, ho dang danh toi"
CHANCE = Random(7)


def sign(body: bytes, ahead_s: float = 0.0, key: str = SMSGATE.signing_key) -> dict[str, str]:
    """The telephone's headers over a body, its clock being so many seconds ahead of ours."""
    return smsgate_events.headers(key, body, read_clock() + timedelta(seconds=ahead_s))


def knock(line: Line, body: bytes, headers: Mapping[str, str]) -> int:
    """The answer to a webhook made by hand."""
    url = f"{line.url}/webhooks/smsgate"
    return httpx.post(url, content=body, headers=dict(headers), trust_env=False, timeout=20).status_code


def write(event: str, payload: Mapping[str, object]) -> bytes:
    """An event of the telephone, with an id of its own."""
    return smsgate_events.write(event, smsgate_events.new_id(CHANCE), payload, SMSGATE.device_id)


def text_from(sender: str, text: str = "xin chao") -> bytes:
    """An SMS from any sender, as the telephone tells of it."""
    return write("sms:received", smsgate_events.received(sender, SMSGATE.number, text, read_clock()))


def told(books: Books, gate: GatePhone) -> list[tuple[str, int, str | None]]:
    """How everything told to somebody ended, after how many tries, and what receipts said."""
    return [(one.status, one.tries, one.delivery) for one in books.talk("smsgate", gate.number).told]


def parts_of(books: Books, gate: GatePhone) -> list[tuple[int | None, int]]:
    """Of how many parts everything told to somebody is made, and how many were delivered."""
    with books.database.read() as session:
        contact = people.find_contact(session, books.vault, "tel", gate.number)
        assert contact is not None
        rows = select(OutboxMessage).where(OutboxMessage.person_id == contact.person_id)
        return [(row.parts, row.parts_delivered) for row in session.scalars(rows.order_by(OutboxMessage.position))]


def kept(line: Line, books: Books) -> tuple[int, int, int]:
    """How many people, messages in and remembered ids there are, once the telephone has told everything."""
    wait_until(line.carriers.settle, 10, "everything was told")
    return books.count(Contact), books.count(InboxMessage), books.count(Seen)


def has_delivery(books: Books, gate: GatePhone, *deliveries: str | None) -> Callable[[], bool]:
    """Whether receipts have said exactly this of everything told to somebody."""
    return lambda: {one.delivery for one in books.talk("smsgate", gate.number).told} == set(deliveries)


def test_a_talk_through_the_telephone_leads_to_an_answer_about_papers(books: Books, gate: GatePhone) -> None:
    """There and back; every part of every answer is delivered, and counted once."""
    assert GOOD_MOMENT in say(books, gate, "xin chao")[0]
    for text in ("duoc", "3", "1"):  # the same text twice within a second would have the same id
        answer = say(books, gate, text)
    assert answer[0] == ABOUT_A_LOST_CARD
    wait_until(has_delivery(books, gate, "delivered"), 10, "all receipts")
    parts = [segments(text) for text in gate.got()]
    assert parts_of(books, gate) == [(number, number) for number in parts]
    assert max(parts) > 1


def test_a_text_of_many_parts_arrives_as_one(books: Books, gate: GatePhone) -> None:
    """The telephone puts it together."""
    text = "toi muon hoi ve giay to, " * 40
    say(books, gate, text)
    assert [heard.text for heard in books.talk("smsgate", gate.number).heard] == [text]


def test_one_person_by_both_ways_of_sms_is_one_contact(line: Line, books: Books, gate: GatePhone) -> None:
    """Stop and erase hold for a number, whichever carrier it wrote by; the telephone's national form is the same."""
    say(books, gate, "xin chao")
    say(books, SmsPhone(line, gate.number), "xin chao")
    national = "0" + gate.number.removeprefix("+84")
    body = text_from(national, "1")
    act(books, gate, lambda: knock(line, body, sign(body)))
    with books.database.read() as session:
        contact = people.find_contact(session, books.vault, "tel", gate.number)
        assert contact is not None
        channels = session.scalars(select(Conversation.channel).where(Conversation.contact_id == contact.id))
        assert sorted(channels) == ["smsgate", "twilio"]
        assert people.find_contact(session, books.vault, "tel", national) is None


@pytest.mark.parametrize("sender", ["VIETTEL", "MB Bank", "1414", "191", "888", ""])
def test_banks_and_carriers_are_not_answered(line: Line, books: Books, sender: str) -> None:
    """Names and short codes are nobody who asks for help: 200, and nothing of it is kept."""
    before, body = kept(line, books), text_from(sender)
    body = body if sender else body.replace(b'"sender":""', b'"sender":"x"')
    assert knock(line, body, sign(body)) == 200
    assert kept(line, books) == before


@pytest.mark.parametrize("event", ["system:ping", "app:started", "mms:downloaded", "sms:batch:received", "sms:new"])
def test_other_events_are_taken_and_nothing_of_them_is_kept(line: Line, books: Books, event: str) -> None:
    """Refused, they would come again for two days. What is not known is logged without a word of it."""
    before, secret = kept(line, books), f"+8491{CHANCE.randrange(10**7):07}"
    body = write(event, {"messageId": "x", "phoneNumber": secret, "message": secret})
    assert knock(line, body, sign(body)) == 200
    assert kept(line, books) == before
    assert secret not in line.log.read_text()
    assert event not in line.log.read_text()
    if event == "sms:new":
        assert "event not known" in [logged["event"] for logged in events(line.log)]


def test_a_picture_is_answered_kindly(line: Line, books: Books, gate: GatePhone) -> None:
    """MMS are told of without what is in them; there is nothing to open or to download."""
    greet([gate])
    answer = act(books, gate, partial(line.carriers.smsgate.send_mms, gate.number))
    assert answer[0] == CANNOT_OPEN


def test_one_sms_that_the_telephone_tells_twice_is_one_message(line: Line, books: Books, gate: GatePhone) -> None:
    """Issue 288 of the app: two events, with ids of their own, about one message."""
    act(books, gate, lambda: line.carriers.smsgate.text(gate.number, "xin chao", events_made=2))
    wait_until(line.carriers.settle, 10, "both were told")
    assert [heard.text for heard in books.talk("smsgate", gate.number).heard] == ["xin chao"]


def test_what_could_not_be_told_comes_again_until_it_is_kept(line: Line, books: Books, gate: GatePhone) -> None:
    """Fourteen times within two days, each time signed anew: a server that was down for a while loses nothing."""
    line.kill()
    number = line.carriers.smsgate.text(gate.number, "xin chao")
    carrier = line.carriers.smsgate
    wait_until(lambda: sum(a.id == number for a in carrier.attempts) >= 3, 10, "it is tried again and again")
    line.start()
    wait_until(lambda: len(gate.got()) == 1, 15, "it is answered")
    wait_until(books.is_settled, 5, "all is said")
    assert [heard.text for heard in books.talk("smsgate", gate.number).heard] == ["xin chao"]


def test_a_webhook_that_is_not_proven_is_refused(line: Line, books: Books, gate: GatePhone) -> None:
    """Wrong key, other body, other moment, too old, from the future, without a moment, at another door."""
    before, body = kept(line, books), text_from(gate.number)
    good = sign(body)
    stale = {**good, "X-Timestamp": str(int(good["X-Timestamp"]) - 1)}
    bare = {name: value for name, value in good.items() if name != "X-Timestamp"}
    shifted = {**sign(body), "X-Timestamp": good["X-Timestamp"][1:]}
    cases = [
        (body, sign(body, key="another key")),
        (body.replace(b"xin", b"Xin"), good),
        (body, stale),
        (body, bare),
        (body + good["X-Timestamp"][:1].encode(), shifted),
        (body, {**good, "X-Timestamp": f"+{good['X-Timestamp'][1:]}"}),
        (body, {**good, "X-Signature": ""}),
        (body, {**good, "X-Signature": good["X-Signature"].upper()}),
        (body, sign(body, ahead_s=-SKEW_S - 2)),
        (body, sign(body, ahead_s=SKEW_S + 5)),
        (body, {"Content-Type": "application/json"}),
    ]
    assert [knock(line, *case) for case in cases] == [403] * len(cases)
    url = f"{line.url}/webhooks/smsgate/status"
    assert httpx.post(url, content=body, headers=good, trust_env=False).status_code == 403
    assert kept(line, books) == before


@pytest.mark.parametrize("ahead_s", [-SKEW_S + 20, SKEW_S - 20])
def test_a_clock_that_differs_a_little_is_borne(line: Line, books: Books, gate: GatePhone, ahead_s: float) -> None:
    """Five minutes, as SMSGate's page on webhooks has it; a second delivery within them is the same message."""
    body = text_from(gate.number)
    answers = act(books, gate, lambda: [knock(line, body, sign(body, ahead_s)) for _ in range(2)])
    assert len(answers) == 1
    assert [heard.text for heard in books.talk("smsgate", gate.number).heard] == ["xin chao"]


def test_a_message_that_cannot_be_read_is_refused_so_that_it_comes_again(line: Line, books: Books) -> None:
    """Two days are enough to mend a reader; an event that is merely strange does no harm."""
    before = kept(line, books)
    for payload in ({}, {"phoneNumber": "+84912345678"}, {"phoneNumber": 5, "message": "x"}, {"message": ["x"]}):
        body = write("sms:received", payload)
        assert knock(line, body, sign(body)) == 400
    for body in (b"[]", b"{}", b"", b"\xff", b'{"event":"sms:received","id":"1","payload":[]}', b"[" * 5000):
        assert knock(line, body, sign(body)) == 400
    assert kept(line, books) == before


@pytest.mark.parametrize("number", ["x", "", None, 7, "5a3e4c1e-0d2b-4c7f-9a51-2f6f0c7d8e90"])
def test_receipts_of_messages_that_are_not_ours_are_taken_and_dropped(line: Line, books: Books, number: object) -> None:
    """Somebody may send from the telephone by hand, and some are erased by now."""
    before = kept(line, books)
    for event in ("sms:sent", "sms:delivered", "sms:failed", "sms:cancelled"):
        body = write(event, {"messageId": number, "phoneNumber": "+84912345678", "partsCount": True, "reason": 5})
        assert knock(line, body, sign(body)) == 200
    assert kept(line, books) == before


@pytest.mark.parametrize(
    ("fault", "tries", "deliveries"),
    [
        ("duplicate_receipts", 1, ["delivered"]),
        ("late_receipts", 1, ["delivered"]),
        ("contradictory_receipts", 1, ["delivered", "failed"]),
        ("undelivered", 1, ["failed"]),
        ("drop_receipts", 1, [None]),
        ("500_after_accepting", 1, ["delivered"]),
        ("time_out_after_accepting", 1, ["delivered"]),
        ("wrong_json", 1, ["delivered"]),
        ("slow", 1, ["delivered"]),
        ("429", 2, ["delivered"]),
    ],
)
def test_whatever_the_carrier_does_the_answer_arrives_once(
    line: Line, books: Books, gate: GatePhone, fault: str, tries: int, deliveries: list[str | None]
) -> None:
    """A receipt or the question settles what was unsure; parts that are told of twice count once."""
    line.carriers.smsgate.fault(fault, size=1.0 if fault == "late_receipts" else None)
    gate.write("xin chao")
    wait_until(lambda: [one[:2] for one in told(books, gate)] == [("sent", tries)], 20, "it is known to be sent")
    wait_until(lambda: told(books, gate)[0][2] in deliveries, 10, "receipts")
    wait_until(line.carriers.settle, 10, "everything was told")
    assert told(books, gate)[0][2] in deliveries
    assert len(gate.got()) == 1
    if fault == "duplicate_receipts":
        parts = segments(gate.got()[0])
        assert parts_of(books, gate) == [(parts, parts)]


@pytest.mark.parametrize("fault", ["500_after_accepting", "time_out_after_accepting", "wrong_json"])
def test_without_a_receipt_the_telephone_is_asked(line: Line, books: Books, gate: GatePhone, fault: str) -> None:
    """GET /message with our own id: it has it, so it is not said again."""
    carrier = line.carriers.smsgate
    carrier.fault("drop_receipts")
    carrier.fault(fault)
    asked = carrier.calls["fetch"]
    gate.write("xin chao")
    wait_until(lambda: told(books, gate) == [("sent", 1, None)], 20, "it is known to be sent")
    assert carrier.calls["fetch"] > asked
    assert len(gate.got()) == 1


def test_whom_the_server_calls_no_number_is_left_alone(line: Line, books: Books, gate: GatePhone) -> None:
    """What was still due is cancelled, and nothing is tried again before they write."""
    gate.write("xin chao")
    wait_until(lambda: len(gate.got()) == 1, 20, "an answer, the telephone having been left alone after failures")
    line.carriers.smsgate.fault("blocked")
    gate.write("1")
    wait_until(lambda: told(books, gate)[1:2] == [("refused", 1, None)], 10, "it is refused")
    wait_until(books.is_settled, 10, "the others are taken back")
    assert [status for status, *_ in told(books, gate)[2:]] == ["cancelled"] * 2
    assert len(say(books, gate, "giay to")) > 0


def test_a_failure_names_nobody(line: Line, books: Books, gate: GatePhone) -> None:
    """Of a reason that is written for humans only Android's own word or number is kept."""
    say(books, gate, "xin chao")
    wait_until(has_delivery(books, gate, "delivered"), 10, "the telephone has told all")
    with books.database.read() as session:
        contact = people.find_contact(session, books.vault, "tel", gate.number)
        assert contact is not None
        mine = select(OutboxMessage).where(OutboxMessage.person_id == contact.person_id)
        row_id = session.scalars(mine).one().id
    for reason, kept_reason in (
        (f"to {gate.number}: Send result: RESULT_ERROR_LIMIT_EXCEEDED (queue)", "RESULT_ERROR_LIMIT_EXCEEDED"),
        ("TTL expired", "TTL expired"),
        ("Delivery result: 30008", "30008"),
        (f"no route to {gate.number}", "failed"),
    ):
        with books.database.write() as session:
            fresh = session.get_one(OutboxMessage, row_id)
            fresh.delivery, fresh.parts_delivered = None, 0
        body = write("sms:failed", {"messageId": str(row_id), "phoneNumber": gate.number, "reason": reason})
        assert knock(line, body, sign(body)) == 200
        with books.database.read() as session:
            row = session.get_one(OutboxMessage, row_id)
            assert (row.delivery, row.delivery_error, row.status) == ("failed", kept_reason, "sent")


def test_nothing_is_open_at_the_end(books: Books) -> None:
    """Whatever the telephone did, every message ended one way or another."""
    wait_until(books.is_settled, 20, "all is settled")
