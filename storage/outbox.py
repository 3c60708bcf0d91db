"""What goes out: queued with the turn that said it, sent one at a time in each conversation, settled once.

The life of a row: due -> sending -> sent, refused or unsure. `asking` is an unsure row whose carrier can still tell.
`cancelled` was taken back before it left; `stale` came too late to be said and gave way to one neutral line.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    case,
    exists,
    func,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from storage.database import Base, insert_new, rows_of
from storage.ids import NewId
from storage.people import Conversation
from storage.vault import Key, Vault

CLAIM_SECONDS = 30
"""How long a sender may hold a row: longer than the time-outs of a carrier's call together. A call that takes longer
all the same does no harm: what it then brings back settles the message, whoever holds it."""

UNSETTLED = ("due", "sending", "asking")
POSITIONS_PER_VERSION = 1_000
MOST_PRESSING, PRESSING_FOR = 9, timedelta(minutes=10)  # three cries for help, each with its three messages
AGAIN = 500  # a message said once more stands so many places behind the first
AGAIN_AFTER = timedelta(seconds=15)


@dataclass(frozen=True)
class Reply:
    """One message to say.

    `kind` is "answer", "question", "urgent" (danger and handover), "farewell" or "neutral". `stale_at` is when it must
    no longer be said.
    """

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    kind: str = "answer"
    stale_at: datetime | None = None


@dataclass(frozen=True)
class Claimed:
    """A message in the hands of one sender until its claim runs out.

    `tries` counts the claims, `doubts` those after which it may have been said.
    """

    id: UUID
    conversation_id: UUID
    kind: str
    text: str
    buttons: tuple[tuple[str, str], ...]
    stale_at: datetime | None
    claimed_at: datetime
    tries: int
    doubts: int


class OutboxMessage(Base):
    """A message out.

    Where receipts come one a part, `parts` is of how many the message is made, and `parts_delivered` counts them.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("conversation_id", "position"),
        Index(
            "outbox_unsettled",
            "conversation_id",
            "position",
            sqlite_where=text("status IN ('due', 'sending', 'asking')"),
            postgresql_where=text("status IN ('due', 'sending', 'asking')"),
        ),
        Index("outbox_of_person", "person_id"),
        Index("outbox_of_carrier", "provider_hash"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    position: Mapped[int]
    kind: Mapped[str]
    content_sealed: Mapped[bytes]
    status: Mapped[str]
    stale_at: Mapped[datetime | None]
    try_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)
    parts: Mapped[int | None]
    parts_delivered: Mapped[int] = mapped_column(default=0, server_default="0")
    settled_at: Mapped[datetime | None]
    provider_hash: Mapped[bytes | None]
    provider_id_sealed: Mapped[bytes | None]
    delivery: Mapped[str | None]
    delivery_error: Mapped[str | None]


def queue(
    session: Session,
    key: Key,
    conversation_id: UUID,
    person_id: UUID,
    version: int,
    replies: Sequence[Reply],
    now: datetime,
    new_id: NewId,
) -> None:
    """Put replies behind everything the conversation has said before. `version` is the one their turn committed."""
    for place, reply in enumerate(replies):
        row_id = new_id()
        content = json.dumps({"text": reply.text, "buttons": reply.buttons})
        session.add(
            OutboxMessage(
                id=row_id,
                person_id=person_id,
                conversation_id=conversation_id,
                position=version * POSITIONS_PER_VERSION + place,
                kind=reply.kind,
                content_sealed=key.seal("outbox.content", row_id, content),
                status="due",
                stale_at=reply.stale_at,
                try_at=now,
                tries=0,
                doubts=0,
            )
        )


def say_once_more(session: Session, key: Key, row: OutboxMessage, now: datetime, new_id: NewId) -> bool:
    """Queue a message again after a while, behind the others of its turn; False when that was done, or is too late."""
    try_at = now + AGAIN_AFTER
    if row.doubts or row.position % POSITIONS_PER_VERSION >= AGAIN or (row.stale_at and row.stale_at <= try_at):
        return False
    row_id = new_id()
    content = key.unseal("outbox.content", row.id, row.content_sealed)
    return insert_new(
        session,
        OutboxMessage,
        id=row_id,
        person_id=row.person_id,
        conversation_id=row.conversation_id,
        position=row.position + AGAIN,
        kind=row.kind,
        content_sealed=key.seal("outbox.content", row_id, content),
        status="due",
        stale_at=row.stale_at,
        try_at=try_at,
        tries=0,
        doubts=1,
        parts_delivered=0,
    )


def next_due(session: Session, conversation_id: UUID, now: datetime) -> OutboxMessage | None:
    """The message that may leave a conversation now, or None.

    One at a time and the oldest unsettled first; danger and handover overtake what waits or is being asked about.
    """
    here = OutboxMessage.conversation_id == conversation_id
    ready = (OutboxMessage.status == "due") & (OutboxMessage.try_at <= now)
    mine = select(OutboxMessage).where(here, ready, ~_must_wait(OutboxMessage))
    urgent_first = (OutboxMessage.kind != "urgent", OutboxMessage.position)
    return session.scalars(mine.order_by(*urgent_first).limit(1)).one_or_none()


def has_stale(session: Session, conversation_id: UUID, now: datetime) -> bool:
    """Whether something of a conversation has come too late to be said."""
    row = OutboxMessage
    late = (row.conversation_id == conversation_id) & (row.status == "due") & (row.stale_at <= now)
    return session.scalars(select(row.id).where(late).limit(1)).one_or_none() is not None


def has_work(session: Session, conversation_id: UUID, now: datetime) -> bool:
    """Whether a sender has anything to do in a conversation."""
    return has_stale(session, conversation_id, now) or next_due(session, conversation_id, now) is not None


def is_open(session: Session, conversation_id: UUID) -> bool:
    """Whether anything of a conversation is still to be settled."""
    mine = (OutboxMessage.conversation_id == conversation_id) & OutboxMessage.status.in_(UNSETTLED)
    return session.scalars(select(OutboxMessage.id).where(mine).limit(1)).one_or_none() is not None


def is_on_its_way(session: Session, conversation_id: UUID) -> bool:
    """Whether a message of a conversation is in the hands of a sender."""
    mine = (OutboxMessage.conversation_id == conversation_id) & (OutboxMessage.status == "sending")
    return session.scalars(select(OutboxMessage.id).where(mine).limit(1)).one_or_none() is not None


def claim(session: Session, key: Key, row: OutboxMessage, now: datetime) -> Claimed | None:
    """Take a due message for sending; None when another was quicker, it is too late, or not its turn."""
    mine = (OutboxMessage.id == row.id) & (OutboxMessage.status == "due") & (OutboxMessage.try_at <= now)
    still_true = OutboxMessage.stale_at.is_(None) | (OutboxMessage.stale_at > now)
    taken = (
        update(OutboxMessage)
        .where(mine, still_true, ~_must_wait(OutboxMessage))
        .values(status="sending", claimed_at=now, tries=OutboxMessage.tries + 1)
        .execution_options(synchronize_session=False)
    )
    if rows_of(session.execute(taken)) == 0:
        return None
    return read_claimed(key, row, now, row.tries + 1)


def _must_wait(row: type[OutboxMessage]) -> ColumnElement[bool]:
    """Another message of the conversation is on its way, or an older one is unsettled and this one is not urgent."""
    other = aliased(OutboxMessage)
    before = (other.status == "sending") | ((other.position < row.position) & (row.kind != "urgent"))
    same = (other.conversation_id == row.conversation_id) & (other.id != row.id)
    return exists().where(same, other.status.in_(UNSETTLED), before)


def read_claimed(key: Key, row: OutboxMessage, claimed_at: datetime, tries: int) -> Claimed:
    """A claimed row, unsealed for sending it or for asking the carrier about it."""
    content = json.loads(key.unseal("outbox.content", row.id, row.content_sealed))
    buttons = tuple((label, data) for label, data in content["buttons"])
    return Claimed(
        row.id, row.conversation_id, row.kind, content["text"], buttons, row.stale_at, claimed_at, tries, row.doubts
    )


def text_of(key: Key, row: OutboxMessage) -> str:
    """What a message says, before its channel shaped it. Raises Tampered."""
    text: str = json.loads(key.unseal("outbox.content", row.id, row.content_sealed))["text"]
    return text


def cancel_due(session: Session, conversation_id: UUID, kind: str | None = None) -> None:
    """Take back what has not left yet, all of it or one kind."""
    mine = (OutboxMessage.conversation_id == conversation_id) & (OutboxMessage.status == "due")
    if kind is not None:
        mine &= OutboxMessage.kind == kind
    session.execute(update(OutboxMessage).where(mine).values(status="cancelled"))


def take_back(
    session: Session, these: ColumnElement[bool], now: datetime, keep: Collection[str] = ("urgent", "farewell")
) -> None:
    """Take back what has not left yet of these messages, except those kinds.

    What is on its way comes too late from now on, in case it comes back; nothing of it is said once more.
    """
    row = OutboxMessage
    ours = these & row.kind.not_in(keep)
    session.execute(update(row).where(ours, row.status == "due").values(status="cancelled"))
    session.execute(update(row).where(ours, row.status.in_(("sending", "asking"))).values(stale_at=now))
    said = (row.kind == "urgent") & (row.status == "sent") & (row.doubts == 0)
    session.execute(update(row).where(these, said).values(doubts=1))


def retire_stale(session: Session, conversation_id: UUID, now: datetime) -> bool:
    """Mark what came too late to be said; whether any of it was more than a neutral line."""
    row = OutboxMessage
    late = (row.conversation_id == conversation_id) & (row.status == "due") & (row.stale_at <= now)
    kinds = session.scalars(update(row).where(late).values(status="stale").returning(row.kind)).all()
    return any(kind != "neutral" for kind in kinds)


def postpone(session: Session, message: Claimed, until: datetime, doubts: int | None = None) -> None:
    """The message is due again at that moment, unless its claim has passed to somebody else.

    `doubts` is how often it may have been said, where that has changed.
    """
    again = {
        "status": "due",
        "try_at": until,
        "claimed_at": None,
        "doubts": message.doubts if doubts is None else doubts,
    }
    session.execute(update(OutboxMessage).where(_held_by(message)).values(**again))


def settle(session: Session, message: Claimed, status: str, now: datetime) -> bool:
    """Write down that a send ended as refused or unsure; False when its claim has passed, or somebody was quicker."""
    ended = update(OutboxMessage).where(_held_by(message)).values(status=status, settled_at=now)
    return rows_of(session.execute(ended)) == 1


def doubt(session: Session, message: Claimed, doubts: int) -> None:
    """It may have left: the carrier is to be asked. `doubts` is how often that has been so."""
    session.execute(update(OutboxMessage).where(_held_by(message)).values(status="asking", doubts=doubts))


def note_sent(session: Session, row_id: UUID, now: datetime) -> bool:
    """The carrier has the message, whoever handed it over and whatever was thought of it; False when it was erased.

    That settles it even after its claim has passed and it was put back for another try: it must not be said twice.
    """
    row = session.get(OutboxMessage, row_id, with_for_update={"key_share": True}, populate_existing=True)
    if row is not None:
        settle_as_sent(row, now)
    return row is not None


def settle_as_sent(row: OutboxMessage, now: datetime) -> bool:
    """Settle what may have left; False when its end was known already, or it never left."""
    if not (row.status in ("sending", "asking", "unsure") or (row.status == "due" and row.tries > 0)):
        return False
    row.status, row.settled_at = "sent", now
    return True


def _held_by(message: Claimed) -> ColumnElement[bool]:
    """Still in the hands that claimed it: a sender that was asleep for long must not undo its successor's work."""
    mine = (OutboxMessage.id == message.id) & (OutboxMessage.tries == message.tries)
    return mine & OutboxMessage.status.in_(("sending", "asking"))


def known_provider_ids(session: Session, vault: Vault, channel: str, provider_ids: Sequence[str]) -> set[str]:
    """Which of the carrier's ids belong to messages that we know were sent."""
    by_hash = {vault.system("carrier").hash(channel, provider_id): provider_id for provider_id in provider_ids}
    known = select(OutboxMessage.provider_hash).where(OutboxMessage.provider_hash.in_(list(by_hash)))
    return {by_hash[found] for found in session.scalars(known) if found is not None}


def note_provider_id(session: Session, vault: Vault, channel: str, row_id: UUID, provider_id: str) -> None:
    """Keep the carrier's id of a sent message: hashed to find it, sealed to have its copy redacted."""
    row = session.get(OutboxMessage, row_id)
    if row is not None:
        key = vault.person_key(session, row.person_id)
        row.provider_hash = vault.system("carrier").hash(channel, provider_id)
        row.provider_id_sealed = key.seal("outbox.provider_id", row_id, provider_id)


def abandoned(session: Session, channel: str, now: datetime) -> list[UUID]:
    """Messages on a channel whose sender vanished in mid-send, or whose carrier is to be asked; urgent first."""
    left = (OutboxMessage.status == "sending") & (OutboxMessage.claimed_at <= now - timedelta(seconds=CLAIM_SECONDS))
    found = (
        select(OutboxMessage.id)
        .join(Conversation, Conversation.id == OutboxMessage.conversation_id)
        .where(left | (OutboxMessage.status == "asking"), Conversation.channel == channel)
    )
    urgent_first = (OutboxMessage.kind != "urgent", OutboxMessage.claimed_at)
    return list(session.scalars(found.order_by(*urgent_first).limit(100)))


def presses(row: type[OutboxMessage], now: datetime) -> ColumnElement[bool]:
    """Whether a message goes before others: danger and handover, unless this conversation had many of them of late.

    Somebody who writes "help" every few seconds must not keep a slow line from everybody else; they are answered too,
    in their turn.
    """
    other = aliased(OutboxMessage)
    same = (other.conversation_id == row.conversation_id) & (other.kind == "urgent")
    lately = select(func.count()).where(same, other.claimed_at > now - PRESSING_FOR).scalar_subquery()
    return (row.kind == "urgent") & (lately < MOST_PRESSING)


def is_pressing(session: Session, row_id: UUID, now: datetime) -> bool:
    """Whether this message goes before others."""
    pressing = select(OutboxMessage.id).where(OutboxMessage.id == row_id, presses(OutboxMessage, now))
    return session.scalars(pressing).one_or_none() is not None


@dataclass(frozen=True)
class Waiting:
    """A conversation in which something may leave, or has come too late."""

    conversation_id: UUID
    channel: str
    is_urgent: bool


def waiting_to_send(session: Session, channel: str, resting: bool, now: datetime, limit: int) -> list[Waiting]:
    """Conversations on a channel with something to send; on one that is resting only what is urgent.

    Those with danger and handover come first, then whoever has waited longest.
    """
    row = OutboxMessage
    ready = (row.status == "due") & ((row.stale_at <= now) | ((row.try_at <= now) & ~_must_wait(row)))
    open_to = (Conversation.channel == channel) & ((row.kind == "urgent") if resting else true())
    urgency = func.min(case((presses(row, now), 0), else_=1))
    found = (
        select(row.conversation_id, urgency)
        .join(Conversation, Conversation.id == row.conversation_id)
        .where(ready, open_to)
        .group_by(row.conversation_id)
        .order_by(urgency, func.min(row.try_at))
        .limit(limit)
    )
    return [Waiting(conversation_id, channel, first == 0) for conversation_id, first in session.execute(found)]


def tally(session: Session, since: datetime) -> dict[tuple[str, str], int]:
    """How many messages wait to leave ("waiting"), may have been said ("unsure") or were not delivered ("failed").

    By channel and which; the last two only since that moment.
    """
    row = OutboxMessage
    kind = case((row.status == "unsure", "unsure"), (row.status == "sent", "failed"), else_="waiting")
    ended = (row.status == "unsure") | ((row.status == "sent") & (row.delivery == "failed"))
    counted = (
        select(Conversation.channel, kind, func.count())
        .join(Conversation, Conversation.id == row.conversation_id)
        .where(row.status.in_(UNSETTLED) | (ended & (row.settled_at >= since)))
        .group_by(Conversation.channel, kind)
    )
    return {(channel, which): number for channel, which, number in session.execute(counted)}


def last_fate(session: Session, conversation_id: UUID) -> str | None:
    """The status of the newest message that was more than a neutral line."""
    mine = (OutboxMessage.conversation_id == conversation_id) & (OutboxMessage.kind != "neutral")
    newest = select(OutboxMessage.status).where(mine).order_by(OutboxMessage.position.desc()).limit(1)
    return session.scalars(newest).one_or_none()
