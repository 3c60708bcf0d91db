"""People, and marks on the database itself."""

import uuid
from collections import Counter
from uuid import UUID

from storage import marks, people
from tests.storage.stage import NOW, NUMBER, SECOND, Stage


def test_an_alias_tells_nothing_but_the_id() -> None:
    """It is made from the random id alone, so it cannot hold a number, a language or a day."""
    ids = [uuid.uuid4() for _ in range(3_000)]
    aliases = [people.alias_for(person_id) for person_id in ids]
    assert aliases == [people.alias_for(UUID(str(person_id))) for person_id in ids]
    words = Counter(alias.split()[0] for alias in aliases)
    assert set(words) == set(people.ALIASES)
    assert max(words.values()) < 2 * 3_000 / len(people.ALIASES)
    assert all(alias.split()[1].isdecimal() and len(alias.split()[1]) == 4 for alias in aliases)


def test_the_address_is_found_and_read_but_not_stored_in_clear(stage: Stage) -> None:
    """A number is found by its hash, and unsealed only to send to it."""
    conversation_id = stage.talk()
    with stage.database.read() as session:
        contact = people.find_contact(session, stage.vault, "tel", NUMBER)
        assert contact is not None
        assert people.contact_of(session, conversation_id).id == contact.id
        assert people.address_of(session, stage.vault, contact.id) == NUMBER
        assert NUMBER.encode() not in contact.address_sealed
        assert people.find_contact(session, stage.vault, "telegram", NUMBER) is None


def test_a_conversation_moves_on_once_from_each_version(stage: Stage) -> None:
    """Of two turns that read the same version one commits."""
    conversation_id = stage.talk()
    with stage.database.write() as session:
        assert people.move_on(session, conversation_id, 0, heard_at=NOW)
        assert not people.move_on(session, conversation_id, 0, heard_at=NOW + SECOND)
        assert people.move_on(session, conversation_id, 1)
    with stage.database.read() as session:
        assert session.get_one(people.Conversation, conversation_id).heard_at == NOW


def test_the_state_of_a_dialogue_is_sealed_and_read_again(stage: Stage) -> None:
    """Empty before the first turn."""
    conversation_id = stage.talk()
    with stage.database.write() as session:
        conversation = session.get_one(people.Conversation, conversation_id)
        key = stage.vault.person_key(session, conversation.person_id)
        assert people.state_of(key, conversation) == {}
        state = {"at": ["papers", "first"], "language": "vi"}
        conversation.state_sealed = people.seal_state(key, conversation_id, state)
        session.flush()
        assert people.state_of(key, conversation) == state
        assert b"papers" not in conversation.state_sealed


def test_who_waits_for_a_person_keeps_the_first_moment_and_the_most_urgent_band(stage: Stage) -> None:
    """Asking again never sends anybody back in the queue."""
    conversation_id = stage.talk()
    with stage.database.write() as session:
        for seconds, band in enumerate(("P2", "P0", "P3")):
            people.wait_for_person(session, conversation_id, band, NOW + seconds * SECOND)
    with stage.database.read() as session:
        conversation = session.get_one(people.Conversation, conversation_id)
        assert (conversation.waiting_since, conversation.band) == (NOW, "P0")


def test_stop_is_remembered_once(stage: Stage) -> None:
    """The second stop is not news."""
    conversation_id = stage.talk()
    with stage.database.write() as session:
        contact = people.contact_of(session, conversation_id)
        assert people.stop_writing(session, contact.kind, contact.address_hash)
        assert not people.stop_writing(session, contact.kind, contact.address_hash)


def test_stop_needs_nobody_to_be_here(stage: Stage) -> None:
    """A carrier may report it of an address that never wrote, or was erased: it is remembered all the same."""
    address_hash = people.hash_address(stage.vault, "tel", NUMBER)
    with stage.database.write() as session:
        assert not people.is_anybody_here(session)
        assert people.stop_writing(session, "tel", address_hash)
        assert people.stop_writing(session, "telegram", address_hash)
        assert not people.is_anybody_here(session)
    assert stage.count(people.DoNotWrite) == 2


def test_whether_anybody_is_here_is_told(stage: Stage) -> None:
    """From the first message on."""
    stage.talk()
    with stage.database.read() as session:
        assert people.is_anybody_here(session)


def test_failed_turns_are_counted_until_one_succeeds(stage: Stage) -> None:
    """The count decides when a human is asked; of a conversation that was erased meanwhile there is none."""
    conversation_id = stage.talk()
    with stage.database.write() as session:
        assert [people.note_failure(session, conversation_id, NOW) for _ in range(3)] == [1, 2, 3]
        assert people.note_failure(session, uuid.uuid4(), NOW) == 0


def test_a_turn_that_has_failed_for_weeks_is_still_paused_for_five_minutes(stage: Stage) -> None:
    """The pause doubles, and no number of failures makes it overflow."""
    conversation_id = stage.talk()
    with stage.database.write() as session:
        session.get_one(people.Conversation, conversation_id).failures = 10_000
        people.note_failure(session, conversation_id, NOW)
    assert stage.all_of(people.Conversation.look_after) == [NOW + people.LONGEST_PAUSE]


def test_a_mark_is_put_and_moved(stage: Stage) -> None:
    """A database bears a mark once, with its newest moment."""
    with stage.database.write() as session:
        assert marks.read(session, marks.DEMO) is None
    for moment in (NOW, NOW + SECOND):
        with stage.database.write() as session:
            marks.put(session, marks.DEMO, moment)
        with stage.database.read() as session:
            assert marks.read(session, marks.DEMO) == moment
    assert stage.count(marks.Mark) == 1
