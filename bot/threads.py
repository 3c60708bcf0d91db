"""The worker as threads of the one process: hints say where to look first, the sweep finds whatever they missed."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from uuid import UUID

import structlog

from bot.worker import Jobs
from logs import describe
from storage.database import Unavailable

ANSWERERS = 2
SENDERS_PER_CHANNEL = 3  # of its own for each, so that a carrier that hangs keeps nobody on another one waiting
MOST_HINTS = 10_000
FETCH_EVERY = 30.0
TEND_EVERY = 3_600.0
LONGEST_QUEUE = 10.0
LOOK_FOR_URGENT = 0.25
STUCK_AFTER = 60.0
WIPE_EVERY = 10.0
"""How long deleted bytes may linger in SQLite's log; with the time an erasure takes, less than the promised 60 s."""

log = structlog.get_logger(__name__)


class Hints:
    """A bounded set of conversations to look at, urgent ones first, then the oldest; each in one pair of hands.

    A hint may be dropped when the set is full: the sweep finds the conversation in the database.
    """

    def __init__(self, most: int = MOST_HINTS) -> None:
        self._most = most
        self._urgent: OrderedDict[UUID, None] = OrderedDict()
        self._waiting: OrderedDict[UUID, None] = OrderedDict()
        self._held: set[UUID] = set()
        self._changed = threading.Condition()

    def offer(self, conversation_id: UUID, urgent: bool = False) -> None:
        """Say that there is work; saying it twice is saying it once."""
        with self._changed:
            line = self._urgent if urgent else self._waiting
            if len(line) < self._most:
                line[conversation_id] = None
                self._changed.notify()

    def take(self, timeout: float) -> UUID | None:
        """The next conversation that nobody holds, or None after the time-out. `put_down` must follow."""
        with self._changed:
            self._changed.wait_for(lambda: self._next() is not None, timeout)
            found = self._next()
            if found is not None:
                self._urgent.pop(found, None)
                self._waiting.pop(found, None)
                self._held.add(found)
            return found

    def put_down(self, conversation_id: UUID, unfinished: bool = False) -> None:
        """The work on it is over; `unfinished`, or offered meanwhile, it is taken again, before those behind it."""
        with self._changed:
            self._held.discard(conversation_id)
            if unfinished:
                self._waiting[conversation_id] = None
                self._waiting.move_to_end(conversation_id, last=False)
            self._changed.notify()

    def _next(self) -> UUID | None:
        lines = chain(self._urgent, self._waiting)
        return next((waiting for waiting in lines if waiting not in self._held), None)


@dataclass
class Crew:
    """All threads of the worker. `offer` is what a webhook calls after its commit."""

    jobs: Jobs
    answers: Hints = field(default_factory=Hints)
    sends: dict[str, Hints] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _beats: dict[str, float] = field(default_factory=dict)

    def offer(self, conversation_id: UUID) -> None:
        """Look at this conversation soon."""
        self.answers.offer(conversation_id)

    def start(self) -> None:
        """Start every thread."""
        work: list[tuple[str, Callable[[], None]]] = []
        work += [(f"answer-{number}", self._answer_one) for number in range(ANSWERERS)]
        for channel in self.jobs.channels:
            hints = self.sends[channel] = Hints()
            send: Callable[[], None] = partial(self._send_one, hints)
            work += [(f"send-{channel}-{number}", send) for number in range(SENDERS_PER_CHANNEL)]
        work += [("sweep", self._sweep), ("erase", self._make_eraser()), ("tend", self._make_tender())]
        work += [("settle", self._settle), ("fetch", self._fetch), ("errands", self._run_errands)]
        for name, step in work:
            thread = threading.Thread(target=self._run, args=(name, step), name=name, daemon=True)
            self._threads.append(thread)
            self._beats[name] = time.monotonic()
            thread.start()

    def stop(self, timeout: float = 15.0) -> None:
        """Finish the work in hand; what is left stands in the database."""
        self._stopping.set()
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def is_well(self) -> bool:
        """Whether every thread lives and has moved within the last minute."""
        now = time.monotonic()
        alive = all(thread.is_alive() for thread in self._threads)
        return alive and all(now - beat < STUCK_AFTER for beat in self._beats.values())

    def _run(self, name: str, step: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            self._beats[name] = time.monotonic()
            try:
                step()
            except Unavailable:
                log.warning("database unavailable", thread=name)
                self._stopping.wait(1.0)
            except Exception as error:
                log.error("job failed", thread=name, **describe(error))
                self._stopping.wait(1.0)

    def _answer_one(self) -> None:
        conversation_id = self.answers.take(timeout=1.0)
        if conversation_id is not None:
            try:
                self._offer_sending(conversation_id, self.jobs.answer(conversation_id))
            finally:
                self.answers.put_down(conversation_id)

    def _offer_sending(self, conversation_id: UUID, channel: str | None, urgent: bool = False) -> None:
        if channel in self.sends:
            self.sends[channel].offer(conversation_id, urgent)

    def _send_one(self, hints: Hints) -> None:
        conversation_id = hints.take(timeout=1.0)
        if conversation_id is None:
            return
        wait = 0.0
        try:
            wait = self.jobs.send(conversation_id, self._may_go_on)
        finally:
            # the sweep brings back what has to wait for longer than a place in the pace
            hints.put_down(conversation_id, unfinished=0 < wait <= LONGEST_QUEUE)
        if wait > 0:
            self._stopping.wait(min(wait, LOOK_FOR_URGENT))

    def _may_go_on(self) -> bool:
        self._beats[threading.current_thread().name] = time.monotonic()
        return not self._stopping.is_set()

    def _sweep(self) -> None:
        to_answer, to_send = self.jobs.sweep()
        for conversation_id in to_answer:
            self.answers.offer(conversation_id)
        for waiting in to_send:
            self._offer_sending(waiting.conversation_id, waiting.channel, waiting.is_urgent)
        self._stopping.wait(1.0)

    def _make_eraser(self) -> Callable[[], None]:
        wiped_at: float | None = None  # a kill between an erasure and its wiping leaves the log for this start

        def erase() -> None:
            nonlocal wiped_at
            erased, anew = self.jobs.erase_due()
            for conversation_id in anew:
                self.answers.offer(conversation_id)
            if erased:
                wiped_at = None
            # People are also erased at the command line, and when they write again: this thread is not told
            if wiped_at is None or time.monotonic() - wiped_at >= WIPE_EVERY:
                wiped_at = time.monotonic() if self.jobs.database.wipe_log() else None
            self.jobs.keep_house()
            self._stopping.wait(1.0)

        return erase

    def _settle(self) -> None:
        self.jobs.settle_abandoned()
        self._stopping.wait(1.0)

    def _run_errands(self) -> None:
        self.jobs.run_errands()
        self._stopping.wait(1.0)

    def _fetch(self) -> None:
        for conversation_id in self.jobs.fetch_missed():
            self.answers.offer(conversation_id)
        self._stopping.wait(FETCH_EVERY)

    def _make_tender(self) -> Callable[[], None]:
        tended_at: dict[str, float] = {}

        def tend() -> None:
            for channel in self.jobs.channels:
                due = time.monotonic() - tended_at.get(channel, -TEND_EVERY) >= TEND_EVERY
                if due and self.jobs.tend(channel):
                    tended_at[channel] = time.monotonic()
            self._stopping.wait(5.0)

        return tend
