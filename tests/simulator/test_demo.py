"""`make run`'s program: its secrets, its environment, and how it ends what it started."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from simulator.demo.running import DemoError, demand_free, settle_environment
from simulator.demo.secrets import MAKERS, load_secrets
from simulator.settings import Settings
from tests.simulator.conftest import wait_for

SERVER = """
import http.server, os, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *args): pass
print("server of", os.environ["DATABASE_URL"], os.environ["TWILIO_API_URL"], flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).serve_forever()
"""
DEMO = """
import sys
from pathlib import Path
from simulator.demo.running import Plan, main
root, server = Path(sys.argv[1]), (sys.executable, "-c", sys.argv[2])
simulate = (sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1]); import runpy; "
            "runpy.run_module('simulator', run_name='__main__')", sys.argv[3])
sys.exit(main(Plan(root, upgrade=(sys.executable, "-c", sys.argv[4]), serve=server, simulate=simulate)))
"""
CHECKOUT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def demo(folder: Path, *, server: str = SERVER, upgrade: str = "") -> Iterator[subprocess.Popen[str]]:
    """The demo as a process of its own, with a stand-in for the server."""
    environment = os.environ | {"PORT": str(free_port()), "SIMULATOR_PORT": str(free_port()), "BROKER_URL": "redis://x"}
    command = [sys.executable, "-c", DEMO, str(folder), server, str(CHECKOUT), upgrade]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, text=True, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_secrets_are_made_once_and_for_this_account_alone(tmp_path: Path) -> None:
    """The file is 0600 and stays as it was; every secret differs from the next folder's."""
    first = load_secrets(tmp_path)
    assert (tmp_path / "demo.env").stat().st_mode & 0o777 == 0o600
    assert load_secrets(tmp_path) == first
    assert first.keys() == MAKERS.keys()
    (tmp_path / "other").mkdir()
    other = load_secrets(tmp_path / "other")
    assert [name for name in first if first[name] == other[name]] == ["TWILIO_FROM"]


def test_a_secret_that_a_later_version_needs_is_added(tmp_path: Path) -> None:
    """The others stay, and the database with them."""
    first = load_secrets(tmp_path)
    path = tmp_path / "demo.env"
    path.write_text("".join(f"{k}={v}\n" for k, v in first.items() if k != "TELEGRAM_SECRET"))
    (tmp_path / "demo.db").touch()
    again = load_secrets(tmp_path)
    assert {name for name in first if first[name] != again[name]} == {"TELEGRAM_SECRET"}
    assert (tmp_path / "demo.db").exists()


def test_a_database_without_its_key_is_removed(tmp_path: Path) -> None:
    """With a new master key nobody can ever read it again."""
    for name in ("demo.db", "demo.db-wal"):
        (tmp_path / name).touch()
    load_secrets(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["demo.env"]


def test_nothing_of_a_real_set_up_reaches_the_demo(tmp_path: Path) -> None:
    """Real carriers, databases and keys in the environment are left aside; other settings stay."""
    real = {"TWILIO_AUTH_TOKEN": "real", "ZALO_APP_ID": "real", "DATABASE_URL": "postgresql://real", "LANG": "vi_VN"}
    settings = settle_environment(tmp_path / "var", real | {"MASTER_KEY_FILE": "real", "BROKER_URL": "real"}, 8000)
    assert "real" not in settings.values()
    assert "postgresql://real" not in settings.values()
    assert settings["LANG"] == "vi_VN"
    addresses = {settings[name] for name in ("TWILIO_API_URL", "TELEGRAM_API_URL", "ZALO_API_URL", "ZALO_OAUTH_URL")}
    assert addresses == {settings["SIMULATOR_URL"]}
    assert settings["SMSGATE_URL"] == f"{settings['SIMULATOR_URL']}/3rdparty/v1"
    assert Settings.from_environment(settings).zalo is not None
    assert (settings["TRY_IT"], settings["DEMO"], settings["PUBLIC_URL"]) == ("1", "1", "http://localhost:8000")


def test_a_taken_port_is_told_before_anything_is_started() -> None:
    """The message names the port and the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=f"port {port} is not free here; choose another: PORT="):
            demand_free("127.0.0.1", port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_says_where_to_go_and_ends_both_children(tmp_path: Path, number: signal.Signals) -> None:
    """After the signal nothing of it is left, and the exit code is 0."""
    with demo(tmp_path) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "/try" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], "the demo ended early"
        assert any(f"sqlite:///{tmp_path}/var/demo.db" in line for line in lines)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 2
        process.send_signal(number)
        assert process.wait(20) == 0
        wait_for(lambda: not [child for child in children if child.is_running()])


def test_when_one_child_dies_the_other_is_ended_and_it_is_said(tmp_path: Path) -> None:
    """Exit code 1, a message that names the dead child, and nothing left running."""
    with demo(tmp_path) as process:
        assert process.stdout is not None
        while "/try" not in process.stdout.readline():
            assert process.poll() is None
        children = psutil.Process(process.pid).children(recursive=True)
        simulator = next(child for child in children if "simulator" in " ".join(child.cmdline()))
        simulator.kill()
        assert process.wait(20) == 1
        assert process.stderr is not None
        assert "the simulator stopped by itself" in process.stderr.read()
        wait_for(lambda: not [child for child in children if child.is_running()])


@pytest.mark.parametrize(
    ("server", "upgrade", "message"),
    [
        ("raise SystemExit(3)", "", "the server stopped by itself (exit code 3)"),
        (SERVER, "raise SystemExit(1)", "the database"),
    ],
)
def test_a_failed_start_is_said_and_leaves_nothing(tmp_path: Path, server: str, upgrade: str, message: str) -> None:
    """Exit code 1 and the reason, within seconds."""
    begun = time.monotonic()
    with demo(tmp_path, server=server, upgrade=upgrade) as process:
        _, said = process.communicate(timeout=20)
        assert process.returncode == 1
        assert message in said
    assert time.monotonic() - begun < 15
