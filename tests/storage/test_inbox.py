"""What came in: in which order turns read it, and which conversations wait for one."""

import uuid
from uuid import UUID

from sqlalchemy import update

from storage import inbox, people
from storage.inbox import InboxMessage, Message
from tests.storage.stage import NOW, OTHER_SMS, SECOND, SMS, Stage


def _unanswered(stage: Stage, conversation_id: UUID) -> list[Message]:
    with stage.database.read() as session:
        key = stage.vault.person_key(session, stage.person_of(conversation_id))
        return inbox.unanswered(session, key, conversation_id)


def test_messages_are_read_in_the_order_of_acceptance(stage: Stage) -> None:
    """Where a carrier has no sequence of its own."""
    conversation_id = stage.talk()
    for number in (3, 1, 2):
        stage.hear(str(number), at=NOW + number * SECOND)
    assert [message.text for message in _unanswered(stage, conversation_id)] == ["xin chào", "1", "2", "3"]


def test_messages_are_read_in_the_carriers_own_order(stage: Stage) -> None:
    """A carrier's sequence knows better than our clock, which sees them as the network brings them."""
    conversation_id = stage.talk()
    for seconds, order in enumerate((12, 10, 11)):
        stage.hear(str(order), at=NOW + seconds * SECOND, order=order)
    assert [message.text for message in _unanswered(stage, conversation_id)] == ["xin chào", "10", "11", "12"]


def test_a_turn_reads_at_most_fifty_messages_and_the_next_turn_the_rest(stage: Stage) -> None:
    """A flood cannot make one turn endless, and nothing of it is lost."""
    conversation_id = stage.talk()
    for number in range(inbox.MESSAGES_PER_TURN):
        stage.hear(str(number), at=NOW + SECOND)
    first = _unanswered(stage, conversation_id)
    assert len(first) == inbox.MESSAGES_PER_TURN
    with stage.database.write() as session:
        inbox.mark_answered(session, [message.id for message in first], 1)
    assert len(_unanswered(stage, conversation_id)) == 1


def test_an_answered_message_is_not_read_again(stage: Stage) -> None:
    """Only those named are answered; one that came meanwhile still waits."""
    conversation_id = stage.talk()
    read = _unanswered(stage, conversation_id)
    stage.hear("còn nữa", at=NOW + SECOND)
    with stage.database.write() as session:
        inbox.mark_answered(session, [message.id for message in read], 1)
    assert [message.text for message in _unanswered(stage, conversation_id)] == ["còn nữa"]


def test_conversations_wait_with_the_oldest_first(stage: Stage) -> None:
    """By their oldest unanswered message, and only if that was accepted before the moment in question."""
    late, early, answered = (stage.talk(f"+8490000000{n}", NOW + n * SECOND) for n in (3, 1, 2))
    with stage.database.write() as session:
        key = stage.vault.person_key(session, stage.person_of(answered))
        done = [message.id for message in inbox.unanswered(session, key, answered)]
        inbox.mark_answered(session, done, 1)
        assert inbox.waiting_conversations(session, NOW + 3 * SECOND, NOW, 10) == [early, late]
        assert inbox.waiting_conversations(session, NOW + 2 * SECOND, NOW, 10) == [early]
        assert inbox.waiting_conversations(session, NOW + 3 * SECOND, NOW, 1) == [early]


def test_a_conversation_that_failed_is_left_alone_longer_each_time(stage: Stage) -> None:
    """2 s, 4 s, 8 s and so on up to 5 minutes, so that one that always fails does not stop the others."""
    conversation_id, pauses = stage.talk(), []
    for _ in range(12):
        with stage.database.write() as session:
            people.note_failure(session, conversation_id, NOW)
        with stage.database.read() as session:
            look_after = session.get_one(people.Conversation, conversation_id).look_after
            assert look_after is not None
            assert inbox.waiting_conversations(session, NOW, look_after - SECOND, 10) == []
            assert inbox.waiting_conversations(session, NOW, look_after, 10) == [conversation_id]
        pauses.append((look_after - NOW).total_seconds())
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]


def test_the_hash_of_a_message_is_remembered_once(stage: Stage) -> None:
    """Whoever asks second hears that it is known."""
    with stage.database.write() as session:
        assert inbox.note_seen(session, stage.vault, SMS.name, "SM1", NOW)
        assert not inbox.note_seen(session, stage.vault, SMS.name, "SM1", NOW)


def test_a_damaged_message_is_read_as_something_that_cannot_be_opened(stage: Stage) -> None:
    """It is answered like a picture: one damaged row silences nobody, and hides nothing written with it."""
    conversation_id = stage.talk()
    with stage.database.write() as session:
        session.execute(update(InboxMessage).values(content_sealed=b"damaged"))
    stage.hear("cứu tôi với", at=NOW + SECOND)
    read = _unanswered(stage, conversation_id)
    assert [(message.kind, message.text) for message in read] == [("media", ""), ("text", "cứu tôi với")]
    assert (read[0].about, read[0].written_at, read[0].copy_id) == (None, NOW, None)


def test_when_a_person_was_last_heard_counts_every_channel(stage: Stage) -> None:
    """By when we accepted it; None when nobody ever wrote."""
    person_id = stage.person_of(stage.talk())
    stage.hear(at=NOW + SECOND, facts=OTHER_SMS)
    stage.talk("+84907654321", at=NOW + 9 * SECOND)
    with stage.database.read() as session:
        assert inbox.last_heard(session, person_id) == NOW + SECOND
        assert inbox.last_heard(session, uuid.uuid4()) is None


def test_everything_unanswered_of_a_person_is_found_on_every_channel(stage: Stage) -> None:
    """However much it is, in order of acceptance, and nobody else's."""
    person_id = stage.person_of(stage.talk())
    for number in range(inbox.MESSAGES_PER_TURN):
        stage.hear(at=NOW + (number + 1) * SECOND, facts=OTHER_SMS if number % 2 else SMS)
    stage.talk("+84907654321")
    with stage.database.write() as session:
        rows = inbox.rows_unanswered(session, person_id)
        assert [row.accepted_at for row in rows] == [NOW + n * SECOND for n in range(inbox.MESSAGES_PER_TURN + 1)]
        inbox.mark_answered(session, [row.id for row in rows[1:]], 1)
        assert [row.id for row in inbox.rows_unanswered(session, person_id)] == [rows[0].id]
