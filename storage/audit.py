"""Who did what, by opaque ids, so that the record survives erasure.

Lines are written unchained, in the transaction of what they record, and chained afterwards by one job: a chain in every
transaction would put the whole system in single file. Each digest is a keyed hash: whoever can write the table but has
not the master key cannot make the chain anew.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base
from storage.vault import Key

FIRST = "0" * 64
CHAIN_LOCK = 4_711_002


class AuditLine(Base):
    """One action of one person of the staff, or of an administrator at the command line."""

    __tablename__ = "audit_line"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    place: Mapped[int | None] = mapped_column(unique=True)
    digest: Mapped[str | None]


@dataclass(frozen=True)
class Verified:
    """The outcome of reading the whole chain: how many lines hold, how many await chaining, where it breaks."""

    chained: int
    unchained: int
    broken_at: int | None


def write(session: Session, line_id: UUID, actor: str, action: str, subject: str, now: datetime) -> None:
    """Record an action. `subject` is an id or a count, never a text, a name or an address."""
    session.add(AuditLine(id=line_id, at=now, actor=actor, action=action, subject=subject))


def chain(session: Session, key: Key, limit: int = 1_000) -> int:
    """Chain the lines that are not yet chained; how many. Callers at once take turns."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(CHAIN_LOCK)))
    last = session.scalars(
        select(AuditLine).where(AuditLine.place.is_not(None)).order_by(AuditLine.place.desc()).limit(1)
    ).one_or_none()
    place, digest = (last.place or 0, last.digest or FIRST) if last else (0, FIRST)
    loose = select(AuditLine).where(AuditLine.place.is_(None)).order_by(AuditLine.at, AuditLine.id).limit(limit)
    lines = session.scalars(loose).all()
    for line in lines:
        place, digest = place + 1, _digest(key, digest, line)
        line.place, line.digest = place, digest
    return len(lines)


def verify(session: Session, key: Key) -> Verified:
    """Read the chain from its first line. That its last lines were removed, only a count noted elsewhere can tell."""
    digest, count = FIRST, 0
    for line in session.scalars(select(AuditLine).where(AuditLine.place.is_not(None)).order_by(AuditLine.place)):
        count += 1
        digest = _digest(key, digest, line)
        if line.place != count or line.digest != digest:
            return Verified(count - 1, 0, count)
    loose = session.scalars(select(AuditLine.id).where(AuditLine.place.is_(None))).all()
    return Verified(count, len(loose), None)


def _digest(key: Key, before: str, line: AuditLine) -> str:
    return key.hash(before, str(line.id), line.at.isoformat(), line.actor, line.action, line.subject).hex()
