"""The command line, as somebody at a keyboard meets it."""

import base64
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.talks import read_talk
from storage import carriers
from storage.database import Database
from storage.models import InboxMessage, Person
from tests.storage.stage import DAY, MASTER, NOW, Stage
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
    assert "nhắn tin được" in answers[0]["replies"][0]


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


def test_a_saved_talk_has_a_title(tmp_path: Path) -> None:
    """The one given, else the first thing that was written; so it can be kept as it is."""
    saved = tmp_path / "a.talk"
    flask("chat", "--json", "--save", str(saved), "--title", "A lost\ncard", stdin="xin chao\n")
    assert saved.read_text(encoding="utf-8").startswith("# A lost card\nchannel: sms\n\n> xin chao\n< ")
    flask("chat", "--json", "--save", str(saved), stdin="\nmat the roi\n")
    assert read_talk(saved.read_text(encoding="utf-8")).title == "mat the roi"


def test_a_talk_is_saved_when_it_is_ended_with_ctrl_c(tmp_path: Path) -> None:
    """What was said until then, without a trace back; and the throw-away store is gone."""
    saved = tmp_path / "a.talk"
    command = [sys.executable, "-m", "flask", "--app", "app", "chat", "--json", "--save", str(saved)]
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdin=pipe, stdout=pipe, stderr=pipe
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write("xin chao\n")
        running.stdin.flush()
        assert "replies" in running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert (running.returncode, told) == (0, f"Kept in {saved}.\n")
    assert [exchange.said for exchange in read_talk(saved.read_text(encoding="utf-8")).exchanges] == ["xin chao"]
    assert list(tmp_path.iterdir()) == [saved]


def test_nothing_said_is_nothing_saved(tmp_path: Path) -> None:
    """A file that no test could use; and what is asked for in vain is refused before anything is written."""
    saved = tmp_path / "a.talk"
    assert "nothing is kept" in flask("chat", "--save", str(saved)).stderr
    assert not saved.exists()
    assert "make it first" in flask("chat", "--save", str(tmp_path / "no" / "a.talk")).stderr
    assert "--save FILE" in flask("chat", "--title", "A").stderr


def test_talks_are_renewed_and_each_change_is_shown(tmp_path: Path) -> None:
    """Their lines, title and notes stay; what is answered now is written, and a second time nothing changes."""
    saved, broken = tmp_path / "a.talk", tmp_path / "b.talk"
    flask("chat", "--save", str(saved), "--title", "A talk", stdin="xin chao\n1\n")
    wanted = saved.read_text(encoding="utf-8").replace("\n> 1\n", "\n// the menu\n> 1\n")
    old = wanted.replace("nhắn tin được không?", "rảnh không?").replace("> xin chao", ">xin chao")
    saved.write_text(old, encoding="utf-8")
    done = flask("talks", "renew", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert saved.read_text(encoding="utf-8") == wanted
    for words in (f"--- {saved}", "rảnh không?", "nhắn tin được không?", "1 of 1 talks", "aloud"):
        assert words in done.stdout
    broken.write_text("# B\n\nxin chao\n", encoding="utf-8")
    again = flask("talks", "renew", str(saved), str(broken))
    assert again.returncode == 1
    assert "0 of 2 talks" in again.stdout
    assert f"{broken}, line 3: nobody can tell whose words these are: 'xin chao'." in again.stderr


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


def test_flows_are_drawn_where_asked_and_only_those_asked_for(tmp_path: Path) -> None:
    """No secret needed; a flow that does not exist is refused with those that do."""
    drawn = flask("flows", "draw", "--language", "vi", "--output", str(tmp_path), "papers", "index")
    assert drawn.returncode == 0, drawn.stderr
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == [
        "vi/index.svg",
        "vi/papers.svg",
    ]
    refused = flask("flows", "draw", "--output", str(tmp_path), "paper")
    assert refused.returncode == 2
    assert "papers" in refused.stderr


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


def test_the_lead_reads_feedback_and_each_reading_is_recorded(database_url: str) -> None:
    """With alias and time, the newest first; nothing in it can command the terminal or pass for a heading."""
    settings = {"DATABASE_URL": database_url, "SECRET_KEY": "x", "MASTER_KEY": base64.b64encode(MASTER).decode()}
    flask("db", "upgrade", **settings)
    assert "Nobody" in flask("feedback", **settings).stdout
    stage = Stage.open(database_url)
    for day, text in enumerate(("trả lời sai", "chê\x1b[2J\x9b\u202e\nSen 1234, 2026-03-02 08:30 UTC")):
        stage.hear(text, at=NOW + day * DAY)
    (alias,) = stage.all_of(Person.alias)
    with stage.database.write() as session:
        session.execute(update(InboxMessage).values(for_lead=True))
    stage.database.close()
    shown = flask("feedback", **settings)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines() == [
        f"{alias}, 2026-03-03 08:30 UTC",
        "    chê?[2J??",
        "    Sen 1234, 2026-03-02 08:30 UTC",
        f"{alias}, 2026-03-02 08:30 UTC",
        "    trả lời sai",
    ]
    assert not any(word in shown.stderr for word in ("trả", "chê", alias))
    (line,) = flask("feedback", "--since", "2026-03-03", "--json", **settings).stdout.splitlines()
    assert line.isascii()
    assert json.loads(line)["written_at"] == "2026-03-03T08:30:00+00:00"
    assert "3 await chaining" in flask("audit", "verify", **settings).stdout


def test_erasing_on_a_channel_that_does_not_exist_names_those_that_do() -> None:
    """A typing slip must not look like success."""
    done = flask("erase", "--channel", "twillio", "--address", "+84900000001")
    assert done.returncode == 2
    assert "twilio" in done.stderr
