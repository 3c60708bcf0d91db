"""The events that Zalo tells a webhook, and how it signs them.

Sources: docs.zaloplatforms.com/docs/OA, the pages about webhooks, as quoted by those who read them. Every id
and every time is text: they are larger than 2^53.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from simulator.settings import ZaloAccount

JSON = dict[str, object]
MEDIA_KINDS = ("image", "gif", "audio", "video", "sticker", "file", "location", "business_card", "link")
FILES = "https://files.zalo.invalid"  # nothing can be downloaded here


def write(event: Mapping[str, object]) -> bytes:
    """The bytes of an event; what is signed is exactly these."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def sign(account: ZaloAccount, body: bytes, timestamp: str) -> str:
    """X-ZEvent-Signature: SHA-256, not HMAC, over app id, body, time and secret, or the account's variant of it."""
    first = account.oa_id if account.signed_first == "oa_id" else account.app_id
    key = account.app_secret if account.signed_with == "app_secret" else account.oa_secret
    digest = hashlib.sha256(first.encode() + body + timestamp.encode() + key.encode())
    return f"{account.signed_prefix}{digest.hexdigest()}"


def headers(account: ZaloAccount, body: bytes, tries: int) -> dict[str, str]:
    """The headers of a webhook; `tries` is how many came before this one. The probe `{}` is not signed."""
    made = {"Content-Type": "application/json"}
    timestamp = json.loads(body).get("timestamp")
    if timestamp:
        made["X-ZEvent-Signature"] = sign(account, body, timestamp)
    if timestamp and account.time_in_header:
        made["X-ZEvent-Timestamp"] = timestamp
    return made | ({"num_retry": str(tries)} if tries else {})


def milliseconds(at: datetime) -> str:
    """A time as Zalo writes it."""
    return str(int(at.timestamp() * 1000))


def from_person(account: ZaloAccount, person: str, name: str, at: datetime, **more: object) -> JSON:
    """An event whose sender is a person and whose recipient is the Official Account."""
    return _event(account, person, name, at, {"id": person}, {"id": account.oa_id}, more)


def to_person(
    account: ZaloAccount, person: str, name: str, at: datetime, admin: str | None = None, **more: object
) -> JSON:
    """An event the other way round; `admin` is the employee who wrote."""
    sender = {"id": account.oa_id} | ({"admin_id": admin} if admin else {})
    return _event(account, person, name, at, sender, {"id": person}, more)


def membership(account: ZaloAccount, person: str, name: str, at: datetime) -> JSON:
    """`follow` or `unfollow`: flat, with a follower and without a message."""
    return {
        "oa_id": account.oa_id,
        "follower": {"id": person},
        "user_id_by_app": by_app(account, person),
        "event_name": name,
        "source": "oa_profile",
        "app_id": account.app_id,
        "timestamp": milliseconds(at),
    }


def by_app(account: ZaloAccount, person: str) -> str:
    """The same person as the application knows them: another number of 18 digits."""
    digest = hashlib.sha256(f"{account.app_id} {person}".encode()).digest()
    return str(10**17 + int.from_bytes(digest[:8]) % (9 * 10**17))


def attachment(kind: str, name: str) -> JSON:
    """What a person sent that is not text; raises ValueError for a kind that there is not."""
    url = f"{FILES}/{name}"
    match kind:
        case "image" | "gif" | "sticker":
            payload: JSON = {"url": url, "thumbnail": f"{url}/small"}
        case "audio":
            payload = {"url": url}
        case "video":
            payload = {"url": url, "thumbnail": f"{url}/small", "description": ""}
        case "file":
            payload = {"url": url, "name": "tep.pdf", "size": "9000", "checksum": name, "type": "pdf"}
        case "location":
            payload = {"coordinates": {"latitude": "21.0285", "longitude": "105.8542"}}
        case "link" | "business_card":
            payload = {"url": url, "thumbnail": f"{url}/small", "description": "Người thử"}
        case _:
            raise ValueError(f"no media of kind {kind!r}; there are {', '.join(MEDIA_KINDS)}")
    return {"type": "link" if kind == "business_card" else kind, "payload": payload}


def _event(
    account: ZaloAccount,
    person: str,
    name: str,
    at: datetime,
    sender: Mapping[str, str],
    recipient: Mapping[str, str],
    more: Mapping[str, object],
) -> JSON:
    head: JSON = {"app_id": account.app_id, "user_id_by_app": by_app(account, person), "event_name": name}
    return head | {"sender": sender, "recipient": recipient, **more, "timestamp": milliseconds(at)}
