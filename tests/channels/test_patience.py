"""What takes as long as a time-out, for all channels side by side: a silent carrier, and a database that is away."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.channels.bench import Knock, Side, seal
from tests.channels.conftest import BENCH
from tests.channels.hall import Hall
from tests.channels.waiting import Begun
from tests.road.failing import shut
from webhooks.outcomes import Then

LONGEST_S = 13.0
"""A send promises some ten seconds (Channel.send); the rest is what a machine with much to do adds."""


def test_silence_after_the_request_means_that_it_may_have_been_said(side: Side, waited: Begun) -> None:
    """The carrier took nothing, but we cannot know: it is asked, or a human tells."""
    found = waited[side.name, "time_out_before"].result()
    assert (found.then, found.shown) == (Then.ASK, 0)
    assert found.seconds < LONGEST_S


def test_silence_after_the_carrier_took_it_means_the_same(side: Side, waited: Begun) -> None:
    """Said once more, it would stand on the phone twice."""
    found = waited[side.name, "time_out_after_accepting"].result()
    assert (found.then, found.shown) == (Then.ASK, 1)
    assert found.seconds < LONGEST_S


def test_silence_before_the_request_means_that_nothing_left(side: Side, waited: Begun) -> None:
    """No connection came about: it is simply tried again."""
    found = waited[side.name, "gate"].result()
    assert found.then is Then.RETRY
    assert found.seconds < LONGEST_S


def test_an_answer_that_never_ends_is_not_waited_for(side: Side, waited: Begun) -> None:
    """A byte now and then keeps a connection alive for ever; a sender's claim lasts 30 s."""
    found = waited[side.name, "drip"].result()
    assert found.then is Then.ASK
    assert found.seconds < LONGEST_S


Away = dict[str, tuple[Hall, str, Knock, int]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def away(request: pytest.FixtureRequest, halls: Callable[[str], Hall]) -> Away:
    """Every channel's carrier has knocked while nothing could be committed: where, who, what, our answer."""
    hall: Hall = halls(request.param)
    begun: Away = {}
    with impatient(hall), shut(hall.program.config.database_url):
        for side in BENCH.sides:
            address = hall.somebody(side)
            knock = seal(side, hall.letter(side, "text", address, "không được mất"))
            begun[side.name] = (hall, address, knock, hall.post(side, knock).status_code)
    return begun


@contextmanager
def impatient(hall: Hall) -> Iterator[None]:
    """On SQLite a locked database is waited for 0.2 s instead of 5; all channels share the one lock."""
    database = hall.program.database

    def wait_less(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=200")

    if database.is_sqlite:
        event.listen(database.engine, "connect", wait_less)
        database.engine.dispose()
    try:
        yield
    finally:
        if database.is_sqlite:
            event.remove(database.engine, "connect", wait_less)
            database.engine.dispose()


def test_what_cannot_be_committed_is_503_and_kept_when_it_comes_again(side: Side, away: Away) -> None:
    """Acknowledged means committed. A carrier repeats what was answered 503, and then it is kept once."""
    hall, address, knock, answer = away[side.name]
    assert answer == 503
    assert hall.heard(side, address) == []
    assert [hall.post(side, knock).status_code for _ in range(2)] == [200, 200]
    assert hall.heard(side, address) == [("không được mất", "text")]
