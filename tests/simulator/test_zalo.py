"""The simulated Zalo over real HTTP: tokens, messages, windows, refusals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.serve import NoSuchCarrier, Running, tell_time
from simulator.settings import Settings
from tests.simulator.conftest import AUTH_TOKEN, HTTP, SMSGATE, ZALO, Program
from tests.simulator.conftest import PERSON as TELEPHONE
from tests.simulator.zalo_client import PERSON, Client, settled

HOUR = timedelta(hours=1)
BROKEN: list[tuple[Any, int]] = [
    ({"recipient": {"user_id": PERSON}}, -201),
    ({"recipient": {"user_id": int(PERSON)}, "message": {"text": "x"}}, -201),
    ({"recipient": {"user_id": "abc"}, "message": {"text": "x"}}, -201),
    ({"recipient": {"user_id": PERSON}, "message": {"text": ""}}, -201),
    ({"recipient": {"user_id": PERSON}, "message": {"text": "xin cha\u0300o"}}, -201),
    ({"recipient": {"user_id": PERSON}, "message": {"text": "x", "more": 1}}, -201),
    ({"recipient": {"user_id": PERSON, "phone": "x"}, "message": {"text": "x"}}, -201),
    ({"recipient": {"user_id": PERSON}, "message": {"text": "x" * 2001}}, -210),
    ({"recipient": {"user_id": PERSON}, "message": {"attachment": {}}}, -233),
    ({"recipient": {"user_id": "1"}, "message": {"text": "x"}}, -213),
    (["x"], -201),
]


@contextmanager
def later(settings: Settings) -> Iterator[tuple[Running, Callable[[timedelta], None]]]:
    """A simulator whose clock can be set forward."""
    ahead = timedelta(0)

    def now() -> datetime:
        return tell_time() + ahead

    def jump(by: timedelta) -> None:
        nonlocal ahead
        ahead += by

    with Running(settings, now=now) as running:
        yield running, jump


def test_a_message_is_sent_and_its_answer_has_the_documented_shape(running: Running) -> None:
    """data, error 0, message Success; times and ids are text; within 48 hours the quota is a reply's."""
    running.zalo.text(PERSON, "xin chào")
    answer = Client(running).send("chào bạn")
    (sent,) = running.zalo.sent_to(PERSON)
    assert (answer["error"], answer["message"], sent.text) == (0, "Success", "chào bạn")
    data = answer["data"]
    assert (data["message_id"], data["user_id"], data["quota"]["quota_type"]) == (sent.id, PERSON, "reply")
    assert data["sent_time"].isdecimal()
    assert len(data["sent_time"]) == 13


def test_every_call_tells_how_many_are_left_and_too_many_are_refused(settings: Settings) -> None:
    """X-RateLimit-Limit and -Remain on each answer; beyond the limit of a minute -32, and a new minute is new."""
    few = replace(settings, zalo=replace(ZALO, calls_a_minute=2))
    with later(few) as (running, jump):
        running.zalo.text(PERSON, "xin chào")
        client = Client(running)
        client.refresh()
        body = {"recipient": {"user_id": PERSON}, "message": {"text": "x"}}
        jump(timedelta(seconds=60 - tell_time().timestamp() % 60))  # the whole test within one minute of theirs
        answers = [client.post(body) for _ in range(3)]
        assert [answer.headers["X-RateLimit-Remain"] for answer in answers] == ["1", "0", "0"]
        assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"2"}
        assert [answer.json()["error"] for answer in answers] == [0, 0, -32]
        assert answers[2].status_code == 200
        jump(timedelta(minutes=1))
        assert client.send()["error"] == 0


def test_a_refresh_token_is_good_once_and_ends_the_old_access_token(running: Running) -> None:
    """The pair rotates; a used refresh token is -14014, the old access token -216; expires_in is text."""
    running.zalo.text(PERSON, "xin chào")
    client = Client(running)
    first = client.refresh()
    assert first["expires_in"] == "90000"
    client.refresh()
    used = Client(running, ZALO.refresh_token).ask_tokens()
    assert (used.status_code, used.json()["error"], used.json()["error_name"]) == (
        200,
        -14014,
        "Invalid refresh token.",
    )
    assert Client(running, access_token=first["access_token"]).send()["error"] == -216
    assert client.send()["error"] == 0
    assert running.zalo.refreshes == 3


def test_a_wrong_refresh_is_refused_within_http_200(running: Running) -> None:
    """The error is in the body; nothing is used up."""
    wrong: list[tuple[str, dict[str, str], int]] = [
        ("wrong", {}, -14004),
        ("", {}, -14004),
        (ZALO.app_secret, {"app_id": "1"}, -14002),
        (ZALO.app_secret, {"app_id": "bí mật"}, -14002),
        (ZALO.app_secret, {"grant_type": "password"}, -14018),
        (ZALO.app_secret, {"refresh_token": "refresh.9999999999999.0000"}, -14014),
        (ZALO.app_secret, {"refresh_token": ""}, -14014),
    ]
    for secret, other, error in wrong:
        answer = Client(running).ask_tokens(secret, **other)
        assert (answer.status_code, answer.json()["error"]) == (200, error)
    assert Client(running).refresh()["access_token"]


def test_tokens_end_by_the_clock(settings: Settings) -> None:
    """The access token after 25 hours (-220), the refresh token after three months (-14014)."""
    with later(settings) as (running, jump):
        running.zalo.follow(PERSON)
        client = Client(running)
        client.refresh()
        jump(26 * HOUR)
        assert client.send()["error"] == -220
        client.refresh()
        assert client.send()["error"] == 0
        jump(timedelta(days=91))
        assert client.ask_tokens().json()["error"] == -14014


def test_a_simulator_that_was_started_again_takes_the_newest_refresh_token(settings: Settings) -> None:
    """The program keeps its tokens longer than the simulator lives."""
    with Running(settings) as running:
        client = Client(running)
        client.refresh()
        client.refresh()
    with Running(settings) as again:
        assert Client(again, client.refresh_token).refresh()["access_token"]
        assert Client(again, client.refresh_token).ask_tokens().json()["error"] == -14014


def test_the_window_closes_after_seven_days_and_opens_with_what_a_person_does(settings: Settings) -> None:
    """48 hours free, then billed, then -230; an unfollow ends it at once, a follow or a text opens it."""
    with later(settings) as (running, jump):
        client = Client(running)
        assert client.send()["error"] == -213
        running.zalo.text(PERSON, "xin chào")
        jump(49 * HOUR)
        client.refresh()
        assert client.send()["data"]["quota"]["quota_type"] == "sub_quota"
        jump(timedelta(days=5))
        client.refresh()
        assert client.send()["error"] == -230
        running.zalo.follow(PERSON)
        assert client.send()["data"]["quota"]["quota_type"] == "reply"
        running.zalo.unfollow(PERSON)
        assert client.send()["error"] == -213
        running.zalo.text(PERSON, "xin chào")
        assert client.send()["error"] == 0


def test_what_is_not_a_message_is_refused(running: Running) -> None:
    """Unknown fields, numbers for ids, text that is not NFC or too long; HTTP 200 and Zalo's number."""
    running.zalo.text(PERSON, "xin chào")
    client = Client(running)
    client.refresh()
    for body, error in BROKEN:
        answer = client.post(body)
        assert (answer.status_code, answer.json()["error"]) == (200, error), body
    assert client.send("x" * 2000)["error"] == 0


def test_people_have_ids_of_digits_and_texts_are_text(running: Running) -> None:
    """What no telephone sends is not sent."""
    with pytest.raises(ValueError, match="digits"):
        running.zalo.text("abc", "x")
    with pytest.raises(UnicodeEncodeError):
        running.zalo.text(PERSON, "\ud83d")
    with pytest.raises(ValueError, match="no media of kind 'film'"):
        running.zalo.send_media(PERSON, "film")
    assert not running.zalo.phones.screen(PERSON)


def test_carriers_without_settings_are_not_there(settings: Settings, program: Program) -> None:
    """No account, no Zalo; no telephone, no SMSGate."""
    with Running(replace(settings, zalo=None, smsgate=None)) as running:
        with pytest.raises(NoSuchCarrier):
            _ = running.zalo
        with pytest.raises(NoSuchCarrier):
            _ = running.smsgate
        running.point_at(program.url)
        for path in ("v3.0/oa/message/cs", "v4/oa/access_token", "3rdparty/v1/message"):
            assert HTTP.post(f"{running.url}/{path}").status_code == 404


def test_the_environment_gives_each_carrier_whole_or_not_at_all() -> None:
    """A part of the secrets is a mistake, and it is said which are missing."""
    base = dict.fromkeys(("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "TELEGRAM_TOKEN"), "x")
    without = Settings.from_environment(base)
    assert (without.zalo, without.smsgate) == (None, None)
    names = ("ZALO_APP_ID", "ZALO_APP_SECRET", "ZALO_OA_SECRET", "ZALO_REFRESH_TOKEN")
    zalo = dict(zip(names, (ZALO.app_id, ZALO.app_secret, ZALO.oa_secret, ZALO.refresh_token), strict=True))
    smsgate = {
        "SMSGATE_USER": SMSGATE.user,
        "SMSGATE_PASSWORD": SMSGATE.password,
        "SMSGATE_SIGNING_KEY": SMSGATE.signing_key,
    }
    whole = Settings.from_environment(base | zalo | smsgate)
    assert (whole.zalo, whole.smsgate) == (ZALO, SMSGATE)
    assert Settings.from_environment(base | zalo | {"ZALO_OA_ID": "7"}).zalo == replace(ZALO, oa_id="7")
    with pytest.raises(SystemExit, match=r"needs ZALO_APP_ID, ZALO_OA_SECRET, SMSGATE_PASSWORD in"):
        Settings.from_environment(
            base | zalo | smsgate | dict.fromkeys(("ZALO_APP_ID", "ZALO_OA_SECRET", "SMSGATE_PASSWORD"), "")
        )


def test_a_phone_shows_what_was_said_and_what_came_of_it(running: Running, program: Program) -> None:
    """The same screen as on every channel."""
    program.answers.append((500, b""))
    running.zalo.text(PERSON, "xin chào")
    running.zalo.send_media(PERSON, "image")
    Client(running).send("chào bạn")
    running.zalo.echo(PERSON, "Mình là nhân viên")
    settled(running)
    shown = [(b.sender, b.kind, b.text, b.status) for b in running.zalo.phones.screen(PERSON)]
    assert shown == [
        ("person", "text", "xin chào", "delivered"),
        ("person", "image", "", "delivered"),
        ("line", "text", "chào bạn", "delivered"),
        ("line", "text", "Mình là nhân viên", "sent"),
    ]


def test_no_secret_and_nothing_that_was_said_is_in_a_repr(running: Running) -> None:
    """What is printed by accident tells nothing."""
    running.zalo.text(PERSON, "bí mật")
    Client(running).send("bí mật")
    shown = repr(running.settings) + repr(running.zalo.sent_to(PERSON)) + repr(running.zalo.attempts)
    shown += repr(running.smsgate.send({"textMessage": {"text": "bí mật"}, "phoneNumbers": [TELEPHONE]}))
    shown += repr(running.smsgate.sent_to(TELEPHONE))
    secrets = (ZALO.app_secret, ZALO.oa_secret, ZALO.refresh_token, SMSGATE.password, SMSGATE.signing_key)
    assert not [one for one in ("bí mật", PERSON, TELEPHONE, AUTH_TOKEN, *secrets) if one in shown]
