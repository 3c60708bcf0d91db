"""A carrier delivers one message many times at once."""

import time

from tests.road.books import Books
from tests.road.line import Line, wait_until
from tests.road.writers import Phone, SmsPhone, TelegramPhone

COPIES = 50


def check_one(line: Line, books: Books, phone: Phone, codes: list[int | None]) -> None:
    """One row, one turn, one answer; and every copy was acknowledged."""
    wait_until(books.is_settled, 15, "the message is answered")
    time.sleep(1.0)  # as long as the sweep takes to look again
    assert codes == [200] * COPIES
    talk = books.talk(phone.channel, phone.address)
    assert [(heard.text, heard.answered_in) for heard in talk.heard] == [("xin chao", 1)]
    assert [(told.version, told.status) for told in talk.told] == [(1, "sent")]
    assert phone.got() == talk.texts("sent")


def test_fifty_copies_of_one_sms_at_once_are_one_message(line: Line, books: Books, sms: SmsPhone) -> None:
    """Unique on the keyed hash of Twilio's MessageSid; whoever comes second hears 200 and nothing is done."""
    twilio = line.carriers.twilio
    twilio.fault("duplicate", size=COPIES)
    sid = twilio.text(sms.number, "xin chao")
    wait_until(lambda: sum(attempt.id == sid for attempt in twilio.attempts) == COPIES, 30, "all copies are in")
    codes = [attempt.code for attempt in twilio.attempts if attempt.id == sid]
    check_one(line, books, sms, codes)


def test_fifty_copies_of_one_update_at_once_are_one_message(line: Line, books: Books, telegram: TelegramPhone) -> None:
    """The same on Telegram by update_id."""
    carrier = line.carriers.telegram
    carrier.fault("duplicate", size=COPIES)
    number = str(carrier.text(telegram.chat, "xin chao"))
    wait_until(lambda: sum(a.id == number for a in carrier.attempts) == COPIES, 30, "all copies are in")
    check_one(line, books, telegram, [a.code for a in carrier.attempts if a.id == number])
