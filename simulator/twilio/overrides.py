"""Connection overrides: how often Twilio repeats a webhook, as the fragment of its URL says.

Source: twilio.com/docs/usage/webhooks/webhooks-connection-overrides. `rc` is the number of retries, 0 to 5;
`rp` says after what: 4xx, 5xx, ct (no connection), rt (no answer in time) or all, separated by commas, ct by
default. All tries together take at most the webhook's 15 s. The fragment itself is neither sent nor signed.
Without `rc` nothing is repeated here, which is harsher than Twilio: by its page one failed connection is
tried once more.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag

from simulator.carrier.posting import Answer

MOST_RETRIES = 5


@dataclass(frozen=True)
class Overrides:
    """Where a webhook goes and how often it is repeated after which failures."""

    target: str
    retries: int = 0
    after: frozenset[str] = frozenset({"ct"})

    @classmethod
    def read(cls, url: str) -> "Overrides":
        """Read a webhook's URL; what is not understood is as if it were not there."""
        target, fragment = urldefrag(url)
        found = dict(parse_qsl(fragment))
        count, policy = found.get("rc", ""), found.get("rp", "ct")
        retries = min(int(count), MOST_RETRIES) if count.isdecimal() else 0
        return cls(target, retries, frozenset(policy.split(",")))

    def repeat(self, answer: Answer) -> bool:
        """Whether this answer is one of the failures after which the webhook is repeated."""
        if answer.acknowledged:
            return False
        silent = "rt" if answer.connected else "ct"
        kind = silent if answer.code is None else f"{answer.code // 100}xx"
        return "all" in self.after or kind in self.after
