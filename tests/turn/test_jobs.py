"""The worker's jobs on a real database: what leaves, is asked about or given up, and who is put to a human."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.asking import ASK_FOR, ASK_NO_LONGER
from bot.sending import SAID_AT_MOST
from bot.turn import NEUTRAL_STALE
from bot.worker import FAILURES_BEFORE_A_PERSON
from storage import errands
from storage.errands import GIVEN_UP_AFTER, Errand
from storage.models import Conversation, OutboxMessage, PersonKey
from storage.outbox import CLAIM_SECONDS, Reply
from tests.storage.stage import NOW, OTHER_SMS, SECOND, SMS
from tests.turn.office import POST, Office
from webhooks.outcomes import Ending, Outcome

NUMBERS = [f"+8490000000{number}" for number in range(4)]


def _doubt_all(office: Office, *replies: Reply) -> list[uuid.UUID]:
    """As many conversations as replies, each with a message that the carrier may have; their ids."""
    office.sms.answers = [Ending(Outcome.UNSURE, "time-out")] * len(replies)
    talks = [office.talk(reply, address=number) for reply, number in zip(replies, NUMBERS, strict=False)]
    for conversation_id in talks:
        office.jobs.send(conversation_id)
    return talks


def test_a_carrier_that_is_silent_is_left_alone_for_the_round(office: Office) -> None:
    """It is asked about one message, not about every one of them; and nobody else's carrier waits for it."""
    silenced = _doubt_all(office, *[Reply("một")] * 3)
    office.post.answers = [Ending(Outcome.UNSURE, "time-out")]
    other = office.talk("hai", address="Bưu điện", facts=POST)
    office.jobs.send(other)
    office.post.reach("Bưu điện", "hai")
    office.sms.is_silent = True
    office.jobs.settle_abandoned()
    assert office.sms.asked == 1
    assert office.fates(other) == [("answer", "sent")]
    assert [office.fates(one) for one in silenced] == [[("answer", "asking")]] * 3
    office.jobs.settle_abandoned()
    assert office.sms.asked == 2


def test_a_carrier_that_stays_silent_is_asked_for_ten_minutes(office: Office) -> None:
    """Then an answer is unsure, and when it is too late for it the person reads one neutral line."""
    stale_at = NOW + ASK_NO_LONGER
    (conversation_id,) = _doubt_all(office, Reply("một", stale_at=stale_at))
    office.sms.is_silent = True
    office.clock.time = stale_at
    office.jobs.settle_abandoned()
    assert office.fates(conversation_id) == [("answer", "asking")]
    office.clock.move(1)
    office.run(120, every=60)
    assert office.fates(conversation_id) == [("answer", "unsure"), ("neutral", "sent")]
    assert office.sms.texts() == [office.late_line(None)]


@pytest.mark.parametrize("harm", ["message", "key"])
def test_what_cannot_be_read_keeps_no_other_message_from_being_settled(office: Office, harm: str) -> None:
    """One damaged row, or one key that cannot be opened: the carrier is asked about all the others."""
    talks = _doubt_all(office, Reply("một"), Reply("hai"), Reply("ba"))
    for number, text in zip(NUMBERS, ("một", "hai", "ba"), strict=False):
        office.sms.reach(number, text)
    person_id = office.stage.person_of(talks[0])
    with office.stage.database.write() as session:
        if harm == "message":
            row = OutboxMessage
            session.execute(update(row).where(row.person_id == person_id).values(content_sealed=b"damaged"))
        else:
            session.execute(update(PersonKey).where(PersonKey.person_id == person_id).values(wrapped=b"damaged"))
    office.jobs.settle_abandoned()
    assert [office.fates(one)[0][1] for one in talks[1:]] == ["sent", "sent"]


def test_nothing_is_said_more_than_twice_to_a_carrier_that_never_lists_it(office: Office) -> None:
    """A message that is missing from the list for half a minute is said once more; then it stays unsure."""
    office.sms.lists = False
    (conversation_id,) = _doubt_all(office, Reply("gọi 113", kind="urgent"))
    office.sms.answers = [Ending(Outcome.UNSURE, "time-out")] * 9
    office.run(ASK_FOR.seconds, every=10)
    assert len(office.sms.handed) == 1
    office.run(300, every=20)
    assert len(office.sms.handed) == SAID_AT_MOST == 2
    assert office.fates(conversation_id) == [("urgent", "unsure")]


def test_however_often_its_senders_die_a_message_is_said_once_in_the_end(office: Office) -> None:
    """A sender that died before its request left tells nothing of the carrier, which has not got the message."""
    conversation_id = office.talk("mất thẻ thì làm lại được")
    for _ in range(5):
        assert office.stage.claim(conversation_id, at=office.clock()) is not None
        office.clock.move(CLAIM_SECONDS)
        office.jobs.settle_abandoned()
        office.clock.move(1)
        office.jobs.settle_abandoned()
    office.run(60, every=5)
    assert len(office.sms.handed) == 1
    assert office.fates(conversation_id) == [("answer", "sent")]


def test_nothing_is_said_again_that_its_carrier_lists(office: Office) -> None:
    """The time-out came after it had left: asked, the carrier knows it, and its copy is redacted later."""
    (conversation_id,) = _doubt_all(office, Reply("gọi 113", kind="urgent"))
    provider_id = office.sms.reach(NUMBERS[0], "gọi 113")
    office.run(60, every=5)
    assert len(office.sms.handed) == 1
    assert office.fates(conversation_id) == [("urgent", "sent")]
    office.clock.move(60)
    office.jobs.run_errands()
    assert ("redact", provider_id) in office.sms.dropped


@pytest.mark.parametrize(("kind", "times"), [("urgent", 2), ("answer", 1)])
def test_where_nobody_can_be_asked_only_danger_is_said_once_more(office: Office, kind: str, times: int) -> None:
    """An unsure ordinary answer is not repeated."""
    office.modem.answers = [Ending(Outcome.UNSURE, "time-out")] * 9
    conversation_id = office.talk(Reply("gọi 113", kind=kind), facts=OTHER_SMS)
    office.run(120, every=20)
    assert len(office.modem.handed) == times
    assert office.fates(conversation_id) == [(kind, "unsure")]


def test_danger_leaves_while_an_answer_is_being_asked_about(office: Office) -> None:
    """A carrier's silence about one message does not hold up the cry for help that came after it."""
    (conversation_id,) = _doubt_all(office, Reply("một"))
    office.sms.is_silent = True
    office.hear("cuu toi voi", address=NUMBERS[0])
    office.answer_and_send(conversation_id)
    kinds = [kind for kind, status in office.fates(conversation_id) if status == "sent"]
    assert kinds
    assert set(kinds) == {"urgent"}
    assert office.fates(conversation_id)[0] == ("answer", "asking")
    assert office.conversation(conversation_id).band == "P0"


def test_what_comes_too_late_while_its_carrier_is_busy_is_retired_at_its_time(office: Office) -> None:
    """A carrier that wanted an hour of quiet gets it; then one neutral line is said in the answer's place."""
    office.sms.answers = [Ending(Outcome.BUSY, "busy", seconds=3_600)]
    conversation_id = office.talk(Reply("một", stale_at=NOW + 20 * SECOND))
    office.jobs.send(conversation_id)
    office.clock.move(19)
    office.sweep()
    assert office.fates(conversation_id) == [("answer", "due")]
    office.clock.move(3_600)
    office.sweep()
    assert office.fates(conversation_id) == [("answer", "stale"), ("neutral", "sent")]
    assert office.sms.texts() == [office.late_line(None)]


def test_sixty_failed_tries_do_not_overflow(office: Office) -> None:
    """The pause grows up to its limit, whoever fails however often."""
    office.sms.answers = [Ending(Outcome.UNREACHABLE, "down")] * 60
    conversation_id = office.talk("một")
    office.run(65 * 60, every=60)
    assert len(office.sms.handed) == 61
    assert office.fates(conversation_id) == [("answer", "sent")]


def test_a_neutral_line_that_is_two_hours_late_is_not_said_and_nothing_is_said_for_it(office: Office) -> None:
    """A long outage may end at night."""
    office.sms.answers = [Ending(Outcome.UNREACHABLE, "down")] * 1_000
    conversation_id = office.talk(Reply("một", stale_at=NOW + 600 * SECOND))
    office.run(600 + NEUTRAL_STALE.seconds, every=60)
    assert office.fates(conversation_id) == [("answer", "stale"), ("neutral", "due")]
    office.clock.move(1)
    office.sms.answers = []
    office.run(120, every=60)
    assert office.fates(conversation_id) == [("answer", "stale"), ("neutral", "stale")]
    assert office.sms.texts() == []


def test_what_left_after_its_claim_had_passed_is_not_said_twice(office: Office) -> None:
    """The sender slept; the carrier did not list it yet, so it was put back; then the sender heard: taken."""
    office.sms.lists = False

    def sleep() -> None:
        office.clock.move(max(CLAIM_SECONDS, ASK_FOR.seconds) + 1)
        office.jobs.settle_abandoned()

    office.sms.meanwhile = sleep
    conversation_id = office.talk("một")
    office.jobs.send(conversation_id)
    office.sms.meanwhile = None
    assert office.fates(conversation_id) == [("answer", "sent")]
    office.run(120, every=10)
    assert office.sms.texts() == ["một"]


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.UNSURE, Outcome.UNREACHABLE, Outcome.BUSY])
def test_a_sender_who_slept_does_not_undo_what_its_successor_did(office: Office, outcome: Outcome) -> None:
    """While it slept, the message was put back and sent by another."""
    office.sms.lists = False
    conversation_id = office.talk("một")

    def sleep() -> None:
        office.sms.meanwhile = None
        office.clock.move(max(CLAIM_SECONDS, ASK_FOR.seconds) + 1)
        office.jobs.settle_abandoned()
        office.jobs.send(conversation_id)
        office.sms.answers = [Ending(outcome, "late")]

    office.sms.meanwhile = sleep
    office.jobs.send(conversation_id)
    office.run(120, every=10)
    assert office.fates(conversation_id) == [("answer", "sent")]
    assert office.sms.texts() == ["một"]


def test_somebody_erased_while_a_message_was_on_its_way_leaves_an_errand(office: Office) -> None:
    """The carrier's copy is all that is left of them, and it goes."""
    conversation_id = office.talk("một")
    office.sms.meanwhile = lambda: office.stage.erase(conversation_id)
    office.jobs.send(conversation_id)
    ((provider_id, _, _),) = office.sms.reached
    office.jobs.run_errands()
    assert ("delete", provider_id) in office.sms.dropped
    assert office.stage.counts() == (0, 0, 0, 0)


def test_errands_of_a_channel_that_is_off_starve_nobody_and_end_after_two_weeks(office: Office) -> None:
    """They wait for their carrier to come back, at most 14 days; the others are run meanwhile."""
    with office.stage.database.write() as session:
        for number in range(60):
            errands.add(session, office.stage.vault, "off", "delete", f"OFF{number}", NOW, uuid.uuid4)
        errands.add(session, office.stage.vault, SMS.name, "delete", "IN1", NOW + SECOND, uuid.uuid4)
    office.clock.move(1)
    office.jobs.run_errands()
    assert office.sms.dropped == [("delete", "IN1")]
    for moment, left in ((NOW + GIVEN_UP_AFTER, 60), (NOW + GIVEN_UP_AFTER + SECOND, 0)):
        office.clock.time = moment
        office.jobs.keep_house()
        assert office.stage.count(Errand) == left


def test_everything_somebody_wrote_is_answered_in_one_call(office: Office) -> None:
    """A turn hears fifty messages; the call goes on until nothing is left."""
    for number in range(120):
        conversation_id = office.hear(str(number))
    assert office.jobs.answer(conversation_id) == SMS.name
    assert office.unanswered(conversation_id) == 0
    assert office.jobs.answer(conversation_id) is None


def _damage_state(office: Office, conversation_id: uuid.UUID) -> None:
    with office.stage.database.write() as session:
        mine = Conversation.id == conversation_id
        session.execute(update(Conversation).where(mine).values(state_sealed=b"damaged"))


def test_five_failed_turns_end_with_a_human_and_one_neutral_line(office: Office) -> None:
    """Somebody whom the program cannot answer waits for a person, as urgently as can be, and is told so neutrally."""
    conversation_id = office.hear("xin chao")
    _damage_state(office, conversation_id)
    for _ in range(FAILURES_BEFORE_A_PERSON - 1):
        assert office.jobs.answer(conversation_id) is None
        assert office.conversation(conversation_id).waiting_since is None
        office.clock.move(300)
    assert office.jobs.answer(conversation_id) == SMS.name
    office.run(600, every=60)
    left = office.conversation(conversation_id)
    assert (left.band, left.waiting_since) == ("P0", NOW + timedelta(minutes=20))
    assert office.sms.texts() == [office.late_line(None)]
    assert office.unanswered(conversation_id) == 0


def test_who_was_put_to_a_human_is_answered_again(office: Office) -> None:
    """What was broken is replaced, and the next message begins anew; they still wait for the person."""
    conversation_id = office.hear("xin chao")
    _damage_state(office, conversation_id)
    for _ in range(FAILURES_BEFORE_A_PERSON):
        office.jobs.answer(conversation_id)
    office.hear("xin chao")
    office.answer_and_send(conversation_id)
    assert len(office.sms.texts()) > 1
    left = office.conversation(conversation_id)
    assert (left.failures, left.band) == (0, "P0")


def test_a_conversation_that_fails_stops_no_other(office: Office) -> None:
    """The sweep looks at it ever less often, and at everybody else at once."""
    broken, whole = office.hear("xin chao", NUMBERS[0]), office.hear("xin chao", NUMBERS[1])
    _damage_state(office, broken)
    office.clock.move(6)
    office.sweep()
    assert (office.unanswered(broken), office.unanswered(whole)) == (1, 0)
    assert office.sms.texts()


def test_a_message_taken_is_sent_only_once_by_senders_after_one_another(office: Office) -> None:
    """However often a hint is doubled."""
    conversation_id = office.talk("một", "hai")
    for _ in range(5):
        office.jobs.send(conversation_id)
    assert office.sms.texts() == ["một", "hai"]
    assert not office.is_open(conversation_id)
