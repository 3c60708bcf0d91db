"""The server is killed again and again while people write; nobody is left without an answer, nobody hears one twice."""

import os
import time
from collections import Counter, deque
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from tests.road.books import Talk, open_books
from tests.road.line import Line, running_line, wait_until
from tests.road.writers import ASKED, Phone, SmsPhone, TelegramPhone, Writer, beginnings, greet

KILLS = int(os.environ.get("CRASH_KILLS", "6"))
SEED = int(os.environ.get("CRASH_SEED", "1"))
SETTLED_WITHIN = 75.0  # a claim of 20 s, and for 30 s a carrier is asked before a message counts as never taken
ASKERS = 4


@pytest.mark.slow
@pytest.mark.timeout(240 + 6 * KILLS)
def test_every_message_is_answered_once_however_often_the_server_is_killed(database_url: str, tmp_path: Path) -> None:
    """Every message that was acknowledged ends in exactly one answer, or in one *unsure* where nobody can be asked."""
    chance, begins = Random(SEED), beginnings()
    with running_line(database_url, tmp_path) as line, open_books(database_url) as books:
        line.start()
        phones: list[Phone] = [SmsPhone(line, f"+8490000000{n}") for n in range(ASKERS)]
        phones += [TelegramPhone(line, 7000 + n) for n in range(ASKERS)]
        greet(phones)
        wait_until(books.is_settled, 10, "the greetings are settled")
        before = {phone.address: len(phone.got()) for phone in phones}
        writers = [Writer(phone, deque(ASKED), Random(chance.random())) for phone in phones]
        newcomers = run_kills(line, writers, chance)
        wait_until(lambda: line.carriers.telegram.updates.waiting() == 0, 30, "Telegram has delivered everything")
        wait_until(books.is_settled, SETTLED_WITHIN, "everything is answered and settled")
        line.carriers.settle(10)
        assert line.stop() == 0
        for writer in writers:
            talk = books.talk(writer.phone.channel, writer.phone.address)
            check_books(writer.phone, talk, ["xin chao", "1", *writer.written])
            check_answers(writer, talk, writer.phone.got()[before[writer.phone.address] :], begins)
        for phone in newcomers:
            talk = books.talk(phone.channel, phone.address)
            check_books(phone, talk, ["xin chao"])
            assert len(phone.got()) + len(talk.texts("unsure")) >= 1
        print([len(w.written) for w in writers], time.monotonic())
        assert sum(len(writer.written) for writer in writers) > KILLS


@pytest.mark.slow
def test_a_kill_in_mid_send_is_settled_by_asking_or_stays_unsure(database_url: str, tmp_path: Path) -> None:
    """The carriers had taken the answers and not yet said so, and no receipt comes. Only danger may be said again."""
    with running_line(database_url, tmp_path) as line, open_books(database_url) as books:
        line.start()
        sms, chat, in_danger = SmsPhone(line, "+84900000001"), TelegramPhone(line, 71), TelegramPhone(line, 72)
        greet([in_danger])
        wait_until(books.is_settled, 10, "the greeting is settled")
        before = len(in_danger.got())
        line.carriers.twilio.fault("drop_receipts", times=10)
        for carrier, times in ((line.carriers.twilio, 1), (line.carriers.telegram, 2)):
            carrier.fault("slow", times=times, size=4.0)
        sms.write("xin chao")
        chat.write("xin chao")
        in_danger.write("cuu toi voi, ho dang danh toi")
        wait_until(lambda: len(sms.got()) == len(chat.got()) == len(in_danger.got()) - before == 1, 3, "all are sent")
        line.kill()
        line.start()
        time.sleep(1.5)
        assert (len(sms.got()), len(chat.got()), len(in_danger.got()) - before) == (1, 1, 1), "nothing is said blindly"
        wait_until(books.is_settled, SETTLED_WITHIN, "all is settled")
        assert [(told.status, told.tries) for told in books.talk("twilio", sms.number).told] == [("sent", 1)]
        assert [(told.status, told.tries) for told in books.talk("telegram", chat.address).told] == [("unsure", 1)]
        assert (len(sms.got()), len(chat.got())) == (1, 1)
        urgent = [told for told in books.talk("telegram", in_danger.address).told if told.kind == "urgent"]
        assert in_danger.got()[before:] == [urgent[0].text, *(told.text for told in urgent)]
        assert {told.status for told in urgent} == {"sent"}


def run_kills(line: Line, writers: list[Writer], chance: Random) -> list[Phone]:
    """Kill and start the server while everybody writes; the people who wrote for the first time meanwhile."""
    newcomers: list[Phone] = []
    for writer in writers:
        writer.start()
    for number in range(KILLS):
        time.sleep(chance.uniform(0.0, 1.2))
        newcomers += [SmsPhone(line, f"+8491{number:07}"), TelegramPhone(line, 800_000 + number)]
        for newcomer in newcomers[-2:]:
            newcomer.write("xin chao")
        for carrier in (line.carriers.twilio, line.carriers.telegram):
            carrier.fault("slow", size=chance.uniform(0.05, 0.6))
        time.sleep(chance.uniform(0.0, 0.4))
        line.kill()
        time.sleep(chance.uniform(0.0, 0.3))
        line.start()
    for writer in writers:
        writer.stop()
    return newcomers


def check_books(phone: Phone, talk: Talk, written: list[str]) -> None:
    """The program kept what was written once, answered all of it, and said what its books say, in that order."""
    assert Counter(heard.text for heard in talk.heard) == Counter(written)
    assert all(heard.answered_in is not None for heard in talk.heard)
    may_end = {"sent", "cancelled"} | ({"unsure"} if phone.channel == "telegram" else set())
    assert {told.status for told in talk.told} <= may_end
    assert arrived_in_order(phone.got(), talk), show(talk)
    said_in = {told.version for told in talk.told if told.status in ("sent", "unsure")}
    for heard in talk.heard:  # a question that was overtaken before it left is answered by what overtook it
        assert heard.answered_in is not None
        assert any(version >= heard.answered_in for version in said_in)


def show(talk: Talk) -> str:
    """A conversation by its turns, for a failure's message."""
    heard = [f"{heard.text} -> {heard.answered_in}" for heard in talk.heard]
    told = [f"{told.version} {told.status} {told.text[:20]!r}" for told in talk.told]
    return "\n".join(["", *heard, *told])


def arrived_in_order(got: list[str], talk: Talk) -> bool:
    """Whether `got` is everything that was sent, in order, with unsure ones there or not there (urgent ones twice)."""
    left = list(got)
    for told in talk.told:
        if told.status == "cancelled":
            continue
        if left and left[0] == told.text:
            left.pop(0)
            if told.kind == "urgent" and told.tries > 1 and left and left[0] == told.text:
                left.pop(0)
        elif told.status == "sent":
            return False
    return not left


def check_answers(writer: Writer, talk: Talk, got: list[str], begins: Mapping[str, str]) -> None:
    """Each topic was told once in every turn that was asked for it: one turn may hear the same question twice."""
    for asked, beginning in begins.items():
        wanted = len({heard.answered_in for heard in talk.heard if heard.text == asked})
        told, unsure = got.count(beginning), talk.texts("unsure").count(beginning)
        assert told <= wanted <= told + unsure, f"{asked}: {show(talk)}"
