"""Processes that die in the middle: killed by SIGKILL after any statement they sent to the database.

Each is forked from a server that has imported the program already, so that a crash costs milliseconds.
"""

import multiprocessing
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy import event

from storage import erasing
from storage.database import Database
from storage.vault import Vault
from tests.servers import spell
from tests.storage.stage import MASTER, NEXT_MASTER, NOW, NUMBER, SMS, Stage

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def run_killed(work: Callable[..., None], url: str, *args: object, statements: int | None = None) -> bool:
    """Do `work(database, *args)` in a process that is killed after so many statements; True if it came to its end."""
    process = _processes.Process(target=_work, args=(work, url, statements, args))
    process.start()
    process.join(30)
    ended = process.exitcode
    process.close()
    assert ended in (0, -signal.SIGKILL)
    return ended == 0


def _work(work: Callable[..., None], url: str, statements: int | None, args: tuple[object, ...]) -> None:
    database = Database(url)
    with _killing(database, statements):
        work(database, *args)


@contextmanager
def _killing(database: Database, statements: int | None) -> Iterator[None]:
    sent = count(1)

    def after_statement(*_: object) -> None:
        if statements is not None and next(sent) >= statements:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "after_cursor_execute", after_statement)
    event.listen(database.engine, "commit", after_statement)  # called just before the database is told
    yield


# What such processes do


def forget(database: Database, person_id: UUID, now: datetime) -> None:
    """Erase a person."""
    uncounted = Database(spell(database.engine.url))
    vault = Vault((MASTER,)).open(uncounted)
    with database.write() as session:
        erasing.forget_person(session, vault, person_id, now, uuid.uuid4)


def rewrap(database: Database) -> None:
    """Change the master key."""
    Vault((NEXT_MASTER, MASTER)).rewrap(database)


def keep_and_die(database: Database, provider_id: str) -> None:
    """Keep a message and be killed at the moment when it could be acknowledged."""
    stage = Stage(spell(database.engine.url), database, Vault((MASTER,)).open(database))
    assert stage.hear("vừa nhắn xong", NOW, NUMBER, provider_id, SMS) is not None
    os.kill(os.getpid(), signal.SIGKILL)
