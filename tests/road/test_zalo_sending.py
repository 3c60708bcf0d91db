"""What Zalo's answers to a message come to: errors arrive with HTTP 200, and each number has one meaning here."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unicodedata import normalize

import httpx
import pytest

from program import read_clock
from storage.outbox import Claimed
from tests.road.line import ZALO, zalo_environment
from tests.road.test_zalo_token import PERSON, Bank, message, open_bank
from tests.storage.conftest import empty_sqlite_store
from webhooks.channel import Deployment
from webhooks.outcomes import Ending, Outcome, Then
from webhooks.zalo import BUSY_SECONDS, FACTS, OUTCOMES, connect, read_answer

__all__ = ["empty_sqlite_store"]

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # in Viet Nam
CLASSES = {
    Then.REFRESH: (-216, -220),
    Then.WAIT: (-32,),
    Then.STOP_PERSON: (-213, -217, -218, -227, -230, -232, -244),
    Then.STOP_CHANNEL: (*(-100, -204, -205, -209, -211, -212, -219, -221, -223, -224, -233, -240, -242, -320, -321),),
    Then.RETRY: (-234,),
    Then.DROP: (-201, -210, -248),
}


@pytest.fixture
def bank(empty_sqlite_store: str) -> Iterator[Bank]:
    """A simulated Zalo and a database."""
    with open_bank(empty_sqlite_store) as opened:
        yield opened


def ending(body: object, status: int = 200, now: datetime = NOON) -> Ending:
    """What an answer comes to."""
    return read_answer(httpx.Response(status, json=body), now)


def test_every_known_number_has_the_class_that_the_page_about_errors_gives_it() -> None:
    """channels.md 5.1; only -248 is about this one message and does not stop the channel."""
    for then, codes in CLASSES.items():
        for code in codes:
            assert ending({"error": code, "message": "…"}).outcome.then is then, code
    assert {code for codes in CLASSES.values() for code in codes} == set(OUTCOMES)


@pytest.mark.parametrize("body", [{"error": -216}, {"error": "-216"}])
def test_a_number_may_be_written_as_text(body: object) -> None:
    """Zalo writes most of its numbers so."""
    assert ending(body) == Ending(Outcome.TOKEN_SPENT, "zalo -216")


def test_success_names_zalos_copy() -> None:
    """By this id receipts and echoes speak of it."""
    body = {"data": {"message_id": "96d3", "user_id": PERSON, "quota": {"quota_type": "reply"}}, "error": 0}
    assert ending(body) == Ending(Outcome.SENT, provider_id="96d3")


@pytest.mark.parametrize(
    "body",
    [
        *(None, [], {}, "ok", 0, {"error": 0}, {"error": 0, "data": None}, {"error": 0, "data": {"message_id": ""}}),
        *({"error": 0, "data": {"message_id": 7}}, {"error": None}, {"error": True}, {"error": 10**30}, {"error": "a"}),
    ],
    ids=repr,
)
def test_an_answer_that_says_neither_yes_nor_no_is_unsure(body: object) -> None:
    """It may have been sent."""
    assert ending(body).outcome is Outcome.UNSURE


def test_what_is_no_json_is_unsure() -> None:
    """A proxy's page, half an answer, brackets without end."""
    for content in (b"", b"<!doctype html>", b'{"error":0,', b"\xff", b"[" * 100_000):
        assert read_answer(httpx.Response(200, content=content), NOON).outcome is Outcome.UNSURE


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (500, Outcome.UNSURE),
        (502, Outcome.UNSURE),
        (503, Outcome.UNSURE),
        (302, Outcome.UNSURE),
        (400, Outcome.REJECTED),
        (401, Outcome.UNAUTHORISED),
        (403, Outcome.UNAUTHORISED),
        (429, Outcome.BUSY),
    ],
)
def test_http_speaks_where_zalo_does_not(status: int, outcome: Outcome) -> None:
    """An error of its own may come after accepting; a refusal of the request may not."""
    assert ending({}, status).outcome is outcome
    if status >= 500:
        assert ending({"error": -100, "message": "Unknown error"}, status).outcome is outcome


def test_an_unknown_number_is_a_refusal_of_this_message() -> None:
    """Nothing left, and it is told as our bug."""
    assert ending({"error": -9999}) == Ending(Outcome.REJECTED, "zalo -9999")


def test_too_many_calls_wait_a_while() -> None:
    """-32: the limit is by the minute, and no header says when."""
    assert ending({"error": -32}) == Ending(Outcome.BUSY, "zalo -32", seconds=BUSY_SECONDS)
    assert FACTS.pace.a_second * 60 + FACTS.pace.at_once < 4_000


@pytest.mark.parametrize(
    ("utc", "hours"),
    [("2026-03-02T15:00", 8), ("2026-03-02T22:59", 1 / 60), ("2026-03-02T23:00", 24), ("2026-03-02T05:00", 18)],
)
def test_what_is_taken_only_by_day_waits_until_six_in_viet_nam(utc: str, hours: float) -> None:
    """-234; six o'clock there is 23:00 UTC."""
    now = datetime.fromisoformat(f"{utc}+00:00")
    assert ending({"error": -234}, now=now) == Ending(Outcome.UNTIMELY, "zalo -234", seconds=round(hours * 3600))


def say(bank: Bank, text: str) -> Ending:
    """Send a text."""
    given = message(bank.now())
    claimed = Claimed(given.id, given.conversation_id, "answer", text, (), None, given.claimed_at, 1, 0)
    return bank.program().send(PERSON, claimed, bank.now())


@pytest.mark.parametrize(
    "text", ["tiếng Việt có dấu", "ភាសាខ្មែរ", "👩🏽‍🦱", "xuống\ndòng", "x" * 2000, "ế" * 2000, '"\\']
)
def test_what_leaves_is_what_arrives(bank: Bank, text: str) -> None:
    """In NFC, in which its length is counted: a text written in pieces is put together first."""
    assert say(bank, normalize("NFD", text)).outcome is Outcome.SENT
    assert bank.carriers.zalo.sent_to(PERSON)[-1].text == text


def test_what_is_longer_than_zalo_takes_is_our_bug(bank: Bank) -> None:
    """-210 and nothing is cut in silence."""
    assert say(bank, "x" * (FACTS.limit + 1)) == Ending(Outcome.REJECTED, "zalo -210")


@pytest.mark.parametrize("text", ["\ud83d", "", "\0"])
def test_no_text_makes_it_raise(bank: Bank, text: str) -> None:
    """Whatever Zalo says to it."""
    assert isinstance(say(bank, text), Ending)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("500_before", Outcome.UNSURE),
        ("500_after_accepting", Outcome.UNSURE),
        ("wrong_json", Outcome.UNSURE),
        ("429", Outcome.BUSY),
        ("blocked", Outcome.BLOCKED),
        ("window_closed", Outcome.WINDOW_CLOSED),
        ("token_expired", Outcome.TOKEN_SPENT),
    ],
)
def test_each_fault_has_its_outcome(bank: Bank, fault: str, outcome: Outcome) -> None:
    """As the simulator misbehaves."""
    bank.carriers.zalo.fault(fault)
    assert say(bank, "dạ").outcome is outcome


def test_nobody_there_is_told_apart_from_silence(bank: Bank) -> None:
    """A connection that was never made left nothing; silence after the request is unsure, within ten seconds."""
    say(bank, "dạ")
    with socket.socket() as shut, socket.socket() as silent:
        shut.bind(("127.0.0.1", 0))
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for there, outcome in ((shut, Outcome.UNREACHABLE), (silent, Outcome.UNSURE)):
            began = read_clock()
            channel = bank.program(ZALO_API_URL=f"http://127.0.0.1:{there.getsockname()[1]}")
            assert bank.send(channel).outcome is outcome
            assert read_clock() - began < timedelta(seconds=10)


def test_it_is_simulated_only_when_both_of_its_addresses_are_on_this_machine() -> None:
    """A trial must never reach real people, nor spend a real token."""

    def is_simulated(**settings: str) -> bool:
        environment = zalo_environment(ZALO, "http://127.0.0.1:1") | settings
        channel = connect(Deployment(environment, "", pytest.fail, read_clock))
        assert channel is not None
        return channel.is_simulated

    assert is_simulated()
    assert not is_simulated(ZALO_API_URL="")
    assert not is_simulated(ZALO_OAUTH_URL="")
