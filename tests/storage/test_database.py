"""The database: what is committed stays, what cannot be committed is said so."""

import sqlite3
import time
import uuid
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from storage import marks
from storage.database import Database, Moment, Unavailable
from storage.models import InboxMessage, Mark
from tests.storage.crash import keep_and_die, run_killed
from tests.storage.stage import NOW, SECOND, Stage

NOBODY = "postgresql+psycopg://postgres@127.0.0.1:1/nobody"
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.timezones())  # noqa: DTZ001
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "foreign_keys": 1,
    "secure_delete": 1,
    "busy_timeout": 5_000,
    "temp_store": 2,  # MEMORY
    "page_size": 4_096,
}


@given(MOMENTS, MOMENTS)
def test_a_moment_is_kept_exactly_and_in_order(one: datetime, other: datetime) -> None:
    """To the microsecond, from whatever zone, as a number that sorts like the moment."""
    moment, dialect = Moment(), sqlite.dialect()
    kept, later = (moment.process_bind_param(value, dialect) for value in (one, other))
    assert moment.process_result_value(kept, dialect) == one.astimezone(UTC)
    assert kept is not None
    assert later is not None
    assert (kept < later) == (one.astimezone(UTC) < other.astimezone(UTC))


def test_a_block_that_fails_keeps_nothing(stage: Stage) -> None:
    """All of it is committed or none."""
    with suppress(ZeroDivisionError), stage.database.write() as session:
        marks.put(session, "half", NOW)
        session.flush()
        raise ZeroDivisionError
    assert stage.count(Mark) == 0


def test_a_table_that_is_not_there_is_a_mistake_and_not_unavailable(database_url: str) -> None:
    """A database that nobody upgraded does not get better by waiting."""
    database = Database(database_url)
    with pytest.raises(DBAPIError, match="mark"), database.read() as session:
        marks.read(session, "anything")
    database.close()


def test_what_is_committed_survives_the_end_of_the_process(stage: Stage) -> None:
    """Killed at the moment of the acknowledgement, again and again: every message is there."""
    for number in range(5):
        assert not run_killed(keep_and_die, stage.url, f"SM{number}")
        assert stage.count(InboxMessage) == number + 1
        assert stage.hear(provider_id=f"SM{number}") is None


def test_the_pragmas_are_in_force_on_every_connection(sqlite_stage: Stage) -> None:
    """A pragma holds for one connection: each of the pool has them, also after the log was wiped through it."""
    assert sqlite_stage.database.wipe_log()
    with ExitStack() as stack:
        connections = [stack.enter_context(sqlite_stage.database.engine.connect()) for _ in range(8)]
        for connection in connections:
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}
            assert found == PRAGMAS


def test_a_foreign_key_is_enforced(stage: Stage) -> None:
    """Nothing can be kept for somebody who is not there."""
    with pytest.raises(Exception, match=r"(?i)foreign key"), stage.database.write() as session:
        stage.vault.make_person_key(session, uuid.uuid4())


def test_a_log_in_use_is_not_called_empty(sqlite_stage: Stage) -> None:
    """A reader of an older state keeps the log: whoever wipes is told to come again."""
    path = sqlite_stage.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM mark").fetchall()
        with sqlite_stage.database.write() as session:
            marks.put(session, "newer", NOW)
        sqlite_stage.database.engine.dispose()
        assert not _impatient(sqlite_stage).wipe_log()
    assert sqlite_stage.database.wipe_log()
    assert Path(f"{path}-wal").stat().st_size == 0


def _impatient(stage: Stage) -> Database:
    database = Database(stage.url)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    return database


def test_a_write_lock_held_by_another_program_is_unavailable(sqlite_stage: Stage) -> None:
    """A command that writes for too long makes carriers come again; it does not make messages vanish."""
    path = sqlite_stage.url.removeprefix("sqlite:///")
    database = _impatient(sqlite_stage)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable), database.write() as session:
            marks.put(session, "late", NOW)
        with database.read() as session:
            assert marks.read(session, "late") is None
        other.execute("ROLLBACK")
    with database.write() as session:
        marks.put(session, "late", NOW)
    database.close()


def test_writers_of_one_program_take_turns(sqlite_stage: Stage) -> None:
    """A write waits for the one before it instead of failing."""
    with ExitStack() as first:
        first.enter_context(sqlite_stage.database.write())
        started, waiting = time.monotonic(), Thread(target=sqlite_stage.hear)
        waiting.start()
        time.sleep(0.2)
    waiting.join(10)
    assert time.monotonic() - started >= 0.2
    assert sqlite_stage.count(InboxMessage) == 1


@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_postgresql_that_is_not_there_is_unavailable(kind: str) -> None:
    """At once, whether one reads or writes."""
    database = Database(NOBODY)
    with pytest.raises(Unavailable), getattr(database, kind)() as session:
        marks.read(session, "anything")


def test_a_postgresql_that_ends_our_connections_is_unavailable_once(postgresql_stage: Stage) -> None:
    """A restart of the server costs the transactions in hand; the next ones use new connections."""
    database = postgresql_stage.database

    def write() -> None:
        with database.write() as session:
            own = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            _end(postgresql_stage.url, own)
            marks.put(session, "lost", NOW)

    with pytest.raises(Unavailable):
        write()
    with database.read() as session:
        assert marks.read(session, "lost") is None


def test_connections_that_died_in_the_pool_are_not_noticed(postgresql_stage: Stage) -> None:
    """They are tried before they are used."""
    database = postgresql_stage.database
    with database.read() as session:
        own = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    _end(postgresql_stage.url, own)
    with database.write() as session:
        marks.put(session, "kept", NOW)


def _end(url: str, process: int) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({process}, 5000)")
    engine.dispose()


def test_a_pool_without_a_free_connection_is_unavailable(postgresql_stage: Stage) -> None:
    """After 5 s of waiting: a carrier comes again, a hung request does not."""
    database = postgresql_stage.database
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(database.read()).connection()
        started = time.monotonic()
        with pytest.raises(Unavailable), database.read() as session:
            session.connection()
        assert 4 < time.monotonic() - started < 9


def test_moments_are_read_in_utc(stage: Stage) -> None:
    """Whatever zone a moment is given in, it is read in UTC."""
    hanoi = timezone(timedelta(hours=7))
    with stage.database.write() as session:
        marks.put(session, "noon", NOW.astimezone(hanoi) + SECOND)
    (read,) = stage.all_of(Mark.at)
    assert (read, read.utcoffset()) == (NOW + SECOND, timedelta(0))
