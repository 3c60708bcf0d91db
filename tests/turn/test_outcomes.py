"""What follows from how a send ended: the same for every channel, decided in one table."""

import uuid
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from bot.sending import HUMAN_MENDS_IN, LONGEST_PAUSE
from storage import carriers, outbox
from storage.carriers import FAILURES_BEFORE_REST, KEPT_FOR_URGENT, LONGEST_QUIET, LONGEST_REST, URGENT_EVERY, Carrier
from storage.channels import Facts, Pace, register
from storage.outbox import MOST_PRESSING, Reply
from storage.receipts import Receipt
from tests.storage.stage import NOW, NUMBER, OTHER_SMS, SMS
from tests.turn.carrier import Carrier as PaperCarrier
from tests.turn.office import POST, Office
from tests.turn.test_take_over import Desk
from webhooks.outcomes import Ending, Outcome, Then
from webhooks.receiving import Keeper, receive

WEEK = timedelta(days=7)
SLOW = register(Facts("paper-pigeon", medium="paper", contact_kind="loft", limit=160, pace=Pace(0.5, 2), window=WEEK))


def state_of(office: Office, channel: str) -> Carrier | None:
    """What is known of a channel's carrier."""
    with office.stage.database.read() as session:
        return session.get(Carrier, channel)


def test_every_outcome_has_a_class_and_whatever_a_human_must_mend_says_how() -> None:
    """The table is whole: a title nobody else has, and advice where a human is needed."""
    assert len({outcome.title for outcome in Outcome}) == len(Outcome) >= 12
    assert {outcome.then for outcome in Outcome} == set(Then)
    for outcome in Outcome:
        assert outcome.advice or outcome.then in (Then.SETTLE, Then.STOP_PERSON, Then.DROP)


@pytest.mark.parametrize(
    "outcome", [outcome for outcome in Outcome if outcome.then is Then.STOP_PERSON], ids=lambda outcome: outcome.name
)
def test_who_cannot_be_written_to_is_left_alone_until_they_write(office: Office, outcome: Outcome) -> None:
    """What else was due to them is taken back; their next message opens the door again."""
    office.sms.answers = [Ending(outcome, "no")]
    conversation_id = office.talk("một", "hai")
    office.run(60)
    assert office.fates(conversation_id) == [("answer", "refused"), ("answer", "cancelled")]
    assert len(office.sms.handed) == 1
    office.answer_and_send(office.hear("xin chao"))
    assert office.sms.texts()


def test_a_door_that_shut_while_they_wrote_again_is_open(office: Office) -> None:
    """The refusal came back after their next message had arrived: that one is answered."""
    conversation_id = office.talk("một")

    def write_again() -> None:
        office.sms.meanwhile = None
        office.clock.move(1)
        office.hear("xin chao")

    office.sms.meanwhile, office.sms.answers = write_again, [Ending(Outcome.BLOCKED, "no")]
    office.jobs.send(conversation_id)
    office.answer_and_send(conversation_id)
    assert office.fates(conversation_id)[0] == ("answer", "refused")
    assert office.sms.texts()


def test_a_rejected_message_holds_up_nothing_that_comes_after_it(office: Office) -> None:
    """It is our bug, and no reason to keep the rest from anybody."""
    office.sms.answers = [Ending(Outcome.REJECTED, "too long")]
    conversation_id = office.talk("một", "hai")
    office.jobs.send(conversation_id)
    assert office.fates(conversation_id) == [("answer", "refused"), ("answer", "sent")]


def test_quiet_that_a_carrier_asks_for_holds_for_everybody_on_its_channel(office: Office) -> None:
    """Telegram's retry_after stops the whole bot: whoever else is due waits too, and nobody on another channel."""
    office.sms.answers = [Ending(Outcome.BUSY, "429", seconds=90)]
    office.jobs.send(office.talk("một"))
    other = office.talk("hai", address="+84900000001")
    elsewhere = office.talk("ba", address="Bưu điện", facts=POST)
    office.run(89)
    assert len(office.sms.handed) == 1
    assert office.fates(elsewhere) == [("answer", "sent")]
    office.run(2)
    assert office.fates(other) == [("answer", "sent")]
    assert sorted(office.sms.texts()) == ["hai", "một"]


def test_nothing_is_waited_for_longer_than_an_hour(office: Office) -> None:
    """A number beyond that is taken for a mistake."""
    office.sms.answers = [Ending(Outcome.BUSY, "429", seconds=10**6)]
    conversation_id = office.talk("một")
    office.jobs.send(conversation_id)
    office.clock.move(LONGEST_QUIET.total_seconds())
    office.sweep()
    assert office.fates(conversation_id) == [("answer", "sent")]


def test_what_is_urgent_is_tried_once_a_minute_even_in_quiet(office: Office) -> None:
    """Somebody in danger may be waiting behind a carrier that asked for an hour."""
    office.sms.answers = [Ending(Outcome.BUSY, "429", seconds=3_600)] * 3
    office.jobs.send(office.talk("một"))
    urgent = office.talk(Reply("gọi 113", kind="urgent"), address="+84900000001")
    office.run(2 * URGENT_EVERY.seconds - 1)
    assert len(office.sms.handed) == 3
    office.run(2)
    assert office.fates(urgent) == [("urgent", "sent")]
    assert office.sms.texts() == ["gọi 113"]


def test_a_stopped_channel_is_tried_once_a_minute_and_its_trouble_is_kept(office: Office) -> None:
    """Until a human has mended it; what is not stale by then leaves, and the trouble is over."""
    office.sms.answers = [Ending(Outcome.UNAUTHORISED, "twilio 20003")] * 3
    conversation_id = office.talk("một")
    office.run(3 * HUMAN_MENDS_IN.seconds - 1)
    assert len(office.sms.handed) == 3
    carrier = state_of(office, SMS.name)
    assert carrier is not None
    assert (carrier.trouble, carrier.reason, carrier.since) == ("unauthorised", "twilio 20003", NOW)
    office.run(2)
    assert office.fates(conversation_id) == [("answer", "sent")]
    mended = state_of(office, SMS.name)
    assert mended is not None
    assert (mended.trouble, mended.reason, mended.since, mended.quiet_until) == (None, None, None, None)


def test_a_message_that_did_not_leave_is_tried_later_each_time(office: Office) -> None:
    """2, 4, 8, 16, 32 and then every 32 seconds."""
    office.sms.answers = [Ending(Outcome.UNREACHABLE, "down")] * 7
    conversation_id = office.talk("một")
    tried: list[float] = []
    office.sms.meanwhile = lambda: tried.append((office.clock() - NOW).total_seconds())
    office.run(130)
    assert [later - sooner for sooner, later in pairwise(tried)] == [2, 4, 8, 16, 32, 32, 32]
    assert LONGEST_PAUSE.seconds == 32
    assert office.fates(conversation_id) == [("answer", "sent")]


def test_a_spent_token_costs_no_wait_the_first_time(office: Office) -> None:
    """The channel makes a new one and the message leaves in the same breath; if that does not help, it waits."""
    office.sms.answers = [Ending(Outcome.TOKEN_SPENT, "-216")]
    conversation_id = office.talk("một")
    office.jobs.send(conversation_id)
    assert office.fates(conversation_id) == [("answer", "sent")]
    office.sms.answers = [Ending(Outcome.TOKEN_SPENT, "-216")] * 5
    other = office.talk("hai", address="+84900000001")
    office.run(20)
    assert len(office.sms.handed) == 2 + 4
    office.run(60)
    assert office.fates(other) == [("answer", "sent")]


def test_a_carrier_that_fails_again_and_again_is_left_alone(office: Office) -> None:
    """Each time-out may make one more message unsure: after three in a row the others wait, except what is urgent."""
    office.modem.answers = [Ending(Outcome.UNSURE, "time-out")] * FAILURES_BEFORE_REST
    talks = [office.talk("một", address=f"+8490000000{number}", facts=OTHER_SMS) for number in range(6)]
    for conversation_id in talks:
        office.jobs.send(conversation_id)
    assert len(office.modem.handed) == FAILURES_BEFORE_REST
    urgent = office.talk(Reply("gọi 113", kind="urgent"), address="+84900000009", facts=OTHER_SMS)
    office.jobs.send(urgent)
    assert len(office.modem.handed) == FAILURES_BEFORE_REST + 1
    office.run(LONGEST_REST.seconds + 60)
    assert [office.fates(one)[0][1] for one in talks] == ["unsure"] * 3 + ["sent"] * 3
    assert office.fates(urgent) == [("urgent", "sent")]


def test_after_a_rest_one_message_goes_first(office: Office) -> None:
    """The others learn from it whether the carrier is back."""
    office.modem.answers = [Ending(Outcome.UNREACHABLE, "down")] * 50
    for number in range(FAILURES_BEFORE_REST + 2):
        office.jobs.send(office.talk("một", address=f"+8490000000{number}", facts=OTHER_SMS))
    before = len(office.modem.handed)
    office.clock.move(2)
    office.sweep()
    assert (before, len(office.modem.handed)) == (FAILURES_BEFORE_REST, FAILURES_BEFORE_REST + 1)


def test_no_answer_is_risked_while_a_carrier_that_cannot_be_asked_does_not_answer(office: Office) -> None:
    """After three failures something harmless is asked first: an outage costs three answers and no more."""
    office.modem.answers = [Ending(Outcome.UNSURE, "time-out")] * FAILURES_BEFORE_REST
    office.modem.is_silent = True
    talks = [office.talk("một", address=f"+8490000000{number}", facts=OTHER_SMS) for number in range(8)]
    office.run(300, every=5)
    assert len(office.modem.handed) == FAILURES_BEFORE_REST
    assert office.modem.tended > 5
    office.modem.is_silent = False
    office.run(60, every=5)
    assert sorted(office.fates(one)[0][1] for one in talks) == ["sent"] * 5 + ["unsure"] * 3


def open_loft(office: Office) -> PaperCarrier:
    """A slow carrier, beside the others."""
    pigeon = PaperCarrier(SLOW)
    office.jobs.channels[SLOW.name] = pigeon  # type: ignore[index]  # the office's own dictionary
    return pigeon


def test_a_channel_keeps_its_pace_however_many_conversations_wait(office: Office) -> None:
    """Two at once, then one every two seconds; and it says how long the next has to wait."""
    pigeon = open_loft(office)
    talks = [office.talk("một", address=f"loft {number}", facts=SLOW) for number in range(6)]
    waits = [office.jobs.send(conversation_id) for conversation_id in talks]
    assert len(pigeon.handed) == 2
    assert waits == [0, 0, 2, 2, 2, 2]
    office.run(8)
    assert len(pigeon.handed) == 5


def test_danger_does_not_queue_behind_a_slow_channel(office: Office) -> None:
    """A few places beyond the pace are kept for it."""
    pigeon = open_loft(office)
    for number in range(3):
        office.jobs.send(office.talk("một", address=f"loft {number}", facts=SLOW))
    urgent = [
        office.talk(Reply("gọi 113", kind="urgent"), address=f"loft {9 + number}", facts=SLOW)
        for number in range(KEPT_FOR_URGENT + 1)
    ]
    for conversation_id in urgent:
        office.jobs.send(conversation_id)
    assert [message.kind for message in pigeon.handed] == ["answer"] * 2 + ["urgent"] * KEPT_FOR_URGENT


def test_one_telephone_that_cries_all_the_time_does_not_keep_a_slow_line_from_others(office: Office) -> None:
    """The first cries go before others, then they wait in turn; whoever else writes is answered."""
    pigeon = open_loft(office)
    help_now = Reply("gọi 113", kind="urgent")
    crying = office.talk(*[help_now] * MOST_PRESSING, address="loft 1", facts=SLOW)
    other = office.talk("một", address="loft 2", facts=SLOW)
    for _ in range(12):
        office.run(5)
        office.stage.say(crying, *[help_now] * 3, at=office.clock())
    assert office.fates(other) == [("answer", "sent")]
    assert len(pigeon.handed) > MOST_PRESSING + 5


def test_whoever_was_silent_for_longer_than_the_window_is_not_written_to(office: Office) -> None:
    """The carrier would refuse it: nothing is handed over, and their next message opens the window again."""
    pigeon = open_loft(office)
    conversation_id = office.hear("xin chao", "loft", SLOW)
    office.answer_and_send(conversation_id)
    said = len(pigeon.handed)
    office.clock.move(WEEK.total_seconds())
    office.stage.say(conversation_id, "còn đó không", at=office.clock())
    office.sweep()
    assert len(pigeon.handed) == said
    assert office.fates(conversation_id)[-1] == ("answer", "refused")
    office.clock.move(1)
    office.answer_and_send(office.hear("xin chao", "loft", SLOW))
    assert len(pigeon.handed) > said


def test_places_in_the_pace_are_taken_one_by_one(office: Office) -> None:
    """The pace is kept in the database: however many processes send, they share it."""
    with office.stage.database.write() as session:
        waits = [carriers.admit(session, SLOW, NOW, urgent=False).total_seconds() for _ in range(4)]
    assert waits == [0, 0, 2, 2]
    with office.stage.database.write() as session:
        assert carriers.admit(session, SLOW, NOW + timedelta(seconds=2), urgent=False).total_seconds() == 0
        assert carriers.admit(session, SLOW, NOW + timedelta(seconds=3), urgent=False).total_seconds() == 1


def test_numbers_of_what_waits_and_of_what_is_unsure_are_shown(office: Office) -> None:
    """So that nobody has to search for messages whose end is not known."""
    office.modem.answers = [Ending(Outcome.UNSURE, "time-out")]
    office.jobs.send(office.talk("một", facts=OTHER_SMS))
    office.talk("hai", "ba", address=NUMBER[:-1] + "7", facts=OTHER_SMS)
    with office.stage.database.read() as session:
        found = outbox.tally(session, NOW - timedelta(days=1))
    assert found == {(OTHER_SMS.name, "unsure"): 1, (OTHER_SMS.name, "waiting"): 2}


@pytest.mark.parametrize("outcome", [Outcome.BLOCKED, Outcome.REJECTED])
def test_a_carrier_that_refuses_one_message_is_there_for_the_next(office: Office, outcome: Outcome) -> None:
    """A refusal is an answer: nobody has to wait for a probe behind it."""
    failing = [Ending(Outcome.UNREACHABLE, "down")] * FAILURES_BEFORE_REST
    office.sms.answers = [*failing, Ending(outcome, "no")]
    for number in range(FAILURES_BEFORE_REST):
        office.jobs.send(office.talk("một", address=f"+8490000000{number}"))
    office.run(3)
    other = office.talk("hai", address="+84900000009")
    office.jobs.send(other)
    assert office.fates(other) == [("answer", "sent")]


def tell_failed(office: Office, row_id: UUID) -> bool:
    """The carrier took a message and says at our door that it could not deliver it; whether it is said once more."""
    stage = office.stage
    conversation_id = stage.outbox_row(row_id).conversation_id
    before = len(office.rows(conversation_id))
    keeper = Keeper(stage.database, stage.vault, office.clock, uuid.uuid4, lambda _: None)
    desk = Desk(SMS, told=[Receipt("failed", reference=row_id)])
    assert receive(desk, "", Request(EnvironBuilder(method="POST", data=b"x").get_environ()), keeper).status_code == 200
    return len(office.rows(conversation_id)) > before


def test_a_danger_reply_that_was_not_delivered_is_said_once_more(office: Office) -> None:
    """As a message of its own, a little later, however often it is told; an answer is not, nor is what is too late."""
    stale_at = NOW + timedelta(minutes=10)
    replies = [Reply("gọi 113", kind="urgent", stale_at=stale_at), Reply("một", stale_at=stale_at)]
    conversation_id = office.talk(*replies)
    office.jobs.send(conversation_id)
    urgent, answer = office.rows(conversation_id)
    assert [tell_failed(office, row.id) for row in (urgent, urgent, answer)] == [True, False, False]
    office.run(60, every=5)
    assert office.sms.texts() == ["gọi 113", "một", "gọi 113"]
    again = office.rows(conversation_id)[-1]
    assert (again.kind, again.status, again.tries) == ("urgent", "sent", 1)
    assert not tell_failed(office, again.id)
    late = office.talk(Reply("gọi 115", kind="urgent", stale_at=office.clock() + timedelta(seconds=10)))
    office.jobs.send(late)
    assert not tell_failed(office, office.rows(late)[-1].id)
