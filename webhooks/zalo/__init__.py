"""Zalo Official Account: what people in Viet Nam write from the app that most of them have.

Sources: docs.zaloplatforms.com/docs/OA (webhooks, consultation messages, access tokens, error codes), read through
those who quote it. The webhook is set by hand at developers.zalo.me to PUBLIC_URL/webhooks/zalo. Names, attachments and
whatever a person fills into a form come unasked and are never looked at.
"""

import json
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import httpx
from flask import Request

from config import ConfigError
from storage.channels import Facts, Pace, register
from storage.database import Unavailable
from storage.outbox import Claimed
from webhooks.channel import (
    CarrierSilent,
    Channel,
    Delivery,
    Deployment,
    Halted,
    NotProven,
    is_loopback,
    replace_origin,
)
from webhooks.outcomes import Ending, Outcome, sent
from webhooks.patience import in_time
from webhooks.zalo.events import read_event
from webhooks.zalo.signature import Signatures, parse
from webhooks.zalo.token import DATABASE_BACK, PATH, Account, Lost, Misset, NoToken, Renewing, Tokens, number_of

FACTS = register(
    Facts(
        "zalo",
        medium="zalo",
        contact_kind="zalo",
        limit=2000,
        pace=Pace(a_second=50.0, at_once=50),  # 4,000 calls a minute for the whole application; somewhat below
        window=timedelta(days=7),
    )
)

API, OAUTH = "https://openapi.zalo.me", "https://oauth.zaloapp.com"
SEND = "/v3.0/oa/message/cs"
ACCOUNT = "/v2.0/oa/getoa"  # what our own account is: a question that changes nothing
SIGNED_BY_DEFAULT = "app_id+oa_secret"
PROBE = b"{}"
TIME_OUT = httpx.Timeout(connect=3.0, write=1.0, read=4.5, pool=1.0)
LONGEST_CALL = 9.0  # in seconds, however slowly an answer drips
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

VIET_NAM = timezone(timedelta(hours=7))
MORNING = 6  # o'clock: from then on Zalo takes what it refuses at night
BUSY_SECONDS = 5.0  # the limit is by the minute, and Zalo does not say how much of it is left

OUTCOMES = {
    -32: Outcome.BUSY,
    -100: Outcome.SUSPENDED,
    -201: Outcome.REJECTED,
    -204: Outcome.SUSPENDED,  # the account is deleted
    -205: Outcome.SUSPENDED,  # or does not exist
    -209: Outcome.SUSPENDED,  # the application is not active
    -210: Outcome.REJECTED,  # longer than may be
    -211: Outcome.QUOTA_SPENT,
    -212: Outcome.SUSPENDED,  # this call is not registered for the application
    -213: Outcome.BLOCKED,  # does not follow, or no longer
    -216: Outcome.TOKEN_SPENT,
    -217: Outcome.BLOCKED,
    -218: Outcome.WINDOW_CLOSED,  # has got as much as they may before they write again
    -219: Outcome.SUSPENDED,  # the application was removed
    -220: Outcome.TOKEN_SPENT,
    -221: Outcome.SUSPENDED,  # not verified
    -223: Outcome.QUOTA_SPENT,
    -224: Outcome.SUSPENDED,  # the account's package has no such call
    -227: Outcome.NOBODY_THERE,  # banned, or away for 45 days
    -230: Outcome.WINDOW_CLOSED,
    -232: Outcome.WINDOW_CLOSED,
    -233: Outcome.SUSPENDED,  # this type of message is not allowed
    -234: Outcome.UNTIMELY,
    -240: Outcome.SUSPENDED,  # this call was shut down
    -242: Outcome.UNAUTHORISED,  # wants a proof made with the application's secret
    -244: Outcome.BLOCKED,  # wants no messages of this type
    -248: Outcome.REJECTED,  # the content of this one message: the channel goes on
    -320: Outcome.QUOTA_SPENT,
    -321: Outcome.QUOTA_SPENT,
}
"""Zalo's error numbers, which come with HTTP 200. Source: the page about error codes."""


@dataclass(frozen=True)
class Settings:
    """Zalo's own settings. `signature` lists the variants that ZALO_SIGNATURE believes."""

    app_id: str
    app_secret: str = field(repr=False)
    oa_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    oa_id: str = ""
    signature: str = SIGNED_BY_DEFAULT
    api_url: str = API
    oauth_url: str = OAUTH


def connect(deployment: Deployment) -> Channel | None:
    """The channel, or None while one of its secrets is not set. Raises ConfigError for a wrong ZALO_SIGNATURE."""
    given = deployment.environment
    names = ("ZALO_APP_ID", "ZALO_APP_SECRET", "ZALO_OA_SECRET", "ZALO_REFRESH_TOKEN")
    app_id, app_secret, oa_secret, refresh_token = (given.get(name) for name in names)
    if not (app_id and app_secret and oa_secret and refresh_token):
        return None
    settings = Settings(
        app_id,
        app_secret,
        oa_secret,
        refresh_token,
        oa_id=given.get("ZALO_OA_ID") or "",
        signature=given.get("ZALO_SIGNATURE") or SIGNED_BY_DEFAULT,
        api_url=given.get("ZALO_API_URL") or API,
        oauth_url=given.get("ZALO_OAUTH_URL") or OAUTH,
    )
    try:
        return Zalo(settings, deployment)
    except ValueError as error:
        raise ConfigError(str(error)) from error


class Zalo:
    """One Official Account."""

    facts = FACTS
    plain = False

    def __init__(self, settings: Settings, deployment: Deployment) -> None:
        terms = {name: getattr(settings, name) for name in ("app_id", "oa_id", "oa_secret", "app_secret")}
        self.is_simulated = is_loopback(settings.api_url) and is_loopback(settings.oauth_url)
        self._oa_id, self._now = settings.oa_id, deployment.now
        self._signatures = Signatures(terms, settings.signature)
        self._http = httpx.Client(timeout=TIME_OUT, trust_env=False)
        self._send_to = replace_origin(API + SEND, settings.api_url)
        self._ask_at = replace_origin(API + ACCOUNT, settings.api_url)
        refresh_at = replace_origin(OAUTH + PATH, settings.oauth_url)
        account = Account(settings.app_id, settings.app_secret, settings.refresh_token, refresh_at)
        self._tokens = Tokens(lambda: deployment.safe_of(FACTS.name), account, self._http)

    # What arrives

    def prove(self, request: Request, door: str) -> None:
        """Zalo signs the body, all but one: setting a webhook sends `{}` without a signature, which says nothing."""
        if door:
            raise NotProven
        if request.get_data() != PROBE:
            shown, time = request.headers.get("X-ZEvent-Signature", ""), request.headers.get("X-ZEvent-Timestamp", "")
            self._signatures.prove(request.get_data(), shown, time, self._now())

    def read(self, request: Request, door: str) -> Delivery:
        """One event. Never Unreadable: what was signed and says nothing to us is answered as if it were kept."""
        event = parse(request.get_data())
        return Delivery(read_event(event, self._oa_id) if event else [])

    # What is sent

    def send(self, address: str, message: Claimed, now: datetime) -> Ending:
        """One consultation message. Zalo takes no id of ours for it and cannot be asked: a time-out stays unsure."""
        try:
            token = self._tokens.access(now)
        except (NoToken, Unavailable) as error:
            return _ending_without_token(error)
        text = unicodedata.normalize("NFC", message.text)  # its length is counted so
        body = json.dumps({"recipient": {"user_id": address}, "message": {"text": text}}).encode()
        headers = {"access_token": token, "Content-Type": "application/json"}
        try:
            answered = in_time(lambda: self._http.post(self._send_to, content=body, headers=headers), LONGEST_CALL)
        except NEVER_LEFT as error:
            return Ending(Outcome.UNREACHABLE, type(error).__name__)
        except (httpx.HTTPError, TimeoutError) as error:
            return Ending(Outcome.UNSURE, type(error).__name__)
        ending = read_answer(answered, now)
        if ending.outcome is Outcome.TOKEN_SPENT:
            try:
                self._tokens.renew_refused(token, now)
            except (NoToken, Unavailable) as error:
                return _ending_without_token(error)
        return ending

    def tend(self, now: datetime) -> None:
        """Renew the tokens well before they end, and see whether Zalo answers."""
        try:
            self._tokens.tend(now)
            headers = {"access_token": self._tokens.access(now)}
            answered = in_time(lambda: self._http.get(self._ask_at, headers=headers), LONGEST_CALL)
        except (Lost, Misset) as error:
            raise Halted(_ending_without_token(error)) from error
        except NoToken as error:
            raise CarrierSilent(error.reason) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise CarrierSilent(type(error).__name__) from error
        if answered.status_code >= 500:
            raise CarrierSilent(f"zalo http {answered.status_code}")


def _ending_without_token(error: NoToken | Unavailable) -> Ending:
    match error:
        case Lost() | Misset():
            return Ending(Outcome.UNAUTHORISED, error.reason)
        case Renewing():
            return Ending(Outcome.TOKEN_SPENT, error.reason, seconds=error.seconds)
        case NoToken():
            return Ending(Outcome.UNREACHABLE, error.reason)
    return Ending(Outcome.TOKEN_SPENT, "database", seconds=DATABASE_BACK)


def read_answer(answered: httpx.Response, now: datetime) -> Ending:
    """How a send ended, from an answer whose HTTP status is 200 for most errors too."""
    status = answered.status_code
    try:
        answer = json.loads(answered.content)
    except (ValueError, RecursionError):
        answer = None
    code = number_of(answer.get("error")) if isinstance(answer, dict) and status < 500 else None
    if code == 0:
        data = answer.get("data")
        provider_id = data.get("message_id") if isinstance(data, dict) else None
        return sent(provider_id) if isinstance(provider_id, str) and provider_id else Ending(Outcome.UNSURE, "no id")
    if code is not None:
        return _ending_of(code, now)
    if 400 <= status < 500:
        outcome = {401: Outcome.UNAUTHORISED, 403: Outcome.UNAUTHORISED, 429: Outcome.BUSY}
        refused = outcome.get(status, Outcome.REJECTED)
        return Ending(refused, f"zalo http {status}", seconds=BUSY_SECONDS if refused is Outcome.BUSY else None)
    return Ending(Outcome.UNSURE, f"zalo http {status}")


def _ending_of(code: int, now: datetime) -> Ending:
    outcome, seconds = OUTCOMES.get(code, Outcome.REJECTED), None
    if outcome is Outcome.BUSY:
        seconds = BUSY_SECONDS
    elif outcome is Outcome.UNTIMELY:
        seconds = _seconds_until_morning(now)
    return Ending(outcome, f"zalo {code}", seconds=seconds)


def _seconds_until_morning(now: datetime) -> float:
    here = now.astimezone(VIET_NAM)
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return (morning + timedelta(days=int(morning <= here)) - here).total_seconds()
