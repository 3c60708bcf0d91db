"""Who is who: a person, the addresses they write from, and their conversations.

A person is a key and an alias. Nothing here names anybody: the address is kept as a keyed hash, to find it, and sealed,
to answer it.

Errors:
    Gone   the person was erased between two of our statements; whoever asked looks again
"""

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.channels import Facts
from storage.database import Base, insert_new, rows_of
from storage.ids import NewId
from storage.vault import Key, Vault

RECYCLED_AFTER = timedelta(days=30)
"""A number silent for so long is a new person: numbers are sold again (standards.md 4). It is also how long we keep."""

LONGEST_PAUSE = timedelta(minutes=5)

HUMAN_FOR = timedelta(minutes=30)
"""So long after a human's last message at the carrier's own desk the bot leaves the talk to them."""

ALIASES = ["Sen", "Tre", "Mây", "Suối", "Đồi", "Nắng", "Lúa", "Gió", "Biển", "Trăng", "Sao", "Lá", "Cỏ", "Đá", "Mưa"]


class Gone(Exception):
    """The person was erased between two of our statements."""


class Person(Base):
    """Somebody who wrote to us. `erase_by` is set from the moment they ask to be erased."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alias: Mapped[str]
    since: Mapped[date]
    erase_by: Mapped[datetime | None] = mapped_column(index=True)


class Contact(Base):
    """An address of a person. `kind` is tel, telegram or zalo; channels of the same kind share it."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("kind", "address_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    address_hash: Mapped[bytes]
    address_sealed: Mapped[bytes]


class Conversation(Base):
    """What one person and we say to each other on one channel, and where the dialogue stands.

    `version` rises with each turn: a turn that finds another version than it read thinks again. `heard_at` is when the
    person last wrote, as far as turns have read. `waiting_since` and `band` say that they wait for a human.
    `blocked_at` is set when its carrier refuses to take more for them, until they write. `human_until` is set while one
    of our people writes to them at the carrier's own desk.
    """

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("contact_id", "channel"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.id"), index=True)
    channel: Mapped[str]
    version: Mapped[int] = mapped_column(default=0)
    state_sealed: Mapped[bytes | None]
    heard_at: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None] = mapped_column(index=True)
    band: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)
    look_after: Mapped[datetime | None]
    human_until: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]


class DoNotWrite(Base):
    """A keyed hash of an address that said stop; it outlives erasure, and the person is told so."""

    __tablename__ = "do_not_write"

    kind: Mapped[str] = mapped_column(primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(primary_key=True)


def alias_for(person_id: UUID) -> str:
    """The name staff see instead of a person: a word and four digits that come from nothing but the random id."""
    number, word = divmod(person_id.int, len(ALIASES))
    return f"{ALIASES[word]} {number % 9000 + 1000}"


def hash_address(vault: Vault, kind: str, address: str) -> bytes:
    """The keyed hash under which an address is found."""
    return vault.system("address").hash(kind, address)


def find_contact(session: Session, vault: Vault, kind: str, address: str) -> Contact | None:
    """The contact with this address as it stands now, if somebody wrote from it and is not erased."""
    address_hash = hash_address(vault, kind, address)
    here = (Contact.kind == kind) & (Contact.address_hash == address_hash)
    # Read anew each time: while we waited for the person, a sender may have shut the door that this message opens
    return session.scalars(select(Contact).where(here).execution_options(populate_existing=True)).one_or_none()


def hold(session: Session, person_id: UUID) -> Person:
    """The person, whom nobody else can erase before this transaction ends. Raises Gone.

    `FOR NO KEY UPDATE`: rows that only refer to the person can still be written.
    """
    person = session.get(Person, person_id, with_for_update={"key_share": True}, populate_existing=True)
    if person is None:
        raise Gone
    return person


def meet(session: Session, vault: Vault, kind: str, address: str, now: datetime, new_id: NewId) -> Contact:
    """Make a new person with this address, or find the one another request has just made. Raises Gone."""
    person_id, contact_id = new_id(), new_id()
    session.add(Person(id=person_id, alias=alias_for(person_id), since=now.date(), erase_by=None))
    session.flush()
    key = vault.make_person_key(session, person_id)
    inserted = insert_new(
        session,
        Contact,
        id=contact_id,
        person_id=person_id,
        kind=kind,
        address_hash=hash_address(vault, kind, address),
        address_sealed=key.seal("contact.address", contact_id, address),
    )
    if not inserted:
        vault.forget(session, person_id)
        session.execute(delete(Person).where(Person.id == person_id))
    contact = find_contact(session, vault, kind, address)
    if contact is None:
        raise Gone
    hold(session, contact.person_id)
    return contact


def conversation_on(session: Session, contact: Contact, facts: Facts, new_id: NewId) -> UUID:
    """The id of the contact's conversation on a channel, made if there is none."""
    insert_new(
        session,
        Conversation,
        id=new_id(),
        person_id=contact.person_id,
        contact_id=contact.id,
        channel=facts.name,
        version=0,
        failures=0,
    )
    here = (Conversation.contact_id == contact.id) & (Conversation.channel == facts.name)
    return session.scalars(select(Conversation.id).where(here)).one()


def address_of(session: Session, vault: Vault, contact_id: UUID) -> str:
    """The address in clear, for sending to it."""
    contact = session.get_one(Contact, contact_id)
    return vault.person_key(session, contact.person_id).unseal("contact.address", contact.id, contact.address_sealed)


def block(session: Session, conversation_id: UUID, now: datetime | None) -> None:
    """Note that nothing more can be said in this conversation; None opens it again.

    One carrier's refusal says nothing of another that serves the same number.
    """
    session.execute(update(Conversation).where(Conversation.id == conversation_id).values(blocked_at=now))


def stop_writing(session: Session, kind: str, address_hash: bytes) -> bool:
    """Remember that this address wants nothing it did not just ask for; True when that is new."""
    return insert_new(session, DoNotWrite, kind=kind, address_hash=address_hash)


def move_on(session: Session, conversation_id: UUID, version: int, **values: object) -> bool:
    """Commit a turn's work if nobody else has moved the conversation on since it was read; False if they have."""
    mine = (Conversation.id == conversation_id) & (Conversation.version == version)
    return rows_of(session.execute(update(Conversation).where(mine).values(version=version + 1, **values))) == 1


def contact_of(session: Session, conversation_id: UUID) -> Contact:
    """The contact a conversation is held with."""
    held = select(Contact).join(Conversation, Conversation.contact_id == Contact.id)
    return session.scalars(held.where(Conversation.id == conversation_id)).one()


def is_anybody_here(session: Session) -> bool:
    """Whether the database holds anybody."""
    return session.scalars(select(Person.id).limit(1)).one_or_none() is not None


def wait_for_person(session: Session, conversation_id: UUID, band: str, now: datetime) -> None:
    """Put a conversation into the queue for a human; the most urgent band (P0 before P3) and the first moment stay."""
    conversation = session.get_one(Conversation, conversation_id, with_for_update={"key_share": True})
    conversation.waiting_since = conversation.waiting_since or now
    conversation.band = min(band, conversation.band or band)


def leave_to_human(session: Session, conversation_id: UUID, until: datetime) -> None:
    """A human speaks in this conversation: until then the bot answers only what must never wait.

    The version moves on, so that a turn which was thought of before it comes to nothing and thinks again.
    """
    mine = update(Conversation).where(Conversation.id == conversation_id)
    session.execute(mine.values(human_until=until, version=Conversation.version + 1))


def note_failure(session: Session, conversation_id: UUID, now: datetime) -> int:
    """A turn in this conversation failed: pause it for twice as long each time, up to 5 minutes. How often it has."""
    conversation = session.get(Conversation, conversation_id, with_for_update={"key_share": True})
    if conversation is None:
        return 0
    conversation.failures += 1
    conversation.look_after = now + min(timedelta(seconds=2 ** min(conversation.failures, 9)), LONGEST_PAUSE)
    return conversation.failures


def state_of(key: Key, conversation: Conversation) -> dict[str, Any]:
    """Where the dialogue stands, as the turn that committed it wrote it; empty before the first turn."""
    if conversation.state_sealed is None:
        return {}
    state: dict[str, Any] = json.loads(key.unseal("conversation.state", conversation.id, conversation.state_sealed))
    return state


def seal_state(key: Key, conversation_id: UUID, state: dict[str, Any]) -> bytes:
    """The dialogue's state, sealed for its column."""
    return key.seal("conversation.state", conversation_id, json.dumps(state))
