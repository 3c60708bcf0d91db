"""Visitors of the /try page: through Flask's own client, and with Chromium in a small window."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from simulator.serve import QuietHandler, Running
from simulator.settings import Settings
from simulator.telegram.updates import Webhook
from simulator.try_it import try_it
from simulator.try_it.phone import COOKIE, Phone
from tests.simulator.conftest import LINE

CHROMIUM = Path("/usr/bin/chromium")
SECRET = "a-secret-for-tests"


def program_for(simulator_url: str) -> Flask:
    """A program that has nothing but the page."""
    app = Flask("program", static_folder=None)
    app.config.update(SECRET_KEY=SECRET, SIMULATOR_URL=simulator_url, TESTING=True)
    app.register_blueprint(try_it)
    return app


def visit(client: FlaskClient) -> tuple[Phone, str]:
    """Open the page; the visitor's phone and the token of its forms."""
    page = client.get("/try").get_data(as_text=True)
    cookie = client.get_cookie(COOKIE, path="/try")
    assert cookie is not None
    phone = Phone.read(cookie.value)
    assert phone is not None
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    return phone, found[1]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium; skips the test where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: the page is not tested in a browser")
    with sync_playwright() as play:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        found = play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield found
        found.close()


@contextmanager
def answering(settings: Settings) -> Iterator[tuple[Running, str]]:
    """A simulator and the address of a program that answers every text by Twilio and by Telegram with its own words."""
    with Running(settings) as running:
        app = program_for(running.url)

        @app.post("/webhooks/<carrier>")
        def acknowledge(carrier: str) -> str:
            return ""

        @app.post("/webhooks/twilio")
        def answer_sms() -> str:
            echo = {"To": request.form["From"], "From": LINE, "Body": f"Bạn viết: {request.form['Body']}"}
            running.twilio.send(echo)
            return ""

        @app.post("/webhooks/telegram")
        def answer_telegram() -> str:
            update = request.get_json()
            message = update.get("message") or update["callback_query"]
            text = message.get("text") or message.get("data") or "một tệp"
            keyboard = {"inline_keyboard": [[{"text": "Tiện", "callback_data": "tien"}]]}
            echo = {"chat_id": message["from"]["id"], "text": f"Bạn gửi: {text}", "reply_markup": keyboard}
            running.telegram.call("sendMessage", echo)
            return ""

        with serving(app) as url:
            running.point_at(url)
            running.telegram.updates.set_webhook(Webhook(f"{url}/webhooks/telegram"))
            yield running, url


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application in threads; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def opened(browser: Browser, url: str, *, script: bool = True, dark: bool = False) -> Iterator[Page]:
    """The page in a window of 360 pixels; fails on any error in the console."""
    context = browser.new_context(
        java_script_enabled=script,
        viewport={"width": 360, "height": 640},
        color_scheme="dark" if dark else "light",
    )
    page, errors = context.new_page(), list[str]()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{url}/try")
    yield page
    context.close()
    assert errors == []
