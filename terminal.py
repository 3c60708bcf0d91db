"""The bot in a terminal: the same turn and the same sending as on any channel, on a throw-away store."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Request

from bot.engine import State
from bot.talks import Talk
from bot.thinking import Mind
from bot.worker import Jobs
from storage import arriving, migrations, people
from storage.channels import BRISK, Facts, all_facts
from storage.database import Database
from storage.inbox import Inbound
from storage.outbox import Claimed
from storage.vault import KEY_BYTES, Vault
from webhooks.channel import Delivery, NotProven
from webhooks.outcomes import Ending, sent

SOMEBODY = "900000000"
ADDRESSES = {"tel": "+84900000000"}  # a number in Viet Nam; on other channels an address tells nothing

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)
"""When every kept talk takes place, at noon in Viet Nam: what is told expires, and a talk must not change by itself."""


class NoSuchChannel(ValueError):
    """No channel of that kind; the message names those there are."""


@dataclass
class Terminal:
    """A carrier that keeps what it is given, to be shown."""

    facts: Facts
    said: list[str] = field(default_factory=list)
    is_simulated: bool = True
    plain: bool = False

    def prove(self, request: Request, door: str) -> None:
        """A terminal has no door."""
        raise NotProven

    def read(self, request: Request, door: str) -> Delivery:
        """A terminal has no door."""
        raise NotProven

    def send(self, address: str, message: Claimed, now: datetime) -> Ending:
        """Keep the text for showing; buttons are shown as the digits they stand for."""
        labels = [f"[{label}]" for label, _ in message.buttons]
        self.said.append("\n".join([message.text, *labels]))
        return sent(str(message.id))

    def tend(self, now: datetime) -> None:
        """Nothing to do."""


@dataclass
class Chat:
    """One person at a terminal. `clock` may be turned to see what silence does."""

    jobs: Jobs
    terminal: Terminal
    language: str | None

    def say(self, text: str) -> list[str]:
        """Write a line; everything the bot answers to it."""
        self.terminal.said.clear()
        facts, jobs = self.terminal.facts, self.jobs
        inbound = Inbound(str(uuid.uuid4()), ADDRESSES.get(facts.contact_kind, SOMEBODY), text)
        conversation_id = arriving.keep(jobs.database, jobs.vault, facts, inbound, jobs.now(), jobs.new_id)
        if conversation_id is None:
            raise RuntimeError("a fresh id was seen before")
        if self.language is not None:
            self._speak(conversation_id, self.language)
        jobs.answer(conversation_id)
        jobs.send(conversation_id)
        jobs.erase_due()
        return list(self.terminal.said)

    def _speak(self, conversation_id: uuid.UUID, language: str) -> None:
        """Begin in a language, as if it had been chosen before."""
        with self.jobs.database.write() as session:
            conversation = session.get_one(people.Conversation, conversation_id)
            if conversation.state_sealed is None:
                key = self.jobs.vault.person_key(session, conversation.person_id)
                state = State(language=language).to_json()
                conversation.state_sealed = people.seal_state(key, conversation_id, state)


@contextmanager
def open_chat(mind: Mind, medium: str, language: str | None, clock: Callable[[], datetime]) -> Iterator[Chat]:
    """A chat on its own database and key, both gone afterwards. Raises NoSuchChannel."""
    facts = next((facts for facts in all_facts() if medium in (facts.medium, facts.name)), None)
    if facts is None:
        raise NoSuchChannel(f"choose one of: {', '.join(sorted({facts.medium for facts in all_facts()}))}")
    with tempfile.TemporaryDirectory(prefix="chat-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'chat.db'}")
        migrations.upgrade(database)
        vault = Vault((os.urandom(KEY_BYTES),)).open(database)
        terminal = Terminal(replace(facts, pace=BRISK))
        jobs = Jobs(database, vault, mind, {facts.name: terminal}, clock, uuid.uuid4)
        yield Chat(jobs, terminal, language)
        database.close()


def replay(mind: Mind, kept: Talk) -> Talk:
    """A kept talk with what is answered now: the same lines written again, everything else as it stands.

    Raises NoSuchChannel.
    """
    with open_chat(mind, kept.channel, None, lambda: NOON) as chat:
        said = [replace(exchange, replies=chat.say(exchange.said)) for exchange in kept.exchanges]
    return replace(kept, exchanges=said)
