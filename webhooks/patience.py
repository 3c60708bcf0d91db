"""Calls that end in time, whatever the other side does."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def in_time(work: Callable[[], T], seconds: float) -> T:
    """What `work` comes to; its exceptions are passed on. Raises TimeoutError after so many seconds.

    Then it goes on by itself, and what it comes to is dropped. Time-outs of HTTP clients hold for each read: an answer
    that drips a byte at a time would hold a sender for as long as it drips.
    """
    ended: Future[T] = Future()

    def run() -> None:
        try:
            ended.set_result(work())
        except BaseException as error:  # whatever it is, whoever waits must hear of it
            ended.set_exception(error)

    threading.Thread(target=run, name="carrier-call", daemon=True).start()
    return ended.result(seconds)
