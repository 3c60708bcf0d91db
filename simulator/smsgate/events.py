"""The webhooks of a telephone with the SMSGate app: their shape, their ids, their signature.

Source: docs.sms-gate.app/features/webhooks, and the app (github.com/capcom6/android-sms-gateway) for what the
page does not say: of what the messageId of a received message is made.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from random import Random

JSON = dict[str, object]
VIET_NAM = timezone(timedelta(hours=7))  # the telephone tells its own time, not UTC
LETTERS = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
SIM = 1


def new_id(chance: Random) -> str:
    """An id as the app makes them: 21 letters of 64."""
    return "".join(chance.choices(LETTERS, k=21))


def write(event: str, number: str, payload: Mapping[str, object], device: str) -> bytes:
    """The bytes of one event; `number` is an id of its own, which later tries repeat."""
    told = {
        "deviceId": device,
        "event": event,
        "id": number,
        "payload": payload,
        "webhookId": hashlib.sha256(event.encode()).hexdigest()[:21],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def headers(key: str, body: bytes, at: datetime) -> dict[str, str]:
    """X-Signature: hex of HMAC-SHA256 over the body and X-Timestamp, the seconds of this very try."""
    timestamp = str(int(at.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "me.capcom.smsgateway/1.60.0",
        "X-Timestamp": timestamp,
        "X-Signature": hmac.new(key.encode(), body + timestamp.encode(), hashlib.sha256).hexdigest(),
    }


def received(person: str, own: str, text: str, at: datetime) -> JSON:
    """The payload of sms:received. The time is the network's and has whole seconds."""
    at = at.replace(microsecond=0)
    return {
        "messageId": content_id(person, text, at),
        "message": text,
        "sender": person,
        "recipient": own,
        "phoneNumber": person,
        "simNumber": SIM,
        "receivedAt": local(at),
    }


def outgoing(number: str, person: str, own: str, **more: object) -> JSON:
    """The payload of sms:sent, sms:delivered and sms:failed."""
    return {
        "messageId": number,
        "sender": own,
        "recipient": person,
        "phoneNumber": person,
        "simNumber": SIM,
        **more,
    }


def local(at: datetime) -> str:
    """A time as the telephone writes it: 2024-06-22T15:46:11.000+07:00."""
    return at.astimezone(VIET_NAM).isoformat(timespec="milliseconds")


def content_id(person: str, text: str, at: datetime) -> str:
    """The messageId of a received message: 32 bits of its sender, its second and its text, in hex.

    So the same text from the same person in the same second has the same id, and two messages may share one.
    """
    milliseconds = int(at.timestamp() * 1000)
    found = java_hash(person)
    for part in (milliseconds ^ (milliseconds >> 32), SIM, java_hash(text)):
        found = 31 * found + part
    return f"{found & 0xFFFFFFFF:x}"


def java_hash(text: str) -> int:
    """String.hashCode() of Java: over the UTF-16 units."""
    found, units = 0, text.encode("utf-16-be")
    for place in range(0, len(units), 2):
        found = 31 * found + int.from_bytes(units[place : place + 2]) & 0xFFFFFFFF
    return found
