"""Zalo's tokens: renewed by one, stored before they are used, and a lost pair is told of and not silent."""

import json
import multiprocessing
import os
import signal
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from structlog.testing import capture_logs

from program import read_clock
from simulator.serve import Running
from simulator.settings import Settings, ZaloAccount
from storage.database import Unavailable
from storage.outbox import Claimed
from storage.safe import Safe
from tests.road.books import Books, open_books
from tests.road.line import QUICK, TWILIO_FROM, ZALO, free_port, wait_until, zalo_environment
from tests.storage.conftest import empty_postgresql_store, empty_sqlite_store, postgresql_store, store_url
from tests.storage.stage import at_once
from webhooks import zalo
from webhooks.channel import CarrierSilent, Channel, Deployment, Halted
from webhooks.outcomes import Ending, Outcome, Then
from webhooks.zalo.token import CALL_FOR, EARLY, FORCED_AT_MOST, FORCED_WITHIN, LONGEST_PAUSE, Tokens

__all__ = ["empty_postgresql_store", "empty_sqlite_store", "postgresql_store", "store_url"]

PERSON = "6000000000000000001"
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
LASTS = timedelta(seconds=ZALO.token_lasts_s)
LOST = Ending(Outcome.UNAUTHORISED, "zalo token lost")

_processes = multiprocessing.get_context("forkserver")


@dataclass
class Bank:
    """A simulated Zalo, a database, and programs that send. `ahead` is how far all their clocks have jumped."""

    url: str
    books: Books
    carriers: Running
    ended: ExitStack
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Everybody's clock."""
        return read_clock() + self.ahead

    def program(self, **settings: str) -> Channel:
        """Another program with a database connection of its own; `settings` replace what is set."""
        books = self.ended.enter_context(open_books(self.url))
        environment = zalo_environment(ZALO, self.carriers.url) | settings
        channel = zalo.connect(Deployment(environment, "http://127.0.0.1:1", books.safe_of, self.now))
        assert channel is not None
        return channel

    def send(self, channel: Channel, later: timedelta = timedelta(0)) -> Ending:
        """Try once to send something."""
        self.ahead += later
        return channel.send(PERSON, message(self.now()), self.now())

    def say(self, channel: Channel, by_clock: bool = True) -> int:
        """Send something as the core does, again as often as nothing left; how many tries it took.

        Waiting is a jump of the clock, or else a moment in truth, for many at once.
        """
        for tries in range(1, 100):
            ending = self.send(channel)
            if ending.outcome is Outcome.SENT:
                return tries
            assert ending.outcome.then is Then.REFRESH, ending
            if by_clock:
                self.ahead += timedelta(seconds=ending.seconds or 0)
            else:
                time.sleep(0.05)
        raise AssertionError("never sent")

    @property
    def refreshes(self) -> int:
        """How often Zalo was asked for another pair."""
        return self.carriers.zalo.refreshes

    @property
    def token(self) -> str:
        """The access token in the safe."""
        kept = self.books.safe_of("zalo").read(self.now())
        assert kept is not None
        return kept.content["access"]


def message(now: datetime) -> Claimed:
    """Something to send."""
    return Claimed(uuid.uuid4(), uuid.uuid4(), "answer", "dạ có", (), None, now, 1, 0)


@pytest.fixture
def bank(store_url: str) -> Iterator[Bank]:
    """Nothing was sent yet, and the one person has written."""
    with open_bank(store_url) as opened:
        yield opened


@contextmanager
def open_bank(url: str, account: ZaloAccount = ZALO) -> Iterator[Bank]:
    """The same on a database that has its tables."""
    port = free_port()
    settings = Settings("AC" + "0" * 32, "token", TWILIO_FROM, "1:t", "http://127.0.0.1:1", port=port, pace=QUICK)
    with ExitStack() as ended:
        books = ended.enter_context(open_books(url))
        clock: list[Bank] = []
        carriers = Running(replace(settings, zalo=account), now=lambda: clock[0].now() if clock else read_clock())
        bank = Bank(url, books, ended.enter_context(carriers), ended)
        clock.append(bank)
        carriers.zalo.text(PERSON, "hello")
        yield bank


# Renewing


def test_the_first_message_is_sent_with_a_token_made_for_the_setting(bank: Bank) -> None:
    """The setting is spent once; what follows from it lies in the safe, also for a program that starts later."""
    assert bank.send(bank.program()).outcome is Outcome.SENT
    assert bank.send(bank.program()).outcome is Outcome.SENT
    assert bank.refreshes == 1


def test_a_token_is_renewed_when_its_time_is_over(bank: Bank) -> None:
    """By the field expires_in and our clock, before Zalo refuses it."""
    channel = bank.program()
    bank.send(channel)
    assert bank.send(channel, LASTS - 2 * MINUTE).outcome is Outcome.SENT
    assert bank.refreshes == 1
    assert bank.send(channel, 90 * SECOND).outcome is Outcome.SENT
    assert bank.refreshes == 2


def test_whoever_tends_the_channel_renews_it_hours_before(bank: Bank) -> None:
    """So that Zalo may be away for a while, and no message waits for a refresh."""
    channel = bank.program()
    channel.tend(bank.now())
    for ahead in (LASTS - EARLY - MINUTE, 2 * MINUTE, HOUR):
        bank.ahead += ahead
        channel.tend(bank.now())
    assert bank.refreshes == 2
    assert bank.send(channel).outcome is Outcome.SENT


@pytest.mark.parametrize("begins", ["empty", "expired", "refused"])
def test_fifty_who_need_a_token_at_once_make_one_call(bank: Bank, begins: str) -> None:
    """The refresh token is good for one use: two calls would be one too many. All fifty messages are sent."""
    programs = [bank.program() for _ in range(5)]
    if begins != "empty":
        bank.say(programs[0])
    if begins == "expired":
        bank.ahead += LASTS
    if begins == "refused":
        bank.carriers.zalo.tokens.expire()
    before, sent = bank.refreshes, len(bank.carriers.zalo.sent_to(PERSON))
    bank.carriers.zalo.fault("slow", size=0.3, moment="refresh")
    tries = at_once([partial(bank.say, programs[number % 5], by_clock=False) for number in range(50)])
    assert bank.refreshes == before + 1
    assert len(bank.carriers.zalo.sent_to(PERSON)) == sent + 50
    assert max(tries) > 1, "the others waited"


def test_a_token_that_another_program_has_renewed_is_not_renewed_again(bank: Bank) -> None:
    """The old one dies the moment a new one is made: who is refused with it reads the safe again."""
    one, other = bank.program(), bank.program()
    bank.say(one)
    old = bank.token
    bank.carriers.zalo.tokens.expire()
    bank.say(other)
    assert bank.refreshes == 2
    zalo_tokens(one).renew_refused(old, bank.now())
    assert bank.refreshes == 2
    assert bank.say(one) == 1


def test_a_token_that_zalo_refuses_before_its_end_is_renewed_at_once(bank: Bank) -> None:
    """-216: nothing left, and the next try has a new one."""
    channel = bank.program()
    bank.say(channel)
    bank.carriers.zalo.fault("token_expired")
    assert bank.send(channel) == Ending(Outcome.TOKEN_SPENT, "zalo -216")
    assert bank.refreshes == 2
    assert bank.send(channel).outcome is Outcome.SENT


def test_tokens_that_are_refused_again_and_again_are_not_renewed_for_ever(bank: Bank) -> None:
    """Something else is wrong then, and a human must look; after a while it is tried again."""
    channel = bank.program()
    bank.say(channel)
    for _ in range(FORCED_AT_MOST):
        bank.carriers.zalo.fault("token_expired")
        assert bank.send(channel).outcome is Outcome.TOKEN_SPENT
    bank.carriers.zalo.fault("token_expired")
    assert bank.send(channel).outcome.then is Then.STOP_CHANNEL
    assert bank.refreshes == 1 + FORCED_AT_MOST
    bank.ahead += FORCED_WITHIN
    assert bank.say(channel) == 2


def test_an_answer_without_a_refresh_token_keeps_the_old_one(bank: Bank) -> None:
    """Nothing is put in its place that was not given."""
    answers = [{"access_token": "a1", "expires_in": "90000"}, {"access_token": "a2", "refresh_token": "r2"}]
    with answering(answers) as (url, asked):
        channel = bank.program(ZALO_OAUTH_URL=url)
        channel.tend(bank.now())
        bank.ahead += LASTS
        channel.tend(bank.now())
    spent = [form["refresh_token"] for form in asked]
    assert spent == [ZALO.refresh_token, ZALO.refresh_token]
    assert bank.token == "a2"


# What goes wrong


def test_a_wrong_secret_is_told_of_and_spends_nothing(bank: Bank) -> None:
    """-14004. Once it is right everything goes on, with the same refresh token."""
    wrong = bank.program(ZALO_APP_SECRET="wrong")
    assert bank.send(wrong) == Ending(Outcome.UNAUTHORISED, "zalo -14004")
    bank.ahead += MINUTE
    with pytest.raises(Halted) as halted:
        wrong.tend(bank.now())
    assert halted.value.ending.reason == "zalo -14004"
    bank.ahead += MINUTE
    assert bank.send(bank.program()).outcome is Outcome.SENT


def test_a_wrong_secret_stops_nothing_while_the_token_is_good(bank: Bank) -> None:
    """It is logged each hour; messages leave until the token ends."""
    bank.say(bank.program())
    wrong = bank.program(ZALO_APP_SECRET="wrong")
    bank.ahead += LASTS - 2 * HOUR
    with capture_logs() as logs:
        wrong.tend(bank.now())
    assert [(log["log_level"], log["reason"]) for log in logs if log["event"] == "token not renewed"][-1:] == [
        ("error", "zalo -14004")
    ]
    assert bank.send(wrong).outcome is Outcome.SENT
    bank.ahead += 2 * HOUR
    with pytest.raises(Halted):
        wrong.tend(bank.now())


@pytest.mark.parametrize("fault", ["500_before", "time_out_before", "429"])
def test_zalo_is_down_while_a_token_is_renewed(bank: Bank, fault: str) -> None:
    """Nothing is spent: it is tried again, not sooner than after a pause, and then all is well."""
    channel = bank.program()
    bank.carriers.zalo.fault(fault, moment="refresh", size=0.0 if fault == "time_out_before" else None)
    assert bank.send(channel).outcome is Outcome.UNREACHABLE
    waiting = bank.send(channel)
    assert waiting.outcome is Outcome.TOKEN_SPENT
    assert waiting.seconds is not None
    assert bank.send(channel, timedelta(seconds=waiting.seconds)).outcome is Outcome.SENT
    with capture_logs():
        channel.tend(bank.now())


def test_zalo_may_be_away_while_the_token_is_still_good(bank: Bank) -> None:
    """Renewing begins hours before the end: until then messages leave with the old token."""
    channel = bank.program()
    bank.say(channel)
    bank.ahead += LASTS - EARLY
    bank.carriers.zalo.fault("500_before", times=2, moment="refresh")
    for _ in range(2):
        with pytest.raises(CarrierSilent):
            channel.tend(bank.now())
        assert bank.send(channel).outcome is Outcome.SENT
        bank.ahead += LONGEST_PAUSE
    channel.tend(bank.now())
    bank.ahead += EARLY
    assert bank.send(channel).outcome is Outcome.SENT


def test_pauses_grow_but_never_beyond_half_a_minute(bank: Bank) -> None:
    """Zalo away for half an hour is not asked every second, and a line that is back speaks within a minute."""
    with answering([]) as (url, asked):
        channel = bank.program(ZALO_OAUTH_URL=url)
        for _ in range(30 * 60):
            bank.send(channel, SECOND)
        assert 55 <= len(asked) <= 70
    back = bank.program()
    assert bank.send(back, LONGEST_PAUSE).outcome is Outcome.SENT


@pytest.mark.parametrize("fault", ["500_after_accepting", "time_out_after_accepting", "wrong_json"])
def test_an_answer_that_got_lost_is_told_of(bank: Bank, fault: str) -> None:
    """The pair was made and never reached us: asked once more, Zalo refuses the old token. Only a human can help."""
    channel = bank.program()
    bank.carriers.zalo.fault(fault, moment="refresh", size=0.0)
    assert bank.send(channel).outcome is Outcome.UNREACHABLE
    with capture_logs() as logs:
        assert bank.send(channel, LONGEST_PAUSE) == LOST
    assert ("error", "refresh token refused") in [(log["log_level"], log["event"]) for log in logs]
    asked = bank.refreshes
    for other in (channel, bank.program()):
        assert bank.send(other, HOUR) == LOST
        with pytest.raises(Halted) as halted:
            other.tend(bank.now())
        assert halted.value.ending == LOST
    assert bank.refreshes == asked, "it is not asked again and again"


def test_a_new_setting_ends_the_loss(bank: Bank) -> None:
    """An administrator makes a new refresh token; programs that still run with the old setting use what came of it."""
    old = bank.program()
    lose(bank, old)
    fresh = new_refresh_token(bank)
    new = bank.program(ZALO_REFRESH_TOKEN=fresh)
    assert bank.send(new).outcome is Outcome.SENT
    asked = bank.refreshes
    assert bank.send(old).outcome is Outcome.SENT
    assert bank.refreshes == asked


def test_a_new_setting_that_zalo_refuses_breaks_nothing(bank: Bank) -> None:
    """A slip of an operator is told of, and the line of tokens goes on."""
    bank.say(bank.program())
    slip = bank.program(ZALO_REFRESH_TOKEN="not a token of Zalo's")
    with capture_logs() as logs:
        assert bank.send(slip).outcome is Outcome.SENT
    assert ("error", "new setting") in [(log["log_level"], log.get("reason")) for log in logs]
    assert bank.send(slip, LASTS).outcome is Outcome.SENT


def test_a_setting_that_zalo_never_knew_is_a_loss_from_the_start(bank: Bank) -> None:
    """There is nothing else to try."""
    assert bank.send(bank.program(ZALO_REFRESH_TOKEN="not a token of Zalo's")) == LOST
    assert bank.send(bank.program()).outcome is Outcome.SENT, "the right one is another, so it is tried"


# Programs that die


def renew_and_die(url: str, environment: dict[str, str], before: bool, refused: str) -> None:
    """Ask Zalo for a new pair and be killed: with its answer in hand, or before asking."""
    with open_books(url) as books:
        channel = zalo.connect(Deployment(environment, "http://127.0.0.1:1", books.safe_of, read_clock))
        assert channel is not None
        tokens = zalo_tokens(channel)
        tokens._http = httpx.Client(event_hooks={"request" if before else "response": [die]}, trust_env=False)
        if refused:
            tokens.renew_refused(refused, read_clock())
        else:
            tokens.tend(read_clock())


def die(_: object) -> None:
    """SIGKILL to this process."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_in_mid_refresh(bank: Bank, before: bool = False, refused: str = "") -> None:
    """A real process asks for a new pair and is killed."""
    environment = zalo_environment(ZALO, bank.carriers.url)
    process = _processes.Process(target=renew_and_die, args=(bank.url, environment, before, refused))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("began", ["empty", "overdue", "refused"])
def test_killed_between_answer_and_store_the_channel_says_so(bank: Bank, began: str) -> None:
    """For as long as the dead one may still be at it others wait; then the loss is found, told and kept."""
    if began != "empty":
        bank.say(bank.program())
    if began == "overdue":
        overdue(bank)
    kill_in_mid_refresh(bank, refused=bank.token if began == "refused" else "")
    channel = bank.program()
    waiting = bank.send(channel)
    assert (waiting.outcome, waiting.seconds) == (Outcome.TOKEN_SPENT, 1.0)
    with pytest.raises(CarrierSilent):
        channel.tend(bank.now())
    bank.ahead += CALL_FOR
    with capture_logs() as logs, pytest.raises(Halted) as halted:
        channel.tend(bank.now())
    assert halted.value.ending == LOST
    assert ("error", "token renewal had broken off") in [(log["log_level"], log["event"]) for log in logs]
    assert bank.send(channel, HOUR) == LOST
    assert bank.send(bank.program(ZALO_REFRESH_TOKEN=new_refresh_token(bank))).outcome is Outcome.SENT


def test_killed_before_asking_nothing_is_lost(bank: Bank) -> None:
    """The old refresh token was not spent: tried once more, it is good."""
    kill_in_mid_refresh(bank, before=True)
    channel = bank.program()
    assert bank.send(channel, CALL_FOR).outcome is Outcome.SENT
    assert bank.refreshes == 1


def test_the_database_is_away_when_the_answer_comes(bank: Bank) -> None:
    """The pair is kept in memory and stored before anything else; it is not used before that."""
    channel = bank.program()
    safe = zalo_tokens(channel)._safe
    away = AwayForPut(safe)
    zalo_tokens(channel)._safe = away  # type: ignore[assignment]
    waiting = bank.send(channel)
    assert (waiting.outcome, waiting.seconds) == (Outcome.TOKEN_SPENT, 3.0)
    assert bank.send(channel).outcome is Outcome.TOKEN_SPENT
    away.is_away = False
    assert bank.send(channel).outcome is Outcome.SENT
    assert bank.refreshes == 1
    assert bank.send(bank.program()).outcome is Outcome.SENT
    assert bank.refreshes == 1


def test_who_comes_back_late_with_the_pair_undoes_the_loss_that_others_found(bank: Bank) -> None:
    """It was asleep for longer than one may hold the safe, but what it has in hand is what Zalo made."""
    late, other = bank.program(), bank.program()
    tokens = zalo_tokens(late)
    asked = tokens._ask

    def ask_and_sleep(refresh_token: str) -> Mapping[str, object]:
        answer = asked(refresh_token)
        assert bank.send(other, CALL_FOR) == LOST
        return answer

    tokens._ask = ask_and_sleep  # type: ignore[method-assign]
    assert bank.send(late).outcome is Outcome.SENT
    assert bank.send(other).outcome is Outcome.SENT
    assert bank.refreshes == 2


def test_an_answer_that_drips_is_not_waited_for_and_not_lost_either(bank: Bank) -> None:
    """Who asked for it goes on after ten seconds, here a fifth of one; the pair is stored when it has come."""
    bank.carriers.zalo.fault("slow", size=1.0, moment="refresh")
    channel = bank.program()
    assert isinstance(channel, zalo.Zalo)
    channel._tokens.longest_call = 0.2
    waiting = bank.send(channel)
    assert (waiting.outcome, waiting.seconds) == (Outcome.TOKEN_SPENT, 1.0)
    wait_until(lambda: bank.send(channel).outcome is Outcome.SENT, 5, "the pair came and was stored")
    assert bank.refreshes == 1


# What is shown of tokens


def test_no_token_is_shown_anywhere(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in logs, whatever happens, nor in what is printed of the objects that hold them."""
    caplog.set_level(0)
    channel = bank.program()
    with capture_logs() as logs:
        bank.say(channel)
        seen = [bank.token]
        bank.carriers.zalo.fault("token_expired")
        bank.say(channel)
        seen.append(bank.token)
        bank.ahead += LASTS
        for fault in ("wrong_json", "500_before"):
            bank.carriers.zalo.fault(fault, moment="refresh", size=0.0)
            endings = [bank.send(channel), bank.send(channel, LONGEST_PAUSE)]
            with pytest.raises((Halted, CarrierSilent)) as caught:
                channel.tend(bank.now())
            shown = [repr(one) for one in (*endings, caught.value, caught.value.__cause__, caught.value.__context__)]
    shown += [repr(logs), caplog.text, repr(channel), repr(zalo_tokens(channel)._account)]
    secrets = [*seen, ZALO.refresh_token, ZALO.app_secret, ZALO.oa_secret, PERSON, "dạ có"]
    assert [secret for secret in secrets if any(secret in text for text in shown)] == []
    kept = bank.books.safe_of("zalo").read(bank.now())
    assert seen[-1] not in repr(kept)


def test_no_token_stands_readable_in_the_database(empty_sqlite_store: str, tmp_path: Path) -> None:
    """A stolen file is worth nothing."""
    with open_bank(empty_sqlite_store) as bank:
        bank.say(bank.program())
        token = bank.token.encode()
        files = [path for path in tmp_path.iterdir() if path.name.startswith("nhipcau.db")]
        assert files
        assert not any(token in path.read_bytes() or ZALO.refresh_token.encode() in path.read_bytes() for path in files)


# What these tests play with


def zalo_tokens(channel: Channel) -> Tokens:
    """The keeper of a channel's tokens."""
    assert isinstance(channel, zalo.Zalo)
    return channel._tokens


def overdue(bank: Bank) -> None:
    """Make the pair in the safe due for renewal by a process that runs on the true clock."""
    safe = bank.books.safe_of("zalo")
    kept = safe.read(bank.now())
    assert kept is not None
    version = safe.take(kept.version, bank.now(), MINUTE)
    assert version is not None
    past = (read_clock() - HOUR).isoformat()
    assert safe.put({**kept.content, "renew_at": past, "good_until": past}, version)


def lose(bank: Bank, channel: Channel) -> None:
    """Let the answer to a refresh get lost, and find that out."""
    bank.carriers.zalo.fault("500_after_accepting", moment="refresh")
    bank.send(channel)
    assert bank.send(channel, LONGEST_PAUSE) == LOST


def new_refresh_token(bank: Bank) -> str:
    """What an administrator of the Official Account makes."""
    tokens = bank.carriers.zalo.tokens
    return tokens._make("refresh", tokens._number)


class AwayForPut:
    """A safe whose database is away whenever something is put into it."""

    def __init__(self, safe: Safe) -> None:
        self._safe, self.is_away = safe, True

    def __getattr__(self, name: str) -> object:
        return getattr(self._safe, name)

    def put(self, content: Mapping[str, str], version: int) -> bool:
        """Refused while it is away."""
        if self.is_away:
            raise Unavailable("away")
        return self._safe.put(content, version)


@contextmanager
def answering(answers: list[dict[str, str]]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A Zalo that gives these answers one after the other, then 500; where it is, and the forms it was sent."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.append(dict(httpx.QueryParams(form)))
            answer = answers.pop(0) if answers else None
            body = json.dumps(answer or {}).encode()
            self.send_response(200 if answer else 500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
