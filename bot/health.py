"""How every channel does: what is wrong, since when, what to do about it, and what waits or may have been said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.parts import Parts
from storage import carriers, outbox
from storage.channels import all_facts
from webhooks.outcomes import Outcome

OF_LATE = timedelta(days=1)
"""How long a message that may have been said, or that never arrived, is counted here."""

ADVICE = {outcome.title: outcome.advice for outcome in Outcome}


@dataclass(frozen=True)
class ChannelHealth:
    """One channel. `trouble` is how its sends have been ending since `since`, None while all is well.

    `waiting` counts messages that have not left, `unsure` those of the last day that may have been said, `failed` those
    of the last day that the carrier took and could not deliver.
    """

    channel: str
    is_on: bool
    is_simulated: bool
    trouble: str | None
    reason: str | None
    since: datetime | None
    advice: str
    sent_at: datetime | None
    waiting: int
    unsure: int
    failed: int


def channels_health(parts: Parts) -> Sequence[ChannelHealth]:
    """Every channel there is, those that are off too, in order of name. Raises Unavailable."""
    with parts.database.read() as session:
        known = {carrier.channel: carrier for carrier in carriers.all_known(session)}
        counts = outbox.tally(session, parts.now() - OF_LATE)
    found = []
    for name in sorted(facts.name for facts in all_facts()):
        carrier, channel = known.get(name), parts.channels.get(name)
        trouble = carrier.trouble if carrier else None
        found.append(
            ChannelHealth(
                channel=name,
                is_on=channel is not None,
                is_simulated=channel is not None and channel.is_simulated,
                trouble=trouble,
                reason=carrier.reason if carrier else None,
                since=carrier.since if carrier else None,
                advice=ADVICE.get(trouble or "", ""),
                sent_at=carrier.sent_at if carrier else None,
                waiting=counts.get((name, "waiting"), 0),
                unsure=counts.get((name, "unsure"), 0),
                failed=counts.get((name, "failed"), 0),
            )
        )
    return found
