"""A message arrives: it is kept before it is acknowledged, each of the carrier's messages once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import erasing, inbox, people
from storage.channels import Facts, facts_of
from storage.database import Database, Unavailable
from storage.ids import NewId
from storage.inbox import Inbound, InboxMessage
from storage.vault import Vault, VaultError

MEETINGS_TRIED = 3


def keep(database: Database, vault: Vault, facts: Facts, inbound: Inbound, now: datetime, new_id: NewId) -> UUID | None:
    """Commit a message; the conversation to look at, or None when this message was kept before.

    Raises Unavailable when nothing was committed.
    """
    for _ in range(MEETINGS_TRIED):
        try:
            with database.write() as session:
                return _keep(session, vault, facts, inbound, now, new_id)
        except (IntegrityError, people.Gone):
            continue  # the person was erased, or met, by somebody else between two of our statements
    raise Unavailable("the contact changed under each of our tries")


def begin_anew(session: Session, vault: Vault, person_id: UUID, now: datetime, new_id: NewId) -> list[UUID]:
    """Erase a person. What they wrote after asking for it arrives again, as from somebody new; where to look for that.

    So nothing written after the word is lost with what was written before it. Raises Forgotten, people.Gone.
    """
    people.hold(session, person_id)  # or a message kept between reading and erasing would be deleted unread
    left = [_written_after(session, vault, row) for row in inbox.rows_unanswered(session, person_id)]
    erasing.forget_person(session, vault, person_id, now, new_id)
    return [
        _store(session, vault, facts, inbound, accepted_at, now, new_id)
        for facts, inbound, accepted_at in filter(None, left)
    ]


def _keep(session: Session, vault: Vault, facts: Facts, inbound: Inbound, now: datetime, new_id: NewId) -> UUID | None:
    if not inbox.note_seen(session, vault, facts.name, inbound.provider_id, now):
        return None
    contact = people.find_contact(session, vault, facts.contact_kind, inbound.address)
    if contact is not None and _is_recycled(session, contact, now):
        erasing.forget_person(session, vault, contact.person_id, now, new_id)
    return _store(session, vault, facts, inbound, now, now, new_id)


def _store(
    session: Session, vault: Vault, facts: Facts, inbound: Inbound, accepted_at: datetime, now: datetime, new_id: NewId
) -> UUID:
    contact = people.find_contact(session, vault, facts.contact_kind, inbound.address)
    if contact is None:
        contact = people.meet(session, vault, facts.contact_kind, inbound.address, now, new_id)
    else:  # met by another request meanwhile, it may be: the person is held before the conversation, as by everybody
        people.hold(session, contact.person_id)
    conversation_id = people.conversation_on(session, contact, facts, new_id)
    people.block(session, conversation_id, None)  # whoever writes can be written to again
    key, message_id = vault.person_key(session, contact.person_id), new_id()
    copy_id = inbound.copy_id and key.seal("inbox.copy_id", message_id, inbound.copy_id)
    session.add(
        InboxMessage(
            id=message_id,
            person_id=contact.person_id,
            conversation_id=conversation_id,
            content_sealed=inbox.seal_content(key, message_id, inbound.text, inbound.kind, inbound.about),
            copy_id_sealed=copy_id or None,
            carrier_order=inbound.order,
            written_at=min(inbound.written_at or now, now),
            accepted_at=accepted_at,
            answered_in=None,
            for_lead=False,
        )
    )
    session.flush()
    return conversation_id


def _written_after(session: Session, vault: Vault, row: InboxMessage) -> tuple[Facts, Inbound, datetime] | None:
    """A message as it arrived once; None for one that can no longer be read."""
    conversation = session.get_one(people.Conversation, row.conversation_id)
    try:
        message = inbox.unseal(vault.person_key(session, row.person_id), row)
        address = people.address_of(session, vault, conversation.contact_id)
    except VaultError:
        return None
    inbound = Inbound(
        provider_id="",
        address=address,
        text=message.text,
        kind=message.kind,
        about=message.about,
        order=row.carrier_order,
        written_at=row.written_at,
        copy_id=message.copy_id,
    )
    return facts_of(conversation.channel), inbound, row.accepted_at


def _is_recycled(session: Session, contact: people.Contact, now: datetime) -> bool:
    """After so long a silence the number may be somebody else's. Raises Gone."""
    people.hold(session, contact.person_id)
    heard = inbox.last_heard(session, contact.person_id)
    return heard is not None and now - heard >= people.RECYCLED_AFTER
