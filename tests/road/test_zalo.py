"""Zalo on the whole road: a talk, receipts, echoes, who leaves and comes back, the window, the token, the 2 seconds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from storage.carriers import all_known as carriers_known
from storage.models import Contact, InboxMessage, Person
from tests.road.books import Books, open_books
from tests.road.line import ZALO, Line, events, running_line, wait_until, zalo_environment
from tests.road.stage import ADDRESSES, Stage
from tests.road.test_answering import ABOUT_A_LOST_CARD, CANNOT_OPEN, act, say
from tests.road.writers import GOOD_MOMENT, MAIN_MENU, ZaloPhone, greet
from webhooks.channel import Deployment
from webhooks.zalo import connect

ACKNOWLEDGED_WITHIN = 2.0
EMPLOYEE = "Chào chị, tôi là nhân viên."


def told(books: Books, zalo: ZaloPhone) -> list[tuple[str, str | None]]:
    """How everything told to somebody ended, and what receipts say of it."""
    return [(one.status, one.delivery) for one in books.talk("zalo", zalo.person).told]


def refused_once(books: Books, zalo: ZaloPhone) -> bool:
    """Whether the newest message waits for another try."""
    return any((one.status, one.tries) == ("due", 1) for one in books.talk("zalo", zalo.person).told)


def test_a_talk_by_zalo_leads_to_an_answer_about_papers(books: Books, zalo: ZaloPhone) -> None:
    """Digits as answers, as on SMS; every message is delivered, and our own echoes stop nothing."""
    assert GOOD_MOMENT in say(books, zalo, "xin chao")[0]
    assert MAIN_MENU in say(books, zalo, "1")[-1]
    assert len(say(books, zalo, "3")) == 1
    answer = say(books, zalo, "1")
    assert answer[0] == ABOUT_A_LOST_CARD
    wait_until(lambda: set(told(books, zalo)) == {("sent", "delivered")}, 10, "all receipts")


def test_zalo_tells_what_was_seen(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """Several at once; what was only delivered comes after that and lowers nothing."""
    greet([zalo])
    wait_until(lambda: set(told(books, zalo)) == {("sent", "delivered")}, 10, "all receipts")
    line.carriers.zalo.see(zalo.person)
    wait_until(lambda: set(told(books, zalo)) == {("sent", "read")}, 10, "all seen")


@pytest.mark.parametrize("kind", ["image", "sticker", "location"])
def test_what_is_not_text_is_answered_kindly(line: Line, books: Books, zalo: ZaloPhone, kind: str) -> None:
    """standards.md 2: nothing is opened."""
    greet([zalo])
    answer = act(books, zalo, lambda: line.carriers.zalo.send_media(zalo.person, kind))
    assert answer[0] == CANNOT_OPEN


def test_a_cry_for_help_below_a_picture_is_heard(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """The words that come with a file are heard for danger."""
    greet([zalo])
    act(books, zalo, lambda: line.carriers.zalo.send_media(zalo.person, "image", "cuu toi voi, ho dang danh toi"))
    assert [one.kind for one in books.talk("zalo", zalo.person).told][-1] == "urgent"


def test_whoever_follows_is_not_written_to_before_they_write(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """Nothing goes out unasked: somebody else may hold the phone. And nobody is met by it."""
    carrier, before = line.carriers.zalo, books.count(Person)
    carrier.follow(zalo.person)
    assert line.carriers.settle()
    assert [one.code for one in carrier.attempts if one.id.startswith("follow")][-1] == 200
    assert (zalo.got(), books.count(Person)) == ([], before)


def test_whoever_unfollows_gets_nothing_and_whoever_comes_back_does(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """What was due is cancelled. Whoever writes again is answered."""
    carrier = line.carriers.zalo
    carrier.fault("429")
    zalo.write("xin chao")
    wait_until(lambda: told(books, zalo) == [("due", None)], 10, "it waits")
    carrier.unfollow(zalo.person)
    wait_until(lambda: told(books, zalo) == [("cancelled", None)], 15, "it is cancelled")
    assert zalo.got() == []
    assert len(say(books, zalo, "1")) > 0


def test_one_whom_zalo_refuses_is_left_alone(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """-213: nothing is tried again."""
    line.carriers.zalo.fault("blocked")
    zalo.write("xin chao")
    wait_until(lambda: told(books, zalo) == [("refused", None)], 10, "it is refused")
    assert books.is_settled()


@pytest.mark.parametrize("fault", ["time_out_after_accepting", "500_after_accepting", "wrong_json"])
def test_an_unsure_answer_is_not_repeated(line: Line, books: Books, zalo: ZaloPhone, fault: str) -> None:
    """Zalo takes no id of ours and cannot be asked."""
    line.carriers.zalo.fault(fault)
    zalo.write("xin chao")
    wait_until(lambda: [status for status, _ in told(books, zalo)] == ["unsure"], 15, "it is unsure")
    assert len(zalo.got()) == 1


def test_a_token_that_ends_in_the_middle_of_a_talk_is_renewed(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """The person notices nothing."""
    say(books, zalo, "xin chao")
    before = line.carriers.zalo.refreshes
    line.carriers.zalo.fault("token_expired")
    assert MAIN_MENU in say(books, zalo, "1")[-1]
    assert line.carriers.zalo.refreshes == before + 1
    assert {status for status, _ in told(books, zalo)} == {"sent"}


def test_an_employee_who_writes_in_zalos_own_desk_is_not_interrupted(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """What the bot was about to say is taken back; it answers nothing but an alarm while a human writes."""
    carrier = line.carriers.zalo
    greet([zalo])
    carrier.fault("429")
    zalo.write("1")
    tries = [one.tries for one in books.talk("zalo", zalo.person).told]
    wait_until(lambda: refused_once(books, zalo), 10, f"it waits {tries}")
    carrier.echo(zalo.person, EMPLOYEE)
    wait_until(lambda: told(books, zalo)[-1][0] == "cancelled", 10, "it is taken back")
    assert zalo.got()[-1] == EMPLOYEE
    zalo.write("cam on chi")
    wait_until(zalo.arrived, 10, "it is kept")
    wait_until(books.is_settled, 10, "the turn was taken")
    assert zalo.got()[-1] == EMPLOYEE
    assert len(say(books, zalo, "cuu toi voi, ho dang danh toi")) > 1


@pytest.mark.parametrize("fault", ["duplicate", "reorder", "delay"])
def test_webhooks_that_come_twice_or_late_are_answered_once(
    line: Line, books: Books, zalo: ZaloPhone, fault: str
) -> None:
    """msg_id names each message."""
    line.carriers.zalo.fault(fault, size=0.5 if fault != "duplicate" else None)
    zalo.write("xin chao")
    wait_until(lambda: len(zalo.got()) == 1, 10, "an answer")
    wait_until(books.is_settled, 10, "all is said")
    assert line.carriers.settle(10)
    assert (len(zalo.got()), [heard.text for heard in books.talk("zalo", zalo.person).heard]) == (1, ["xin chao"])


def test_visitors_groups_and_forms_keep_nothing(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """They are answered 200, so that Zalo goes on with the webhook, and nobody is met by them."""
    carrier = line.carriers.zalo
    before = books.count(Person), books.count(Contact), books.count(InboxMessage)
    deeds: list[Callable[[], object]] = [
        partial(carrier.text_anonymously, "anonymous-1", "xin chao"),
        partial(carrier.write_in_group, "7000000000000000001", zalo.person, "xin chao"),
        partial(carrier.submit_info, zalo.person, "Người thử", "+84900000001"),
        carrier.probe,
    ]
    for deed in deeds:
        deed()
    assert line.carriers.settle(10)
    assert {attempt.code for attempt in carrier.attempts[-4:]} == {200}
    assert (books.count(Person), books.count(Contact), books.count(InboxMessage)) == before
    assert zalo.got() == []


def test_thirty_who_write_to_zalo_at_once_are_each_kept_once(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """Duplicates among them, and what a busy machine acknowledged after Zalo's 2 s is repeated: none is kept twice."""
    carrier = line.carriers.zalo
    people = [ZaloPhone(line, str(int(zalo.person) + 1_000_000 + number)) for number in range(30)]
    before = books.count(InboxMessage)
    carrier.fault("duplicate", times=10)
    for one in people:
        one.write("xin chao")
    wait_until(lambda: all(one.got() for one in people), 60, "all are answered")
    assert line.carriers.settle(60)
    answers = [attempt.code for attempt in carrier.attempts if attempt.kind == "inbound"]
    assert set(answers) <= {200, None}, "acknowledged, or given up on after 2 s and repeated"
    assert not carrier.webhook_disabled
    assert books.count(InboxMessage) - before == len(people)


def test_nothing_of_a_person_or_a_token_stands_in_the_log(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """What Zalo signs with is told, once; ids, texts and tokens never."""
    say(books, zalo, "toi ten la Bi Mat")
    kept = books.safe_of("zalo").read(line.carriers.zalo._now())
    assert kept is not None
    log = line.log.read_text()
    assert "signature variant matched" in [one["event"] for one in events(line.log)]
    secrets = [zalo.person, "Bi Mat", kept.content["access"], kept.content["refresh"], EMPLOYEE]
    assert [secret for secret in secrets if secret in log] == []


def test_an_unsigned_event_is_refused(line: Line, books: Books, zalo: ZaloPhone) -> None:
    """403, and nothing of it is kept."""
    before = books.count(InboxMessage)
    body = {"event_name": "user_send_text", "sender": {"id": zalo.person}, "message": {"msg_id": "1", "text": "a"}}
    answer = httpx.post(f"{line.url}/webhooks/zalo", json=body, trust_env=False)
    assert (answer.status_code, books.count(InboxMessage)) == (403, before)


# Under a clock that jumps


def test_nobody_is_written_to_after_seven_days(stage: Stage) -> None:
    """-230: the window is shut for Zalo. Whoever writes again is answered."""
    carriers = stage.open()
    stage.hear("zalo", "xin chao")
    stage.work()
    assert stage.ended_as("zalo") == ["sent"]
    carriers.zalo.fault("window_closed")
    stage.hear("zalo", "1")
    stage.work()
    assert stage.ended_as("zalo")[1] == "refused"
    assert set(stage.ended_as("zalo")[2:]) <= {"cancelled"}
    before = len(stage.got("zalo"))
    stage.hear("zalo", "1")
    stage.work()
    assert len(stage.got("zalo")) > before


def test_a_line_that_was_off_for_days_begins_with_a_new_token(stage: Stage) -> None:
    """The token in the safe has ended; the refresh token has not."""
    carriers = stage.open()
    stage.hear("zalo", "xin chao")
    stage.work()
    stage.work(later=timedelta(days=20))
    carriers.zalo.text(ADDRESSES["zalo"], "hello")
    stage.hear("zalo", "xin chao")
    stage.work()
    assert stage.ended_as("zalo")[-1] == "sent"
    assert carriers.zalo.refreshes == 2


def test_a_lost_token_stops_the_channel_and_a_new_one_mends_it(stage: Stage) -> None:
    """Nothing is dropped meanwhile, nothing is silent, and other channels go on."""
    carriers = stage.open()
    carriers.zalo.fault("500_after_accepting", moment="refresh")
    assert not stage.jobs.tend("zalo")
    stage.work(later=timedelta(seconds=31))
    assert not stage.jobs.tend("zalo")
    for channel in ("zalo", "twilio"):
        stage.hear(channel, "xin chao")
    stage.work()
    assert (stage.ended_as("zalo"), stage.ended_as("twilio")) == (["due"], ["sent"])
    with stage.books.database.read() as session:
        troubles = {one.channel: (one.trouble, one.reason) for one in carriers_known(session)}
    assert troubles["zalo"] == ("unauthorised", "zalo token lost")
    fresh = carriers.zalo.tokens._make("refresh", carriers.zalo.tokens._number)
    environment = zalo_environment(ZALO, carriers.url) | {"ZALO_REFRESH_TOKEN": fresh}
    mended = connect(Deployment(environment, "http://127.0.0.1:1", stage.books.safe_of, stage.now))
    assert mended is not None
    stage.channels = {**stage.channels, "zalo": mended}
    stage.work(later=timedelta(seconds=61))
    assert stage.ended_as("zalo") == ["sent"]


def test_echoes_that_name_an_employee_for_what_we_sent_ourselves_stop_nothing(tmp_path: Path) -> None:
    """No page of Zalo's says that they never do. Their ids tell, and what comes too early is told again."""
    url = f"sqlite:///{tmp_path / 'nhipcau.db'}"
    with running_line(url, tmp_path, zalo=replace(ZALO, echoes="admin")) as line, open_books(url) as books:
        line.start()
        zalo = ZaloPhone(line, ADDRESSES["zalo"])
        for text, answer in (("xin chao", GOOD_MOMENT), ("1", MAIN_MENU), ("3", ""), ("1", "")):
            assert answer in say(books, zalo, text)[-1]
        echoes = [one.id for one in line.carriers.zalo.attempts if one.kind == "echo" and one.acknowledged]
        wait_until(lambda: len(echoes) > 3, 5, "echoes came, and were taken for what they are")
        assert not line.carriers.zalo.webhook_disabled
