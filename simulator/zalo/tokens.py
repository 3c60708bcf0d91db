"""The tokens of an Official Account: an access token of 25 hours, a refresh token of three months, used once.

Source: docs.zaloplatforms.com/docs/OA, the page about access tokens. A refresh ends the old access token at
once. Tokens made here carry a number that grows with time and a proof made with the app's secret, so that a
simulator that was started again still takes the newest one the program kept.
"""

import hashlib
import hmac
import threading
from collections.abc import Mapping
from datetime import timedelta

from simulator.settings import ZaloAccount
from simulator.world import World
from simulator.zalo.requests import Refused

REFRESH_LASTS = timedelta(days=90)


class Tokens:
    """The pair that is good now. Safe to use from many threads. `refreshes` counts who asked for another."""

    def __init__(self, account: ZaloAccount, world: World) -> None:
        self.refreshes = 0
        self._account, self._now, self._lock = account, world.now, threading.Lock()
        self._number, self._born = 0, world.now()
        self._access, self._good_until = "", world.now()

    def refresh(self, secret: str, form: Mapping[str, str]) -> dict[str, str]:
        """Another pair for the refresh token in `form`, which ends with that. Raises Refused."""
        with self._lock:
            self.refreshes += 1
            if not same(form.get("app_id", ""), self._account.app_id):
                raise Refused(-14002, "Invalid appId")
            if not same(secret, self._account.app_secret):
                raise Refused(-14004, "Invalid secret key")
            if form.get("grant_type") != "refresh_token":
                raise Refused(-14018, "Invalid grant type")
            if not self._is_good(form.get("refresh_token", "")):
                raise Refused(-14014, "Invalid refresh token.")
            now, lasts = self._now(), self._account.token_lasts_s
            self._number = max(self._number + 1, int(now.timestamp() * 1000))
            self._access, self._good_until = self._make("access", self._number), now + timedelta(seconds=lasts)
            refresh = self._make("refresh", self._number)
            return {"access_token": self._access, "refresh_token": refresh, "expires_in": str(lasts)}

    def demand(self, token: str) -> None:
        """Raises Refused unless this is the access token that is good now."""
        with self._lock:
            if not self._access or not same(token, self._access):
                raise Refused(-216, "Access token is invalid")
            if self._now() >= self._good_until:
                raise Refused(-220, "access_token is expired or removed")

    def expire(self) -> Refused:
        """End the access token before its time; what its next use is answered with."""
        with self._lock:
            self._access = ""
        return Refused(-216, "Access token is invalid")

    def _is_good(self, token: str) -> bool:
        """Whether it is the newest; before the first refresh it may be the account's own or one of an earlier run."""
        number = token.split(".")[1] if token.count(".") == 2 else ""
        if not (number.isdecimal() and len(number) < 16 and same(token, self._make("refresh", int(number)))):
            fresh = self._now() - self._born < REFRESH_LASTS
            return not self._number and fresh and same(token, self._account.refresh_token)
        newest = int(number) == self._number or not self._number
        return newest and self._now().timestamp() < int(number) / 1000 + REFRESH_LASTS.total_seconds()

    def _make(self, kind: str, number: int) -> str:
        proof = hmac.new(self._account.app_secret.encode(), f"{kind} {number}".encode(), hashlib.sha256)
        return f"{kind}.{number}.{proof.hexdigest()}"


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in constant time; letters beyond ASCII are allowed."""
    return hmac.compare_digest(one.encode(), other.encode())
