"""The web application: the carriers' doors, the phone to try it on, and its health."""

import os
import sys
from typing import NoReturn

from flask import Flask, Request, Response, abort, current_app, request

import commands
from config import Config, ConfigError
from logs import set_up_logs
from program import Program
from simulator.try_it import try_it
from storage.database import Unavailable
from storage.vault import VaultError
from webhooks.receiving import receive

PUBLIC = {
    "webhook": "the channel proves who sent the request",
    "healthz": "says only that the process lives",
    "readyz": "says only whether it can work",
    "try_it": "exists only with TRY_IT=1, where no real carrier can be on",
}
"""Every door that opens without signing in, and why it may. All others are shut."""

NOT_STARTED = 3
"""The exit code at which gunicorn gives up; with any other it starts the same worker again and again."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


def create_app(config: Config | None = None) -> Flask:
    """The application. Starts no thread and opens no database: serving does. Exits when the environment is wrong."""
    config = config or read_environment()
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False  # a redirect would be built from the Host header, which is never believed
    app.config.update(SECRET_KEY=config.secret_key, SIMULATOR_URL=config.simulator_url)
    app.extensions["program"] = Program(config)
    app.add_url_rule("/webhooks/<channel>", "webhook", webhook, methods=["POST"])
    app.add_url_rule("/webhooks/<channel>/<door>", "webhook", webhook, methods=["POST"])
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    if config.try_it:
        app.register_blueprint(try_it)
    app.before_request(shut_undeclared)
    app.after_request(add_headers)
    commands.register(app)
    return app


def read_environment() -> Config:
    """The settings of this process. Exits with a clear word when one is wrong."""
    try:
        return Config.from_environment(os.environ)
    except ConfigError as error:
        refuse_to_start(str(error))


def refuse_to_start(why: str) -> NoReturn:
    """One line that says what to do, and the end: started again at once, it would only be refused again."""
    print(f"Nhịp Cầu does not start: {why}", file=sys.stderr, flush=True)
    raise SystemExit(NOT_STARTED)


def program_of(app: Flask) -> Program:
    """The parts behind an application."""
    program: Program = app.extensions["program"]
    return program


def start_workers(app: Flask) -> None:
    """Called by the server once it is up: check the set-up and start the worker's threads. Exits with a clear word."""
    set_up_logs()
    try:
        program_of(app).start()
    except (ConfigError, VaultError) as error:
        refuse_to_start(str(error))
    except Unavailable as error:
        refuse_to_start(f"the database of DATABASE_URL does not answer ({error})")


def stop_workers(app: Flask) -> None:
    """Called by the server on its way down: finish the work in hand."""
    program_of(app).stop()


def webhook(channel: str, door: str = "") -> Response:
    """A carrier's door: 404 while the channel is off."""
    program = program_of(current_app)
    if channel not in program.channels:
        abort(404)
    try:
        keeper = program.keeper
    except Unavailable:  # the first request of a process opens the vault
        return _plain("not committed", 503)
    return receive(program.channels[channel], door, request, keeper)


def healthz() -> Response:
    """200 while the process and its threads live; does not touch the database."""
    return _plain("ok") if program_of(current_app).crew.is_well() else _plain("a thread has stopped", 503)


def readyz() -> Response:
    """200 when messages can be kept and answered, else 503."""
    try:
        ready = program_of(current_app).is_ready()
    except Exception:  # whatever is wrong, the answer is no; the logs of the threads say what
        ready = False
    return _plain("ready") if ready else _plain("not ready", 503)


def shut_undeclared() -> None:
    """Nothing is public unless it is declared public."""
    if request.endpoint is not None and not is_declared(request):
        abort(404)


def is_declared(asked: Request) -> bool:
    """Whether the door asked for stands in PUBLIC, itself or with its blueprint."""
    return asked.endpoint in PUBLIC or asked.blueprint in PUBLIC


def add_headers(response: Response) -> Response:
    """Headers of every response; a page may have set a wider content policy of its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if program_of(current_app).config.public_url.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    return response


def _plain(text: str, status: int = 200) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
