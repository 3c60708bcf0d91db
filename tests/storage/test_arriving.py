"""A message arrives: kept once, with the right person, whatever else happens at the same moment."""

import threading
import time
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from storage import arriving, erasing, inbox, people
from storage.database import Unavailable
from storage.models import Contact, Conversation, InboxMessage, Person, PersonKey
from storage.vault import Forgotten
from tests.storage.stage import DAY, NOW, NUMBER, OTHER_SMS, SECOND, SMS, Stage, at_once

SILENT_FOR_LONG = NOW + people.RECYCLED_AFTER


def test_fifty_copies_of_one_message_at_once_are_one_message(stage: Stage) -> None:
    """A carrier may deliver a message many times at the same moment: it is kept once, and one copy is work."""
    kept = at_once([partial(stage.hear, provider_id="SM1")] * 50)
    assert [conversation for conversation in kept if conversation is not None] == stage.all_of(Conversation.id)
    assert stage.counts() == (1, 1, 1, 1)


def test_the_first_messages_of_one_person_at_once_meet_one_person(stage: Stage) -> None:
    """Somebody's very first messages often come together: one person, one contact, one conversation, all messages."""
    kept = at_once([partial(stage.hear, f"message {number}") for number in range(12)])
    assert set(kept) == set(stage.all_of(Conversation.id))
    assert stage.counts() == (1, 1, 1, 12)
    assert stage.count(PersonKey) == 1


def test_channels_that_share_an_address_share_the_person(stage: Stage) -> None:
    """A telephone number is one person on every carrier of SMS, with a conversation on each."""
    at_once([partial(stage.hear, facts=facts) for facts in (SMS, OTHER_SMS) * 4])
    assert stage.counts() == (1, 1, 2, 8)


def test_the_same_id_from_two_channels_is_two_messages(stage: Stage) -> None:
    """Carriers number their messages independently of each other."""
    assert stage.hear(provider_id="1", facts=SMS) is not None
    assert stage.hear(provider_id="1", facts=OTHER_SMS) is not None


def test_a_message_is_read_as_it_was_written(stage: Stage) -> None:
    """Text, kind and question come back; the time a person wrote is never later than the time it came."""
    conversation_id = stage.talk()
    inbound = inbox.Inbound("SM2", NUMBER, "\0 \ud800 2️⃣", "button", "papers.first", 7, NOW + DAY, "SM2")
    arriving.keep(stage.database, stage.vault, SMS, inbound, NOW, uuid.uuid4)
    with stage.database.read() as session:
        key = stage.vault.person_key(session, stage.person_of(conversation_id))
        message = inbox.unanswered(session, key, conversation_id)[-1]
    assert (message.text, message.kind, message.about) == (inbound.text, "button", "papers.first")
    assert (message.written_at, message.copy_id) == (NOW, "SM2")


def _ask_for_erasing(stage: Stage, conversation_id: UUID) -> UUID:
    """Everything heard so far is answered, and its person waits to be erased; the person."""
    person_id = stage.person_of(conversation_id)
    with stage.database.write() as session:
        session.execute(update(InboxMessage).values(answered_in=1))
        erasing.begin(session, person_id, NOW)
    return person_id


def _begin_anew(stage: Stage, person_id: UUID, at: datetime = NOW) -> list[UUID]:
    with stage.database.write() as session:
        return arriving.begin_anew(session, stage.vault, person_id, at, uuid.uuid4)


def _unanswered(stage: Stage, conversation_id: UUID) -> list[inbox.Message]:
    with stage.database.read() as session:
        key = stage.vault.person_key(session, stage.person_of(conversation_id))
        return inbox.unanswered(session, key, conversation_id)


def test_a_message_that_arrives_while_its_person_waits_to_be_erased_is_kept_with_them(stage: Stage) -> None:
    """It is acknowledged, so it is kept: unanswered, under the old key, until the farewell is settled."""
    conversation_id = stage.talk()
    old = _ask_for_erasing(stage, conversation_id)
    assert stage.hear("còn nữa", at=NOW + SECOND) == conversation_id
    assert stage.all_of(Person.id) == [old]
    assert [message.text for message in _unanswered(stage, conversation_id)] == ["còn nữa"]


def test_what_was_written_after_asking_arrives_again_as_from_somebody_new(stage: Stage) -> None:
    """The old person and what they wrote before are gone; the rest waits for an answer, as it was written."""
    conversation_id = stage.talk()
    old = _ask_for_erasing(stage, conversation_id)
    later = inbox.Inbound("SM2", NUMBER, "cứu tôi với", "button", "papers.first", 7, NOW + SECOND, "SM2")
    arriving.keep(stage.database, stage.vault, SMS, later, NOW + 2 * SECOND, uuid.uuid4)
    (new,) = _begin_anew(stage, old, NOW + 9 * SECOND)
    assert new != conversation_id
    assert stage.person_of(new) != old
    assert stage.counts() == (1, 1, 1, 1)
    (message,) = _unanswered(stage, new)
    assert (message.text, message.kind, message.about) == (later.text, "button", "papers.first")
    assert (message.written_at, message.copy_id) == (NOW + SECOND, "SM2")
    assert stage.all_of(InboxMessage.accepted_at) == [NOW + 2 * SECOND]
    assert stage.all_of(InboxMessage.carrier_order) == [7]


def test_who_wrote_on_two_channels_after_asking_is_one_new_person(stage: Stage) -> None:
    """With a conversation on each, and every message in it."""
    old = _ask_for_erasing(stage, stage.talk())
    for number, facts in enumerate((SMS, OTHER_SMS, SMS)):
        stage.hear(str(number), at=NOW + number * SECOND, facts=facts)
    looked_at = set(_begin_anew(stage, old))
    assert stage.counts() == (1, 1, 2, 3)
    texts = [[message.text for message in _unanswered(stage, one)] for one in looked_at]
    assert sorted(texts) == [["0", "2"], ["1"]]


def test_who_wrote_nothing_after_asking_is_simply_gone(stage: Stage) -> None:
    """Nobody is met again for what was answered before."""
    assert _begin_anew(stage, _ask_for_erasing(stage, stage.talk())) == []
    assert stage.counts() == (0, 0, 0, 0)


def test_what_arrived_again_is_not_kept_again_when_its_carrier_repeats_it(stage: Stage) -> None:
    """Its hash stands: a late copy of the same message is no second message."""
    old = _ask_for_erasing(stage, stage.talk())
    stage.hear(provider_id="SM2")
    assert len(_begin_anew(stage, old)) == 1
    assert stage.hear(provider_id="SM2") is None
    assert stage.counts() == (1, 1, 1, 1)


@pytest.mark.parametrize("what", ["message", "address", "key"])
def test_what_cannot_be_read_keeps_nobody_from_being_erased(stage: Stage, what: str) -> None:
    """A damaged message is lost with its person; nothing that is damaged keeps the person here."""
    conversation_id = stage.talk()
    old = _ask_for_erasing(stage, conversation_id)
    stage.hear("còn nữa", at=NOW + SECOND)
    with stage.database.write() as session:
        if what == "message":
            session.execute(update(InboxMessage).values(content_sealed=b"damaged"))
        elif what == "address":
            session.execute(update(Contact).values(address_sealed=b"damaged"))
        else:
            session.execute(update(PersonKey).values(wrapped=b"damaged"))
    assert _begin_anew(stage, old) == []
    assert stage.counts() == (0, 0, 0, 0)


def test_people_who_write_while_they_are_erased_again_and_again_lose_no_message(stage: Stage) -> None:
    """Whatever is acknowledged before, during or after an erasure is there when all is over."""
    over = Event()

    def write_all() -> int:
        try:
            return sum(at_once([partial(_write, stage, name) for name in range(5)]))
        finally:
            over.set()

    def erase() -> int:
        erased = 0
        while not over.is_set():
            for person_id in stage.all_of(Person.id):
                with suppress(Forgotten, people.Gone, Unavailable):
                    _begin_anew(stage, person_id)
                    erased += 1
        return erased

    kept, erased = at_once([write_all, erase])
    assert kept == 60
    assert erased > 0
    assert stage.counts() == (1, 1, 1, 60)


def _write(stage: Stage, name: int) -> int:
    """A carrier's twelve messages, each delivered until it is acknowledged; how many were news."""
    kept = 0
    for number in range(12):
        while True:
            try:
                kept += stage.hear(provider_id=f"{name}-{number}") is not None
                break
            except Unavailable:
                continue
    return kept


def test_a_number_silent_for_thirty_days_is_a_new_person(stage: Stage) -> None:
    """Numbers are sold again: the next message is a stranger's, and the one who had the number is gone."""
    old = stage.person_of(stage.talk())
    new = stage.talk(at=SILENT_FOR_LONG)
    assert stage.person_of(new) != old
    assert stage.counts() == (1, 1, 1, 1)


def test_a_number_silent_for_almost_thirty_days_is_the_same_person(stage: Stage) -> None:
    """A microsecond earlier it is still theirs."""
    old = stage.person_of(stage.talk())
    same = stage.talk(at=SILENT_FOR_LONG - timedelta(microseconds=1))
    assert stage.person_of(same) == old
    assert stage.counts() == (1, 1, 1, 2)


def test_messages_at_once_from_a_number_silent_for_long_are_of_one_new_person(stage: Stage) -> None:
    """However many come together, the old person goes once, one new person is met, and every message is kept."""
    old = stage.person_of(stage.talk())
    kept = at_once([partial(stage.hear, at=SILENT_FOR_LONG) for _ in range(8)])
    assert None not in kept
    assert stage.counts() == (1, 1, 1, 8)
    assert stage.all_of(Person.id) != [old]


def test_who_writes_can_be_written_to_again(stage: Stage) -> None:
    """A message from somebody who had blocked us opens the door."""
    conversation_id = stage.talk()
    with stage.database.write() as session:
        people.block(session, conversation_id, NOW)
    stage.hear(at=NOW + SECOND)
    assert stage.all_of(Conversation.blocked_at) == [None]


@pytest.mark.parametrize(("days", "is_new"), [(0, False), (89, False), (90, False), (91, True)])
def test_an_erased_message_is_kept_out_for_ninety_days(stage: Stage, days: int, is_new: bool) -> None:
    """A carrier that delivers an old message again cannot bring an erased person back, until its hash is dropped."""
    person_id = stage.person_of(stage.talk())
    stage.hear(provider_id="SM1")
    with stage.database.write() as session:
        erasing.forget_person(session, stage.vault, person_id, NOW, uuid.uuid4)
    with stage.database.write() as session:
        inbox.forget_seen(session, (NOW + days * DAY).date())
    kept = stage.hear(provider_id="SM1", at=NOW + days * DAY)
    assert (kept is not None) == is_new
    assert stage.count(Person) == int(is_new)


def test_people_erased_while_they_write_lose_no_message(stage: Stage) -> None:
    """A message kept is there afterwards, unless its own person was erased with it; nothing else is ever raised."""
    over = Event()

    def erase() -> int:
        gone = 0
        while not over.is_set():
            for person_id in stage.all_of(Person.id):
                with stage.database.write() as session:
                    try:
                        people.hold(session, person_id)
                    except people.Gone:
                        continue
                    mine = select(func.count()).where(InboxMessage.person_id == person_id)
                    gone += session.scalars(mine).one()
                    erasing.forget_person(session, stage.vault, person_id, NOW, uuid.uuid4)
        return gone

    def write_all() -> int:
        try:
            return sum(at_once([partial(_write, stage, name) for name in range(5)]))
        finally:
            over.set()

    kept, erased = at_once([write_all, erase])
    assert kept == 60
    assert erased > 0
    assert stage.count(InboxMessage) == kept - erased


def test_people_erased_by_two_at_once_while_they_write_are_erased_once(stage: Stage) -> None:
    """The eraser and the message that finds its number silent for long may both want the same person gone."""
    for _ in range(4):
        person_id = stage.person_of(stage.talk(at=NOW))

        def erase(person_id: uuid.UUID = person_id) -> None:
            with stage.database.write() as session:
                try:
                    erasing.forget_person(session, stage.vault, person_id, NOW, uuid.uuid4)
                except Forgotten:
                    return

        def write() -> None:
            stage.talk(at=SILENT_FOR_LONG)

        at_once([write, erase, erase, write])
        assert person_id not in stage.all_of(Person.id)
        (left,) = stage.all_of(Person.id)
        with stage.database.write() as session:
            erasing.forget_person(session, stage.vault, left, NOW, uuid.uuid4)
    assert stage.counts() == (0, 0, 0, 0)


def test_whoever_writes_while_the_door_is_being_shut_opens_it(postgresql_stage: Stage) -> None:
    """A sender hears that they block us and writes it down; their message waits for that, and opens the door again."""
    stage = postgresql_stage
    conversation_id = stage.talk()
    with stage.database.write() as session:
        contact = people.contact_of(session, conversation_id)
        people.hold(session, contact.person_id)
        writing = threading.Thread(target=stage.hear)
        writing.start()
        time.sleep(0.5)  # by now it has read the contact and waits for the person
        people.block(session, conversation_id, NOW)
    writing.join(10)
    with stage.database.read() as session:
        assert session.get_one(Conversation, conversation_id).blocked_at is None
