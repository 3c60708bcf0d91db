"""Frozen facts of each channel, registered by its file in webhooks/. The rest of the program reads facts, not names."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Pace:
    """How fast a carrier takes messages: so many a second in the long run, and so many at once after a quiet time."""

    a_second: float
    at_once: int


BRISK = Pace(a_second=50.0, at_once=50)


@dataclass(frozen=True)
class Facts:
    """What the rest of the program may know of a channel.

    `contact_kind` is the kind of address ("tel", "telegram", "zalo"): stop and erase hold for all channels that share
    it. `limit` is the longest text in characters. `buttons` is how many buttons a message may carry, 0 for none. `pace`
    is how fast the carrier takes messages. `window` is how long after somebody's last message they can still be written
    to, None for ever. `traces_sent` says whether the carrier can tell later if a message left, `lists_received` whether
    it can tell what came in while we were away, `keeps_copies` whether it stores what was said and can be asked to
    redact or delete it.
    """

    name: str
    medium: str
    contact_kind: str
    limit: int
    buttons: int = 0
    pace: Pace = BRISK
    window: timedelta | None = None
    traces_sent: bool = False
    lists_received: bool = False
    keeps_copies: bool = False


_registered: dict[str, Facts] = {}


def register(facts: Facts) -> Facts:
    """Make a channel's facts known under its name; registering the same facts twice is harmless."""
    if _registered.setdefault(facts.name, facts) != facts:
        raise ValueError(f"channel {facts.name!r} is already registered with other facts")
    return facts


def facts_of(name: str) -> Facts:
    """The facts of a registered channel; KeyError when nothing registered that name."""
    return _registered[name]


def all_facts() -> tuple[Facts, ...]:
    """Every registered channel, in order of registration."""
    return tuple(_registered.values())
