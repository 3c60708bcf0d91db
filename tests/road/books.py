"""The program's own bookkeeping, read from its database with its master key: what it says happened."""

import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import models, people
from storage.database import Database
from storage.outbox import POSITIONS_PER_VERSION, UNSETTLED
from storage.safe import Safe
from storage.vault import Forgotten, Vault
from tests.road.line import MASTER_KEY


@dataclass(frozen=True)
class Heard:
    """A message in, and the turn that answered it."""

    text: str
    kind: str
    answered_in: int | None


@dataclass(frozen=True)
class Told:
    """A message out: the turn that said it, how it ended, and what receipts said of it."""

    version: int
    kind: str
    text: str
    status: str
    delivery: str | None
    tries: int


@dataclass(frozen=True)
class Talk:
    """Everything kept of one conversation, in the order of acceptance and of saying."""

    heard: tuple[Heard, ...]
    told: tuple[Told, ...]

    def texts(self, *statuses: str) -> list[str]:
        """What was told and ended in one of these ways."""
        return [told.text for told in self.told if told.status in statuses]


@dataclass(frozen=True)
class Books:
    """A database opened beside the running program."""

    database: Database
    vault: Vault

    def safe_of(self, channel: str) -> Safe:
        """A channel's safe in this database."""
        return Safe(self.database, self.vault, channel, uuid.uuid4)

    def talk(self, channel: str, address: str) -> Talk:
        """The conversation with an address; empty when there is none."""
        kind = "tel" if channel in ("twilio", "smsgate") else channel
        with self.database.read() as session:
            contact = people.find_contact(session, self.vault, kind, address)
            if contact is None:
                return Talk((), ())
            try:
                return Talk(self._heard(session, contact.person_id), self._told(session, contact.person_id))
            except Forgotten:  # erased between two of our statements
                return Talk((), ())

    def is_settled(self) -> bool:
        """Whether everything is answered and every answer has ended one way or another."""
        waiting = select(func.count()).where(models.InboxMessage.answered_in.is_(None))
        pending = select(func.count()).where(models.OutboxMessage.status.in_(UNSETTLED))
        with self.database.read() as session:
            return session.scalars(waiting).one() == 0 and session.scalars(pending).one() == 0

    def count(self, table: type[models.Base]) -> int:
        """How many rows a table has."""
        with self.database.read() as session:
            return session.scalars(select(func.count()).select_from(table)).one()

    def wrapped_keys(self) -> list[bytes]:
        """The wrapped keys of all people, as they stand in the table."""
        with self.database.read() as session:
            return list(session.scalars(select(models.PersonKey.wrapped)))

    def _heard(self, session: Session, person_id: UUID) -> tuple[Heard, ...]:
        key, table = self.vault.person_key(session, person_id), models.InboxMessage
        rows = session.scalars(select(table).where(table.person_id == person_id).order_by(table.accepted_at))
        contents = [(row, json.loads(key.unseal("inbox.content", row.id, row.content_sealed))) for row in rows]
        return tuple(Heard(content["text"], content["kind"], row.answered_in) for row, content in contents)

    def _told(self, session: Session, person_id: UUID) -> tuple[Told, ...]:
        key, table = self.vault.person_key(session, person_id), models.OutboxMessage
        rows = session.scalars(select(table).where(table.person_id == person_id).order_by(table.position))
        contents = [(row, json.loads(key.unseal("outbox.content", row.id, row.content_sealed))) for row in rows]
        return tuple(
            Told(
                row.position // POSITIONS_PER_VERSION,
                row.kind,
                content["text"],
                row.status,
                row.delivery,
                row.tries,
            )
            for row, content in contents
        )


@contextmanager
def open_books(database_url: str) -> Iterator[Books]:
    """The books of a database, closed afterwards."""
    database = Database(database_url)
    try:
        yield Books(database, Vault((base64.b64decode(MASTER_KEY),)).open(database))
    finally:
        database.close()
