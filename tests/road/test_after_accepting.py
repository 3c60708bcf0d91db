"""A carrier that takes a message and answers 500 all the same, again and again: nothing is ever said twice."""

import os
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from storage import outbox
from storage.models import OutboxMessage
from tests.road.stage import ADDRESSES, Stage

INJECTED = int(os.environ.get("ERRORS_INJECTED", "10"))
"""So many errors on each of four channels and two databases; CI injects 125, which makes 1,000."""

IN_A_ROW = 2
"""After three failures in a row a channel rests, which has tests of its own; so every third message goes well."""

SECOND = timedelta(seconds=1)


@pytest.mark.slow
@pytest.mark.parametrize("channel", ADDRESSES)
def test_an_error_after_accepting_is_never_a_reason_to_say_it_again(stage: Stage, channel: str) -> None:
    """Each person gets one copy. What can be asked about ends as sent, the rest as unsure, which is shown."""
    numbers = count()
    failing = [stage.somebody(channel, next(numbers)) for _ in range(INJECTED)]
    well = [stage.somebody(channel, next(numbers)) for _ in range(INJECTED // IN_A_ROW)]
    stage.open()
    for place, person in enumerate(failing):
        stage.carrier(channel).fault("500_after_accepting", moment="send")
        stage.hear(channel, "xin chao", person)
        stage.work(later=SECOND)
        if place % IN_A_ROW == IN_A_ROW - 1:
            stage.hear(channel, "xin chao", well[place // IN_A_ROW])
            stage.work(later=SECOND)
    for _ in range(12 + INJECTED // 50):
        stage.work(later=5 * SECOND)
    assert stage.books.is_settled()
    copies = [len(stage.got(channel, person)) for person in (*failing, *well)]
    assert copies == [1] * len(copies)
    with stage.books.database.read() as session:
        doubted = session.scalar(
            select(func.count()).where((OutboxMessage.doubts > 0) | (OutboxMessage.status == "unsure"))
        )
    assert doubted == INJECTED, "each error was met"
    can_be_asked = stage.channels[channel].facts.traces_sent
    ends = {told.status for person in failing for told in stage.books.talk(channel, person).told}
    assert ends == {"sent" if can_be_asked else "unsure"}
    with stage.books.database.read() as session:
        shown = outbox.tally(session, stage.now() - timedelta(days=1))
    assert shown.get((channel, "unsure"), 0) == (0 if can_be_asked else INJECTED)
