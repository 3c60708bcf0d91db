"""What came in: every message a carrier delivered, sealed, which turn answered it, and whom it is for."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, delete, false, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import audit, people
from storage.database import Base, insert_new
from storage.ids import NewId
from storage.vault import Key, Tampered, Vault, VaultError

SEEN_DAYS = 90
"""How long a message's hash outlives it, so that a carrier cannot bring it back. It points at nobody."""

MESSAGES_PER_TURN = 50


@dataclass(frozen=True)
class Inbound:
    """One message as a carrier delivered it.

    `provider_id` names the delivery and never repeats. `kind` is "text", "button" or "media". `about` is the
    question ("flow.step") whose button was pressed. `order` is the carrier's own sequence, where it has one.
    `written_at` is when the person wrote, if the carrier says so. `copy_id` names the copy that the carrier keeps.
    """

    provider_id: str
    address: str
    text: str
    kind: str = "text"
    about: str | None = None
    order: int = 0
    written_at: datetime | None = None
    copy_id: str | None = None


@dataclass(frozen=True)
class Message:
    """A kept message, unsealed for the turn that answers it."""

    id: UUID
    text: str
    kind: str
    about: str | None
    written_at: datetime
    copy_id: str | None


@dataclass(frozen=True)
class Feedback:
    """Words about the service, unsealed for the safeguarding lead. `text` is None when they can no longer be read."""

    alias: str
    written_at: datetime
    text: str | None


class Seen(Base):
    """A keyed hash of a carrier's message id."""

    __tablename__ = "seen"

    message_hash: Mapped[bytes] = mapped_column(primary_key=True)
    until: Mapped[date] = mapped_column(index=True)


class InboxMessage(Base):
    """A message in. `answered_in` is the version of the conversation whose turn answered it.

    `for_lead`: words about the service itself, for the safeguarding lead alone, hidden from those they may name
    (standards.md 1, accountability). Whatever shows messages to operators or case workers leaves these rows out.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        Index(
            "inbox_unanswered",
            "conversation_id",
            sqlite_where=text("answered_in IS NULL"),
            postgresql_where=text("answered_in IS NULL"),
        ),
        Index("inbox_of_person", "person_id", "accepted_at"),
        Index("inbox_of_conversation", "conversation_id", "accepted_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    content_sealed: Mapped[bytes]
    copy_id_sealed: Mapped[bytes | None]
    carrier_order: Mapped[int]
    written_at: Mapped[datetime]
    accepted_at: Mapped[datetime]
    answered_in: Mapped[int | None]
    for_lead: Mapped[bool] = mapped_column(default=False, server_default=false())


def note_seen(session: Session, vault: Vault, channel: str, provider_id: str, now: datetime) -> bool:
    """Remember a carrier's message; False when it was remembered already."""
    message_hash = vault.system("dedupe").hash(channel, provider_id)
    return insert_new(session, Seen, message_hash=message_hash, until=now.date() + timedelta(days=SEEN_DAYS))


def forget_seen(session: Session, today: date) -> None:
    """Drop the hashes whose time is over."""
    session.execute(delete(Seen).where(Seen.until < today))


def unanswered(session: Session, key: Key, conversation_id: UUID) -> list[Message]:
    """The messages no turn has answered, in order of acceptance, or in the carrier's own order where it has one."""
    mine = (InboxMessage.conversation_id == conversation_id) & InboxMessage.answered_in.is_(None)
    order = (InboxMessage.carrier_order, InboxMessage.accepted_at, InboxMessage.id)
    rows = session.scalars(select(InboxMessage).where(mine).order_by(*order).limit(MESSAGES_PER_TURN))
    return [_read(key, row) for row in rows]


def mark_answered(session: Session, ids: list[UUID], version: int) -> None:
    """Note which turn answered these messages."""
    session.execute(update(InboxMessage).where(InboxMessage.id.in_(ids)).values(answered_in=version))


def keep_for_lead(session: Session, ids: list[UUID]) -> None:
    """Put these messages into the safeguarding lead's hands alone."""
    session.execute(update(InboxMessage).where(InboxMessage.id.in_(ids)).values(for_lead=True))


def read_for_lead(
    session: Session, vault: Vault, reader: str, since: datetime | None, now: datetime, new_id: NewId
) -> list[Feedback]:
    """What people wrote about the service, from `since` on, the newest first; an audit line for each that is opened.

    To be shown once the session is committed, so that nothing is read without its line. Whoever asked to be erased is
    left out from that moment on.
    """
    mine = InboxMessage.for_lead.is_(True) & people.Person.erase_by.is_(None)
    if since is not None:
        mine &= InboxMessage.written_at >= since
    rows = (
        select(InboxMessage, people.Person.alias)
        .join(people.Person, people.Person.id == InboxMessage.person_id)
        .where(mine)
        .order_by(InboxMessage.written_at.desc(), InboxMessage.accepted_at.desc(), InboxMessage.id)
    )
    found: list[Feedback] = []
    for row, alias in session.execute(rows):
        audit.write(session, new_id(), reader, "read feedback", str(row.id), now)
        found.append(Feedback(alias, row.written_at, _text_of(session, vault, row)))
    return found


def _text_of(session: Session, vault: Vault, row: InboxMessage) -> str | None:
    try:
        return unseal(vault.person_key(session, row.person_id), row).text
    except VaultError:  # one that cannot be opened must not hide the others
        return None


def waiting_conversations(session: Session, accepted_before: datetime, now: datetime, limit: int) -> list[UUID]:
    """Conversations with something unanswered that was accepted before that moment, the longest waiting first."""
    ready = or_(people.Conversation.look_after.is_(None), people.Conversation.look_after <= now)
    oldest = func.min(InboxMessage.accepted_at)
    found = (
        select(InboxMessage.conversation_id)
        .join(people.Conversation, people.Conversation.id == InboxMessage.conversation_id)
        .where(InboxMessage.answered_in.is_(None), ready)
        .group_by(InboxMessage.conversation_id)
        .having(oldest <= accepted_before)
        .order_by(oldest)
        .limit(limit)
    )
    return list(session.scalars(found))


def last_heard(session: Session, person_id: UUID) -> datetime | None:
    """When a person's newest message was accepted."""
    return session.scalars(select(func.max(InboxMessage.accepted_at)).where(InboxMessage.person_id == person_id)).one()


def rows_unanswered(session: Session, person_id: UUID) -> list[InboxMessage]:
    """Everything of a person that no turn has answered, in order of acceptance, still sealed."""
    mine = (InboxMessage.person_id == person_id) & InboxMessage.answered_in.is_(None)
    return list(session.scalars(select(InboxMessage).where(mine).order_by(InboxMessage.accepted_at)))


def seal_content(key: Key, message_id: UUID, text: str, kind: str, about: str | None) -> bytes:
    """What arrived, sealed for its column."""
    return key.seal("inbox.content", message_id, json.dumps({"text": text, "kind": kind, "about": about}))


def unseal(key: Key, row: InboxMessage) -> Message:
    """A kept message. Raises Tampered."""
    content = json.loads(key.unseal("inbox.content", row.id, row.content_sealed))
    copy_id = key.unseal("inbox.copy_id", row.id, row.copy_id_sealed) if row.copy_id_sealed is not None else None
    return Message(row.id, content["text"], content["kind"], content["about"], row.written_at, copy_id)


def _read(key: Key, row: InboxMessage) -> Message:
    try:
        return unseal(key, row)
    except Tampered:
        # one damaged message must not silence the person: it is answered like a picture, as something not to be opened
        return Message(row.id, "", "media", None, row.written_at, None)
