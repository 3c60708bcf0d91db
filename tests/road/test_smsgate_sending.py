"""What a telephone with SMSGate is handed: how, in which order, how fast, and what becomes of it."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from config import ConfigError
from program import read_clock
from storage.outbox import Claimed
from storage.safe import Safe
from tests.channels import wire
from tests.road.line import SMSGATE, smsgate_environment
from tests.road.stage import ADDRESSES, MINUTE, Stage
from webhooks import smsgate
from webhooks.channel import CarrierSilent, Channel, Deployment
from webhooks.outcomes import Outcome, sent

SECOND = timedelta(seconds=1)
NUMBER = ADDRESSES["smsgate"]
NOW = read_clock()


def claimed(text: str = "chào bạn", kind: str = "answer", left: timedelta | None = 5 * MINUTE) -> Claimed:
    """A message in a sender's hands."""
    stale_at = None if left is None else NOW + left
    return Claimed(uuid.uuid4(), uuid.UUID(int=1), kind, text, (), stale_at, NOW, 1, 0)


def no_safe(channel: str) -> Safe:
    """A telephone has nothing to remember."""
    raise AssertionError(channel)


def connect(url: str, **settings: str) -> smsgate.Smsgate:
    """The channel, with these settings."""
    environment = smsgate_environment("http://127.0.0.1:1") | {"SMSGATE_URL": url} | settings
    found = smsgate.connect(Deployment(environment, "https://help.example.org", no_safe, read_clock))
    assert isinstance(found, smsgate.Smsgate)
    return found


@contextmanager
def server(status: str, body: object, *headers: str) -> Iterator[tuple[smsgate.Smsgate, wire.Machine]]:
    """The channel before a server that says the same to everybody."""
    with wire.machine(wire.spell(status, json.dumps(body).encode(), *headers)) as machine:
        yield connect(machine.url + "/3rdparty/v1"), machine


def asked(machine: wire.Machine) -> list[Mapping[str, object]]:
    """The bodies of the requests that a server got."""
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in machine.heard]


@pytest.mark.parametrize("minutes", [1, 9])
def test_what_a_telephone_that_was_off_could_not_take_leaves_in_order(stage: Stage, minutes: int) -> None:
    """503: the server's queue is full, or nobody is there. Nothing left, so it is tried again until it is too late."""
    carrier = stage.open().smsgate
    carrier.fault("down")
    for text in ("xin chao", "1"):
        stage.hear("smsgate", text)
        stage.work(later=SECOND)
    for _ in range(minutes - 1):
        stage.work(later=MINUTE)
    assert "sent" not in stage.ended_as("smsgate")
    carrier.up()
    stage.work(later=32 * SECOND)
    stage.work(later=32 * SECOND)
    assert set(stage.ended_as("smsgate")) <= {"sent", "cancelled"}  # the second message answers the first question
    assert stage.got("smsgate") == stage.books.talk("smsgate", NUMBER).texts("sent")
    assert len(stage.got("smsgate")) > 1


def test_what_the_telephone_never_had_is_said_after_half_a_minute(stage: Stage) -> None:
    """A 500 may mean that it took it. Asked, it does not know our id: it is said once more, under the same id."""
    carrier = stage.open().smsgate
    carrier.fault("500_before")
    stage.hear("smsgate", "xin chao")
    stage.work()
    assert (stage.ended_as("smsgate"), stage.got("smsgate")) == (["asking"], [])
    stage.work(later=31 * SECOND)
    assert (stage.ended_as("smsgate"), len(stage.got("smsgate"))) == (["sent"], 1)
    assert stage.books.talk("smsgate", NUMBER).told[0].tries == 2


def test_a_telephone_that_cannot_be_asked_is_asked_again(stage: Stage) -> None:
    """No answer to the question says nothing about the message."""
    carrier = stage.open().smsgate
    carrier.fault("500_after_accepting")
    for fault in ("500_before", "429", "wrong_json"):
        carrier.fault(fault, moment="fetch")
    stage.hear("smsgate", "xin chao")
    for _ in range(4):
        stage.work(later=SECOND)
        assert stage.ended_as("smsgate") == ["asking"]
    stage.work(later=SECOND)
    assert (stage.ended_as("smsgate"), len(stage.got("smsgate"))) == (["sent"], 1)


def test_the_same_message_again_is_not_sent_twice(stage: Stage) -> None:
    """Its id is ours: the server answers 409, which means that it has it."""
    carrier, message = stage.open().smsgate, claimed()
    channel = stage.channels["smsgate"]
    endings = [channel.send(NUMBER, message, NOW) for _ in range(3)]
    assert endings == [sent(str(message.id))] * 3
    assert stage.got("smsgate") == ["chào bạn"]
    assert carrier.calls["send"] == 3


def test_nothing_leaves_faster_than_a_telephone_may_send(stage: Stage) -> None:
    """Android asks whoever looks at the screen after 30 parts in a minute: three at once, seven a minute by default."""
    channel = connect(smsgate_environment(f"http://127.0.0.1:{stage.port}")["SMSGATE_URL"], SMSGATE_PACE="")
    assert channel.facts.pace.at_once == 3
    assert round(channel.facts.pace.a_second * 60, 6) == 7
    stage.channels = {**stage.channels, "smsgate": channel}
    stage.open()
    people = [f"+8490000001{number}" for number in range(8)]
    for address in people:
        stage.hear("smsgate", "xin chao", address)
    count = []
    for _ in range(6):
        stage.work()
        count.append(sum(len(stage.books.talk("smsgate", address).texts("sent")) for address in people))
        stage.now.ahead += timedelta(seconds=60 / 7)
    assert count == [3, 4, 5, 6, 7, 8]


def test_a_request_says_no_more_than_it_must() -> None:
    """Our id, the text, the number, how long it is good, and how urgent it is; as documented, and signed in."""
    message = claimed("Chào bạn ạ 👋", left=timedelta(seconds=100))
    with server("202 Accepted", {"id": str(message.id), "state": "Pending"}) as (channel, machine):
        assert channel.send(NUMBER, message, NOW) == sent(str(message.id))
    assert asked(machine) == [
        {
            "id": str(message.id),
            "textMessage": {"text": "Chào bạn ạ 👋"},
            "phoneNumbers": [NUMBER],
            "ttl": 100,
            "withDeliveryReport": True,
            "priority": 99,
        }
    ]
    head = machine.heard[0].partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /3rdparty/v1/message?skipPhoneValidation=true HTTP/1.1\r\n")
    assert "\r\nAuthorization: Basic " in head


@pytest.mark.parametrize(
    ("left", "seconds"), [(timedelta(hours=2), 600), (SECOND, 5), (-SECOND, 5), (None, 45), (90 * SECOND, 90)]
)
def test_a_message_is_good_for_as_long_as_it_is_true(left: timedelta | None, seconds: int) -> None:
    """What it would send later may be read by somebody else. SMSGate's shortest time is 5 s."""
    with server("202 Accepted", {}) as (channel, machine):
        channel.send(NUMBER, claimed(left=left), NOW)
    assert asked(machine)[0]["ttl"] == seconds


def test_messages_of_one_person_leave_the_telephone_in_their_order() -> None:
    """Of equal priority the app sends the newest first, so each has a lower one than the last; urgent ones pass all."""
    with server("202 Accepted", {}) as (channel, machine):
        for kind in ("answer", "answer", "urgent", "urgent", "answer"):
            channel.send(NUMBER, claimed(kind=kind), NOW)
        channel.send(NUMBER, replace(claimed(), conversation_id=uuid.UUID(int=2)), NOW)
        for _ in range(300):
            channel._order.take(claimed(), NOW)
            channel._order.take(claimed(kind="urgent"), NOW)
        for kind in ("answer", "urgent"):
            channel.send(NUMBER, claimed(kind=kind), NOW)
        channel.send(NUMBER, claimed(), NOW + 11 * MINUTE)
    priorities = [request["priority"] for request in asked(machine)]
    assert priorities == [99, 98, 127, 126, 97, 99, -128, 100, 99]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        ("202 Accepted", {"id": "another"}, Outcome.UNSURE),
        ("200 OK", [], Outcome.UNSURE),
        ("204 No Content", "", Outcome.UNSURE),
        ("302 Found", {}, Outcome.UNAUTHORISED),
        ("400 Bad Request", {"message": "can't use phone in row 1: not mobile phone number"}, Outcome.NOBODY_THERE),
        ("400 Bad Request", {"message": "conflict fields: ttl and validUntil"}, Outcome.REJECTED),
        ("401 Unauthorized", {}, Outcome.UNAUTHORISED),
        ("403 Forbidden", {}, Outcome.UNAUTHORISED),
        ("404 Not Found", {}, Outcome.UNAUTHORISED),
        ("413 Too Large", {}, Outcome.REJECTED),
        ("422 Unprocessable", {}, Outcome.REJECTED),
        ("500 Server Error", {}, Outcome.UNSURE),
        ("502 Bad Gateway", {}, Outcome.UNSURE),
        ("503 Unavailable", {"message": "queue limits exceeded: too many pending messages"}, Outcome.UNREACHABLE),
        ("504 Gateway Timeout", {}, Outcome.UNSURE),
    ],
)
def test_each_answer_of_the_server_has_its_outcome(status: str, body: object, outcome: Outcome) -> None:
    """What may have been taken is unsure, and asked about; a wrong number, address or secret is told as that."""
    with server(status, body) as (channel, _):
        ending = channel.send(NUMBER, claimed(), NOW)
    assert (ending.outcome, ending.reason) == (outcome, f"smsgate {status[:3]}")


@pytest.mark.parametrize(("told", "seconds"), [("17", 17.0), ("-1", 5.0), ("soon", 5.0), ("9" * 9, 5.0)])
def test_the_server_is_given_the_quiet_that_it_asks_for(told: str, seconds: float) -> None:
    """429 with Retry-After; without a number that can be meant, five seconds."""
    with server("429 Too Many", {}, f"Retry-After: {told}") as (channel, _):
        ending = channel.send(NUMBER, claimed(), NOW)
    assert (ending.outcome, ending.seconds) == (Outcome.BUSY, seconds)


def test_half_a_letter_is_refused_and_nothing_breaks() -> None:
    """No JSON in UTF-8 can hold it."""
    with server("202 Accepted", {}) as (channel, machine):
        assert channel.send(NUMBER, claimed("nửa \ud83d chữ"), NOW).outcome is Outcome.REJECTED
    assert machine.heard == []


@pytest.mark.parametrize("status", ["401 Unauthorized", "500 Server Error", "302 Found"])
def test_a_question_that_is_not_answered_to_the_point_tells_nothing(status: str) -> None:
    """Only 200 with our own id, and 404, are answers."""
    with server(status, {}) as (channel, _), pytest.raises(CarrierSilent):
        channel.find(NUMBER, claimed())
    with server("200 OK", {"id": "another"}) as (channel, _), pytest.raises(CarrierSilent):
        channel.find(NUMBER, claimed())


def test_the_channel_is_off_without_any_one_of_its_secrets() -> None:
    """As every channel is."""
    whole = smsgate_environment("http://127.0.0.1:1")
    for name in ("SMSGATE_URL", "SMSGATE_USER", "SMSGATE_PASSWORD", "SMSGATE_SIGNING_KEY"):
        without: Channel | None = smsgate.connect(
            Deployment(whole | {name: ""}, "https://help.example.org", no_safe, read_clock)
        )
        assert without is None


@pytest.mark.parametrize(
    "url",
    [
        "api.sms-gate.app/3rdparty/v1",
        "ftp://api.sms-gate.app",
        "https://",
        "https://someone:secret@api.sms-gate.app",
        "https://api.sms-gate.app/?x=1",
        "https://api.sms-gate.app:99999",
        "http://api.sms-gate.app/3rdparty/v1",
        "http://8.8.8.8:8080",
    ],
)
def test_an_address_that_is_none_or_carries_words_unsealed_is_refused(url: str) -> None:
    """Plain http only within a network of our own, where the app's own server has nothing else."""
    with pytest.raises(ConfigError, match="SMSGATE_URL") as refused:
        connect(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "is_simulated"),
    [
        ("https://api.sms-gate.app/3rdparty/v1/", False),
        ("http://192.168.1.20:8080", False),
        ("http://phone.lan:8080", False),
        ("http://127.0.0.1:8001/3rdparty/v1", True),
    ],
)
def test_only_an_address_of_this_machine_is_a_simulator(url: str, is_simulated: bool) -> None:
    """So a demonstration never reaches people; a server of one's own must be called by another name than localhost."""
    assert connect(url).is_simulated == is_simulated


@pytest.mark.parametrize("pace", ["0", "-1", "x", "1e3", "99999", "٣"])
def test_a_pace_that_is_none_is_refused(pace: str) -> None:
    """With a word on what to set."""
    with pytest.raises(ConfigError, match="SMSGATE_PACE"):
        connect("https://api.sms-gate.app/3rdparty/v1", SMSGATE_PACE=pace)


def test_the_secrets_stand_in_no_repr() -> None:
    """Of the settings or of the channel."""
    channel = connect("https://api.sms-gate.app/3rdparty/v1")
    shown = repr(channel) + repr(channel._settings) + repr(channel._http)
    assert SMSGATE.password not in shown
    assert SMSGATE.signing_key not in shown
