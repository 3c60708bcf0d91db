"""What waits and what happened, for a page that shows it: kinds, codes and times, never what was said.

GET /carriers: the names of the carriers there are. GET /faults/<carrier>: whether it is down, the faults it knows
and those that wait. DELETE /faults/<carrier>/down: be up again and keep what waits. GET /attempts/<carrier>: the
last webhooks it posted and the last requests it was sent, newest first.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request

from simulator.control.acting import carrier_of

watching = Blueprint("watching", __name__)
NAMES = ("twilio", "smsgate", "telegram", "zalo")
LAST = 50  # of each direction
API = "_api"  # the blueprint that serves a carrier's API is called <carrier>_api
CODES = ("error", "code", "error_code")  # where Zalo, Twilio and Telegram put their own number for what is wrong


@dataclass(frozen=True)
class Call:
    """One request of the program: what it asked for, the answer's status (None: the line was cut) and its own code."""

    kind: str
    code: int | None
    error: int | None
    at: datetime


class Calls:
    """The last requests that each carrier was sent. Safe to use from many threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._last: dict[str, deque[Call]] = {name: deque(maxlen=LAST) for name in NAMES}

    def note(self, carrier: str, kind: str, code: int | None, error: int | None) -> None:
        """Remember a request that was just answered."""
        with self._lock:
            self._last[carrier].append(Call(kind, code, error, self._now()))

    def of(self, carrier: str) -> list[Call]:
        """The last requests, oldest first."""
        with self._lock:
            return list(self._last[carrier])


@watching.after_app_request
def note_request(answer: Response) -> Response:
    """Remember each request of the program, except questions that were answered well: they would crowd out the rest."""
    carrier = (request.blueprint or "").removesuffix(API)
    quiet = request.method == "GET" and answer.status_code < 400
    if carrier in NAMES and not quiet:
        code = None if answer.status_code == 504 else answer.status_code  # 504 is never read: the line is cut by then
        calls: Calls = current_app.extensions["calls"]
        calls.note(carrier, g.get("moment") or str(request.endpoint).rpartition(".")[2], code, error_of(answer))
    return answer


@watching.get("/carriers")
def list_carriers() -> Response:
    """The carriers of this simulator."""
    return jsonify({"carriers": [name for name in NAMES if name in current_app.extensions]})


@watching.get("/faults/<carrier>")
def list_faults(carrier: str) -> Response:
    """What a carrier knows and what waits."""
    faults = carrier_of(carrier).faults
    known = [{"fault": fault.name, "moment": fault.moment, "size": fault.size} for fault in faults.known]
    waiting = [
        {"fault": fault.name, "moment": fault.moment, "size": fault.size, "times": times}
        for fault, times in faults.waiting().items()
    ]
    return jsonify({"carrier": carrier, "down": faults.is_down, "known": known, "waiting": waiting})


@watching.delete("/faults/<carrier>/down")
def be_up(carrier: str) -> tuple[str, int]:
    """End "down" and keep what waits."""
    carrier_of(carrier).faults.up()
    return "", 204


@watching.get("/attempts/<carrier>")
def list_attempts(carrier: str) -> Response:
    """What passed between a carrier and the program, newest first; `try` counts the tries of one webhook."""
    tries: Counter[tuple[str, str]] = Counter()
    found: list[tuple[datetime, dict[str, Any]]] = []
    for attempt in list(carrier_of(carrier).attempts):
        tries[attempt.kind, attempt.id] += 1
        row = {"to": "program", "kind": attempt.kind, "code": attempt.code, "error": None}
        found.append((attempt.at, row | {"try": tries[attempt.kind, attempt.id]}))
        if attempt.kind == "receipt" and attempt.acknowledged:
            tries[attempt.kind, attempt.id] = 0  # the next status of the same message begins anew
    calls: Calls = current_app.extensions["calls"]
    for call in calls.of(carrier):
        row = {"to": "carrier", "kind": call.kind, "code": call.code, "error": call.error}
        found.append((call.at, row | {"try": 1}))
    newest = sorted(found, key=lambda one: one[0], reverse=True)[:LAST]
    rows = [row | {"at": at.isoformat(timespec="milliseconds")} for at, row in newest]
    return jsonify({"attempts": rows})


def error_of(answer: Response) -> int | None:
    """The carrier's own number for what is wrong, if the answer has one."""
    body = answer.get_json(silent=True) if answer.is_json else None
    codes = [body.get(name) for name in CODES] if isinstance(body, dict) else []
    return next((code for code in codes if isinstance(code, int) and code != 0), None)
