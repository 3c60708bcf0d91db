"""What a telephone with SMSGate tells: the events of its webhooks, read or knowingly ignored.

Source: docs.sms-gate.app/features/webhooks and the app's own code (github.com/capcom6/android-sms-gateway).
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    format_number,
    is_possible_number,
    number_type,
    parse,
)

from storage.inbox import Inbound
from storage.receipts import Part, Receipt
from webhooks.channel import Unreadable

CHANNEL = "smsgate"

COUNTRY = "VN"
"""Where the telephone is: a number that the network gives without its country is one of there."""

TRUNK = "0"
CALLABLE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
"""A person's telephone; short codes and numbers that cost extra are not."""

NUMBER = re.compile(r"\+?[0-9]{3,20}")
REASON = re.compile(r"RESULT_[A-Z_]{1,40}|TTL expired|(?<=result: )[0-9]{1,5}\b")
"""What may be kept of a failure's reason, which is written for humans and could name anybody."""

DELIVERIES = {"sms:sent": "sent", "sms:delivered": "delivered", "sms:failed": "failed", "sms:cancelled": "failed"}
RECEIVED = {"sms:received": "text", "mms:received": "media"}
IGNORED = frozenset(
    (
        "system:ping",  # that the telephone lives, which /readyz is not about
        "app:started",
        "sms:data-received",  # for programs, not written by anybody
        "mms:downloaded",  # follows mms:received, and holds what is never opened
        "sms:batch:received",  # the inbox once more, asked for by hand
        "sms:batch:data-received",
        "mms:batch:received",
        "mms:batch:downloaded",
    )
)

MOST_PARTS = 255  # TS 23.040 9.2.3.24.1: their number has one octet

OLDEST = timedelta(days=7)
"""The telephone tries for two days, and a network keeps an SMS for some: what is said to be older has a broken clock
behind it, and nobody's answer is to be late for that."""

log = structlog.get_logger(__name__)


def read_event(body: bytes, now: datetime, plain: bool) -> list[Inbound | Receipt]:
    """What one proven event says; nothing where it is ignored. `plain` tells that our own messages left without marks.

    A message that cannot be read is Unreadable, so that it comes again for two days, in which that can be mended.
    """
    try:
        told = json.loads(body)
        event, number, payload = told["event"], told["id"], told["payload"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unreadable from error
    if not (isinstance(event, str) and isinstance(number, str) and isinstance(payload, dict)):
        raise Unreadable
    found: Inbound | Receipt | None = None
    if event in RECEIVED:
        found = _read_message(RECEIVED[event], number, payload, now)
    elif event in DELIVERIES:
        found = _read_receipt(DELIVERIES[event], number, payload, plain)
    elif event not in IGNORED:
        log.warning("event not known", channel=CHANNEL)  # refused, it would only come again for two days
    return [found] if found is not None else []


def _read_message(kind: str, number: str, payload: Mapping[str, object], now: datetime) -> Inbound | None:
    """A message; None for what a bank, a shop or the telephone company sends. Raises Unreadable.

    The messageId is a hash of sender, second and text, and repeats; one SMS may come as two events with ids of their
    own (issue 288 of the app). What never differs between two deliveries of one message is all three together.
    """
    sender, text = payload.get("phoneNumber") or payload.get("sender"), payload.get("message", "")
    if not (isinstance(sender, str) and isinstance(text, str)) or (kind == "text" and "message" not in payload):
        raise Unreadable
    address = _read_number(sender)
    if address is None:
        return None
    content, received_at = _text_of(payload, "messageId"), _text_of(payload, "receivedAt")
    return Inbound(
        provider_id=f"{address} {received_at} {content}" if content and received_at else number,
        address=address,
        text=text if kind == "text" else "",
        kind=kind,
        written_at=_read_time(received_at, now),
    )


def _text_of(payload: Mapping[str, object], name: str) -> str:
    """A field that holds text; empty when it is missing or holds something else."""
    found = payload.get(name)
    return found if isinstance(found, str) else ""


def _read_number(sender: str) -> str | None:
    """A number in E.164, so that who writes here and by another carrier is one person; None for names and short codes.

    With MMS a number may end in its type: "+84912345678/TYPE=PLMN".
    """
    digits = re.sub(r"[ .()-]", "", sender.partition("/")[0])
    if not NUMBER.fullmatch(digits):
        return None
    if not digits.startswith("+") and not digits.startswith(TRUNK):
        digits = "+" + digits  # a network that leaves the plus out, not a number that begins like ours by chance
    with suppress(NumberParseException):
        number = parse(digits, COUNTRY)
        if number_type(number) in CALLABLE or (digits.startswith("+") and is_possible_number(number)):
            return format_number(number, PhoneNumberFormat.E164)
    return None


def _read_time(told: str, now: datetime) -> datetime | None:
    """When the telephone received it; None when that cannot be read or not be true."""
    try:
        time = datetime.fromisoformat(told)
        return time.astimezone(UTC) if time.tzinfo is not None and now - OLDEST < time <= now else None
    except (ValueError, OverflowError):
        return None


def _read_receipt(delivery: str, number: str, payload: Mapping[str, object], plain: bool) -> Receipt | None:
    """A receipt about a message or a part of it; None for messages that others send from this telephone."""
    try:
        reference = UUID(_text_of(payload, "messageId"))
    except ValueError:
        return None
    parts, error = payload.get("partsCount"), None
    if type(parts) is not int or not 1 <= parts <= MOST_PARTS:
        parts = None
    if delivery == "failed":
        told = REASON.search(_text_of(payload, "reason"))
        error = told[0] if told else "failed"
    part = Part(number, parts, plain)
    return Receipt(delivery, reference=reference, provider_id=str(reference), error=error, part=part)
