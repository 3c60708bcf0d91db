"""Misbehaviour on demand of the simulated Zalo, felt by a plain HTTP client."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from simulator.carrier.faults import UnknownFault
from simulator.serve import Running
from tests.simulator.conftest import Program
from tests.simulator.zalo_client import PERSON, Client, names, proves, settled

HOOK = "/webhooks/zalo"
BODY = {"recipient": {"user_id": PERSON}, "message": {"text": "xin chào"}}


@pytest.fixture
def client(running: Running) -> Client:
    """A program with a good token, and a person who may be written to; nothing of that is in what was heard."""
    running.zalo.text(PERSON, "xin chào")
    settled(running)
    found = Client(running)
    found.refresh()
    return found


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [("500_before", 500, -100), ("429", 200, -32), ("blocked", 200, -213), ("window_closed", 200, -230)],
)
def test_a_refusal_is_zalos_own_and_nothing_was_accepted(
    running: Running, client: Client, fault: str, status: int, error: int
) -> None:
    """Once as ordered, then all is well."""
    running.zalo.fault(fault)
    answer = client.post(BODY)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert not running.zalo.sent_to(PERSON)
    assert client.send()["error"] == 0


def test_too_many_calls_show_that_none_is_left(running: Running, client: Client) -> None:
    """-32 with X-RateLimit-Remain 0."""
    running.zalo.fault("429")
    assert client.post(BODY).headers["X-RateLimit-Remain"] == "0"


def test_an_expired_token_stays_expired_until_it_is_refreshed(running: Running, client: Client) -> None:
    """-216 from now on, also for the next call."""
    running.zalo.fault("token_expired")
    assert [client.post(BODY).json()["error"] for _ in range(2)] == [-216, -216]
    client.refresh()
    assert client.send()["error"] == 0


@pytest.mark.parametrize(("fault", "status"), [("500_after_accepting", 500), ("wrong_json", 200)])
def test_an_answer_can_hide_that_the_message_was_accepted(
    running: Running, client: Client, fault: str, status: int
) -> None:
    """The person has it all the same."""
    running.zalo.fault(fault)
    answer = client.post(BODY)
    assert answer.status_code == status
    assert "message_id" not in answer.text
    assert len(running.zalo.sent_to(PERSON)) == 1


@pytest.mark.parametrize(("fault", "accepted"), [("time_out_before", 0), ("time_out_after_accepting", 1)])
def test_silence_before_and_after_accepting(running: Running, client: Client, fault: str, accepted: int) -> None:
    """Whoever waits long enough sees the line cut."""
    running.zalo.fault(fault, size=0.05)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(BODY)
    assert len(running.zalo.sent_to(PERSON)) == accepted


def test_slow_is_answered_in_the_end(running: Running, client: Client) -> None:
    """After as many seconds as ordered."""
    running.zalo.fault("slow", size=0.2)
    begun = time.monotonic()
    assert client.send()["error"] == 0
    assert time.monotonic() - begun >= 0.2


def test_a_refresh_can_be_lost_after_it_rotated(running: Running) -> None:
    """Ordered for the moment "refresh": the pair is used up, and the program has no other."""
    running.zalo.fault("500_after_accepting", moment="refresh")
    client = Client(running)
    assert client.ask_tokens().status_code == 500
    assert client.ask_tokens().json()["error"] == -14014


def test_of_many_refreshes_at_once_one_succeeds(running: Running) -> None:
    """Single use holds under a race; each one is counted."""
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: Client(running).ask_tokens().json(), range(10)))
    assert sorted(answer.get("error", 0) for answer in answers) == [-14014] * 9 + [0]
    assert running.zalo.refreshes == 10


def test_webhooks_can_be_doubled_dropped_and_overtaken(running: Running, client: Client, program: Program) -> None:
    """Copies are the same bytes; what was dropped never comes; what was held comes behind the next."""
    program.heard.clear()
    running.zalo.fault("duplicate", size=3)
    running.zalo.fault("drop")
    running.zalo.fault("reorder")
    for text in ("ba lần", "mất", "sau", "trước"):
        running.zalo.text(PERSON, text)
    settled(running)
    heard = program.to(HOOK)
    assert [one.json["message"]["text"] for one in heard] == [*["ba lần"] * 3, "trước", "sau"]
    assert len({one.body for one in heard[:3]}) == 1
    assert all(proves(one) for one in heard)


@pytest.mark.parametrize(("fault", "receipts"), [("drop_receipts", 0), ("duplicate_receipts", 2), ("late_receipts", 1)])
def test_receipts_can_be_lost_doubled_or_late(
    running: Running, client: Client, program: Program, fault: str, receipts: int
) -> None:
    """The phone has the message in each case."""
    program.heard.clear()
    running.zalo.fault(fault, size=0.1 if fault == "late_receipts" else None)
    client.send()
    settled(running)
    assert names(program.to(HOOK)).count("user_received_message") == receipts
    assert running.zalo.phones.screen(PERSON)[-1].status == "delivered"


def test_what_zalo_cannot_do_is_not_among_its_faults(running: Running) -> None:
    """It tells of what arrived and never that something did not."""
    with pytest.raises(UnknownFault):
        running.zalo.fault("undelivered")


def test_while_down_nothing_is_answered_or_delivered_until_up(
    running: Running, client: Client, program: Program
) -> None:
    """Down strikes tokens, messages and webhooks, also those to be tried again."""
    program.heard.clear()
    program.answers.append((500, b""))
    running.zalo.text(PERSON, "một")
    running.lanes.settle(0.005)
    running.zalo.fault("down")
    running.zalo.text(PERSON, "hai")
    assert (client.post(BODY).status_code, client.ask_tokens().status_code) == (503, 503)
    assert not running.settle(0.2)
    running.zalo.up()
    settled(running)
    assert len(running.zalo.acknowledged()) == 3
    assert client.send()["error"] == 0
