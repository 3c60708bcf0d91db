"""One thing that cannot be done does not stop the others."""

import uuid

from sqlalchemy import select, update

from storage import errands, people
from storage.models import Errand, OutboxMessage, Person
from tests.road.stage import MINUTE, Stage

FIRST, SECOND = "+84900000011", "+84900000012"


def person_of(stage: Stage, address: str) -> people.Contact:
    """The contact with this address."""
    with stage.books.database.read() as session:
        contact = people.find_contact(session, stage.books.vault, "tel", address)
        assert contact is not None
        return contact


def spoil(stage: Stage, address: str) -> None:
    """Something overwrote what is sealed for one person: nothing of it can be opened."""
    mine = OutboxMessage.person_id == person_of(stage, address).person_id
    with stage.books.database.write() as session:
        session.execute(
            update(OutboxMessage).where(mine).values(provider_id_sealed=bytes(60), content_sealed=bytes(60))
        )


def test_a_person_whose_rows_cannot_be_opened_is_erased_like_the_others(stage: Stage) -> None:
    """Erasing needs to read only which copies the carrier keeps, and goes on without."""
    stage.open()
    for address in (FIRST, SECOND):
        stage.hear("twilio", "xin chao", address)
    stage.work()
    spoil(stage, FIRST)
    with stage.books.database.write() as session:
        session.execute(update(Person).values(erase_by=stage.now() - MINUTE))
    stage.jobs.erase_due()
    with stage.books.database.read() as session:
        assert list(session.scalars(select(Person.id))) == []


def test_one_message_that_cannot_be_settled_does_not_hold_up_the_others(stage: Stage) -> None:
    """Both carriers' answers were lost; one of the rows cannot even be opened."""
    carriers = stage.open()
    twilio = carriers.twilio
    twilio.fault("drop_receipts", times=2)
    twilio.fault("500_after_accepting", times=2)
    for address in (FIRST, SECOND):
        stage.hear("twilio", "xin chao", address)
    stage.work()
    spoil(stage, FIRST)
    carriers.settle(0.5)  # long enough for Twilio to have sent both
    stage.jobs.settle_abandoned()
    assert [told.status for told in stage.books.talk("twilio", SECOND).told] == ["sent"]


def test_one_errand_that_a_carrier_refuses_does_not_hold_up_the_others(stage: Stage) -> None:
    """Twilio may refuse to delete a message, such as one still on its way; the other record is deleted meanwhile."""
    twilio = stage.open().twilio
    sids = [twilio.text(address, "xin chao") for address in (FIRST, SECOND)]
    twilio.fault("blocked", moment="delete")
    with stage.books.database.write() as session:
        for sid in sids:
            errands.add(session, stage.books.vault, "twilio", "delete", sid, stage.now(), uuid.uuid4)
    stage.jobs.run_errands()
    assert len(twilio.messages) == 1
    stage.now.ahead += MINUTE
    stage.jobs.run_errands()
    assert (len(twilio.messages), stage.books.count(Errand)) == (0, 0)
