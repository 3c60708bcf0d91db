"""Erased, in safe mode, after a late line, beside another carrier: what must not be said any more, and what must."""

from datetime import timedelta

import pytest

from storage.outbox import Reply
from tests.storage.stage import NOW, NUMBER, OTHER_SMS, SMS
from tests.turn.office import Office
from tests.turn.test_outcomes import tell_failed
from webhooks.outcomes import Ending, Outcome

LATER = NOW + timedelta(minutes=10)
BUSY = Ending(Outcome.BUSY, "429", seconds=5)
DANGER = "cuu toi voi, ho dang danh toi"


def test_after_a_late_line_a_person_is_answered_as_ever(office: Office) -> None:
    """The line took a place of its own; the next turn, and a cry for help above all, must find another."""
    conversation_id = office.hear("xin chao")
    office.sms.answers = [Ending(Outcome.UNREACHABLE, "down")] * 40
    office.jobs.answer(conversation_id)
    office.run(11 * 60, every=30)
    office.sms.answers = []
    office.run(120, every=30)
    assert office.sms.texts() == [office.late_line("vi")]
    office.hear(DANGER)
    office.answer_and_send(conversation_id)
    assert any("113" in text for text in office.sms.texts())
    assert office.unanswered(conversation_id) == 0


@pytest.mark.parametrize("kind", ["answer", "urgent"])
def test_nothing_that_was_on_its_way_is_said_after_they_asked_to_be_erased(office: Office, kind: str) -> None:
    """It came back from a busy carrier while the farewell waits: only that is said."""
    conversation_id = office.talk(Reply("một", kind=kind, stale_at=LATER))
    office.sms.answers = [BUSY]

    def ask_to_be_erased() -> None:
        office.sms.meanwhile = None
        office.hear("XOA HET")
        office.jobs.answer(conversation_id)

    office.sms.meanwhile = ask_to_be_erased
    office.jobs.send(conversation_id)
    office.run(60, every=5)
    assert len(office.sms.texts()) == 1
    assert "một" not in office.sms.texts()


def test_an_old_danger_reply_is_not_said_once_more_after_they_asked_to_be_erased(office: Office) -> None:
    """Its failure is told late."""
    conversation_id = office.talk(Reply("gọi 113", kind="urgent", stale_at=LATER))
    office.jobs.send(conversation_id)
    office.sms.answers = [BUSY]
    office.hear("XOA HET")
    office.answer_and_send(conversation_id)
    assert not tell_failed(office, office.rows(conversation_id)[0].id)


@pytest.mark.parametrize("facts", [SMS, OTHER_SMS])
def test_in_safe_mode_nothing_is_said_that_was_about_to_be(office: Office, facts: object) -> None:
    """ "Not a good moment" holds for what waits behind a busy carrier, here and on another line of the number."""
    waiting = office.talk(Reply("hồ sơ của bạn", stale_at=LATER), facts=SMS if facts is SMS else OTHER_SMS)
    office.sms.answers = [BUSY]
    office.modem.answers = [BUSY]
    office.jobs.send(waiting)
    conversation_id = office.hear("xin chao")
    office.jobs.answer(conversation_id)
    office.hear("2")
    office.jobs.answer(conversation_id)
    office.run(15 * 60, every=30)
    said = office.sms.texts() + office.modem.texts()
    assert "hồ sơ của bạn" not in said
    assert office.late_line("vi") not in said


def test_one_carriers_refusal_does_not_silence_another_for_the_same_number(office: Office) -> None:
    """Twilio has no route to them; the telephone has."""
    by_twilio = office.talk("một", facts=SMS)
    by_telephone = office.talk(Reply("gọi 113", kind="urgent"), facts=OTHER_SMS)
    office.sms.answers = [Ending(Outcome.NOBODY_THERE, "21612")]
    office.jobs.send(by_twilio)
    office.jobs.send(by_telephone)
    assert office.fates(by_twilio) == [("answer", "refused")]
    assert office.fates(by_telephone) == [("urgent", "sent")]
    assert office.conversation(by_twilio).blocked_at is not None


def test_a_long_queue_on_one_channel_hides_no_other(office: Office) -> None:
    """The sweep looks at so many conversations of each."""
    for number in range(6):
        office.talk("một", address=f"+8490000000{number}", facts=OTHER_SMS)
    other = office.talk("hai", address=NUMBER)
    assert other in [waiting.conversation_id for waiting in office.jobs.sweep(rows=3)[1]]
