"""A channel's safe: sealed, changed by one at a time, and it tells when a change broke off."""

import os
import signal
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

import pytest

from storage.database import Database
from storage.safe import ChannelSecret, Kept, Safe
from storage.vault import Tampered, Vault
from tests.servers import spell
from tests.storage.crash import rewrap, run_killed
from tests.storage.stage import MASTER, NEXT_MASTER, NOW, SECOND, Stage, at_once

FOR = timedelta(seconds=40)
FIRST, NEXT = {"token": "mật-khẩu-1"}, {"token": "mật-khẩu-2"}


def safe_of(stage: Stage, channel: str = "paper") -> Safe:
    """A safe in this store."""
    return Safe(stage.database, stage.vault, channel, uuid.uuid4)


def begun(stage: Stage) -> Safe:
    """The same with something in it."""
    safe = safe_of(stage)
    safe.begin(FIRST)
    return safe


def look(safe: Safe, at: datetime = NOW) -> Kept:
    """What lies in a safe that is not empty."""
    kept = safe.read(at)
    assert kept is not None
    return kept


def must_take(safe: Safe, version: int, at: datetime = NOW) -> int:
    """Take it where nothing stands against that."""
    taken = safe.take(version, at, FOR)
    assert taken is not None
    return taken


def test_an_empty_safe_is_begun_once(stage: Stage) -> None:
    """However many begin it at once, all of them find the same thing in it."""
    safe = safe_of(stage)
    assert safe.read(NOW) is None
    at_once([partial(safe.begin, {"token": str(number)}) for number in range(8)])
    first = look(safe)
    safe.begin(NEXT)
    assert look(safe) == first
    assert (first.is_taken, first.was_left) == (False, False)


def test_each_channel_has_a_safe_of_its_own(stage: Stage) -> None:
    """What lies in one is not found in another."""
    begun(stage)
    assert safe_of(stage, "other").read(NOW) is None


def test_of_many_who_take_it_at_once_one_has_it(stage: Stage) -> None:
    """Also from databases opened by different programs."""
    version = look(begun(stage)).version
    databases = [Database(stage.url) for _ in range(4)]
    safes = [Safe(databases[number % 4], stage.vault, "paper", uuid.uuid4) for number in range(16)]
    taken = at_once([partial(safe.take, version, NOW, FOR) for safe in safes])
    assert len([one for one in taken if one is not None]) == 1
    for database in databases:
        database.close()


def test_what_is_taken_can_be_read_and_is_free_again_once_it_is_put_back(stage: Stage) -> None:
    """Reading waits for nobody: the old thing is there until the new one is."""
    safe = begun(stage)
    version = must_take(safe, look(safe).version)
    during = look(safe)
    assert (during.content, during.is_taken, during.was_left) == (FIRST, True, False)
    assert safe.take(during.version, NOW + SECOND, FOR) is None
    assert safe.put(NEXT, version)
    after = look(safe)
    assert (after.content, after.is_taken, after.was_left) == (NEXT, False, False)
    assert safe.take(after.version, NOW + SECOND, FOR) is not None


def test_what_was_read_before_a_change_takes_nothing(stage: Stage) -> None:
    """Whoever decided by an old thing must look again: it may be spent."""
    safe = begun(stage)
    before = look(safe).version
    assert safe.put(NEXT, must_take(safe, before))
    assert safe.take(before, NOW, FOR) is None


def test_a_change_that_broke_off_is_seen_when_its_time_is_over(stage: Stage) -> None:
    """Until then somebody may be at it; from then on anybody may take it, knowing that it was left."""
    safe = begun(stage)
    must_take(safe, look(safe).version)
    assert not look(safe, NOW + FOR - SECOND).was_left
    left = look(safe, NOW + FOR)
    assert (left.content, left.is_taken, left.was_left) == (FIRST, False, True)
    assert safe.put(NEXT, must_take(safe, left.version, NOW + FOR))
    assert not look(safe, NOW + FOR).was_left


def test_who_comes_back_after_their_time_undoes_nothing(stage: Stage) -> None:
    """Another has it by then: each taking is a version of its own."""
    safe = begun(stage)
    late = must_take(safe, look(safe).version)
    next_one = must_take(safe, look(safe).version, NOW + FOR)
    assert not safe.put({"token": "too late"}, late)
    assert look(safe, NOW + FOR).is_taken
    assert safe.put(NEXT, next_one)
    assert not safe.put({"token": "too late"}, late)
    assert look(safe).content == NEXT


def test_who_comes_back_after_their_time_is_heard_while_nobody_else_has_it(stage: Stage) -> None:
    """It took longer than thought, and that is all."""
    safe = begun(stage)
    version = must_take(safe, look(safe).version)
    assert look(safe, NOW + FOR).was_left
    assert safe.put(NEXT, version)
    assert look(safe, NOW + FOR).content == NEXT


def take_and_die(database: Database, now: datetime) -> None:
    """Take the safe and be killed."""
    safe = Safe(database, Vault((MASTER,)).open(Database(spell(database.engine.url))), "paper", uuid.uuid4)
    must_take(safe, look(safe).version, now)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_was_killed_with_it_in_its_hands_is_told_of(stage: Stage) -> None:
    """A real SIGKILL: what it had is still there, marked as left."""
    safe = begun(stage)
    assert not run_killed(take_and_die, stage.url, NOW)
    assert look(safe).is_taken
    left = look(safe, NOW + FOR)
    assert (left.content, left.was_left) == (FIRST, True)


def test_it_is_sealed_and_bound_to_its_channel(stage: Stage) -> None:
    """The database shows nothing of it, and a row moved to another channel is not believed."""
    safe = begun(stage)
    safe_of(stage, "other").begin(NEXT)
    with stage.database.write() as session:
        mine, other = session.get_one(ChannelSecret, "paper"), session.get_one(ChannelSecret, "other")
        assert FIRST["token"].encode() not in mine.content_sealed
        mine.id, mine.content_sealed = other.id, other.content_sealed
    with pytest.raises(Tampered):
        safe.read(NOW)


def test_nothing_of_it_is_shown_by_mistake(stage: Stage) -> None:
    """A token must not stand in a log because somebody printed what holds it."""
    assert FIRST["token"] not in repr(look(begun(stage)))


@pytest.mark.parametrize("content", [{}, {"token": ""}, {"one": "một", "two": "\0\ud83d", "three": "x" * 100_000}])
def test_whatever_is_put_in_is_found(stage: Stage, content: Mapping[str, str]) -> None:
    """Any names, any text."""
    safe = begun(stage)
    assert safe.put(content, must_take(safe, look(safe).version))
    assert look(safe).content == content


def test_it_is_read_after_the_master_key_was_changed(stage: Stage) -> None:
    """Changing the master key wraps the safe's key anew, and what lies in the safe stays."""
    begun(stage)
    rewrap(stage.database)
    vault = Vault((NEXT_MASTER,)).open(stage.database)
    assert look(Safe(stage.database, vault, "paper", uuid.uuid4)).content == FIRST
