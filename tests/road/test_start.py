"""How the server starts, refuses to start, and ends."""

import base64
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from program import read_clock
from storage import marks, migrations
from storage.database import Database
from storage.vault import Vault
from tests.road.books import open_books
from tests.road.line import MASTER_KEY, ROOT, free_port, running_line, wait_until
from tests.road.writers import SmsPhone

ENDS_WITHIN = 20.0
WITH_A_REAL_CARRIER = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM": "+15005550006",
}


def make_database(folder: Path, *, demo: bool = False) -> str:
    """A database at the newest revision, whose keys are wrapped by MASTER_KEY."""
    url = f"sqlite:///{folder / 'nhipcau.db'}"
    database = Database(url)
    migrations.upgrade(database)
    Vault((base64.b64decode(MASTER_KEY),)).open(database)
    if demo:
        with database.write() as session:
            marks.put(session, marks.DEMO, read_clock())
    database.close()
    return url


def start(folder: Path, settings: Mapping[str, str]) -> tuple[int, str]:
    """Start the server as `make serve` does and wait for its end: its exit code and what it wrote."""
    usual = {"SECRET_KEY": "road", "MASTER_KEY": MASTER_KEY, "PORT": str(free_port()), "HOME": str(folder)}
    ended = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **usual, **settings},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        pytest.param({"MASTER_KEY": ""}, "set MASTER_KEY", id="no master key"),
        pytest.param({"MASTER_KEY": "c2hvcnQ="}, "MASTER_KEY must be base64 of 32 bytes", id="a short master key"),
        pytest.param(
            {"MASTER_KEY": base64.b64encode(b"another" + bytes(25)).decode()},
            "which is not in MASTER_KEY",
            id="another database's master key",
        ),
        pytest.param({"SECRET_KEY": ""}, "set SECRET_KEY", id="no secret key"),
        pytest.param({"BROKER_URL": "redis://127.0.0.1:1"}, "BROKER_URL needs PostgreSQL", id="SQLite with a broker"),
        pytest.param(
            {"DATABASE_URL": "postgresql+psycopg://nobody:word-in-url@127.0.0.1:1/none"},
            "the database of DATABASE_URL does not answer",
            id="no database",
        ),
        pytest.param(
            {"TRY_IT": "1", **WITH_A_REAL_CARRIER},
            "twilio would reach real people, but this is a demonstration",
            id="a demonstration with a real carrier",
        ),
    ],
)
def test_a_wrong_set_up_is_refused_in_one_line(tmp_path: Path, settings: dict[str, str], reason: str) -> None:
    """A clear word, an exit code that says failure, no traceback, no secret, and no second try by the server itself."""
    code, said = start(tmp_path, {"DATABASE_URL": make_database(tmp_path), **settings})
    assert code != 0
    lines = [line for line in said.splitlines() if line.startswith("Nhịp Cầu does not start: ")]
    assert len(lines) == 1
    assert reason in lines[0]
    assert "Traceback" not in said
    assert "word-in-url" not in said
    assert said.count("Booting worker") == 1


def test_a_database_that_was_not_upgraded_is_refused(tmp_path: Path) -> None:
    """Serving never changes the schema by itself."""
    code, said = start(tmp_path, {"DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"})
    assert code != 0
    assert "run flask --app app db upgrade" in said
    assert "Traceback" not in said


def test_a_database_that_served_a_demonstration_never_serves_real_people(tmp_path: Path) -> None:
    """The mark stays on the database after TRY_IT is unset (standards.md 8)."""
    code, said = start(tmp_path, {"DATABASE_URL": make_database(tmp_path, demo=True), **WITH_A_REAL_CARRIER})
    assert code != 0
    assert "set DATABASE_URL to a fresh database" in said


def test_sigterm_finishes_the_work_in_hand(sqlite_url: str, tmp_path: Path) -> None:
    """A message that is just being sent is sent, and its outcome written down, before the server ends."""
    with running_line(sqlite_url, tmp_path) as line, open_books(sqlite_url) as books:
        line.start()
        line.carriers.twilio.fault("slow", size=2.0)
        line.carriers.twilio.fault("drop_receipts")
        phone = SmsPhone(line, "+84900000001")
        phone.write("xin chao")
        wait_until(lambda: len(phone.got()) == 1, 10, "Twilio has taken the answer")
        began = time.monotonic()
        assert line.stop() == 0
        assert time.monotonic() - began < 10.0
        assert [(told.status, told.tries) for told in books.talk("twilio", phone.number).told] == [("sent", 1)]


def test_a_request_in_hand_at_sigterm_is_answered(sqlite_url: str, tmp_path: Path) -> None:
    """While the server ends, a carrier's request that came in before is kept and acknowledged."""
    with running_line(sqlite_url, tmp_path) as line, open_books(sqlite_url) as books:
        line.start()
        codes: list[int] = []

        def send_slowly() -> None:
            def body() -> Iterator[bytes]:
                yield b'{"update_id": 5, "message": {"message_id": 1, "date": 1, "chat": {"id": 9, "type": "private"},'
                wait_until(ending.is_set, 10, "the server ends")
                time.sleep(0.5)
                yield b'"text": "xin chao"}}'

            headers = {"X-Telegram-Bot-Api-Secret-Token": line.environment["TELEGRAM_SECRET"]}
            url = f"{line.url}/webhooks/telegram"
            codes.append(httpx.post(url, content=body(), headers=headers, timeout=20, trust_env=False).status_code)

        ending, caller = threading.Event(), threading.Thread(target=send_slowly)
        caller.start()
        time.sleep(0.5)
        ending.set()
        assert line.stop() == 0
        caller.join()
        assert codes == [200]
        assert [heard.text for heard in books.talk("telegram", "9").heard] == ["xin chao"]
