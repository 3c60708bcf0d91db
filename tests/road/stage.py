"""The jobs driven by hand, under a clock that jumps; the carriers speak HTTP as always."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.worker import Jobs
from program import read_clock
from simulator.serve import Running
from simulator.settings import Settings
from storage import arriving, inbox, migrations
from storage.channels import facts_of
from storage.database import Database
from storage.inbox import Inbound
from tests.road.books import Books, open_books
from tests.road.line import QUICK, SMSGATE, TWILIO_FROM, ZALO, free_port, smsgate_environment, zalo_environment
from tests.road.writers import MIND
from webhooks import connect_all
from webhooks.channel import Channel, Deployment

ACCOUNT, TOKEN, BOT = "AC" + "0" * 32, "stage-token", "123456:stage-token-of-a-bot"
ADDRESSES = {"twilio": "+84900000001", "smsgate": "+84900000002", "telegram": "4711", "zalo": "6000000000000004711"}
MINUTE = timedelta(minutes=1)


@dataclass
class Clock:
    """The time, ahead of the real one by as much as we moved it."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """The time."""
        return read_clock() + self.ahead


@dataclass
class Stage:
    """Carriers that can be opened late, a database, and the jobs under a clock that only we move."""

    books: Books
    channels: Mapping[str, Channel]
    port: int
    ended: ExitStack
    now: Clock
    carriers: Running | None = None
    people: list[tuple[str, str]] = field(default_factory=lambda: list(ADDRESSES.items()))

    def open(self) -> Running:
        """Open the carriers; before, whoever calls them is refused. All people have written to the bot before."""
        settings = Settings(
            ACCOUNT,
            TOKEN,
            TWILIO_FROM,
            BOT,
            "http://127.0.0.1:1",
            port=self.port,
            pace=QUICK,
            zalo=ZALO,
            smsgate=SMSGATE,
        )
        self.carriers = self.ended.enter_context(Running(settings, now=self.now))
        for channel, address in self.people:
            if channel == "telegram":
                self.carriers.telegram.text(int(address), "hello")
            elif channel == "zalo":
                self.carriers.zalo.text(address, "hello")
        return self.carriers

    def carrier(self, channel: str) -> Any:
        """One of the open carriers."""
        return getattr(self.carriers, channel)

    def somebody(self, channel: str, number: int) -> str:
        """The address of one more person, who is known from now on."""
        address = ADDRESSES[channel][:-3] + f"{100 + number}" if channel != "telegram" else str(5000 + number)
        self.people.append((channel, address))
        return address

    @property
    def jobs(self) -> Jobs:
        """The jobs, under our clock."""
        return Jobs(self.books.database, self.books.vault, MIND, self.channels, self.now, uuid.uuid4)

    def hear(self, channel: str, text: str, address: str = "") -> None:
        """Somebody writes, usually the one person; how the message gets here is tried elsewhere."""
        message = Inbound(uuid.uuid4().hex, address or ADDRESSES[channel], text)
        arriving.keep(self.books.database, self.books.vault, facts_of(channel), message, self.now(), uuid.uuid4)

    def work(self, *, later: timedelta = timedelta(0)) -> None:
        """Let the clock jump, then do everything there is to do, until there is no more."""
        self.now.ahead += later
        jobs = self.jobs
        jobs.settle_abandoned()
        with self.books.database.read() as session:
            waiting = inbox.waiting_conversations(session, self.now() + MINUTE, self.now(), 500)
        for conversation in waiting:
            jobs.answer(conversation)
        for due in jobs.sweep()[1]:
            jobs.send(due.conversation_id)

    def ended_as(self, channel: str) -> list[str]:
        """How everything told on a channel ended."""
        return [told.status for told in self.books.talk(channel, ADDRESSES[channel]).told]

    def got(self, channel: str, address: str = "") -> list[str]:
        """What somebody's phone shows of us, usually the one person's."""
        if self.carriers is None:
            return []
        screen = self.carrier(channel).phones.screen(address or ADDRESSES[channel])
        return [bubble.text for bubble in screen if bubble.sender == "line"]


@contextmanager
def set_stage(database_url: str) -> Iterator[Stage]:
    """A stage whose carriers are not open yet."""
    database, port = Database(database_url), free_port()
    migrations.upgrade(database)
    database.close()
    carriers = f"http://127.0.0.1:{port}"
    environment = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM": TWILIO_FROM,
        "TWILIO_API_URL": carriers,
        "TELEGRAM_TOKEN": BOT,
        "TELEGRAM_SECRET": "stage-secret",
        "TELEGRAM_API_URL": carriers,
        **zalo_environment(ZALO, carriers),
        **smsgate_environment(carriers),
    }
    with ExitStack() as ended:
        books = ended.enter_context(open_books(database_url))
        clock = Clock()
        deployment = Deployment(environment, "http://127.0.0.1:1", books.safe_of, clock)
        yield Stage(books, connect_all(deployment), port, ended, clock)
