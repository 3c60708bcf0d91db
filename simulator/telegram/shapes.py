"""The JSON of the Bot API as spoken here, and how requests are read (core.telegram.org/bots/api)."""

import json
import re
from collections.abc import Mapping

JSON = dict[str, object]
LONGEST_TEXT = 4096
LONGEST_DATA = 64  # bytes of UTF-8 in a button's callback_data
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
MEDIA_KINDS = ("voice", "photo", "sticker")


class Refused(Exception):
    """A request that Telegram answers with an error: its code (also the HTTP status) and its description."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(f"{code} {description}")
        self.code, self.description, self.retry_after = code, description, retry_after

    def to_json(self) -> JSON:
        """The error body in Telegram's shape."""
        body: JSON = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": {"retry_after": self.retry_after}} if self.retry_after is not None else {})


def too_many(seconds: int) -> Refused:
    """429: the whole bot must wait."""
    return Refused(429, f"Too Many Requests: retry after {seconds}", seconds)


def blocked() -> Refused:
    """403: this person does not want to hear from the bot."""
    return Refused(403, "Forbidden: bot was blocked by the user")


def read_integer(asked: Mapping[str, object], name: str) -> int:
    """A whole number that may come as text, as forms send it; raises Refused (400)."""
    value = asked.get(name, "")
    if value == "":
        raise Refused(400, f"Bad Request: {name} is empty")
    if isinstance(value, int | str) and re.fullmatch(r"-?[0-9]{1,18}", str(value)):
        return int(value)
    raise Refused(400, "Bad Request: chat not found" if name == "chat_id" else f"Bad Request: wrong {name}")


def read_object(asked: Mapping[str, object], name: str) -> object:
    """A value that is JSON, or text holding JSON as forms send it; None if absent. Raises Refused (400)."""
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        return value or None
    try:
        return json.loads(value)
    except ValueError:
        raise Refused(400, f"Bad Request: can't parse {name} JSON object") from None


def read_flag(asked: Mapping[str, object], name: str) -> bool:
    """A yes or no that may come as text, as forms send it; absent is no."""
    return str(asked.get(name, "")).lower() in ("true", "1")


def read_text(asked: Mapping[str, object]) -> str:
    """The text of a message, trimmed as Telegram trims it; raises Refused (400) when empty or too long."""
    value = asked.get("text", "")
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise Refused(400, "Bad Request: message text is empty")
    if len(text) > LONGEST_TEXT:
        raise Refused(400, "Bad Request: message is too long")
    return text


def read_buttons(asked: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The (label, callback data) pairs of an inline keyboard; Refused (400) if Telegram would not show it."""
    markup = read_object(asked, "reply_markup")
    if markup is None:
        return ()
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Refused(400, "Bad Request: object expected as reply markup")
    buttons = []
    for button in (button for row in rows for button in row):
        label, data = (button.get("text"), button.get("callback_data")) if isinstance(button, dict) else (None, None)
        if not isinstance(label, str) or not label.strip():
            raise Refused(400, 'Bad Request: can\'t parse inline keyboard button: field "text" must not be empty')
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= LONGEST_DATA:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        buttons.append((label, data))
    return tuple(buttons)


def keyboard(buttons: tuple[tuple[str, str], ...]) -> JSON:
    """reply_markup as Telegram echoes it: one button a row."""
    return {"inline_keyboard": [[{"text": label, "callback_data": data}] for label, data in buttons]}


def user(person: int) -> JSON:
    """A person as Telegram shows them; name and username come unasked."""
    return {
        "id": person,
        "is_bot": False,
        "first_name": "Người thử",
        "username": f"nguoi_thu_{person}",
        "language_code": "vi",
    }


def bot(token: str) -> JSON:
    """The bot as getMe shows it; its id is the part of the token before the colon."""
    return {
        "id": int(token.partition(":")[0]),
        "is_bot": True,
        "first_name": "Nhịp Cầu",
        "username": "nhip_cau_thu_bot",
    }


def chat(number: int) -> JSON:
    """A private chat, or a group when the number is negative."""
    if number < 0:
        return {"id": number, "type": "supergroup", "title": "Nhóm thử"}
    return {"id": number, "type": "private", "first_name": "Người thử", "username": f"nguoi_thu_{number}"}


def member(who: JSON, status: str) -> JSON:
    """A chat member, for my_chat_member updates: "member" or "kicked"."""
    return {"user": who, "status": status} | ({"until_date": 0} if status == "kicked" else {})


def media(kind: str, file_id: str) -> JSON:
    """The part of a message that names a file; nothing can be downloaded here."""
    file: JSON = {"file_id": file_id, "file_unique_id": file_id[-16:], "file_size": 9000}
    match kind:
        case "voice":
            return {"voice": file | {"duration": 3, "mime_type": "audio/ogg"}}
        case "photo":
            return {"photo": [file | {"width": 90, "height": 67}]}
        case "sticker":
            shape: JSON = {
                "type": "regular",
                "width": 512,
                "height": 512,
                "is_animated": False,
                "is_video": False,
            }
            return {"sticker": file | shape | {"emoji": "👍"}}
    raise ValueError(f"no media of kind {kind!r}; there are {', '.join(MEDIA_KINDS)}")
