"""Erasing as the worker does it: nobody's trouble keeps another here, and who writes after asking is somebody new."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import update

from bot.dialogue import Book
from bot.thinking import Mind
from bot.turn import take_turn
from storage import erasing
from storage.erasing import FAREWELL_SECONDS
from storage.models import InboxMessage, Person, PersonKey
from tests.storage.stage import NUMBER, OTHER_SMS, Stage
from tests.turn.office import Office
from webhooks.outcomes import Ending, Outcome


def _begin(office: Office) -> uuid.UUID:
    """Somebody who has been answered once."""
    conversation_id = office.hear("xin chao")
    office.answer_and_send(conversation_id)
    office.sms.reached.clear()
    return conversation_id


@pytest.mark.parametrize("harm", ["key", "message", "another master key"])
def test_nobodys_damage_keeps_anybody_from_being_erased(office: Office, harm: str) -> None:
    """A key that cannot be opened or a row that cannot be read: its person goes, and so do the others."""
    talks = [office.hear("XOA HET", f"+8490000000{number}") for number in range(3)]
    for conversation_id in talks:
        office.jobs.answer(conversation_id)
    broken = office.stage.person_of(talks[1])
    with office.stage.database.write() as session:
        if harm == "message":
            mine = InboxMessage.person_id == broken
            session.execute(update(InboxMessage).where(mine).values(content_sealed=b"damaged", answered_in=None))
        else:
            values = {"wrapped": b"damaged"} if harm == "key" else {"master": "00000000"}
            session.execute(update(PersonKey).where(PersonKey.person_id == broken).values(**values))
    office.clock.move(FAREWELL_SECONDS)
    assert office.jobs.erase_due() == (3, [])
    assert office.stage.counts() == (0, 0, 0, 0)


def test_a_cry_for_help_in_the_same_breath_as_the_erase_word_is_answered_after_the_farewell(office: Office) -> None:
    """As somebody new: nothing of the old person is left, the answer comes, and the human's queue keeps them."""
    old = _begin(office)
    person_id = office.stage.person_of(old)
    for text in ("XOA HET", "cuu toi voi"):
        office.hear(text)
        office.clock.move(1)
    office.answer_and_send(old)
    (farewell,) = office.sms.texts()
    assert office.unanswered(old) == 1
    _, (new,) = office.jobs.erase_due()
    office.answer_and_send(new)
    assert person_id not in office.stage.all_of(Person.id)
    assert [status for _, status in office.fates(new)] == ["sent"] * len(office.fates(new))
    assert ("urgent", "sent") in office.fates(new)
    assert office.sms.texts()[0] == farewell
    assert len(office.sms.texts()) > 1
    for _ in range(3):
        office.clock.move(FAREWELL_SECONDS)
        assert office.jobs.erase_due() == (0, [])
    left = office.conversation(new)
    assert (left.band, left.waiting_since is not None) == ("P0", True)


def test_a_cry_for_help_while_the_farewell_waits_is_answered_when_its_time_is_over(office: Office) -> None:
    """No turn is taken for somebody who is to be erased; 45 s later it is taken for the new person."""
    office.sms.answers = [Ending(Outcome.BUSY, "busy", seconds=3_600)]
    old = office.hear("XOA HET")
    office.answer_and_send(old)
    office.clock.move(10)
    assert office.hear("cuu toi voi") == old
    assert office.jobs.answer(old) is None
    assert office.jobs.erase_due() == (0, [])
    office.clock.move(FAREWELL_SECONDS - 10)
    _, (new,) = office.jobs.erase_due()
    office.answer_and_send(new)
    assert ("urgent", "sent") in office.fates(new)
    office.run(120, every=30)
    left = office.conversation(new)
    assert (left.band, left.waiting_since is not None) == ("P0", True)


def test_who_writes_after_asking_is_greeted_as_somebody_new(office: Office) -> None:
    """The same first line as anybody's, and no word of what was before."""
    stranger = office.hear("xin chao", "+84900000009")
    office.answer_and_send(stranger)
    greeting = office.sms.texts()
    old = _begin(office)
    for text in ("XOA HET", "xin chao"):
        office.hear(text)
        office.clock.move(1)
    office.answer_and_send(old)
    office.sms.reached.clear()
    _, (new,) = office.jobs.erase_due()
    office.answer_and_send(new)
    assert office.sms.texts() == greeting
    assert office.conversation(new).waiting_since is None


def test_who_writes_nothing_more_is_gone_with_the_farewell(office: Office) -> None:
    """One farewell, and nobody is here."""
    old = _begin(office)
    office.hear("XOA HET")
    office.answer_and_send(old)
    assert office.jobs.erase_due() == (1, [])
    assert len(office.sms.texts()) == 1
    assert office.stage.counts() == (0, 0, 0, 0)


@dataclass(frozen=True)
class Distracted(Mind):
    """A mind to which something happens the first time it thinks of the dialogue."""

    meanwhile: Callable[[], None]

    def __getattribute__(self, name: str) -> object:
        """As always; but before the book is opened, something happens."""
        if name == "book":
            meanwhile: Callable[[], None] = object.__getattribute__(self, "meanwhile")
            meanwhile()
        return object.__getattribute__(self, name)


def test_a_turn_that_was_thinking_when_its_person_asked_to_be_erased_says_nothing(office: Office) -> None:
    """They asked on another channel of theirs: what this one heard is kept for the new person."""
    thinking = office.hear("cuu toi voi")
    office.hear("xin chao", facts=OTHER_SMS)
    happened: list[Book] = []

    def ask_to_be_erased() -> None:
        if not happened:
            happened.append(office.mind.book)
            _ask(office.stage, thinking, office)

    mind = Distracted(office.mind.book, office.mind.packs, ask_to_be_erased)
    place = (office.stage.database, office.stage.vault, mind, thinking)
    assert take_turn(*place, office.clock(), uuid.uuid4) is None
    assert happened
    assert office.fates(thinking) == []
    office.clock.move(FAREWELL_SECONDS)
    _, anew = office.jobs.erase_due()
    assert len(anew) == 2
    for conversation_id in set(anew):
        office.answer_and_send(conversation_id)
    assert "P0" in [office.conversation(conversation_id).band for conversation_id in anew]
    assert office.sms.reached[0][1] == NUMBER


def _ask(stage: Stage, conversation_id: uuid.UUID, office: Office) -> None:
    person_id = stage.person_of(conversation_id)
    with stage.database.write() as session:
        erasing.begin(session, person_id, office.clock())
