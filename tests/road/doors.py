"""The application without a server around it, knocked at byte for byte; recorded payloads, and signatures over them."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

from flask import Flask
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

import app as application
from config import Config
from storage import migrations
from storage.database import Database
from storage.models import InboxMessage, Seen
from tests.road.books import Books, open_books
from tests.road.line import MASTER_KEY, TWILIO_FROM

PUBLIC_URL, TOKEN, SECRET, NUMBER = "https://help.example.org", "doors-token", "doors-secret_1", "+84912345678"
OTHER = "+84912345679"
SMS, STATUS, TELEGRAM = "/webhooks/twilio", "/webhooks/twilio/status", "/webhooks/telegram"
MASKS = (0x01, 0x80)

FORM = {
    "ToCountry": "US",
    "ToState": "",
    "SmsMessageSid": "SM0123456789abcdef0123456789abcdef",
    "NumMedia": "0",
    "ToCity": "",
    "FromZip": "",
    "SmsSid": "SM0123456789abcdef0123456789abcdef",
    "FromState": "",
    "SmsStatus": "received",
    "FromCity": "",
    "Body": "xin chào, cho hỏi & giấy tờ = gì?",
    "FromCountry": "VN",
    "To": TWILIO_FROM,
    "MessageSid": "SM0123456789abcdef0123456789abcdef",
    "AccountSid": "AC" + "0" * 32,
    "From": NUMBER,
    "ApiVersion": "2010-04-01",
}
RECEIPT = {
    "SmsSid": "SMfedcba9876543210fedcba9876543210",
    "SmsStatus": "delivered",
    "MessageStatus": "delivered",
    "To": NUMBER,
    "MessageSid": "SMfedcba9876543210fedcba9876543210",
    "AccountSid": "AC" + "0" * 32,
    "From": TWILIO_FROM,
    "ApiVersion": "2010-04-01",
}
UPDATE = {
    "update_id": 100_000_001,
    "message": {
        "message_id": 7,
        "from": {"id": 4711, "is_bot": False, "first_name": "X"},
        "chat": {"id": 4711, "first_name": "X", "type": "private"},
        "date": 1_790_000_000,
        "text": "xin chào",
    },
}


class Doors:
    """The application without a server around it, and its books."""

    def __init__(self, app: Flask, books: Books) -> None:
        self.app, self.books = app, books
        self.client: FlaskClient = app.test_client()

    def post(
        self,
        path: str,
        body: bytes,
        header: tuple[str, str] | None,
        query: str = "",
        form: str = "application/x-www-form-urlencoded",
    ) -> TestResponse:
        """Knock, byte for byte; whatever the answer, it must carry the headers of every answer."""
        overrides = {"PATH_INFO": path, "QUERY_STRING": query, "CONTENT_TYPE": form}
        if header is not None:
            overrides["HTTP_" + header[0].upper().replace("-", "_")] = header[1]
        answer = self.client.post("/", data=body, environ_overrides=overrides)
        check_headers(answer)
        return answer

    def sms(self, body: bytes, signature: str | None, path: str = SMS, query: str = "") -> int:
        """Knock at one of Twilio's doors."""
        header = None if signature is None else ("X-Twilio-Signature", signature)
        return self.post(path, body, header, query).status_code

    def update(self, body: bytes, secret: str | None) -> int:
        """Knock at Telegram's door."""
        header = None if secret is None else ("X-Telegram-Bot-Api-Secret-Token", secret)
        return self.post(TELEGRAM, body, header, form="application/json").status_code

    def rows(self) -> int:
        """How many rows tell of messages that came in."""
        return self.books.count(InboxMessage) + self.books.count(Seen)


def check_headers(answer: TestResponse) -> None:
    """Every answer of the program carries these, refusals too."""
    missing = [name for name in application.HEADERS if name not in answer.headers]
    assert missing == []
    assert "Strict-Transport-Security" in answer.headers


def sign(path: str, form: dict[str, str], token: str = TOKEN) -> str:
    """Twilio's signature over one of our addresses and a form, made by their own library."""
    return str(RequestValidator(token).compute_signature(PUBLIC_URL + path, form))


def flip(text: bytes, place: int, mask: int) -> bytes:
    """The same bytes with one of them changed."""
    return text[:place] + bytes([text[place] ^ mask]) + text[place + 1 :]


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form as they were sent."""
    return parse_qsl(body.decode("latin-1"), keep_blank_values=True)


def config_for(url: str, *, try_it: bool = False) -> Config:
    """Settings with both carriers on."""
    environment = {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM": TWILIO_FROM,
        "TELEGRAM_TOKEN": "123456:doors-token-of-the-bot",
        "TELEGRAM_SECRET": SECRET,
    }
    return Config(
        database_url=url,
        master_keys=(base64.b64decode(MASTER_KEY),),
        secret_key="doors",
        public_url=PUBLIC_URL,
        try_it=try_it,
        environment=environment,
    )


@contextmanager
def open_doors(url: str) -> Iterator[Doors]:
    """The application on an empty database."""
    database = Database(url)
    migrations.upgrade(database)
    database.close()
    app = application.create_app(config_for(url))
    with open_books(url) as books:
        try:
            yield Doors(app, books)
        finally:
            application.program_of(app).database.close()
