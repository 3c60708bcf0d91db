"""One of our people writes at the carrier's own desk: the bot is silent for half an hour, except where it must not."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from storage import erasing, outbox, people
from storage.models import Conversation, Person, Seen
from storage.outbox import Reply
from storage.people import HUMAN_FOR
from tests.storage.stage import NUMBER, SMS
from tests.turn.carrier import Carrier
from tests.turn.office import Office
from webhooks.channel import Delivery, Event, TakenOver
from webhooks.outcomes import Ending, Outcome
from webhooks.receiving import Keeper, receive

MINUTE = timedelta(minutes=1)
DANGER, SELF_HARM, STOP, ERASE = "cuu toi voi, ho dang danh toi", "toi muon chet", "dung nhan tin", "xoa het"


@dataclass
class Desk(Carrier):
    """A carrier that also tells what is written at its own desk."""

    told: list[Event] = field(default_factory=list)

    def prove(self, request: Request, door: str) -> None:
        """Everybody is believed here."""

    def read(self, request: Request, door: str) -> Delivery:
        """What was told."""
        return Delivery(self.told)


def take_over(office: Office, provider_id: str = "", address: str = NUMBER) -> int:
    """A human writes to somebody, and the carrier tells of it; the status of our answer."""
    desk = Desk(SMS, told=[TakenOver(provider_id or uuid.uuid4().hex, address)])
    stage = office.stage
    keeper = Keeper(stage.database, stage.vault, office.clock, uuid.uuid4, lambda _: None)
    request = Request(EnvironBuilder(method="POST", data=b"x").get_environ())
    return receive(desk, "", request, keeper).status_code


def talk(office: Office) -> UUID:
    """Somebody who was greeted and answered."""
    conversation_id = office.hear("xin chao")
    office.answer_and_send(conversation_id)
    return conversation_id


def hear(office: Office, text: str) -> list[str]:
    """They write; what the bot says to it."""
    before = len(office.sms.reached)
    office.answer_and_send(office.hear(text))
    office.run(20, every=5)
    return office.sms.texts()[before:]


def test_what_was_due_is_taken_back(office: Office) -> None:
    """But not what is about danger, nor the farewell that was promised to whoever is erased."""
    replies = [Reply("một"), Reply("hai?", kind="question"), Reply("113", kind="urgent"), Reply("x", kind="farewell")]
    conversation_id = office.talk(*replies)
    assert take_over(office) == 200
    assert office.fates(conversation_id) == [
        ("answer", "cancelled"),
        ("question", "cancelled"),
        ("urgent", "due"),
        ("farewell", "due"),
    ]


def test_a_turn_that_was_thought_of_before_comes_to_nothing(office: Office) -> None:
    """It would speak over the human: the conversation has moved on, so it thinks again."""
    conversation_id = talk(office)
    version = office.conversation(conversation_id).version
    take_over(office)
    assert office.conversation(conversation_id).version > version


def test_the_bot_is_silent_beside_a_human_and_goes_on_half_an_hour_after_their_last_word(office: Office) -> None:
    """What was written meanwhile was for the human, and is not answered later."""
    talk(office)
    take_over(office)
    for text in ("cam on chi", "1", "0", "toi bi mat can cuoc"):
        assert hear(office, text) == []
        office.clock.move(5 * 60)
    take_over(office)
    office.clock.move(HUMAN_FOR.total_seconds() - 61)
    assert hear(office, "con do khong a") == []
    office.clock.move(61)
    assert hear(office, "xin chao") != []


@pytest.mark.parametrize("text", [DANGER, SELF_HARM, STOP, ERASE])
def test_what_must_never_wait_is_answered_beside_a_human(office: Office, text: str) -> None:
    """The bot may be quicker than they are."""
    talk(office)
    take_over(office)
    assert hear(office, text) != []


def test_the_same_word_of_a_human_counts_once(office: Office) -> None:
    """Carriers repeat: an hour later it is no news."""
    conversation_id = talk(office)
    take_over(office, "the same")
    first = office.conversation(conversation_id)
    office.clock.move(3600)
    assert take_over(office, "the same") == 200
    assert office.conversation(conversation_id).human_until == first.human_until
    assert hear(office, "xin chao") != []


def test_a_human_who_writes_to_somebody_unknown_makes_nobody_known(office: Office) -> None:
    """Nothing is kept of whoever never wrote to us, not even that they were written to."""
    assert take_over(office) == 200
    stage = office.stage
    assert (stage.count(Person), stage.count(Conversation), stage.count(Seen)) == (0, 0, 0)


def test_what_we_sent_ourselves_is_no_human(office: Office) -> None:
    """A carrier may echo it with an employee's name on it."""
    conversation_id = talk(office)
    for provider_id, _, _ in office.sms.reached:
        assert take_over(office, provider_id) == 200
    assert office.conversation(conversation_id).human_until is None


def test_an_echo_that_is_quicker_than_the_answer_to_our_request_is_told_again(office: Office) -> None:
    """Until we know how the carrier calls what is on its way, it may be a human's or ours: 503, and it is repeated."""
    conversation_id = office.talk("một")
    told: list[int] = []

    def echo() -> None:
        told.append(take_over(office, office.sms.reached[-1][0] if office.sms.reached else "ours"))

    office.sms.meanwhile = echo
    office.jobs.send(conversation_id)
    office.sms.meanwhile = None
    assert told == [503]
    assert take_over(office, office.sms.reached[-1][0]) == 200
    assert office.conversation(conversation_id).human_until is None
    assert take_over(office, "a human's") == 200
    assert office.conversation(conversation_id).human_until is not None


def test_somebody_who_was_erased_is_not_met_again_by_it(office: Office) -> None:
    """The human may still write to them; we know nothing of it."""
    conversation_id = talk(office)
    with office.stage.database.write() as session:
        person_id = session.get_one(Conversation, conversation_id).person_id
        erasing.forget_person(session, office.stage.vault, person_id, office.clock(), uuid.uuid4)
    assert take_over(office) == 200
    assert office.stage.count(Person) == 0


def test_the_answer_to_a_question_about_life_is_heard_beside_a_human(office: Office) -> None:
    """The bot asked it, so the bot hears it: 1 means that they have hurt themselves already."""
    talk(office)
    take_over(office)
    assert hear(office, SELF_HARM) != []
    assert any("115" in text for text in hear(office, "1"))


def test_a_take_over_that_is_told_an_hour_late_silences_nobody(office: Office) -> None:
    """Carriers repeat what they could not tell; by then the human is long gone."""
    conversation_id = talk(office)
    office.clock.move(3_600)
    desk = Desk(SMS, told=[TakenOver("late", NUMBER, office.clock() - 60 * MINUTE)])
    stage = office.stage
    keeper = Keeper(stage.database, stage.vault, office.clock, uuid.uuid4, lambda _: None)
    assert receive(desk, "", Request(EnvironBuilder(method="POST", data=b"x").get_environ()), keeper).status_code == 200
    assert office.conversation(conversation_id).human_until is None
    assert hear(office, "xin chao") != []


def test_what_was_in_flight_when_they_took_over_and_came_back_is_not_sent_later(office: Office) -> None:
    """It did not leave, so it would be tried again: over the human."""
    conversation_id = office.talk("một")
    office.sms.answers = [Ending(Outcome.BUSY, "429", seconds=5.0)]
    office.sms.meanwhile = lambda: _hold_down(office, conversation_id)
    office.jobs.send(conversation_id)
    office.sms.meanwhile = None
    office.run(60, every=5)
    assert office.fates(conversation_id) == [("answer", "stale")]


def _hold_down(office: Office, conversation_id: UUID) -> None:
    """A human takes over in the middle of a send, and the carrier's word of it got through."""
    with office.stage.database.write() as session:
        people.leave_to_human(session, conversation_id, office.clock() + HUMAN_FOR)
        outbox.take_back(session, outbox.OutboxMessage.conversation_id == conversation_id, office.clock())
