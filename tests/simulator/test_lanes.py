"""Background work: order within a lane, lanes beside each other, retries, an end."""

import threading
import time

from simulator.carrier.lanes import Lanes


def test_a_lane_keeps_its_order_even_when_a_job_comes_back() -> None:
    """A job that asks to be tried again holds the jobs behind it, and nobody else."""
    lanes, done, tries = Lanes(threads=2), [], iter([0.05, 0.05, None])

    def stubborn() -> float | None:
        done.append("stubborn")
        return next(tries)

    lanes.put("a", stubborn)
    lanes.put("a", lambda: done.append("behind"))
    lanes.put("b", lambda: done.append("beside"))
    assert lanes.settle(2)
    assert done[-1] == "behind"
    assert done.count("stubborn") == 3
    assert done.index("beside") < 3
    lanes.close()


def test_hurry_tries_at_once_what_would_wait_long() -> None:
    """A wait of a minute ends at once."""
    lanes, done = Lanes(), threading.Event()
    lanes.put("a", lambda: done.set(), after=60)  # noqa: PLW0108  # a job returns None
    assert not done.wait(0.1)
    lanes.hurry()
    assert done.wait(2)
    lanes.close()


def test_a_failing_job_does_not_end_its_lane() -> None:
    """The job is let go; the next one runs."""
    lanes, done = Lanes(threads=1), threading.Event()

    def fail() -> None:
        raise RuntimeError("nothing of this is logged")

    lanes.put("a", fail)
    lanes.put("a", lambda: done.set())  # noqa: PLW0108  # a job returns None
    assert done.wait(2)
    assert lanes.settle(2)
    lanes.close()


def test_closing_ends_the_threads_and_drops_what_waits() -> None:
    """Nothing runs after close()."""
    lanes, done = Lanes(), threading.Event()
    lanes.put("a", lambda: done.set(), after=0.2)  # noqa: PLW0108  # a job returns None
    begun = time.monotonic()
    lanes.close()
    lanes.put("a", lambda: done.set())  # noqa: PLW0108  # a job returns None
    assert time.monotonic() - begun < 10
    assert not done.wait(0.4)
