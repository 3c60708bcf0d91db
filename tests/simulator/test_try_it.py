"""The phone page: with and without JavaScript, its guard, its policy, and what it says when the simulator is away."""

import re
from collections.abc import Iterator
from random import Random

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from simulator.serve import Running
from simulator.settings import Settings
from simulator.try_it.phone import COOKIE, Phone
from simulator.try_it.words import WORDS
from tests.simulator.conftest import LINE
from tests.simulator.visitor import SECRET, answering, chromium, opened, program_for, visit

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture
def client(running: Running) -> FlaskClient:
    """A visitor of the page."""
    return program_for(running.url).test_client()


def test_a_visitor_gets_a_phone_in_a_strict_cookie(client: FlaskClient) -> None:
    """+8490 and seven digits; out of reach of scripts and of other sites, for this page alone."""
    answer = client.get("/try")
    cookie = answer.headers["Set-Cookie"]
    assert re.search(rf"{COOKIE}=vi\.sms\.8490\d{{7}}\.\d{{9}}", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/try" in cookie
    assert visit(client) == visit(client)


def test_a_text_goes_out_and_comes_back_to_the_page(client: FlaskClient, running: Running) -> None:
    """Post, redirect, get; the answer stands on the page with the number of its segments."""
    phone, token = visit(client)
    sent = client.post("/try/texts", data={"token": token, "text": " xin chao "})
    assert (sent.status_code, sent.location) == (303, "/try?look=3")
    running.twilio.send({"To": phone.number, "From": LINE, "Body": "Chào bạn <b>&</b>\n1 Tiện"})
    assert running.settle()
    page = client.get("/try").get_data(as_text=True)
    assert ">xin chao</p>" in page
    assert "Chào bạn &lt;b&gt;&amp;&lt;/b&gt;\n1 Tiện" in page
    assert "<small>1 SMS</small>" in page


def test_a_form_without_its_token_does_nothing(client: FlaskClient, running: Running) -> None:
    """403 without the token, with another phone's token, and without a cookie."""
    _, token = visit(client)
    other = Phone.new(Random(1)).sign(SECRET)
    for wrong in ("", other, token[:-1], "ạ"):
        for path, more in (
            ("texts", {"text": "x"}),
            ("presses", {"data": "x"}),
            ("media", {"kind": "voice"}),
            ("phone", {"new": "1"}),
            ("faults", {"fault": "drop", "times": "1"}),
            ("clearings", {}),
            ("switch", {"down": "1"}),
        ):
            assert client.post(f"/try/{path}", data={"token": wrong} | more).status_code == 403
    client.delete_cookie(COOKIE, path="/try")
    assert client.post("/try/texts", data={"token": token, "text": "x"}).status_code == 403
    assert client.get("/try/messages").status_code == 403
    assert client.get("/try/carrier").status_code == 403
    assert not running.twilio.messages
    assert not running.twilio.faults.waiting()
    assert not running.twilio.faults.is_down


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "vi.sms.84901234567",
        "vi.sms.84901234567.0",
        "xx.sms.84901234567.123456789",
        "vi.sms.84911234567.123456789",
        "vi.sms.84901234567.123456789/../../faults",
    ],
)
def test_a_cookie_this_page_did_not_write_is_not_believed(client: FlaskClient, cookie: str) -> None:
    """Anything else than a made-up phone becomes a new phone."""
    client.set_cookie(COOKIE, cookie, path="/try")
    phone, _ = visit(client)
    assert phone.write() != cookie


def test_every_answer_carries_the_policy(client: FlaskClient) -> None:
    """No inline script or style, nothing from elsewhere, no frame, nothing kept."""
    visit(client)
    for path in (
        "/try",
        "/try/messages",
        "/try/carrier",
        "/try/static/try.css",
        "/try/static/try.js",
        "/try/static/bridge.svg",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["Cache-Control"] == "no-store"
    page = client.get("/try").get_data(as_text=True)
    assert not re.search(r"<style|style=|\son[a-z]+=|<script>|https?://", page)


def test_the_message_list_is_sent_only_when_it_changed(client: FlaskClient, running: Running) -> None:
    """304 for a known tag; the language of the page is part of it."""
    _, token = visit(client)
    tag = client.get("/try/messages").headers["ETag"]
    assert client.get("/try/messages", headers={"If-None-Match": tag}).status_code == 304
    client.post("/try/phone", data={"token": token, "language": "en"})
    assert client.get("/try/messages", headers={"If-None-Match": tag}).status_code == 200


def test_channel_language_and_phone_can_be_changed(client: FlaskClient) -> None:
    """The addresses stay with channel and language; a new phone keeps both."""
    phone, token = visit(client)
    client.post("/try/phone", data={"token": token, "channel": "telegram"})
    client.post("/try/phone", data={"token": token, "language": "en"})
    changed, token = visit(client)
    assert (changed.number, changed.telegram) == (phone.number, phone.telegram)
    assert (changed.channel, changed.language) == ("telegram", "en")
    assert WORDS["en"]["voice"] in client.get("/try").get_data(as_text=True)
    client.post("/try/phone", data={"token": token, "new": "1"})
    new, _ = visit(client)
    assert (new.channel, new.language) == ("telegram", "en")
    assert new.telegram != changed.telegram
    assert client.post("/try/phone", data={"token": visit(client)[1], "channel": "pigeon"}).status_code == 400


def test_without_a_simulator_the_page_is_kind(client: FlaskClient, running: Running) -> None:
    """503 in plain words, with a way to try again."""
    visit(client)
    running.close()
    answer = client.get("/try")
    assert answer.status_code == 503
    assert WORDS["vi"]["away_title"] in answer.get_data(as_text=True)
    assert client.get("/try/messages").status_code == 503


def test_both_languages_of_the_page_say_the_same_things() -> None:
    """No word is missing in either."""
    assert WORDS["vi"].keys() == WORDS["en"].keys()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as found:
        yield found


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    """A served program that answers every text with its own words."""
    with answering(settings) as (_, url):
        yield url


def test_the_page_talks_without_being_loaded_again(browser: Browser, address: str) -> None:
    """Write with the keyboard alone; the answer comes by itself, is announced, and is in view."""
    with opened(browser, address) as page:
        loads: list[str] = []
        page.on("framenavigated", lambda frame: loads.append(frame.url))
        for number in range(6):
            page.keyboard.type(f"câu số {number}")
            page.keyboard.press("Enter")
            expect(page.get_by_text(f"Bạn viết: câu số {number}")).to_be_in_viewport()
        expect(page.get_by_label(WORDS["vi"]["write"])).to_have_value("")
        expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
        expect(page.locator("small", has_text=WORDS["vi"]["delivered"])).to_have_count(6)
        assert loads == []
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_page_talks_without_javascript(browser: Browser, address: str) -> None:
    """A suggestion is sent as a form; the page loads itself again until the answer is there, then stops."""
    with opened(browser, address, script=False) as page:
        page.get_by_role("button", name="xin chao").click()
        expect(page.get_by_text("Bạn viết: xin chao")).to_be_in_viewport(timeout=10_000)
        page.wait_for_url(f"{address}/try", timeout=20_000)
        page.get_by_label(WORDS["vi"]["write"]).fill("chưa gửi")
        page.wait_for_timeout(2500)
        expect(page.get_by_label(WORDS["vi"]["write"])).to_have_value("chưa gửi")


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_telegram_has_buttons_and_voice_notes(browser: Browser, address: str, script: bool) -> None:
    """A voice note is answered, and the answer's button can be pressed, with and without JavaScript."""
    with opened(browser, address, script=script) as page:
        page.get_by_role("button", name="Telegram").click()
        page.get_by_role("button", name=WORDS["vi"]["voice"]).click()
        expect(page.get_by_text("Bạn gửi: một tệp")).to_be_visible(timeout=10_000)
        page.get_by_role("button", name="Tiện", exact=True).last.click()
        expect(page.get_by_text("Bạn gửi: tien")).to_be_visible(timeout=10_000)
