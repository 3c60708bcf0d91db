"""The record of who did what: a chain in which nothing can be changed unseen."""

import uuid
from functools import partial

import pytest
from sqlalchemy import delete, update

from storage import audit
from storage.audit import AuditLine, Verified
from storage.vault import Key
from tests.storage.stage import DAY, NOW, SECOND, Stage, at_once


def _write(stage: Stage, *actions: str) -> None:
    with stage.database.write() as session:
        for number, action in enumerate(actions):
            audit.write(session, uuid.uuid4(), "operator 7", action, "subject 1", NOW + number * SECOND)


def _chain(stage: Stage, limit: int = 1_000) -> int:
    with stage.database.write() as session:
        return audit.chain(session, stage.vault.system("audit"), limit)


def _verify(stage: Stage) -> Verified:
    with stage.database.read() as session:
        return audit.verify(session, stage.vault.system("audit"))


def test_lines_are_chained_once_in_the_order_of_their_time(stage: Stage) -> None:
    """What was written before the last chaining is in the chain, the rest is reported as its tail."""
    _write(stage, "open", "reveal", "export")
    assert _verify(stage) == Verified(0, 3, None)
    assert _chain(stage, limit=2) == 2
    assert _verify(stage) == Verified(2, 1, None)
    assert _chain(stage) == 1
    assert _chain(stage) == 0
    assert _verify(stage) == Verified(3, 0, None)


def test_a_line_that_is_committed_late_is_chained_behind_the_others(stage: Stage) -> None:
    """Its own time may be earlier; the chain does not change once it is made."""
    _write(stage, "first")
    _chain(stage)
    with stage.database.write() as session:
        audit.write(session, uuid.uuid4(), "operator 7", "late", "subject 1", NOW - DAY)
    _chain(stage)
    assert _verify(stage) == Verified(2, 0, None)


def test_chaining_at_once_makes_one_chain(stage: Stage) -> None:
    """Two programs may chain at the same moment; neither fails, and each line has one place."""
    _write(stage, *map(str, range(20)))
    assert sum(at_once([partial(_chain, stage)] * 4)) == 20
    assert _verify(stage) == Verified(20, 0, None)


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "digest"])
def test_a_changed_line_is_found(stage: Stage, column: str) -> None:
    """Whatever of it is changed; the place where the chain breaks is named."""
    _write(stage, "a", "b", "c")
    _chain(stage)
    other = NOW + DAY if column == "at" else "something else"
    with stage.database.write() as session:
        session.execute(update(AuditLine).where(AuditLine.place == 2).values({column: other}))
    assert _verify(stage).broken_at == 2


@pytest.mark.parametrize("place", [1, 2])
def test_a_removed_line_is_found(stage: Stage, place: int) -> None:
    """At the beginning and in the middle, also when the rest is numbered anew."""
    _write(stage, "a", "b", "c")
    _chain(stage)
    with stage.database.write() as session:
        session.execute(delete(AuditLine).where(AuditLine.place == place))
    assert _verify(stage).broken_at == place
    with stage.database.write() as session:
        for later in range(place + 1, 4):
            session.execute(update(AuditLine).where(AuditLine.place == later).values(place=later - 1))
    assert _verify(stage).broken_at == place


def test_lines_that_changed_places_are_found(stage: Stage) -> None:
    """The order is part of the record."""
    _write(stage, "a", "b", "c")
    _chain(stage)
    with stage.database.write() as session:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            session.execute(update(AuditLine).where(AuditLine.place == old).values(place=new))
    assert _verify(stage).broken_at == 2


def test_nobody_without_the_master_key_can_make_the_chain_anew(stage: Stage) -> None:
    """Digests are keyed: a line changed with its digest recomputed under any other key is found."""
    _write(stage, "open", "reveal")
    _chain(stage)
    with stage.database.write() as session:
        session.execute(update(AuditLine).values(actor="somebody else", place=None, digest=None))
        audit.chain(session, Key("audit", bytes(32)))
    assert _verify(stage).broken_at == 1
