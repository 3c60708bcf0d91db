"""A person writes by SMS or Telegram and is answered, through everything there is between them and the dialogue."""

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import httpx
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from storage.models import DoNotWrite
from tests.road.books import Books
from tests.road.line import TWILIO_FROM, Line, wait_until
from tests.road.writers import (
    GOOD_MOMENT,
    LOST_CARD,
    MAIN_MENU,
    Phone,
    SmsPhone,
    TelegramPhone,
    beginnings,
    greet,
    sentence,
)
from webhooks.channel import replace_origin

ABOUT_A_LOST_CARD = beginnings()[LOST_CARD]
CANNOT_OPEN = sentence("media", "cannot_open")


def say(books: Books, phone: Phone, text: str) -> list[str]:
    """Write, and give everything that came back for it."""
    return act(books, phone, lambda: phone.write(text))


def act(books: Books, phone: Phone, do: Callable[[], object]) -> list[str]:
    """Do something on a phone, and give everything that came back for it."""
    before = len(phone.got())
    do()
    wait_until(lambda: len(phone.got()) > before, 10, "an answer")
    wait_until(books.is_settled, 10, "all is said")
    return phone.got()[before:]


def test_a_talk_by_sms_leads_to_an_answer_about_papers(books: Books, sms: SmsPhone) -> None:
    """Vietnamese without diacritics, digits as answers."""
    assert GOOD_MOMENT in say(books, sms, "xin chao")[0]
    assert MAIN_MENU in say(books, sms, "1")[-1]
    assert len(say(books, sms, "3")) == 1
    answer = say(books, sms, "1")
    assert answer[0] == ABOUT_A_LOST_CARD
    assert len(answer) > 2
    talk = books.talk("twilio", sms.number)
    assert {told.status for told in talk.told} == {"sent"}
    wait_until(
        lambda: {told.delivery for told in books.talk("twilio", sms.number).told} == {"delivered"}, 5, "all receipts"
    )


def test_a_talk_on_telegram_goes_by_buttons(line: Line, books: Books, telegram: TelegramPhone) -> None:
    """Every option is a button below its question; pressing it is answering, and stops the button's spinner."""
    say(books, telegram, "xin chao")
    carrier = line.carriers.telegram
    for data in ("welcome.good_moment:yes", "menu.main:papers", "papers.which:id_gone"):
        answer = act(books, telegram, partial(carrier.press, telegram.chat, data))
    assert answer[0] == ABOUT_A_LOST_CARD
    assert all(carrier.callbacks.values())
    talk = books.talk("telegram", telegram.address)
    assert [heard.kind for heard in talk.heard] == ["text", "button", "button", "button"]


def test_typed_digits_are_understood_on_telegram_too(books: Books, telegram: TelegramPhone) -> None:
    """Whoever does not see the buttons types what they would on SMS."""
    greet([telegram])
    say(books, telegram, "3")
    assert say(books, telegram, "1")[0] == ABOUT_A_LOST_CARD


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker"])
def test_what_is_not_text_is_answered_kindly_and_never_downloaded(
    line: Line, books: Books, telegram: TelegramPhone, kind: str
) -> None:
    """standards.md 2: photos, video and voice are not opened. No getFile, no download."""
    greet([telegram])
    answer = act(books, telegram, lambda: line.carriers.telegram.send_media(telegram.chat, kind))
    assert answer[0] == CANNOT_OPEN
    calls = {name.lower() for name in line.carriers.telegram.calls}
    assert calls.isdisjoint({"getfile", "download"})


def test_an_edited_message_and_a_groups_message_are_ignored(line: Line, books: Books, telegram: TelegramPhone) -> None:
    """Edited text was answered when it was first written; in a group others read along."""
    say(books, telegram, "xin chao")
    before, carrier = telegram.got(), line.carriers.telegram
    assert carrier.edit(telegram.chat, "9") is None, "the program does not even ask for edited messages"
    group = carrier.write_in_group(-100_500, telegram.chat, "xin chao")
    wait_until(lambda: group in carrier.acknowledged(), 10, "the group's message is acknowledged")
    edited = {"update_id": 77, "edited_message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}}
    headers = {"X-Telegram-Bot-Api-Secret-Token": line.environment["TELEGRAM_SECRET"]}
    answer = httpx.post(f"{line.url}/webhooks/telegram", json=edited, headers=headers, trust_env=False)
    assert answer.status_code == 200
    assert books.is_settled()
    assert (telegram.got(), len(carrier.sent_to(-100_500))) == (before, 0)
    assert [heard.text for heard in books.talk("telegram", telegram.address).heard] == ["xin chao"]


def test_whoever_blocks_the_bot_gets_nothing_and_whoever_comes_back_does(
    line: Line, books: Books, telegram: TelegramPhone
) -> None:
    """my_chat_member tells of it before any 403 does; what was due is not even tried."""
    carrier = line.carriers.telegram
    carrier.fault("429", size=1.5)
    telegram.write("xin chao")

    def told() -> list[tuple[str, int]]:
        return [(told.status, told.tries) for told in books.talk("telegram", telegram.address).told]

    wait_until(lambda: told() == [("due", 1)], 10, "it was tried and waits")
    blocked = carrier.block(telegram.chat)
    wait_until(lambda: blocked in carrier.acknowledged(), 10, "the block is known")
    wait_until(books.is_settled, 10, "what was due is cancelled")
    assert told() == [("cancelled", 1)]
    unblocked = carrier.unblock(telegram.chat)
    wait_until(lambda: unblocked in carrier.acknowledged(), 10, "they are back")
    assert len(say(books, telegram, "1")) > 1


def test_twilios_stop_and_start_are_noted_without_an_answer(line: Line, books: Books, sms: SmsPhone) -> None:
    """Twilio answers such words itself and, after STOP, refuses whatever we would say."""
    say(books, sms, "xin chao")
    before, refusals = sms.got(), books.count(DoNotWrite)
    for word in ("STOP", "START"):
        sms.write(word)
        wait_until(sms.arrived, 10, word)
    assert books.is_settled()
    assert sms.got() == before
    assert books.count(DoNotWrite) == refusals + 1
    assert [heard.text for heard in books.talk("twilio", sms.number).heard] == ["xin chao"]
    assert len(say(books, sms, "1")) > 1, "a new message is answered all the same"


def test_the_official_twilio_client_reads_what_was_sent(line: Line, books: Books, sms: SmsPhone) -> None:
    """Twilio's own library, pointed at the simulator, finds the talk in the account's list."""

    class Here(TwilioHttpClient):  # type: ignore[misc]  # the library ships no types
        def request(self, method: str, url: str, *args: object, **kwargs: object) -> object:
            return super().request(method, replace_origin(url, line.carriers.url), *args, **kwargs)

    say(books, sms, "xin chao")
    say(books, sms, "1")
    settings = line.carriers.settings
    client = Client(settings.twilio_account_sid, settings.twilio_auth_token, http_client=Here())
    listed = client.messages.list(to=sms.number)
    assert [message.body for message in reversed(listed)] == sms.got()
    assert {message.from_ for message in listed} == {TWILIO_FROM}
    assert all(earlier.date_created >= later.date_created for earlier, later in pairwise(listed))


def test_a_webhook_signed_by_the_official_twilio_library_is_answered(line: Line, books: Books, sms: SmsPhone) -> None:
    """Their validator's own signature over our public address and the form opens the door."""
    account = line.carriers.settings.twilio_account_sid
    sids = {"MessageSid": "SM" + "a" * 32, "AccountSid": account}
    form = {**sids, "From": sms.number, "To": TWILIO_FROM, "Body": "xin chào", "NumMedia": "0"}
    url = f"{line.url}/webhooks/twilio"
    signature = RequestValidator(line.carriers.settings.twilio_auth_token).compute_signature(url, form)
    headers = {"X-Twilio-Signature": signature}
    answer = act(books, sms, lambda: httpx.post(url, data=form, headers=headers, trust_env=False).raise_for_status())
    assert GOOD_MOMENT in answer[0]


def test_the_official_telegram_client_finds_the_programs_webhook_and_sends_updates_there(
    line: Line, books: Books, telegram: TelegramPhone
) -> None:
    """The program has told Telegram where its door is; taken away by a Bot and set again by it, updates flow again."""
    http = HTTPXRequest(httpx_kwargs={"trust_env": False})
    bot = Bot(line.carriers.settings.telegram_token, base_url=f"{line.carriers.url}/bot", request=http)

    async def take_away_and_set_again() -> None:
        async with bot:
            known = await bot.get_webhook_info()
            assert known.url == f"{line.url}/webhooks/telegram"
            assert set(known.allowed_updates or ()) == {"message", "callback_query", "my_chat_member"}
            await bot.delete_webhook()
            telegram.write("xin chao")
            assert (await bot.get_webhook_info()).pending_update_count == 1
            secret = line.environment["TELEGRAM_SECRET"]
            await bot.set_webhook(known.url, secret_token=secret, allowed_updates=known.allowed_updates)

    answer = act(books, telegram, lambda: asyncio.run(take_away_and_set_again()))
    assert GOOD_MOMENT in answer[0]
