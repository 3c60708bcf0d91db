"""Words about the service: read by the safeguarding lead, each reading recorded, and gone with whoever wrote them."""

import uuid
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from storage import erasing, inbox
from storage.audit import AuditLine
from storage.inbox import Feedback, InboxMessage
from storage.models import PersonKey
from storage.people import Person
from tests.storage.stage import NOW, SECOND, Stage

OTHER_NUMBER = "+84907654321"
READER = "the lead"


def _say_of_us(stage: Stage, text: str, at: datetime = NOW, address: str = "+84901234567") -> UUID:
    """Somebody's message is feedback; the message's id."""
    conversation_id = stage.hear(text, at=at, address=address)
    assert conversation_id is not None
    with stage.database.write() as session:
        mine = InboxMessage.conversation_id == conversation_id
        newest = select(InboxMessage.id).where(mine).order_by(InboxMessage.accepted_at.desc()).limit(1)
        message_id = session.scalars(newest).one()
        inbox.keep_for_lead(session, [message_id])
    return message_id


def _read(stage: Stage, since: datetime | None = None) -> list[Feedback]:
    with stage.database.write() as session:
        return inbox.read_for_lead(session, stage.vault, READER, since, NOW + SECOND, uuid.uuid4)


def _audited(stage: Stage) -> list[tuple[str, str, str]]:
    with stage.database.read() as session:
        lines = session.scalars(select(AuditLine).order_by(AuditLine.at))
        return [(line.actor, line.action, line.subject) for line in lines]


def test_the_lead_reads_what_was_written_about_the_service_and_nothing_else(stage: Stage) -> None:
    """The newest first, with the alias and the time; what is written for help stays with those who help."""
    stage.talk()
    _say_of_us(stage, "người trực nói nặng lời", NOW + SECOND)
    _say_of_us(stage, "trả lời sai", NOW + 2 * SECOND, OTHER_NUMBER)
    stage.hear("cứu em", NOW + 3 * SECOND)
    found = _read(stage)
    assert [(one.text, one.written_at) for one in found] == [
        ("trả lời sai", NOW + 2 * SECOND),
        ("người trực nói nặng lời", NOW + SECOND),
    ]
    assert len({one.alias for one in found} & set(stage.all_of(Person.alias))) == 2


def test_a_day_to_begin_with_leaves_out_what_is_older(stage: Stage) -> None:
    """And what is left out is not opened, so it has no line either."""
    _say_of_us(stage, "cũ", NOW)
    newer = _say_of_us(stage, "mới", NOW + SECOND)
    assert [one.text for one in _read(stage, NOW + SECOND)] == ["mới"]
    assert _audited(stage) == [(READER, "read feedback", str(newer))]


def test_each_reading_is_recorded_by_the_messages_id(stage: Stage) -> None:
    """Twice read is twice recorded, and the line says nothing of who wrote or what."""
    message_id = _say_of_us(stage, "chê")
    _read(stage)
    _read(stage)
    assert _audited(stage) == [(READER, "read feedback", str(message_id))] * 2


def test_one_message_that_cannot_be_opened_hides_no_other(stage: Stage) -> None:
    """Damaged, or under a key that another master key wrapped: it is listed, its text is not."""
    for number in range(3):
        _say_of_us(stage, f"tin {number}", NOW + number * SECOND, f"+8490000000{number}")
    with stage.database.write() as session:
        session.execute(update(InboxMessage).where(InboxMessage.accepted_at == NOW).values(content_sealed=b"damaged"))
        owner = select(InboxMessage.person_id).where(InboxMessage.accepted_at == NOW + SECOND).scalar_subquery()
        session.execute(update(PersonKey).where(PersonKey.person_id == owner).values(master="00000000"))
    assert [one.text for one in _read(stage)] == ["tin 2", None, None]


def test_whoever_asks_to_be_erased_is_read_no_more_and_then_gone(stage: Stage) -> None:
    """From the moment they ask; and the row goes with all the others."""
    conversation_id = stage.talk()
    _say_of_us(stage, "chê", NOW + SECOND)
    with stage.database.write() as session:
        erasing.begin(session, stage.person_of(conversation_id), NOW + SECOND)
    assert _read(stage) == []
    stage.erase(conversation_id)
    assert stage.counts() == (0, 0, 0, 0)
