"""What the storage tests play on: a store, two made-up channels, and ways to say things, at once if need be."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from storage import arriving, erasing, outbox, people
from storage.channels import Facts, register
from storage.database import Database
from storage.inbox import Inbound, InboxMessage
from storage.models import Base, Contact, Conversation, OutboxMessage, Person
from storage.outbox import Claimed, Reply
from storage.vault import Vault

Result = TypeVar("Result")

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MASTER = hashlib.sha256(b"the first master key").digest()
NEXT_MASTER = hashlib.sha256(b"the next master key").digest()
NUMBER = "+84901234567"

SMS = register(
    Facts(
        name="paper-sms",
        medium="paper",
        contact_kind="tel",
        limit=160,
        traces_sent=True,
        lists_received=True,
        keeps_copies=True,
    )
)
OTHER_SMS = register(Facts(name="paper-modem", medium="paper", contact_kind="tel", limit=160))


@dataclass
class Stage:
    """One store. Times are arguments, as everywhere; ids are random."""

    url: str
    database: Database
    vault: Vault

    @classmethod
    def open(cls, url: str) -> "Stage":
        """Open a store that has its tables."""
        database = Database(url)
        return cls(url, database, Vault((MASTER,)).open(database))

    def hear(
        self,
        text: str = "xin chào",
        at: datetime = NOW,
        address: str = NUMBER,
        provider_id: str | None = None,
        facts: Facts = SMS,
        order: int = 0,
    ) -> UUID | None:
        """A message arrives; the conversation, or None when it was kept before."""
        provider_id = provider_id or f"SM{uuid.uuid4().hex}"
        inbound = Inbound(provider_id, address, text, order=order, copy_id=provider_id)
        return arriving.keep(self.database, self.vault, facts, inbound, at, uuid.uuid4)

    def talk(self, address: str = NUMBER, at: datetime = NOW, facts: Facts = SMS) -> UUID:
        """A conversation, begun by somebody with this address."""
        conversation_id = self.hear(at=at, address=address, facts=facts)
        assert conversation_id is not None
        return conversation_id

    def say(self, conversation_id: UUID, *replies: Reply | str, at: datetime = NOW) -> list[UUID]:
        """A turn queues replies; their ids in order."""
        ids = [uuid.uuid4() for _ in replies]
        makers = iter(ids)
        said = [Reply(reply) if isinstance(reply, str) else reply for reply in replies]
        with self.database.write() as session:
            conversation = session.get_one(Conversation, conversation_id)
            key = self.vault.person_key(session, conversation.person_id)
            version = conversation.version
            assert people.move_on(session, conversation_id, version)
            place = (conversation_id, conversation.person_id, version + 1)
            outbox.queue(session, key, *place, said, at, lambda: next(makers))
        return ids

    def claim(self, conversation_id: UUID, at: datetime = NOW) -> Claimed | None:
        """A sender takes what may leave the conversation, if anything may."""
        with self.database.write() as session:
            row = outbox.next_due(session, conversation_id, at)
            if row is None:
                return None
            return outbox.claim(session, self.vault.person_key(session, row.person_id), row, at)

    def must_claim(self, conversation_id: UUID, at: datetime = NOW) -> Claimed:
        """The same where something must leave."""
        claimed = self.claim(conversation_id, at)
        assert claimed is not None
        return claimed

    def settle(self, claimed: Claimed, status: str, at: datetime = NOW) -> bool:
        """A sender or asker writes down how it ended."""
        with self.database.write() as session:
            if status == "sent":
                return outbox.note_sent(session, claimed.id, at)
            return outbox.settle(session, claimed, status, at)

    def erase(self, conversation_id: UUID, at: datetime = NOW) -> None:
        """Its person is gone at once."""
        person_id = self.person_of(conversation_id)
        with self.database.write() as session:
            erasing.forget_person(session, self.vault, person_id, at, uuid.uuid4)

    def person_of(self, conversation_id: UUID) -> UUID:
        """Whose conversation it is."""
        with self.database.read() as session:
            return session.get_one(Conversation, conversation_id).person_id

    def outbox_row(self, row_id: UUID) -> OutboxMessage:
        """A message out as it stands."""
        with self.database.read() as session:
            return session.get_one(OutboxMessage, row_id)

    def put(self, row_id: UUID, **values: object) -> None:
        """Put a message out into any state."""
        with self.database.write() as session:
            session.execute(update(OutboxMessage).where(OutboxMessage.id == row_id).values(**values))

    def count(self, table: type[Base]) -> int:
        """How many rows a table has."""
        with self.database.read() as session:
            return session.scalars(select(func.count()).select_from(table)).one()

    def counts(self) -> tuple[int, int, int, int]:
        """How many persons, contacts, conversations and messages in there are."""
        persons, contacts = self.count(Person), self.count(Contact)
        return persons, contacts, self.count(Conversation), self.count(InboxMessage)

    def all_of(self, column: InstrumentedAttribute[Any]) -> list[Any]:
        """Every value of a column."""
        with self.database.read() as session:
            return list(session.scalars(select(column)))


def at_once(work: Sequence[Callable[[], Result]]) -> list[Result]:
    """Do all of it at the same moment, each in a thread of its own; the results in order. Raises what they raise."""
    barrier = Barrier(len(work))

    def start(one: Callable[[], Result]) -> Result:
        barrier.wait(10)
        return one()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(start, work))
