"""The official python-telegram-bot client against the simulated Telegram, over real HTTP."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from simulator.serve import Running
from simulator.telegram import NoSuchButton
from tests.simulator.conftest import TELEGRAM_TOKEN, Program, wait_for

PERSON = 5551234
SECRET = "a_secret-of-tests"


def ask(running: Running, deed: Callable[[Bot], Awaitable[Any]], token: str = TELEGRAM_TOKEN) -> Any:
    """Do one thing with the official client and return its result."""

    async def run() -> Any:
        request = HTTPXRequest(read_timeout=0.4, httpx_kwargs={"trust_env": False})
        bot = Bot(token, base_url=f"{running.url}/bot", request=request)
        try:
            return await deed(bot)
        finally:
            await request.shutdown()

    return asyncio.run(run())


def listen(running: Running, program: Program, **more: Any) -> None:
    """Set the webhook with the official client."""
    url = f"{program.url}/webhooks/telegram"
    assert ask(running, lambda bot: bot.set_webhook(url, secret_token=SECRET, **more))


def updates(program: Program) -> list[Update]:
    """What came to the webhook, read by the official client."""
    found = [Update.de_json(heard.json) for heard in program.to("/webhooks/telegram")]
    return [update for update in found if update is not None]


def meet(running: Running, person: int = PERSON) -> None:
    """Let a person write first: nobody else can be written to."""
    running.telegram.text(person, "/start")


def test_the_bot_knows_itself(running: Running) -> None:
    """getMe gives a bot with a username."""
    me = ask(running, lambda bot: bot.get_me())
    assert me.is_bot
    assert me.id == 123456


def test_a_text_is_delivered_with_the_secret(running: Running, program: Program) -> None:
    """An update has its secret in a header and reads as a private message."""
    listen(running, program)
    number = running.telegram.text(PERSON, "xin chào")
    assert running.settle()
    (update,) = updates(program)
    assert update.update_id == number
    assert update.message is not None
    assert (update.message.text, update.message.chat.id, update.message.chat.type) == (
        "xin chào",
        PERSON,
        "private",
    )
    assert program.heard[0].headers["x-telegram-bot-api-secret-token"] == SECRET
    assert running.telegram.acknowledged() == {number}


def test_updates_wait_for_a_webhook(running: Running, program: Program) -> None:
    """What was written before setWebhook is delivered after it."""
    running.telegram.text(PERSON, "xin chao")
    assert not running.settle(0.1)
    assert ask(running, lambda bot: bot.get_webhook_info()).pending_update_count == 1
    listen(running, program)
    assert running.settle()
    assert len(updates(program)) == 1
    info = ask(running, lambda bot: bot.get_webhook_info())
    assert (info.url, info.pending_update_count) == (f"{program.url}/webhooks/telegram", 0)


def test_unacknowledged_updates_are_repeated_in_order(running: Running, program: Program) -> None:
    """The second message of a chat waits until the first was answered with 2xx."""
    program.answers += [(503, b""), (500, b""), (302, b"")]
    listen(running, program)
    for text in ("một", "hai"):
        running.telegram.text(PERSON, text)
    assert running.settle()
    texts = [update.message.text for update in updates(program) if update.message]
    assert texts == ["một"] * 4 + ["hai"]
    assert ask(running, lambda bot: bot.get_webhook_info()).last_error_message


def test_pending_updates_can_be_dropped(running: Running, program: Program) -> None:
    """drop_pending_updates forgets what was waiting."""
    running.telegram.text(PERSON, "xin chao")
    listen(running, program, drop_pending_updates=True)
    assert running.settle()
    assert not updates(program)


def test_only_allowed_updates_are_made(running: Running, program: Program) -> None:
    """allowed_updates leaves out edits when it does not name them."""
    listen(running, program, allowed_updates=["message", "callback_query"])
    meet(running)
    assert running.telegram.edit(PERSON, "khác") is None
    assert running.settle()
    assert len(updates(program)) == 1


def test_a_message_with_buttons_is_shown_pressed_and_answered(running: Running, program: Program) -> None:
    """Buttons come back as callback queries with their data and the message they belong to."""
    listen(running, program)
    meet(running)
    buttons = [[InlineKeyboardButton("Tiện", callback_data="welcome.moment:yes")]]
    markup = InlineKeyboardMarkup(buttons)
    sent = ask(running, lambda bot: bot.send_message(PERSON, "Tiện không?", reply_markup=markup))
    assert isinstance(sent, Message)
    screen = running.telegram.phones.screen(str(PERSON))
    assert screen[-1].buttons == (("Tiện", "welcome.moment:yes"),)
    running.telegram.press(PERSON, "welcome.moment:yes")
    assert running.settle()
    query = updates(program)[-1].callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.message.message_id) == ("welcome.moment:yes", sent.message_id)
    assert ask(running, lambda bot: bot.answer_callback_query(query.id))
    assert running.telegram.callbacks == {query.id: True}
    with pytest.raises(BadRequest, match="Query is too old"):
        ask(running, lambda bot: bot.answer_callback_query("12345"))
    with pytest.raises(NoSuchButton):
        running.telegram.press(PERSON, "another")


def test_a_method_call_in_the_answer_is_carried_out(running: Running, program: Program) -> None:
    """Telegram does what the webhook's answer asks, and tells nobody when it cannot."""
    listen(running, program)
    call = {"method": "sendMessage", "chat_id": PERSON, "text": "Chào bạn"}
    wrong = {"method": "sendMessage", "chat_id": 1, "text": "x"}
    program.answers += [(200, json.dumps(call).encode()), (200, json.dumps(wrong).encode()), (200, b"{")]
    for text in "abc":
        running.telegram.text(PERSON, text)
    assert running.settle()
    assert [message["text"] for message in running.telegram.sent_to(PERSON)] == ["Chào bạn"]
    assert len(running.telegram.acknowledged()) == 3


def test_edits_media_groups_and_blocks_are_real_updates(running: Running, program: Program) -> None:
    """The official client reads every kind of update that people cause."""
    listen(running, program)
    running.telegram.text(PERSON, "một")
    running.telegram.edit(PERSON, "hai")
    for kind in ("voice", "photo", "sticker"):
        running.telegram.send_media(PERSON, kind)
    running.telegram.write_in_group(-1001234, PERSON, "chào nhóm")
    running.telegram.block(PERSON)
    running.telegram.unblock(PERSON)
    assert running.settle()
    found = sorted(updates(program), key=lambda update: update.update_id)
    one, two, voice, photo, sticker, group, gone, back = found
    assert one.message is not None
    assert two.edited_message is not None
    assert (two.edited_message.message_id, two.edited_message.text) == (one.message.message_id, "hai")
    media = [update.message for update in (voice, photo, sticker)]
    assert [bool(m and (m.voice or m.photo or m.sticker)) for m in media] == [True] * 3
    assert group.effective_chat is not None
    assert group.effective_chat.type == "supergroup"
    changes = [update.my_chat_member for update in (gone, back)]
    assert [change and change.new_chat_member.status for change in changes] == ["kicked", "member"]


def test_who_blocked_the_bot_cannot_be_written_to(running: Running, program: Program) -> None:
    """403 while blocked; a stranger is 400, chat not found."""
    listen(running, program)
    meet(running)
    running.telegram.block(PERSON)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        ask(running, lambda bot: bot.send_message(PERSON, "x"))
    running.telegram.unblock(PERSON)
    assert ask(running, lambda bot: bot.send_message(PERSON, "x"))
    with pytest.raises(BadRequest, match=r"[Cc]hat not found"):
        ask(running, lambda bot: bot.send_message(99, "x"))


@pytest.mark.parametrize(
    ("asked", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": "  "}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"chat_id": ""}, "chat_id is empty"),
        ({"chat_id": "abc"}, "chat not found"),
        ({"reply_markup": "{"}, "can't parse reply_markup JSON object"),
        ({"reply_markup": '{"inline_keyboard": [[{"text": "a"}]]}'}, "BUTTON_DATA_INVALID"),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "ạ" * 22}]]}},
            "BUTTON_DATA_INVALID",
        ),
    ],
)
def test_what_telegram_would_refuse_is_refused(running: Running, asked: dict[str, Any], description: str) -> None:
    """400 with Telegram's description; JSON bodies are read like forms."""
    meet(running)
    body = {"chat_id": PERSON, "text": "x"} | asked
    answer = httpx.post(f"{running.url}/bot{TELEGRAM_TOKEN}/sendMessage", json=body)
    assert answer.status_code == 400
    assert answer.json()["ok"] is False
    assert description in answer.json()["description"]
    assert not running.telegram.sent_to(PERSON)


def test_wrong_tokens_methods_and_secrets_are_refused(running: Running, program: Program) -> None:
    """404 for what is no token and for an unknown method, 401 for a token of no bot, 400 for a bad secret."""
    assert httpx.post(f"{running.url}/botnonsense/getMe").status_code == 404
    assert httpx.post(f"{running.url}/bot{TELEGRAM_TOKEN}/noSuchThing").status_code == 404
    with pytest.raises(InvalidToken):
        ask(running, lambda bot: bot.get_me(), token="123456:" + "x" * 35)
    with pytest.raises(BadRequest, match="unallowed characters"):
        ask(running, lambda bot: bot.set_webhook(program.url, secret_token="a+b"))


@pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")  # retry_after in seconds, still the default
@pytest.mark.parametrize(
    ("fault", "error", "sent"),
    [
        ("500_before", NetworkError, 0),
        ("500_after_accepting", NetworkError, 1),
        ("time_out_after_accepting", TimedOut, 1),
        ("429", RetryAfter, 0),
        ("blocked", Forbidden, 0),
        ("slow", TimedOut, 1),
    ],
)
def test_each_fault_of_sending_strikes_once(
    running: Running, fault: str, error: type[TelegramError], sent: int
) -> None:
    """The official client sees its error; the chat shows what was accepted; the next send goes through."""
    meet(running)
    running.telegram.fault(fault, size=1)
    with pytest.raises(error):
        ask(running, lambda bot: bot.send_message(PERSON, "x"))
    assert len(running.telegram.sent_to(PERSON)) == sent
    assert ask(running, lambda bot: bot.send_message(PERSON, "y"))


def test_the_wait_after_429_is_told(running: Running) -> None:
    """parameters.retry_after carries the seconds."""
    meet(running)
    running.telegram.fault("429", size=7)
    answer = httpx.post(f"{running.url}/bot{TELEGRAM_TOKEN}/sendMessage", data={"chat_id": PERSON, "text": "x"})
    assert answer.json()["parameters"] == {"retry_after": 7}


def test_a_duplicate_update_comes_many_times_at_once(running: Running, program: Program) -> None:
    """The same update, n copies beside each other, then never again."""
    listen(running, program)
    program.slow_s = 0.2
    running.telegram.fault("duplicate", size=20)
    running.telegram.text(PERSON, "xin chao")
    assert running.settle()
    assert len({update.update_id for update in updates(program)}) == 1
    assert len(updates(program)) == 20
    assert program.most_at_once >= 15


def test_while_down_nothing_comes_or_goes(running: Running, program: Program) -> None:
    """Down until up(): 502 to the bot, no update."""
    listen(running, program)
    running.telegram.fault("down")
    running.telegram.text(PERSON, "xin chao")
    with pytest.raises(NetworkError):
        ask(running, lambda bot: bot.get_me())
    assert not running.settle(0.2)
    assert not program.heard
    running.telegram.up()
    wait_for(lambda: len(program.heard) == 1)


def test_downloads_are_counted(running: Running) -> None:
    """There is nothing to fetch, and a test can see that nobody tried."""
    assert running.telegram.calls["download"] == 0
    assert httpx.get(f"{running.url}/file/bot{TELEGRAM_TOKEN}/voice/1.oga").status_code == 404
    assert running.telegram.calls["download"] == 1
