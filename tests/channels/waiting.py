"""Sends that wait for as long as a time-out: all of them side by side, behind whatever else is tried meanwhile."""

import time
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass

from tests.channels import wire
from tests.channels.bench import Side
from tests.channels.hall import Hall
from tests.channels.sender import sender_apart
from webhooks.outcomes import Then

WAYS = ("time_out_before", "time_out_after_accepting", "gate", "drip")


@dataclass(frozen=True)
class Waited:
    """How a send ended, after how long, and how many messages the phone shows."""

    then: Then
    seconds: float
    shown: int


def wait_for(hall: Hall, side: Side, how: str) -> Waited:
    """Send to a carrier that says nothing, or that cannot be reached."""
    with ExitStack() as opened:
        url = None
        if how == "gate":
            url = opened.enter_context(wire.closed_gate())
        elif how == "drip":
            url = opened.enter_context(wire.machine(wire.spell("200 OK", b" " * 40), drip_s=0.5)).url
        sender = opened.enter_context(sender_apart(hall, side, url=url))
        if url is None:
            sender.carrier.spoil(how)
        began = time.monotonic()
        ending = sender.send()
        return Waited(ending.outcome.then, time.monotonic() - began, len(sender.screen()))


Begun = dict[tuple[str, str], Future[Waited]]
