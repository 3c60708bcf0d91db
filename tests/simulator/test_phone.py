"""The control API: acting as a person over HTTP, the screen with its ETag, and faults by name."""

from typing import Any

import httpx
import pytest

from simulator.serve import Running
from simulator.telegram.updates import Webhook
from tests.simulator.conftest import LINE, PERSON, Program

SOMEBODY = "5551234"
FOLLOWER = "2468458835296117922"


def post(running: Running, path: str, asked: Any) -> httpx.Response:
    """Post JSON to the control API."""
    return httpx.post(f"{running.url}{path}", json=asked, trust_env=False)


def screen(running: Running, path: str, tag: str = "") -> httpx.Response:
    """Read a phone's screen."""
    headers = {"If-None-Match": tag} if tag else {}
    return httpx.get(f"{running.url}/phone/{path}/messages", headers=headers, trust_env=False)


def test_a_text_over_the_control_api_reaches_the_program(running: Running, program: Program) -> None:
    """The call returns at once with the message's id; the webhook follows."""
    program.slow_s = 0.2
    answer = post(running, f"/phone/twilio/{PERSON}/texts", {"text": "xin chào"})
    assert answer.status_code == 202
    assert running.settle()
    assert program.to("/webhooks/twilio")[0].form["MessageSid"] == answer.json()["id"]


def test_a_screen_shows_both_sides_and_its_tag_changes_only_with_it(running: Running) -> None:
    """304 while nothing has changed; another tag after each change."""
    running.twilio.text(PERSON, "xin chào")
    assert running.settle()
    first = screen(running, f"twilio/{PERSON}")
    (bubble,) = first.json()["messages"]
    assert (bubble["from"], bubble["text"], bubble["status"]) == ("person", "xin chào", "delivered")
    assert screen(running, f"twilio/{PERSON}", first.headers["ETag"]).status_code == 304
    running.twilio.send({"To": PERSON, "From": LINE, "Body": "Chào bạn, mình nghe đây."})
    assert running.settle()
    second = screen(running, f"twilio/{PERSON}", first.headers["ETag"])
    assert [(b["from"], b["segments"], b["status"]) for b in second.json()["messages"]][1] == ("line", 1, "delivered")
    assert screen(running, "twilio/+84900000000").json() == {"messages": []}


def test_telegram_people_can_do_everything_over_the_control_api(running: Running, program: Program) -> None:
    """Write, press, send a voice note, edit, block, unblock."""
    running.telegram.updates.set_webhook(Webhook(f"{program.url}/hook"))
    post(running, f"/phone/telegram/{SOMEBODY}/texts", {"text": "chào"})
    keyboard = {"inline_keyboard": [[{"text": "Tiện", "callback_data": "yes"}]]}
    running.telegram.call("sendMessage", {"chat_id": SOMEBODY, "text": "?", "reply_markup": keyboard})
    for deed, asked in (
        ("presses", {"data": "yes"}),
        ("media", {"kind": "voice"}),
        ("edits", {"text": "chào bạn"}),
        ("blocks", {"blocked": True}),
        ("blocks", {"blocked": False}),
    ):
        assert post(running, f"/phone/telegram/{SOMEBODY}/{deed}", asked).status_code == 202
    assert running.settle()
    kinds = [(set(heard.json) - {"update_id"}).pop() for heard in program.to("/hook")]
    expected = ["message", "callback_query", "message", "edited_message", "my_chat_member", "my_chat_member"]
    assert kinds == expected
    shown = [(b["kind"], b["text"]) for b in screen(running, f"telegram/{SOMEBODY}").json()["messages"]]
    assert shown == [("text", "chào bạn"), ("text", "?"), ("press", "Tiện"), ("voice", "")]


def test_zalo_people_and_employees_can_do_everything_over_the_control_api(running: Running, program: Program) -> None:
    """Write, send a picture, follow, unfollow; an employee writes back."""
    for deed, asked in (
        ("texts", {"text": "chào"}),
        ("media", {"kind": "image"}),
        ("follows", {"following": True}),
        ("follows", {"following": False}),
        ("echoes", {"text": "chào bạn"}),
    ):
        assert post(running, f"/phone/zalo/{FOLLOWER}/{deed}", asked).status_code == 202
    assert running.settle()
    told = [heard.json["event_name"] for heard in program.to("/webhooks/zalo")]
    assert told == ["user_send_text", "user_send_image", "follow", "unfollow", "oa_send_text"]
    shown = [(b["from"], b["kind"], b["text"]) for b in screen(running, f"zalo/{FOLLOWER}").json()["messages"]]
    assert shown == [("person", "text", "chào"), ("person", "image", ""), ("line", "text", "chào bạn")]


def test_a_text_to_the_telephone_with_smsgate_is_on_its_own_screen(running: Running, program: Program) -> None:
    """The same address on two lines is two conversations."""
    answer = post(running, f"/phone/smsgate/{PERSON}/texts", {"text": "xin chào"})
    assert running.settle()
    assert program.to("/webhooks/smsgate")[0].json["payload"]["messageId"] == answer.json()["id"]
    assert [b["text"] for b in screen(running, f"smsgate/{PERSON}").json()["messages"]] == ["xin chào"]
    assert screen(running, f"twilio/{PERSON}").json() == {"messages": []}


@pytest.mark.parametrize("carrier", ["zalo", "smsgate"])
def test_the_newer_carriers_misbehave_by_name_too(running: Running, carrier: str) -> None:
    """POST /faults, DELETE /faults/<carrier>."""
    assert post(running, "/faults", {"carrier": carrier, "fault": "down"}).status_code == 201
    assert running.zalo.faults.is_down or running.smsgate.faults.is_down
    assert httpx.delete(f"{running.url}/faults/{carrier}", trust_env=False).status_code == 204
    assert not running.zalo.faults.is_down
    assert not running.smsgate.faults.is_down


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/phone/viber/1/texts", {"text": "x"}, 404),
        ("/phone/zalo/0123/texts", {"text": "x"}, 400),
        (f"/phone/zalo/{FOLLOWER}/media", {"kind": "film"}, 400),
        (f"/phone/zalo/{FOLLOWER}/presses", {"data": "x"}, 400),
        ("/phone/smsgate/0901234567/texts", {"text": "x"}, 400),
        (f"/phone/smsgate/{PERSON}/follows", {}, 400),
        ("/phone/twilio/0901234567/texts", {"text": "x"}, 400),
        ("/phone/telegram/-5/texts", {"text": "x"}, 400),
        (f"/phone/twilio/{PERSON}/texts", {"text": ""}, 400),
        (f"/phone/twilio/{PERSON}/texts", {"text": 5}, 400),
        (f"/phone/twilio/{PERSON}/texts", ["x"], 400),
        (f"/phone/twilio/{PERSON}/texts", {"text": "\ud83d"}, 400),
        (f"/phone/twilio/{PERSON}/media", {"kind": "voice"}, 400),
        (f"/phone/telegram/{SOMEBODY}/presses", {"data": "no such button"}, 400),
        (f"/phone/telegram/{SOMEBODY}/media", {"kind": "film"}, 400),
        (f"/phone/telegram/{SOMEBODY}/dances", {}, 404),
        ("/faults", {"carrier": "twilio", "fault": "rain"}, 400),
        ("/faults", {"carrier": "twilio", "fault": "429", "times": 0}, 400),
        ("/faults", {"carrier": "post", "fault": "429"}, 404),
    ],
)
def test_what_cannot_be_done_is_told(running: Running, path: str, asked: Any, status: int) -> None:
    """A clear 4xx in JSON, and nothing happens."""
    body = httpx.Request("POST", "http://x", json=asked if asked != {"text": "\ud83d"} else {}).content
    content = b'{"text": "\\ud83d"}' if asked == {"text": "\ud83d"} else body
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(f"{running.url}{path}", content=content, headers=headers, trust_env=False)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert not running.twilio.messages


def test_a_form_of_another_site_is_refused(running: Running) -> None:
    """Only application/json is taken: a foreign page cannot send that without asking first."""
    answer = httpx.post(f"{running.url}/phone/twilio/{PERSON}/texts", data={"text": "x"}, trust_env=False)
    assert answer.status_code == 415
    assert not running.twilio.messages


def test_faults_are_ordered_and_cleared_by_name(running: Running) -> None:
    """POST /faults queues, DELETE /faults/<carrier> forgets and is up again."""
    for fault in ("429", "down"):
        assert post(running, "/faults", {"carrier": "telegram", "fault": fault, "times": 3}).status_code == 201
    url = f"{running.url}/bot{running.settings.telegram_token}/getMe"
    assert httpx.get(url, trust_env=False).status_code == 502
    assert httpx.delete(f"{running.url}/faults/telegram", trust_env=False).status_code == 204
    assert httpx.get(url, trust_env=False).status_code == 200
    assert running.telegram.faults.take("send") is None


def test_nothing_a_person_wrote_or_their_address_is_logged(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    """Neither requests nor failures leave a trace of words, numbers or tokens in the log."""
    caplog.set_level(0)
    del running.twilio.faults, running.twilio.webhook_url  # breaks the account from inside: every request fails
    answer = httpx.post(f"{running.url}/phone/twilio/{PERSON}/texts", json={"text": "bi mat"}, trust_env=False)
    assert answer.status_code == 202
    running.lanes.settle(2)
    credentials = (running.settings.twilio_account_sid, running.settings.twilio_auth_token)
    url = f"{running.url}/2010-04-01/Accounts/{credentials[0]}/Messages.json"
    assert httpx.get(url, auth=credentials, params={"To": PERSON}, trust_env=False).status_code == 500
    records = [r.getMessage() + (r.exc_text or "") for r in caplog.records if r.name.startswith("simulator")]
    assert len(records) == 2
    assert not [r for r in records if "bi mat" in r or PERSON in r or credentials[0] in r]
