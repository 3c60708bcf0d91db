"""Marks on the database itself: that it served a demonstration, or when a carrier was last asked for what we missed."""

from datetime import datetime

from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base

DEMO = "demo"


class Mark(Base):
    """A word about this database and the moment it speaks of."""

    __tablename__ = "mark"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


def put(session: Session, name: str, at: datetime) -> None:
    """Mark the database, or move the mark."""
    session.merge(Mark(name=name, at=at))


def read(session: Session, name: str) -> datetime | None:
    """The moment of a mark, or None when the database does not bear it."""
    mark = session.get(Mark, name)
    return None if mark is None else mark.at
