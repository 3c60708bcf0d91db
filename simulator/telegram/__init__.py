"""A simulated Telegram with one bot, its chats, and people who write, press, edit, block and come back.

Promises taken from core.telegram.org/bots/api: a bot can write only to those who wrote to it first; updates
go to the webhook in order of update_id within a chat, with the secret in X-Telegram-Bot-Api-Secret-Token;
whatever is not answered with 2xx is repeated; without a webhook updates wait, 24 hours at most; a method call
in the answer's body is carried out.
"""

import threading
from collections import Counter
from collections.abc import Mapping

from simulator.carrier.faults import Faults
from simulator.carrier.phones import Bubble, Phones
from simulator.carrier.posting import Attempt
from simulator.telegram import shapes
from simulator.telegram.shapes import JSON, Refused
from simulator.telegram.updates import Updates, Webhook
from simulator.world import World


class NoSuchButton(ValueError):
    """Nothing on this phone's screen carries that button."""


class Telegram:
    """The bot's world. Its people act through text(), press() and so on; the program through call().

    `attempts` tells every webhook call and how it was answered; `calls` counts the bot's requests by method.
    No content in either. Update ids and message ids grow and are never reused.
    """

    def __init__(self, world: World) -> None:
        self.settings, self.lanes, self.phones = world.settings, world.lanes, Phones()
        self.faults = Faults("telegram")
        self.calls: Counter[str] = Counter()
        self.me = shapes.bot(world.settings.telegram_token)
        self.updates = Updates(world, self.faults, self._mark, self._obey)
        self.callbacks: dict[str, bool] = {}  # pressed buttons by callback_query id: answered yet?
        self._chance, self._now, self._lock = world.chance, world.now, threading.RLock()
        self._message_id = 0
        self._chats: dict[int, dict[int, JSON]] = {}  # messages by chat: only who has written can be written to
        self._blocked: set[int] = set()

    # The people's side: each returns the update's id, or None when the webhook does not ask for such updates

    def text(self, person: int, text: str) -> int | None:
        """A person writes to the bot in private."""
        return self._write(person, person, {"text": text}, "text", text)

    def write_in_group(self, group: int, person: int, text: str) -> int | None:
        """A person writes in a group the bot is in; a group's number is negative."""
        return self._write(group, person, {"text": text}, "text", text)

    def send_media(self, person: int, kind: str) -> int | None:
        """A person sends a voice note, a photo or a sticker; raises ValueError for another kind."""
        part = shapes.media(kind, f"AwACAgUAAxkB{self._chance.getrandbits(160):040x}")
        return self._write(person, person, part, kind, "")

    def edit(self, person: int, text: str, message_id: int | None = None) -> int | None:
        """A person changes a text of theirs, by default the last; raises ValueError when there is none."""
        with self._lock:
            own = [m for m in self._chats.get(person, {}).values() if m["from"] != self.me and "text" in m]
            found = [m for m in own if message_id in (None, m["message_id"])]
            if not found:
                raise ValueError("nothing to edit")
            edited = found[-1] | {"text": text, "edit_date": self._seconds()}
            number = int(str(edited["message_id"]))
            self._chats[person][number] = edited
            self.phones.change(str(person), str(number), text=text)
            return self.updates.tell(person, "edited_message", edited)

    def press(self, person: int, data: str, message_id: int | None = None) -> int | None:
        """A person presses a button of the newest message that has it, or of the one named; NoSuchButton."""
        with self._lock:
            for message in reversed(self._chats.get(person, {}).values()):
                label = _label_of(message, data)
                if label is not None and message_id in (None, message["message_id"]):
                    break
            else:
                raise NoSuchButton("no message on this screen has that button")
            callback = str(self._chance.getrandbits(62))
            self.callbacks[callback] = False
            bubble = Bubble(f"press-{callback}", "person", label, self._now(), "waiting", kind="press")
            self.phones.show(str(person), bubble)
            query: JSON = {"id": callback, "from": shapes.user(person), "message": message, "data": data}
            return self.updates.tell(person, "callback_query", query | {"chat_instance": str(person)}, bubble.id)

    def block(self, person: int) -> int | None:
        """A person blocks the bot: it is told, and refused from now on."""
        return self._change_membership(person, "member", "kicked")

    def unblock(self, person: int) -> int | None:
        """A person takes the block back."""
        return self._change_membership(person, "kicked", "member")

    def fault(self, name: str, times: int = 1, size: float | None = None, moment: str | None = None) -> None:
        """Misbehave, as Faults.add says."""
        self.faults.add(name, times, size, moment)

    def up(self) -> None:
        """End "down"."""
        self.faults.up()

    # For tests: what happened

    @property
    def attempts(self) -> list[Attempt]:
        """Every webhook call so far; `id` is the update's."""
        return list(self.updates.attempts)

    def acknowledged(self) -> frozenset[int]:
        """The ids of updates that were answered with 2xx at least once."""
        return frozenset(int(attempt.id) for attempt in self.attempts if attempt.acknowledged)

    def sent_to(self, chat: int) -> tuple[JSON, ...]:
        """The messages the bot sent to a chat, oldest first, as Telegram shows them."""
        with self._lock:
            return tuple(m for m in self._chats.get(chat, {}).values() if m["from"] == self.me)

    # The bot's side

    def call(self, method: str, asked: Mapping[str, object]) -> tuple[object, str | None]:
        """Carry out a method: its result, and the description that Telegram adds to some. Raises Refused."""
        match method.lower():
            case "getme":
                abilities = {"can_join_groups": True, "can_read_all_group_messages": False}
                return self.me | abilities | {"supports_inline_queries": False}, None
            case "setwebhook":
                return True, self._set_webhook(asked)
            case "deletewebhook":
                was_set = self.updates.webhook is not None
                self.updates.set_webhook(None, shapes.read_flag(asked, "drop_pending_updates"))
                return True, "Webhook was deleted" if was_set else "Webhook is already deleted"
            case "getwebhookinfo":
                return self._webhook_info(), None
            case "sendmessage":
                buttons = shapes.read_buttons(asked)
                return self._send(shapes.read_integer(asked, "chat_id"), shapes.read_text(asked), buttons), None
            case "answercallbackquery":
                return self._answer_callback(str(asked.get("callback_query_id", ""))), None
        raise Refused(404, "Not Found: method not found")

    def _set_webhook(self, asked: Mapping[str, object]) -> str:
        url, secret = str(asked.get("url", "")), str(asked.get("secret_token", ""))
        drop = shapes.read_flag(asked, "drop_pending_updates")
        if not url:
            self.updates.set_webhook(None, drop)
            return "Webhook was deleted"
        if not url.startswith(("https://", "http://")):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not shapes.SECRET.fullmatch(secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        kinds = shapes.read_object(asked, "allowed_updates")
        old = self.updates.webhook
        allowed = tuple(map(str, kinds)) if isinstance(kinds, list) else old.allowed if old else None
        most = shapes.read_integer(asked, "max_connections") if asked.get("max_connections") else 40
        self.updates.set_webhook(Webhook(url, secret, allowed or None, most), drop)
        return "Webhook was set"

    def _webhook_info(self) -> JSON:
        webhook, error = self.updates.webhook, self.updates.last_error
        info: JSON = {
            "url": "",
            "has_custom_certificate": False,
            "pending_update_count": self.updates.waiting(),
        }
        if webhook:
            info |= {
                "url": webhook.url,
                "max_connections": webhook.most_connections,
                "ip_address": "127.0.0.1",
            }
            info |= {"allowed_updates": list(webhook.allowed)} if webhook.allowed else {}
        if webhook and error:
            info |= {"last_error_date": int(error[0].timestamp()), "last_error_message": error[1]}
        return info

    def _send(self, chat: int, text: str, buttons: tuple[tuple[str, str], ...]) -> JSON:
        with self._lock:
            if chat not in self._chats:
                raise Refused(400, "Bad Request: chat not found")
            if chat in self._blocked:
                raise shapes.blocked()
            markup: JSON = {"reply_markup": shapes.keyboard(buttons)} if buttons else {}
            message = self._new_message(chat, self.me, {"text": text} | markup)
            bubble = Bubble(str(message["message_id"]), "line", text, self._now(), "sent", buttons=buttons)
            self.phones.show(str(chat), bubble)
            return message

    def _answer_callback(self, callback: str) -> bool:
        with self._lock:
            if callback not in self.callbacks:
                reason = "query is too old and response timeout expired or query ID is invalid"
                raise Refused(400, f"Bad Request: {reason}")
            self.callbacks[callback] = True
            return True

    # How it works

    def _write(self, chat: int, person: int, part: JSON, kind: str, text: str) -> int | None:
        text.encode()  # a lone surrogate is not text: no telephone sends it
        with self._lock:
            message = self._new_message(chat, shapes.user(person), part)
            bubble = Bubble(str(message["message_id"]), "person", text, self._now(), "waiting", kind=kind)
            self.phones.show(str(chat), bubble)
            return self.updates.tell(chat, "message", message, bubble.id)

    def _new_message(self, chat: int, sender: JSON, part: JSON) -> JSON:
        self._message_id += 1
        head: JSON = {"message_id": self._message_id, "from": sender, "chat": shapes.chat(chat)}
        message = self._chats.setdefault(chat, {})[self._message_id] = head | {"date": self._seconds()} | part
        return message

    def _change_membership(self, person: int, old: str, new: str) -> int | None:
        with self._lock:
            self._chats.setdefault(person, {})
            self._blocked = self._blocked | {person} if new == "kicked" else self._blocked - {person}
            change: JSON = {"chat": shapes.chat(person), "from": shapes.user(person), "date": self._seconds()}
            change |= {
                "old_chat_member": shapes.member(self.me, old),
                "new_chat_member": shapes.member(self.me, new),
            }
            return self.updates.tell(person, "my_chat_member", change)

    def _mark(self, chat: int, bubble: str) -> None:
        self.phones.change(str(chat), bubble, status="delivered")

    def _obey(self, method: str, asked: JSON) -> None:
        self.calls[method] += 1
        try:
            self.call(method, asked)
        except Refused:
            return  # Telegram tells nobody how a call in a webhook's answer ended

    def _seconds(self) -> int:
        return int(self._now().timestamp())


def _label_of(message: Mapping[str, object], data: str) -> str | None:
    """The label of the button that carries this data, or None."""
    markup = message.get("reply_markup")
    rows = markup["inline_keyboard"] if isinstance(markup, dict) else []
    return next((button["text"] for row in rows for button in row if button["callback_data"] == data), None)
