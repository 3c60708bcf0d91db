"""Asking carriers: what became of a message, what people sent while we could not listen, and to drop their copies."""

from datetime import timedelta
from typing import cast
from uuid import UUID

import structlog

from bot.parts import Parts
from bot.sending import HUMAN_MENDS_IN, SAID_AT_MOST, doubt, note_sent, note_trouble, shaped
from bot.turn import give_way
from logs import describe
from storage import arriving, errands, marks, outbox, people
from storage.database import Unavailable
from storage.outbox import Claimed, OutboxMessage
from storage.people import Conversation
from webhooks.channel import (
    CarrierSilent,
    Channel,
    CopyingChannel,
    Halted,
    ListingChannel,
    NotNow,
    TracingChannel,
)

ASK_FOR = timedelta(seconds=30)
"""A carrier's list may lag: a message is missing from it for so long before it counts as never taken."""

ASK_NO_LONGER = timedelta(minutes=10)
OVERLAP = timedelta(minutes=10)

NEUTRAL_TRIES = 6
"""The neutral line tells nothing, so it is worth trying until the carrier is back."""

LONGEST_ROUND = timedelta(seconds=30)
"""A round ends after so long, whatever is left: the next one begins at once, and the thread shows that it lives."""

log = structlog.get_logger(__name__)


def settle_abandoned(parts: Parts) -> None:
    """Settle what a sender left in mid-send, and what a carrier can still be asked about.

    A carrier that stays silent once is left alone for this round.
    """
    began = parts.now()
    with parts.database.read() as session:
        rows = [row_id for channel in parts.channels for row_id in outbox.abandoned(session, channel, began)]
    silent: set[str] = set()
    for row_id in rows:
        if parts.now() - began > LONGEST_ROUND:
            return
        try:
            _settle_one(parts, row_id, silent)
        except Unavailable:
            raise
        except Exception as error:  # one damaged row must not keep the others waiting
            log.error("message not settled", **describe(error))


def _settle_one(parts: Parts, row_id: UUID, silent: set[str]) -> None:
    with parts.database.write() as session:
        row = session.get(OutboxMessage, row_id)
        if row is None or row.claimed_at is None or row.status not in ("sending", "asking"):
            return
        conversation = session.get_one(Conversation, row.conversation_id)
        channel = parts.channels.get(conversation.channel)
        if channel is None or channel.facts.name in silent:
            return
        key = parts.vault.person_key(session, row.person_id)
        message = outbox.read_claimed(key, row, row.claimed_at, row.tries)
        address = people.address_of(session, parts.vault, conversation.contact_id)
        if row.status == "sending":
            doubt(parts, session, message, channel, died=True)
    if channel.facts.traces_sent:
        try:
            _ask_about(parts, shaped(message, channel), address, cast(TracingChannel, channel))
        except CarrierSilent:
            silent.add(channel.facts.name)
            _give_up_asking(parts, message)


def _ask_about(parts: Parts, message: Claimed, address: str, channel: TracingChannel) -> None:
    candidates = list(channel.find(address, message))
    name, now = channel.facts.name, parts.now()
    with parts.database.write() as session:
        known = outbox.known_provider_ids(session, parts.vault, name, candidates)
        known |= errands.known_provider_ids(session, parts.vault, name)
        strangers = [provider_id for provider_id in candidates if provider_id not in known]
        if strangers:
            note_sent(parts, session, message.id, channel, strangers[0])
        elif now - message.claimed_at > ASK_FOR:
            if message.doubts < (NEUTRAL_TRIES if message.kind == "neutral" else SAID_AT_MOST):
                outbox.postpone(session, message, now)
            else:
                outbox.settle(session, message, "unsure", now)


def _give_up_asking(parts: Parts, message: Claimed) -> None:
    """The carrier has been silent for too long: an answer gives way to the neutral line, and that is tried again."""
    now = parts.now()
    if now - message.claimed_at <= ASK_NO_LONGER:
        return
    with parts.database.write() as session:
        conversation = session.get(Conversation, message.conversation_id)
        if conversation is None:
            return
        people.hold(session, conversation.person_id)
        if message.kind == "neutral" and message.tries < NEUTRAL_TRIES:
            outbox.postpone(session, message, now)
        elif outbox.settle(session, message, "unsure", now) and message.stale_at and message.stale_at <= now:
            give_way(session, parts.vault, parts.mind, conversation, now, parts.new_id, is_owed=True)


def tend(parts: Parts, channel: Channel) -> bool:
    """Do what keeps a channel going; False when it is to be tried again soon."""
    try:
        channel.tend(parts.now())
    except CarrierSilent:
        log.warning("carrier silent", channel=channel.facts.name)
        return False
    except Halted as error:
        with parts.database.write() as session:
            note_trouble(session, channel, error.ending, parts.now(), HUMAN_MENDS_IN)
        return False
    return True


def fetch_all_missed(parts: Parts) -> list[UUID]:
    """Keep what people sent while we could not; the conversations to look at."""
    found: list[UUID] = []
    for name, channel in parts.channels.items():
        if channel.facts.lists_received:
            try:
                found += _fetch_missed(parts, cast(ListingChannel, channel))
            except CarrierSilent:
                log.warning("carrier silent", channel=name)
    return found


def _fetch_missed(parts: Parts, channel: ListingChannel) -> list[UUID]:
    """What was written before this program first asked is never fetched: a number's life before is not its business."""
    asked, began, started = f"asked {channel.facts.name}", f"began {channel.facts.name}", parts.now()
    with parts.database.write() as session:
        first = marks.read(session, began)
        if first is None:
            first = started.replace(microsecond=0)  # carriers tell times to the second
            marks.put(session, began, first)
        since = max(first, (marks.read(session, asked) or started) - OVERLAP)
    found = []
    for message in channel.missed(since):
        if message.written_at is not None and message.written_at < first:
            continue
        kept = arriving.keep(parts.database, parts.vault, channel.facts, message, parts.now(), parts.new_id)
        if kept is not None:
            found.append(kept)
    with parts.database.write() as session:
        marks.put(session, asked, started)
    return found


def run_errands(parts: Parts) -> None:
    """Have carriers redact or delete their copies."""
    began = parts.now()
    with parts.database.read() as session:
        waiting = errands.due(session, parts.vault, list(parts.channels), began)
    silent: set[str] = set()
    for errand in waiting:
        if errand.channel in silent or parts.now() - began > LONGEST_ROUND:
            continue
        done = False
        try:
            cast(CopyingChannel, parts.channels[errand.channel]).drop_copy(errand.action, errand.provider_id)
            done = True
        except CarrierSilent:
            silent.add(errand.channel)
        except NotNow:
            pass  # this message is still on its way; the others are not
        with parts.database.write() as session:
            if done:
                errands.finish(session, errand.id)
            else:
                errands.retry_later(session, errand, parts.now())
