"""What can be watched over HTTP: which carriers there are, what waits, what passed, and nothing of what was said."""

from dataclasses import replace
from typing import Any

import pytest

from simulator.carrier.faults import TABLE
from simulator.serve import Running
from simulator.settings import Settings
from tests.simulator.conftest import ACCOUNT, AUTH_TOKEN, HTTP, LINE, PERSON, Program, wait_for
from tests.simulator.twilio_client import client_of, send, settled

CARRIERS = ["twilio", "smsgate", "telegram", "zalo"]


def get(running: Running, path: str) -> Any:
    """What the simulator shows."""
    return HTTP.get(f"{running.url}{path}").raise_for_status().json()


def test_the_carriers_that_have_settings_are_there(running: Running, settings: Settings) -> None:
    """Zalo and SMSGate can be left out."""
    assert get(running, "/carriers") == {"carriers": CARRIERS}
    with Running(replace(settings, zalo=None, smsgate=None)) as smaller:
        assert get(smaller, "/carriers") == {"carriers": ["twilio", "telegram"]}
        assert HTTP.get(f"{smaller.url}/faults/zalo").status_code == 404


@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_a_carrier_knows_and_what_waits_is_shown(running: Running, carrier: str) -> None:
    """Names, moments and sizes as in the table; the same fault ordered twice is one line."""
    for times in (1, 2):
        asked = {"carrier": carrier, "fault": "429", "times": times}
        assert HTTP.post(f"{running.url}/faults", json=asked).status_code == 201
    shown = get(running, f"/faults/{carrier}")
    assert shown["waiting"] == [{"fault": "429", "moment": "send", "size": 1.0, "times": 3}]
    assert {row["fault"] for row in shown["known"]} == {
        fault.name for fault in TABLE.values() if carrier in fault.carriers
    }
    assert (shown["carrier"], shown["down"]) == (carrier, False)


def test_up_keeps_what_waits(running: Running) -> None:
    """Only DELETE /faults/<carrier> forgets it."""
    running.twilio.fault("down")
    running.twilio.fault("429")
    assert get(running, "/faults/twilio")["down"]
    assert HTTP.delete(f"{running.url}/faults/twilio/down").status_code == 204
    shown = get(running, "/faults/twilio")
    assert (shown["down"], len(shown["waiting"])) == (False, 1)


def test_both_directions_are_shown_newest_first_with_tries_and_codes(running: Running, program: Program) -> None:
    """A webhook that was refused and repeated has a second try; a question that went well is left out."""
    program.answers += [(503, b"")]
    hook = {"url": f"{program.url}/hook"}
    token = running.settings.telegram_token
    HTTP.post(f"{running.url}/bot{token}/setWebhook", data=hook).raise_for_status()
    running.telegram.text(5551234, "bí mật")
    settled(running)
    HTTP.get(f"{running.url}/bot{token}/getWebhookInfo").raise_for_status()
    running.telegram.fault("blocked")
    HTTP.post(f"{running.url}/bot{token}/sendMessage", data={"chat_id": "5551234", "text": "bí mật"})
    rows = get(running, "/attempts/telegram")["attempts"]
    assert [(row["to"], row["kind"], row["try"], row["code"], row["error"]) for row in rows] == [
        ("carrier", "send", 1, 403, 403),
        ("program", "update", 2, 200, None),
        ("program", "update", 1, 503, None),
        ("carrier", "setWebhook", 1, 200, None),
    ]
    assert rows == sorted(rows, key=lambda row: str(row["at"]), reverse=True)


def test_each_status_of_a_message_is_a_first_try(running: Running, program: Program) -> None:
    """Three receipts that arrived are three first tries, not three tries of one."""
    send(running, status_callback=f"{program.url}/status")
    settled(running)
    rows = get(running, "/attempts/twilio")["attempts"]
    assert [(row["kind"], row["try"]) for row in rows] == [("receipt", 1)] * 3 + [("send", 1)]


def test_a_cut_line_has_no_code_and_an_error_has_the_carriers_own(running: Running) -> None:
    """None for silence; 21211 for what Twilio calls it; wrong credentials are noted, too."""
    running.twilio.fault("time_out_before", size=0.05)
    with pytest.raises(Exception, match="onnection"):
        client_of(running).messages.create(to=PERSON, from_=LINE, body="x")
    url = f"{running.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    for to, token in (("1", AUTH_TOKEN), (PERSON, "wrong")):
        form = {"To": to, "From": LINE, "Body": "x"}
        HTTP.post(url, data=form, auth=(ACCOUNT, token))
    wait_for(lambda: len(get(running, "/attempts/twilio")["attempts"]) == 3)
    rows = get(running, "/attempts/twilio")["attempts"]
    assert [(row["kind"], row["code"], row["error"]) for row in rows] == [
        ("create", 401, 20003),
        ("send", 400, 21211),
        ("send", None, None),
    ]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_nothing_that_was_said_nor_an_address_nor_an_id_is_shown(
    running: Running, program: Program, carrier: str
) -> None:
    """Only kinds, codes, tries and times."""
    address = PERSON if carrier in ("twilio", "smsgate") else "4555123400901234567"[-9:]
    asked = {"text": "bí mật"}
    url = f"{running.url}/phone/{carrier}/{address}/texts"
    number = str(HTTP.post(url, json=asked).raise_for_status().json()["id"])
    if carrier == "telegram":
        hook = {"url": f"{program.url}/hook"}
        token = running.settings.telegram_token
        HTTP.post(f"{running.url}/bot{token}/setWebhook", data=hook).raise_for_status()
    settled(running)
    answer = HTTP.get(f"{running.url}/attempts/{carrier}")
    assert len(answer.json()["attempts"]) >= 1
    for hidden in ("bí mật", "b\\u00ed", address, address.lstrip("+"), number):
        assert hidden not in answer.text
    assert {name for row in answer.json()["attempts"] for name in row} == {"to", "kind", "code", "error", "try", "at"}
