"""What Zalo refuses, and how a message that the program sends is read.

Sources: the error table and the page about consultation messages of docs.zaloplatforms.com/docs/OA. Errors come
with HTTP 200. Stricter than Zalo: a field that the page does not describe is refused, and so is text that is
not in NFC, because its length is counted in NFC.
"""

import unicodedata
from datetime import datetime, timedelta

LONGEST_TEXT = 2000
FREE = timedelta(hours=48)
OPEN = timedelta(days=7)


class Refused(Exception):
    """An answer with Zalo's own error number; `status` is HTTP's."""

    def __init__(self, error: int, message: str, status: int = 200) -> None:
        super().__init__(f"{status} {error}")
        self.error, self.message, self.status = error, message, status

    def to_json(self) -> dict[str, object]:
        """The body of an error of openapi.zalo.me."""
        return {"error": self.error, "message": self.message}

    def to_oauth_json(self) -> dict[str, object]:
        """The body of an error of oauth.zaloapp.com."""
        return {
            "error": self.error,
            "error_name": self.message,
            "error_description": self.message,
            "error_reason": "",
            "ref_doc": "https://developers.zalo.me/docs/official-account",
        }


def invalid(field: str) -> Refused:
    """-201: a field that is missing, unknown, or not what it should be."""
    return Refused(-201, f"{field} is invalid!")


def read_message(asked: object) -> tuple[str, str]:
    """The person and the text of {"recipient": {"user_id"}, "message": {"text"}}; raises Refused."""
    body = read_object(asked, "body", ("recipient", "message"))
    person = read_object(body["recipient"], "recipient", ("user_id",))["user_id"]
    message = body["message"]
    if isinstance(message, dict) and "attachment" in message:
        raise Refused(-233, "message type is invalid or not support")
    text = read_object(message, "message", ("text",))["text"]
    if not isinstance(person, str) or not person.isdecimal():
        raise invalid("user_id")
    if not isinstance(text, str) or not text.strip() or not unicodedata.is_normalized("NFC", text):
        raise invalid("text")
    if len(text) > LONGEST_TEXT:
        raise Refused(-210, "Parameter exceeds allowable limit")
    return person, text


def read_object(found: object, name: str, fields: tuple[str, ...]) -> dict[str, object]:
    """An object with exactly these fields; raises Refused naming the first that is wrong."""
    if not isinstance(found, dict):
        raise invalid(name)
    wrong = [field for field in fields if field not in found] + [field for field in found if field not in fields]
    if wrong:
        raise invalid(str(wrong[0]))
    return found


def demand_window(last: datetime | None, now: datetime) -> str:
    """The quota that pays for a message now: "reply" within 48 hours, then "sub_quota". Raises Refused after 7 days."""
    if last is None:
        raise Refused(-213, "User has not followed OA")
    if now - last > OPEN:
        raise window_closed()
    return "reply" if now - last <= FREE else "sub_quota"


def window_closed() -> Refused:
    """-230: too long ago that the person did anything."""
    return Refused(-230, "User has not interacted with the OA in the past 7 days")
