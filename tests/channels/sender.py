"""Sending as the program does, to one carrier of a hall or to a channel of its own."""

import importlib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.sending import shaped
from program import read_clock
from storage.safe import Safe
from tests.channels.bench import Carrier, Side
from tests.channels.hall import OURS, Hall, claimed, settings_of
from tests.channels.simulated import NOWHERE
from webhooks.channel import Channel, Deployment
from webhooks.outcomes import Ending, Then


@dataclass(frozen=True)
class Sender:
    """A channel, its carrier, and somebody who can be written to."""

    channel: Channel
    carrier: Carrier
    address: str

    def send(self, text: str = OURS) -> Ending:
        """Send them one message."""
        return self.channel.send(self.address, shaped(claimed(text), self.channel), datetime.now(UTC))

    def send_at_last(self, text: str = OURS) -> Ending:
        """Send it again for as long as nothing left and the carrier asks for patience or a new token."""
        for _ in range(3):
            ending = self.send(text)
            if ending.outcome.then not in (Then.REFRESH, Then.WAIT, Then.RETRY):
                break
        return ending

    def screen(self) -> list[str]:
        """What their phone shows of us."""
        return self.carrier.screen(self.address)


def sender_in(hall: Hall, side: Side) -> Sender:
    """The hall's own channel, and somebody new."""
    found = Sender(hall.channel(side), hall.carrier(side), hall.somebody(side))
    found.carrier.mend()
    found.carrier.meet(found.address)
    return found


@contextmanager
def sender_apart(
    hall: Hall, side: Side, *, url: str | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Sender]:
    """A channel of its own, and a carrier too unless nothing is asked of that.

    Messages go to `url` instead of the carrier; `settings` replace the channel's.
    """
    with ExitStack() as opened:
        is_asked = url is None or len(side.urls) > 1
        carrier = opened.enter_context(side.open()) if is_asked else hall.carrier(side)
        environment = settings_of(side, carrier) | dict(settings or {})
        if url is not None:
            environment[side.urls[0]] = url + side.path
        yield Sender(connect(hall, side, environment), carrier, meet(hall, side, carrier))


def meet(hall: Hall, side: Side, carrier: Carrier) -> str:
    """Somebody who can be written to."""
    address = hall.somebody(side)
    carrier.meet(address)
    return address


def connect(hall: Hall, side: Side, environment: Mapping[str, str]) -> Channel:
    """A channel with these settings, and a safe that nobody else has."""
    program = hall.program

    def safe_of(channel: str) -> Safe:
        return Safe(program.database, program.vault, f"{channel} {uuid.uuid4()}", uuid.uuid4)

    deployment = Deployment(environment, NOWHERE, safe_of, read_clock)
    channel: Channel = importlib.import_module(f"webhooks.{side.name}").connect(deployment)
    assert channel is not None
    return channel
