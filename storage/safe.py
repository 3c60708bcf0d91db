"""What a channel must remember by itself, such as a token that is good for one use: sealed, changed by one at a time.

Nothing is locked while a carrier is asked for a new token: whoever changes it takes the safe for a while. One that was
taken and not put back in time tells that somebody died on the way, and that what lies in it may be spent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Database, insert_new, rows_of
from storage.ids import NewId
from storage.vault import Vault


class ChannelSecret(Base):
    """What lies in one channel's safe. `version` rises whenever it is taken or put back."""

    __tablename__ = "channel_secret"

    channel: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    content_sealed: Mapped[bytes]
    version: Mapped[int]
    taken_until: Mapped[datetime | None]


@dataclass(frozen=True)
class Kept:
    """What lies in the safe, all of it secret.

    `is_taken` tells that somebody is changing it, `was_left` that it was taken and never put back: a change broke off.
    """

    content: Mapping[str, str] = field(repr=False)
    version: int
    is_taken: bool
    was_left: bool


@dataclass(frozen=True)
class Safe:
    """One channel's safe."""

    database: Database
    vault: Vault
    channel: str
    new_id: NewId

    def read(self, now: datetime) -> Kept | None:
        """What lies in it; None while it is empty. Raises Unavailable, Tampered."""
        with self.database.read() as session:
            row = session.get(ChannelSecret, self.channel)
            if row is None:
                return None
            content = json.loads(self.vault.system("channel").unseal(self._place, row.id, row.content_sealed))
            until = row.taken_until
            return Kept(content, row.version, until is not None and until > now, until is not None and until <= now)

    def begin(self, content: Mapping[str, str]) -> None:
        """Put the first thing in; nothing happens when something lies there already. Raises Unavailable."""
        row_id = self.new_id()
        sealed = self._seal(row_id, content)
        with self.database.write() as session:
            values = {"id": row_id, "content_sealed": sealed, "version": 1, "taken_until": None}
            insert_new(session, ChannelSecret, channel=self.channel, **values)

    def take(self, version: int, now: datetime, longest: timedelta) -> int | None:
        """Take it for a change, for so long at most; the version that is yours from now on.

        None when others have it, or had it since that version. Each taking is a version of its own: one who comes back
        after their time can undo nothing of whoever has it then. Raises Unavailable.
        """
        free = or_(ChannelSecret.taken_until.is_(None), ChannelSecret.taken_until <= now)
        mine = (ChannelSecret.channel == self.channel) & (ChannelSecret.version == version) & free
        taken = update(ChannelSecret).where(mine).values(version=version + 1, taken_until=now + longest)
        with self.database.write() as session:
            return version + 1 if rows_of(session.execute(taken)) == 1 else None

    def put(self, content: Mapping[str, str], version: int) -> bool:
        """Put the changed thing back; False when others took or changed it since that version. Raises Unavailable."""
        with self.database.write() as session:
            row = session.get(ChannelSecret, self.channel, with_for_update=True, populate_existing=True)
            if row is None or row.version != version:
                return False
            row.content_sealed = self._seal(row.id, content)
            row.version, row.taken_until = version + 1, None
            return True

    @property
    def _place(self) -> str:
        return f"channel_secret.content/{self.channel}"

    def _seal(self, row_id: UUID, content: Mapping[str, str]) -> bytes:
        return self.vault.system("channel").seal(self._place, row_id, json.dumps(dict(content)))
