"""Erasing: asked for, said farewell to, gone; and either whole or gone, whenever the power fails."""

import uuid
from uuid import UUID

import pytest
from sqlalchemy import select, update

from storage import audit, erasing, errands, outbox, people
from storage.erasing import FAREWELL_SECONDS
from storage.errands import Due
from storage.models import Base, DoNotWrite, InboxMessage, OutboxMessage, Person, PersonKey
from storage.outbox import Reply
from storage.vault import Forgotten, Vault, WrongMasterKey
from tests.storage.crash import forget, run_killed
from tests.storage.stage import DAY, MASTER, NEXT_MASTER, NOW, NUMBER, OTHER_SMS, SECOND, SMS, Stage

OUTLIVES = {"seen", "errand", "do_not_write", "system_key", "audit_line", "mark", "carrier", "channel_secret"}


def _forget(stage: Stage, person_id: UUID) -> None:
    with stage.database.write() as session:
        erasing.forget_person(session, stage.vault, person_id, NOW, uuid.uuid4)


def _to_forget(stage: Stage, seconds: int = 1) -> list[UUID]:
    with stage.database.read() as session:
        return erasing.to_forget(session, NOW + seconds * SECOND)


def _errands(stage: Stage) -> list[Due]:
    with stage.database.read() as session:
        return errands.due(session, stage.vault, [SMS.name, OTHER_SMS.name], NOW)


def _ask(stage: Stage, conversation_id: UUID) -> UUID:
    """A turn that erases: everything is answered, what is due is cancelled, and one farewell is queued."""
    with stage.database.write() as session:
        session.execute(update(InboxMessage).values(answered_in=1))
        erasing.begin(session, stage.person_of(conversation_id), NOW)
    (farewell,) = stage.say(conversation_id, Reply("tạm biệt", kind="farewell"))
    return farewell


def test_who_asks_is_forgotten_when_the_farewell_is_settled(stage: Stage) -> None:
    """What was still due is taken back; the farewell leaves first, however it ends."""
    conversation_id = stage.talk()
    (due,) = stage.say(conversation_id, "câu hỏi")
    farewell = _ask(stage, conversation_id)
    assert stage.outbox_row(due).status == "cancelled"
    for status in outbox.UNSETTLED:
        stage.put(farewell, status=status)
        assert _to_forget(stage) == []
    for status in ("sent", "refused", "unsure"):
        stage.put(farewell, status=status)
        assert _to_forget(stage) == [stage.person_of(conversation_id)]


def test_the_farewell_has_forty_five_seconds(stage: Stage) -> None:
    """Then the key goes whether the farewell was sent or not: the promise is a minute."""
    conversation_id = stage.talk()
    _ask(stage, conversation_id)
    assert FAREWELL_SECONDS < 60
    assert _to_forget(stage, FAREWELL_SECONDS - 1) == []
    assert _to_forget(stage, FAREWELL_SECONDS) == [stage.person_of(conversation_id)]


def test_an_unanswered_message_keeps_nobody_here(stage: Stage) -> None:
    """What was written after asking is somebody new's: it is carried over, and delays no erasure."""
    conversation_id = stage.talk()
    stage.put(_ask(stage, conversation_id), status="sent")
    stage.hear("còn nữa")
    assert _to_forget(stage) == [stage.person_of(conversation_id)]


def test_only_the_silent_are_forgotten_for_their_silence(stage: Stage) -> None:
    """Who writes between the look and the erasing is here again, and stays."""
    conversation_id = stage.talk()
    person_id = stage.person_of(conversation_id)
    later = NOW + people.RECYCLED_AFTER
    with stage.database.write() as session:
        session.execute(update(InboxMessage).values(accepted_at=later - SECOND))
    with stage.database.write() as session:
        erasing.forget_if_silent(session, stage.vault, person_id, later, uuid.uuid4)
    assert stage.counts() == (1, 1, 1, 1)
    with stage.database.write() as session:
        erasing.forget_if_silent(session, stage.vault, person_id, later + people.RECYCLED_AFTER, uuid.uuid4)
    assert stage.counts() == (0, 0, 0, 0)
    with stage.database.write() as session, pytest.raises(people.Gone):
        erasing.forget_if_silent(session, stage.vault, person_id, later + people.RECYCLED_AFTER, uuid.uuid4)


@pytest.mark.parametrize("harm", ["another master key", "damaged", "gone"])
def test_who_has_a_key_that_cannot_be_opened_can_be_forgotten(stage: Stage, harm: str) -> None:
    """Somebody's right to be erased does not hang on our keys: only the errands are missing."""
    person_id = stage.person_of(stage.talk())
    with stage.database.write() as session:
        if harm == "gone":
            stage.vault.forget(session, person_id)
        elif harm == "damaged":
            session.execute(update(PersonKey).values(wrapped=b"damaged"))
        else:
            session.execute(update(PersonKey).values(master="00000000"))
    _forget(stage, person_id)
    assert stage.counts() == (0, 0, 0, 0)
    assert stage.count(PersonKey) == 0
    assert _errands(stage) == []


def test_only_those_who_asked_are_forgotten(stage: Stage) -> None:
    """Everybody else keeps their key, however silent their outbox."""
    stage.talk()
    assert _to_forget(stage, 10_000) == []


def test_the_silent_are_forgotten_after_thirty_days(stage: Stage) -> None:
    """By their last message on any channel, not by the first."""
    active, silent = stage.talk(NUMBER), stage.talk("+84907654321")
    person_id = stage.person_of(silent)
    stage.hear(at=NOW + DAY, facts=OTHER_SMS)
    with stage.database.read() as session:
        assert erasing.past_keeping(session, NOW + people.RECYCLED_AFTER - SECOND) == []
        assert erasing.past_keeping(session, NOW + people.RECYCLED_AFTER) == [person_id]
        both = erasing.past_keeping(session, NOW + people.RECYCLED_AFTER + DAY)
        assert set(both) == {person_id, stage.person_of(active)}


def test_nothing_of_the_person_is_left_in_any_table(stage: Stage) -> None:
    """Every row of every table is looked at; what may outlive a person holds none of their ids."""
    keeper = stage.person_of(stage.talk("+84907654321"))
    conversation_id = stage.talk()
    person_id = stage.person_of(conversation_id)
    stage.hear(facts=OTHER_SMS)
    with stage.database.write() as session:
        contact = people.contact_of(session, conversation_id)
        people.stop_writing(session, contact.kind, contact.address_hash)
        gone = {str(person_id), str(contact.id), str(conversation_id), people.alias_for(person_id)}
    gone |= {str(row_id) for row_id in stage.say(conversation_id, "một", "hai")}
    with stage.database.read() as session:
        mine = select(InboxMessage.id).where(InboxMessage.person_id == person_id)
        gone |= {str(row_id) for row_id in session.scalars(mine)}
    _forget(stage, person_id)

    with stage.database.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = session.execute(select(table)).all()
            values = {str(value) for row in rows for value in row}
            assert not values & gone, table.name
            belongs = {row.person_id for row in rows if "person_id" in table.columns}
            assert belongs <= {keeper}, table.name
            if not rows:
                assert table.name in OUTLIVES | {"outbox"}
    assert stage.count(DoNotWrite) == 1


def test_forgetting_twice_says_so(stage: Stage) -> None:
    """Two erasers may find the same person."""
    person_id = stage.person_of(stage.talk())
    _forget(stage, person_id)
    with pytest.raises(Forgotten):
        _forget(stage, person_id)


def test_carriers_are_asked_to_delete_the_copies_they_keep(stage: Stage) -> None:
    """One errand for each message in and out on a channel that keeps copies; none for one that does not."""
    conversation_id = stage.talk()
    stage.hear(provider_id="SM in")
    stage.hear(provider_id="no copies here", facts=OTHER_SMS)
    row_id, _never_sent = stage.say(conversation_id, "một", "hai")
    with stage.database.write() as session:
        outbox.note_provider_id(session, stage.vault, SMS.name, row_id, "SM out")
    _forget(stage, stage.person_of(conversation_id))
    due = _errands(stage)
    assert {(errand.channel, errand.action) for errand in due} == {(SMS.name, "delete")}
    assert {"SM in", "SM out"} < {errand.provider_id for errand in due}
    assert len(due) == 3


def test_what_cannot_be_read_can_still_be_forgotten(stage: Stage) -> None:
    """One damaged row must not keep a person here: the rest of the copies are still asked for."""
    conversation_id = stage.talk()
    stage.hear(provider_id="SM whole")
    with stage.database.write() as session:
        broken = session.scalars(select(InboxMessage).limit(1)).one()
        broken.copy_id_sealed = b"damaged"
    _forget(stage, stage.person_of(conversation_id))
    assert len(_errands(stage)) == 1
    assert stage.count(Person) == 0


def test_an_erasure_killed_at_any_moment_is_whole_or_gone_and_ends_the_next_time(stage: Stage) -> None:
    """A process is killed after each statement of an erasure in turn, until one comes to its end."""
    conversation_id = stage.talk()
    person_id = stage.person_of(conversation_id)
    (row_id,) = stage.say(conversation_id, "một")
    with stage.database.write() as session:
        outbox.note_provider_id(session, stage.vault, SMS.name, row_id, "SM out")
    kills = 0
    while not run_killed(forget, stage.url, person_id, NOW, statements=kills + 1):
        kills += 1
        left = (*stage.counts(), stage.count(OutboxMessage), stage.count(PersonKey))
        if left == (1, 1, 1, 1, 1, 1):
            with stage.database.read() as session:
                assert people.address_of(session, stage.vault, people.contact_of(session, conversation_id).id) == NUMBER
            assert _errands(stage) == []
        else:
            assert left == (0, 0, 0, 0, 0, 0)
            break
    assert kills >= 10
    assert (*stage.counts(), stage.count(OutboxMessage), stage.count(PersonKey)) == (0, 0, 0, 0, 0, 0)
    assert len(_errands(stage)) == 2


def test_leftovers_of_a_key_are_useless_after_the_next_change_of_the_master_key(stage: Stage) -> None:
    """PostgreSQL keeps deleted rows for a while: whoever digs them out needs a master key that no longer exists."""
    person_id = stage.person_of(stage.talk())
    with stage.database.read() as session:
        key = session.get_one(PersonKey, person_id)
        lingering = PersonKey(person_id=person_id, master=key.master, wrapped=key.wrapped)
    _forget(stage, person_id)
    after = Vault((NEXT_MASTER, MASTER))
    after.rewrap(stage.database)
    with stage.database.write() as session:
        session.add(Person(id=person_id, alias="Tre 1000", since=NOW.date()))
        session.flush()
        session.add(lingering)
    with stage.database.read() as session, pytest.raises(WrongMasterKey):
        Vault((NEXT_MASTER,)).person_key(session, person_id)


def test_the_record_of_who_did_what_survives(stage: Stage) -> None:
    """It holds opaque ids only, and its chain still holds."""
    person_id = stage.person_of(stage.talk())
    with stage.database.write() as session:
        audit.write(session, uuid.uuid4(), "command line", "erase", str(person_id), NOW)
        audit.chain(session, stage.vault.system("audit"))
    _forget(stage, person_id)
    with stage.database.read() as session:
        found = audit.verify(session, stage.vault.system("audit"))
    assert found == audit.Verified(chained=1, unchained=0, broken_at=None)
