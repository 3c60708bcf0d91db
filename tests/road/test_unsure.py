"""The carrier takes a message and does not say so, or says so and has not: nothing is said twice, nothing is lost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from program import read_clock
from storage import errands
from tests.road.books import Books, open_books
from tests.road.line import Line, running_line, wait_until
from tests.road.writers import Phone, SmsPhone, TelegramPhone, greet

ASKED_WITHIN = 15.0
NO_ANSWER = "hm"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A line that is running, shared by these tests."""
    folder = tmp_path_factory.mktemp("unsure")
    with running_line(f"sqlite:///{folder / 'nhipcau.db'}", folder) as shared:
        shared.start()
        yield shared


@pytest.fixture(scope="module")
def books(line: Line) -> Iterator[Books]:
    """Its bookkeeping."""
    with open_books(line.database_url) as opened:
        yield opened


def status_of(books: Books, phone: Phone) -> list[tuple[str, int]]:
    """How everything told to somebody ended, and after how many tries."""
    return [(told.status, told.tries) for told in books.talk(phone.channel, phone.address).told]


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        ("500_after_accepting", 1),
        ("time_out_after_accepting", 1),
        ("429", 2),
        ("drop_receipts", 1),
    ],
)
def test_twilio_is_asked_and_the_answer_arrives_once(
    line: Line, books: Books, sms: SmsPhone, fault: str, tries: int
) -> None:
    """Twilio's page on error 20500: sending again after a 500 may deliver twice. So its own list is looked at first."""
    twilio = line.carriers.twilio
    if fault != "drop_receipts":
        twilio.fault("drop_receipts")
    twilio.fault(fault)
    sms.write("xin chao")
    wait_until(lambda: status_of(books, sms) == [("sent", tries)], ASKED_WITHIN, "the answer is known to be sent")
    assert len(sms.got()) == 1


def test_a_receipt_alone_settles_what_was_unsure(line: Line, books: Books, sms: SmsPhone) -> None:
    """Our own id stands in the callback's address: the carrier would not speak of a message that never reached it."""
    twilio = line.carriers.twilio
    twilio.fault("500_before", times=40, moment="list")
    twilio.fault("500_after_accepting")
    sms.write("xin chao")
    try:
        wait_until(lambda: status_of(books, sms) == [("sent", 1)], 10, "the receipt has settled it")
        told = books.talk("twilio", sms.number).told
        wait_until(lambda: books.talk("twilio", sms.number).told[0].delivery == "delivered", 5, f"delivered {told}")
    finally:
        twilio.faults.clear()
    assert len(sms.got()) == 1
    sent = [m.sid for m in twilio.messages if m.recipient == sms.number]
    with books.database.read() as session:
        due = errands.due(session, books.vault, ["twilio"], read_clock() + timedelta(hours=1), limit=1000)
    assert [errand.action for errand in due if errand.provider_id in sent] == ["redact"]


@pytest.mark.parametrize(
    ("fault", "copies"), [("500_after_accepting", 1), ("time_out_after_accepting", 1), ("500_before", 0)]
)
def test_an_unsure_answer_on_telegram_is_not_repeated_but_its_question_is_asked_again(
    line: Line, books: Books, telegram: TelegramPhone, fault: str, copies: int
) -> None:
    """Telegram cannot be asked. When the person writes something that answers nothing, the question comes once more."""
    line.carriers.telegram.fault(fault)
    telegram.write("xin chao")
    wait_until(lambda: status_of(books, telegram) == [("unsure", 1)], 15, "it is unsure")
    assert len(telegram.got()) == copies
    question = books.talk("telegram", telegram.address).told[0].text
    telegram.write(NO_ANSWER)
    wait_until(lambda: len(telegram.got()) == copies + 1, 10, "the question comes again")
    wait_until(books.is_settled, 5, "all is settled")
    assert telegram.got() == [question] * (copies + 1)


def test_telegrams_wish_to_wait_is_obeyed(line: Line, books: Books, telegram: TelegramPhone) -> None:
    """429 means that nothing left: the answer follows after as long as Telegram asked for."""
    line.carriers.telegram.fault("429", size=2)
    telegram.write("xin chao")
    wait_until(lambda: status_of(books, telegram) == [("sent", 2)], 15, "it is sent")
    assert len(telegram.got()) == 1


@pytest.mark.parametrize(("times", "ends"), [(1, "sent"), (2, "unsure")])
def test_an_unsure_danger_reply_is_said_once_more_and_never_a_third_time(
    line: Line, books: Books, telegram: TelegramPhone, times: int, ends: str
) -> None:
    """Hearing whom to call twice is better than not at all."""
    greet([telegram])
    wait_until(books.is_settled, 5, "the greeting is settled")
    before = len(telegram.got())
    line.carriers.telegram.fault("500_after_accepting", times=times)
    telegram.write("cuu toi voi, ho dang danh toi")
    wait_until(lambda: len(telegram.got()) > before + 2, 15, "danger is answered")
    wait_until(books.is_settled, 5, "all is settled")
    urgent = [told for told in books.talk("telegram", telegram.address).told if told.kind == "urgent"]
    assert (urgent[0].status, urgent[0].tries) == (ends, 2)
    assert telegram.got()[before:] == [urgent[0].text, *(told.text for told in urgent)]


def test_one_who_blocked_the_bot_is_left_alone(line: Line, books: Books, telegram: TelegramPhone) -> None:
    """403: what was still due is cancelled, and nothing is tried again."""
    line.carriers.telegram.fault("blocked")
    telegram.write("xin chao")
    wait_until(lambda: status_of(books, telegram) == [("refused", 1)], 10, "it is refused")
    assert books.is_settled()


def test_nothing_is_open_at_the_end(books: Books) -> None:
    """Whatever the carriers did, every message ended one way or another."""
    wait_until(books.is_settled, ASKED_WITHIN, "all is settled")
