"""The road of every carrier's request: size, proof, reading, commit, and only then the acknowledgement."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from flask import Request, Response
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from storage import arriving, errands, inbox, outbox, people, receipts
from storage.channels import Facts
from storage.database import Database, Unavailable
from storage.ids import NewId
from storage.inbox import Inbound
from storage.receipts import FINAL, Noted, Receipt
from storage.vault import Vault, VaultError
from webhooks.channel import Channel, Event, NotProven, Reach, TakenOver, Unreadable

LONGEST_BODY = 1024 * 1024
SAME_MOMENT = timedelta(seconds=5)  # carriers tell times to the second, by their own clock

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Keeper:
    """What a door needs to keep a message: the store, the clock, and whom to tell that there is work."""

    database: Database
    vault: Vault
    now: Callable[[], datetime]
    new_id: NewId
    hint: Callable[[UUID], None]


def receive(channel: Channel, door: str, request: Request, keeper: Keeper) -> Response:
    """Take one request of a carrier in.

    403 not proven, 413 over 1 MiB, 400 unreadable, 503 not committed (carriers retry); otherwise 200.
    """
    try:
        _demand_size(request)
        channel.prove(request, door)
        delivery = channel.read(request, door)
    except NotProven:
        return _refuse(channel, 403, "not proven")
    except RequestEntityTooLarge:
        return _refuse(channel, 413, "too large")
    except (Unreadable, HTTPException):
        return _refuse(channel, 400, "unreadable")
    try:
        for event in delivery.events:
            _keep(channel.facts, event, keeper)
    except (Unavailable, VaultError):
        return _refuse(channel, 503, "not committed")
    return Response(delivery.answer, 200, content_type=delivery.content_type)


def _demand_size(request: Request) -> None:
    """Read the body. Raises RequestEntityTooLarge."""
    # One byte more than allowed: a body in chunks, whose size nobody told, is cut at this limit without a word
    request.max_content_length = request.max_form_memory_size = LONGEST_BODY + 1
    told = request.content_length or 0
    if told > LONGEST_BODY or len(request.get_data(cache=True, parse_form_data=False)) > LONGEST_BODY:
        raise RequestEntityTooLarge


def _keep(facts: Facts, event: Event, keeper: Keeper) -> None:
    if isinstance(event, Inbound):
        found = arriving.keep(keeper.database, keeper.vault, facts, event, keeper.now(), keeper.new_id)
        if found is not None:
            keeper.hint(found)
    elif isinstance(event, Receipt):
        _keep_receipt(facts, event, keeper)
    elif isinstance(event, Reach):
        _keep_reach(facts, event, keeper)
    else:
        _keep_taken_over(facts, event, keeper)


def _keep_receipt(facts: Facts, receipt: Receipt, keeper: Keeper) -> None:
    """Let a receipt count; when it is what tells us that the carrier has a copy, see to that copy."""
    now = keeper.now()
    with keeper.database.write() as session:
        noted = receipts.record_receipt(session, keeper.vault, facts.name, receipt, now)
        if receipt.delivery == "failed":
            receipts.say_again_if_urgent(session, keeper.vault, facts.name, receipt, now, keeper.new_id)
        if noted is Noted.KNOWN or not facts.keeps_copies or not receipt.provider_id:
            return
        action = "redact" if noted is Noted.SETTLED else "delete"  # of an erased message the whole record goes
        if action == "redact" or receipt.delivery in FINAL:
            due_at = now + errands.REDACT_SENT_AFTER
            errands.add(session, keeper.vault, facts.name, action, receipt.provider_id, due_at, keeper.new_id)


def _keep_reach(facts: Facts, reach: Reach, keeper: Keeper) -> None:
    """The door was opened or shut: once for each time, and not by news older than what they last wrote."""
    now = keeper.now()
    with keeper.database.write() as session:
        if not inbox.note_seen(session, keeper.vault, facts.name, reach.provider_id, now):
            return
        contact = people.find_contact(session, keeper.vault, facts.contact_kind, reach.address)
        heard = inbox.last_heard(session, contact.person_id) if contact else None
        if contact is not None and not (reach.at and heard and heard > reach.at + SAME_MOMENT):
            conversation_id = people.conversation_on(session, contact, facts, keeper.new_id)
            people.block(session, conversation_id, None if reach.open else now)
        if reach.stopped:
            address_hash = people.hash_address(keeper.vault, facts.contact_kind, reach.address)
            people.stop_writing(session, facts.contact_kind, address_hash)
        if facts.keeps_copies:
            errands.add(session, keeper.vault, facts.name, "delete", reach.provider_id, now, keeper.new_id)


def _keep_taken_over(facts: Facts, taken: TakenOver, keeper: Keeper) -> None:
    """A human writes at the carrier's own desk: what the bot was about to say is taken back, and it keeps quiet.

    A carrier may call what we sent ourselves a human's. Raises Unavailable while something of ours is on its way there:
    told again a little later, we know how the carrier calls it.
    """
    now = keeper.now()
    with keeper.database.write() as session:
        contact = people.find_contact(session, keeper.vault, facts.contact_kind, taken.address)
        if contact is None or outbox.known_provider_ids(session, keeper.vault, facts.name, [taken.provider_id]):
            return
        try:
            people.hold(session, contact.person_id)
        except people.Gone:  # erased between two of our statements
            return
        if not inbox.note_seen(session, keeper.vault, facts.name, taken.provider_id, now):
            return
        conversation_id = people.conversation_on(session, contact, facts, keeper.new_id)
        if outbox.is_on_its_way(session, conversation_id):
            raise Unavailable("a message of ours is on its way")
        until = min(taken.at or now, now) + people.HUMAN_FOR
        if until > now:
            people.leave_to_human(session, conversation_id, until)
            outbox.take_back(session, outbox.OutboxMessage.conversation_id == conversation_id, now)


def _refuse(channel: Channel, status: int, reason: str) -> Response:
    log.warning("webhook refused", channel=channel.facts.name, status=status, reason=reason)
    return Response("", status)
