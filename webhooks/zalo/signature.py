"""How Zalo signs its webhooks: plain SHA-256, not HMAC, over a first term, the body, a time and a key.

Sources: docs.zaloplatforms.com, the page about webhooks, and those who run them. They disagree on the first term, on
the key, and on where the time stands, so a deployment says which variants it believes. Nobody can move a byte from one
term into the next: the body must be a JSON object, which ends with its brace, and the time must be digits; the first
term and the key are our own. Nor can a longer text be made from a known digest: it would have to end with the key.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import structlog

from webhooks.channel import NotProven

FIRST, KEYS, TIMES = ("app_id", "oa_id"), ("oa_secret", "app_secret"), ("body", "header")
HOW = (
    f"list one or more of {'|'.join(FIRST)} + {'|'.join(KEYS)}, with +header for the time, by commas: app_id+oa_secret"
)

SHOWN = re.compile(r"(?:mac=|sha256=)?([0-9a-f]{64})")
DIGITS = re.compile(r"[0-9]{1,15}")

OLDEST = timedelta(hours=24)  # Zalo repeats an event for less than 2 hours, by an older page for 12
NEWEST = timedelta(minutes=10)  # clocks differ
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Variant:
    """One way to sign, as written in ZALO_SIGNATURE."""

    first: str
    key: str
    time: str = "body"

    def __str__(self) -> str:
        return "+".join([self.first, self.key, *(["header"] if self.time == "header" else [])])


EVERY = tuple(Variant(first, key, time) for first, key, time in product(FIRST, KEYS, TIMES))


class Signatures:
    """The variants a deployment believes, and the terms they are made of: app_id, oa_id, oa_secret, app_secret.

    `listed` is ZALO_SIGNATURE. Raises ValueError for a variant that there is not, or whose term is not set.
    """

    def __init__(self, terms: Mapping[str, str], listed: str) -> None:
        named = {str(variant): variant for variant in EVERY}
        wanted = [name.strip() for name in listed.split(",")]
        unknown = [name for name in wanted if name not in named]
        if unknown:
            raise ValueError(f"ZALO_SIGNATURE knows no such variant; {HOW}")
        self._listed = [named[name] for name in wanted]
        if any(not terms[variant.first] for variant in self._listed):
            raise ValueError("ZALO_SIGNATURE begins with oa_id, so ZALO_OA_ID must be set")
        self._known = [variant for variant in EVERY if terms[variant.first] and terms[variant.key]]
        self._terms = {name: term.encode() for name, term in terms.items()}
        self._noted: set[Variant] = set()

    def prove(self, body: bytes, shown: str, time_shown: str, now: datetime) -> None:
        """Raise NotProven unless one of the listed variants signed this body, less than a day ago.

        `shown` and `time_shown` are the headers X-ZEvent-Signature and X-ZEvent-Timestamp.
        """
        digest = SHOWN.fullmatch(shown)
        if digest is None:
            raise NotProven
        times = {"body": digits_of(parse(body).get("timestamp")), "header": digits_of(time_shown)}
        made = self._digests(body, times)
        matching = [variant for variant in made if hmac.compare_digest(made[variant], digest[1].encode())]
        believed = [variant for variant in self._listed if variant in matching]
        if not believed:
            for variant in matching:  # whoever made this has our key, so it is Zalo and the setting is wrong
                self._note(variant, "signed by a variant that ZALO_SIGNATURE does not list", is_refused=True)
            raise NotProven
        if not _is_fresh(times[believed[0].time], now):
            raise NotProven
        self._note(believed[0], "signature variant matched")

    def _digests(self, body: bytes, times: Mapping[str, str]) -> dict[Variant, bytes]:
        begun = {first: hashlib.sha256(self._terms[first] + body) for first in {known.first for known in self._known}}
        made = {}
        for variant in self._known:
            if times[variant.time]:
                whole = begun[variant.first].copy()
                whole.update(times[variant.time].encode() + self._terms[variant.key])
                made[variant] = whole.hexdigest().encode()
        return made

    def _note(self, variant: Variant, event: str, is_refused: bool = False) -> None:
        """Once for each variant: which one Zalo uses is seen only on a live account."""
        if variant not in self._noted:
            self._noted.add(variant)
            (log.error if is_refused else log.info)(event, channel="zalo", reason=str(variant))


def parse(body: bytes) -> dict[str, Any]:
    """A webhook's body. Raises NotProven for what is no JSON object in UTF-8."""
    try:
        event = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotProven from error
    if not isinstance(event, dict):
        raise NotProven
    return event


def digits_of(time: object) -> str:
    """A time in milliseconds as it was signed, whether it was written as text or as a number; else nothing."""
    written = str(time) if isinstance(time, str | int) and not isinstance(time, bool) else ""
    return written if DIGITS.fullmatch(written) else ""


def moment_of(time: object) -> datetime | None:
    """The same as a moment; None for what is no time, or none that a calendar knows."""
    digits = digits_of(time)
    try:
        return EPOCH + int(digits) * MILLISECOND if digits else None
    except OverflowError:
        return None


def _is_fresh(digits: str, now: datetime) -> bool:
    moment = moment_of(digits)
    return moment is not None and -NEWEST <= now - moment <= OLDEST
