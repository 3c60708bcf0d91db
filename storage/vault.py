"""Seal, unseal, forget: one data key per person, wrapped by the master key.

What a person wrote or was told is sealed with AES-256-GCM under the person's own key; the sealed bytes are bound to
their table, column, row and person, so that nobody can move them elsewhere. Forgetting a person is destroying one
wrapped key. To find things without reading them there are keyed hashes under independent random keys, stored wrapped:
changing the master key re-wraps and never changes them.

Errors, all VaultError:
    WrongMasterKey   a stored key was wrapped by a master key that this process was not given
    Forgotten        the person's key is gone, and with it all that was sealed under it
    Tampered         the bytes are not what was sealed here
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Database, OwnPage, insert_new

KEY_BYTES = 32
NONCE_BYTES = 12
FINGERPRINT_DIGITS = 8
REWRAP_BATCH = 500
SYSTEM_KEYS = ("address", "dedupe", "carrier", "errand", "audit", "channel")

Entropy = Callable[[int], bytes]


class VaultError(Exception):
    """Something sealed cannot be read."""


class WrongMasterKey(VaultError):
    """A stored key was wrapped by a master key that this process was not given."""


class Forgotten(VaultError):
    """The person's key has been destroyed."""


class Tampered(VaultError):
    """The bytes are not what was sealed at this place."""


class PersonKey(Base):
    """Wrapped data keys, in a table of their own so that a backup of the data can leave them out."""

    __tablename__ = "person_key"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    master: Mapped[str]
    wrapped: Mapped[bytes] = mapped_column(OwnPage)


class SystemKey(Base):
    """Wrapped keys of the system itself: the index keys and the errand key."""

    __tablename__ = "system_key"

    name: Mapped[str] = mapped_column(primary_key=True)
    master: Mapped[str]
    wrapped: Mapped[bytes]


@dataclass(frozen=True)
class Key:
    """A data key in memory, and the one thing it belongs to."""

    owner: str
    _bytes: bytes = field(repr=False)

    def seal(self, place: str, row: UUID, text: str) -> bytes:
        """Seal `text` for one place ("table.column") of one row."""
        nonce = os.urandom(NONCE_BYTES)
        plain = text.encode("utf-8", "surrogatepass")  # a lone surrogate from a broken phone survives the round trip
        return nonce + AESGCM(self._bytes).encrypt(nonce, plain, self._bound(place, row))

    def unseal(self, place: str, row: UUID, sealed: bytes) -> str:
        """The text that was sealed for this place of this row. Raises Tampered."""
        try:
            plain = AESGCM(self._bytes).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._bound(place, row))
        except (InvalidTag, ValueError) as error:
            raise Tampered(place) from error
        return plain.decode("utf-8", "surrogatepass")

    def hash(self, *parts: str) -> bytes:
        """A keyed hash of the parts, to find a row by something it must not hold."""
        message = b"".join(len(part.encode("utf-8", "surrogatepass")).to_bytes(4, "big") for part in parts)
        message += "".join(parts).encode("utf-8", "surrogatepass")
        return hmac.new(self._bytes, message, hashlib.sha256).digest()

    def _bound(self, place: str, row: UUID) -> bytes:
        return f"{place}/{row}/{self.owner}".encode()


class Vault:
    """Opens and closes keys with the master key.

    `masters` is the key in force, followed by older ones while rotating (32 bytes each). A stored key names the master
    key that wraps it by a fingerprint. Raises WrongMasterKey for a key of another length.
    """

    def __init__(self, masters: tuple[bytes, ...], entropy: Entropy = os.urandom) -> None:
        self._masters = {_fingerprint(master): AESGCM(master) for master in masters}
        self._current = _fingerprint(masters[0])
        self._entropy = entropy
        self._system: dict[str, Key] = {}

    def open(self, database: Database) -> "Vault":
        """Load the system's keys, making them on the first start. Raises WrongMasterKey."""
        for name in SYSTEM_KEYS:
            with database.write() as session:
                wrapped = self._wrap(name, self._entropy(KEY_BYTES))
                insert_new(session, SystemKey, name=name, master=self._current, wrapped=wrapped)
                stored = session.get_one(SystemKey, name)
                self._system[name] = Key(name, self._unwrap(name, stored.master, stored.wrapped))
        return self

    def system(self, name: str) -> Key:
        """The system's key of that name, one of SYSTEM_KEYS."""
        return self._system[name]

    def make_person_key(self, session: Session, person_id: UUID) -> Key:
        """A fresh key for a person whose row stands in this transaction."""
        owner, key = str(person_id), self._entropy(KEY_BYTES)
        session.add(PersonKey(person_id=person_id, master=self._current, wrapped=self._wrap(owner, key)))
        session.flush()
        return Key(owner, key)

    def person_key(self, session: Session, person_id: UUID) -> Key:
        """The stored key of a person. Raises Forgotten, WrongMasterKey."""
        stored = session.get(PersonKey, person_id)
        if stored is None:
            raise Forgotten
        return Key(str(person_id), self._unwrap(str(person_id), stored.master, stored.wrapped))

    def forget(self, session: Session, person_id: UUID) -> None:
        """Destroy the wrapped key: all that was sealed under it is unreadable from the commit on."""
        session.execute(delete(PersonKey).where(PersonKey.person_id == person_id))

    def knows_every_key(self, session: Session) -> bool:
        """Whether each person's key was wrapped by one of the master keys at hand."""
        strange = select(PersonKey.person_id).where(PersonKey.master.not_in(list(self._masters))).limit(1)
        return session.scalars(strange).one_or_none() is None

    def rewrap(self, database: Database) -> int:
        """Wrap every stored key with the master key in force; how many were changed. Safe to kill and to repeat."""
        changed = 0
        with database.write() as session:
            for row in session.scalars(select(SystemKey).where(SystemKey.master != self._current)).all():
                row.wrapped = self._wrap(row.name, self._unwrap(row.name, row.master, row.wrapped))
                row.master = self._current
                changed += 1
        while self._has_stale(database):
            changed += self._rewrap_batch(database)
        return changed

    def _has_stale(self, database: Database) -> bool:
        with database.read() as session:
            return session.scalars(select(PersonKey.person_id).where(self._is_stale()).limit(1)).first() is not None

    def _rewrap_batch(self, database: Database) -> int:
        with database.write() as session:
            # Rows in other hands are waited for, not skipped: a skipped key dies with the old master key
            stale = select(PersonKey).where(self._is_stale()).order_by(PersonKey.person_id).limit(REWRAP_BATCH)
            rows = session.scalars(stale.with_for_update()).all()
            for row in rows:
                owner = str(row.person_id)
                row.wrapped = self._wrap(owner, self._unwrap(owner, row.master, row.wrapped))
                row.master = self._current
        return len(rows)

    def _is_stale(self) -> ColumnElement[bool]:
        return PersonKey.master != self._current

    def _wrap(self, owner: str, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._masters[self._current].encrypt(nonce, key, owner.encode())

    def _unwrap(self, owner: str, master: str, wrapped: bytes) -> bytes:
        if master not in self._masters:
            raise WrongMasterKey(
                f"a stored key was wrapped by the master key {master}, which is not in MASTER_KEY; "
                "while rotating, set MASTER_KEY to new,old"
            )
        try:
            return self._masters[master].decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError) as error:  # a nonce cut short is a ValueError
            raise Tampered("wrapped key") from error


def _fingerprint(master: bytes) -> str:
    if len(master) != KEY_BYTES:
        raise WrongMasterKey(f"a master key has {KEY_BYTES} bytes, this one has {len(master)}")
    return hashlib.sha256(b"nhip-cau master key" + master).hexdigest()[:FINGERPRINT_DIGITS]
