"""What SMSGate's API refuses, how a message that the program sends is read, and how its state is shown.

Source: the API reference of SMSGate (github.com/android-sms-gateway/client-go, domain_messages.go; server,
handlers/messages). Stricter than the real one: a field that is not described is refused, not ignored, and so
is everything that is not simulated.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from simulator.twilio.fields import TELEPHONE

LONGEST_ID = 36
LONGEST_TEXT = 65_535
MOST_NUMBERS = 100
SHORTEST_TTL_S = 5
ID = re.compile(r"[!-~]{1,36}")
FIELDS = {
    "id": str,
    "deviceId": str,
    "textMessage": dict,
    "phoneNumbers": list,
    "isEncrypted": bool,
    "simNumber": int,
    "withDeliveryReport": bool,
    "priority": int,
    "ttl": int,
    "validUntil": str,
}


class Refused(Exception):
    """A request that SMSGate answers with an error: HTTP status and a message."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(str(status))
        self.status, self.message, self.retry_after = status, message, retry_after


@dataclass(frozen=True)
class Asked:
    """What a request asks for. `id` is the client's own, empty when the server is to make one."""

    id: str
    text: str = field(repr=False)
    people: tuple[str, ...] = field(repr=False)
    reports: bool
    valid_until: datetime | None


@dataclass
class Sending:
    """A message on the telephone: the state of each recipient, and when the message came into each state."""

    id: str
    text: str = field(repr=False)
    valid_until: datetime | None
    states: dict[str, str] = field(repr=False)
    since: dict[str, datetime]
    errors: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def state(self) -> str:
        """The message's own state (docs.sms-gate.app/features/status-tracking)."""
        found = set(self.states.values())
        for early in ("Pending", "Processed"):
            if early in found:
                return early
        return found.pop() if len(found) == 1 else "Sent"

    def copy(self) -> "Sending":
        """As it is now."""
        return replace(self, states=dict(self.states), since=dict(self.since), errors=dict(self.errors))

    def to_json(self, device: str) -> dict[str, object]:
        """As the API shows it."""
        return {
            "id": self.id,
            "deviceId": device,
            "state": self.state,
            "isHashed": False,
            "isEncrypted": False,
            "recipients": [
                {"phoneNumber": person, "state": state}
                | ({"error": self.errors[person]} if person in self.errors else {})
                for person, state in self.states.items()
            ],
            "states": {
                state: f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z" for state, at in self.since.items()
            },
        }


def read_request(body: object, now: datetime, device: str, skip_validation: bool) -> Asked:
    """Read a message; raises Refused (400)."""
    if not isinstance(body, dict):
        raise Refused(400, "failed to parse request")
    for name, value in body.items():
        if name not in FIELDS:
            raise Refused(400, f"{name} is not a field of a message, or one that is not simulated")
        if not isinstance(value, FIELDS[name]) or (isinstance(value, bool) and FIELDS[name] is int):
            raise Refused(400, f"{name} has the wrong type")
    if body.get("isEncrypted"):
        raise Refused(400, "encrypted messages are not simulated")
    if body.get("deviceId", device) != device:
        raise Refused(400, "Invalid device ID")
    if "id" in body and not ID.fullmatch(body["id"]):
        raise Refused(400, f"id has at most {LONGEST_ID} letters")
    if not 1 <= body.get("simNumber", 1) <= 3 or not -128 <= body.get("priority", 0) <= 127:
        raise Refused(400, "simNumber is 1 to 3, priority -128 to 127")
    people = tuple(read_number(value, place, skip_validation) for place, value in enumerate(read_numbers(body), 1))
    return Asked(body.get("id", ""), read_text(body), people, body.get("withDeliveryReport", True), read_end(body, now))


def read_text(body: Mapping[str, object]) -> str:
    """The text of a message; raises Refused (400)."""
    message = body.get("textMessage")
    text = message.get("text") if isinstance(message, dict) and set(message) == {"text"} else None
    if not isinstance(text, str) or not 1 <= len(text) <= LONGEST_TEXT:
        raise Refused(400, "must specify exactly one of: textMessage or dataMessage")
    return text


def read_numbers(body: Mapping[str, object]) -> list[object]:
    """The list of recipients; raises Refused (400)."""
    found = body.get("phoneNumbers")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_NUMBERS:
        raise Refused(400, f"phoneNumbers holds 1 to {MOST_NUMBERS} numbers")
    return found


def read_number(value: object, place: int, skip_validation: bool) -> str:
    """One recipient; raises Refused (400)."""
    if not isinstance(value, str) or not value:
        raise Refused(400, f"can't use phone in row {place}: invalid phone number")
    if not skip_validation and not TELEPHONE.fullmatch(value):
        raise Refused(400, f"can't use phone in row {place}: invalid phone number")
    return value


def read_end(body: Mapping[str, object], now: datetime) -> datetime | None:
    """Until when the telephone may send it; raises Refused (400)."""
    ttl, until = body.get("ttl"), body.get("validUntil")
    if ttl is not None and until is not None:
        raise Refused(400, "conflict fields: ttl and validUntil")
    if isinstance(ttl, int):
        if ttl < SHORTEST_TTL_S:
            raise Refused(400, f"ttl is at least {SHORTEST_TTL_S} s")
        return now + timedelta(seconds=ttl)
    if isinstance(until, str):
        try:
            end = datetime.fromisoformat(until)
        except ValueError:
            raise Refused(400, "validUntil is not a time") from None
        if end.tzinfo is None or end < now:
            raise Refused(400, "message already expired")
        return end
    return None
