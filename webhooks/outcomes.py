"""How a send ends, and what follows: one table for every channel.

A channel's file turns its carrier's answers into these names and decides nothing else; bot/sending.py does what follows
from a name and asks no channel. Source of the classes: channels.md 5.1 to 5.5, and docs/channels.md, which lists what
each carrier's answers become.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Then(Enum):
    """What follows from how a send ended."""

    SETTLE = auto()
    """The carrier has it."""
    ASK = auto()
    """It may have left: never simply again. The carrier is asked, or a receipt tells."""
    RETRY = auto()
    """Nothing left: this message again, later each time."""
    WAIT = auto()
    """Nothing left, and the carrier wants quiet: everybody on this channel waits for as long as it said."""
    REFRESH = auto()
    """Nothing left, because our token is spent: again as soon as there is a new one."""
    STOP_PERSON = auto()
    """This person cannot be written to until they write."""
    STOP_CHANNEL = auto()
    """Nobody can be written to until a human mends it: one try a minute, and the trouble is shown."""
    DROP = auto()
    """This message will never be taken, and it is our fault: the others go on."""


class Outcome(Enum):
    """How one send ended. Each has a sentence for whoever looks after the line, empty where there is nothing to do."""

    SENT = "sent", Then.SETTLE, ""
    UNSURE = "unsure", Then.ASK, "It may have been said: a time-out or an error after the request had left."
    UNREACHABLE = (
        "unreachable",
        Then.RETRY,
        "Nobody answers there. Look at the network and at the carrier's status page.",
    )
    UNTIMELY = "untimely", Then.RETRY, "The carrier takes it only at another hour."
    BUSY = "busy", Then.WAIT, "The carrier asks us to slow down."
    TOKEN_SPENT = "token spent", Then.REFRESH, "The access token is being renewed."
    BLOCKED = "blocked", Then.STOP_PERSON, ""
    WINDOW_CLOSED = "window closed", Then.STOP_PERSON, ""
    NOBODY_THERE = "nobody there", Then.STOP_PERSON, ""
    UNAUTHORISED = (
        "unauthorised",
        Then.STOP_CHANNEL,
        "The carrier does not accept our secrets. Set them anew and restart.",
    )
    SUSPENDED = "suspended", Then.STOP_CHANNEL, "The carrier has switched the account off. Look into its own console."
    QUOTA_SPENT = (
        "quota spent",
        Then.STOP_CHANNEL,
        "The account's quota or money is used up. Look into its own console.",
    )
    REJECTED = "rejected", Then.DROP, ""

    def __init__(self, title: str, then: Then, advice: str) -> None:
        self.title, self.then, self.advice = title, then, advice


@dataclass(frozen=True)
class Ending:
    """How one send ended.

    `reason` is the carrier's own number or an error's type, never content. `provider_id` names the carrier's copy of
    what was SENT. `seconds` is how long the carrier asked us to wait, if it said so.
    """

    outcome: Outcome
    reason: str = ""
    provider_id: str = ""
    seconds: float | None = None


def sent(provider_id: str) -> Ending:
    """The carrier took it and calls its copy so."""
    return Ending(Outcome.SENT, provider_id=provider_id)
