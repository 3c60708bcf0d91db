"""After conversations with marked words and addresses, and whatever can go wrong, the marks stand nowhere."""

import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx

from tests.road.books import Books, open_books
from tests.road.failing import shut
from tests.road.line import Line, running_line, wait_until
from tests.road.scanning import files_below, find, postgresql
from tests.road.writers import LOST_CARD, Phone, SmsPhone, TelegramPhone, beginnings, got_more, greet

TOKEN = secrets.token_hex(6)
WORDS = f"kẹo dừa mật bưởi {TOKEN}"
NUMBER = f"+849{secrets.randbelow(10**9):09}"
CHAT = 7 * 10**9 + secrets.randbelow(10**9)
MARKS: dict[str, str | bytes] = {
    "their words": WORDS,
    "a word": TOKEN,
    "their number": NUMBER[1:],
    "their id": str(CHAT),
}


def places(line: Line) -> Iterator[tuple[str, bytes]]:
    """Everything the server wrote: its folder with database, log and temporary files, and PostgreSQL's own files."""
    yield from files_below(line.log.parent)
    if line.database_url.startswith("postgresql"):
        yield from postgresql(line.database_url)


def talk(line: Line, books: Books, phone: Phone) -> None:
    """A conversation that leads somewhere, with the marked words in it."""
    greet([phone])
    for text in (LOST_CARD, f"{LOST_CARD} {WORDS}", WORDS, f"9 {WORDS}", f"cuu toi voi {WORDS}"):
        before = len(phone.got())
        phone.write(text)
        wait_until(partial(got_more, phone, before), 15, "an answer")
    wait_until(books.is_settled, 15, "all is said")


def is_logged(line: Line, what: str, times: int) -> bool:
    """Whether the server's log says something so often."""
    return line.log.read_text().count(what) >= times


def go_wrong(line: Line, books: Books, phones: list[Phone]) -> None:
    """Carriers fail in every way they know, callers send rubbish, and the database is away for a while."""
    for fault, logged in (
        ("blocked", '"outcome": "blocked"'),
        ("429", '"outcome": "busy"'),
        ("500_after_accepting", '"outcome": "unsure"'),
    ):
        for carrier in (line.carriers.twilio, line.carriers.telegram):
            carrier.fault(fault)
        for phone in phones:
            phone.write(f"0 {WORDS}")
        wait_until(partial(is_logged, line, logged, len(phones)), 20, logged)
    rubbish = f"{WORDS} {NUMBER} {CHAT}"
    with httpx.Client(base_url=line.url, trust_env=False) as client:
        secret = {"X-Telegram-Bot-Api-Secret-Token": line.environment["TELEGRAM_SECRET"]}
        wrong = httpx.Headers({"X-Telegram-Bot-Api-Secret-Token": rubbish}, encoding="utf-8")
        for headers in (httpx.Headers(secret), wrong, httpx.Headers()):
            client.post("/webhooks/telegram", content=f'{{"update_id": "{rubbish}"'.encode(), headers=headers)
            client.post("/webhooks/telegram", json={"update_id": rubbish, "message": rubbish}, headers=headers)
        client.post("/webhooks/twilio", data={"From": NUMBER, "Body": WORDS}, headers={"X-Twilio-Signature": TOKEN})
        client.get(f"/webhooks/{TOKEN}", params={"q": rubbish})
        client.post(f"/webhooks/twilio/{NUMBER}", params={"q": rubbish})
        client.request(f"M{TOKEN}".upper(), f"/{CHAT}")
    with shut(line.database_url):
        for phone in phones:
            phone.write(f"1 {WORDS}")
        wait_until(partial(is_logged, line, "not committed", 2), 30, "both carriers are told that nothing was kept")
    wait_until(line.is_ready, 15, "the server is well again")
    for carrier in (line.carriers.twilio, line.carriers.telegram):
        carrier.faults.clear()
    wait_until(lambda: line.carriers.telegram.updates.waiting() == 0, 20, "Telegram has delivered everything")


def test_the_marks_of_a_conversation_stand_nowhere(database_url: str, tmp_path: Path) -> None:
    """Neither plain nor in any usual spelling: not in the database, its log, the server's log or temporary files."""
    with (
        running_line(database_url, tmp_path, GUNICORN_CMD_ARGS="--log-level debug") as line,
        open_books(database_url) as books,
    ):
        line.start()
        phones: list[Phone] = [SmsPhone(line, NUMBER), TelegramPhone(line, CHAT)]
        for phone in phones:
            talk(line, books, phone)
        go_wrong(line, books, phones)
        assert books.talk("twilio", NUMBER).heard, "they are kept all the same"
        told: dict[str, str | bytes] = {"what they were told": beginnings()[LOST_CARD]}
        assert find(MARKS | told, places(line)) == []
        assert line.stop() == 0
        assert find(MARKS | told, files_below(line.log.parent)) == []
        logged = line.log.read_text()
        assert "not proven" in logged
        assert "unreadable" in logged
        check_that_a_mark_would_be_found(line)


def check_that_a_mark_would_be_found(line: Line) -> None:
    """Each spelling, planted in the log, is seen."""
    for name, mark in MARKS.items():
        assert isinstance(mark, str)
        planted = line.log.parent / "planted"
        for content in (mark.encode(), mark.encode("utf-16-le"), mark.encode().hex().encode()):
            planted.write_bytes(b"before" + content + b"after")
            assert find({name: mark}, files_below(line.log.parent)) != []
        planted.unlink()
