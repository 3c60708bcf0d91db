"""Receipts: what carriers say later of the messages we gave them, of the whole or of one part after the other."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import inbox, people, sms
from storage.ids import NewId
from storage.outbox import OutboxMessage, note_provider_id, say_once_more, settle_as_sent, text_of
from storage.vault import Vault

DELIVERY_RANK = {"queued": 0, "sent": 1, "failed": 2, "delivered": 3, "read": 4}
"""Receipts arrive late, twice, and contradicting one another: the highest rank stays."""

FINAL = ("failed", "delivered", "read")


@dataclass(frozen=True)
class Part:
    """That a receipt speaks of one part of an SMS, and does not say of which.

    `id` is the receipt's own: one that comes again counts once. `of` is of how many parts the message is made, where
    the carrier tells; else they are counted in the text, without its marks when it left `plain`.
    """

    id: str
    of: int | None = None
    plain: bool = False


@dataclass(frozen=True)
class Receipt:
    """What a carrier says later of a message we sent: named by our own reference, or by the carrier's id."""

    delivery: str
    reference: UUID | None = None
    provider_id: str | None = None
    error: str | None = None
    part: Part | None = None


class Noted(IntEnum):
    """What a receipt was about: a message we do not have, one whose end we knew, or one that the receipt settled."""

    NOTHING = 0
    KNOWN = 1
    SETTLED = 2


def record_receipt(session: Session, vault: Vault, channel: str, receipt: Receipt, now: datetime) -> Noted:
    """Let a receipt raise a message's delivery, never lower it. One of parts is delivered when all of them are.

    A receipt also settles what was unsure, or was to be said again because the carrier did not know of it: it would not
    speak of a message that never reached it.
    """
    row = _find(session, vault, channel, receipt)
    if row is None:
        return Noted.NOTHING
    delivery = receipt.delivery
    if receipt.part is not None:
        delivery = _count_part(session, vault, channel, row, delivery, receipt.part, now)
    if row.delivery is None or DELIVERY_RANK[delivery] > DELIVERY_RANK[row.delivery]:
        row.delivery, row.delivery_error = delivery, receipt.error
    settles = settle_as_sent(row, now)
    if receipt.provider_id is not None and row.provider_hash is None:
        note_provider_id(session, vault, channel, row.id, receipt.provider_id)
    return Noted.SETTLED if settles else Noted.KNOWN


def say_again_if_urgent(
    session: Session, vault: Vault, channel: str, receipt: Receipt, now: datetime, new_id: NewId
) -> bool:
    """What is urgent and was taken but not delivered is said once more, as a message of its own; True when it is.

    Not a third time, and not when it would come too late: the person may have gone through a tunnel, or the telephone
    that sends for us may have been without a network.
    """
    row = _find(session, vault, channel, receipt)
    if row is None or row.kind != "urgent" or row.delivery != "failed" or row.parts_delivered:
        return False
    return say_once_more(session, vault.person_key(session, row.person_id), row, now, new_id)


def _find(session: Session, vault: Vault, channel: str, receipt: Receipt) -> OutboxMessage | None:
    if receipt.reference is not None:
        found = select(OutboxMessage).where(OutboxMessage.id == receipt.reference)
    else:
        provider_hash = vault.system("carrier").hash(channel, receipt.provider_id or "")
        found = select(OutboxMessage).where(OutboxMessage.provider_hash == provider_hash)
    row = session.scalars(found).first()
    if row is None:
        return None
    try:
        people.hold(session, row.person_id)  # before the message, as everybody else does: else two wait for each other
    except people.Gone:
        return None
    return session.get(OutboxMessage, row.id, with_for_update={"key_share": True}, populate_existing=True)


def _count_part(
    session: Session, vault: Vault, channel: str, row: OutboxMessage, delivery: str, part: Part, now: datetime
) -> str:
    """What a receipt about one part says of the whole: that it was sent at least, until every part is delivered."""
    if part.of is not None:
        row.parts = part.of
    elif row.parts is None:
        text = text_of(vault.person_key(session, row.person_id), row)
        row.parts = sms.segments(sms.shape(text, plain=part.plain))
    if delivery == "delivered" and inbox.note_seen(session, vault, channel, f"receipt {part.id}", now):
        row.parts_delivered += 1
    if row.parts_delivered >= row.parts:
        return "delivered"
    return "sent" if delivery == "delivered" else delivery
