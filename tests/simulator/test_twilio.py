"""The account as the official twilio client sees it, over real HTTP: send, list, fetch, redact, delete, refuse."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.serve import Running
from simulator.settings import Settings
from tests.simulator.conftest import ACCOUNT, AUTH_TOKEN, LINE, PERSON
from tests.simulator.twilio_client import Redirected, client_of, send, settled


def test_a_sent_message_goes_from_queued_to_delivered(running: Running) -> None:
    """Statuses run queued, sent, delivered; date_sent comes with sent."""
    client = client_of(running)
    message = client.messages.create(to=PERSON, from_=LINE, body="Chào bạn")
    assert (message.status, message.direction, message.num_segments) == ("queued", "outbound-api", "1")
    assert message.date_sent is None
    settled(running)
    fetched = client.messages(str(message.sid)).fetch()
    assert (fetched.status, fetched.body, fetched.to, fetched.from_) == (
        "delivered",
        "Chào bạn",
        PERSON,
        LINE,
    )
    assert fetched.date_sent is not None


def test_lists_come_newest_first_in_pages_that_new_messages_do_not_shift(running: Running) -> None:
    """A page goes on behind the last message of the one before."""
    for number in range(7):
        running.twilio.text(PERSON, str(number))
    client = client_of(running)
    first = client.messages.page(to=LINE, page_size=3)
    assert [m.body for m in first] == ["6", "5", "4"]
    running.twilio.text(PERSON, "later")
    second = first.next_page()
    assert second is not None
    assert [m.body for m in second] == ["3", "2", "1"]
    assert [m.body for m in client.messages.list(to=LINE, page_size=3)] == ["later", *"6543210"]


def test_lists_are_filtered_by_date_to_the_second_or_by_day(settings: Settings) -> None:
    """DateSent, DateSent< and DateSent> are inclusive; a date alone means the whole GMT day."""
    first = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
    moments = [first + timedelta(seconds=later) for later in (0, 1, 2, 86400)]
    today = [first]
    with Running(settings, now=lambda: today[0]) as running:
        for body, today[0] in zip("abcd", moments, strict=True):
            running.twilio.text(PERSON, body)
        listed = client_of(running).messages.list
        assert [m.body for m in listed(date_sent_after=moments[1])] == ["d", "c", "b"]
        assert [m.body for m in listed(date_sent_before=moments[1])] == ["b", "a"]
        answer = httpx.get(
            f"{running.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json?DateSent=2026-11-21",
            auth=(ACCOUNT, AUTH_TOKEN),
        )
        assert [m["body"] for m in answer.json()["messages"]] == ["d", "c", "b"]


def test_a_final_message_can_be_redacted_and_deleted_but_stays_on_the_phone(running: Running) -> None:
    """Redaction empties the body in the account; the phone keeps what it was sent."""
    sid = send(running, "Chào bạn")
    settled(running)
    client = client_of(running)
    assert client.messages(sid).update(body="").body == ""
    assert client.messages(sid).fetch().body == ""
    assert client.messages(sid).delete()
    with pytest.raises(TwilioRestException) as refused:
        client.messages(sid).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)
    assert [bubble.text for bubble in running.twilio.phones.screen(PERSON)] == ["Chào bạn"]


def test_a_message_on_its_way_can_be_neither_redacted_nor_deleted(settings: Settings) -> None:
    """Before a final status Twilio refuses both (20009); any other body always (30400)."""
    with Running(replace(settings, pace=replace(settings.pace, receipt_s=60))) as running:
        message = client_of(running).messages(send(running))
        refusals = []
        for attempt in (lambda: message.update(body=""), message.delete, lambda: message.update(body="y")):
            with pytest.raises(TwilioRestException) as refused:
                attempt()
            refusals.append(refused.value.code)
        assert refusals == [20009, 20009, 30400]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": "0901234567"}, 21211),
        ({"to": LINE}, 21266),
        ({"body": "x" * 1601}, 21617),
        ({"body": ""}, 21602),
        ({"from_": "+15005550007"}, 21606),
        ({"from_": None, "messaging_service_sid": "MGshort"}, 21701),
        ({"from_": None}, 21603),
        ({"status_callback": "ftp://x/y"}, 21609),
        ({"validity_period": 36001}, 20001),
    ],
)
def test_what_twilio_would_refuse_is_refused(running: Running, change: dict[str, Any], code: int) -> None:
    """Each refusal has Twilio's status and code, and nothing is accepted."""
    asked = {"to": PERSON, "from_": LINE, "body": "x"} | change
    with pytest.raises(TwilioRestException) as refused:
        client_of(running).messages.create(**{k: v for k, v in asked.items() if v is not None})
    assert (refused.value.status, refused.value.code) == (400, code)
    assert not running.twilio.messages


def test_a_message_of_1600_letters_through_a_messaging_service_is_accepted(running: Running) -> None:
    """1600 is allowed; with a service the message is accepted first and has no sender and no segments yet."""
    message = client_of(running).messages.create(to=PERSON, messaging_service_sid="MG" + "a" * 32, body="ạ" * 1600)
    assert (message.status, message.num_segments, message.from_) == ("accepted", "0", None)
    settled(running)
    assert client_of(running).messages(str(message.sid)).fetch().num_segments == "24"


def test_wrong_credentials_and_another_account_are_refused(running: Running) -> None:
    """401 with code 20003 for a wrong token, 404 for an account that is not ours."""
    with pytest.raises(TwilioRestException) as refused:
        client_of(running, token="wrong").messages("SM" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (401, 20003)
    other = Client(ACCOUNT, AUTH_TOKEN, account_sid="AC" + "f" * 32, http_client=Redirected(running.url))
    with pytest.raises(TwilioRestException) as refused:
        other.messages.create(to=PERSON, from_=LINE, body="x")
    assert refused.value.status == 404


class PoorDie(Random):
    """Random numbers that repeat themselves three times."""

    thrown = 0

    def getrandbits(self, k: int, /) -> int:
        """The next number."""
        self.thrown += 1
        return self.thrown // 3


def test_sids_are_never_used_twice(settings: Settings) -> None:
    """Not even when the random numbers repeat themselves."""
    with Running(settings, chance=PoorDie()) as running:
        sids = [running.twilio.text(PERSON, str(number)) for number in range(5)]
        assert len(set(sids)) == 5


def test_many_people_and_the_program_can_act_at_once(running: Running) -> None:
    """Nothing is lost and no sid is given twice when eight threads write and send."""

    def act(number: int) -> list[str]:
        person = f"+8490000000{number}"
        send_form = {"To": person, "From": LINE, "Body": "x"}
        return [
            sid for _ in range(20) for sid in (running.twilio.text(person, "x"), running.twilio.send(send_form).sid)
        ]

    with ThreadPoolExecutor(8) as pool:
        sids = [sid for found in pool.map(act, range(8)) for sid in found]
    assert len(set(sids)) == len(running.twilio.messages) == 320
    assert running.settle(20)
    assert {message.status for message in running.twilio.messages} == {"received", "delivered"}
    assert len(running.twilio.acknowledged()) == 160
