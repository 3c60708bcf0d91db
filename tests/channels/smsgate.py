"""SMSGate's side: events in JSON, signed by HMAC-SHA256 over the body and the second of each try."""

import hashlib
import hmac
import zlib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from simulator.settings import Settings, SmsgatePhone
from simulator.smsgate import events
from tests.channels.bench import JSON, Carrier, Knock, Letter, Payload, Told
from tests.channels.simulated import NOWHERE, ONCE, simulated, usual

PHONE = SmsgatePhone("bench-user", "bench-password-1", "bench-signing-key")
NO_DOOR = "an SMS has no door that people shut: they write STOP, which is read as words"


class Smsgate:
    """SMS through a telephone of our own."""

    name = "smsgate"
    lacks: ClassVar[Mapping[str, str]] = {
        "test_an_edited_message_is_let_be": "an SMS cannot be edited",
        "test_what_is_said_in_a_group_is_let_be": "there are no groups",
        "test_our_own_message_that_comes_back_is_let_be": "the telephone does not tell of what it sends as if received",
        "test_a_human_at_the_carriers_own_desk_silences_the_bot": "what somebody types on the telephone is not told",
        "test_words_under_a_picture_are_kept": "an MMS is told of without anything that is in it",
        "test_who_shuts_the_door_is_written_to_no_more": NO_DOOR,
        "test_who_opens_the_door_again_can_be_written_to": NO_DOOR,
        "test_who_writes_after_shutting_the_door_is_answered": NO_DOOR,
        "test_the_news_of_a_shut_door_twice_counts_once": NO_DOOR,
        "test_a_stranger_who_opens_or_shuts_the_door_is_not_made_known": NO_DOOR,
        "test_a_text_beyond_the_limit_is_refused_and_only_that": "the limit is ours: the telephone cuts what is longer",
    }
    form, proof = JSON, "X-Signature"
    answer = ("", "text/plain")
    secrets: ClassVar[Mapping[str, str]] = {
        "SMSGATE_USER": PHONE.user,
        "SMSGATE_PASSWORD": PHONE.password,
        "SMSGATE_SIGNING_KEY": PHONE.signing_key,
        "SMSGATE_PACE": "9000",  # a telephone is slow; the bench is not
    }
    stranger: ClassVar[Mapping[str, str]] = {**secrets, "SMSGATE_SIGNING_KEY": "key-of-another-telephone"}
    vital = (("event",), ("id",), ("payload",), ("payload", "message"))
    kinds = ("mms",)
    deliveries = ("sent", "failed", "delivered")
    urls, path = ("SMSGATE_URL",), "/3rdparty/v1"
    faults = usual("smsgate")
    wrong: ClassVar[Mapping[str, str]] = {"SMSGATE_PASSWORD": "not-the-password"}

    def address(self, number: int) -> str:
        """A number in Viet Nam, of another row than Twilio's: both carriers' people are one kind of contact."""
        return f"+8491{number:07}"

    def provider_id(self, number: int) -> str:
        """An id that was not ours."""
        return f"other-{number}"

    def tell(self, what: str, number: int, address: str, text: str, at: datetime) -> Letter:
        """An event of the telephone. The messageId is a hash and may be that of another message: here it often is."""
        received_at = at - timedelta(seconds=60 - number % 60)  # the same text never twice in one second
        content = f"{zlib.crc32(text.encode(errors='surrogatepass')):08x}"
        payload: Payload = events.received(address, PHONE.number, "", received_at)
        payload |= {"message": text, "messageId": content}
        event = "sms:received"
        match what:
            case "mms":
                event, payload = "mms:received", {k: v for k, v in payload.items() if k != "message"} | {"size": 9000}
            case "textless":
                del payload["message"]
            case "unknown":
                event = "sms:dreamt"
        return self._letter(event, number, payload)

    def report(self, number: int, told: Told, delivery: str, at: datetime) -> Letter:
        """sms:sent, sms:delivered, sms:failed; the message is named by the id that we gave it."""
        more: Payload = {f"{delivery}At": events.local(at)} | ({"partsCount": 1} if delivery == "sent" else {})
        more |= {"reason": "Send result: RESULT_ERROR_GENERIC_FAILURE"} if delivery == "failed" else {}
        payload = events.outgoing(str(told.reference), told.address, PHONE.number, **more)
        return self._letter(f"sms:{delivery}", number, payload)

    def sign(self, body: bytes, door: str, query: str, at: datetime, secrets: Mapping[str, str]) -> dict[str, str]:
        """Both headers."""
        made = events.headers(secrets["SMSGATE_SIGNING_KEY"], body, at)
        return {name: made[name] for name in ("X-Timestamp", "X-Signature")}

    def forge(self, knock: Knock) -> Iterable[tuple[str, Knock]]:
        """Body and time are joined without a mark between them."""
        time, shown = knock.headers["X-Timestamp"], knock.headers[self.proof]

        def at(told: str, body: bytes = knock.body) -> Knock:
            return replace(knock, body=body, headers={"X-Timestamp": told, self.proof: shown})

        yield "a second later", at(str(int(time) + 1))
        yield "the first digit moved into the body", at(time[1:], knock.body + time[:1].encode())
        yield "the whole time moved into the body", at("", knock.body + time.encode())
        yield "a plus", at(f"+{time}")
        yield "a blank", at(f" {time}")
        yield "other digits", at("".join(chr(0x0660 + int(digit)) for digit in time))
        yield "no time", replace(knock, headers={self.proof: shown})
        yield "capitals", replace(knock, headers={**knock.headers, self.proof: shown.upper()})
        yield "a prefix", replace(knock, headers={**knock.headers, self.proof: f"sha256={shown}"})
        plain = hashlib.sha256(PHONE.signing_key.encode() + knock.body + time.encode()).hexdigest()
        yield "a digest without HMAC", replace(knock, headers={**knock.headers, self.proof: plain})
        empty = hmac.new(b"", knock.body + time.encode(), hashlib.sha256).hexdigest()
        yield "an empty key", replace(knock, headers={**knock.headers, self.proof: empty})

    def open(self) -> AbstractContextManager[Carrier]:
        """The simulated telephone."""
        settings = Settings("AC", "none", "+1", "1:none", NOWHERE, port=0, pace=ONCE, smsgate=PHONE)
        return simulated(settings, lambda running: (running.smsgate, lambda _: None))

    def _letter(self, event: str, number: int, payload: Payload) -> Letter:
        told = {"deviceId": PHONE.device_id, "event": event, "id": f"event-of-the-bench-{number}", "payload": payload}
        return Letter({**told, "webhookId": "w1"})


SIDE = Smsgate()
