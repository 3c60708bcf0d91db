"""Misbehaviour on demand of the simulated Twilio, felt by the official client."""

import time

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

from simulator.serve import Running
from tests.simulator.conftest import LINE, PERSON, Program
from tests.simulator.twilio_client import client_of, send, settled


def test_500_after_accepting_sends_and_500_before_does_not(running: Running) -> None:
    """The two kinds of 500 look alike to the caller; only the account knows."""
    for fault, sent in (("500_before", 0), ("500_after_accepting", 1)):
        running.twilio.fault(fault)
        with pytest.raises(TwilioRestException) as refused:
            send(running)
        assert refused.value.status == 500
        assert len(running.twilio.sent_to(PERSON)) == sent
    send(running)
    assert len(running.twilio.sent_to(PERSON)) == 2


def test_a_time_out_after_accepting_leaves_the_message_with_the_carrier(running: Running) -> None:
    """The caller hears nothing, then the line is cut; the message is sent all the same."""
    running.twilio.fault("time_out_after_accepting", size=0.6)
    with pytest.raises(requests.exceptions.Timeout):
        client_of(running, timeout=0.2).messages.create(to=PERSON, from_=LINE, body="x")
    running.twilio.fault("time_out_after_accepting", size=0.05)
    with pytest.raises(requests.exceptions.ConnectionError):
        send(running)
    assert len(running.twilio.sent_to(PERSON)) == 2


def test_429_blocked_and_slow_strike_as_often_as_ordered(running: Running) -> None:
    """A fault lasts for the ordered number of sends and leaves other calls alone."""
    running.twilio.fault("429", times=2)
    running.twilio.fault("blocked")
    running.twilio.fault("slow", size=0.2)
    assert client_of(running).messages.list() == []
    codes = []
    for _ in range(3):
        with pytest.raises(TwilioRestException) as refused:
            send(running)
        codes.append((refused.value.status, refused.value.code))
    assert codes == [(429, 20429), (429, 20429), (400, 21610)]
    begun = time.monotonic()
    send(running)
    assert time.monotonic() - begun >= 0.2


def test_a_fault_can_be_ordered_for_another_call(running: Running) -> None:
    """`moment` names the call that is to fail: list, fetch, redact, delete."""
    running.twilio.fault("500_before", moment="list")
    assert send(running)
    with pytest.raises(TwilioException):
        client_of(running).messages.list()


def test_a_duplicate_is_delivered_many_times_at_once(running: Running, program: Program) -> None:
    """The same bytes and the same signature, n times, at the same moment."""
    program.slow_s = 0.2
    running.twilio.fault("duplicate", size=20)
    running.twilio.text(PERSON, "xin chao")
    settled(running)
    heard = program.to("/webhooks/twilio")
    assert len(heard) == 20
    assert len({(h.body, h.headers["x-twilio-signature"]) for h in heard}) == 1
    assert program.most_at_once >= 15


def test_receipts_can_be_lost_or_tell_that_it_was_not_delivered(running: Running, program: Program) -> None:
    """drop_receipts loses the callbacks of one message, undelivered ends with an error code."""
    callback = f"{program.url}/status"
    running.twilio.fault("drop_receipts")
    silent = send(running, status_callback=callback)
    settled(running)
    assert not program.heard
    assert running.twilio.fetch(silent).status == "delivered"
    running.twilio.fault("undelivered", size=30006)
    send(running, status_callback=callback)
    settled(running)
    last = program.to("/status")[-1].form
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30006")


def test_while_down_nothing_is_answered_or_delivered_until_up(running: Running, program: Program) -> None:
    """Down strikes both directions and ends with up()."""
    running.twilio.fault("down")
    running.twilio.text(PERSON, "xin chao")
    with pytest.raises(TwilioRestException) as refused:
        send(running)
    assert refused.value.status == 503
    assert not running.settle(0.2)
    assert not program.heard
    running.twilio.up()
    settled(running)
    assert len(program.heard) == 1
    assert send(running)
