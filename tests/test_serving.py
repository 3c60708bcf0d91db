"""The server as gunicorn runs it by our settings, with a small application in the place of the real one."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent
APPLICATION = """
import os
import threading
import time
from pathlib import Path
from flask import Flask, request

JOURNAL = Path("journal.txt")

def note(line):
    with JOURNAL.open("a") as journal:
        journal.write(f"{line}\\n")

def create_app():
    app = Flask("app")
    app.add_url_rule("/how", view_func=lambda: {"scheme": request.scheme, "process": os.getpid()})
    app.add_url_rule("/slow", view_func=slow)
    return app

def slow():
    note("request begun")
    time.sleep(1)
    note("request ended")
    return "done"

def start_workers(app):
    note(f"started {app.name}")

def stop_workers(app):
    time.sleep(0.5)
    note(f"stopped {app.name}")
"""


class Served:
    """A running server: where it listens, its process, and what it and its application wrote."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.port = port
        self.process = process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def journal(self) -> list[str]:
        path = self.folder / "journal.txt"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def log(self) -> str:
        return (self.folder / "log.txt").read_text()

    def stop(self) -> int:
        """Send SIGTERM as a service manager does; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Return when the server answers; RuntimeError when it ended or took too long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{url}/how", timeout=2)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not come up")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "app.py").write_text(APPLICATION)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
    with (tmp_path / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    running = Served(tmp_path, port, process)
    try:
        wait_until_it_answers(running.url, process)
        yield running
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_the_threads_start_once_and_end_after_the_last_request(served: Served) -> None:
    """SIGTERM finishes the work in hand: first the requests, then the threads behind them."""
    answers: list[str] = []
    caller = threading.Thread(target=lambda: answers.append(httpx.get(f"{served.url}/slow", timeout=10).text))
    caller.start()
    while "request begun" not in served.journal:
        time.sleep(0.02)
    assert served.stop() == 0
    caller.join()
    assert answers == ["done"]
    assert served.journal == ["started app", "request begun", "request ended", "stopped app"]


def test_one_process_answers_everything(served: Served) -> None:
    """SQLite has one writer, and the threads of the worker exist once."""
    processes = {httpx.get(f"{served.url}/how").json()["process"] for _ in range(20)}
    assert len(processes) == 1


def test_forwarding_headers_are_not_believed_even_from_this_machine(served: Served) -> None:
    """PUBLIC_URL is the only source of our own address."""
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl"}
    assert httpx.get(f"{served.url}/how", headers=headers).json()["scheme"] == "http"


def test_the_servers_log_names_no_caller_and_repeats_no_request(served: Served) -> None:
    """Neither an ordinary request nor a malformed one leaves an address or a word of its own in the log."""
    httpx.get(f"{served.url}/marker-in-a-path?marker=in-a-query")
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
        connection.sendall(b"marker nonsense\r\n\r\n")
        refusal = connection.recv(1000)
    assert refusal.startswith(b"HTTP/1.1 400")
    served.stop()
    assert "Refused a malformed request" in served.log
    assert "marker" not in served.log
    assert "127.0.0.1" not in served.log.replace(served.url, "")


def test_files_of_the_server_belong_to_its_account_alone(served: Served) -> None:
    """A database made by the server is readable by nobody else on the machine."""
    assert (served.folder / "journal.txt").stat().st_mode & 0o077 == 0
