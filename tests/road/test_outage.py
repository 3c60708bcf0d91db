"""A carrier that is away for half an hour: what became stale gives way to one line, what is fresh leaves at once."""

from datetime import timedelta

import pytest

from tests.road.stage import ADDRESSES, MINUTE, Stage
from tests.road.writers import MIND

LATE = MIND.packs.neutral("late", "vi")
SECOND = timedelta(seconds=1)
RECOVERY = 60
"""So many seconds after its return a carrier has everything that is still true."""


@pytest.mark.slow
@pytest.mark.parametrize("channel", ADDRESSES)
def test_a_carrier_that_was_away_for_half_an_hour_is_caught_up_with_in_a_minute(stage: Stage, channel: str) -> None:
    """Nobody answers at its address. Five people wrote early, five of late and twice: in order, once each."""
    early = [stage.somebody(channel, number) for number in range(5)]
    fresh = [stage.somebody(channel, number) for number in range(5, 10)]
    for person in early:
        stage.hear(channel, "xin chao", person)
    for _ in range(13):
        stage.work(later=2 * MINUTE)
    for text in ("9", "mat can cuoc"):
        for person in fresh:
            stage.hear(channel, text, person)
        stage.work(later=2 * MINUTE)
    stage.open()
    for _ in range(RECOVERY // 5):
        stage.work(later=5 * SECOND)
    for person in early:
        assert stage.got(channel, person) == [LATE]
    for person in fresh:
        told = stage.books.talk(channel, person).texts("sent")
        assert stage.got(channel, person) == told
        assert len(told) >= 2
        assert LATE not in told


@pytest.mark.slow
@pytest.mark.parametrize("channel", ADDRESSES)
def test_a_carrier_that_answers_nothing_but_errors_costs_three_answers_and_no_more(stage: Stage, channel: str) -> None:
    """Each error may hide a message that was taken. Those who can be asked lose none, the others three; none twice."""
    people = [stage.somebody(channel, number) for number in range(10)]
    stage.open()
    stage.hear(channel, "xin chao")
    stage.work()
    assert len(stage.got(channel)) == 1
    stage.carrier(channel).fault("down")
    for person in people:
        stage.hear(channel, "xin chao", person)
    for _ in range(16):
        stage.work(later=20 * SECOND)
    stage.carrier(channel).faults.up()
    for _ in range(RECOVERY // 5):
        stage.work(later=5 * SECOND)
    fates = [told.status for person in people for told in stage.books.talk(channel, person).told]
    lost = 0 if stage.channels[channel].facts.traces_sent else 3
    assert sorted(fates) == ["sent"] * (10 - lost) + ["unsure"] * lost
    for person in people:
        assert len(stage.got(channel, person)) <= 1
