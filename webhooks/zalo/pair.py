"""What lies in Zalo's safe: the pair of tokens that is good now, and how renewing it went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Pair:
    """A refresh token and the access token that came with it, "" where there is none yet.

    The access token is good until `good_until` and renewed from `renew_at` on. `is_lost` means that Zalo refuses the
    refresh token. After `failures` in a row nobody asks again before `pause_until`. `known` are hashes of every
    ZALO_REFRESH_TOKEN that was tried, so that another one is known to be new. `forced` are the times at which an access
    token was renewed because Zalo refused it.
    """

    refresh: str = field(default="", repr=False)
    access: str = field(default="", repr=False)
    good_until: datetime = NEVER
    renew_at: datetime = NEVER
    is_lost: bool = False
    failures: int = 0
    pause_until: datetime = NEVER
    known: tuple[str, ...] = ()
    forced: tuple[datetime, ...] = ()

    def to_safe(self) -> dict[str, str]:
        """As the safe keeps it."""
        return {
            "refresh": self.refresh,
            "access": self.access,
            "good_until": self.good_until.isoformat(),
            "renew_at": self.renew_at.isoformat(),
            "lost": "yes" if self.is_lost else "",
            "failures": str(self.failures),
            "pause_until": self.pause_until.isoformat(),
            "known": " ".join(self.known),
            "forced": " ".join(at.isoformat() for at in self.forced),
        }

    @classmethod
    def from_safe(cls, content: Mapping[str, str]) -> "Pair":
        """What was kept."""
        return cls(
            refresh=content["refresh"],
            access=content["access"],
            good_until=datetime.fromisoformat(content["good_until"]),
            renew_at=datetime.fromisoformat(content["renew_at"]),
            is_lost=bool(content["lost"]),
            failures=int(content["failures"]),
            pause_until=datetime.fromisoformat(content["pause_until"]),
            known=tuple(content["known"].split()),
            forced=tuple(datetime.fromisoformat(at) for at in content["forced"].split()),
        )
