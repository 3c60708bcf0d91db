"""SMS through Twilio: messages in and out, receipts, the list of missed messages, redaction of Twilio's copy.

Sources: Twilio's pages on webhook security (the signature), the Message resource, error codes, and connection
overrides. The number's webhook is set by hand in Twilio's console to PUBLIC_URL/webhooks/twilio; ending it in
`#rc=3&rp=all` has Twilio repeat what we could not keep. Whatever it still gives up on, `missed` finds.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import requests
from flask import Request
from requests.exceptions import ConnectionError as ConnectionFailed
from requests.exceptions import ConnectTimeout, RequestException, SSLError
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response as TwilioResponse
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from storage.channels import Facts, register
from storage.inbox import Inbound
from storage.outbox import Claimed
from storage.receipts import Receipt
from webhooks.channel import (
    CarrierSilent,
    Channel,
    Delivery,
    Deployment,
    NotNow,
    NotProven,
    Reach,
    Unreadable,
    is_loopback,
    replace_origin,
)
from webhooks.outcomes import Ending, Outcome, sent
from webhooks.patience import in_time

FACTS = register(
    Facts(
        "twilio",
        medium="sms",
        contact_kind="tel",
        limit=1600,
        traces_sent=True,
        lists_received=True,
        keeps_copies=True,
    )
)

API = "https://api.twilio.com"
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

DELIVERIES = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
    "delivered": "delivered",
    "read": "read",
}

OUTCOMES = {
    20003: Outcome.UNAUTHORISED,
    20005: Outcome.SUSPENDED,  # account not active
    20429: Outcome.BUSY,
    21211: Outcome.NOBODY_THERE,  # not a number
    21408: Outcome.NOBODY_THERE,  # their country is not switched on: that stops nobody else
    21610: Outcome.BLOCKED,  # opted out
    21611: Outcome.BUSY,  # the sender's queue is full
    21612: Outcome.NOBODY_THERE,  # no route from our number to theirs
    21614: Outcome.NOBODY_THERE,  # not a mobile number
    21635: Outcome.NOBODY_THERE,  # a landline
    30001: Outcome.BUSY,
    30002: Outcome.SUSPENDED,
    30003: Outcome.NOBODY_THERE,
    30004: Outcome.BLOCKED,
    30005: Outcome.NOBODY_THERE,
    30006: Outcome.NOBODY_THERE,
    63017: Outcome.BUSY,
    63018: Outcome.BUSY,
}
"""Twilio's error numbers that mean more than their HTTP status. Source: twilio.com/docs/api/errors."""

BUSY_SECONDS = 5.0

UNREADABLE = (TwilioException, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What twilio's client raises for an answer that is none: the message may have been taken all the same."""
SHORTEST_VALIDITY, LONGEST_VALIDITY, FAREWELL_VALIDITY = 10, 600, 45
"""How long Twilio may go on trying, in seconds: what comes later may be read by somebody else."""

SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
ERROR_CODE = re.compile(r"[0-9]{1,6}")
TIME_OUT_SECONDS = 5.0
LONGEST_CALL, LONGEST_QUESTION = 10.0, 20.0  # a list may have many pages
CLOCK_DIFFERENCE = timedelta(minutes=2)
PAGE = 200

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """Twilio's own settings. `sender` is a number, or a messaging service (MG...)."""

    account: str
    token: str = field(repr=False)
    sender: str
    api_url: str
    public_url: str
    plain: bool = False


def connect(deployment: Deployment) -> Channel | None:
    """The channel, or None while one of its secrets is not set."""
    given = deployment.environment
    account, token, sender = (given.get(f"TWILIO_{name}") for name in ("ACCOUNT_SID", "AUTH_TOKEN", "FROM"))
    if not (account and token and sender):
        return None
    api_url, plain = given.get("TWILIO_API_URL") or API, given.get("TWILIO_PLAIN") == "1"
    return Twilio(Settings(account, token, sender, api_url, deployment.public_url, plain))


class Twilio:
    """One Twilio account and its number."""

    facts = FACTS

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.is_simulated = is_loopback(settings.api_url)
        self.plain = settings.plain
        self._validator = RequestValidator(settings.token)
        http = _ClientAt(settings.api_url)
        self._client = Client(settings.account, settings.token, http_client=http)

    # What arrives

    def prove(self, request: Request, door: str) -> None:
        """Twilio signs the address it was given and every form field with the account's token."""
        if door not in ("", "status"):
            raise NotProven
        query = request.query_string.decode("latin-1")
        url = self._settings.public_url + request.path + (f"?{query}" if query else "")
        if any(len(values) > 1 for values in request.form.listvalues()):
            raise NotProven  # Twilio sends each field once, and the signature would not tell two from one
        if not self._validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
            raise NotProven

    def read(self, request: Request, door: str) -> Delivery:
        """A message or a receipt, from Twilio's form fields."""
        if door == "status":
            return Delivery([_read_receipt(request)])
        _demand_sid(request.form)
        if not request.form.get("From") or request.form.get("AccountSid") != self._settings.account:
            raise Unreadable
        return Delivery(list(_read_events(request.form)), EMPTY_TWIML, "text/xml")

    # What is sent

    def send(self, address: str, message: Claimed, now: datetime) -> Ending:
        """One SMS. Our own id travels in the receipts' address, so that a receipt can settle what was unsure."""
        left = (message.stale_at - now).total_seconds() if message.stale_at else FAREWELL_VALIDITY
        sender = self._settings.sender
        origin = {"messaging_service_sid": sender} if sender.startswith("MG") else {"from_": sender}
        try:
            create = partial(
                self._client.messages.create,
                to=address,
                body=message.text,
                validity_period=max(SHORTEST_VALIDITY, min(int(left), LONGEST_VALIDITY)),
                status_callback=f"{self._settings.public_url}/webhooks/twilio/status?m={message.id}",
                **origin,
            )
            made = in_time(create, LONGEST_CALL)
        except TwilioRestException as error:
            return _ending_of(error)
        except RequestException as error:
            return _ending_of_network(error)
        except (TimeoutError, *UNREADABLE) as error:
            return Ending(Outcome.UNSURE, type(error).__name__)
        return sent(made.sid) if SID.fullmatch(str(made.sid)) else Ending(Outcome.UNSURE, "no sid")

    def tend(self, now: datetime) -> None:
        """Nothing: the number's webhook is set in Twilio's console."""

    # What Twilio can be asked

    def missed(self, since: datetime) -> Iterable[Inbound]:
        """Every message people sent us since then, oldest first, from Twilio's own list."""
        number = {} if self._settings.sender.startswith("MG") else {"to": self._settings.sender}
        listed = self._ask(lambda: self._client.messages.list(date_sent_after=since, page_size=PAGE, **number))
        incoming = [message for message in listed if message.direction == "inbound"]
        for message in sorted(incoming, key=_written_at):
            if not message.from_ or not SID.fullmatch(message.sid):
                continue
            yield Inbound(
                provider_id=message.sid,
                address=message.from_,
                text=message.body or "",
                kind="media" if int(message.num_media or 0) and not message.body else "text",
                written_at=_written_at(message),
                copy_id=message.sid,
            )

    def find(self, address: str, message: Claimed) -> Iterable[str]:
        """The ids of messages to this address: those with this very text first, then those made since it was claimed.

        Twilio may have changed the text (a trial's prefix, its smart encoding), so the text alone does not decide.
        """
        since = message.claimed_at - CLOCK_DIFFERENCE
        listed = self._ask(lambda: self._client.messages.list(to=address, date_sent_after=since, page_size=PAGE))
        ours = [sent for sent in listed if sent.direction != "inbound"]
        exact = [sent.sid for sent in ours if sent.body == message.text]
        made = message.claimed_at.replace(microsecond=0)  # Twilio tells times to the second
        return exact + [sent.sid for sent in ours if sent.sid not in exact and sent.date_created >= made]

    def drop_copy(self, action: str, provider_id: str) -> None:
        """Empty the body of Twilio's record, or delete the record; done as well when there is none."""
        record = self._client.messages(provider_id)
        try:
            self._ask(record.delete if action == "delete" else lambda: record.update(body=""))
        except CarrierSilent as error:
            cause = error.__cause__
            status = cause.status if isinstance(cause, TwilioRestException) else None
            if status is None or status >= 500 or status in (401, 403, 429):
                raise
            if status != 404:
                raise NotNow(str(status)) from error  # still on its way: Twilio redacts only what has ended

    @staticmethod
    def _ask(question: Callable[[], T]) -> T:
        try:
            return in_time(question, LONGEST_QUESTION)
        except (RequestException, TimeoutError, *UNREADABLE) as error:
            raise CarrierSilent(type(error).__name__) from error


class _ClientAt(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Twilio's HTTP client at another scheme and host, with a time-out. Connections are kept, nothing is retried."""

    def __init__(self, origin: str) -> None:
        super().__init__(timeout=TIME_OUT_SECONDS)
        self._origin = origin
        if self.session is not None:
            self.session.trust_env = False
            for scheme in ("https://", "http://"):
                self.session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=32))

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> TwilioResponse:
        return super().request(method, replace_origin(url, self._origin), *args, **kwargs)


def _read_events(form: Mapping[str, str]) -> Iterator[Inbound | Reach]:
    opt_out = form.get("OptOutType", "")
    if opt_out in ("STOP", "START"):
        # Twilio has answered such a word itself and, after STOP, refuses whatever we would say
        yield Reach(form["MessageSid"], form["From"], opt_out == "START", stopped=opt_out == "STOP")
        return
    text = form.get("Body", "")
    has_media = form.get("NumMedia", "0") not in ("", "0")
    sid = form["MessageSid"]
    yield Inbound(sid, form["From"], text, kind="media" if has_media and not text else "text", copy_id=sid)


def _read_receipt(request: Request) -> Receipt:
    delivery = DELIVERIES.get(request.form.get("MessageStatus", ""))
    sid = _demand_sid(request.form)
    if delivery is None:
        raise Unreadable
    try:
        reference = UUID(request.args["m"]) if "m" in request.args else None
    except ValueError as error:
        raise Unreadable from error
    code = request.form.get("ErrorCode", "")
    return Receipt(delivery, reference=reference, provider_id=sid, error=code if ERROR_CODE.fullmatch(code) else None)


def _demand_sid(form: Mapping[str, str]) -> str:
    """The message's sid, in Twilio's own form.

    The signature joins names and values without a mark between them, so a field's name can be moved into the value
    before it: a longer sid would be a new message under an old signature.
    """
    sid = form.get("MessageSid", "")
    if not SID.fullmatch(sid):
        raise Unreadable
    return sid


def _written_at(message: Any) -> datetime:
    written: datetime = message.date_sent or message.date_created
    return written


def _ending_of(error: TwilioRestException) -> Ending:
    reason = f"twilio {error.code or error.status}"
    if error.code in OUTCOMES:
        outcome = OUTCOMES[error.code]
        return Ending(outcome, reason, seconds=BUSY_SECONDS if outcome is Outcome.BUSY else None)
    if error.status == 429:
        return Ending(Outcome.BUSY, reason, seconds=BUSY_SECONDS)
    if error.status in (401, 403):
        return Ending(Outcome.UNAUTHORISED, reason)
    if error.status >= 500:
        return Ending(Outcome.UNSURE, reason)  # Twilio's page on error 20500: sending again may deliver twice
    return Ending(Outcome.REJECTED, reason)


def _ending_of_network(error: RequestException) -> Ending:
    inner = getattr(error.args[0], "reason", None) if error.args else None
    unreachable = isinstance(inner, NewConnectionError | ConnectTimeoutError)
    if isinstance(error, ConnectTimeout | SSLError) or (isinstance(error, ConnectionFailed) and unreachable):
        return Ending(Outcome.UNREACHABLE, type(error).__name__)
    return Ending(Outcome.UNSURE, type(error).__name__)
