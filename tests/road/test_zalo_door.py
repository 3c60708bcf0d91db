"""Zalo's door: who is believed, what events say, and that all others keep nothing and are never refused."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from flask import Request
from structlog.testing import capture_logs
from werkzeug.test import EnvironBuilder

from config import ConfigError
from simulator.settings import ZaloAccount
from simulator.zalo.events import headers, milliseconds, write
from storage.inbox import Inbound
from storage.receipts import Receipt
from tests.road.line import ZALO, zalo_environment
from webhooks import zalo
from webhooks.channel import Deployment, Event, NotProven, Reach, TakenOver
from webhooks.zalo.events import MEDIA, MOST_RECEIPTS
from webhooks.zalo.signature import Signatures

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
PERSON, ADMIN, MESSAGE = "6000000000000000001", "4567891234567891234", "96d3cdf3af150460909"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LISTS = [
    "+".join([first, key, *more])
    for first, key, more in product(("app_id", "oa_id"), ("oa_secret", "app_secret"), ([], ["header"]))
]


@dataclass
class Door:
    """A channel and its clock."""

    channel: zalo.Zalo
    now: datetime = NOW

    def is_proven(self, body: bytes, shown: Mapping[str, str], door: str = "") -> bool:
        """Whether it believes a request."""
        try:
            self.channel.prove(request(body, shown), door)
        except NotProven:
            return False
        return True

    def believes(self, account: ZaloAccount, event: Mapping[str, object]) -> bool:
        """Whether it believes an event signed for an account."""
        body = write(event)
        return self.is_proven(body, headers(account, body, 0))

    def read(self, event: Mapping[str, object]) -> list[Event]:
        """What an event says, signed as it must be."""
        assert self.believes(ZALO, event)
        return list(self.channel.read(request(write(event), {}), "").events)


def request(body: bytes, shown: Mapping[str, str]) -> Request:
    """A request as the server hands it over."""
    names = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in shown.items()}
    builder = EnvironBuilder("/webhooks/zalo", method="POST", data=body, content_type="application/json")
    return Request(builder.get_environ() | names)


def make_door(**settings: str) -> Door:
    """A door; `settings` replace what is set. Nothing is sent here, so nobody looks into a safe."""
    doors: list[Door] = []
    environment = zalo_environment(ZALO, "http://127.0.0.1:1") | settings

    channel = zalo.connect(Deployment(environment, "https://help.example.org", pytest.fail, lambda: doors[0].now))
    assert isinstance(channel, zalo.Zalo)
    doors.append(Door(channel))
    return doors[0]


@pytest.fixture
def door() -> Door:
    """A door with the settings as they are by default."""
    return make_door()


def event(name: str = "user_send_text", at: datetime = NOW, **parts: object) -> dict[str, object]:
    """An event of a person's; `parts` replace what stands in it, None takes it away."""
    made: dict[str, object] = {
        "app_id": ZALO.app_id,
        "user_id_by_app": "552177279717587730",
        "event_name": name,
        "sender": {"id": PERSON},
        "recipient": {"id": ZALO.oa_id},
        "message": {"msg_id": MESSAGE, "text": "xin chào"},
        "timestamp": milliseconds(at),
    }
    return changed(made, parts)


def changed(made: Mapping[str, object], parts: Mapping[str, object]) -> dict[str, object]:
    """An event with other parts; None takes one away."""
    return {key: value for key, value in {**made, **parts}.items() if value is not None}


def to_person(name: str, **parts: object) -> dict[str, object]:
    """An event in the other direction."""
    return changed(event(name, sender={"id": ZALO.oa_id}, recipient={"id": PERSON}), parts)


def membership(name: str, **parts: object) -> dict[str, object]:
    """`follow` or `unfollow`."""
    flat = {"oa_id": ZALO.oa_id, "follower": {"id": PERSON}, "sender": None, "recipient": None, "message": None}
    return changed(event(name), {**flat, **parts})


# Who is believed


@pytest.mark.parametrize("prefix", ["mac=", "sha256=", ""])
@pytest.mark.parametrize("listed", LISTS)
def test_each_variant_is_believed_where_it_is_listed_and_nowhere_else(listed: str, prefix: str) -> None:
    """The first term, the key and the place of the time are settings; each of three prefixes always goes."""
    terms = {"app_id": "77", "oa_id": ZALO.oa_id, "oa_secret": "one", "app_secret": "another"}
    first, key, *more = listed.split("+")
    # where the time of the header counts, the body's is another
    body, time = write(event(at=NOW - MINUTE if more else NOW)), milliseconds(NOW)
    digest = hashlib.sha256(terms[first].encode() + body + time.encode() + terms[key].encode()).hexdigest()

    def is_believed(by: str) -> bool:
        try:
            Signatures(terms, by).prove(body, prefix + digest, time if more else "", NOW)
        except NotProven:
            return False
        return True

    assert [other for other in LISTS if is_believed(other)] == [listed]
    assert is_believed(", ".join(LISTS))


def test_the_variant_that_matched_is_told_once(door: Door) -> None:
    """Which of them Zalo uses is seen only on a live account: whoever looks after the line finds it in the log."""
    with capture_logs() as logs:
        for _ in range(3):
            assert door.believes(ZALO, event())
    assert [(log["log_level"], log["event"], log["reason"]) for log in logs] == [
        ("info", "signature variant matched", "app_id+oa_secret")
    ]


def test_a_variant_that_is_not_listed_is_refused_and_told_by_its_name(door: Door) -> None:
    """Nobody but Zalo can have made it, so the setting is wrong, and the log says what to set."""
    with capture_logs() as logs:
        for _ in range(3):
            assert not door.believes(replace(ZALO, signed_first="oa_id", signed_with="app_secret"), event())
    assert [(log["log_level"], log["reason"]) for log in logs] == [("error", "oa_id+app_secret")]


@pytest.mark.parametrize(
    "listed", ["app_id", "app_id+oa_secret,", "oa_secret+app_id", "app_id+oa_secret+body", "mac", "app_id+oa_secret;x"]
)
def test_a_list_of_variants_that_is_none_is_refused_at_the_start(listed: str) -> None:
    """A slip must not shut the door in silence, nor open it."""
    with pytest.raises(ConfigError, match="ZALO_SIGNATURE"):
        make_door(ZALO_SIGNATURE=listed)


def test_a_variant_that_begins_with_the_account_needs_its_id() -> None:
    """An empty first term would make a weaker signature."""
    with pytest.raises(ConfigError, match="ZALO_OA_ID"):
        make_door(ZALO_SIGNATURE="oa_id+oa_secret", ZALO_OA_ID="")
    assert make_door(ZALO_OA_ID="").believes(ZALO, event())


@pytest.mark.parametrize("missing", ["ZALO_APP_ID", "ZALO_APP_SECRET", "ZALO_OA_SECRET", "ZALO_REFRESH_TOKEN"])
def test_without_one_of_its_secrets_the_channel_is_off(missing: str) -> None:
    """An empty key would be anybody's."""
    environment = zalo_environment(ZALO, "http://127.0.0.1:1") | {missing: ""}
    unused = Deployment(environment, "", pytest.fail, lambda: NOW)
    assert zalo.connect(unused) is None


def shown_with(value: str) -> dict[str, str]:
    """A signature of any form."""
    return {"X-ZEvent-Signature": value}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: "",
        lambda good: "mac=",
        lambda good: good[:-1],
        lambda good: good + "0",
        lambda good: good.upper(),
        lambda good: f"hmac={good}",
        lambda good: f"mac={good}",
        lambda good: f"{good},{good}",
        lambda good: f"{good}\n",
        lambda good: f" {good}",
        lambda good: "mac=" + "é" * 64,
        lambda good: "mac=" + "\xb2" * 64,
        lambda good: "mac=" + "0" * 64,
    ],
)
def test_any_other_signature_is_refused(door: Door, spoil: Callable[[str], str]) -> None:
    """Letters beyond ASCII too: they must not make an error of it."""
    body = write(event())
    good = headers(ZALO, body, 0)["X-ZEvent-Signature"]
    assert door.is_proven(body, shown_with(good))
    assert not door.is_proven(body, shown_with(spoil(good)))


def test_no_other_door_is_there(door: Door) -> None:
    """What is signed for one address is not believed at another."""
    body = write(event())
    assert not door.is_proven(body, headers(ZALO, body, 0), "status")
    assert not door.is_proven(b"{}", {}, "status")


def test_only_the_empty_probe_goes_unsigned_and_says_nothing(door: Door) -> None:
    """Setting a webhook sends `{}`; whatever else is unsigned is refused."""
    assert door.is_proven(b"{}", {})
    assert list(door.channel.read(request(b"{}", {}), "").events) == []
    for body in (b"", b"{ }", b"{}\n", b"[]", b"null", b'{"a":1}', b"\xef\xbb\xbf{}", b'{"event_name":"follow"}'):
        assert not door.is_proven(body, {}), body


def sign_over(body: bytes, time: str) -> dict[str, str]:
    """A signature over any bytes, with our secret."""
    digest = hashlib.sha256(ZALO.app_id.encode() + body + time.encode() + ZALO.oa_secret.encode()).hexdigest()
    return shown_with(f"mac={digest}")


def test_no_byte_can_be_moved_from_one_term_into_the_next() -> None:
    """The terms are joined without a mark between them: only JSON's brace and the time's digits tell them apart."""
    believing = make_door(ZALO_SIGNATURE="app_id+oa_secret,app_id+oa_secret+header")
    body, time = write(event()), milliseconds(NOW)
    for cut in range(1, len(body) + len(time)):
        whole = body + time.encode()
        shown = sign_over(body, time) | {"X-ZEvent-Timestamp": whole[cut:].decode("latin-1")}
        assert believing.is_proven(whole[:cut], shown) is (cut == len(body)), cut
    for term in (ZALO.app_id[-1].encode(), b" "):  # from the first term into the body
        assert not believing.is_proven(term + body, sign_over(body, time))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"timestamp":' + b"9" * 5_000 + b"}",
        b'{"timestamp":1e12}',
        b'{"timestamp":true}',
        b'{"timestamp":null}',
        b'{"timestamp":["1772440200000"]}',
        b'{"timestamp":""}',
        b'{"timestamp":"-1772440200000"}',
        b'{"timestamp":"1772440200000 "}',
        '{"timestamp":"١٧٧٢٤٤٠٢٠٠٠٠٠"}'.encode(),
        b'{"timestamp":"1772440200000"}'.decode().encode("utf-16"),
        b'{"timestamp":"1772440200000","a":"\xff"}',
        b'"1772440200000"',
    ],
)
def test_what_has_no_time_or_is_no_json_object_is_refused(door: Door, body: bytes) -> None:
    """Even when somebody signed it with our key."""
    for time in ("1772440200000", ""):
        assert not door.is_proven(body, sign_over(body, time))


def test_a_time_written_as_a_number_is_believed(door: Door) -> None:
    """Its digits are what was signed."""
    time = int(milliseconds(NOW))
    body = write(event(timestamp=time))
    assert door.is_proven(body, sign_over(body, str(time)))


@pytest.mark.parametrize(
    ("age", "is_believed"),
    [
        (timedelta(0), True),
        (12 * HOUR, True),
        (24 * HOUR, True),
        (24 * HOUR + MINUTE, False),
        (timedelta(days=365), False),
        (-9 * MINUTE, True),
        (-11 * MINUTE, False),
        (-timedelta(days=365_000), False),
    ],
)
def test_an_event_is_believed_for_a_day(door: Door, age: timedelta, is_believed: bool) -> None:
    """Zalo repeats for 12 hours at most; what was overheard longer ago opens nothing."""
    at = NOW - age if age > timedelta(days=-1_000) else datetime(9999, 1, 1, tzinfo=UTC)
    assert door.believes(ZALO, event(at=at)) is is_believed


def test_another_accounts_key_opens_nothing(door: Door) -> None:
    """Nor does another application's."""
    assert not door.believes(replace(ZALO, oa_secret="another"), event())
    assert not door.believes(replace(ZALO, app_id="1"), event())


# What events say


def test_a_text_is_a_message_of_its_person(door: Door) -> None:
    """Named by its msg_id, dated by Zalo's time."""
    assert door.read(event()) == [
        Inbound(MESSAGE, PERSON, "xin chào", order=int(milliseconds(NOW)), written_at=NOW),
    ]


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "\ud83d", "👩🏽‍🦱", "tiê\u0301ng Vie\u0323\u0302t", "\u202eمرحبا", "a" * 100_000]
)
def test_any_text_comes_as_it_was_written(door: Door, text: str) -> None:
    """Also what only a broken phone sends."""
    body = json.dumps(event(message={"msg_id": MESSAGE, "text": text})).encode()
    assert door.is_proven(body, sign_over(body, milliseconds(NOW)))
    (found,) = door.channel.read(request(body, {}), "").events
    assert isinstance(found, Inbound)
    assert found.text == text


@pytest.mark.parametrize("kind", MEDIA)
def test_media_is_not_opened_and_its_words_are_heard(door: Door, kind: str) -> None:
    """Neither address nor place nor card is kept; a caption is, since somebody may call for help in it."""
    part = {"type": kind, "payload": {"url": "https://files.example/secret", "coordinates": {"latitude": "21.03"}}}
    (bare,) = door.read(event(f"user_send_{kind}", message={"msg_id": MESSAGE, "attachments": [part]}))
    (with_words,) = door.read(event(f"user_send_{kind}", message={"msg_id": MESSAGE, "text": "cứu", "attachments": []}))
    assert isinstance(bare, Inbound)
    assert isinstance(with_words, Inbound)
    assert (bare.kind, bare.text, with_words.kind, with_words.text) == ("media", "", "media", "cứu")
    assert "secret" not in repr(bare)
    assert "21.03" not in repr(bare)


@pytest.mark.parametrize("lacks", [{}, {"msg_id": ""}, {"msg_id": 7}, {"msg_id": "a b"}, {"msg_id": "x" * 200}])
def test_a_message_without_an_id_is_named_by_its_event_its_moment_and_its_person(
    door: Door, lacks: dict[str, object]
) -> None:
    """Repeated it is the same, at another moment another."""
    message = {"text": "xin chào"} | lacks
    names = [
        found.provider_id
        for at in (NOW, NOW, NOW + MINUTE)
        for found in door.read(event(at=at, message=message))
        if isinstance(found, Inbound)
    ]
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize(("name", "is_open"), [("follow", True), ("unfollow", False)])
def test_following_opens_the_door_and_unfollowing_shuts_it(door: Door, name: str, is_open: bool) -> None:
    """They carry no message's id, so the event itself is named; nothing is to be answered."""
    (found,) = door.read(membership(name))
    assert found == Reach(f"{name} {milliseconds(NOW)} {PERSON}", PERSON, is_open, at=NOW)


def test_who_withdraws_consent_is_not_written_to(door: Door) -> None:
    """user_withdraw: flat, with a user_id."""
    (found,) = door.read(event("user_withdraw", user_id=PERSON, oa_id=ZALO.oa_id, sender=None, recipient=None))
    assert isinstance(found, Reach)
    assert (found.address, found.open) == (PERSON, False)


def test_receipts_name_what_was_delivered_and_what_was_seen(door: Door) -> None:
    """Seen are several at once, or one; each is named once, and there is a limit to how many."""
    received = to_person("user_received_message", message={"msg_id": "a1", "delivery_time": "1"})
    assert door.read(received) == [Receipt("delivered", provider_id="a1")]
    seen = to_person("user_seen_message", message={"msg_ids": ["a1", "b2", "a1", 3, None, "c d"], "msg_id": "b2"})
    assert door.read(seen) == [Receipt("read", provider_id="a1"), Receipt("read", provider_id="b2")]
    assert door.read(to_person("user_seen_message", message={"msg_id": "a1"})) == [Receipt("read", provider_id="a1")]
    many = to_person("user_seen_message", message={"msg_ids": [f"m{number}" for number in range(1_000)]})
    assert len(door.read(many)) == MOST_RECEIPTS


@pytest.mark.parametrize("name", ["oa_send_text", "oa_send_image", "oa_send_list", "oa_send_sticker", "oa_send_new"])
@pytest.mark.parametrize(
    ("admin", "is_human"), [(ADMIN, True), (int(ADMIN), True), ("", False), (None, False), ("0", False), (0, False)]
)
def test_an_employees_message_takes_over_and_our_own_echo_does_not(
    door: Door, name: str, admin: object, is_human: bool
) -> None:
    """docs.zaloplatforms.com: admin_id is there only for what was written in the account's own chat tool."""
    found = door.read(to_person(name, sender={"id": ZALO.oa_id, "admin_id": admin}))
    assert [(one.provider_id, one.address) for one in found if isinstance(one, TakenOver) and one.at] == (
        [(MESSAGE, PERSON)] if is_human else []
    )
    assert is_human or found == []
    assert door.read(to_person(name)) == []


IGNORED = [
    *("anonymous_send_text", "anonymous_send_image", "oa_send_anonymous_text", "user_send_group_text"),
    *("oa_send_group_text", "create_group", "user_join_group", "user_submit_info", "update_user_info"),
    *("user_reacted_message", "oa_reacted_message", "user_click_chatnow", "user_call_oa", "user_reply_consent"),
    *("add_user_to_tag", "widget_interaction_accepted", "extension_purchased", "change_template_status"),
    *("change_template_quality", "change_oa_daily_quota", "user_feedback", "event_journey_time_out"),
]


@pytest.mark.parametrize("name", IGNORED)
def test_what_says_nothing_to_us_is_ignored_in_silence(door: Door, name: str) -> None:
    """Visitors without an account, groups, forms, reactions, notices by number: nothing of them is kept or logged."""
    info = {"name": "Người thử", "phone": "84900000001"}
    admin = {"id": ZALO.oa_id, "admin_id": ADMIN}
    with capture_logs() as logs:
        assert door.read(event(name, info=info)) == []
        assert door.read(event(name, sender=admin)) == []
    assert {log["event"] for log in logs} == {"signature variant matched"}


@pytest.mark.parametrize("name", ["user_does_something_new", "permission_revoked", "user.revoke.consent", "oa_send"])
def test_an_event_nobody_knows_is_told_by_its_name_alone(door: Door, name: str) -> None:
    """It is answered 200: refused, it would come five times, and then Zalo would give the webhook up."""
    with capture_logs() as logs:
        assert door.read(event(name)) == []
    assert [(log["event"], log["reason"]) for log in logs][1:] == [("unknown event", name)]
    assert PERSON not in repr(logs)
    assert "xin chào" not in repr(logs)


NOTHING: list[object] = [
    None,
    "",
    0,
    7,
    True,
    [],
    {},
    [1],
    {"id": None},
    {"id": 7},
    {"id": ""},
    {"id": "84 9"},
    "x",
    {"id": "٣"},
]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("user_send_text", "sender"),
        ("user_send_text", "message"),
        ("user_send_image", "sender"),
        ("oa_send_text", "recipient"),
        ("oa_send_text", "sender"),
        ("follow", "follower"),
        ("user_withdraw", "user_id"),
        ("user_received_message", "message"),
        ("user_seen_message", "message"),
        ("user_send_text", "event_name"),
    ],
)
def test_what_lacks_a_part_or_has_it_in_another_form_keeps_nothing(name: str, place: str) -> None:
    """Whichever part: nothing is kept, nothing is raised, nothing of it is logged."""
    anybodys = make_door(ZALO_OA_ID="")
    desk = {"sender": {"id": ZALO.oa_id, "admin_id": ADMIN}, "recipient": {"id": PERSON}}
    with capture_logs() as logs:
        for value in NOTHING:
            made = changed(event(name, follower={"id": PERSON}, user_id=PERSON), desk if name == "oa_send_text" else {})
            assert anybodys.read(made) != [], "whole it says something"
            assert anybodys.read(made | {place: value}) == [], value
    assert PERSON not in repr(logs)


@pytest.mark.parametrize("text", [None, 7, ["a"], {"a": "b"}, True])
def test_a_text_that_is_none_keeps_nothing(door: Door, text: object) -> None:
    """A message of text must have one."""
    assert door.read(event(message={"msg_id": MESSAGE, "text": text})) == []


def test_another_accounts_events_keep_nothing(door: Door) -> None:
    """Several accounts may be tied to one application, and with its secret sign alike; their people are not ours."""
    assert door.read(event(recipient={"id": "1"})) == []
    assert door.read(membership("follow", oa_id="1")) == []
    assert door.read(to_person("oa_send_text", sender={"id": "1", "admin_id": ADMIN})) == []
    assert len(make_door(ZALO_OA_ID="").read(event(recipient={"id": "1"}))) == 1


def test_twice_the_same_name_in_an_object_is_read_one_way(door: Door) -> None:
    """The last one counts, for the time that was signed as well as for what is kept."""
    body = write(event()).replace(b'{"app_id"', b'{"timestamp":"1","app_id"', 1)
    assert not door.is_proven(body, sign_over(body, "1"))
    assert door.is_proven(body, sign_over(body, milliseconds(NOW)))
