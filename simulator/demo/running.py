"""`python -m simulator.demo`: the whole service with simulated carriers, for `make run`, without any account.

It makes its own secrets once, brings its own database up to date, starts the simulator and the server beside
each other, and ends both when told to or when one of them dies. Nothing of a real set-up is used: the
settings of carriers, databases and keys in the environment are left aside. HOST and PORT are honoured.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from simulator.demo.secrets import load_secrets

ROOT = Path(__file__).resolve().parent.parent.parent
BESIDE = Path(sys.executable).parent
UPGRADE = (sys.executable, "-m", "flask", "--app", "app", "db", "upgrade")
SERVE = (str(BESIDE / "gunicorn"), "--config", "gunicorn.conf.py")  # the command of `make serve`
SIMULATE = (sys.executable, "-m", "simulator")
LEFT_ASIDE = (
    "TWILIO_",
    "TELEGRAM_",
    "ZALO_",
    "SMSGATE_",
    "MASTER_KEY",
    "SECRET_KEY",
    "DATABASE_URL",
    "BROKER_URL",
)
READY_WITHIN_S = 90.0
ENDED_WITHIN_S = 25.0  # the server gives the work in hand 20 s


class DemoError(Exception):
    """The demo cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """What is started where; tests put other commands in."""

    root: Path = ROOT
    upgrade: tuple[str, ...] = UPGRADE
    serve: tuple[str, ...] = SERVE
    simulate: tuple[str, ...] = SIMULATE


def main(plan: Plan | None = None) -> int:
    """Run the demo until SIGTERM or SIGINT; the exit code is 0 when told to end, 1 when it went wrong."""
    plan, told = plan or Plan(), threading.Event()
    os.umask(0o077)  # the database and its journal belong to this account alone
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    try:
        run(plan, os.environ, told)
    except DemoError as error:
        print(f"\nThe demo has ended: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def run(plan: Plan, environment: Mapping[str, str], told: threading.Event) -> None:
    """Prepare, start, say where to go, watch, end. Raises DemoError."""
    port = int(environment.get("PORT") or 8000)
    host = environment.get("HOST") or "127.0.0.1"
    demand_free(host, port)
    settings = settle_environment(plan.root / "var", environment, port)
    if subprocess.run(plan.upgrade, cwd=plan.root, env=settings, check=False).returncode != 0:  # noqa: S603  # our own
        raise DemoError("the database could not be brought up to date; the lines above say why")
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in (("simulator", plan.simulate), ("server", plan.serve)):
            children[name] = subprocess.Popen(command, cwd=plan.root, env=settings)  # noqa: S603  # our own
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", children, told)
        if not told.is_set():
            print(greeting(port), flush=True)
        while not told.wait(0.2):
            demand_alive(children)
    finally:
        end(children)


def settle_environment(folder: Path, environment: Mapping[str, str], port: int) -> dict[str, str]:
    """The children's environment: ours without any real set-up, with the demo's own secrets and database."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {name: value for name, value in environment.items() if not name.startswith(LEFT_ASIDE)}
    simulator = int(environment.get("SIMULATOR_PORT") or free_port(8001))
    url = f"http://127.0.0.1:{simulator}"
    demo = {
        "DEMO": "1",
        "TRY_IT": "1",
        "PORT": str(port),
        "PUBLIC_URL": f"http://localhost:{port}",
        "DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
        "SIMULATOR_PORT": str(simulator),
        "SIMULATOR_URL": url,
        "TWILIO_API_URL": url,
        "TELEGRAM_API_URL": url,
        "ZALO_API_URL": url,
        "ZALO_OAUTH_URL": url,
        "SMSGATE_URL": f"{url}/3rdparty/v1",
    }
    return kept | load_secrets(folder) | demo


def demand_free(host: str, port: int) -> None:
    """Raises DemoError when somebody else listens there: better now than with the database open."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise DemoError(f"port {port} is not free here; choose another: PORT={port + 80} make run") from error


def free_port(wanted: int) -> int:
    """The wanted port of 127.0.0.1, or any free one when it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise DemoError("no port is free on 127.0.0.1")


def wait_until_ready(url: str, children: Mapping[str, subprocess.Popen[bytes]], told: threading.Event) -> None:
    """Wait for the server's 200, or until told to end. Raises DemoError when it dies or takes too long."""
    until = time.monotonic() + READY_WITHIN_S
    with httpx.Client(trust_env=False, timeout=2.0) as client:
        while not told.wait(0.1):
            demand_alive(children)
            try:
                if client.get(url).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            if time.monotonic() > until:
                raise DemoError(f"the server was not ready within {READY_WITHIN_S:.0f} s")


def demand_alive(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Raises DemoError naming the child that has ended."""
    for name, child in children.items():
        if child.poll() is not None:
            raise DemoError(f"the {name} stopped by itself (exit code {child.returncode}); the other was ended too")


def end(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """End the children, the server first: what it still sends needs carriers. Kills who does not listen."""
    for child in reversed(list(children.values())):
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def greeting(port: int) -> str:
    """What is printed once everything is ready."""
    return (
        "\nNhịp Cầu is running with simulated carriers. Nothing leaves this machine.\n\n"
        f"    A phone to try it on    http://localhost:{port}/try\n\n"
        "Ctrl-C ends it. What was said stays in var/demo.db until you delete it.\n"
    )
