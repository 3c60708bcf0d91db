"""Everything that the program's logs say at their most talkative, and what must not be in it."""

import io
import logging
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import structlog

from logs import set_up_logs

LIBRARIES = ("httpx", "httpcore", "urllib3", "twilio", "telegram", "sqlalchemy", "werkzeug", "app", "asyncio")


@contextmanager
def overheard() -> Iterator[io.StringIO]:
    """The program's logs at DEBUG, set up as the program does; the process's own logging is as before afterwards."""
    root, raising, hooks = logging.getLogger(), logging.raiseExceptions, (sys.excepthook, threading.excepthook)
    handlers, level, heard = list(root.handlers), root.level, io.StringIO()
    try:
        with patch.object(sys, "stderr", heard):
            set_up_logs(logging.DEBUG)
            for name in LIBRARIES:
                logging.getLogger(name).setLevel(logging.DEBUG)
            yield heard
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.raiseExceptions, (sys.excepthook, threading.excepthook) = raising, hooks
        logging.captureWarnings(False)
        structlog.reset_defaults()
        for name in LIBRARIES:
            logging.getLogger(name).setLevel(logging.NOTSET)


def check_silent(said: str, secrets: Iterable[str]) -> None:
    """None of these stands there, nor the half of one."""
    for secret in secrets:
        for part in (secret, secret[: max(6, len(secret) // 2)], secret[-max(6, len(secret) // 2) :]):
            assert part not in said, "a log tells what it must not"
