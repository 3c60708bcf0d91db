"""Somebody asks to be erased, while the server runs on and others go on writing."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from storage import people
from storage.models import DoNotWrite, OutboxMessage, PersonKey
from storage.vault import NONCE_BYTES
from tests.road.books import Books, open_books
from tests.road.line import MASTER_KEY, ROOT, Line, running_line, wait_until
from tests.road.scanning import files_below, find, postgresql
from tests.road.writers import Phone, SmsPhone, TelegramPhone, got_more, greet, sentence

PROMISED = 60.0
FAREWELL = sentence("erase", "now")
WAYS_TO_A_STEP = {
    "the first question": (),
    "the main menu": ("1",),
    "the middle of a topic": ("1", "mat can cuoc"),
    "danger": ("1", "cuu toi voi, ho dang danh toi"),
    "safe mode": ("2",),
}


def id_of(books: Books, phone: Phone) -> str:
    """The random id of the person behind a phone."""
    with books.database.read() as session:
        kind = "tel" if phone.channel == "twilio" else phone.channel
        contact = people.find_contact(session, books.vault, kind, phone.address)
        assert contact is not None
        return str(contact.person_id)


def wrapped_key_of(books: Books, phone: Phone) -> bytes:
    """The wrapped key of the person behind a phone, as it stands in the database."""
    person = id_of(books, phone)
    with books.database.read() as session:
        return next(key.wrapped for key in session.scalars(select(PersonKey)) if str(key.person_id) == person)


def is_gone(books: Books, phone: Phone) -> bool:
    """Whether nobody is known by this address any more."""
    return books.talk(phone.channel, phone.address).heard == ()


def places(line: Line) -> Iterator[tuple[str, bytes]]:
    """Where the promise holds while the server runs: the files of SQLite, the rows of PostgreSQL."""
    if line.database_url.startswith("sqlite"):
        return (found for found in files_below(line.log.parent) if found[0].startswith("nhipcau.db"))
    return (found for found in postgresql(line.database_url) if found[0].startswith("rows"))


def wait_until_wiped(line: Line, secrets: dict[str, bytes]) -> None:
    """Wait until none of the wrapped keys is found."""
    wait_until(lambda: find(secrets, places(line)) == [], PROMISED, "the wrapped keys are gone")


def run_command(line: Line, *words: str, **environment: str) -> str:
    """Run one of the program's commands beside the server; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *words],
        cwd=ROOT,
        env={**line.environment, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_whoever_asks_is_erased_from_every_step(line: Line, books: Books) -> None:
    """They hear one farewell; then the rows and the very bytes of the wrapped key are gone, within 60 s."""
    phones: dict[str, Phone] = {}
    for number, (name, way) in enumerate(WAYS_TO_A_STEP.items()):
        pair: list[Phone] = [SmsPhone(line, f"+8494000000{number}"), TelegramPhone(line, 9400 + number)]
        for phone in pair:
            phones[f"{name} on {phone.channel}"] = phone
            for text in ("xin chao", *way):
                before = len(phone.got())
                phone.write(text)
                wait_until(partial(got_more, phone, before), 10, f"{name}: {text}")
    wait_until(books.is_settled, 15, "all is said")
    keys = {name: wrapped_key_of(books, phone) for name, phone in phones.items()}
    assert len(find(keys, places(line))) >= len(keys), "the keys can be found while they are there"
    for phone in phones.values():
        phone.write("XOA HET")
    for name, phone in phones.items():
        wait_until(partial(is_gone, books, phone), PROMISED, name)
        assert phone.got()[-1] == FAREWELL
    wait_until_wiped(line, keys)
    check_twilio_deleted(line, [phone.address for phone in phones.values() if phone.channel == "twilio"])


def check_twilio_deleted(line: Line, numbers: list[str]) -> None:
    """Twilio has no record of these numbers any more; a redacted one would still hold the number."""

    def left() -> list[str]:
        return [m.sid for m in line.carriers.twilio.messages if m.sender in numbers or m.recipient in numbers]

    wait_until(lambda: left() == [], 45, "Twilio's copies are deleted")


def test_what_was_said_before_stays_deleted_and_a_late_receipt_is_dropped(
    line: Line, books: Books, sms: SmsPhone
) -> None:
    """200, so that the carrier does not repeat it, and nothing is kept of it."""
    sms.write("xin chao")
    wait_until(lambda: len(sms.got()) == 1, 10, "an answer")
    with books.database.read() as session:
        mine = OutboxMessage.person_id == UUID(id_of(books, sms))
        row = session.scalars(select(OutboxMessage).where(mine)).one()
    sms.write("XOA HET")
    wait_until(lambda: is_gone(books, sms), PROMISED, "they are erased")
    form = {"MessageSid": "SM" + "d" * 32, "MessageStatus": "delivered", "To": sms.number}
    url = f"{line.url}/webhooks/twilio/status?m={row.id}"
    signature = RequestValidator(line.carriers.settings.twilio_auth_token).compute_signature(url, form)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    answer = httpx.post(url, content=urlencode(form), headers=headers, trust_env=False)
    assert answer.status_code == 200
    assert is_gone(books, sms)


def test_an_administrator_erases_without_a_word_even_while_an_answer_is_on_its_way(
    line: Line, books: Books, sms: SmsPhone
) -> None:
    """The command works beside the running server; the copy that Twilio was just given is deleted as well."""
    sms.write("xin chao")
    wait_until(lambda: len(sms.got()) == 1 and books.is_settled(), 10, "an answer")
    keys = {"their key": wrapped_key_of(books, sms)}
    line.carriers.twilio.fault("slow", size=4.0)
    line.carriers.twilio.fault("drop_receipts")
    sms.write("1")
    wait_until(lambda: len(sms.got()) == 2, 10, "the next answer is on its way")
    assert run_command(line, "erase", "--channel", "twilio", "--address", sms.number) == "Erased.\n"
    assert is_gone(books, sms)
    assert "Nobody" in run_command(line, "erase", "--channel", "twilio", "--address", sms.number)
    check_twilio_deleted(line, [sms.number])
    wait_until_wiped(line, keys)
    assert len(sms.got()) == 2


def test_whoever_writes_again_before_the_farewell_left_is_somebody_new(
    line: Line, books: Books, telegram: TelegramPhone
) -> None:
    """The farewell is said, the old key destroyed, and what they wrote meanwhile answered as somebody new's."""
    greet([telegram])
    keys = {"their key": wrapped_key_of(books, telegram)}
    line.carriers.telegram.fault("429", size=5)
    telegram.write("XOA HET")
    wait_until(lambda: books.talk("telegram", telegram.address).texts("due") == [FAREWELL], 10, "the farewell waits")
    before = len(telegram.got())
    telegram.write("xin chao")
    wait_until(lambda: len(telegram.got()) > before + 1, 30, "they are greeted")
    assert telegram.got()[before] == FAREWELL
    assert [heard.text for heard in books.talk("telegram", telegram.address).heard] == ["xin chao"]
    wait_until_wiped(line, keys)


def test_a_wish_for_no_more_notices_outlives_erasure(line: Line, books: Books, sms: SmsPhone) -> None:
    """A keyed hash of the address stays, and points at nobody."""
    sms.write("xin chao")
    wait_until(lambda: len(sms.got()) == 1, 10, "an answer")
    before = books.count(DoNotWrite)
    sms.write("dung nhan tin nua")
    wait_until(lambda: books.count(DoNotWrite) == before + 1, 10, "their stop is noted")
    sms.write("XOA HET")
    wait_until(lambda: is_gone(books, sms), PROMISED, "they are erased")
    assert books.count(DoNotWrite) == before + 1


def test_after_the_master_key_has_changed_nothing_left_in_postgresql_opens(postgresql_url: str, tmp_path: Path) -> None:
    """Deleted rows linger in heap and log; what lingers is wrapped by a key that no longer exists."""
    new_key = base64.b64encode(os.urandom(32)).decode()
    with ExitStack() as stack:
        line = stack.enter_context(running_line(postgresql_url, tmp_path))
        books = stack.enter_context(open_books(postgresql_url))
        line.start()
        leaving, staying = SmsPhone(line, "+84950000001"), SmsPhone(line, "+84950000002")
        greet([leaving, staying])
        wait_until(books.is_settled, 10, "all is said")
        gone, here, wrapped = id_of(books, leaving), id_of(books, staying), wrapped_key_of(books, leaving)
        leaving.write("XOA HET")
        wait_until(lambda: is_gone(books, leaving), PROMISED, "they are erased")
        assert find({"the wrapped key": wrapped}, (p for p in postgresql(postgresql_url) if "rows" in p[0])) == []
        line.stop()
        said = run_command(line, "rotate-key", MASTER_KEY=f"{new_key},{MASTER_KEY}")
        assert "keys wrapped anew" in said
        left = list(postgresql(postgresql_url))
        assert find({"the wrapped key": wrapped}, iter(left)), "it does linger, or this test shows nothing"
        assert opened(left, MASTER_KEY, gone, len(wrapped)), "and it would open with the old master key"
        assert not opened(left, new_key, gone, len(wrapped))
        assert opened(left, new_key, here, len(wrapped)), "the others' keys open with the new one"
        line.environment["MASTER_KEY"] = new_key
        line.start()
        before = len(staying.got())
        staying.write("mat can cuoc")
        wait_until(lambda: len(staying.got()) > before + 1, 10, "the conversation goes on")


def opened(content: list[tuple[str, bytes]], master: str, owner: str, length: int) -> bool:
    """Whether any run of bytes in a key's raw files is this person's key, wrapped by this master key."""
    cipher = AESGCM(base64.b64decode(master))
    for name, raw in content:
        if name not in ("raw person_key",):
            continue
        for start in range(len(raw) - length + 1):
            try:
                cipher.decrypt(
                    raw[start : start + NONCE_BYTES], raw[start + NONCE_BYTES : start + length], owner.encode()
                )
            except InvalidTag:
                continue
            return True
    return False
