"""Each fault as a program behind the official clients feels it, by Twilio and by Telegram."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from telegram import Bot, Update
from telegram.error import TelegramError

from simulator.serve import Running
from simulator.telegram.updates import Webhook
from tests.simulator.conftest import LINE, PERSON, Program
from tests.simulator.test_telegram import ask
from tests.simulator.twilio_client import client_of, proves, send, settled

SOMEBODY = 5551234
HOOK = "/webhooks/telegram"


@dataclass(frozen=True)
class Carrier:
    """One carrier as both sides see it: write as a person, send with the official client, read the webhooks."""

    running: Running
    state: Any
    write: Callable[[str], object]
    send: Callable[[], object]
    heard: Callable[[], list[str]]
    sent: Callable[[], int]
    errors: tuple[type[Exception], ...]


@pytest.fixture(params=["twilio", "telegram"])
def carrier(request: pytest.FixtureRequest, running: Running, program: Program) -> Carrier:
    """Each of the carriers in turn; somebody has written by Telegram already."""
    if request.param == "twilio":
        return Carrier(
            running,
            running.twilio,
            lambda text: running.twilio.text(PERSON, text),
            lambda: client_of(running, timeout=0.4).messages.create(to=PERSON, from_=LINE, body="x"),
            lambda: [heard.form["Body"] for heard in program.to("/webhooks/twilio")],
            lambda: len(running.twilio.sent_to(PERSON)),
            (requests.RequestException, json.JSONDecodeError),
        )
    running.telegram.updates.set_webhook(Webhook(f"{program.url}{HOOK}"))
    running.telegram.text(SOMEBODY, "/start")
    assert running.settle()
    program.heard.clear()
    return Carrier(
        running,
        running.telegram,
        lambda text: running.telegram.text(SOMEBODY, text),
        lambda: ask(running, write_back),
        lambda: texts_of(program),
        lambda: len(running.telegram.sent_to(SOMEBODY)),
        (TelegramError,),
    )


async def write_back(bot: Bot) -> Any:
    """Send one message with the official client."""
    return await bot.send_message(SOMEBODY, "x")


def texts_of(program: Program) -> list[str]:
    """The texts of the updates, read by the official client."""
    found = [Update.de_json(heard.json) for heard in program.to(HOOK)]
    return [update.message.text or "" for update in found if update and update.message]


@pytest.mark.parametrize(
    ("fault", "size", "sent"),
    [("time_out_before", 0.6, 0), ("time_out_before", 0.05, 0), ("time_out_after_accepting", 0.6, 1)],
)
def test_a_time_out_is_silence_and_then_a_cut_line(carrier: Carrier, fault: str, size: float, sent: int) -> None:
    """The caller cannot tell whether it was accepted; only the carrier's own record can."""
    carrier.state.fault(fault, size=size)
    with pytest.raises(carrier.errors):
        carrier.send()
    assert carrier.sent() == sent
    carrier.send()
    assert carrier.sent() == sent + 1


def test_an_answer_that_is_no_json_hides_an_accepted_message(carrier: Carrier) -> None:
    """Success without anything to read: the message is sent, its id is unknown."""
    carrier.state.fault("wrong_json")
    with pytest.raises(carrier.errors):
        carrier.send()
    assert carrier.sent() == 1


def test_two_texts_come_in_the_wrong_order(carrier: Carrier) -> None:
    """The first webhook waits until the second was delivered."""
    carrier.state.fault("reorder")
    for text in ("một", "hai", "ba"):
        carrier.write(text)
    assert carrier.running.settle()
    heard = carrier.heard()
    assert sorted(heard) == sorted(["một", "hai", "ba"])
    assert heard.index("một") > heard.index("hai")
    assert heard.index("ba") > heard.index("hai")


def test_a_text_comes_late(carrier: Carrier) -> None:
    """By so many seconds; then everything goes on as before."""
    carrier.state.fault("delay", size=0.3)
    begun = time.monotonic()
    carrier.write("một")
    carrier.write("hai")
    assert carrier.running.settle()
    assert time.monotonic() - begun >= 0.3
    assert carrier.heard() == ["một", "hai"]


def test_a_lost_text_is_never_tried(carrier: Carrier) -> None:
    """No webhook and no attempt; the next text comes as ever."""
    before = len(carrier.state.attempts)
    carrier.state.fault("drop")
    for text in ("một", "hai"):
        carrier.write(text)
    assert carrier.running.settle()
    assert carrier.heard() == ["hai"]
    assert len(carrier.state.attempts) == before + 1


def test_a_lost_text_still_stands_in_twilios_list_and_is_gone_from_telegram(running: Running, program: Program) -> None:
    """Twilio can be asked for what was missed; a bot with a webhook cannot ask."""
    running.telegram.updates.set_webhook(Webhook(f"{program.url}{HOOK}"))
    for carrier in (running.twilio, running.telegram):
        carrier.fault("drop")
    sid = running.twilio.text(PERSON, "xin chào")
    running.telegram.text(SOMEBODY, "xin chào")
    settled(running)
    assert [message.sid for message in client_of(running).messages.list(to=LINE)] == [sid]
    assert running.twilio.phones.screen(PERSON)[0].status == "unanswered"
    assert ask(running, lambda bot: bot.get_webhook_info()).pending_update_count == 0
    assert not program.heard


@pytest.mark.parametrize(
    ("fault", "size", "statuses", "codes"),
    [
        ("late_receipts", 0.3, ["queued", "sent", "delivered"], []),
        ("duplicate_receipts", None, ["queued", "queued", "sent", "sent", "delivered", "delivered"], []),
        ("contradictory_receipts", None, ["queued", "sent", "delivered", "failed", "delivered"], ["30008"]),
        ("undelivered", 30006, ["queued", "sent", "undelivered"], ["30006"]),
        ("drop_receipts", None, [], []),
    ],
)
def test_receipts_come_late_twice_against_each_other_or_never(
    running: Running, program: Program, fault: str, size: float | None, statuses: list[str], codes: list[str]
) -> None:
    """Each is signed, late or not; the account itself ends at delivered or undelivered and stays there."""
    running.twilio.fault(fault, size=size)
    begun = time.monotonic()
    sid = send(running, status_callback=f"{program.url}/status")
    settled(running)
    heard = program.to("/status")
    assert [h.form["MessageStatus"] for h in heard] == statuses
    assert [h.form["ErrorCode"] for h in heard if "ErrorCode" in h.form] == codes
    assert all(proves(h, program) and h.form["MessageSid"] == sid for h in heard)
    assert client_of(running).messages(sid).fetch().status == ("undelivered" if fault == "undelivered" else "delivered")
    assert fault != "late_receipts" or time.monotonic() - begun >= 0.3


def test_late_receipts_come_even_when_the_message_was_deleted_meanwhile(running: Running, program: Program) -> None:
    """What is on its way arrives, whatever the account still keeps."""
    running.twilio.fault("late_receipts", size=0.4)
    sid = send(running, status_callback=f"{program.url}/status")
    until = time.monotonic() + 5
    while running.twilio.fetch(sid).status != "delivered" and time.monotonic() < until:
        time.sleep(0.01)
    assert client_of(running).messages(sid).delete()
    assert not program.heard
    settled(running)
    assert [h.form["MessageStatus"] for h in program.to("/status")] == ["queued", "sent", "delivered"]
