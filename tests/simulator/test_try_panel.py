"""The four channels of the phone page and its panel of misbehaviour, with and without JavaScript, and for everybody."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from simulator.carrier.faults import TABLE
from simulator.serve import Running
from simulator.settings import Settings
from simulator.try_it.faults import FAULTS, KINDS, MOMENTS
from simulator.try_it.panel import MOST_TIMES
from simulator.try_it.phone import CHANNELS, Phone
from simulator.try_it.words import LANGUAGES, MEDIA, WORDS
from tests.simulator.conftest import Program
from tests.simulator.visitor import answering, chromium, opened, program_for, visit

WORDS_VI = WORDS["vi"]


@pytest.fixture
def client(running: Running) -> FlaskClient:
    """A visitor of the page."""
    return program_for(running.url).test_client()


def choose(client: FlaskClient, channel: str) -> tuple[Phone, str]:
    """Go to a channel; the phone and the token."""
    _, token = visit(client)
    assert client.post("/try/phone", data={"token": token, "channel": channel}).status_code == 303
    return visit(client)


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_carries_texts_and_what_else_it_can(client: FlaskClient, running: Running, channel: str) -> None:
    """What the visitor writes stands on the screen of the carrier's own phone, and so do voice notes and photos."""
    phone, token = choose(client, channel)
    assert (phone.channel, phone.carrier) == (channel, CHANNELS[channel])
    client.post("/try/texts", data={"token": token, "text": "xin chào"})
    for kind in MEDIA.get(channel, ()):
        client.post("/try/media", data={"token": token, "kind": kind})
    page = client.get("/try").get_data(as_text=True)
    assert ">xin chào</p>" in page
    for kind in MEDIA.get(channel, ()):
        assert f">{WORDS_VI[f'{kind}_sent']}</p>" in page
    assert phone.shown in page


def test_a_phone_has_one_address_a_carrier_can_have_on_each_channel(client: FlaskClient) -> None:
    """The number for both kinds of SMS, nine digits for Telegram, nineteen beyond 2^53 for Zalo."""
    phone, _ = visit(client)
    paths = {channel: replace(phone, channel=channel).path for channel in CHANNELS}
    assert paths["sms"] == f"/phone/twilio/{phone.number}"
    assert paths["gateway"] == f"/phone/smsgate/{phone.number}"
    assert paths["telegram"] == f"/phone/telegram/{phone.telegram}"
    assert re.fullmatch(r"/phone/zalo/[1-9][0-9]{18}", paths["zalo"])
    assert 2**53 < int(phone.zalo) < 2**63


def test_a_channel_that_the_simulator_does_not_have_is_not_offered(settings: Settings) -> None:
    """A visitor who was on it comes to the first one instead."""
    with Running(settings) as running:
        client = program_for(running.url).test_client()
        choose(client, "zalo")
        with Running(replace(settings, zalo=None)) as smaller:
            client.application.config["SIMULATOR_URL"] = smaller.url
            page = client.get("/try").get_data(as_text=True)
            assert 'value="zalo"' not in page
            assert visit(client)[0].channel == "sms"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_of_the_channel_is_offered_in_plain_words(client: FlaskClient, channel: str, language: str) -> None:
    """All that the carrier knows, no other, each with what it does."""
    _, token = choose(client, channel)
    client.post("/try/phone", data={"token": token, "language": language})
    page = client.get("/try").get_data(as_text=True)
    offered = re.findall(r'name="fault" value="([^"]+)"', page)
    assert offered == [fault.name for fault in TABLE.values() if CHANNELS[channel] in fault.carriers]
    for name in offered:
        for words in FAULTS[language][name]:
            assert words in page


def test_both_languages_have_words_for_every_fault() -> None:
    """And for the same moments and kinds of calls."""
    assert FAULTS["vi"].keys() == FAULTS["en"].keys() == TABLE.keys()
    assert MOMENTS["vi"].keys() == MOMENTS["en"].keys() == {fault.moment for fault in TABLE.values()}
    assert KINDS["vi"].keys() == KINDS["en"].keys()


def test_a_fault_is_ordered_waits_strikes_and_is_gone(client: FlaskClient, running: Running, program: Program) -> None:
    """The panel shows how often it is still to strike, and then what came of it."""
    _, token = visit(client)
    ordered = client.post("/try/faults", data={"token": token, "fault": "duplicate", "times": "2"})
    assert (ordered.status_code, ordered.location) == (303, "/try?look=3&panel=1#panel")
    label = FAULTS["vi"]["duplicate"][0]
    assert f"<li>2 × {label}</li>" in client.get("/try/carrier").get_data(as_text=True)
    client.post("/try/texts", data={"token": token, "text": "xin chào"})
    assert running.settle()
    shown = client.get("/try/carrier").get_data(as_text=True)
    assert f"<li>1 × {label}</li>" in shown
    assert shown.count(KINDS["vi"]["inbound"]) == 2
    assert "xin chào" not in shown
    client.post("/try/clearings", data={"token": token})
    assert WORDS_VI["none_waiting"] in client.get("/try/carrier").get_data(as_text=True)


@pytest.mark.parametrize(
    ("fault", "times"),
    [("rain", "1"), ("down", "0"), ("429", "0"), ("429", str(MOST_TIMES + 1)), ("429", "-1"), ("", "")],
)
def test_a_fault_that_cannot_be_ordered_is_left_undone(
    client: FlaskClient, running: Running, fault: str, times: str
) -> None:
    """Back to the page, and nothing waits."""
    _, token = visit(client)
    assert client.post("/try/faults", data={"token": token, "fault": fault, "times": times}).status_code == 303
    assert not running.twilio.faults.waiting()
    assert not running.twilio.faults.is_down


def test_the_switch_stops_and_starts_the_carrier_and_keeps_what_waits(client: FlaskClient, running: Running) -> None:
    """Only this channel's carrier."""
    _, token = choose(client, "telegram")
    client.post("/try/faults", data={"token": token, "fault": "429", "times": "1"})
    for down in (True, False):
        client.post("/try/switch", data={"token": token, "down": "1" if down else "0"})
        assert (running.telegram.faults.is_down, running.twilio.faults.is_down) == (down, False)
        assert (WORDS_VI["down_now"] in client.get("/try/carrier").get_data(as_text=True)) == down
    assert len(running.telegram.faults.waiting()) == 1


def test_the_panel_is_sent_only_when_it_changed(client: FlaskClient, running: Running) -> None:
    """304 for a known tag."""
    visit(client)
    tag = client.get("/try/carrier").headers["ETag"]
    assert client.get("/try/carrier", headers={"If-None-Match": tag}).status_code == 304
    running.twilio.fault("429")
    assert client.get("/try/carrier", headers={"If-None-Match": tag}).status_code == 200


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with chromium() as found:
        yield found


@pytest.fixture
def line(settings: Settings) -> Iterator[tuple[Running, str]]:
    """A simulator, and the address of a program that answers with its own words."""
    with answering(settings) as found:
        yield found


def test_a_retry_is_seen_while_it_happens_without_loading_the_page(browser: Browser, line: tuple[Running, str]) -> None:
    """Order with the keyboard alone, write, and watch the table fill; the focus stays where it was."""
    running, url = line
    with opened(browser, url) as page:
        loads: list[str] = []
        page.on("framenavigated", lambda frame: loads.append(frame.url))
        page.locator("#panel > summary").focus()
        page.keyboard.press("Enter")
        page.locator('[value="500_before"]').focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"1 × {FAULTS['vi']['500_after_accepting'][0]}")).to_be_visible()
        page.locator("#down").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text(WORDS_VI["down_now"])).to_be_visible()
        expect(page.locator("#down")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text(WORDS_VI["down_now"])).to_be_hidden()
        page.get_by_role("button", name="xin chao").click()
        expect(page.get_by_role("cell", name=re.compile(KINDS["vi"]["inbound"]))).to_be_visible()
        assert loads == []
        assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert running.settle()


def test_the_panel_works_without_javascript(browser: Browser, line: tuple[Running, str]) -> None:
    """It opens, orders, stays open, and tells what waits."""
    _, url = line
    with opened(browser, url, script=False) as page:
        page.locator("#panel > summary").click()
        page.get_by_text(FAULTS["vi"]["slow"][0], exact=True).click()
        page.get_by_label(WORDS_VI["times"]).fill("3")
        page.get_by_role("button", name=WORDS_VI["order"]).click()
        expect(page.get_by_text(f"3 × {FAULTS['vi']['slow'][0]}")).to_be_visible()
        page.get_by_role("button", name=WORDS_VI["clear_all"]).click()
        expect(page.get_by_text(WORDS_VI["none_waiting"])).to_be_visible()


def complaints(page: Page) -> list[str]:
    """What axe finds wrong on the page as it is, rule and place."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(("channel", "dark"), [("sms", False), ("gateway", True), ("telegram", False), ("zalo", True)])
def test_axe_finds_nothing_to_complain_about(
    browser: Browser, line: tuple[Running, str], channel: str, dark: bool
) -> None:
    """Empty, talking, with the panel open and all its parts shown, and while the carrier is off."""
    running, url = line
    with opened(browser, url, dark=dark) as page:
        page.locator(f".bar [value={channel}]").click()
        assert complaints(page) == []
        page.get_by_role("button", name="xin chao").click()
        expect(page.locator("#messages li").first).to_be_visible()
        page.locator("#panel > summary").click()
        page.evaluate("document.querySelectorAll('.moment').forEach(part => { part.name = ''; part.open = true })")
        page.get_by_role("button", name=WORDS_VI["order"]).click()
        page.locator("#down").click()
        expect(page.get_by_text(WORDS_VI["down_now"])).to_be_visible()
        assert complaints(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.locator("#clear").click()
        expect(page.get_by_text(WORDS_VI["down_now"])).to_be_hidden()
    assert running.settle()
