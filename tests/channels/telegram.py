"""Telegram's side: an update in JSON, and the secret that we gave it."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from simulator.settings import Settings
from tests.channels.bench import JSON, Carrier, Knock, Letter, Payload, Told
from tests.channels.simulated import NOWHERE, ONCE, simulated, usual

TOKEN, SECRET = "123456:bench-token-of-the-telegram-bot", "bench-secret_1"
NO_RECEIPTS = "Telegram tells a bot nothing of what became of a message"
NOT_ASKED = "a bot cannot ask what it said"
SIGNS_NOTHING = "Telegram signs nothing: the secret is all there is, and a repeated update is known by its update_id"
FILE = {"file_id": "AwACAgUAAxkB0", "file_unique_id": "A0", "file_size": 9000}
MEDIA: Mapping[str, Payload] = {
    "voice": {"voice": {**FILE, "duration": 3}},
    "photo": {"photo": [{**FILE, "width": 90, "height": 67}]},
    "sticker": {
        "sticker": {**FILE, "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False}
    },
    "location": {"location": {"latitude": 21.0, "longitude": 105.8}},
}


class Telegram:
    """Telegram's Bot API."""

    name = "telegram"
    lacks: ClassVar[Mapping[str, str]] = {
        "test_the_proof_of_another_request_is_none": SIGNS_NOTHING,
        "test_a_changed_byte_of_what_was_signed_is_refused": SIGNS_NOTHING,
        "test_an_old_request_is_refused": SIGNS_NOTHING,
        "test_a_request_from_the_future_is_refused": SIGNS_NOTHING,
        "test_our_own_message_that_comes_back_is_let_be": "a bot is never told of its own messages in a private chat",
        "test_a_human_at_the_carriers_own_desk_silences_the_bot": "nobody else can write in a bot's name",
        "test_a_receipt_raises_the_delivery": NO_RECEIPTS,
        "test_a_receipt_twice_counts_once": NO_RECEIPTS,
        "test_receipts_never_go_backwards": NO_RECEIPTS,
        "test_a_receipt_for_an_unknown_message_is_taken_and_dropped": NO_RECEIPTS,
        "test_a_receipt_for_somebody_erased_is_taken_and_dropped": NO_RECEIPTS,
        "test_a_receipt_settles_what_was_unsure": NO_RECEIPTS,
        "test_a_receipt_of_somebody_else_is_refused": NO_RECEIPTS,
        "test_a_carrier_that_can_be_asked_tells_whether_it_has_the_message": NOT_ASKED,
        "test_a_carrier_that_does_not_answer_a_question_is_silent": NOT_ASKED,
    }
    form, proof = JSON, "X-Telegram-Bot-Api-Secret-Token"
    answer = ("", "text/plain")
    secrets: ClassVar[Mapping[str, str]] = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_SECRET": SECRET}
    stranger: ClassVar[Mapping[str, str]] = {"TELEGRAM_TOKEN": "9:x", "TELEGRAM_SECRET": "secret-of-somebody-else"}
    vital = (("update_id",), ("message",), ("message", "chat"), ("message", "chat", "id"), ("message", "chat", "type"))
    kinds = tuple(MEDIA)
    deliveries = ()
    urls, path = ("TELEGRAM_API_URL",), ""
    faults = usual("telegram")
    wrong: ClassVar[Mapping[str, str]] = {"TELEGRAM_TOKEN": "123456:another-token-that-is-long-enough"}

    def address(self, number: int) -> str:
        """The id of a private chat."""
        return str(4_000_000 + number)

    def provider_id(self, number: int) -> str:
        """A message in a chat."""
        return f"4000001/{number}"

    def tell(self, what: str, number: int, address: str, text: str, at: datetime) -> Letter:
        """An update (core.telegram.org/bots/api#update)."""
        person = {"id": int(address), "is_bot": False, "first_name": "X", "username": "x"}
        chat: Payload = {"id": int(address), "type": "private", "first_name": "X"}
        if what == "group":
            chat = {"id": -int(address), "type": "supergroup", "title": "X"}
        message: Payload = {"message_id": number, "from": person, "chat": chat, "date": int(at.timestamp())}
        update: Payload = {"update_id": 100_000 + number}
        match what:
            case "shut" | "opened":
                bot = {"user": {**person, "id": 123456, "is_bot": True}}
                there, gone = bot | {"status": "member"}, bot | {"status": "kicked", "until_date": 0}
                old, new = (there, gone) if what == "shut" else (gone, there)
                change = {name: message[name] for name in ("chat", "from", "date")}
                update["my_chat_member"] = change | {"old_chat_member": old, "new_chat_member": new}
            case "edited":
                update["edited_message"] = {**message, "text": text, "edit_date": message["date"] + 1}
            case "unknown":
                update["poll_of_the_future"] = {"question": text}
            case "textless":
                update["message"] = message
            case kind if kind in MEDIA:
                update["message"] = message | MEDIA[kind] | ({"caption": text} if text else {})
            case _:
                update["message"] = message | {"text": text}
        return Letter(update)

    def report(self, number: int, told: Told, delivery: str, at: datetime) -> Letter:
        """There are none."""
        raise LookupError(NO_RECEIPTS)

    def sign(self, body: bytes, door: str, query: str, at: datetime, secrets: Mapping[str, str]) -> dict[str, str]:
        """The secret, whatever is sent."""
        return {self.proof: secrets["TELEGRAM_SECRET"]}

    def forge(self, knock: Knock) -> Iterable[tuple[str, Knock]]:
        """The secret, nearly."""
        for secret in (f"{SECRET}x", f"{SECRET},{SECRET}", SECRET.upper(), f"{SECRET}\t", "\xff\xfe", "bí mật"):
            yield secret, replace(knock, headers={self.proof: secret})
        yield "the token instead", replace(knock, headers={self.proof: TOKEN})

    def open(self) -> AbstractContextManager[Carrier]:
        """The simulated Telegram, to whose bot people must write first."""
        settings = Settings("AC", "none", "+1", TOKEN, NOWHERE, port=0, pace=ONCE)
        return simulated(
            settings, lambda running: (running.telegram, lambda chat: running.telegram.text(int(chat), "a"))
        )


SIDE = Telegram()
