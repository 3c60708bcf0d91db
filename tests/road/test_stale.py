"""Answers that cannot leave in time."""

from datetime import timedelta

import pytest

from tests.road.stage import ADDRESSES, MINUTE, Stage
from tests.road.writers import MIND

LATE = MIND.packs.neutral("late", "vi")
SECOND = timedelta(seconds=1)


def test_after_ten_minutes_without_a_carrier_one_neutral_line_is_said(stage: Stage) -> None:
    """A refused connection means that nothing left: it is tried again, until the answer has become stale."""
    for channel in ADDRESSES:
        stage.hear(channel, "xin chao")
    for _ in range(11):
        stage.work(later=MINUTE)
        assert stage.ended_as("twilio")[0] in ("due", "stale")
    stage.open()
    for _ in range(3):
        stage.work(later=MINUTE)
    assert (stage.got("twilio"), stage.got("telegram")) == ([LATE], [LATE])


def test_within_ten_minutes_the_answer_itself_arrives(stage: Stage) -> None:
    """Once, however often it was tried in vain."""
    for channel in ADDRESSES:
        stage.hear(channel, "xin chao")
    for _ in range(8):
        stage.work(later=MINUTE)
    stage.open()
    stage.work(later=MINUTE)
    stage.work(later=MINUTE)
    for channel, address in ADDRESSES.items():
        assert stage.got(channel) == [told.text for told in stage.books.talk(channel, address).told]
        assert stage.ended_as(channel) == ["sent"]


@pytest.mark.parametrize("minutes", [9, 11, 35])
def test_a_twilio_that_is_down_is_asked_when_it_is_back(stage: Stage, minutes: int) -> None:
    """503 may mean that it took the answer. It had not: the answer follows, or too late the one neutral line."""
    twilio = stage.open().twilio
    stage.hear("twilio", "xin chao")
    twilio.fault("down")
    for _ in range(minutes):
        stage.work(later=MINUTE)
    twilio.up()
    for _ in range(4):
        stage.work(later=20 * SECOND)
    assert len(stage.got("twilio")) == 1
    assert (stage.got("twilio") == [LATE]) == (minutes > 10)


def test_in_safe_mode_nothing_is_said_too_late(stage: Stage) -> None:
    """They said that the moment is not good; somebody else may hold the phone by now (standards.md 3)."""
    twilio = stage.open().twilio
    stage.hear("twilio", "xin chao")
    stage.work()
    before = stage.got("twilio")
    twilio.fault("down")
    stage.hear("twilio", "2")
    for _ in range(12):
        stage.work(later=MINUTE)
    twilio.up()
    for _ in range(3):
        stage.work(later=20 * SECOND)
    assert stage.got("twilio") == before
    stage.hear("twilio", "xin chao")
    stage.work()
    assert stage.got("twilio") == before * 2


def test_what_twilio_never_took_is_said_after_it_was_asked_for_thirty_seconds(stage: Stage) -> None:
    """Its list may lag, so a message that is missing from it counts as never taken only then."""
    twilio = stage.open().twilio
    twilio.fault("500_before")
    stage.hear("twilio", "xin chao")
    stage.work()
    stage.work(later=25 * SECOND)
    assert (stage.ended_as("twilio"), stage.got("twilio")) == (["asking"], [])
    stage.work(later=10 * SECOND)
    assert (stage.ended_as("twilio"), len(stage.got("twilio"))) == (["sent"], 1)


def test_only_what_is_urgent_overtakes_an_answer_that_is_being_asked_about(stage: Stage) -> None:
    """Danger does not wait for a carrier's memory."""
    twilio = stage.open().twilio
    twilio.fault("500_before")
    stage.hear("twilio", "xin chao")
    stage.work()
    stage.hear("twilio", "cuu toi voi")
    stage.work(later=5 * SECOND)
    assert any("113" in text for text in stage.got("twilio"))
    assert stage.ended_as("twilio")[0] == "asking"


def test_no_ordinary_answer_overtakes_one_that_is_being_asked_about(stage: Stage) -> None:
    """What they are told next waits until it is known whether the first left."""
    twilio = stage.open().twilio
    twilio.fault("500_before")
    stage.hear("twilio", "xin chao")
    stage.work()
    stage.hear("twilio", "1")
    stage.work(later=5 * SECOND)
    assert stage.got("twilio") == []
    stage.work(later=30 * SECOND)
    talk = stage.books.talk("twilio", ADDRESSES["twilio"])
    assert stage.got("twilio") == talk.texts("sent")
    assert len(talk.told) > 2
