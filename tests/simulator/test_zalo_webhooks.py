"""What the simulated Zalo tells the program: events of every kind, signed, tried again, given up."""

from dataclasses import replace
from typing import Any

import pytest

from simulator.serve import Running
from simulator.settings import Settings
from simulator.zalo.events import MEDIA_KINDS
from tests.simulator.conftest import HTTP, QUICK, ZALO, Heard, Program, wait_for
from tests.simulator.zalo_client import PERSON, Client, names, proves, settled

HOOK = "/webhooks/zalo"


def test_a_text_is_told_signed_and_with_ids_that_are_text(running: Running, program: Program) -> None:
    """The documented envelope; the signature is over the raw bytes."""
    number = running.zalo.text(PERSON, "xin chào & \u201cbạn\u201d")
    settled(running)
    (heard,) = program.to(HOOK)
    event = heard.json
    assert (event["event_name"], event["app_id"]) == ("user_send_text", ZALO.app_id)
    assert (event["sender"], event["recipient"]) == ({"id": PERSON}, {"id": ZALO.oa_id})
    assert event["message"] == {"msg_id": number, "text": "xin chào & \u201cbạn\u201d"}
    assert event["timestamp"].isdecimal()
    assert event["user_id_by_app"] != PERSON
    assert proves(heard)
    assert not proves(Heard(heard.path, heard.headers, heard.body.replace(b"xin", b"xim")))
    assert "num_retry" not in heard.headers
    assert running.zalo.acknowledged() == {number}


@pytest.mark.parametrize(
    ("variant", "proof"),
    [
        ({"signed_first": "oa_id"}, {"first": ZALO.oa_id}),
        ({"signed_with": "app_secret"}, {"key": ZALO.app_secret}),
        ({"signed_prefix": "sha256="}, {"prefix": "sha256="}),
        ({"signed_prefix": "", "time_in_header": True}, {"prefix": ""}),
    ],
)
def test_the_signature_has_the_variants_that_are_told_of(
    settings: Settings, program: Program, variant: dict[str, Any], proof: dict[str, str]
) -> None:
    """First term, key, prefix and the time in a header can each be otherwise."""
    with Running(replace(settings, zalo=replace(ZALO, **variant))) as running:
        running.zalo.text(PERSON, "xin chào")
        settled(running)
    (heard,) = program.to(HOOK)
    assert proves(heard, **proof)
    assert not proves(heard)
    shown = heard.headers.get("x-zevent-timestamp")
    assert shown == (heard.json["timestamp"] if variant.get("time_in_header") else None)


def test_the_probe_is_an_unsigned_empty_object(running: Running, program: Program) -> None:
    """What is sent when a webhook is registered."""
    running.zalo.probe()
    settled(running)
    (heard,) = program.to(HOOK)
    assert heard.body == b"{}"
    assert "x-zevent-signature" not in heard.headers
    assert [(attempt.kind, attempt.code) for attempt in running.zalo.attempts] == [("probe", 200)]


def test_media_of_every_kind_come_as_attachments(running: Running, program: Program) -> None:
    """user_send_<kind>, one attachment, words only where somebody wrote some."""
    for kind in MEDIA_KINDS:
        running.zalo.send_media(PERSON, kind)
    running.zalo.send_media(PERSON, "image", "cái này")
    settled(running)
    heard = program.to(HOOK)
    assert names(heard) == [*(f"user_send_{kind}" for kind in MEDIA_KINDS), "user_send_image"]
    assert all(len(one.json["message"]["attachments"]) == 1 for one in heard)
    assert [one.json["message"].get("text") for one in heard] == [*[None] * len(MEDIA_KINDS), "cái này"]
    assert {"latitude", "longitude"} == set(heard[6].json["message"]["attachments"][0]["payload"]["coordinates"])


def test_follows_are_flat_and_other_events_have_their_own_shapes(running: Running, program: Program) -> None:
    """follow and unfollow name a follower and no message; the rest as documented."""
    running.zalo.follow(PERSON)
    running.zalo.unfollow(PERSON)
    running.zalo.submit_info(PERSON, "Người thử", "+84901234567")
    running.zalo.text_anonymously("7777777777777777777", "xin chào")
    running.zalo.write_in_group("f414c8f76fa586fbdfb4", PERSON, "chào nhóm")
    settled(running)
    events = {one.json["event_name"]: one.json for one in program.to(HOOK) if proves(one)}
    follow, info, group = events["follow"], events["user_submit_info"], events["user_send_group_text"]
    assert events["unfollow"]["follower"] == {"id": PERSON}
    assert (follow["follower"], follow["oa_id"], follow["source"]) == ({"id": PERSON}, ZALO.oa_id, "oa_profile")
    assert not {"message", "sender", "recipient"} & set(follow)
    assert info["info"]["phone"] == "84901234567"
    assert group["recipient"] == {"id": "f414c8f76fa586fbdfb4"}
    assert events["anonymous_send_text"]["message"]["conversation_id"]
    assert Client(running).send(person="7777777777777777777")["error"] == -213


def test_what_we_sent_is_told_as_received_seen_and_as_our_own_echo(running: Running, program: Program) -> None:
    """user_received_message with its time, user_seen_message on demand, oa_send_text without an employee."""
    running.zalo.text(PERSON, "xin chào")
    number = Client(running).send("chào bạn")["data"]["message_id"]
    settled(running)
    running.zalo.see(PERSON)
    settled(running)
    events = {one.json["event_name"]: one.json for one in program.to(HOOK) if proves(one)}
    received, echo, seen = events["user_received_message"], events["oa_send_text"], events["user_seen_message"]
    assert (received["sender"], received["recipient"]) == ({"id": ZALO.oa_id}, {"id": PERSON})
    assert received["message"]["msg_id"] == number
    assert received["message"]["delivery_time"].isdecimal()
    assert (echo["sender"], echo["message"]) == ({"id": ZALO.oa_id}, {"text": "chào bạn", "msg_id": number})
    assert seen["message"]["msg_ids"] == [number]


@pytest.mark.parametrize(("echoes", "employees"), [("admin", 1), ("", 0)])
def test_our_own_echo_can_look_like_an_employees_or_be_missing(
    settings: Settings, program: Program, echoes: str, employees: int
) -> None:
    """Nobody documents it, so every way can be tried."""
    with Running(replace(settings, zalo=replace(ZALO, echoes=echoes))) as running:
        running.zalo.text(PERSON, "xin chào")
        Client(running).send("chào bạn")
        settled(running)
    heard = [one.json for one in program.to(HOOK) if one.json["event_name"] == "oa_send_text"]
    assert len([event for event in heard if event["sender"].get("admin_id")]) == len(heard) == employees


def test_an_employees_message_names_who_wrote_it(running: Running, program: Program) -> None:
    """oa_send_text with admin_id, from the account to the person."""
    number = running.zalo.echo(PERSON, "Chào bạn, mình là Lan", admin_id="4567891234567891234")
    settled(running)
    (heard,) = program.to(HOOK)
    assert heard.json["sender"] == {"id": ZALO.oa_id, "admin_id": "4567891234567891234"}
    assert (heard.json["recipient"], heard.json["message"]["msg_id"]) == ({"id": PERSON}, number)


def test_a_webhook_is_tried_again_with_its_number_and_holds_nobody_back(running: Running, program: Program) -> None:
    """The same bytes, num_retry 1, 2, …; the person's next message does not wait."""
    program.answers += [(500, b""), (500, b"")]
    program.slow_s = 0.05
    first = running.zalo.text(PERSON, "một")
    second = running.zalo.text(PERSON, "hai")
    settled(running)
    tries = [heard for heard in program.to(HOOK) if heard.json["message"]["msg_id"] == first]
    others = [heard for heard in program.to(HOOK) if heard.json["message"]["msg_id"] == second]
    counted = sorted(heard.headers.get("num_retry", "0") for heard in [*tries, *others])
    assert len(tries) + len(others) == 4
    assert counted in (["0", "0", "1", "1"], ["0", "0", "1", "2"])
    assert len({heard.body for heard in tries}) == 1
    assert running.zalo.acknowledged() == {first, second}


def test_after_the_last_try_the_webhook_is_disabled_until_somebody_enables_it(
    running: Running, program: Program
) -> None:
    """Six tries, then nothing is told any more."""
    program.answers += [(503, b"")] * 6
    running.zalo.text(PERSON, "một")
    settled(running)
    assert [attempt.code for attempt in running.zalo.attempts] == [503] * 6
    assert [heard.headers.get("num_retry") for heard in program.to(HOOK)] == [None, "1", "2", "3", "4", "5"]
    assert running.zalo.webhook_disabled
    running.zalo.text(PERSON, "hai")
    settled(running)
    assert len(program.heard) == 6
    assert {bubble.status for bubble in running.zalo.phones.screen(PERSON)} == {"unanswered"}
    assert HTTP.delete(f"{running.url}/faults/zalo").status_code == 204
    running.zalo.text(PERSON, "ba")
    settled(running)
    assert len(program.heard) == 7


def test_a_pace_without_gaps_tries_once_and_disables_nothing(settings: Settings, program: Program) -> None:
    """For those who want each webhook once."""
    program.answers.append((503, b""))
    with Running(replace(settings, pace=replace(QUICK, zalo_retry_s=()))) as running:
        running.zalo.text(PERSON, "một")
        settled(running)
        running.zalo.text(PERSON, "hai")
        settled(running)
        assert [attempt.code for attempt in running.zalo.attempts] == [503, 200]


def test_any_event_can_be_told_signed(running: Running, program: Program) -> None:
    """Also one that Zalo has never heard of."""
    running.zalo.tell({"event_name": "user_send_smell", "timestamp": "1795315684544"}, PERSON)
    settled(running)
    (heard,) = program.to(HOOK)
    assert proves(heard)
    assert heard.json["event_name"] == "user_send_smell"


def test_an_answer_that_takes_too_long_is_none(settings: Settings, program: Program) -> None:
    """After the time-out (2 s, here less) the webhook is tried again."""
    program.slow_s = 0.3
    with Running(replace(settings, pace=replace(QUICK, zalo_timeout_s=0.1, zalo_retry_s=(0.3,)))) as running:
        running.zalo.text(PERSON, "một")
        wait_for(lambda: running.zalo.attempts)
        program.slow_s = 0
        settled(running)
        assert [attempt.code for attempt in running.zalo.attempts] == [None, 200]
