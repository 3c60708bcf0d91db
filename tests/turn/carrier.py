"""A made-up carrier: it does what the test tells it, and remembers what it was handed."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from flask import Request

from storage.channels import Facts
from storage.inbox import Inbound
from storage.outbox import Claimed
from webhooks.channel import CarrierSilent, Delivery, NotProven, Unreadable
from webhooks.outcomes import Ending, sent

Meanwhile = Callable[[], None]


@dataclass
class Carrier:
    """One carrier. `answers` are how its next sends end, then each message is sent; `reached` is what people can read.

    `lists` says whether it owns up to what reached it when it is asked. `meanwhile` is called during each send.
    """

    facts: Facts
    is_simulated: bool = True
    plain: bool = False
    answers: list[Ending] = field(default_factory=list)
    is_silent: bool = False
    lists: bool = True
    meanwhile: Meanwhile | None = None
    handed: list[Claimed] = field(default_factory=list)
    reached: list[tuple[str, str, str]] = field(default_factory=list)
    asked: int = 0
    tended: int = 0
    dropped: list[tuple[str, str]] = field(default_factory=list)

    def prove(self, request: Request, door: str) -> None:
        """Nobody comes to this door."""
        raise NotProven

    def read(self, request: Request, door: str) -> Delivery:
        """Nothing is read here."""
        raise Unreadable

    def send(self, address: str, message: Claimed, now: datetime) -> Ending:
        """The next ending. Without one the message reaches its person, and its id is a new one."""
        self.handed.append(message)
        if self.meanwhile is not None:
            self.meanwhile()
        if self.answers:
            return self.answers.pop(0)
        return sent(self.reach(address, message.text))

    def reach(self, address: str, text: str) -> str:
        """A message is delivered to somebody; the carrier's id."""
        provider_id = f"OUT{uuid.uuid4().hex}"
        self.reached.append((provider_id, address, text))
        return provider_id

    def tend(self, now: datetime) -> None:
        """Nothing keeps it going; it shows whether it is there."""
        self.tended += 1
        if self.is_silent:
            raise CarrierSilent

    def missed(self, since: datetime) -> Iterable[Inbound]:
        """Nothing was missed."""
        self._answer()
        return []

    def find(self, address: str, message: Claimed) -> Iterable[str]:
        """The ids of what reached this address with this text."""
        self._answer()
        return [one for one, to, text in self.reached if self.lists and (to, text) == (address, message.text)]

    def drop_copy(self, action: str, provider_id: str) -> None:
        """Done at once."""
        self._answer()
        self.dropped.append((action, provider_id))

    def texts(self) -> list[str]:
        """What people can read, in order."""
        return [text for _, _, text in self.reached]

    def _answer(self) -> None:
        self.asked += 1
        if self.is_silent:
            raise CarrierSilent
