"""Logs that cannot tell on anybody: an allowlist of keys, and of libraries only that they spoke.

Any other key is dropped and counted in `dropped`. A library's record keeps its logger and level; its message and
arguments may hold a number or a text, so they are never printed, at any level.
"""

import logging
import sys
import threading
import traceback
from collections import Counter
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

ALLOWED = frozenset(
    (
        "event",
        "level",
        "timestamp",
        "logger",
        "thread",
        "channel",
        "status",
        "outcome",
        "reason",
        "conversation",
        "error",
        "where",
    )
)
HERE = Path(__file__).parent

dropped: Counter[str] = Counter()


def set_up_logs(level: int = logging.INFO) -> None:
    """Send our own events and the libraries' to standard error, one JSON object a line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Silencer()]
    root.setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = _describe_uncaught
    threading.excepthook = lambda caught: _describe_uncaught(caught.exc_type, caught.exc_value, caught.exc_traceback)
    logging.raiseExceptions = False


def keep_allowed(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every key that is not on the list, whatever it holds, and every value that is not plain."""
    for key in list(event):
        if key not in ALLOWED or not isinstance(event[key], str | int | float | bool | None):
            dropped[key if key in ALLOWED else "other"] += 1
            del event[key]
    return event


def describe(error: BaseException) -> dict[str, str]:
    """What may be logged of an error: its type, and the last line of our own code that it passed. Never its message."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    where = f"{Path(ours[-1].filename).relative_to(HERE)}:{ours[-1].lineno}" if ours else "outside"
    return {"error": type(error).__name__, "where": where}


def _describe_uncaught(_type: type[BaseException], error: BaseException | None, _trace: TracebackType | None) -> None:
    """What ends a program or a thread may carry a text or an address in its message."""
    if error is not None:
        structlog.get_logger("uncaught").error("uncaught", **describe(error))


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(HERE) and ".venv" not in path.parts


class _Silencer(logging.Handler):
    """Prints that a library spoke, not what it said.

    It has no level of its own: beside a handler that leaves any record out, Flask and Werkzeug put one of theirs, which
    prints exceptions with their messages.
    """

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING:
            return
        log = structlog.get_logger(record.name)
        error = record.exc_info[1] if record.exc_info else None
        more = describe(error) if error is not None else {}
        log.log(record.levelno, "a library spoke", logger=record.name, **more)
