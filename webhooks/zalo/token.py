"""Zalo's tokens: an access token for about a day, and a refresh token that is good for one use.

Whoever refreshes takes the safe first, and puts the new pair into it before anybody uses it; everybody else waits or
reads the safe again. A pair whose answer never reached the safe is lost: Zalo refuses the old refresh token from then
on, and only an administrator of the Official Account can make a new one. Source: docs.zaloplatforms.com/docs/OA, the
page about access tokens.

Errors, all NoToken:
    Lost       Zalo refuses the refresh token: a new ZALO_REFRESH_TOKEN must be set
    Misset     Zalo refuses our own settings, or our safe cannot be read; nothing is spent
    Silent     Zalo did not answer, or not to the point
    Renewing   somebody is at it, or has just failed; again after `seconds`
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import httpx
import structlog

from storage.database import Unavailable
from storage.safe import Kept, Safe
from storage.vault import VaultError
from webhooks.patience import in_time
from webhooks.zalo.pair import Pair

PATH = "/v4/oa/access_token"

LONGEST_CALL = 10.0
CALL_FOR = timedelta(seconds=40)
"""How long one may hold the safe: longer than a call (10 s) and a write to a busy database (10 s and more) together."""

EARLY = timedelta(hours=5)
"""So long before its end a token is renewed by whoever tends the channel: an hour without Zalo costs nothing then."""

MARGIN = timedelta(minutes=1)
LASTS_AT_LEAST, LASTS_AT_MOST = timedelta(minutes=2), timedelta(days=365)
LASTS_UNTOLD = timedelta(hours=1)  # older pages say so
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=4), timedelta(seconds=30)
ASK_AGAIN = 1.0
DATABASE_BACK = 3.0

FORCED_AT_MOST, FORCED_WITHIN = 3, timedelta(minutes=10)
"""A token refused before its end is renewed at once, but not for ever: something else is wrong then."""

SPENT = -14014
LOST = "zalo token lost"
MISSET = (-14002, -14003, -14004, -14018)
NUMBER = re.compile(r"-?[0-9]{1,6}")
TOKEN = re.compile(r"[!-~]{1,8192}")

log = structlog.get_logger(__name__)


class NoToken(Exception):
    """There is no token to send with. `reason` is Zalo's number or an error's type."""

    def __init__(self, reason: str = "zalo token") -> None:
        super().__init__(reason)
        self.reason = reason


class Lost(NoToken):
    """Zalo refuses the refresh token: a new ZALO_REFRESH_TOKEN must be set."""


class Misset(NoToken):
    """Zalo refuses our own settings, or our safe cannot be read; nothing is spent."""


class Silent(NoToken):
    """Zalo did not answer, or not to the point."""


class Renewing(NoToken):
    """Somebody is at it, or has just failed; again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


@dataclass(frozen=True)
class Account:
    """What a refresh is asked with. `refresh_token` is the setting, which begins a line of tokens."""

    app_id: str
    app_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    url: str


class Tokens:
    """The tokens of one Official Account, shared by everything that sends for it."""

    def __init__(self, safe_of: Callable[[], Safe], account: Account, http: httpx.Client) -> None:
        self._safe_of, self._account, self._http = safe_of, account, http
        self._setting = hashlib.sha256(account.refresh_token.encode()).hexdigest()
        self._unstored: tuple[str, Pair] | None = None
        self.longest_call = LONGEST_CALL

    @cached_property
    def _safe(self) -> Safe:
        """The safe, once it is needed: what people write is taken in without it. Raises Unavailable, VaultError."""
        return self._safe_of()

    def access(self, now: datetime) -> str:
        """The access token to send with, renewed if need be. Raises NoToken, Unavailable."""
        held, kept = self._look(now)
        is_good = bool(held.access) and now < held.good_until - MARGIN
        if is_good and not self._is_new(held):
            return held.access
        try:
            return self._renew(held, kept, now).access
        except (Silent, Misset, Renewing):
            if is_good:
                return held.access
            raise

    def renew_refused(self, refused: str, now: datetime) -> None:
        """Zalo refused this access token: make another, unless there is one already. Raises NoToken, Unavailable."""
        held, kept = self._look(now)
        if held.access != refused:
            return
        forced = tuple(at for at in held.forced if now - at < FORCED_WITHIN)
        if len(forced) >= FORCED_AT_MOST:
            raise Misset("zalo refuses new tokens")
        self._renew(replace(held, forced=(*forced, now)), kept, now)

    def tend(self, now: datetime) -> None:
        """Renew the pair well before its end. Raises NoToken, but Misset only when the token has ended; Unavailable."""
        held, kept = self._look(now)
        if kept.is_taken:  # by somebody who may have died: it is known within CALL_FOR
            raise Renewing(ASK_AGAIN)
        if held.access and now < held.renew_at and not (kept.was_left or self._is_new(held)):
            return
        try:
            self._renew(held, kept, now)
        except Misset as error:
            log.error("token not renewed", channel=self._safe.channel, reason=error.reason)
            if now >= held.good_until:
                raise

    def _look(self, now: datetime) -> tuple[Pair, Kept]:
        """What lies in the safe, which is begun when it is empty. Raises Lost, Misset, Renewing, Unavailable."""
        if self._unstored is not None:
            self._store(*self._unstored, None, now)
        kept = self._read(now)
        held = Pair.from_safe(kept.content)
        if held.is_lost and not self._is_new(held):
            raise Lost(LOST)
        return held, kept

    def _read(self, now: datetime) -> Kept:
        try:
            kept = self._safe.read(now)
            if kept is None:
                self._safe.begin(Pair().to_safe())
                kept = self._safe.read(now)
        except VaultError:
            raise Misset("safe unreadable") from None
        if kept is None:
            raise Unavailable("the safe is empty")
        return kept

    def _is_new(self, held: Pair) -> bool:
        """Whether the setting holds a token that was never tried: an administrator has made a new one."""
        return self._setting not in held.known

    def _renew(self, held: Pair, kept: Kept, now: datetime) -> Pair:
        """Spend the refresh token for a new pair, alone. Raises NoToken, Unavailable."""
        if now < held.pause_until:
            raise Renewing((held.pause_until - now).total_seconds())
        version = self._safe.take(kept.version, now, CALL_FOR)
        if version is None:
            raise Renewing(ASK_AGAIN)
        if kept.was_left:
            log.error("token renewal had broken off", channel=self._safe.channel)
        try:
            return in_time(lambda: self._spend(held, version, now), self.longest_call)
        except TimeoutError:  # it goes on, and whatever it still brings is stored
            raise Renewing(ASK_AGAIN) from None

    def _spend(self, held: Pair, version: int, now: datetime) -> Pair:
        """What becomes of the refresh token, put into the safe that was taken as this version. Raises NoToken."""
        is_new = self._is_new(held)
        try:
            answer = self._ask(self._account.refresh_token if is_new else held.refresh)
        except Lost:
            self._give_up(held, is_new, version)
            raise
        except NoToken as error:
            pause = min(FIRST_PAUSE * 2 ** min(held.failures, 9), LONGEST_PAUSE)
            waiting = replace(held, failures=held.failures + 1, pause_until=now + pause)
            self._safe.put(waiting.to_safe(), version)
            log.warning("token not renewed", channel=self._safe.channel, reason=error.reason)
            raise
        renewed = self._renewed(held, answer, is_new, now)
        self._store(held.refresh, renewed, version, now)
        return renewed

    def _give_up(self, held: Pair, was_new: bool, version: int) -> None:
        """Zalo refuses the token. Raises Misset when it was a new setting beside a line that goes on, else nothing.

        Raises Renewing when others have taken the safe meanwhile: it is they who know.
        """
        goes_on = was_new and bool(held.refresh) and not held.is_lost
        known = (*held.known, self._setting) if was_new else held.known
        if not self._safe.put(replace(held, known=known, is_lost=not goes_on).to_safe(), version):
            raise Renewing(ASK_AGAIN)
        log.error("refresh token refused", channel=self._safe.channel, reason="new setting" if goes_on else LOST)
        if goes_on:
            raise Misset(f"zalo {SPENT}")

    def _renewed(self, held: Pair, answer: Mapping[str, Any], is_new: bool, now: datetime) -> Pair:
        lasts = _lasts(answer.get("expires_in"))
        spent = self._account.refresh_token if is_new else held.refresh
        following = answer.get("refresh_token")
        return Pair(
            refresh=str(following) if _is_token(following) else spent,  # without a new one the old one goes on
            access=answer["access_token"],
            good_until=now + lasts,
            renew_at=now + lasts - min(EARLY, lasts / 4),
            known=(*held.known, self._setting) if is_new else held.known,
            forced=held.forced,
        )

    def _store(self, spent: str, renewed: Pair, version: int | None, now: datetime) -> None:
        """Put a new pair into the safe, before anybody uses it. Raises Renewing while the database is away.

        Whoever took the safe after our time can only have been refused: what they wrote gives way to the pair. If a
        newer pair lies there, ours is of no use any more.
        """
        try:
            if version is None or not self._safe.put(renewed.to_safe(), version):
                kept = self._safe.read(now)
                while kept is not None and kept.content["refresh"] == spent:
                    if self._safe.put(renewed.to_safe(), kept.version):
                        break
                    kept = self._safe.read(now)
        except Unavailable as error:
            self._unstored = (spent, renewed)
            log.error("new token not stored yet", channel=self._safe.channel)
            raise Renewing(DATABASE_BACK) from error
        self._unstored = None

    def _ask(self, refresh_token: str) -> Mapping[str, Any]:
        """Zalo's new pair for a refresh token. Raises Lost, Misset, Silent."""
        form = {"grant_type": "refresh_token", "app_id": self._account.app_id, "refresh_token": refresh_token}
        headers = {b"secret_key": self._account.app_secret.encode()}
        try:
            answered = self._http.post(self._account.url, data=form, headers=headers)
            answer = json.loads(answered.content)
        except httpx.HTTPError as error:
            raise Silent(type(error).__name__) from None  # these errors hold our secret and our tokens
        except (ValueError, RecursionError):
            raise Silent(f"zalo http {answered.status_code}") from None
        status = answered.status_code
        code = number_of(answer.get("error", 0)) if isinstance(answer, dict) and status < 500 else None
        if code == SPENT:
            raise Lost(LOST)
        if code in MISSET:
            raise Misset(f"zalo {code}")
        if code != 0 or status != 200 or not _is_token(answer.get("access_token")):
            raise Silent(f"zalo {code}" if code else f"zalo http {status}")
        return dict(answer)


def number_of(error: object) -> int | None:
    """Zalo's error number, written as a number or as text; 0 is success. None for what is no such number."""
    written = "" if isinstance(error, bool) else str(error)
    return int(written) if NUMBER.fullmatch(written) else None


def _is_token(text: object) -> bool:
    return isinstance(text, str) and TOKEN.fullmatch(text) is not None


def _lasts(told: object) -> timedelta:
    """How long an access token lasts, by its field `expires_in`, in seconds."""
    try:
        lasts = timedelta(seconds=float(str(told)))
    except (ValueError, OverflowError):
        return LASTS_UNTOLD
    return min(max(lasts, LASTS_AT_LEAST), LASTS_AT_MOST)
