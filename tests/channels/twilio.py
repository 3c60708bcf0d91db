"""Twilio's side: a form, signed with the account's token over the address and every field."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

from twilio.request_validator import RequestValidator

from simulator.settings import Settings
from tests.channels.bench import FORM, Carrier, Knock, Letter, Payload, Told
from tests.channels.simulated import NOWHERE, ONCE, simulated, usual

ACCOUNT, NUMBER = "AC" + "0" * 32, "+15005550006"
WORDS = {"queued": "queued", "sent": "sent", "failed": "undelivered", "delivered": "delivered"}
SIGNS_NO_TIME = "Twilio's signature has no time in it: a repeated request is known by its MessageSid"


class Twilio:
    """SMS through Twilio."""

    name = "twilio"
    lacks: ClassVar[Mapping[str, str]] = {
        "test_an_edited_message_is_let_be": "an SMS cannot be edited",
        "test_what_is_said_in_a_group_is_let_be": "there are no groups",
        "test_our_own_message_that_comes_back_is_let_be": "Twilio sends nobody their own messages",
        "test_a_human_at_the_carriers_own_desk_silences_the_bot": "Twilio has no desk from which people write",
        "test_half_a_letter_does_no_harm": "a form holds UTF-8, in which there is no lone surrogate",
        "test_json_too_deep_to_read_is_refused": "a form has no depth",
        "test_an_old_request_is_refused": SIGNS_NO_TIME,
        "test_a_request_from_the_future_is_refused": SIGNS_NO_TIME,
        "test_the_wait_that_a_carrier_asks_for_is_obeyed": "Twilio's 20429 does not say how long to wait",
    }
    form, proof = FORM, "X-Twilio-Signature"
    answer = ('<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")
    secrets: ClassVar[Mapping[str, str]] = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "bench-token-of-twilio",
        "TWILIO_FROM": NUMBER,
    }
    stranger: ClassVar[Mapping[str, str]] = {**secrets, "TWILIO_AUTH_TOKEN": "token-of-somebody-else"}
    vital = (("MessageSid",), ("From",), ("AccountSid",))
    kinds = ("media",)
    deliveries = ("queued", "sent", "failed", "delivered")
    urls, path = ("TWILIO_API_URL",), ""
    faults = usual("twilio")
    wrong: ClassVar[Mapping[str, str]] = {"TWILIO_AUTH_TOKEN": "not-the-token"}

    def address(self, number: int) -> str:
        """A number in Viet Nam."""
        return f"+8490{number:07}"

    def provider_id(self, number: int) -> str:
        """A sid."""
        return f"SM{number:032x}"

    def tell(self, what: str, number: int, address: str, text: str, at: datetime) -> Letter:
        """The webhook of an incoming message (twilio.com/docs/messaging/guides/webhook-request)."""
        sid = self.provider_id(number)
        form = dict.fromkeys(("MessageSid", "SmsSid", "SmsMessageSid"), sid) | {
            "ToCountry": "US",
            "FromCity": "",
            "NumMedia": "1" if what == "media" else "0",
            "SmsStatus": "received",
            "Body": text,
            "To": NUMBER,
            "AccountSid": ACCOUNT,
            "From": address,
            "ApiVersion": "2010-04-01",
        }
        if what in ("shut", "opened"):
            form["OptOutType"] = "STOP" if what == "shut" else "START"
        if what == "textless":
            del form["Body"]
        return self._report(sid, "teleported", address) if what == "unknown" else Letter(form)

    def report(self, number: int, told: Told, delivery: str, at: datetime) -> Letter:
        """A status callback; our own id stands in its address."""
        return self._report(told.provider_id, WORDS[delivery], told.address, f"m={told.reference}")

    def sign(self, body: bytes, door: str, query: str, at: datetime, secrets: Mapping[str, str]) -> dict[str, str]:
        """The signature, made by Twilio's own library."""
        url = f"{NOWHERE}/webhooks/twilio" + (f"/{door}" if door else "") + (f"?{query}" if query else "")
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return {self.proof: str(RequestValidator(secrets["TWILIO_AUTH_TOKEN"]).compute_signature(url, fields))}

    def forge(self, knock: Knock) -> Iterable[tuple[str, Knock]]:
        """The signature joins names and values without a mark between them."""
        fields = parse_qsl(knock.body.decode(), keep_blank_values=True)
        names = [name for name, _ in fields]
        yield "a field twice", replace(knock, body=knock.body + b"&Body=9")
        yield "every field twice", replace(knock, body=knock.body + b"&" + knock.body)
        yield "a field more", replace(knock, body=knock.body + b"&Zone=7")
        yield "another query", replace(knock, query="x=1")
        yield "two signatures", replace(knock, headers={self.proof: f"{knock.headers[self.proof]},x"})
        moved = sorted(names)[sorted(names).index("MessageSid") + 1]
        given = dict(fields)
        given["MessageSid"] += moved + given.pop(moved)
        yield "a field's name moved into the value before it", replace(knock, body=urlencode(given).encode())

    def open(self) -> AbstractContextManager[Carrier]:
        """The simulated Twilio."""
        settings = Settings(ACCOUNT, self.secrets["TWILIO_AUTH_TOKEN"], NUMBER, "1:none", NOWHERE, port=0, pace=ONCE)
        return simulated(settings, lambda running: (running.twilio, lambda _: None))

    def _report(self, sid: str, word: str, address: str, query: str = "") -> Letter:
        form: Payload = {"SmsSid": sid, "SmsStatus": word, "MessageStatus": word, "MessageSid": sid}
        return Letter(form | {"To": address, "AccountSid": ACCOUNT, "From": NUMBER}, "status", query)


SIDE = Twilio()
