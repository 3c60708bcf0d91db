"""The server was away while people wrote: Twilio gave up, and the server asks for what it missed.

One outage, told once for each kind of database; every test looks at what became of one person.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from program import read_clock
from storage import marks
from storage.models import Person
from tests.road.books import Books, open_books
from tests.road.line import Line, running_line, wait_until
from tests.road.writers import LOST_CARD, MIND, SmsPhone, beginnings, got_more, greet
from tests.servers import fresh_database

FOUND_WITHIN = 60.0
LOOKED_AGAIN = 2.0  # a start asks the carrier at once; by then the sweep has looked twice
AWAY = timedelta(hours=1)
NAMES = ("early", "known", "stranger", "erased", "stopped", "late", "delayed")


@dataclass(frozen=True)
class Outage:
    """What became of everybody: their phones, what these showed before the outage, after it, and at the very end."""

    books: Books
    line: Line
    phones: dict[str, SmsPhone]
    before: dict[str, list[str]]
    after: dict[str, list[str]]
    finally_: dict[str, list[str]]

    def new(self, name: str) -> list[str]:
        """What somebody got once the server was back."""
        return self.after[name][len(self.before[name]) :]

    def heard(self, name: str) -> list[str]:
        """What the program kept of somebody's words."""
        return [heard.text for heard in self.books.talk("twilio", self.phones[name].number).heard]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def outage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    """An outage of an hour, with people before, during and after it."""
    folder = tmp_path_factory.mktemp("missed")
    behind = [timedelta(0)]
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'nhipcau.db'}"
        if request.param == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgresql_server")))
        line = stack.enter_context(running_line(url, folder, now=lambda: read_clock() - behind[0]))
        books = stack.enter_context(open_books(url))
        phones = {name: SmsPhone(line, f"+8490000000{place}") for place, name in enumerate(NAMES)}

        behind[0] = AWAY + timedelta(minutes=5)
        phones["early"].write("a word to whoever had this number before")
        line.carriers.settle(5)
        behind[0] = timedelta(0)
        before = live_before(line, books, phones)
        line.kill()

        move_back(books)
        for name, text, minutes in (
            ("known", LOST_CARD, 0),
            ("stranger", "xin chao", 0),
            ("late", LOST_CARD, 12),
            ("delayed", LOST_CARD, 7),
        ):
            behind[0] = timedelta(minutes=minutes)
            phones[name].write(text)
        behind[0] = timedelta(0)
        line.carriers.settle(5)

        line.start()
        after = wait_for_answers(line, books, phones, before)
        line.stop()
        line.start()
        time.sleep(LOOKED_AGAIN)
        yield Outage(books, line, phones, before, after, look(phones))


def look(phones: dict[str, SmsPhone]) -> dict[str, list[str]]:
    """What everybody's phone shows of us."""
    return {name: phone.got() for name, phone in phones.items()}


def live_before(line: Line, books: Books, phones: dict[str, SmsPhone]) -> dict[str, list[str]]:
    """The first start of all; one is erased, one stops; Twilio's copies of the erased stay, as if it did not listen."""
    line.carriers.twilio.fault("500_before", times=1000, moment="delete")
    line.start()
    greet([phones[name] for name in ("known", "erased", "stopped", "late", "delayed")])
    phones["erased"].write("XOA HET")
    for word in ("STOP", "START"):
        phones["stopped"].write(word)
        wait_until(phones["stopped"].arrived, 10, word)
    wait_until(lambda: books.count(Person) == 4, 30, "the one who asked for it is erased")
    wait_until(books.is_settled, 10, "all is settled")
    return look(phones)


def move_back(books: Books) -> None:
    """Let the database say that the server first and last asked an hour ago."""
    with books.database.write() as session:
        for name in ("began twilio", "asked twilio"):
            marks.put(session, name, read_clock() - AWAY)


def wait_for_answers(
    line: Line, books: Books, phones: dict[str, SmsPhone], before: dict[str, list[str]]
) -> dict[str, list[str]]:
    """Wait until everybody who wrote during the outage has got something, and all is settled."""
    for name in ("known", "stranger", "late", "delayed"):
        wait_until(partial(got_more, phones[name], len(before[name])), FOUND_WITHIN, name)
    wait_until(books.is_settled, 15, "all is settled")
    return look(phones)


def test_who_wrote_meanwhile_is_answered(outage: Outage) -> None:
    """Somebody in the middle of a conversation, and somebody who wrote for the first time."""
    assert outage.new("known")[0] == beginnings()[LOST_CARD]
    assert len(outage.new("stranger")) == 1
    assert outage.heard("known") == ["xin chao", "1", LOST_CARD]
    assert outage.heard("stranger") == ["xin chao"]


def test_nobody_is_answered_twice(outage: Outage) -> None:
    """The next start finds the same messages in Twilio's list, and knows them."""
    assert outage.finally_ == outage.after


def test_what_an_erased_person_wrote_does_not_come_back(outage: Outage) -> None:
    """The hashes of message ids outlive erasure."""
    listed = [m for m in outage.line.carriers.twilio.messages if m.sender == outage.phones["erased"].number]
    assert len(listed) == 3, "Twilio still lists their messages"
    assert outage.heard("erased") == []
    assert outage.new("erased") == []


def test_what_was_written_before_the_first_start_stays_unanswered(outage: Outage) -> None:
    """A number's life before this program is none of its business, not even its last minutes."""
    assert (outage.heard("early"), outage.finally_["early"]) == ([], [])


def test_a_carriers_stop_is_not_found_and_answered_later(outage: Outage) -> None:
    """Twilio lists the words STOP and START like any message; they were noted when their webhooks came."""
    assert outage.heard("stopped") == ["xin chao", "1"]
    assert outage.new("stopped") == []


def test_after_ten_minutes_one_neutral_line_stands_for_the_answer(outage: Outage) -> None:
    """Somebody else may hold the phone by then (standards.md 4)."""
    assert outage.new("late") == [MIND.packs.neutral("late", "vi")]


def test_after_five_minutes_the_answer_begins_with_an_apology(outage: Outage) -> None:
    """The rest of the answer follows."""
    apology, first, *_ = outage.new("delayed")
    assert apology == MIND.packs.neutral("delayed", "vi")
    assert first == outage.new("known")[0]
