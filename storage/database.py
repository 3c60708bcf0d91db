"""The database: SQLite by default, PostgreSQL by DATABASE_URL, the same code on both.

Errors:
    Unavailable   nothing was committed: the database is gone, locked or out of connections; try again later
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, Connection, CursorResult, Dialect, LargeBinary, Table, Uuid, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BUSY_MILLISECONDS = 5_000
WRITE_LOCK_SECONDS = 10.0

PAGE_BYTES = 4_096
PADDING = bytes(PAGE_BYTES + 200)
"""Longer than what a page of the tree holds of a row (4,061 bytes), so that all behind it lies in the page of its own,
with 280 bytes of room left there (https://sqlite.org/fileformat2.html#cell_payload_overflow_pages)."""


class Unavailable(Exception):
    """Nothing was committed; whoever asked should try again later."""


class Moment(TypeDecorator[datetime]):
    """An aware datetime kept as whole microseconds since 1970 UTC: the same order and value on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


class OwnPage(TypeDecorator[bytes]):
    """Bytes that must be gone once their row is deleted.

    On SQLite they lie behind so much padding that they fill a page of their own, which `secure_delete` overwrites when
    it is freed. Rows without one are copied from page to page when the tree is balanced, and the copies stay (seen: 2
    of 561 deleted keys were still in the file).
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return PADDING + value if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return value[len(PADDING) :] if value is not None and dialect.name == "sqlite" else value


class Base(DeclarativeBase):
    """All tables. Blobs are sealed or keyed hashes; what is neither is no secret."""

    type_annotation_map = {datetime: Moment, UUID: Uuid, bytes: LargeBinary, int: BigInteger}  # noqa: RUF012


class Database:
    """Short transactions on one database. `read()` and `write()` give a session; `write()` commits at the end.

    On SQLite every write holds one lock in this process and begins IMMEDIATE: with two writers the busy handler sleeps
    and starves (p99 0.2-0.5 s measured), behind a lock it does not.
    """

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self._write_lock = threading.Lock()
        if self.is_sqlite:
            self.engine = create_engine(
                url, hide_parameters=True, pool_size=20, max_overflow=20, connect_args={"check_same_thread": False}
            )
            event.listen(self.engine, "connect", _prepare_sqlite)
        else:
            self.engine = create_engine(
                url,
                hide_parameters=True,
                pool_pre_ping=True,
                pool_size=20,
                max_overflow=20,
                pool_timeout=5,
                connect_args={"connect_timeout": 5, "options": "-c lock_timeout=10s -c statement_timeout=60s"},
            )
        self._writer = self.engine.execution_options(begins_immediate=True)
        if self.is_sqlite:
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing is kept. Raises Unavailable."""
        with _saying_unavailable(), Session(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose work is committed when the block ends without an error. Raises Unavailable."""
        if self.is_sqlite and not self._write_lock.acquire(timeout=WRITE_LOCK_SECONDS):
            raise Unavailable("another write has not ended")
        try:
            with _saying_unavailable(), Session(self._writer, expire_on_commit=False) as session, session.begin():
                yield session
        finally:
            if self.is_sqlite:
                self._write_lock.release()

    def wipe_log(self) -> bool:
        """Empty SQLite's write-ahead log, so that deleted bytes do not linger there. True when it is empty.

        PostgreSQL keeps deleted rows in heap and WAL for a while; there the promise rests on rotating the master key.
        Raises Unavailable.
        """
        if not self.is_sqlite:
            return True
        autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._write_lock, _saying_unavailable(), autocommit.connect() as connection:
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        return int(busy) == 0

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def insert_new(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row unless one with the same unique key stands already; True when this call inserted it."""
    rows = cast(Table, table.__table__)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert(rows) if is_sqlite else postgresql.insert(rows)
    # RETURNING, because a driver need not count the rows of an INSERT
    inserted = insert.values(**values).on_conflict_do_nothing().returning(*rows.primary_key)
    return session.execute(inserted).first() is not None


def rows_of(result: Any) -> int:
    """How many rows an UPDATE or DELETE touched."""
    return cast(CursorResult[Any], result).rowcount


@contextmanager
def _saying_unavailable() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, InternalError, PoolTimeout) as error:
        if getattr(getattr(error, "orig", None), "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            raise  # a statement that can never succeed, such as one on a table that is not there
        raise Unavailable(type(error).__name__) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        f"page_size={PAGE_BYTES}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # freed pages are overwritten with zeros
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _switch_to_wal(connection)


def _switch_to_wal(connection: Any) -> None:
    """Write ahead. While another program switches the same new file, SQLite says "locked" without waiting for it."""
    until = time.monotonic() + BUSY_MILLISECONDS / 1_000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("begins_immediate") else "BEGIN")
