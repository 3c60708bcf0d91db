"""What we still have to ask of carriers: to redact or delete their copy of a message.

An errand outlives the person it came from, so the carrier's id in it is sealed under a key of the system, and it ends
when it is done or after 14 days.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base
from storage.ids import NewId
from storage.vault import Key, Tampered, Vault

REDACT_SENT_AFTER = timedelta(minutes=1)
"""While it is on its way a carrier neither redacts nor deletes a message, and an unsure one is found by its text."""

GIVEN_UP_AFTER = timedelta(days=14)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)


class Errand(Base):
    """One request to a carrier. `action` is "redact" (the text) or "delete" (the whole record)."""

    __tablename__ = "errand"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    action: Mapped[str]
    provider_id_sealed: Mapped[bytes]
    due_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime]


@dataclass(frozen=True)
class Due:
    """An errand to run now."""

    id: UUID
    channel: str
    action: str
    provider_id: str
    tries: int


def add(
    session: Session, vault: Vault, channel: str, action: str, provider_id: str, due_at: datetime, new_id: NewId
) -> None:
    """Write an errand down."""
    errand_id = new_id()
    sealed = vault.system("errand").seal("errand.provider_id", errand_id, provider_id)
    session.add(
        Errand(
            id=errand_id,
            channel=channel,
            action=action,
            provider_id_sealed=sealed,
            due_at=due_at,
            tries=0,
            until=due_at + GIVEN_UP_AFTER,
        )
    )


def due(session: Session, vault: Vault, channels: Collection[str], now: datetime, limit: int = 50) -> list[Due]:
    """The errands to these channels whose time has come, oldest first; one that cannot be read stops no other."""
    ready = (Errand.due_at <= now) & Errand.channel.in_(channels)
    rows = session.scalars(select(Errand).where(ready).order_by(Errand.due_at).limit(limit))
    key = vault.system("errand")
    ids = ((row, _provider_id(key, row)) for row in rows)
    return [Due(row.id, row.channel, row.action, found, row.tries) for row, found in ids if found is not None]


def finish(session: Session, errand_id: UUID) -> None:
    """The carrier did it, or no longer has the message."""
    session.execute(delete(Errand).where(Errand.id == errand_id))


def retry_later(session: Session, errand: Due, now: datetime) -> None:
    """Try again after a pause that doubles."""
    pause = min(FIRST_PAUSE * 2 ** min(errand.tries, 20), LONGEST_PAUSE)
    session.execute(update(Errand).where(Errand.id == errand.id).values(due_at=now + pause, tries=errand.tries + 1))


def give_up(session: Session, now: datetime) -> None:
    """Drop the errands whose 14 days are over, those of a channel that is off too."""
    session.execute(delete(Errand).where(Errand.until < now))


def known_provider_ids(session: Session, vault: Vault, channel: str) -> set[str]:
    """The carrier's ids of messages that are to be redacted or deleted: none of them is news."""
    key = vault.system("errand")
    rows = session.scalars(select(Errand).where(Errand.channel == channel))
    return {found for row in rows if (found := _provider_id(key, row)) is not None}


def _provider_id(key: Key, row: Errand) -> str | None:
    try:
        return key.unseal("errand.provider_id", row.id, row.provider_id_sealed)
    except Tampered:
        return None
