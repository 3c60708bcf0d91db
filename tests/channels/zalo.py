"""Zalo's side: events in JSON, signed by a plain SHA-256 over application, body, time and the account's secret."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from simulator.settings import Settings, ZaloAccount
from simulator.zalo import events
from tests.channels.bench import JSON, Carrier, Knock, Letter, Payload, Told
from tests.channels.simulated import NOWHERE, ONCE, simulated, usual

ACCOUNT = ZaloAccount("3141592653589793238", "bench-app-secret", "bench-oa-secret-1", "bench-refresh-token-of-zalo")
NOT_ASKED = "Zalo cannot be asked about a message, and takes no id of ours for it"


class Zalo:
    """A Zalo Official Account."""

    name = "zalo"
    lacks: ClassVar[Mapping[str, str]] = {
        "test_an_edited_message_is_let_be": "messages to an Official Account cannot be edited",
        "test_a_receipt_settles_what_was_unsure": "receipts name Zalo's id, which an unsure send never learnt",
        "test_the_wait_that_a_carrier_asks_for_is_obeyed": "Zalo's -32 does not say how long to wait",
        "test_a_carrier_that_can_be_asked_tells_whether_it_has_the_message": NOT_ASKED,
        "test_a_carrier_that_does_not_answer_a_question_is_silent": NOT_ASKED,
    }
    form, proof = JSON, "X-ZEvent-Signature"
    answer = ("", "text/plain")
    secrets: ClassVar[Mapping[str, str]] = {
        "ZALO_APP_ID": ACCOUNT.app_id,
        "ZALO_APP_SECRET": ACCOUNT.app_secret,
        "ZALO_OA_SECRET": ACCOUNT.oa_secret,
        "ZALO_REFRESH_TOKEN": ACCOUNT.refresh_token,
    }
    stranger: ClassVar[Mapping[str, str]] = {**secrets, "ZALO_OA_SECRET": "secret-of-another-account"}
    vital = (("event_name",), ("sender",), ("sender", "id"), ("timestamp",), ("message",), ("message", "text"))
    kinds = events.MEDIA_KINDS
    deliveries = ("delivered", "read")
    urls, path = ("ZALO_API_URL", "ZALO_OAUTH_URL"), ""
    faults = usual("zalo")
    wrong: ClassVar[Mapping[str, str]] = {"ZALO_APP_SECRET": "not-the-secret"}

    def address(self, number: int) -> str:
        """A person's id, larger than 2^53."""
        return str(7_000_000_000_000_000_000 + number)

    def provider_id(self, number: int) -> str:
        """A message's id."""
        return f"{number:020x}"

    def tell(self, what: str, number: int, address: str, text: str, at: datetime) -> Letter:
        """An event, as the simulator spells it."""
        message: Payload = {"msg_id": self.provider_id(number), "text": text}
        match what:
            case "shut" | "opened":
                name = "unfollow" if what == "shut" else "follow"
                event = events.membership(ACCOUNT, address, name, at)
                event["timestamp"] = str(int(events.milliseconds(at)) + number)  # it has no other id
            case "echo" | "desk":
                admin = "4567891234567891234" if what == "desk" else None
                event = events.to_person(ACCOUNT, address, "oa_send_text", at, admin, message=message)
            case "group":
                group = {"recipient": {"id": "99"}, "message": message}
                event = events.from_person(ACCOUNT, address, "user_send_group_text", at) | group
            case "unknown":
                event = events.from_person(ACCOUNT, address, "user_dreamt_of_us", at, message=message)
            case "textless":
                del message["text"]
                event = events.from_person(ACCOUNT, address, "user_send_text", at, message=message)
            case kind if kind in events.MEDIA_KINDS:
                if not text:
                    del message["text"]
                message["attachments"] = [events.attachment(kind, "0")]
                event = events.from_person(ACCOUNT, address, f"user_send_{kind}", at, message=message)
            case _:
                event = events.from_person(ACCOUNT, address, "user_send_text", at, message=message)
        return Letter(event)

    def report(self, number: int, told: Told, delivery: str, at: datetime) -> Letter:
        """user_received_message, or user_seen_message with its list of ids."""
        seen = {"msg_ids": [told.provider_id], "msg_id": told.provider_id}
        got = {"msg_id": told.provider_id, "delivery_time": events.milliseconds(at)}
        name, part = ("user_seen_message", seen) if delivery == "read" else ("user_received_message", got)
        return Letter(events.to_person(ACCOUNT, told.address, name, at, message=part))

    def sign(self, body: bytes, door: str, query: str, at: datetime, secrets: Mapping[str, str]) -> dict[str, str]:
        """The digest, over the time that the body names."""
        try:
            event = json.loads(body)
            time = str(event.get("timestamp", "")) if isinstance(event, dict) else ""
        except (ValueError, RecursionError):
            time = ""
        signed = secrets["ZALO_APP_ID"].encode() + body + time.encode("utf-8", "replace")
        return {self.proof: "mac=" + hashlib.sha256(signed + secrets["ZALO_OA_SECRET"].encode()).hexdigest()}

    def forge(self, knock: Knock) -> Iterable[tuple[str, Knock]]:
        """What a plain digest over joined terms might let through."""
        time = str(json.loads(knock.body)["timestamp"])
        shown = knock.headers[self.proof]
        yield (
            "the time moved by a millisecond",
            replace(knock, body=knock.body.replace(time.encode(), str(int(time) + 1).encode())),
        )
        yield "the time moved to the body's end", replace(knock, body=knock.body + time.encode())
        yield "a blank behind the body", replace(knock, body=knock.body + b" ")
        yield "capitals", replace(knock, headers={self.proof: shown.upper()})
        yield "two prefixes", replace(knock, headers={self.proof: f"sha256={shown}"})
        yield "an unsigned probe with more in it", replace(knock, body=b'{"event_name":"user_send_text"}', headers={})
        signed = knock.body + time.encode()
        made = hmac.new(ACCOUNT.oa_secret.encode(), signed, hashlib.sha256).hexdigest()
        yield "an HMAC", replace(knock, headers={self.proof: f"mac={made}"})
        keyless = hashlib.sha256(ACCOUNT.app_id.encode() + signed).hexdigest()
        yield "no secret", replace(knock, headers={self.proof: f"mac={keyless}"})

    def open(self) -> AbstractContextManager[Carrier]:
        """The simulated Zalo, whose account people must have written to."""
        settings = Settings("AC", "none", "+1", "1:none", NOWHERE, port=0, pace=ONCE, zalo=ACCOUNT)
        return simulated(settings, lambda running: (running.zalo, lambda person: running.zalo.text(person, "a")))


SIDE = Zalo()
