"""Sending: what is due in a conversation is claimed, handed to its carrier with no transaction open, and settled."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from bot.parts import Parts
from bot.turn import give_way
from storage import carriers, errands, inbox, outbox, people, sms
from storage.outbox import Claimed
from storage.people import Conversation
from webhooks.channel import CarrierSilent, Channel, Halted
from webhooks.outcomes import Ending, Outcome, Then

LONGEST_PAUSE = timedelta(seconds=32)
"""A message that did not leave is tried again after 2, 4, 8... seconds, never later than this, so that a line that
comes back after half an hour has said everything within a minute."""

HUMAN_MENDS_IN = timedelta(minutes=1)
"""What only a human can end is looked at so often: they do not tell us when they are done."""

SAID_AT_MOST = 2
"""What may have left is said once more at most, danger and handover where nobody can be asked, or what a carrier that
can be asked has not got."""

LONGEST_PROBE = timedelta(seconds=10)

WINDOW_OVER = Ending(Outcome.WINDOW_CLOSED, "window")
"""The end of a message that was not even handed over: its person has been silent for longer than the carrier allows."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class InHand:
    """One claimed message and where it goes.

    `is_window_open` says whether its person can still be written to there. `is_risky` means that the carrier has been
    failing, so that this message would be lost if it ended unsure.
    """

    message: Claimed
    address: str
    channel: Channel
    is_window_open: bool
    is_risky: bool


def send_due(parts: Parts, conversation_id: UUID, go_on: Callable[[], bool]) -> float:
    """Send what is due in a conversation, one after the other, until something has to wait or we are to stop.

    How many seconds the channel's pace asks us to wait, 0 when nothing is left to do here.
    """
    while go_on():
        found = _claim(parts, conversation_id)
        if found is None:
            return 0.0
        if isinstance(found, timedelta):
            return found.total_seconds()
        if not _conclude(parts, found.message, found.channel, _send(parts, found)):
            return 0.0
    return 0.0


def _send(parts: Parts, found: InHand) -> Ending:
    if not found.is_window_open:
        return WINDOW_OVER
    if found.is_risky:
        began = parts.now()
        try:
            found.channel.tend(began)
        except CarrierSilent as error:
            return Ending(Outcome.UNREACHABLE, str(error) or "silent")
        except Halted as error:
            return error.ending
        if parts.now() - began > LONGEST_PROBE:  # the claim would run out before the send is over
            return Ending(Outcome.UNREACHABLE, "slow")
    return found.channel.send(found.address, found.message, parts.now())


def shaped(message: Claimed, channel: Channel) -> Claimed:
    """A message as it leaves on this channel."""
    is_plain_sms = channel.facts.medium == "sms" and channel.plain
    return replace(message, text=sms.shape(message.text, plain=is_plain_sms))


def note_sent(parts: Parts, session: Session, row_id: UUID, channel: Channel, provider_id: str) -> None:
    """The carrier has the message under this id: settle it, and have the carrier's copy redacted later."""
    if outbox.note_sent(session, row_id, parts.now()):
        outbox.note_provider_id(session, parts.vault, channel.facts.name, row_id, provider_id)
        ask_to_drop(parts, session, channel, "redact", provider_id)
    else:  # erased while it was on its way: only the carrier's copy is left
        ask_to_drop(parts, session, channel, "delete", provider_id)


def ask_to_drop(parts: Parts, session: Session, channel: Channel, action: str, provider_id: str) -> None:
    """Leave an errand for the carrier's copy, if it keeps one."""
    if channel.facts.keeps_copies:
        due_at = parts.now() + (errands.REDACT_SENT_AFTER if action == "redact" else timedelta(0))
        errands.add(session, parts.vault, channel.facts.name, action, provider_id, due_at, parts.new_id)


def doubt(parts: Parts, session: Session, message: Claimed, channel: Channel, *, died: bool = False) -> None:
    """It may have left. Ask the carrier where one can; say danger and handover once more; else let it be.

    A sender that died tells nothing of the carrier: what one that can be asked has not got after that, it never had.
    """
    doubts = message.doubts + 1
    if channel.facts.traces_sent:
        outbox.doubt(session, message, message.doubts if died else doubts)
    elif message.kind == "urgent" and doubts < SAID_AT_MOST:
        outbox.postpone(session, message, parts.now(), doubts)
    else:
        outbox.settle(session, message, "unsure", parts.now())


def note_trouble(session: Session, channel: Channel, ending: Ending, now: datetime, quiet: timedelta) -> None:
    """Send nothing on this channel for so long, and tell whoever looks after the line when that is news."""
    name, trouble = channel.facts.name, ending.outcome.title
    if carriers.keep_quiet(session, name, trouble, ending.reason, now, now + quiet):
        say = log.error if ending.outcome.then is Then.STOP_CHANNEL else log.warning
        say("channel in trouble", channel=name, outcome=trouble, reason=ending.reason)


def _claim(parts: Parts, conversation_id: UUID) -> InHand | timedelta | None:
    """The message that may leave now; how long to wait for the channel's pace; None when there is nothing to do."""
    now = parts.now()
    with parts.database.read() as session:
        if not outbox.has_work(session, conversation_id, now):
            return None
    with parts.database.write() as session:
        conversation = session.get(Conversation, conversation_id)
        channel = parts.channels.get(conversation.channel) if conversation else None
        if conversation is None or channel is None:
            return None
        people.hold(session, conversation.person_id)
        if outbox.has_stale(session, conversation_id, now):
            give_way(session, parts.vault, parts.mind, conversation, now, parts.new_id)
        row = outbox.next_due(session, conversation_id, now)
        if row is None:
            return None
        if conversation.blocked_at is not None:
            outbox.cancel_due(session, conversation_id)
            return None
        is_pressing = row.kind == "urgent" and outbox.is_pressing(session, row.id, now)
        wait = carriers.admit(session, channel.facts, now, urgent=is_pressing)
        if wait > timedelta(0):
            return wait
        message = outbox.claim(session, parts.vault.person_key(session, row.person_id), row, now)
        address = people.address_of(session, parts.vault, conversation.contact_id)
        window, heard_at = channel.facts.window, conversation.heard_at
        is_open = window is None or heard_at is None or now - heard_at < window
        is_lost_if_unsure = row.kind != "urgent" and not channel.facts.traces_sent
        is_risky = is_lost_if_unsure and carriers.is_failing(session, channel.facts.name)
    return InHand(shaped(message, channel), address, channel, is_open, is_risky) if message is not None else None


def _conclude(parts: Parts, message: Claimed, channel: Channel, ending: Ending) -> bool:
    """Write down how a send ended, as its outcome's class says; True when the next message may follow at once."""
    now, name = parts.now(), channel.facts.name
    outcome, then = ending.outcome, ending.outcome.then
    if then is Then.ASK:  # what is tried again is told once, as the channel's trouble
        log.warning("message unsure", channel=name, outcome=outcome.title, reason=ending.reason)
    elif then is Then.STOP_PERSON:
        log.warning("message not sent", channel=name, outcome=outcome.title, reason=ending.reason)
    with parts.database.write() as session:
        match then:
            case Then.SETTLE:
                note_sent(parts, session, message.id, channel, ending.provider_id)
                _note_well(channel, carriers.note_sent(session, name, now))
            case Then.ASK:
                doubt(parts, session, message, channel)
                _note_failure(session, channel, ending, now)
            case Then.STOP_PERSON:
                _stop_person(session, message, now)
                if ending is not WINDOW_OVER:
                    _note_well(channel, carriers.note_answered(session, name, now))
            case Then.DROP:
                outbox.settle(session, message, "refused", now)
                log.error("message rejected", channel=name, reason=ending.reason)
                _note_well(channel, carriers.note_answered(session, name, now))
            case Then.RETRY:
                _retry(session, message, channel, ending, now)
            case Then.REFRESH:
                at_once = message.tries == 1 and ending.seconds is None
                outbox.postpone(session, message, now if at_once else now + _pause(message, ending))
                if not at_once and ending.seconds is None:
                    _note_failure(session, channel, ending, now)
            case Then.WAIT:
                quiet = min(_pause(message, ending), carriers.LONGEST_QUIET)
                outbox.postpone(session, message, now + _at_most_a_minute_if_urgent(message, quiet))
                note_trouble(session, channel, ending, now, quiet)
            case Then.STOP_CHANNEL:
                outbox.postpone(session, message, now + HUMAN_MENDS_IN)
                note_trouble(session, channel, ending, now, HUMAN_MENDS_IN)
    return then in (Then.SETTLE, Then.ASK, Then.STOP_PERSON, Then.DROP, Then.REFRESH)


def _retry(session: Session, message: Claimed, channel: Channel, ending: Ending, now: datetime) -> None:
    outbox.postpone(session, message, now + _at_most_a_minute_if_urgent(message, _pause(message, ending)))
    if ending.seconds is None:
        _note_failure(session, channel, ending, now)
    else:  # the carrier wants another hour: shown, though the others go on
        note_trouble(session, channel, ending, now, timedelta(0))


def _note_well(channel: Channel, ended: bool) -> None:
    if ended:
        log.warning("channel well again", channel=channel.facts.name)


def _pause(message: Claimed, ending: Ending) -> timedelta:
    """As long as the carrier asked for; without its word longer each time."""
    if ending.seconds is not None:
        return timedelta(seconds=max(ending.seconds, 0.0))
    return min(timedelta(seconds=2 ** min(message.tries, 10)), LONGEST_PAUSE)


def _at_most_a_minute_if_urgent(message: Claimed, wait: timedelta) -> timedelta:
    return min(wait, carriers.URGENT_EVERY) if message.kind == "urgent" else wait


def _note_failure(session: Session, channel: Channel, ending: Ending, now: datetime) -> None:
    name, trouble = channel.facts.name, ending.outcome.title
    if carriers.note_failure(session, name, trouble, ending.reason, now):
        log.warning("channel in trouble", channel=name, outcome=trouble, reason=ending.reason)


def _stop_person(session: Session, message: Claimed, now: datetime) -> None:
    """Nothing more to this person until they write; what they wrote since this was claimed opened the door again."""
    conversation = session.get(Conversation, message.conversation_id)
    if conversation is None:
        return
    people.hold(session, conversation.person_id)
    heard = inbox.last_heard(session, conversation.person_id)
    outbox.settle(session, message, "refused", now)
    if heard is None or heard <= message.claimed_at:
        people.block(session, conversation.id, now)
