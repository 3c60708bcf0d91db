"""The whole line as a person meets it: the real server in its own process, the simulated carriers in ours."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import psutil

from simulator.serve import Running, tell_time
from simulator.settings import Pace, Settings, SmsgatePhone, ZaloAccount
from storage import migrations
from storage.database import Database

ROOT = Path(__file__).parent.parent.parent
MASTER_KEY = base64.b64encode(b"road" * 8).decode()
TWILIO_FROM = "+15005550006"
ZALO = ZaloAccount("3608465248940903967", "road-app-secret", "road-oa-secret", "road-refresh-token")
SMSGATE = SmsgatePhone("road-user", "road-password", "road-signing-key")
QUICK = Pace(
    receipt_s=0.2,
    retry_first_s=0.2,
    retry_most_s=1.0,
    zalo_retry_s=(0.2, 0.5, 1.0, 2.0, 4.0),
    smsgate_retry_s=tuple(min(0.1 * 2**place, 1.0) for place in range(14)),
)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Look again and again; AssertionError naming what did not come about in time."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.05)


@dataclass
class Line:
    """A running line. `carriers` is the simulator; `start` and `kill` act on the server and all its descendants."""

    carriers: Running
    database_url: str
    port: int
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, ready: bool = True) -> None:
        """Start the server as `make serve` does, and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if ready:
            wait_until(self.is_ready, 30, f"the server is ready ({self.log.read_text()[-800:]})")

    def is_ready(self) -> bool:
        """Whether /readyz says so."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """SIGKILL to the server and every descendant, at once."""
        if self.process is None:
            return
        family = [psutil.Process(self.process.pid)]
        family += family[0].children(recursive=True)
        for member in family:
            with_pid(member.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def stop(self) -> int:
        """SIGTERM, as a service manager does; the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.process = None
        return code

    def said_to(self, number: str) -> list[str]:
        """The texts Twilio took for a number, in order."""
        return [message.body for message in self.carriers.twilio.sent_to(number)]

    def said_on_telegram(self, chat: int) -> list[str]:
        """The texts Telegram took for a chat, in order."""
        return [str(message["text"]) for message in self.carriers.telegram.sent_to(chat)]


def with_pid(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


@contextmanager
def running_line(
    database_url: str,
    folder: Path,
    pace: Pace = QUICK,
    now: Callable[[], datetime] = tell_time,
    zalo: ZaloAccount = ZALO,
    **settings: str,
) -> Iterator[Line]:
    """Carriers and a server that know each other, on an empty database; everything ended afterwards.

    `now` is the carriers' clock; `settings` are added to the server's environment.
    """
    port = free_port()
    carriers = Running(
        Settings(
            twilio_account_sid="AC" + "0" * 32,
            twilio_auth_token="road-token",
            twilio_from=TWILIO_FROM,
            telegram_token="123456:road-token",
            public_url=f"http://127.0.0.1:{port}",
            port=0,
            pace=pace,
            zalo=zalo,
            smsgate=SMSGATE,
        ),
        now=now,
    )
    database = Database(database_url)
    migrations.upgrade(database)
    database.close()
    with carriers:
        line = Line(carriers, database_url, port, folder / "server.log")
        line.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "PUBLIC_URL": line.url,
            "DATABASE_URL": database_url,
            "MASTER_KEY": MASTER_KEY,
            "SECRET_KEY": "road",
            "TWILIO_ACCOUNT_SID": carriers.settings.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": carriers.settings.twilio_auth_token,
            "TWILIO_FROM": TWILIO_FROM,
            "TWILIO_API_URL": carriers.url,
            "TELEGRAM_TOKEN": carriers.settings.telegram_token,
            "TELEGRAM_SECRET": "road-secret",
            "TELEGRAM_API_URL": carriers.url,
            **zalo_environment(zalo, carriers.url),
            **smsgate_environment(carriers.url),
            **settings,
        }
        try:
            yield line
        finally:
            line.kill()


def zalo_environment(account: ZaloAccount, url: str) -> dict[str, str]:
    """The program's settings for an Official Account that is simulated at an address."""
    return {
        "ZALO_APP_ID": account.app_id,
        "ZALO_APP_SECRET": account.app_secret,
        "ZALO_OA_SECRET": account.oa_secret,
        "ZALO_OA_ID": account.oa_id,
        "ZALO_REFRESH_TOKEN": account.refresh_token,
        "ZALO_API_URL": url,
        "ZALO_OAUTH_URL": url,
    }


def smsgate_environment(url: str) -> dict[str, str]:
    """The program's settings for a telephone with SMSGate that is simulated at an address, in a hurry."""
    return {
        "SMSGATE_URL": f"{url}/3rdparty/v1",
        "SMSGATE_USER": SMSGATE.user,
        "SMSGATE_PASSWORD": SMSGATE.password,
        "SMSGATE_SIGNING_KEY": SMSGATE.signing_key,
        "SMSGATE_PACE": "3000",
    }


def events(log: Path) -> list[dict[str, object]]:
    """The server's own log lines."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
