"""Pigeon post, a channel that does not exist: the one file that a new channel takes.

test_toy.py puts it into webhooks/; nothing of the program knows of it.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from flask import Request

from storage.channels import Facts, register
from storage.inbox import Inbound
from storage.outbox import Claimed
from storage.receipts import Receipt
from webhooks.channel import (
    CarrierSilent,
    Channel,
    Delivery,
    Deployment,
    NotProven,
    Reach,
    TakenOver,
    Unreadable,
    is_loopback,
)
from webhooks.outcomes import Ending, Outcome, sent

FACTS = register(Facts("toy", medium="toy", contact_kind="toy", limit=500, traces_sent=True))

FRESH = timedelta(hours=1)
LONGEST_S, LARGEST = 8.0, 100_000
OUTCOMES = {400: Outcome.REJECTED, 401: Outcome.UNAUTHORISED, 403: Outcome.BLOCKED, 429: Outcome.BUSY}
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LANDED = {"landed": "delivered", "read": "read"}


@dataclass(frozen=True)
class Settings:
    """The loft's own settings."""

    url: str
    key: str = field(repr=False)


def connect(deployment: Deployment) -> Channel | None:
    """The channel, or None while one of its settings is missing."""
    url, key = deployment.environment.get("TOY_URL"), deployment.environment.get("TOY_KEY")
    return Toy(Settings(url, key), deployment) if url and key else None


class Toy:
    """One loft."""

    facts = FACTS
    plain = False

    def __init__(self, settings: Settings, deployment: Deployment) -> None:
        self._settings, self._now = settings, deployment.now
        self.is_simulated = is_loopback(settings.url)
        self._http = httpx.Client(timeout=4.0, trust_env=False, headers={"Authorization": f"Bearer {settings.key}"})

    def prove(self, request: Request, door: str) -> None:
        """An HMAC over the body, which tells when it was made."""
        body, shown = request.get_data(), request.headers.get("X-Toy-Proof", "")
        made = hmac.new(self._settings.key.encode(), body, hashlib.sha256).hexdigest()
        if door or not hmac.compare_digest(shown.encode(), made.encode()):
            raise NotProven
        event = _parse(body)
        made_at = event.get("at") if isinstance(event, dict) else None
        if isinstance(made_at, float) and abs(self._now().timestamp() - made_at) > FRESH.total_seconds():
            raise NotProven

    def read(self, request: Request, door: str) -> Delivery:
        """One event: words, a song, an arrival, somebody who came or went."""
        event = _parse(request.get_data())
        try:
            kind, number, who = (_demand(event, name, str) for name in ("kind", "id", "who"))
            written_at = datetime.fromtimestamp(_demand(event, "at", float), UTC)
        except (TypeError, KeyError, ValueError, OverflowError, OSError) as error:
            raise Unreadable from error
        words = event.get("words")
        if kind in ("words", "song") and isinstance(words, str):
            kept = "media" if kind == "song" else "text"
            return Delivery([Inbound(number, who, words, kind=kept, written_at=written_at)])
        if kind in ("came", "went"):
            return Delivery([Reach(number, who, kind == "came", at=written_at)])
        if kind == "keeper":
            return Delivery([TakenOver(number, who)])
        if kind in LANDED:
            return Delivery([Receipt(LANDED[kind], reference=_reference(event))])
        return Delivery([])

    def send(self, address: str, message: Claimed, now: datetime) -> Ending:
        """One letter, under our own id."""
        try:
            letter = json.dumps({"who": address, "words": message.text, "ref": str(message.id)}).encode()
            status, answer = self._call("POST", "/out", letter)
        except NEVER_LEFT as error:
            return Ending(Outcome.UNREACHABLE, type(error).__name__)
        except httpx.HTTPError as error:
            return Ending(Outcome.UNSURE, type(error).__name__)
        told = answer if isinstance(answer, dict) else {}
        if status == 200 and isinstance(told.get("id"), str):
            return sent(told["id"])
        if status in OUTCOMES and (status != 403 or told.get("error") == "shut"):
            wait = told.get("wait")
            return Ending(OUTCOMES[status], f"toy {status}", seconds=float(wait) if isinstance(wait, int) else None)
        return Ending(Outcome.REJECTED if 300 <= status < 500 else Outcome.UNSURE, f"toy {status}")

    def tend(self, now: datetime) -> None:
        """Nothing."""

    def find(self, address: str, message: Claimed) -> Iterable[str]:
        """The loft's id of our letter."""
        try:
            status, answer = self._call("GET", f"/out/{message.id}", None)
        except httpx.HTTPError as error:
            raise CarrierSilent(type(error).__name__) from error
        if status not in (200, 404):
            raise CarrierSilent(str(status))
        return [str(answer["id"])] if status == 200 else []

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        """Status and JSON of an answer, None for what is none. Raises httpx.HTTPError, ReadTimeout for a long one."""
        until, told = time.monotonic() + LONGEST_S, b""
        with self._http.stream(method, self._settings.url + path, content=body) as answer:
            for piece in answer.iter_raw():
                told += piece
                if time.monotonic() > until or len(told) > LARGEST:
                    raise httpx.ReadTimeout("too long")
        try:
            return answer.status_code, json.loads(told)
        except (ValueError, RecursionError):
            return answer.status_code, None


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error


def _demand(event: Any, name: str, kind: type[Any]) -> Any:
    value = event[name]
    if type(value) is not kind or not value:
        raise TypeError(name)
    return value


def _reference(event: dict[str, Any]) -> UUID:
    try:
        return UUID(event["ref"])
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise Unreadable from error
