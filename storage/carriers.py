"""How each carrier does: how fast it takes messages, how long it wants quiet, and what is wrong with it.

One row a channel, shared by everything that sends on it, so that replies and notices of any number of senders keep one
pace together.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.channels import Facts, Pace
from storage.database import Base, insert_new

LONGEST_QUIET = timedelta(hours=1)
"""Carriers are obeyed, since asking sooner makes them wait longer; but a number beyond this is taken for a mistake."""

URGENT_EVERY = timedelta(minutes=1)
"""What is urgent is tried so often even while a carrier wants quiet: somebody in danger may be waiting behind it, and
one try a minute harms nobody."""

KEPT_FOR_URGENT = 5
"""So many messages may leave beyond the pace when they are about danger or a human: nobody in danger queues."""

FAILURES_BEFORE_REST = 3
LONGEST_REST = timedelta(seconds=30)
"""A carrier that fails again and again is left alone, longer each time: every try may make one more message unsure."""

PROBE = timedelta(seconds=15)
"""After a rest one message goes first; the others wait so long for what becomes of it."""

NO_TIME = timedelta(0)
SENT_EVERY = timedelta(seconds=10)


class Carrier(Base):
    """What we know of a channel's carrier.

    `free_at` is when its whole allowance is there again. The carrier asked for quiet, or a human must mend something,
    until `quiet_until`; what is urgent is tried meanwhile, after `urgent_after`. Until `rest_until` we leave it alone
    after failures, except for what is urgent. `trouble` is how sends end since `since`, None while all is well.
    """

    __tablename__ = "carrier"

    channel: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]
    urgent_after: Mapped[datetime | None]
    rest_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str | None]
    reason: Mapped[str | None]
    since: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


def admit(session: Session, facts: Facts, now: datetime, urgent: bool) -> timedelta:
    """Take a place in the channel's pace; nothing when the message may leave now, else how long to wait at least."""
    carrier = _hold(session, facts.name)
    wait = _shut_for(carrier, now, urgent)
    if wait > NO_TIME:
        return wait
    if _left(carrier.quiet_until, now, LONGEST_QUIET):
        carrier.urgent_after = now + URGENT_EVERY
    wait = take_place(carrier, facts.pace, now, urgent)
    if wait == NO_TIME and carrier.failures >= FAILURES_BEFORE_REST and not urgent:
        carrier.rest_until = now + PROBE
    return wait


def take_place(carrier: Carrier, pace: Pace, now: datetime, urgent: bool) -> timedelta:
    """Take a place in the pace alone; nothing when there was one, else how long to wait for it."""
    gap = timedelta(seconds=1 / pace.a_second)
    allowance = gap * (pace.at_once - 1 + (KEPT_FOR_URGENT if urgent else 0))
    furthest = now + gap * (pace.at_once + KEPT_FOR_URGENT)
    free_at = max(carrier.free_at or now, now)
    if free_at > furthest:  # the clock was set back
        free_at = now
    if free_at - now > allowance:
        return free_at - now - allowance
    carrier.free_at = free_at + gap
    return NO_TIME


def is_failing(session: Session, channel: str) -> bool:
    """Whether so many sends in a row have failed that the next one is a try to see whether the carrier is back."""
    carrier = session.get(Carrier, channel)
    return carrier is not None and carrier.failures >= FAILURES_BEFORE_REST


def note_sent(session: Session, channel: str, now: datetime) -> bool:
    """The carrier took a message; True when that ends a trouble."""
    ended = note_answered(session, channel, now)
    carrier = session.get_one(Carrier, channel)
    if carrier.sent_at is None or now - carrier.sent_at > SENT_EVERY:
        carrier.sent_at = now
    return ended


def note_answered(session: Session, channel: str, now: datetime) -> bool:
    """The carrier is there and deals with us, whatever it said of one message; True when that ends a trouble.

    It does not end a quiet that the carrier asked for: the answer may belong to what left before that.
    """
    carrier = session.get(Carrier, channel)
    if carrier is not None and not carrier.failures and carrier.trouble is None:
        return False
    carrier = _hold(session, channel)
    carrier.failures = 0
    if _left(carrier.quiet_until, now, LONGEST_QUIET):
        return False
    was_in_trouble = carrier.trouble is not None
    carrier.quiet_until = carrier.urgent_after = carrier.rest_until = None
    carrier.trouble = carrier.reason = carrier.since = None
    return was_in_trouble


def note_failure(session: Session, channel: str, trouble: str, reason: str, now: datetime) -> bool:
    """Nothing came back, or an error of its own; after three in a row we rest. True when the rest begins."""
    carrier = _hold(session, channel)
    carrier.failures += 1
    beyond = carrier.failures - FAILURES_BEFORE_REST
    if beyond < 0:
        return False
    carrier.rest_until = now + min(timedelta(seconds=2 ** min(beyond, 10)), LONGEST_REST)
    return _begin_trouble(carrier, trouble, reason, now)


def keep_quiet(session: Session, channel: str, trouble: str, reason: str, now: datetime, until: datetime) -> bool:
    """Send nothing but what is urgent on this channel until then; True when the trouble is a new one."""
    carrier = _hold(session, channel)
    carrier.quiet_until = max(until, carrier.quiet_until or until)
    return _begin_trouble(carrier, trouble, reason, now)


def resting(session: Session, now: datetime) -> frozenset[str]:
    """The channels on which only what is urgent may be tried now."""
    return frozenset(carrier.channel for carrier in all_known(session) if _shut_for(carrier, now, urgent=False))


def all_known(session: Session) -> Sequence[Carrier]:
    """What is known of each carrier that was ever sent to."""
    return session.scalars(select(Carrier).order_by(Carrier.channel)).all()


def _hold(session: Session, channel: str) -> Carrier:
    carrier = session.get(Carrier, channel, with_for_update=True, populate_existing=True)
    if carrier is None:
        insert_new(session, Carrier, channel=channel, failures=0)
        carrier = session.get_one(Carrier, channel, with_for_update=True, populate_existing=True)
    return carrier


def _shut_for(carrier: Carrier, now: datetime, urgent: bool) -> timedelta:
    quiet = _left(carrier.quiet_until, now, LONGEST_QUIET)
    if urgent:
        return _left(carrier.urgent_after, now, URGENT_EVERY) if quiet else NO_TIME
    return max(quiet, _left(carrier.rest_until, now, LONGEST_REST))


def _left(until: datetime | None, now: datetime, longest: timedelta) -> timedelta:
    """How long it still lasts; nothing when that is longer than it ever is: the clock was set back."""
    left = NO_TIME if until is None else max(until - now, NO_TIME)
    return left if left <= longest else NO_TIME


def _begin_trouble(carrier: Carrier, trouble: str, reason: str, now: datetime) -> bool:
    is_new = carrier.trouble != trouble
    if is_new:
        carrier.trouble, carrier.since = trouble, now
    carrier.reason = reason
    return is_new
