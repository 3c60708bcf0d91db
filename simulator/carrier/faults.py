"""Misbehaviour on demand: one table of named faults, and a queue of them for each carrier.

A carrier asks at each moment of its work ("send", "inbound", "receipt", ...) whether a fault is waiting for
that moment; misbehave.py carries it out, alike for all carriers. To add a fault, add a row here, one branch
there, and its words on the /try page and in docs/simulator.md.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SMS = ("twilio", "smsgate")
RECEIVING = ("twilio", "smsgate", "zalo")  # Telegram tells a bot nothing about what became of a message
ALL = (*RECEIVING, "telegram")


class UnknownFault(ValueError):
    """No fault of that name is in the table, or the carrier does not know it."""


@dataclass(frozen=True)
class Fault:
    """One way to misbehave: its name, the moment it strikes, its size (seconds, copies or a code), who knows it."""

    name: str
    moment: str
    size: float = 0.0
    carriers: tuple[str, ...] = ALL


TABLE: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("500_before", "send"),  # nothing was accepted
        Fault("500_after_accepting", "send"),  # accepted and delivered, and yet the answer is 500
        Fault("time_out_before", "send", 30.0),  # nothing was accepted: silence for so many seconds, then hung up
        Fault("time_out_after_accepting", "send", 30.0),  # accepted, then silence for so many seconds, then hung up
        Fault("slow", "send", 3.0),  # accepted at once, answered after so many seconds
        Fault("429", "send", 1.0),  # too many requests; so many seconds to wait
        Fault("wrong_json", "send"),  # accepted, and the answer of success is not JSON
        Fault("blocked", "send"),  # this person refuses us: opted out, blocked the bot, or no longer follows
        Fault("window_closed", "send", carriers=("zalo",)),  # too long ago that the person wrote
        Fault("token_expired", "send", carriers=("zalo",)),  # the access token is no longer good from now on
        Fault("duplicate", "inbound", 2.0),  # one webhook, so many copies at once
        Fault("reorder", "inbound", 2.0),  # waits until the person's next webhook has arrived, at most so many seconds
        Fault("delay", "inbound", 2.0),  # comes so many seconds late, and those behind it too
        Fault("drop", "inbound"),  # this webhook is never tried
        Fault("drop_receipts", "receipt", carriers=RECEIVING),  # a message's receipts are lost
        Fault("late_receipts", "receipt", 5.0, RECEIVING),  # they come so many seconds late
        Fault("duplicate_receipts", "receipt", 2.0, RECEIVING),  # each comes so many times at once
        Fault("contradictory_receipts", "receipt", 30008.0, SMS),  # delivered, failed with this code, delivered
        Fault("undelivered", "receipt", 30003.0, SMS),  # ends as not delivered, with this code
    )
}
DOWN = "down"  # not a row: it lasts until .up() and strikes every moment


class Faults:
    """The faults waiting for one carrier, named as in the table. Safe to use from many threads."""

    def __init__(self, carrier: str) -> None:
        self.known = tuple(fault for fault in TABLE.values() if carrier in fault.carriers)
        self._carrier, self._lock = carrier, threading.Lock()
        self._waiting: list[Fault] = []
        self._up = threading.Event()
        self._up.set()

    def add(self, name: str, times: int = 1, size: float | None = None, moment: str | None = None) -> None:
        """Queue a fault for the next `times` occasions of its moment; "down" begins now and lasts until up().

        `size` replaces the table's size, `moment` its moment: a send's fault may strike "list", "fetch",
        "redact" or "delete" of Twilio and any method's name of Telegram instead. Raises UnknownFault.
        """
        if name == DOWN:
            self._up.clear()
            return
        rows = {fault.name: fault for fault in self.known}
        if name not in rows:
            raise UnknownFault(f"{self._carrier} knows no fault {name!r}; it knows {', '.join([*rows, DOWN])}")
        row = rows[name]
        fault = Fault(row.name, moment or row.moment, row.size if size is None else size, row.carriers)
        with self._lock:
            self._waiting.extend([fault] * times)

    def take(self, moment: str) -> Fault | None:
        """The oldest fault waiting for this moment, taken from the queue, or None."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.moment == moment:
                    return self._waiting.pop(place)
        return None

    def waiting(self) -> Counter[Fault]:
        """How many times each fault is still to strike, the oldest first."""
        with self._lock:
            return Counter(self._waiting)

    def clear(self) -> None:
        """Forget every waiting fault and be up."""
        with self._lock:
            self._waiting.clear()
        self._up.set()

    def up(self) -> None:
        """End "down"."""
        self._up.set()

    @property
    def is_down(self) -> bool:
        """Whether the carrier answers nobody and delivers nothing."""
        return not self._up.is_set()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be down for the length of a with-block."""
        self._up.clear()
        try:
            yield
        finally:
            self._up.set()
