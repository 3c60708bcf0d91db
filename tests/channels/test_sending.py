"""Every way in which a send can end, on every channel: what follows must fit what the phone shows."""

import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from unittest.mock import patch

import pytest

from tests.channels import wire
from tests.channels.bench import Side, facts
from tests.channels.hall import OURS, Hall, claimed
from tests.channels.sender import Sender, meet, sender_apart, sender_in
from tests.channels.test_arriving import both
from tests.channels.texts import SAYABLE, TEXTS
from webhooks.channel import CarrierSilent, Halted, TracingChannel
from webhooks.outcomes import Then

NOTHING_LEFT = (Then.RETRY, Then.WAIT, Then.REFRESH, Then.STOP_PERSON, Then.STOP_CHANNEL, Then.DROP)
CUT_AFTER_S = 0.2
"""How long a carrier is silent before it hangs up; that we hang up first is tried in test_patience.py."""

NONSENSE = {
    "an empty 200": wire.spell("200 OK"),
    "a 200 that is no JSON": wire.spell("200 OK", b"<!doctype html><title>OK</title>", form="text/html"),
    "a 200 of another shape": wire.spell("200 OK", b'{"ok": true, "result": 7, "error": 0, "data": [], "sid": null}'),
    "a list": wire.spell("200 OK", b"[[[]]]"),
    "null": wire.spell("201 Created", b"null"),
    "a number": wire.spell("202 Accepted", b"1e999"),
    "no text": wire.spell("200 OK", b"\xff\xfe\x00"),
    "depth": wire.spell("200 OK", b"[" * 100_000),
    "a 204": wire.spell("204 No Content"),
    "another's error": wire.spell("418 I'm a teapot", b'{"message": 7, "code": "x", "error": {}, "description": []}'),
    "a page of a proxy": wire.spell("502 Bad Gateway", b"<html>bad gateway</html>", form="text/html"),
    "a 503 with a date": wire.spell("503 Service Unavailable", b"", "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT"),
    "a 429 without JSON": wire.spell("429 Too Many Requests", b"slow down", "Retry-After: soon"),
    "no HTTP": b"220 mail.example.org ESMTP\r\n",
    "half an answer": wire.spell("200 OK", b'{"ok": true}')[:-3],
    "a hang-up": b"",
}


@pytest.fixture
def sender(side: Side, hall: Hall) -> Iterator[Sender]:
    """The hall's channel, with somebody who can be written to."""
    found = sender_in(hall, side)
    yield found
    found.carrier.mend()


@both
def test_a_whole_talk_goes_in_and_out(side: Side, hall: Hall) -> None:
    """Somebody writes, a turn is taken, and everything it said stands on their phone in order."""
    sender = sender_in(hall, side)
    hall.write(side, sender.address, "xin chào")
    assert hall.turn(side, sender.address)
    hall.send(side, sender.address)
    rows = hall.told_rows(side, sender.address)
    assert {row.status for row in rows} == {"sent"}
    assert len(sender.screen()) == len(rows)
    assert all(row.provider_hash for row in rows), "each has the carrier's id, hashed"


def test_what_the_carrier_takes_is_sent_and_has_its_id(sender: Sender) -> None:
    """Each message has an id of its own, by which receipts will name it."""
    endings = [sender.send(), sender.send("Và câu nữa.")]
    assert [ending.outcome.then for ending in endings] == [Then.SETTLE] * 2
    assert len({ending.provider_id for ending in endings} - {""}) == 2
    assert sender.screen() == [OURS, "Và câu nữa."]


def test_a_fault_of_the_carrier_ends_in_its_class(side: Side, sender: Sender, fault: str) -> None:
    """What is tried again never stands on the phone, what is settled stands there once; and then all is well again."""
    sender.carrier.spoil(fault, size=CUT_AFTER_S if fault.startswith(("time_out", "slow")) else None)
    then = sender.send().outcome.then
    assert then is side.faults[fault]
    if then in NOTHING_LEFT or fault.endswith("_before"):
        assert sender.screen() == []
    else:
        assert sender.screen() == [OURS]
    sender.carrier.mend()
    assert sender.send_at_last("Và câu nữa.").outcome.then is Then.SETTLE
    assert sender.screen()[-1] == "Và câu nữa."


def test_the_wait_that_a_carrier_asks_for_is_obeyed(sender: Sender) -> None:
    """Whoever asks sooner is made to wait longer."""
    sender.carrier.spoil("429", size=7.0)
    ending = sender.send()
    assert ending.outcome.then is Then.WAIT
    assert ending.seconds is not None
    assert 7.0 <= ending.seconds < 8.0


def test_a_carrier_that_is_down_is_tried_again_or_asked(sender: Sender) -> None:
    """Its errors are not taken for a word about the person or about our secrets."""
    sender.carrier.spoil("down")
    ending = sender.send()
    assert ending.outcome.then in (Then.RETRY, Then.ASK, Then.REFRESH)
    assert sender.screen() == []


def test_nobody_at_the_carriers_address_means_that_nothing_left(side: Side, hall: Hall) -> None:
    """A refused connection: the message is simply tried again."""
    with wire.nobody() as url, sender_apart(hall, side, url=url) as sender:
        assert sender.send().outcome.then is Then.RETRY


def test_a_line_without_tls_where_tls_is_due_means_that_nothing_left(side: Side, hall: Hall) -> None:
    """The handshake fails before a word of the request is said."""
    with wire.machine(wire.spell("400 Bad Request"), is_hasty=True) as other:
        with sender_apart(hall, side, url=other.url.replace("http:", "https:")) as sender:
            assert sender.send().outcome.then is Then.RETRY
        assert all(OURS.encode() not in heard for heard in other.heard)


def test_a_certificate_that_nobody_knows_means_that_nothing_left(side: Side, hall: Hall, tmp_path: Path) -> None:
    """Somebody in between would read every word: not one is said."""
    with wire.machine(wire.spell("200 OK"), tls=wire.unknown_certificate(tmp_path)) as other:
        with sender_apart(hall, side, url=other.url) as sender:
            assert sender.send().outcome.then is Then.RETRY
        assert other.heard == []


def test_secrets_that_the_carrier_does_not_know_stop_the_channel(side: Side, hall: Hall) -> None:
    """No person is blamed for it, and no message is lost: a human must mend it."""
    with sender_apart(hall, side, settings=side.wrong) as sender:
        assert sender.send().outcome.then is Then.STOP_CHANNEL
        assert sender.screen() == []


@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_is_never_taken_for_a_success(side: Side, hall: Hall, answer: str) -> None:
    """The request had left, so it may have been said, unless the answer is clearly a refusal. Nothing is raised."""
    with wire.machine(NONSENSE[answer]) as other, sender_apart(hall, side, url=other.url) as sender:
        ending = sender.send()
    assert other.heard, "it was asked"
    assert ending.outcome.then is not Then.SETTLE
    assert ending.outcome.then is not Then.STOP_PERSON, "no person is blamed for it"
    if answer.startswith(("an empty", "a 200", "a list", "null", "a number", "no ", "depth", "half", "a hang")):
        assert ending.outcome.then is Then.ASK


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_carrier_that_sends_us_elsewhere_is_not_followed(side: Side, hall: Hall, status: str) -> None:
    """There our secrets and somebody's words would be read by whoever stands there."""
    with wire.machine(wire.spell("200 OK")) as elsewhere:
        answer = wire.spell(status, b"", f"Location: {elsewhere.url}/")
        with wire.machine(answer) as other, sender_apart(hall, side, url=other.url) as sender:
            assert sender.send().outcome.then is not Then.SETTLE
            assert len(other.heard) == 1
    assert elsewhere.heard == []


def test_a_proxy_of_the_environment_is_not_used(side: Side, hall: Hall) -> None:
    """A setting of the machine must not lead what we say past somebody else."""
    with wire.machine(wire.spell("502 Bad Gateway")) as proxy:
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        cleared = {"NO_PROXY": "", "no_proxy": ""}
        with patch.dict(os.environ, dict.fromkeys(names, proxy.url) | cleared), sender_apart(hall, side) as sender:
            assert sender.send_at_last().outcome.then is Then.SETTLE
    assert proxy.heard == []


def test_a_text_at_the_limit_arrives_whole(side: Side, sender: Sender) -> None:
    """As long as the channel's facts say that it may be."""
    text = ("Mình ở đây với bạn. " * 500)[: facts(side).limit - 1] + "."
    assert sender.send(text).outcome.then is Then.SETTLE
    assert sender.screen() == [text]


def test_a_text_beyond_the_limit_is_refused_and_only_that(side: Side, sender: Sender) -> None:
    """It is our fault, not the person's and not the channel's: the next message leaves."""
    assert sender.send("a" * (facts(side).limit + 1)).outcome.then is Then.DROP
    assert sender.send().outcome.then is Then.SETTLE
    assert sender.screen() == [OURS]


@pytest.mark.parametrize("name", SAYABLE)
def test_every_letter_stands_on_the_phone_as_we_wrote_it(sender: Sender, name: str) -> None:
    """In NFC, as all of ours leaves; not one letter less."""
    assert sender.send(SAYABLE[name]).outcome.then is Then.SETTLE
    assert sender.screen() == [SAYABLE[name]]


def test_letters_in_pieces_leave_in_one(sender: Sender) -> None:
    """NFC: old phones show the pieces beside each other, and carriers count them."""
    assert sender.send(TEXTS["Vietnamese in pieces"]).outcome.then is Then.SETTLE
    assert sender.screen() == ["Mình cần giấy tờ"]


def test_many_senders_at_once_do_not_get_into_each_others_way(side: Side, hall: Hall, sender: Sender) -> None:
    """Each thread's message reaches its own person."""
    people = [Sender(sender.channel, sender.carrier, meet(hall, side, sender.carrier)) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        endings = list(pool.map(lambda one: one.send(f"cho {one.address}"), people))
    assert [ending.outcome.then for ending in endings] == [Then.SETTLE] * 8
    assert [one.screen() for one in people] == [[f"cho {one.address}"] for one in people]
    assert len({ending.provider_id for ending in endings}) == 8


@pytest.mark.parametrize("fault", ["500_after_accepting", "500_before"])
def test_a_carrier_that_can_be_asked_tells_whether_it_has_the_message(sender: Sender, fault: str) -> None:
    """After an error both are possible; what it has is found, and what it has not is not."""
    channel, message = cast(TracingChannel, sender.channel), claimed(f"Câu {uuid.uuid4().hex}.")
    sender.carrier.spoil(fault)
    assert channel.send(sender.address, message, datetime.now(UTC)).outcome.then is Then.ASK
    is_there, until = fault == "500_after_accepting", time.monotonic() + 5
    while is_there and not list(channel.find(sender.address, message)) and time.monotonic() < until:
        time.sleep(0.02)  # a carrier's list may lag behind
    assert len(list(channel.find(sender.address, message))) == len(sender.screen()) == is_there


def test_a_carrier_that_does_not_answer_a_question_is_silent(sender: Sender) -> None:
    """That is no answer: nothing may be concluded from it."""
    channel = cast(TracingChannel, sender.channel)
    sender.carrier.spoil("down")
    with pytest.raises(CarrierSilent):
        list(channel.find(sender.address, claimed()))


def test_looking_after_a_channel_never_breaks_it(side: Side, hall: Hall) -> None:
    """Once an hour: with a carrier that is well, one that is down, and nobody there at all."""
    with sender_apart(hall, side) as sender:
        sender.channel.tend(datetime.now(UTC))
        sender.carrier.spoil("down")
        with suppress(CarrierSilent, Halted):
            sender.channel.tend(datetime.now(UTC))
        sender.carrier.mend()
        sender.channel.tend(datetime.now(UTC))
        assert sender.send_at_last().outcome.then is Then.SETTLE
    with wire.nobody() as url, sender_apart(hall, side, settings=dict.fromkeys(side.urls, url + side.path)) as alone:
        try:
            alone.channel.tend(datetime.now(UTC))
        except (CarrierSilent, Halted) as error:
            assert alone.address not in str(error)  # noqa: PT017  # it may be raised, or not
