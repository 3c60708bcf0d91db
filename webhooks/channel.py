"""What every channel is: a door that proves its sender, a reader of what arrives, and a way to send.

Errors:
    NotProven      the request does not come from the carrier: 403, and nothing of it is looked at
    Unreadable     the carrier's own request cannot be understood: 400
    CarrierSilent  the carrier did not answer, or not to the point; ask again later
    NotNow         the carrier answers, but cannot do it for this message yet
    Halted         nothing works on this channel until a human mends it
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from flask import Request

from storage.channels import Facts
from storage.inbox import Inbound
from storage.outbox import Claimed
from storage.receipts import Receipt
from storage.safe import Safe
from webhooks.outcomes import Ending


class NotProven(Exception):
    """The request does not come from the carrier."""


class Unreadable(Exception):
    """The carrier's request cannot be understood."""


class CarrierSilent(Exception):
    """The carrier did not answer, or not to the point; ask again later."""


class NotNow(Exception):
    """The carrier answers, but cannot do it for this message yet."""


class Halted(Exception):
    """Nothing works on this channel until a human mends it; `ending` says what is wrong."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.reason)
        self.ending = ending


@dataclass(frozen=True)
class Reach:
    """The person opened or shut the door at the carrier. `stopped` means that they also asked for no more notices.

    `provider_id` names the message or update with which they did: it must not be fetched and answered later. `at` is
    when, if the carrier says so.
    """

    provider_id: str
    address: str
    open: bool
    stopped: bool = False
    at: datetime | None = None


@dataclass(frozen=True)
class TakenOver:
    """One of our people wrote to this person at the carrier's own desk: the bot keeps quiet.

    `provider_id` names the message; `at` is when, if the carrier says so.
    """

    provider_id: str
    address: str
    at: datetime | None = None


Event = Inbound | Receipt | Reach | TakenOver


@dataclass(frozen=True)
class Delivery:
    """One proven request, read: what happened, and what the carrier wants to hear once it is kept."""

    events: Sequence[Event]
    answer: str = ""
    content_type: str = "text/plain"


@dataclass(frozen=True)
class Deployment:
    """What a channel is made from: its own settings, our address, a safe of its own if it asks for one, the clock."""

    environment: Mapping[str, str]
    public_url: str
    safe_of: Callable[[str], Safe]
    now: Callable[[], datetime]


class Channel(Protocol):
    """One carrier. `is_simulated` is true when it talks to a simulator on this machine.

    `plain` says that this deployment wants its SMS without diacritics.
    """

    facts: Facts
    is_simulated: bool
    plain: bool

    def prove(self, request: Request, door: str) -> None:
        """Raise NotProven unless the carrier signed this request for this door ("" or a sub-path such as "status")."""

    def read(self, request: Request, door: str) -> Delivery:
        """What a proven request says. Raises Unreadable."""

    def send(self, address: str, message: Claimed, now: datetime) -> Ending:
        """Hand one message over, within some ten seconds. Never raises for what a carrier or a network does."""

    def tend(self, now: datetime) -> None:
        """What keeps the channel going, once an hour: say where our door is, renew a token.

        After failures it is called before a message is risked, so where the carrier cannot tell what became of one, it
        makes a call that shows whether the carrier is there. May raise CarrierSilent and Halted.
        """


class TracingChannel(Channel, Protocol):
    """A carrier that can tell what became of a message (facts.traces_sent)."""

    def find(self, address: str, message: Claimed) -> Iterable[str]:
        """The carrier's ids of what may be this message, the likeliest first: to this address, since it was claimed.

        May raise CarrierSilent.
        """


class ListingChannel(Channel, Protocol):
    """A carrier that can tell what came in while we were away (facts.lists_received)."""

    def missed(self, since: datetime) -> Iterable[Inbound]:
        """What people sent us since then, oldest first, delivered here or not. May raise CarrierSilent."""


class CopyingChannel(Channel, Protocol):
    """A carrier that keeps copies of what was said (facts.keeps_copies)."""

    def drop_copy(self, action: str, provider_id: str) -> None:
        """Have the carrier's copy redacted or deleted; done as well when it has none.

        May raise NotNow, CarrierSilent.
        """


def is_loopback(url: str) -> bool:
    """Whether a carrier's address is on this machine, that is, a simulator."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def replace_origin(url: str, origin: str) -> str:
    """The same path and query at another scheme and host."""
    wanted = urlsplit(origin)
    return urlsplit(url)._replace(scheme=wanted.scheme, netloc=wanted.netloc).geturl()
