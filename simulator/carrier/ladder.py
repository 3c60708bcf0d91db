"""Webhooks that are tried again after one gap and another, each on its own: those behind it do not wait."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulator.carrier.faults import Faults
from simulator.carrier.misbehave import DOWN_POLL_S
from simulator.carrier.posting import Attempt
from simulator.world import World


def tell_nobody(arrived: bool) -> None:
    """For a webhook about nothing on any screen."""


@dataclass(frozen=True)
class Call:
    """One webhook: what it is about and of which message, its bytes, and who hears whether it arrived."""

    kind: str
    id: str
    body: bytes = field(repr=False)
    told: Callable[[bool], object] = field(default=tell_nobody, repr=False)


@dataclass(frozen=True)
class Rungs:
    """How patient a carrier is: seconds for an answer, seconds between one try and the next."""

    timeout_s: float
    gaps_s: tuple[float, ...]


class Ladder:
    """The way of one carrier's webhooks to one address.

    `headers(body, tries)` makes the headers of each try, `tries` being how many came before it. After the
    last try in vain `given_up` is called, unless there was only one. `closed` stops every try, those that wait
    as well. `attempts` tells every call and how it was answered, never what it said.
    """

    def __init__(
        self,
        world: World,
        faults: Faults,
        url: str,
        rungs: Rungs,
        headers: Callable[[bytes, int], Mapping[str, str]],
        given_up: Callable[[], object],
    ) -> None:
        self.url, self.closed = url, False
        self.attempts: list[Attempt] = []
        self._lanes, self._postman, self._now = world.lanes, world.postman, world.now
        self._faults, self._rungs, self._headers, self._given_up = faults, rungs, headers, given_up
        self._count = itertools.count(1)

    def post(self, call: Call, copies: int = 1) -> None:
        """Try a webhook now, `copies` of it at once; later tries follow in the background, one at a time."""
        self._climb(call, 0, copies)

    def acknowledged(self, kind: str) -> frozenset[str]:
        """The ids of webhooks of a kind that were answered with 2xx at least once."""
        return frozenset(a.id for a in list(self.attempts) if a.kind == kind and a.acknowledged)

    def _climb(self, call: Call, tries: int, copies: int = 1) -> None:
        if self.closed:
            call.told(False)
            return
        headers = self._headers(call.body, tries)
        answers = self._postman.post(self.url, call.body, headers, self._rungs.timeout_s, copies)
        self.attempts.extend(Attempt(call.kind, call.id, answer.code, self._now()) for answer in answers)
        arrived = any(answer.acknowledged for answer in answers)
        call.told(arrived)
        if arrived:
            return
        if tries >= len(self._rungs.gaps_s):
            if tries:
                self._given_up()
            return
        lane = f"{self.url} again {next(self._count)}"
        self._lanes.put(lane, lambda: self._again(call, tries + 1), self._rungs.gaps_s[tries])

    def _again(self, call: Call, tries: int) -> float | None:
        if self._faults.is_down:
            return DOWN_POLL_S
        self._climb(call, tries)
        return None
