"""The phone that a visitor of /try holds: who they are on each channel, kept in a plain cookie."""

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from random import Random

from simulator.try_it.words import LANGUAGES

COOKIE = "nhip_cau_phone"
CHANNELS = {
    "sms": "twilio",
    "gateway": "smsgate",
    "telegram": "telegram",
    "zalo": "zalo",
}  # as the page says it, as the simulator's control API does
BY_NUMBER = ("sms", "gateway")
_WRITTEN = re.compile(rf"({'|'.join(LANGUAGES)})\.({'|'.join(CHANNELS)})\.(8490[0-9]{{7}})\.([1-9][0-9]{{8}})")


@dataclass(frozen=True)
class Phone:
    """A made-up telephone number, Telegram and Zalo user, and how the visitor wants to see the page."""

    number: str
    telegram: str
    language: str = LANGUAGES[0]
    channel: str = "sms"

    @classmethod
    def new(cls, chance: Random) -> "Phone":
        """A phone nobody has used: +8490 and seven digits, and a Telegram user of nine."""
        return cls(f"+8490{chance.randrange(10**7):07}", str(chance.randrange(10**8, 10**9)))

    @classmethod
    def read(cls, cookie: str) -> "Phone | None":
        """The phone that a cookie holds; None for anything that this page did not write."""
        found = _WRITTEN.fullmatch(cookie)
        return cls("+" + found[3], found[4], found[1], found[2]) if found else None

    def write(self) -> str:
        """The cookie's value."""
        return f"{self.language}.{self.channel}.{self.number.removeprefix('+')}.{self.telegram}"

    def renew(self, chance: Random) -> "Phone":
        """Another phone, seen the same way."""
        return replace(Phone.new(chance), language=self.language, channel=self.channel)

    @property
    def zalo(self) -> str:
        """The Zalo user: 19 digits, as real ones have, and the same for the same phone."""
        return f"4{self.telegram}{self.number[-9:]}"

    @property
    def carrier(self) -> str:
        """The carrier of the channel, as the simulator's control API calls it."""
        return CHANNELS[self.channel]

    @property
    def path(self) -> str:
        """Where the simulator's control API keeps this phone."""
        return f"/phone/{self.carrier}/{self._address}"

    @property
    def shown(self) -> str:
        """The address as a person reads it."""
        number = self.number
        spaced = f"{number[:3]} {number[3:5]} {number[5:8]} {number[8:]}"
        return spaced if self.channel in BY_NUMBER else self._address

    @property
    def _address(self) -> str:
        return {"telegram": self.telegram, "zalo": self.zalo}.get(self.channel, self.number)

    def sign(self, secret: str) -> str:
        """The token of this phone's forms; it depends on the addresses, not on how the page is seen."""
        return hmac.new(secret.encode(), f"try-it {self.number} {self.telegram}".encode(), hashlib.sha256).hexdigest()
