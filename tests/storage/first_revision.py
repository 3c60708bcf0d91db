"""A database as the program left it at revision 0001, filled by statements of that time, not by the models of today."""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, text

from storage.database import Database
from tests.storage.stage import DAY, MASTER, NOW, NUMBER, SECOND

PERSON, CONTACT, CONVERSATION = (UUID(int=number) for number in (0xA1, 0xB1, 0xC1))
ASKED, ANSWERED, SENT, DUE, ERRAND, LINE = (UUID(int=number) for number in (0xD1, 0xD2, 0xE1, 0xE2, 0xF1, 0xF2))
CHANNEL, SID, SENT_SID = "paper-sms", "SM" + "1" * 32, "SM" + "2" * 32
PADDING = bytes(4296)  # before a wrapped key on SQLite, so that it fills a page

KEYS = {name: hashlib.sha256(name.encode()).digest() for name in ("address", "dedupe", "carrier", "errand", "audit")}
PERSONS_KEY = hashlib.sha256(b"person").digest()


Row = dict[str, object]


def fill(database: Database) -> None:
    """Put one conversation in, with everything around it. The database stands at revision 0001."""
    with database.engine.begin() as connection:
        for name, key in KEYS.items():
            put(connection, "system_key", {"name": name, "master": fingerprint(), "wrapped": wrap(name, key)})
        fill_person(connection)
        fill_messages(connection)
        shape = {"kind": "tel", "address_hash": find(KEYS["address"], "tel", "+84900000009")}
        put(connection, "do_not_write", shape)
        put(connection, "mark", {"name": "asked paper-sms", "at": moment(NOW)})
        put(connection, "seen", {"message_hash": find(KEYS["dedupe"], CHANNEL, SID), "until": later(90)})
        sealed = seal(KEYS["errand"], "errand", "errand.provider_id", ERRAND, SID)
        errand = {"id": ERRAND, "channel": CHANNEL, "action": "redact", "provider_id_sealed": sealed}
        put(connection, "errand", errand | {"due_at": moment(NOW), "tries": 1, "until": moment(NOW + 14 * DAY)})
        line = {"id": LINE, "at": moment(NOW), "actor": "administrator", "action": "erase", "subject": str(PERSON)}
        put(connection, "audit_line", line | {"place": None, "digest": None})


def fill_person(connection: Connection) -> None:
    """Who wrote, from where, and the talk."""
    put(connection, "person", {"id": PERSON, "alias": "Sen 1162", "since": later(0), "erase_by": None})
    wrapped = wrap(str(PERSON), PERSONS_KEY)
    padded = PADDING + wrapped if connection.dialect.name == "sqlite" else wrapped
    put(connection, "person_key", {"person_id": PERSON, "master": fingerprint(), "wrapped": padded})
    address = {
        "address_hash": find(KEYS["address"], "tel", NUMBER),
        "address_sealed": seal_theirs("contact.address", CONTACT, NUMBER),
    }
    put(
        connection, "contact", {"id": CONTACT, "person_id": PERSON, "kind": "tel", "blocked_at": moment(NOW), **address}
    )
    talk: Row = {"id": CONVERSATION, "person_id": PERSON, "contact_id": CONTACT, "channel": CHANNEL, "version": 3}
    times: Row = {
        "heard_at": moment(NOW),
        "waiting_since": moment(NOW),
        "band": "P1",
        "failures": 0,
        "look_after": None,
    }
    put(connection, "conversation", talk | {"state_sealed": None} | times)


def fill_messages(connection: Connection) -> None:
    """Two messages in, one answered; two out, one sent."""
    theirs: Row = {"person_id": PERSON, "conversation_id": CONVERSATION}
    for number, (row, said, answered_in) in enumerate(((ANSWERED, "xin chào", 3), (ASKED, "mất căn cước", None))):
        content = json.dumps({"text": said, "kind": "text", "about": None})
        at = moment(NOW + number * SECOND)
        sealed: Row = {"content_sealed": seal_theirs("inbox.content", row, content), "copy_id_sealed": None}
        times: Row = {"carrier_order": 0, "written_at": at, "accepted_at": at, "answered_in": answered_in}
        put(connection, "inbox", {"id": row} | theirs | sealed | times)
    for place, (row, said, status) in enumerate(((SENT, "Chào bạn.", "sent"), (DUE, "1 = giấy tờ", "due"))):
        content = json.dumps({"text": said, "buttons": []})
        is_sent = status == "sent"
        carriers: Row = {
            "provider_hash": find(KEYS["carrier"], CHANNEL, SENT_SID) if is_sent else None,
            "provider_id_sealed": seal_theirs("outbox.provider_id", row, SENT_SID) if is_sent else None,
            "delivery": "sent" if is_sent else None,
            "delivery_error": None,
        }
        life: Row = {"status": status, "stale_at": None, "try_at": moment(NOW), "tries": int(is_sent), "doubts": 0}
        ends: Row = {"claimed_at": None, "settled_at": moment(NOW) if is_sent else None}
        shape: Row = {"id": row, "position": 3000 + place, "kind": "answer"}
        sealed = {"content_sealed": seal_theirs("outbox.content", row, content)}
        put(connection, "outbox", shape | theirs | sealed | life | ends | carriers)


def put(connection: Connection, table: str, row: Mapping[str, object]) -> None:
    """One INSERT."""
    ids = {name: value for name, value in row.items() if isinstance(value, UUID)}
    spelt = {name: value.hex if connection.dialect.name == "sqlite" else str(value) for name, value in ids.items()}
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), {**row, **spelt})


def moment(at: datetime) -> int:
    """Microseconds since 1970."""
    return int(at.timestamp()) * 1_000_000


def later(days: int) -> str:
    """A day as both databases write it."""
    return (date(NOW.year, NOW.month, NOW.day) + timedelta(days=days)).isoformat()


def fingerprint() -> str:
    """How a stored key named the master key."""
    return hashlib.sha256(b"nhip-cau master key" + MASTER).hexdigest()[:8]


def wrap(owner: str, key: bytes) -> bytes:
    """A key as it was stored."""
    nonce = os.urandom(12)
    return nonce + AESGCM(MASTER).encrypt(nonce, key, owner.encode())


def seal(key: bytes, owner: str, place: str, row: UUID, said: str) -> bytes:
    """A text as it was stored."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, said.encode(), f"{place}/{row}/{owner}".encode())


def seal_theirs(place: str, row: UUID, said: str) -> bytes:
    """The same under the person's key."""
    return seal(PERSONS_KEY, str(PERSON), place, row, said)


def find(key: bytes, *parts: str) -> bytes:
    """A keyed hash as it was stored."""
    told = b"".join(len(part.encode()).to_bytes(4, "big") for part in parts) + "".join(parts).encode()
    return hmac.new(key, told, hashlib.sha256).digest()
