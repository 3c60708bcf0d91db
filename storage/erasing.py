"""Erasing a person: asked for in a turn, finished here, in one transaction that either happened or did not.

What outlives it: the hashes of message ids (90 days), the do-not-write hash if they said stop, and errands to carriers
(14 days). None of them points at anybody.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import Session

from storage import errands, inbox, outbox, people
from storage.channels import facts_of
from storage.ids import NewId
from storage.vault import Forgotten, Key, Tampered, Vault, WrongMasterKey

FAREWELL_SECONDS = 45
"""How long the farewell may take. After that the key goes whether it was sent or not: the promise is 60 s."""


def begin(session: Session, person_id: UUID, now: datetime) -> None:
    """The person asked to be erased: what is due is taken back; the farewell has 45 s to leave."""
    erase_by = now + timedelta(seconds=FAREWELL_SECONDS)
    session.execute(update(people.Person).where(people.Person.id == person_id).values(erase_by=erase_by))
    outbox.take_back(session, outbox.OutboxMessage.person_id == person_id, now, keep=())


def to_forget(session: Session, now: datetime, limit: int = 100) -> list[UUID]:
    """People whose farewell is settled or overdue."""
    message = outbox.OutboxMessage
    pending = exists().where(message.person_id == people.Person.id, message.status.in_(outbox.UNSETTLED))
    ready = (people.Person.erase_by <= now) | ~pending
    asked = people.Person.erase_by.is_not(None)
    return list(session.scalars(select(people.Person.id).where(asked, ready).limit(limit)))


def past_keeping(session: Session, now: datetime, limit: int = 100) -> list[UUID]:
    """People whose every conversation has been silent for 30 days."""
    recent: ColumnElement[bool] = exists().where(
        inbox.InboxMessage.person_id == people.Person.id,
        inbox.InboxMessage.accepted_at > now - people.RECYCLED_AFTER,
    )
    old = people.Person.since <= (now - people.RECYCLED_AFTER).date()
    return list(session.scalars(select(people.Person.id).where(old, ~recent).limit(limit)))


def forget_if_silent(session: Session, vault: Vault, person_id: UUID, now: datetime, new_id: NewId) -> None:
    """Forget somebody found by `past_keeping`, unless they wrote meanwhile. Raises Forgotten, people.Gone."""
    people.hold(session, person_id)
    heard = inbox.last_heard(session, person_id)
    if heard is None or now - heard >= people.RECYCLED_AFTER:
        forget_person(session, vault, person_id, now, new_id)


def forget_person(session: Session, vault: Vault, person_id: UUID, now: datetime, new_id: NewId) -> None:
    """Destroy the key, delete every row, and leave errands for the copies that carriers keep. Raises Forgotten.

    A key that cannot be opened keeps nobody here: then only the errands are missing.
    """
    if session.get(people.Person, person_id, with_for_update=True) is None:  # no message is kept for them from here on
        raise Forgotten
    talk = people.Conversation
    # conversations before their messages, as turns do: the other order could end in a deadlock
    held = session.scalars(select(talk).where(talk.person_id == person_id).with_for_update()).all()
    channels = {conversation.id: conversation.channel for conversation in held}
    with suppress(WrongMasterKey, Tampered, Forgotten):
        for conversation_id, provider_id in _carrier_copies(session, vault.person_key(session, person_id), person_id):
            channel = channels[conversation_id]
            if facts_of(channel).keeps_copies:
                errands.add(session, vault, channel, "delete", provider_id, now, new_id)
    vault.forget(session, person_id)
    for table in (inbox.InboxMessage, outbox.OutboxMessage, people.Conversation, people.Contact):
        session.execute(delete(table).where(table.person_id == person_id))
    session.execute(delete(people.Person).where(people.Person.id == person_id))


def _carrier_copies(session: Session, key: Key, person_id: UUID) -> Iterator[tuple[UUID, str]]:
    """The carrier's id of each message in and out, with its conversation; a damaged one keeps nobody here."""
    received, sent = inbox.InboxMessage, outbox.OutboxMessage
    came_in = select(received.conversation_id, received.id, received.copy_id_sealed)
    went_out = select(sent.conversation_id, sent.id, sent.provider_id_sealed)
    rows = [("inbox.copy_id", *row) for row in session.execute(came_in.where(received.person_id == person_id))]
    rows += [("outbox.provider_id", *row) for row in session.execute(went_out.where(sent.person_id == person_id))]
    for place, conversation_id, row_id, sealed in rows:
        if sealed is not None:
            with suppress(Tampered):
                yield conversation_id, key.unseal(place, row_id, sealed)
