"""What all senders of a channel share: its pace, the quiet its carrier wants, its rest after failures."""

from datetime import datetime, timedelta
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from storage import carriers
from storage.carriers import FAILURES_BEFORE_REST, KEPT_FOR_URGENT, LONGEST_REST, Carrier
from storage.channels import Facts, Pace, register
from storage.database import Database
from tests.storage.stage import NOW, SECOND, Stage, at_once

STEADY = register(Facts("paper-steady", medium="paper", contact_kind="tel", limit=160, pace=Pace(4.0, 3)))


def admit(database: Database, now: datetime, urgent: bool = False) -> float:
    """Ask for a place in the pace; how many seconds to wait."""
    with database.write() as session:
        return carriers.admit(session, STEADY, now, urgent).total_seconds()


def test_senders_at_the_same_moment_share_one_pace(stage: Stage) -> None:
    """Twelve of them, each with a database of its own as another process would have: three places are given out."""
    databases = [Database(stage.url) for _ in range(12)]
    waits = at_once([partial(admit, database, NOW) for database in databases])
    for database in databases:
        database.close()
    assert sorted(wait == 0 for wait in waits) == [False] * 9 + [True] * 3


@settings(max_examples=25, deadline=None)
@given(gaps=st.lists(st.integers(0, 600), min_size=20, max_size=60), urgent=st.sampled_from([0, 3, 5]))
def test_no_second_ever_holds_more_than_the_pace_and_its_burst(gaps: list[int], urgent: int) -> None:
    """Whenever they come, in milliseconds after one another, some of them urgent: four a second and three at once."""
    now, taken = NOW, list[datetime]()
    carrier = Carrier(channel=STEADY.name, failures=0)
    for place, gap in enumerate(gaps):
        now += timedelta(milliseconds=gap)
        is_urgent = bool(urgent) and place % urgent == 0
        if carriers.take_place(carrier, STEADY.pace, now, is_urgent) == timedelta(0):
            taken.append(now)
    assert taken
    extra = KEPT_FOR_URGENT if urgent else 0
    for first in taken:
        within = [moment for moment in taken if first <= moment < first + SECOND]
        assert len(within) <= 4 + 3 + extra


def test_who_waits_as_long_as_it_was_told_gets_its_place(stage: Stage) -> None:
    """The wait is no guess."""
    for _ in range(3):
        assert admit(stage.database, NOW) == 0
    wait = admit(stage.database, NOW)
    assert 0 < wait <= 0.25
    assert admit(stage.database, NOW + timedelta(seconds=wait)) == 0


def test_quiet_is_never_shortened_by_a_second_wish(stage: Stage) -> None:
    """Two answers that cross on their way: the longer quiet stands."""
    with stage.database.write() as session:
        assert carriers.keep_quiet(session, STEADY.name, "busy", "429", NOW, NOW + 90 * SECOND)
        assert not carriers.keep_quiet(session, STEADY.name, "busy", "429", NOW, NOW + 5 * SECOND)
    assert admit(stage.database, NOW) == 90


def test_a_rest_grows_to_half_a_minute_and_ends_with_the_first_success(stage: Stage) -> None:
    """1, 2, 4 ... seconds after the third failure in a row; told as trouble once."""
    rests, news = list[float](), list[bool]()
    for _ in range(FAILURES_BEFORE_REST + 7):
        with stage.database.write() as session:
            news.append(carriers.note_failure(session, STEADY.name, "unsure", "time-out", NOW))
            rest_until = session.get_one(Carrier, STEADY.name).rest_until
            rests.append((rest_until - NOW).total_seconds() if rest_until else 0)
    longest = LONGEST_REST.total_seconds()
    assert rests == [0, 0, 1, 2, 4, 8, 16, longest, longest, longest]
    assert news == [False, False, True] + [False] * 7
    with stage.database.write() as session:
        assert carriers.is_failing(session, STEADY.name)
        assert carriers.note_sent(session, STEADY.name, NOW)
        assert not carriers.is_failing(session, STEADY.name)
        assert not carriers.note_sent(session, STEADY.name, NOW)
        assert carriers.resting(session, NOW) == frozenset()


def test_a_clock_that_is_set_back_silences_nobody(stage: Stage) -> None:
    """What was to last seconds must not last the hours that the clock was wrong by; nor what is urgent."""
    ahead = NOW + timedelta(hours=6)
    for _ in range(3):
        assert admit(stage.database, ahead) == 0
    with stage.database.write() as session:
        carriers.keep_quiet(session, STEADY.name, "busy", "429", ahead, ahead + 60 * SECOND)
    assert admit(stage.database, NOW) == 0
    assert admit(stage.database, NOW, urgent=True) == 0


def test_an_answer_does_not_end_a_quiet_that_was_asked_for(stage: Stage) -> None:
    """It may belong to what left before the carrier asked."""
    with stage.database.write() as session:
        carriers.keep_quiet(session, STEADY.name, "busy", "429", NOW, NOW + 90 * SECOND)
        assert not carriers.note_sent(session, STEADY.name, NOW + SECOND)
    assert admit(stage.database, NOW + SECOND) == 89
