"""The program's parts, put together from its settings: each is made when it is first needed, and once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from bot.dialogue import load_book
from bot.facts import load_facts
from bot.packs import load_packs
from bot.thinking import Mind
from bot.threads import Crew
from bot.worker import Jobs
from config import Config, ConfigError
from storage import marks, migrations, people
from storage.database import Database
from storage.safe import Safe
from storage.vault import Vault
from webhooks import channel_modules, connect_all
from webhooks.channel import Channel, Deployment
from webhooks.receiving import Keeper

HERE = Path(__file__).parent
LOCALES = HERE / "locales"
SQLITE = "sqlite:///"


def read_clock() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def load_mind() -> Mind:
    """The dialogue and the language packs, checked while they are loaded."""
    bot = HERE / "bot"
    return Mind(load_book(bot / "flows", load_facts(bot / "facts.yaml")), load_packs(LOCALES))


@dataclass
class Program:
    """All parts of one running program."""

    config: Config

    @cached_property
    def database(self) -> Database:
        """The database of DATABASE_URL; its folder is made for a SQLite file."""
        if self.config.database_url.startswith(SQLITE):
            folder = Path(self.config.database_url.removeprefix(SQLITE)).parent
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Database(self.config.database_url)

    @cached_property
    def vault(self) -> Vault:
        """The vault, opened. Raises ConfigError without secrets, WrongMasterKey with another database's."""
        self.config.demand_secrets()
        return Vault(self.config.master_keys).open(self.database)

    @cached_property
    def mind(self) -> Mind:
        """What the bot knows by heart."""
        return load_mind()

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """The channels whose secrets are set."""
        return connect_all(Deployment(self.config.environment, self.config.public_url, self._safe_of, read_clock))

    @cached_property
    def jobs(self) -> Jobs:
        """The worker's jobs."""
        return Jobs(self.database, self.vault, self.mind, self.channels, read_clock, uuid.uuid4)

    @cached_property
    def crew(self) -> Crew:
        """The worker's threads, not yet started."""
        return Crew(self.jobs)

    @cached_property
    def keeper(self) -> Keeper:
        """What a carrier's door needs."""
        return Keeper(self.database, self.vault, read_clock, uuid.uuid4, self.crew.offer)

    def start(self) -> None:
        """Check that this may run, then start the worker's threads. Raises ConfigError, WrongMasterKey."""
        self.config.demand_secrets()
        self.config.demand_set_up()
        self.demand_tables()
        with self.database.read() as session:
            if not self.vault.knows_every_key(session):
                raise ConfigError(
                    "some people's keys were wrapped by another master key: set MASTER_KEY to new,old and run "
                    "flask --app app rotate-key before the old one is taken out"
                )
        self._keep_demo_apart()
        self._demand_tls()
        self.crew.start()

    def demand_tables(self) -> None:
        """Refuse a database that is not there, or not at the newest revision. Raises ConfigError, Unavailable."""
        path = self.config.database_url.removeprefix(SQLITE)
        is_missing = self.config.database_url.startswith(SQLITE) and not Path(path).exists()
        if is_missing or not migrations.is_current(self.database):
            raise ConfigError("the database is not at the newest revision: run flask --app app db upgrade")

    def stop(self) -> None:
        """Finish the work in hand and let go of the database. Parts that were never made are not made for their end."""
        if "crew" in vars(self):
            self.crew.stop()
        if "database" in vars(self):
            self.database.close()

    def is_ready(self) -> bool:
        """Whether messages can be kept and answered: database, revision, packs, worker."""
        return migrations.is_current(self.database) and bool(self.mind.packs.tags) and self.crew.is_well()

    def _safe_of(self, channel: str) -> Safe:
        return Safe(self.database, self.vault, channel, uuid.uuid4)

    def _keep_demo_apart(self) -> None:
        """A demonstration must never answer a real person, nor its database hold one (standards.md 8)."""
        real = self._real_channels()
        with self.database.write() as session:
            marked = marks.read(session, marks.DEMO) is not None
            if self.config.try_it and not marked and people.is_anybody_here(session):
                raise ConfigError(
                    "TRY_IT=1 on a database that already holds people: set DATABASE_URL to a fresh one for a trial"
                )
            if (self.config.try_it or marked) and real:
                raise ConfigError(
                    f"{' and '.join(real)} would reach real people, but this is a demonstration (TRY_IT=1, or a "
                    "database that served one): unset TRY_IT and set DATABASE_URL to a fresh database"
                )
            if self.config.try_it:
                marks.put(session, marks.DEMO, read_clock())

    def _demand_tls(self) -> None:
        """Carriers, and what they carry, reach us only over TLS."""
        if self._real_channels() and not self.config.public_url.startswith("https://"):
            raise ConfigError("PUBLIC_URL must be https:// for real carriers: it is where they reach this program")

    def _real_channels(self) -> list[str]:
        return [name for name, channel in self.channels.items() if not channel.is_simulated]


channel_modules()  # every channel's facts are known from here on, whether it is on or off
