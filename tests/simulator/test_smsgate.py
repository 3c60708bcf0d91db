"""The simulated SMSGate over real HTTP: sending, asking, being refused."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from simulator.serve import Running, tell_time
from simulator.settings import Settings
from tests.simulator.conftest import HTTP, PERSON, SMSGATE, Program
from tests.simulator.smsgate_client import BASE, message, post, settled, state

OTHER = "+84907654321"
BROKEN: list[Any] = [
    {"phoneNumbers": [PERSON]},
    {"textMessage": {"text": "x"}},
    message(""),
    message(more=1),
    message(isEncrypted=True),
    message(id="x" * 37),
    message(id="có dấu"),
    message(ttl=4),
    message(ttl="60"),
    message(ttl=True),
    message(ttl=60, validUntil="2099-01-01T00:00:00Z"),
    message(validUntil="2001-01-01T00:00:00Z"),
    message(validUntil="tomorrow"),
    message(simNumber=4),
    message(priority=128),
    message(deviceId="another"),
    message(person="0901234567"),
    {"textMessage": {"text": "x"}, "phoneNumbers": []},
    {"textMessage": {"text": "x"}, "phoneNumbers": [84901234567]},
    {"textMessage": {"text": "x", "more": 1}, "phoneNumbers": [PERSON]},
    ["x"],
]


def test_a_message_is_accepted_and_can_be_asked_for(running: Running) -> None:
    """202 with its state and address; then Pending, Processed, Sent, Delivered."""
    answer = post(running, message())
    assert answer.status_code == 202
    found = answer.json()
    assert (found["state"], found["deviceId"], found["isHashed"]) == ("Pending", SMSGATE.device_id, False)
    assert found["recipients"] == [{"phoneNumber": PERSON, "state": "Pending"}]
    settled(running)
    after = state(running, found["id"]).json()
    assert after["state"] == "Delivered"
    assert sorted(after["states"], key=after["states"].get) == ["Pending", "Processed", "Sent", "Delivered"]
    assert all(datetime.fromisoformat(at) for at in after["states"].values())
    (sent,) = running.smsgate.sent_to(PERSON)
    assert (sent.id, sent.text) == (found["id"], "xin chào")


def test_the_api_answers_under_any_path(running: Running) -> None:
    """The telephone's own server has /message, the cloud's /3rdparty/v1/messages; Location leads to the state."""
    for path in (f"{BASE}/message", f"{BASE}/messages", "/message", "/api/3rdparty/v1/messages"):
        answer = post(running, message(), path)
        number = answer.json()["id"]
        assert answer.headers["Location"] == f"{path}/{number}"
        assert state(running, number, path).json()["id"] == number


def test_the_clients_own_id_is_the_messages_and_is_good_once(running: Running) -> None:
    """The same id again is 409 and sends nothing; by it one learns whether an unsure message was accepted."""
    assert state(running, "tin-1").status_code == 404
    assert post(running, message(id="tin-1")).json()["id"] == "tin-1"
    again = post(running, message("khác", id="tin-1"))
    assert (again.status_code, set(again.json())) == (409, {"message"})
    assert state(running, "tin-1").status_code == 200
    assert len(running.smsgate.sent_to(PERSON)) == 1


def test_what_is_not_a_message_is_refused(running: Running) -> None:
    """400 and a reason; unknown fields too, which the real one would overlook."""
    for body in BROKEN:
        answer = post(running, body)
        assert answer.status_code == 400, body
        assert answer.json()["message"]
    assert not running.smsgate.sent_to(PERSON)


def test_a_short_number_is_taken_when_the_check_is_left_out(running: Running) -> None:
    """skipPhoneValidation, as the page has it."""
    assert post(running, message(person="5656"), f"{BASE}/message?skipPhoneValidation=true").status_code == 202


def test_only_the_user_of_the_telephone_is_served(running: Running) -> None:
    """401 for everybody else, questions included."""
    for auth in (("AB12CD", "wrong"), ("ai", "password-of-tests"), ("", "")):
        assert post(running, message(), auth=auth).status_code == 401
        assert HTTP.get(f"{running.url}{BASE}/message/x", auth=auth).status_code == 401
    assert HTTP.post(f"{running.url}{BASE}/message", json=message()).headers["WWW-Authenticate"]
    assert not running.smsgate.sent_to(PERSON)


def test_several_people_have_a_state_each(running: Running) -> None:
    """Delivered once all have it; the failed one keeps its reason."""
    running.smsgate.fault("undelivered", size=30006)
    body = message() | {"phoneNumbers": [PERSON, OTHER]}
    number = post(running, body).json()["id"]
    settled(running)
    found = state(running, number).json()
    assert found["state"] == "Sent"
    assert found["recipients"] == [
        {"phoneNumber": PERSON, "state": "Failed", "error": "Delivery result: 30006"},
        {"phoneNumber": OTHER, "state": "Delivered"},
    ]


def test_without_a_delivery_report_a_message_stays_sent(running: Running, program: Program) -> None:
    """withDeliveryReport false: no sms:delivered."""
    number = post(running, message(withDeliveryReport=False)).json()["id"]
    settled(running)
    assert state(running, number).json()["state"] == "Sent"
    assert [heard.json["event"] for heard in program.heard] == ["sms:sent"]


def test_a_telephone_that_was_off_too_long_lets_the_message_fail(settings: Settings, program: Program) -> None:
    """The server takes it; nothing happens while the telephone is off; then its time is over."""
    ahead = timedelta(0)
    with Running(settings, now=lambda: tell_time() + ahead) as running:
        running.smsgate.switch_off()
        late = post(running, message("muộn", ttl=60)).json()["id"]
        patient = post(running, message("chờ được")).json()["id"]
        assert not running.settle(0.15)
        assert state(running, late).json()["state"] == "Pending"
        ahead = timedelta(seconds=61)
        running.smsgate.switch_on()
        settled(running)
        found = state(running, late).json()
        assert (found["state"], found["recipients"][0]["error"]) == ("Failed", "TTL expired")
        assert state(running, patient).json()["state"] == "Delivered"
    (failed,) = (heard.json for heard in program.heard if heard.json["event"] == "sms:failed")
    assert (failed["payload"]["messageId"], failed["payload"]["reason"]) == (late, "TTL expired")


def test_the_two_lines_are_different_numbers(running: Running) -> None:
    """What is said by Twilio is not on the screen of the telephone's line."""
    running.twilio.text(PERSON, "một")
    running.smsgate.text(PERSON, "hai")
    assert [bubble.text for bubble in running.smsgate.phones.screen(PERSON)] == ["hai"]
    assert SMSGATE.number != running.settings.twilio_from


def test_one_telephone_can_tell_once_that_all_parts_left(settings: Settings, program: Program) -> None:
    """As documented; others tell it for each part."""
    with Running(replace(settings, smsgate=replace(SMSGATE, sent_per_part=False))) as running:
        post(running, message("ă" * 150))
        settled(running)
    assert [heard.json["event"] for heard in program.heard] == ["sms:sent", *["sms:delivered"] * 3]
