"""Telegram, through the Bot API. For people abroad: inside Viet Nam it is ordered blocked.

Sources: core.telegram.org/bots/api (setWebhook, Update, sendMessage, making requests when getting updates). Names and
user names come unasked and are never looked at. Groups, channels and edited messages are knowingly ignored: edited text
was answered when it was first written.
"""

import asyncio
import hmac
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import httpx
import structlog
from flask import Request, json
from telegram import (
    Bot,
    CallbackQuery,
    ChatMember,
    ChatMemberUpdated,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    Update,
)
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from storage.channels import Facts, Pace, register
from storage.inbox import Inbound
from storage.outbox import Claimed
from webhooks.channel import (
    CarrierSilent,
    Channel,
    Delivery,
    Deployment,
    Halted,
    NotProven,
    Reach,
    Unreadable,
    is_loopback,
)
from webhooks.outcomes import Ending, Outcome, sent

FACTS = register(
    Facts(
        "telegram",
        medium="telegram",
        contact_kind="telegram",
        limit=4096,
        buttons=10,
        pace=Pace(a_second=25.0, at_once=25),  # "about 30 messages a second"; somewhat below, for what else we call
    )
)


API = "https://api.telegram.org"
UPDATES = ["message", "callback_query", "my_chat_member"]
GONE = (ChatMember.BANNED, ChatMember.LEFT)
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LONGEST_WAIT = 10.0
LARGEST_ID = 2**63
BROKEN = (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, OSError)
"""What python-telegram-bot raises, or we do on its objects, for an update that is none."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Settings:
    """The bot's own settings."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    api_url: str
    public_url: str


def connect(deployment: Deployment) -> Channel | None:
    """The channel, or None while one of its secrets is not set."""
    given = deployment.environment
    token, secret = given.get("TELEGRAM_TOKEN"), given.get("TELEGRAM_SECRET")
    if not (token and secret):
        return None
    return Telegram(Settings(token, secret, given.get("TELEGRAM_API_URL") or API, deployment.public_url))


class Telegram:
    """One bot."""

    facts = FACTS
    plain = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.is_simulated = is_loopback(settings.api_url)
        http = HTTPXRequest(
            connection_pool_size=32,
            connect_timeout=3.0,
            read_timeout=5.0,
            write_timeout=3.0,
            pool_timeout=3.0,
            httpx_kwargs={"trust_env": False},
        )
        self._bot = Bot(settings.token, base_url=f"{settings.api_url.rstrip('/')}/bot", request=http)
        self._loop = _Loop()

    # What arrives

    def prove(self, request: Request, door: str) -> None:
        """Telegram sends back the secret we gave it with setWebhook; it signs nothing."""
        shown = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "").encode()
        if door or not hmac.compare_digest(shown, self._settings.secret.encode()):
            raise NotProven

    def read(self, request: Request, door: str) -> Delivery:
        """One update: a private message, a pressed button, or the bot being blocked and unblocked."""
        try:
            update = json.loads(request.get_data())
        except BROKEN as error:
            raise Unreadable from error
        try:
            return _read_update(Update.de_json(update, None))
        except BROKEN:
            # refused, it would come again for a day and slow the bot down for everybody
            log.warning("update not understood", channel=FACTS.name)
            return Delivery([])

    # What is sent

    def send(self, address: str, message: Claimed, now: datetime) -> Ending:
        """One message, with its buttons below each other."""
        rows = [[InlineKeyboardButton(label, callback_data=data)] for label, data in message.buttons]
        try:
            made = self._loop.run(
                self._bot.send_message(
                    chat_id=address,
                    text=message.text,
                    reply_markup=InlineKeyboardMarkup(rows) if rows else None,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
            )
        except (TelegramError, TimeoutError) as error:
            return _ending_of(error)
        except BROKEN as error:  # it answered, but nothing that can be read
            return Ending(Outcome.UNSURE, type(error).__name__)
        return sent(f"{address}/{made.message_id}")

    def tend(self, now: datetime) -> None:
        """Give Telegram our address, the secret it must show, and the updates we want."""
        address = f"{self._settings.public_url}/webhooks/telegram"
        call = self._bot.set_webhook(address, secret_token=self._settings.secret, allowed_updates=UPDATES)
        try:
            self._loop.run(call)
        except InvalidToken as error:
            raise Halted(_ending_of(error)) from error
        except (TelegramError, TimeoutError, *BROKEN) as error:
            raise CarrierSilent(type(error).__name__) from error


class _Loop:
    """One event loop in a thread of its own: python-telegram-bot speaks only asyncio, our senders are threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="telegram-loop", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, LONGEST_WAIT), self._loop).result()


def _read_update(update: Update) -> Delivery:
    _demand_id(update.update_id)
    if update.callback_query is not None:
        return _read_press(update.update_id, update.callback_query)
    if update.my_chat_member is not None:
        return _read_reach(update.update_id, update.my_chat_member)
    if update.message is not None:
        return _read_message(update.update_id, update.message)
    return Delivery([])


def _demand_id(number: object) -> str:
    """A positive whole number: python-telegram-bot takes whatever stands there. Raises ValueError."""
    if type(number) is not int or not 0 < number < LARGEST_ID:
        raise ValueError("no update, and no private chat, has such an id")
    return str(number)


def _read_message(update_id: int, message: Message) -> Delivery:
    if message.chat.type != "private":
        return Delivery([])
    text = message.text if message.text is not None else message.caption or ""
    text.encode("utf-8", "surrogatepass")  # what is no text is unreadable now rather than in the turn
    event = Inbound(
        provider_id=str(update_id),
        address=_demand_id(message.chat.id),
        text=text,
        kind="text" if message.text is not None else "media",
        order=update_id,
        written_at=message.date,
    )
    return Delivery([event])


def _read_press(update_id: int, press: CallbackQuery) -> Delivery:
    """A pressed button; answering with a method call stops the button's spinner without a request of our own."""
    answer = json.dumps({"method": "answerCallbackQuery", "callback_query_id": press.id})
    about, _, key = (press.data or "").rpartition(":")
    if press.message is None or press.message.chat.type != "private" or not about:
        return Delivery([], answer, "application/json")
    event = Inbound(
        provider_id=str(update_id),
        address=_demand_id(press.message.chat.id),
        text=key,
        kind="button",
        about=about,
        order=update_id,
    )
    return Delivery([event], answer, "application/json")


def _read_reach(update_id: int, change: ChatMemberUpdated) -> Delivery:
    if change.chat.type != "private":
        return Delivery([])
    is_open = change.new_chat_member.status not in GONE
    return Delivery([Reach(str(update_id), _demand_id(change.chat.id), is_open, at=change.date)])


def _ending_of(error: TelegramError | TimeoutError) -> Ending:
    reason = type(error).__name__
    if isinstance(error, RetryAfter):
        after = error.retry_after
        seconds = after.total_seconds() if not isinstance(after, int | float) else float(after)
        return Ending(Outcome.BUSY, reason, seconds=seconds)
    if isinstance(error, Forbidden):
        return Ending(Outcome.BLOCKED, reason)
    if isinstance(error, InvalidToken):
        return Ending(Outcome.UNAUTHORISED, reason)
    if isinstance(error, BadRequest):
        return Ending(Outcome.NOBODY_THERE if "chat not found" in error.message.lower() else Outcome.REJECTED, reason)
    if isinstance(error.__cause__, NEVER_LEFT):
        return Ending(Outcome.UNREACHABLE, reason)
    return Ending(Outcome.UNSURE, reason)
