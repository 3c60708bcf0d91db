"""The schema's history: from nothing to what the models say, with data, and with two programs at once."""

import uuid
from collections.abc import Iterator
from functools import partial

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from storage import errands, inbox, migrations, outbox, people
from storage.database import Database
from storage.models import (
    AuditLine,
    Base,
    Contact,
    Conversation,
    DoNotWrite,
    Errand,
    InboxMessage,
    Mark,
    OutboxMessage,
    Person,
    PersonKey,
)
from storage.receipts import Noted, Receipt, record_receipt
from storage.safe import Safe
from tests.storage import first_revision
from tests.storage.first_revision import CHANNEL, DUE, SENT
from tests.storage.stage import NOW, NUMBER, Stage, at_once


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    """A database without a single table."""
    database = Database(database_url)
    yield database
    database.close()


def test_the_newest_revision_is_what_the_models_say(empty: Database) -> None:
    """Tables, columns, keys and indices: a model changed without a revision is found here."""
    assert not migrations.is_current(empty)
    migrations.upgrade(empty)
    assert migrations.is_current(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_again_changes_nothing(empty: Database) -> None:
    """It may run at every start."""
    migrations.upgrade(empty)
    migrations.upgrade(empty)
    assert migrations.is_current(empty)


def test_programs_that_upgrade_at_once_upgrade_once(empty: Database, database_url: str) -> None:
    """Two servers started together: one runs the revisions, the other waits and finds them run."""
    databases = [Database(database_url) for _ in range(4)]
    at_once([partial(migrations.upgrade, database) for database in databases])
    assert migrations.is_current(empty)
    for database in databases:
        database.close()


def test_an_upgrade_that_fails_leaves_nothing_behind(empty: Database) -> None:
    """Half a revision must not stand: the next try begins where this one began."""
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE outbox (in_the_way INTEGER)")
    with pytest.raises(Exception, match="outbox"):
        migrations.upgrade(empty)
    assert inspect(empty.engine).get_table_names() == ["outbox"]
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE outbox")
    migrations.upgrade(empty)
    assert migrations.is_current(empty)


@pytest.fixture
def upgraded(empty: Database, database_url: str) -> Iterator[Stage]:
    """A database that revision 0001 made, with a conversation of that time in it, brought to the newest revision."""
    migrations.upgrade(empty, "0001")
    first_revision.fill(empty)
    migrations.upgrade(empty)
    assert migrations.is_current(empty)
    stage = Stage.open(database_url)
    yield stage
    stage.database.close()


def test_what_revision_0001_held_is_there_after_an_upgrade(upgraded: Stage) -> None:
    """Every row, readable with the same master key, and what is new in its place."""
    tables = (Person, PersonKey, Contact, Conversation, DoNotWrite, Errand, Mark, AuditLine)
    assert [upgraded.count(table) for table in tables] == [1] * len(tables)
    with upgraded.database.read() as session:
        key = upgraded.vault.person_key(session, first_revision.PERSON)
        unanswered = inbox.unanswered(session, key, first_revision.CONVERSATION)
        told = [outbox.text_of(key, session.get_one(OutboxMessage, row)) for row in (SENT, DUE)]
        asked = errands.known_provider_ids(session, upgraded.vault, CHANNEL)
        assert people.address_of(session, upgraded.vault, first_revision.CONTACT) == NUMBER
        talk = session.get_one(Conversation, first_revision.CONVERSATION)
        assert (talk.human_until, talk.blocked_at) == (None, NOW), "who shut the door is still not written to"
    assert [message.text for message in unanswered] == ["mất căn cước"]
    assert told == ["Chào bạn.", "1 = giấy tờ"]
    assert asked == {first_revision.SID}
    assert [(upgraded.outbox_row(row).parts, upgraded.outbox_row(row).parts_delivered) for row in (SENT, DUE)] == [
        (None, 0)
    ] * 2


def test_what_was_written_before_revision_0003_is_for_those_on_duty(empty: Database, database_url: str) -> None:
    """Nobody had been asked about the service; and what is marked from now on is for the lead."""
    migrations.upgrade(empty, "0001")
    first_revision.fill(empty)
    migrations.upgrade(empty, "0002")
    assert "for_lead" not in {column["name"] for column in inspect(empty.engine).get_columns("inbox")}
    migrations.upgrade(empty)
    stage = Stage.open(database_url)
    assert stage.all_of(InboxMessage.for_lead) == [False, False]
    with stage.database.write() as session:
        inbox.keep_for_lead(session, [first_revision.ANSWERED])
        read = inbox.read_for_lead(session, stage.vault, "lead", None, NOW, uuid.uuid4)
    assert [one.text for one in read] == ["xin chào"]
    stage.database.close()


def test_a_conversation_of_revision_0001_goes_on_after_an_upgrade(upgraded: Stage) -> None:
    """The same person is found again, what was seen stays seen, what was due leaves, and a late receipt counts."""
    assert upgraded.hear(provider_id=first_revision.SID) is None
    assert upgraded.hear("còn đó không?") == first_revision.CONVERSATION
    claimed = upgraded.must_claim(first_revision.CONVERSATION)
    assert (claimed.id, claimed.text) == (DUE, "1 = giấy tờ")
    with upgraded.database.write() as session:
        receipt = Receipt("delivered", provider_id=first_revision.SENT_SID)
        assert record_receipt(session, upgraded.vault, CHANNEL, receipt, NOW) is Noted.KNOWN
    assert upgraded.outbox_row(SENT).delivery == "delivered"
    safe = Safe(upgraded.database, upgraded.vault, CHANNEL, uuid.uuid4)
    safe.begin({"token": "new"})
    found = safe.read(NOW)
    assert found is not None
    assert found.content == {"token": "new"}
