"""What the simulated telephone tells the program, and its misbehaviour on demand."""

import time
from datetime import datetime
from typing import Any

import httpx
import pytest

from simulator.serve import Running
from simulator.smsgate.events import content_id, java_hash
from tests.simulator.conftest import PERSON, SMSGATE, Heard, Program
from tests.simulator.smsgate_client import message, post, proves, settled, state

HOOK = "/webhooks/smsgate"


def payloads(program: Program, event: str) -> list[dict[str, Any]]:
    """The payloads of one kind of event."""
    return [heard.json["payload"] for heard in program.to(HOOK) if heard.json["event"] == event]


def test_a_text_is_told_signed_and_in_the_telephones_own_time(running: Running, program: Program) -> None:
    """The documented envelope and payload; the signature is over the raw bytes and the time of the try."""
    number = running.smsgate.text(PERSON, "xin chào")
    settled(running)
    (heard,) = program.to(HOOK)
    event, payload = heard.json, heard.json["payload"]
    assert (event["event"], event["deviceId"], len(event["id"])) == ("sms:received", SMSGATE.device_id, 21)
    assert (payload["phoneNumber"], payload["sender"], payload["recipient"]) == (PERSON, PERSON, SMSGATE.number)
    assert (payload["message"], payload["messageId"], payload["simNumber"]) == ("xin chào", number, 1)
    assert payload["receivedAt"].endswith(".000+07:00")
    assert abs(datetime.fromisoformat(payload["receivedAt"]).timestamp() - time.time()) < 10
    assert abs(int(heard.headers["x-timestamp"]) - time.time()) < 10
    assert proves(heard)
    assert not proves(Heard(heard.path, heard.headers, heard.body.replace(b"xin", b"xim")))
    assert running.smsgate.acknowledged() == {number}


def test_the_message_id_is_made_of_sender_second_and_text(running: Running, program: Program) -> None:
    """The same text in the same second has the same id; every event has one of its own."""
    assert (java_hash("abc"), java_hash("\U0001f600")) == (96354, 31 * 0xD83D + 0xDE00)
    at = datetime.fromisoformat("2026-11-22T09:00:00+07:00")
    assert content_id(PERSON, "x", at) == content_id(PERSON, "x", at)
    others = {content_id("+84907654321", "x", at), content_id(PERSON, "y", at)}
    others.add(content_id(PERSON, "x", at.replace(second=1)))
    assert content_id(PERSON, "x", at) not in others
    running.smsgate.text(PERSON, "một", events_made=2)
    settled(running)
    first, second = (heard.json for heard in program.to(HOOK))
    assert first["payload"] == second["payload"]
    assert first["id"] != second["id"]


def test_every_part_of_a_long_message_is_reported_on_its_own(running: Running, program: Program) -> None:
    """One sms:sent and one sms:delivered a part, with the same messageId and ids of their own."""
    number = post(running, message("ă" * 150)).json()["id"]
    settled(running)
    sent, delivered = payloads(program, "sms:sent"), payloads(program, "sms:delivered")
    assert (len(sent), len(delivered)) == (3, 3)
    assert {payload["messageId"] for payload in [*sent, *delivered]} == {number}
    assert {payload["partsCount"] for payload in sent} == {3}
    assert not [payload for payload in delivered if "partsCount" in payload]
    assert {payload["phoneNumber"] for payload in [*sent, *delivered]} == {PERSON}
    assert len({heard.json["id"] for heard in program.to(HOOK)}) == 6
    assert all(proves(heard) for heard in program.to(HOOK))


def test_a_webhook_is_tried_again_with_a_fresh_signature(running: Running, program: Program) -> None:
    """The same bytes and so the same id, whatever was answered: 4xx too."""
    program.answers += [(403, b""), (500, b"")]
    number = running.smsgate.text(PERSON, "một")
    settled(running)
    assert [attempt.code for attempt in running.smsgate.attempts] == [403, 500, 200]
    assert len({heard.body for heard in program.to(HOOK)}) == 1
    assert all(proves(heard) for heard in program.to(HOOK))
    assert running.smsgate.acknowledged() == {number}


def test_after_fifteen_tries_a_webhook_is_given_up_and_the_next_is_tried(running: Running, program: Program) -> None:
    """Nothing is disabled for that."""
    program.answers += [(503, b"")] * 15
    running.smsgate.text(PERSON, "một")
    settled(running)
    running.smsgate.text(PERSON, "hai")
    settled(running)
    assert [attempt.code for attempt in running.smsgate.attempts] == [503] * 15 + [200]
    assert [bubble.status for bubble in running.smsgate.phones.screen(PERSON)] == ["unanswered", "delivered"]


def test_pings_and_pictures_are_told_too(running: Running, program: Program) -> None:
    """Events the program has no use for."""
    running.smsgate.ping()
    running.smsgate.send_mms(PERSON)
    settled(running)
    assert sorted(heard.json["event"] for heard in program.to(HOOK)) == ["mms:received", "system:ping"]


def test_what_no_telephone_sends_is_not_sent(running: Running) -> None:
    """A number that is not E.164, half a letter."""
    with pytest.raises(ValueError, match=r"E\.164"):
        running.smsgate.text("0901234567", "x")
    with pytest.raises(UnicodeEncodeError):
        running.smsgate.text(PERSON, "\ud83d")


@pytest.mark.parametrize(("fault", "status"), [("500_before", 500), ("429", 429), ("blocked", 400)])
def test_a_refusal_is_the_servers_own_and_nothing_was_accepted(running: Running, fault: str, status: int) -> None:
    """Once as ordered; 429 says how long to wait."""
    running.smsgate.fault(fault, size=7 if fault == "429" else None)
    answer = post(running, message(id="tin-1"))
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, "7" if fault == "429" else None)
    assert state(running, "tin-1").status_code == 404
    assert post(running, message(id="tin-1")).status_code == 202


@pytest.mark.parametrize("fault", ["500_after_accepting", "wrong_json", "time_out_after_accepting", "time_out_before"])
def test_whether_an_unsure_message_was_accepted_can_be_asked(running: Running, fault: str) -> None:
    """The client's own id is known exactly when it was."""
    running.smsgate.fault(fault, size=0.05)
    try:
        answer = post(running, message(id="tin-1"))
        assert fault in ("500_after_accepting", "wrong_json")
        assert answer.status_code == (500 if fault == "500_after_accepting" else 202)
    except httpx.RemoteProtocolError:
        assert fault.startswith("time_out")
    assert state(running, "tin-1").status_code == (404 if fault == "time_out_before" else 200)


def test_a_question_can_fail_too(running: Running) -> None:
    """Ordered for the moment "fetch"."""
    number = post(running, message()).json()["id"]
    running.smsgate.fault("500_before", moment="fetch")
    assert [state(running, number).status_code for _ in range(2)] == [500, 200]


@pytest.mark.parametrize(
    ("fault", "size", "told", "ends"),
    [
        ("drop_receipts", None, [], "Delivered"),
        ("duplicate_receipts", None, ["sms:sent"] * 2 + ["sms:delivered"] * 2, "Delivered"),
        ("late_receipts", 0.1, ["sms:sent", "sms:delivered"], "Delivered"),
        ("undelivered", 30006, ["sms:sent", "sms:failed"], "Failed"),
        ("contradictory_receipts", 30008, ["sms:sent", "sms:delivered", "sms:failed", "sms:delivered"], "Delivered"),
    ],
)
def test_receipts_can_be_lost_doubled_late_or_contradict_each_other(
    running: Running, program: Program, fault: str, size: float | None, told: list[str], ends: str
) -> None:
    """What the server itself knows is asked for, not heard."""
    running.smsgate.fault(fault, size=size)
    number = post(running, message()).json()["id"]
    settled(running)
    assert [heard.json["event"] for heard in program.to(HOOK)] == told
    assert state(running, number).json()["state"] == ends
    for payload in payloads(program, "sms:failed"):
        assert str(int(size or 0)) in payload["reason"]


def test_texts_can_be_doubled_dropped_and_overtaken(running: Running, program: Program) -> None:
    """Copies are the same bytes; what was dropped never comes; what was held comes behind the next."""
    for fault in ("duplicate", "drop", "reorder"):
        running.smsgate.fault(fault)
    for text in ("hai lần", "mất", "sau", "trước"):
        running.smsgate.text(PERSON, text)
    settled(running)
    assert [payload["message"] for payload in payloads(program, "sms:received")] == [*["hai lần"] * 2, "trước", "sau"]


def test_while_down_nothing_is_answered_or_delivered_until_up(running: Running, program: Program) -> None:
    """Down strikes both directions."""
    running.smsgate.fault("down")
    running.smsgate.text(PERSON, "một")
    assert post(running, message()).status_code == 503
    assert not running.settle(0.15)
    assert not program.heard
    running.smsgate.up()
    settled(running)
    assert len(program.heard) == 1
