"""Background work in lanes: within a lane one job at a time and in order, lanes beside each other."""

import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable

# A job says when it wants to be tried again, in seconds, or None when it is finished.
Job = Callable[[], float | None]
THREADS = 24  # as many webhooks in flight; beyond that a lane waits its turn

log = logging.getLogger(__name__)


class Lanes:
    """Runs jobs in daemon threads, started as they are needed. close() ends them and drops waiting jobs."""

    def __init__(self, threads: int = THREADS, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = threads
        self._clock = clock
        self._changed = threading.Condition()
        self._lanes: dict[str, deque[tuple[float, Job]]] = {}
        self._due: list[tuple[float, int, str]] = []
        self._count = 0
        self._threads: list[threading.Thread] = []
        self.closed = threading.Event()

    def put(self, lane: str, job: Job, after: float = 0.0) -> None:
        """Add a job to the end of a lane, to be run `after` seconds at the earliest."""
        at = self._clock() + after
        with self._changed:
            if self.closed.is_set():
                return
            waiting = self._lanes.get(lane)
            if waiting is not None:
                waiting.append((at, job))
            else:
                self._lanes[lane] = deque([(at, job)])
                self._schedule(at, lane)
            if len(self._threads) < min(self._most, len(self._lanes)):
                self._start_one()

    def hurry(self) -> None:
        """Try everything that is waiting now."""
        with self._changed:
            self._due = [(0.0, count, lane) for _, count, lane in self._due]
            heapq.heapify(self._due)
            self._changed.notify_all()

    def settle(self, timeout: float) -> bool:
        """Wait until nothing is waiting or running; False when that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._lanes, timeout)

    def close(self, timeout: float = 2.0) -> None:
        """Stop taking and running jobs; wait up to `timeout` seconds for each running one."""
        self.closed.set()
        with self._changed:
            self._lanes.clear()
            self._due.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout)

    def _schedule(self, at: float, lane: str) -> None:
        self._count += 1
        heapq.heappush(self._due, (at, self._count, lane))
        self._changed.notify()

    def _start_one(self) -> None:
        thread = threading.Thread(target=self._work, name="simulator-lane", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while True:
            lane, job = self._next()
            if job is None:
                return
            try:
                again = job()
            except Exception as error:  # a broken job must not end the lane: it is reported by kind and let go
                log.error("a job of the simulator failed: %s", type(error).__name__)
                again = None
            self._finish(lane, again)

    def _next(self) -> tuple[str, Job | None]:
        with self._changed:
            while not self.closed.is_set():
                if not self._due:
                    self._changed.wait()
                    continue
                left = self._due[0][0] - self._clock()
                if left > 0:
                    self._changed.wait(left)
                    continue
                _, _, lane = heapq.heappop(self._due)
                return lane, self._lanes[lane][0][1]
            return "", None

    def _finish(self, lane: str, again: float | None) -> None:
        with self._changed:
            waiting = self._lanes.get(lane)
            if waiting is None or self.closed.is_set():
                return
            if again is not None:
                self._schedule(self._clock() + again, lane)
                return
            waiting.popleft()
            if waiting:
                self._schedule(waiting[0][0], lane)
                return
            del self._lanes[lane]
            self._changed.notify_all()
