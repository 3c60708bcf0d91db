"""What Twilio tells the program: messages and receipts, signed, in order, repeated only when asked."""

from dataclasses import replace

import pytest
from twilio.base.exceptions import TwilioRestException

from simulator.serve import Running
from simulator.settings import Settings
from tests.simulator.conftest import ACCOUNT, LINE, PERSON, Heard, Program
from tests.simulator.twilio_client import client_of, proves, send, settled


def test_status_callbacks_are_signed_and_keep_their_query(running: Running, program: Program) -> None:
    """Each status is told to the StatusCallback URL, query included, with a signature over both."""
    sid = send(running, status_callback=f"{program.url}/webhooks/twilio/status?row=17&k=a%2Fb")
    settled(running)
    heard = program.to("/webhooks/twilio/status")
    assert [h.form["MessageStatus"] for h in heard] == ["queued", "sent", "delivered"]
    assert {h.path for h in heard} == {"/webhooks/twilio/status?row=17&k=a%2Fb"}
    assert all(proves(h, program) and h.form["MessageSid"] == sid for h in heard)
    assert "Body" not in heard[0].form


def test_a_text_becomes_a_signed_webhook_and_stands_in_the_list(running: Running, program: Program) -> None:
    """Inbound messages are posted to /webhooks/twilio and kept as received."""
    sid = running.twilio.text(PERSON, "toi mat can cuoc & cần giúp + 1")
    settled(running)
    (heard,) = program.to("/webhooks/twilio")
    assert proves(heard, program)
    expected = {"MessageSid": sid, "From": PERSON, "To": LINE, "AccountSid": ACCOUNT, "NumMedia": "0"}
    assert expected.items() <= heard.form.items()
    assert heard.form["Body"] == "toi mat can cuoc & cần giúp + 1"
    assert heard.form["FromCountry"] == "VN"
    (listed,) = client_of(running).messages.list(to=LINE)
    assert (listed.sid, listed.status, listed.direction) == (sid, "received", "inbound")
    assert running.twilio.acknowledged() == {sid}


def test_a_changed_byte_of_a_webhook_breaks_its_signature(running: Running, program: Program) -> None:
    """The signature covers the body: the official validator refuses another one."""
    running.twilio.text(PERSON, "xin chao")
    settled(running)
    (heard,) = program.to("/webhooks/twilio")
    assert not proves(Heard(heard.path, heard.headers, heard.body.replace(b"xin", b"xim")), program)


@pytest.mark.parametrize("code", [500, 403, 302])
def test_a_failed_webhook_is_not_retried_but_listed(running: Running, program: Program, code: int) -> None:
    """Twilio does not repeat a webhook; who missed it finds the message in the list."""
    program.answers.append((code, b""))
    sid = running.twilio.text(PERSON, "xin chao")
    settled(running)
    assert len(program.heard) == 1
    assert [attempt.code for attempt in running.twilio.attempts] == [code]
    assert not running.twilio.acknowledged()
    assert [m.sid for m in client_of(running).messages.list(to=LINE, from_=PERSON)] == [sid]


@pytest.mark.parametrize(
    ("overrides", "answers", "tries"),
    [
        ("rc=3&rp=all", [503, 403], [503, 403, 200]),
        ("rc=1&rp=all", [503, 503, 503], [503, 503]),
        ("rc=3&rp=5xx", [503, 403], [503, 403]),
        ("rc=3", [503], [503]),
        ("rc=x&rp=", [503], [503]),
    ],
)
def test_connection_overrides_have_a_webhook_repeated(
    settings: Settings, program: Program, overrides: str, answers: list[int], tries: list[int]
) -> None:
    """`#rc` says how often, `rp` after what; each try carries the same signature, over the URL without its fragment."""
    program.answers += [(code, b"") for code in answers]
    with Running(replace(settings, twilio_overrides=overrides)) as running:
        running.twilio.text(PERSON, "xin chao")
        settled(running)
        assert [attempt.code for attempt in running.twilio.attempts] == tries
    assert all(proves(heard, program) for heard in program.to("/webhooks/twilio"))


def test_a_connection_that_fails_is_tried_again_when_overrides_say_so(settings: Settings) -> None:
    """ct is the default policy: nobody there, three tries."""
    with Running(replace(settings, twilio_overrides="rc=2")) as running:
        running.point_at("http://127.0.0.1:9")
        running.twilio.text(PERSON, "xin chao")
        settled(running)
        assert [attempt.code for attempt in running.twilio.attempts] == [None, None, None]


def test_a_webhook_that_takes_too_long_is_given_up(running: Running, program: Program) -> None:
    """After the time-out (15 s, here less) the webhook counts as unanswered."""
    program.slow_s = 0.8
    running.twilio.text(PERSON, "xin chao")
    settled(running)
    assert [attempt.code for attempt in running.twilio.attempts] == [None]


def test_after_stop_sending_is_refused_until_start(running: Running, program: Program) -> None:
    """STOP opts out (OptOutType in the webhook, 21610 afterwards); START brings back."""
    running.twilio.text(PERSON, "Yes")
    running.twilio.text(PERSON, " stop ")
    settled(running)
    with pytest.raises(TwilioRestException) as refused:
        send(running)
    assert refused.value.code == 21610
    running.twilio.text(PERSON, "please stop him")
    running.twilio.text(PERSON, "START")
    settled(running)
    assert send(running)
    kinds = [heard.form.get("OptOutType") for heard in program.to("/webhooks/twilio")]
    assert kinds == [None, "STOP", None, "START"]


def test_a_person_texts_in_order_and_people_beside_each_other(running: Running, program: Program) -> None:
    """One person's webhooks come one after the other; a slow one holds nobody else back."""
    program.slow_s = 0.1
    for number in range(3):
        running.twilio.text(PERSON, str(number))
        running.twilio.text("+84907654321", str(number))
    settled(running)
    bodies = [h.form["Body"] for h in program.heard if h.form["From"] == PERSON]
    assert bodies == ["0", "1", "2"]
    assert program.most_at_once == 2
