"""What every job works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.thinking import Mind
from storage.database import Database
from storage.ids import NewId
from storage.vault import Vault
from webhooks.channel import Channel


@dataclass(frozen=True)
class Parts:
    """One database, its vault, what the bot knows by heart, and the channels that are on."""

    database: Database
    vault: Vault
    mind: Mind
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]
    new_id: NewId
