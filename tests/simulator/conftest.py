"""A simulator that serves in threads, and a tiny program under talk that only remembers what it was sent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from simulator.serve import Running
from simulator.settings import Pace, Settings, SmsgatePhone, ZaloAccount

ACCOUNT = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "a-token-for-tests"
LINE = "+15005550006"
PERSON = "+84901234567"
TELEGRAM_TOKEN = "123456:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi"
ZALO = ZaloAccount("3608465248940903967", "app-secret-of-tests", "oa-secret-of-tests", "first-refresh-token")
SMSGATE = SmsgatePhone("AB12CD", "password-of-tests", "signing-key-of-tests")
HTTP = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))  # one, as making it is slow
QUICK = Pace(
    receipt_s=0.01,
    twilio_timeout_s=0.5,
    telegram_timeout_s=0.5,
    retry_first_s=0.02,
    retry_most_s=0.1,
    zalo_timeout_s=0.5,
    zalo_retry_s=(0.01,) * 5,
    smsgate_timeout_s=0.5,
    smsgate_retry_s=(0.01,) * 14,
)


@dataclass(frozen=True)
class Heard:
    """One request the program received."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        fields = parse_qs(self.body.decode(), keep_blank_values=True, strict_parsing=True)
        return {name: values[0] for name, values in fields.items()}

    @property
    def json(self) -> dict[str, Any]:
        """The object of a JSON body."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Program:
    """A real HTTP server where the program would stand. `answers` are used up one by one, then it is 200."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    slow_s: float = 0.0
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def to(self, path: str) -> list[Heard]:
        """What was sent to one path, the query left aside."""
        with self.lock:
            return [heard for heard in self.heard if heard.path.partition("?")[0] == path]


@pytest.fixture
def program() -> Iterator[Program]:
    """The program under talk."""
    found = Program()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with found.lock:
                found.at_once += 1
                found.most_at_once = max(found.most_at_once, found.at_once)
                found.heard.append(Heard(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                code, answer = found.answers.pop(0) if found.answers else (200, b"")
            time.sleep(found.slow_s)
            with found.lock:
                found.at_once -= 1
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A caller that hung up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def settings(program: Program) -> Settings:
    """The accounts of the tests, any free port, and little patience."""
    known = Settings(ACCOUNT, AUTH_TOKEN, LINE, TELEGRAM_TOKEN, public_url=program.url, port=0, pace=QUICK)
    return replace(known, zalo=ZALO, smsgate=SMSGATE)


@pytest.fixture
def running(settings: Settings) -> Iterator[Running]:
    """A simulator that serves."""
    with Running(settings, chance=Random(7)) as found:
        yield found


def wait_for(condition: Callable[[], object], timeout: float = 5.0) -> None:
    """Wait until the condition holds; fails after `timeout` seconds."""
    until = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.005)
