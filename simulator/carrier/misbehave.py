"""How faults are carried out, alike for all carriers.

A carrier calls answer() around each request it serves, Inbound.put() for each webhook about what a person did,
and report() for the receipts of each message it accepted. That is all it needs to know every fault of the
table in faults.py.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from flask import Response, g, request
from werkzeug.exceptions import GatewayTimeout

from simulator.carrier.faults import Fault, Faults
from simulator.carrier.lanes import Lanes

DOWN_POLL_S = 0.1
HELD_POLL_S = 0.01
NO_JSON = "<!doctype html><title>OK</title>\n"

# --- A request of the program: before and after it is accepted


def answer(
    faults: Faults,
    lanes: Lanes,
    moment: str,
    refusals: Mapping[str, Callable[[Fault], Exception]],
    accept: Callable[[], Response],
) -> Response:
    """The answer to a request, spoilt by the fault that waits for this moment; without one just accept().

    `accept` does what was asked and returns the answer of success. `refusals` makes the carrier's own errors:
    "500", "429" and whichever of "blocked", "window_closed" and "token_expired" the carrier knows; they are
    raised, before accepting for all but "500_after_accepting". Silence ends at once when the simulator closes.
    """
    g.moment = moment  # watching.py shows it
    fault = faults.take(moment)
    if fault is None:
        return accept()
    if fault.name == "500_before":
        raise refusals["500"](fault)
    if fault.name in refusals:
        raise refusals[fault.name](fault)
    if fault.name == "time_out_before":
        hang_up(fault, lanes)
    answered = accept()
    match fault.name:
        case "500_after_accepting":
            raise refusals["500"](fault)
        case "time_out_after_accepting":
            hang_up(fault, lanes)
        case "slow":
            lanes.closed.wait(fault.size)
        case "wrong_json":
            return Response(NO_JSON, answered.status_code, content_type=answered.content_type)
    return answered


def hang_up(fault: Fault, lanes: Lanes) -> None:
    """Say nothing for as long as the fault says, then cut the line; always raises."""
    lanes.closed.wait(fault.size)
    line = request.environ.get("werkzeug.socket")
    if line is not None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    raise GatewayTimeout


# --- A webhook about what a person did


@dataclass(eq=False)
class Passage:
    """One webhook on its way, as Inbound.put() was told of it. `until` is for one that is held back."""

    lane: str
    post: Callable[[int], float | None]
    drop: Callable[[], object]
    begun: bool = False
    overtaken: bool = False
    until: float = 0.0


class Inbound:
    """The way of one carrier's webhooks: in order within a lane, unless a fault has it otherwise."""

    def __init__(self, faults: Faults, lanes: Lanes, clock: Callable[[], float] = time.monotonic) -> None:
        self._faults, self._lanes, self._clock = faults, lanes, clock
        self._lock = threading.Lock()
        self._count = 0
        self._held: dict[str, list[Passage]] = {}  # by lane; the next arrival frees the last one held

    def put(self, lane: str, post: Callable[[int], float | None], drop: Callable[[], object]) -> None:
        """Send a webhook behind those of its lane, which is one person's.

        `post(copies)` posts so many at once and returns None when that is settled, or the seconds after which
        it wants to be called again. `drop` is called instead when the webhook is never to be tried. The
        first of the waiting faults is taken when its turn comes, while the carrier is up; repeats take none.
        """
        passage = Passage(lane, post, drop)
        self._lanes.put(lane, lambda: self._go(passage))

    def _go(self, passage: Passage) -> float | None:
        if self._faults.is_down:
            return DOWN_POLL_S
        fault = None if passage.begun else self._faults.take("inbound")
        passage.begun = True
        match fault:
            case Fault(name="drop"):
                passage.drop()
                return None
            case Fault(name="delay", size=seconds):
                return seconds
            case Fault(name="reorder", size=seconds):
                self._hold(passage, seconds)
                return None
            case Fault(name="duplicate", size=copies):
                return self._post(passage, int(copies))
        return self._post(passage)

    def _post(self, passage: Passage, copies: int = 1) -> float | None:
        again = passage.post(copies)
        if again is None:
            with self._lock:
                held = self._held.get(passage.lane)
                if held:
                    held.pop().overtaken = True
        return again

    def _hold(self, passage: Passage, seconds: float) -> None:
        passage.until = self._clock() + seconds
        with self._lock:
            self._count += 1
            lane = f"{passage.lane} held {self._count}"
            self._held.setdefault(passage.lane, []).append(passage)
        self._lanes.put(lane, lambda: self._wait(passage))

    def _wait(self, passage: Passage) -> float | None:
        if self._faults.is_down:
            return DOWN_POLL_S
        if not passage.overtaken and self._clock() < passage.until:
            return HELD_POLL_S
        with self._lock:
            held = self._held.get(passage.lane, [])
            if passage in held:
                held.remove(passage)
        return self._post(passage)


# --- What becomes of a message the carrier accepted


@dataclass(frozen=True)
class Step:
    """A status `after` so many seconds. `kept`: the carrier's record takes it; the program is told `copies` times."""

    status: str
    after: float
    code: int = 0
    kept: bool = True
    copies: int = 1


def report(
    faults: Faults,
    lanes: Lanes,
    lane: str,
    statuses: Sequence[str],
    pace_s: float,
    take: Callable[[Step], float | None],
    undelivered: str = "failed",
) -> None:
    """Let a message go through its statuses in the background, one each `pace_s` seconds, as a fault will have it.

    `take(step)` puts the status into the carrier's record and tells the program, as the step says; it may
    return the seconds after which it wants to be called again. `undelivered` is the carrier's word for a
    message that did not arrive; "failed" must be one too where the carrier knows "contradictory_receipts".
    """

    def put(step: Step) -> None:
        lanes.put(lane, lambda: DOWN_POLL_S if faults.is_down else take(step), step.after)

    for step in plan(faults.take("receipt"), statuses, pace_s, undelivered):
        put(step)


def plan(fault: Fault | None, statuses: Sequence[str], pace_s: float, undelivered: str) -> list[Step]:
    """The steps of a message, the earliest first."""
    steps = [Step(status, place * pace_s) for place, status in enumerate(statuses)]
    match fault:
        case Fault(name="undelivered", size=code):
            steps[-1] = replace(steps[-1], status=undelivered, code=int(code))
        case Fault(name="drop_receipts"):
            steps = [replace(step, copies=0) for step in steps]
        case Fault(name="duplicate_receipts", size=copies):
            steps = [replace(step, copies=int(copies)) for step in steps]
        case Fault(name="late_receipts", size=seconds):
            late = [replace(step, after=step.after + seconds, kept=False) for step in steps]
            steps = [replace(step, copies=0) for step in steps] + late
        case Fault(name="contradictory_receipts", size=code):
            last = steps[-1]
            against = Step("failed", last.after + pace_s, int(code), kept=False)
            steps += [against, replace(last, after=last.after + 2 * pace_s, kept=False)]
    return sorted(steps, key=lambda step: step.after)
