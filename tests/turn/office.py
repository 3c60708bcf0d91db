"""The worker's jobs with everything around them: a store, two carriers and a clock that the test moves."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from bot.thinking import Mind
from bot.worker import Jobs
from storage import inbox, outbox
from storage.channels import Facts, register
from storage.models import Conversation, OutboxMessage
from storage.outbox import Reply
from tests.storage.stage import NOW, NUMBER, OTHER_SMS, SMS, Stage
from tests.turn.carrier import Carrier

POST = register(
    Facts(name="paper-post", medium="paper", contact_kind="post", limit=160, traces_sent=True, lists_received=True)
)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        """The time."""
        return self.time

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)


@dataclass
class Office:
    """One worker. `sms` can be asked and keeps copies, `post` can be asked, `modem` cannot."""

    stage: Stage
    mind: Mind
    jobs: Jobs
    clock: Clock
    sms: Carrier = field(default_factory=lambda: Carrier(SMS))
    post: Carrier = field(default_factory=lambda: Carrier(POST))
    modem: Carrier = field(default_factory=lambda: Carrier(OTHER_SMS))

    @classmethod
    def open(cls, stage: Stage, mind: Mind) -> "Office":
        """Put the worker's parts together."""
        clock, channels = Clock(), dict[str, Carrier]()
        jobs = Jobs(stage.database, stage.vault, mind, channels, clock, uuid.uuid4)
        office = cls(stage, mind, jobs, clock)
        channels.update({carrier.facts.name: carrier for carrier in (office.sms, office.post, office.modem)})
        return office

    def hear(self, text: str, address: str = NUMBER, facts: Facts = SMS) -> UUID:
        """A message arrives now."""
        conversation_id = self.stage.hear(text, at=self.clock(), address=address, facts=facts)
        assert conversation_id is not None
        return conversation_id

    def talk(self, *replies: Reply | str, address: str = NUMBER, facts: Facts = SMS) -> UUID:
        """A conversation whose one message is answered with these replies, not yet sent."""
        conversation_id = self.hear("xin chao", address, facts)
        with self.stage.database.write() as session:
            rows = inbox.rows_unanswered(session, self.stage.person_of(conversation_id))
            inbox.mark_answered(session, [row.id for row in rows], 1)
        self.stage.say(conversation_id, *replies, at=self.clock())
        return conversation_id

    def answer_and_send(self, conversation_id: UUID) -> None:
        """What a hint brings about."""
        if self.jobs.answer(conversation_id) is not None:
            self.jobs.send(conversation_id)

    def sweep(self) -> None:
        """What the sweep brings about, all of it."""
        for conversation_id in self.jobs.sweep()[0]:
            self.jobs.answer(conversation_id)
        for waiting in self.jobs.sweep()[1]:
            self.jobs.send(waiting.conversation_id)

    def run(self, seconds: int, every: int = 1) -> None:
        """The worker at work for so long: sweep, settle, erase."""
        for _ in range(0, seconds, every):
            self.sweep()
            self.jobs.settle_abandoned()
            for conversation_id in self.jobs.erase_due()[1]:
                self.answer_and_send(conversation_id)
            self.clock.move(every)

    def rows(self, conversation_id: UUID) -> list[OutboxMessage]:
        """Everything said in a conversation, in order."""
        row = OutboxMessage
        with self.stage.database.read() as session:
            mine = select(row).where(row.conversation_id == conversation_id).order_by(row.position)
            return list(session.scalars(mine))

    def fates(self, conversation_id: UUID) -> list[tuple[str, str]]:
        """The kind and status of everything said in a conversation, in order."""
        return [(row.kind, row.status) for row in self.rows(conversation_id)]

    def conversation(self, conversation_id: UUID) -> Conversation:
        """A conversation as it stands."""
        with self.stage.database.read() as session:
            return session.get_one(Conversation, conversation_id)

    def unanswered(self, conversation_id: UUID) -> int:
        """How many messages of its person no turn has answered."""
        with self.stage.database.read() as session:
            return len(inbox.rows_unanswered(session, self.stage.person_of(conversation_id)))

    def late_line(self, language: str | None = "vi") -> str:
        """The neutral line instead of an answer."""
        return self.mind.packs.neutral("late", language)

    def is_open(self, conversation_id: UUID) -> bool:
        """Whether anything of a conversation is to be settled."""
        with self.stage.database.read() as session:
            return outbox.is_open(session, conversation_id)
