"""The logs cannot tell on anybody, whatever they are given and whoever speaks."""

import ast
import json
import logging
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from flask import Flask
from sqlalchemy import create_engine, text
from twilio.http.http_client import TwilioHttpClient
from werkzeug.serving import make_server

import logs

MARK = "+84987650123"
ROOT = Path(__file__).parent.parent
SPEAK = {"debug", "info", "warning", "error", "critical", "exception"}


class Hostile:
    """Shows the mark however it is printed."""

    def __repr__(self) -> str:
        return MARK

    __str__ = __repr__


class HostileText(str):
    """A text that is no plain text."""

    def __repr__(self) -> str:
        return MARK

    __str__ = __repr__


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the process's logging as it was found."""
    root, libraries = logging.getLogger(), ("httpx", "httpcore", "urllib3", "twilio", "sqlalchemy", "werkzeug", "app")
    handlers, level, raising = list(root.handlers), root.level, logging.raiseExceptions
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = raising
    logging.captureWarnings(False)
    structlog.reset_defaults()
    for name in libraries:
        library = logging.getLogger(name)
        library.setLevel(logging.NOTSET)
        library.handlers[:] = []


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged; every line is one JSON object, none holds the mark, and nothing went to standard output."""
    printed = capsys.readouterr()
    assert MARK not in printed.err
    assert printed.out == ""
    return [json.loads(line) for line in printed.err.splitlines()]


def test_only_keys_on_the_list_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A key that nobody thought about is dropped, whatever it holds, and counted."""
    logs.set_up_logs()
    before = logs.dropped["other"]
    structlog.get_logger().info("kept", channel="telegram", status=200, text=MARK, address=MARK, body=MARK.encode())
    (line,) = _lines(capsys)
    del line["timestamp"]
    assert line == {"event": "kept", "level": "info", "channel": "telegram", "status": 200}
    assert logs.dropped["other"] == before + 3


@pytest.mark.parametrize("value", [Hostile(), [MARK], {"to": MARK}, MARK.encode(), ValueError(MARK)])
def test_what_is_not_plain_is_not_printed(capsys: pytest.CaptureFixture[str], value: object) -> None:
    """An object may show anything when it is printed, so it is not asked."""
    logs.set_up_logs()
    for key in logs.ALLOWED - {"event", "level", "timestamp"}:
        structlog.get_logger().warning("kept", **{key: value})
    structlog.get_logger().warning(value)
    assert all(set(line) <= {"event", "level", "timestamp"} for line in _lines(capsys))


def test_a_text_that_is_no_plain_text_shows_only_its_letters(capsys: pytest.CaptureFixture[str]) -> None:
    """A subclass of str cannot print something else."""
    logs.set_up_logs()
    structlog.get_logger().info("kept", reason=HostileText("harmless \ud800 \0"))
    (line,) = _lines(capsys)
    assert line["reason"] == "harmless \ud800 \0"


def test_an_exception_is_described_without_its_message() -> None:
    """Its type and the last line of our own code; a library's message may quote what it was given."""
    try:
        logs.keep_allowed(None, "", MARK)  # type: ignore[arg-type]
    except TypeError as error:
        described = logs.describe(error)
    assert described["error"] == "TypeError"
    assert described["where"].startswith("logs.py:")
    assert logs.describe(ValueError(MARK)) == {"error": "ValueError", "where": "outside"}


def test_exceptions_are_not_printed_with_their_messages(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither through our own loggers nor through a library's, with causes and notes."""
    logs.set_up_logs()
    try:
        try:
            raise KeyError(MARK)
        except KeyError as cause:
            cause.add_note(MARK)
            raise ValueError(MARK) from cause
    except ValueError:
        structlog.get_logger().exception("ours")
        structlog.get_logger().error("ours", exc_info=True, stack_info=True)
        logging.getLogger("library").exception("no luck with %s", MARK, stack_info=True)
    assert [line["event"] for line in _lines(capsys)] == ["ours", "ours", "a library spoke"]


def test_a_library_says_that_it_spoke_and_not_what(capsys: pytest.CaptureFixture[str]) -> None:
    """From warnings upwards; below, nothing at all. Its arguments are not even put together."""
    logs.set_up_logs(logging.DEBUG)
    library = logging.getLogger("library")
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL):
        library.log(level, "to %s: %s", MARK, Hostile(), extra={"number": MARK})
    library.warning("too few %s %s", MARK)
    library.warning(Hostile())
    lines = _lines(capsys)
    assert [line["level"] for line in lines] == ["warning", "critical", "warning", "warning"]
    assert {line["logger"] for line in lines} == {"library"}


def test_libraries_at_their_most_talkative_tell_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The clients of carriers and of the database, at DEBUG, carrying the mark wherever they can."""
    logs.set_up_logs(logging.DEBUG)
    for name in ("httpx", "httpcore", "urllib3", "twilio", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    app = Flask("anybody")
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    here = f"http://127.0.0.1:{server.server_port}/{MARK}"
    try:
        with httpx.Client(trust_env=False) as client:
            client.post(here, data={"To": MARK})
        twilio = TwilioHttpClient()
        assert twilio.session is not None
        twilio.session.trust_env = False
        twilio.request("POST", here, data={"To": MARK, "Body": MARK})
        with create_engine("sqlite://").connect() as connection:
            connection.execute(text("SELECT :number"), {"number": MARK}).all()
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
    _lines(capsys)


def test_a_page_that_fails_does_not_print_what_it_was_working_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Flask prints exceptions through a handler of its own unless it finds one that takes every level."""
    logs.set_up_logs()
    app = Flask("app")

    def fail() -> str:
        raise ValueError(MARK)

    app.add_url_rule("/", view_func=fail)
    assert app.test_client().get("/", query_string={"to": MARK}).status_code == 500
    (line,) = _lines(capsys)
    assert (line["event"], line["error"]) == ("a library spoke", "ValueError")


def test_warnings_are_silenced_too(capsys: pytest.CaptureFixture[str]) -> None:
    """They quote the source line, and often a value."""
    logs.set_up_logs()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(MARK, stacklevel=1)
    logging.captureWarnings(False)
    assert [line["logger"] for line in _lines(capsys)] == ["py.warnings"]


def test_what_we_log_ourselves_is_written_in_the_source() -> None:
    """An event is a constant, never put together from what somebody said, and its keys are on the list."""
    spoken = 0
    for path in (
        *ROOT.glob("*.py"),
        *(found for part in ("bot", "storage", "webhooks") for found in (ROOT / part).rglob("*.py")),
    ):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in {f"log.{name}" for name in SPEAK}:
                event, place = call.args[0], f"{path.name}:{call.lineno}"
                assert isinstance(event, ast.Constant), place
                assert len(call.args) == 1, place
                assert {word.arg for word in call.keywords if word.arg} <= logs.ALLOWED, place
                spoken += 1
    assert spoken > 5
