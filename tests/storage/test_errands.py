"""Errands at carriers: tried again ever later, and given up after two weeks."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import update

from storage import errands
from storage.channels import Facts
from storage.errands import GIVEN_UP_AFTER, LONGEST_PAUSE, Due, Errand
from tests.storage.stage import NOW, OTHER_SMS, SECOND, SMS, Stage


def _add(stage: Stage, provider_id: str, due_at: datetime = NOW, facts: Facts = SMS) -> None:
    with stage.database.write() as session:
        errands.add(session, stage.vault, facts.name, "redact", provider_id, due_at, uuid.uuid4)


def _due(stage: Stage, now: datetime, limit: int = 50) -> list[Due]:
    with stage.database.read() as session:
        return errands.due(session, stage.vault, [SMS.name], now, limit)


def test_errands_are_due_in_the_order_of_their_time(stage: Stage) -> None:
    """Not before, at most as many as asked for, and with the carrier's id in clear."""
    for seconds in (3, 1, 2):
        _add(stage, f"SM{seconds}", NOW + seconds * SECOND)
    assert _due(stage, NOW) == []
    assert [errand.provider_id for errand in _due(stage, NOW + 2 * SECOND)] == ["SM1", "SM2"]
    assert [errand.provider_id for errand in _due(stage, NOW + 9 * SECOND, limit=1)] == ["SM1"]


def test_a_finished_errand_is_gone(stage: Stage) -> None:
    """Nothing is left of the carrier's id."""
    _add(stage, "SM1")
    (errand,) = _due(stage, NOW)
    with stage.database.write() as session:
        errands.finish(session, errand.id)
    assert stage.count(Errand) == 0


def test_a_carrier_that_stays_silent_is_asked_ever_less_often_and_given_up_after_two_weeks(stage: Stage) -> None:
    """The pause doubles from half a minute to six hours; after 14 days the id goes, done or not."""
    _add(stage, "SM1")
    now, pauses = NOW, list[timedelta]()
    while due := _due(stage, now):
        with stage.database.write() as session:
            errands.retry_later(session, due[0], now)
            errands.give_up(session, now)
        waiting = stage.all_of(Errand.due_at)
        if waiting:
            pauses.append(waiting[0] - now)
            now = waiting[0]
    assert pauses[:5] == [timedelta(seconds=30 * 2**number) for number in range(5)]
    assert max(pauses) == pauses[-1] == LONGEST_PAUSE
    assert GIVEN_UP_AFTER < now - NOW <= GIVEN_UP_AFTER + LONGEST_PAUSE
    assert stage.count(Errand) == 0


def test_errands_of_a_channel_that_is_off_starve_nobody(stage: Stage) -> None:
    """However many wait for a carrier we cannot reach now, and however long: the others are run."""
    for number in range(60):
        _add(stage, f"SM off {number}", facts=OTHER_SMS)
    _add(stage, "SM1", NOW + SECOND)
    assert [errand.provider_id for errand in _due(stage, NOW + SECOND)] == ["SM1"]


def test_errands_of_a_channel_that_is_off_end_after_two_weeks_too(stage: Stage) -> None:
    """Nobody tries them, and yet the carrier's id does not stay: not a moment longer than 14 days."""
    _add(stage, "SM1", facts=OTHER_SMS)
    for moment, left in ((NOW + GIVEN_UP_AFTER, 1), (NOW + GIVEN_UP_AFTER + SECOND, 0)):
        with stage.database.write() as session:
            errands.give_up(session, moment)
        assert stage.count(Errand) == left


def test_the_ids_of_errands_are_known_by_channel(stage: Stage) -> None:
    """What is to be redacted or deleted is not news when the carrier lists it; another channel's ids are others."""
    _add(stage, "SM1", NOW + timedelta(days=1))
    _add(stage, "SM2")
    with stage.database.read() as session:
        assert errands.known_provider_ids(session, stage.vault, SMS.name) == {"SM1", "SM2"}
        assert errands.known_provider_ids(session, stage.vault, OTHER_SMS.name) == set()


def test_a_damaged_errand_stops_no_other(stage: Stage) -> None:
    """An id that can no longer be read can be asked of nobody: it waits for its end while the others are run."""
    _add(stage, "SM1")
    with stage.database.write() as session:
        session.execute(update(Errand).values(provider_id_sealed=b"damaged"))
    _add(stage, "SM2")
    assert [errand.provider_id for errand in _due(stage, NOW)] == ["SM2"]
    with stage.database.read() as session:
        assert errands.known_provider_ids(session, stage.vault, SMS.name) == {"SM2"}
