"""SMS through a telephone of our own, with the SMSGate app: two-way SMS inside Viet Nam without a short code.

Sources: docs.sms-gate.app (webhooks, sending messages, status tracking, errors) and, for what they leave open, the app
and its server (github.com/capcom6/android-sms-gateway, github.com/android-sms-gateway/server). Each of the events
sms:received, sms:sent, sms:delivered and sms:failed is registered once, by hand, for PUBLIC_URL/webhooks/smsgate. A
message that we could not keep comes again for two days; there is no list of what came in.
"""

import hashlib
import hmac
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import structlog
from flask import Request

from config import ConfigError
from storage.channels import Facts, Pace, register
from storage.outbox import Claimed
from webhooks.channel import CarrierSilent, Channel, Delivery, Deployment, NotProven, is_loopback
from webhooks.outcomes import Ending, Outcome, sent
from webhooks.patience import in_time
from webhooks.smsgate.events import read_event

MESSAGES_A_MINUTE, AT_ONCE = 7.0, 3
"""Android lets an app send 30 parts a minute (SmsUsageMonitor, AOSP) and then asks whoever looks at the screen: nobody,
here. Seven messages a minute and three at once are ten in the worst minute, of three parts each."""

FACTS = register(
    Facts(
        "smsgate",
        medium="sms",
        contact_kind="tel",
        limit=670,  # ten parts in UCS-2: a third of what Android lets out in a minute
        traces_sent=True,
        lists_received=False,  # the app can send its inbox through the webhook again, but answers with no list
        keeps_copies=False,  # the telephone keeps some, and no call deletes them: its owner has them deleted in the app
    )
)

TIMESTAMP = re.compile(r"[0-9]{10}")  # of ten digits until 2286: none can be moved between it and the body's end
CLOCK_DIFFERENCE = timedelta(minutes=5)

OUTCOMES = {
    400: Outcome.REJECTED,
    401: Outcome.UNAUTHORISED,
    403: Outcome.UNAUTHORISED,
    404: Outcome.UNAUTHORISED,  # nothing of SMSGate is at SMSGATE_URL
    405: Outcome.UNAUTHORISED,
    408: Outcome.UNREACHABLE,  # the request did not arrive as a whole
    413: Outcome.REJECTED,
    429: Outcome.BUSY,
    503: Outcome.UNREACHABLE,  # nobody behind the proxy; of the server itself: the telephone is off, and its queue full
}
"""What an HTTP status means; 409 stands in `_ending_of`, a redirect is a wrong SMSGATE_URL, any other 5xx unsure."""

BAD_NUMBER = b"can't use phone"  # how the server begins when it is only the number that it refuses
URGENT_PRIORITY, PRIORITY, LOWEST_PRIORITY = 127, 99, -128
BYPASSING = 100
"""From this priority on neither the app's pauses nor its limits hold."""

SHORTEST_VALIDITY, LONGEST_VALIDITY, FAREWELL_VALIDITY = 5, 600, 45
"""How long the telephone may go on trying, in seconds: what comes later may be read by somebody else."""

BUSY_SECONDS = 5.0
TIME_OUTS = httpx.Timeout(connect=3.0, write=1.5, read=4.0, pool=1.0)
LONGEST_CALL = 9.0
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
FAILED = (httpx.HTTPError, httpx.InvalidURL, TimeoutError)
MISSET = (httpx.UnsupportedProtocol, httpx.InvalidURL)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Settings:
    """The telephone's own settings. `a_minute` is how many messages it may send."""

    url: str
    user: str
    password: str = field(repr=False)
    signing_key: str = field(repr=False)
    a_minute: float = MESSAGES_A_MINUTE
    plain: bool = False


def connect(deployment: Deployment) -> Channel | None:
    """The channel, or None while one of its secrets is not set. Raises ConfigError."""
    given = deployment.environment
    url, user, password, key = (given.get(f"SMSGATE_{name}") for name in ("URL", "USER", "PASSWORD", "SIGNING_KEY"))
    if not (url and user and password and key):
        return None
    a_minute = _read_pace(given.get("SMSGATE_PACE") or str(MESSAGES_A_MINUTE))
    settings = Settings(_read_url(url), user, password, key, a_minute, given.get("SMSGATE_PLAIN") == "1")
    return Smsgate(settings, deployment.now)


class Smsgate:
    """One telephone, at whichever server of SMSGate it can be reached."""

    def __init__(self, settings: Settings, now: Callable[[], datetime]) -> None:
        self._settings, self._now, self._order = settings, now, _Order()
        # The pace is this telephone's, not the channel's: the bot in a terminal has the same facts and waits for nobody
        self.facts = replace(FACTS, pace=Pace(a_second=settings.a_minute / 60, at_once=AT_ONCE))
        self.is_simulated = is_loopback(settings.url)
        self.plain = settings.plain
        self._http = httpx.Client(
            auth=httpx.BasicAuth(settings.user, settings.password),
            timeout=TIME_OUTS,
            limits=httpx.Limits(max_connections=32),
            trust_env=False,
        )

    # What arrives

    def prove(self, request: Request, door: str) -> None:
        """The telephone signs the body and the moment of each try with the key that stands in its settings."""
        shown, timestamp = request.headers.get("X-Signature", ""), request.headers.get("X-Timestamp", "")
        if door or not TIMESTAMP.fullmatch(timestamp):
            raise NotProven
        signed = request.get_data() + timestamp.encode()
        expected = hmac.new(self._settings.signing_key.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(shown.encode(), expected.encode()):
            raise NotProven
        if abs(self._now().timestamp() - int(timestamp)) > CLOCK_DIFFERENCE.total_seconds():
            log.warning("signed at another time", channel=FACTS.name)  # a telephone whose clock is wrong, or a replay
            raise NotProven

    def read(self, request: Request, door: str) -> Delivery:
        """One event of the telephone: a message, a receipt, or something else that happened to it."""
        return Delivery(read_event(request.get_data(), self._now(), self.plain))

    # What is sent

    def send(self, address: str, message: Claimed, now: datetime) -> Ending:
        """One SMS under our own id: the same id again is refused with 409, or passed over, and never sent twice."""
        left = (message.stale_at - now).total_seconds() if message.stale_at else FAREWELL_VALIDITY
        asked = {
            "id": str(message.id),
            "textMessage": {"text": message.text},
            "phoneNumbers": [address],
            "ttl": max(SHORTEST_VALIDITY, min(int(left), LONGEST_VALIDITY)),
            "withDeliveryReport": True,
            "priority": self._order.take(message, now),
        }
        # They wrote from this number: the server's own list of what is a number can only be wrong about it
        question = {"skipPhoneValidation": "true"}
        try:
            answer = self._ask("POST", "/message", json=asked, params=question)
        except FAILED as error:
            return _ending_of_network(error)
        except UnicodeError as error:  # half a letter: no JSON can hold it
            return Ending(Outcome.REJECTED, type(error).__name__)
        return _ending_of(answer, str(message.id))

    def tend(self, now: datetime) -> None:
        """Nothing: the webhooks are registered by hand, once."""

    # What the telephone can be asked

    def find(self, address: str, message: Claimed) -> Iterable[str]:
        """The message's own id, when the server has it: it was taken under that id or never."""
        try:
            answer = self._ask("GET", f"/message/{message.id}")
        except FAILED as error:
            raise CarrierSilent(type(error).__name__) from error
        if answer.status_code == 404:
            return []
        if answer.status_code != 200 or _id_in(answer) != str(message.id):
            raise CarrierSilent(f"smsgate {answer.status_code}")
        return [str(message.id)]

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        call = partial(self._http.request, method, self._settings.url + path, **content)
        return in_time(call, LONGEST_CALL)


class _Order:
    """Has the telephone send the messages of a conversation in the order in which they were said.

    Of the messages that wait on it with the same priority the app sends the newest first, unless that is changed in its
    settings. So each one gets a lower priority than the one before it, which may wait for as long as it is valid.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[tuple[UUID, bool], tuple[int, datetime]] = {}

    def take(self, message: Claimed, now: datetime) -> int:
        """The priority of a message; urgent ones pass all others, and the app's own pauses."""
        is_urgent = message.kind == "urgent"
        first, last = (URGENT_PRIORITY, BYPASSING) if is_urgent else (PRIORITY, LOWEST_PRIORITY)
        with self._lock:
            over = now - timedelta(seconds=LONGEST_VALIDITY)
            self._last = {talk: taken for talk, taken in self._last.items() if taken[1] > over}
            talk = (message.conversation_id, is_urgent)
            before = self._last.get(talk)
            priority = first if before is None else max(before[0] - 1, last)
            self._last[talk] = priority, now
        return priority


def _ending_of(answer: httpx.Response, asked: str) -> Ending:
    """How a send ended, as the server tells; that it was taken, only when it names our own id."""
    status = answer.status_code
    reason = f"smsgate {status}"
    if status == 409:
        return sent(asked)  # it has it from an earlier try
    if 200 <= status < 300:
        return sent(asked) if _id_in(answer) == asked else Ending(Outcome.UNSURE, reason)
    if status == 400 and BAD_NUMBER in answer.content:
        return Ending(Outcome.NOBODY_THERE, reason)
    if status in OUTCOMES:
        outcome = OUTCOMES[status]
        return Ending(outcome, reason, seconds=_seconds_in(answer) if outcome is Outcome.BUSY else None)
    if status >= 500:
        return Ending(Outcome.UNSURE, reason)
    return Ending(Outcome.UNAUTHORISED if status < 400 else Outcome.REJECTED, reason)


def _ending_of_network(error: Exception) -> Ending:
    reason = type(error).__name__
    if isinstance(error, MISSET):
        return Ending(Outcome.UNAUTHORISED, reason)
    return Ending(Outcome.UNREACHABLE if isinstance(error, NEVER_LEFT) else Outcome.UNSURE, reason)


def _id_in(answer: httpx.Response) -> str:
    """The message that an answer names, or nothing."""
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        return ""
    return str(told.get("id", "")) if isinstance(told, dict) else ""


def _seconds_in(answer: httpx.Response) -> float:
    told = answer.headers.get("Retry-After", "")
    return float(told) if re.fullmatch(r"[0-9]{1,6}", told) else BUSY_SECONDS


def _read_url(url: str) -> str:
    """SMSGATE_URL without the stroke at its end. Raises ConfigError."""
    try:
        parts = urlsplit(url)
        host, is_whole = parts.hostname or "", bool(parts.hostname) and parts.port != 0
    except ValueError:
        host, is_whole = "", False
    more = (parts.username, parts.password, parts.query, parts.fragment) if is_whole else ("?",)
    if not is_whole or any(more) or parts.scheme not in ("https", "http"):
        raise ConfigError("SMSGATE_URL must be like https://api.sms-gate.app/3rdparty/v1")
    if parts.scheme == "http" and not _is_near(host):
        raise ConfigError("SMSGATE_URL must be https:// beyond your own network: what people write travels there")
    return url.rstrip("/")


def _is_near(host: str) -> bool:
    """Whether a host is in a network of our own, as the app's own server is, which speaks no TLS."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal", ".home.arpa"))


def _read_pace(told: str) -> float:
    """SMSGATE_PACE, messages a minute. Raises ConfigError."""
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,2})?", told) or not float(told):
        raise ConfigError("SMSGATE_PACE must be how many messages the telephone may send a minute, such as 7")
    return float(told)
