"""The command line, as somebody at a keyboard meets it."""

import base64
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.talks import read_talk
from storage import carriers
from storage.database import Database
from webhooks.outcomes import Outcome

ROOT = Path(__file__).parent.parent
OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def flask(*words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `flask --app app` in an environment of its own."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **settings},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_chat_as_json_answers_each_line_with_one_line() -> None:
    """The form other programs read: no prompt, one JSON object a line, exit 0 at the end of input."""
    done = flask("chat", "--json", stdin="xin chao\n1\n\nXOA HET\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [list(answer) for answer in answers] == [["replies"]] * 4
    assert all(answer["replies"] for answer in answers)
    assert "tiện" in answers[0]["replies"][0]


def test_chat_begins_in_the_language_asked_for() -> None:
    """--language en: no Vietnamese in the first answer."""
    done = flask("chat", "--json", "--language", "en", stdin="1\n")
    assert "good moment" in json.loads(done.stdout)["replies"][0]


def test_chat_shows_buttons_on_a_channel_that_has_them() -> None:
    """--channel telegram: the labels in brackets."""
    done = flask("chat", "--json", "--channel", "telegram", stdin="xin chao\n")
    assert "[1 " in json.loads(done.stdout)["replies"][0]


def test_chat_saves_a_talk_that_can_be_read_back(tmp_path: Path) -> None:
    """--save writes what was said, whole."""
    saved = tmp_path / "a.talk"
    done = flask("chat", "--json", "--save", str(saved), stdin="xin chao\n1\n")
    talk = read_talk(saved.read_text(encoding="utf-8"))
    assert [exchange.said for exchange in talk.exchanges] == ["xin chao", "1"]
    assert [exchange.replies for exchange in talk.exchanges] == [
        json.loads(line)["replies"] for line in done.stdout.splitlines()
    ]


@pytest.mark.parametrize(("option", "value"), [("--language", "xx"), ("--channel", "pigeon")])
def test_chat_says_what_there_is_to_choose_from(option: str, value: str) -> None:
    """A wrong word gets the right ones."""
    done = flask("chat", option, value)
    assert done.returncode == 2
    assert "choose one of" in done.stderr


def test_chat_leaves_nothing_behind(tmp_path: Path) -> None:
    """The throw-away store is thrown away."""
    flask("chat", "--json", stdin="xin chao\n", TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_its_key_is_refused_in_one_line(sqlite_url: str) -> None:
    """No trace back, but what to set."""
    flask("db", "upgrade", DATABASE_URL=sqlite_url)
    done = flask("rotate-key", DATABASE_URL=sqlite_url)
    assert done.returncode == 1
    assert "MASTER_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_master_key_is_changed_and_the_old_one_is_worth_nothing(database_url: str) -> None:
    """rotate-key with new,old; afterwards old alone is refused and new alone is enough."""
    settings = {"DATABASE_URL": database_url, "SECRET_KEY": "x"}
    flask("db", "upgrade", **settings)
    erase = ("erase", "--channel", "twilio", "--address", "+84900000001")
    assert "Nobody" in flask(*erase, MASTER_KEY=OLD, **settings).stdout
    assert "6 keys" in flask("rotate-key", MASTER_KEY=f"{NEW},{OLD}", **settings).stdout
    refused = flask(*erase, MASTER_KEY=OLD, **settings)
    assert refused.returncode == 1
    assert "MASTER_KEY" in refused.stderr
    assert flask(*erase, MASTER_KEY=NEW, **settings).returncode == 0
    assert "0 lines hold, 1 await chaining" in flask("audit", "verify", MASTER_KEY=NEW, **settings).stdout


def test_a_channel_in_trouble_is_shown_with_what_to_do(sqlite_url: str) -> None:
    """Since when, the carrier's own number, the way out, and an exit code that a watching program understands."""
    twilio = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "x", "TWILIO_FROM": "+15005550006"}
    settings = {"DATABASE_URL": sqlite_url, "SECRET_KEY": "x", "MASTER_KEY": NEW, **twilio}
    flask("db", "upgrade", **settings)
    well = flask("channels", **settings)
    assert well.returncode == 0, well.stderr
    assert "twilio     well" in well.stdout
    assert "telegram   off" in well.stdout
    database = Database(sqlite_url)
    since = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    with database.write() as session:
        carriers.keep_quiet(session, "twilio", Outcome.UNAUTHORISED.title, "twilio 20003", since, since)
    database.close()
    ill = flask("channels", **settings)
    assert ill.returncode == 1
    for words in ("unauthorised since 2026-03-02 08:30 UTC", "twilio 20003", Outcome.UNAUTHORISED.advice, "0 waiting"):
        assert words in ill.stdout
    shown = {
        line["channel"]: line for line in map(json.loads, flask("channels", "--json", **settings).stdout.splitlines())
    }
    assert (shown["twilio"]["trouble"], shown["twilio"]["since"]) == ("unauthorised", "2026-03-02T08:30:00+00:00")
    assert shown["telegram"]["is_on"] is False


def test_erasing_on_a_channel_that_does_not_exist_names_those_that_do() -> None:
    """A typing slip must not look like success."""
    done = flask("erase", "--channel", "twillio", "--address", "+84900000001")
    assert done.returncode == 2
    assert "twilio" in done.stderr
