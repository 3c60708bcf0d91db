"""One running line for each kind of database and each file of tests that do not disturb one another."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from tests.road.books import Books, open_books
from tests.road.line import Line, running_line
from tests.road.stage import Stage, set_stage
from tests.road.writers import GatePhone, SmsPhone, TelegramPhone, ZaloPhone
from tests.servers import fresh_database

numbers = count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def line(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A line that is running, shared by a file's tests."""
    folder = tmp_path_factory.mktemp("line")
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'nhipcau.db'}"
        if request.param == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgresql_server")))
        shared = stack.enter_context(running_line(url, folder))
        shared.start()
        yield shared


@pytest.fixture(scope="module")
def books(line: Line) -> Iterator[Books]:
    """The bookkeeping of the shared line."""
    with open_books(line.database_url) as opened:
        yield opened


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    """A stage whose carriers are not open yet."""
    with set_stage(database_url) as opened:
        yield opened


@pytest.fixture
def sms(line: Line) -> SmsPhone:
    """A telephone nobody has written from yet."""
    return SmsPhone(line, f"+8493{next(numbers):07}")


@pytest.fixture
def gate(line: Line) -> GatePhone:
    """A telephone nobody has written from yet, for the line through SMSGate."""
    return GatePhone(line, f"+8492{next(numbers):07}")


@pytest.fixture
def telegram(line: Line) -> TelegramPhone:
    """A Telegram account that has not written yet."""
    return TelegramPhone(line, 5_000_000 + next(numbers))


@pytest.fixture
def zalo(line: Line) -> ZaloPhone:
    """A Zalo account that has not written yet."""
    return ZaloPhone(line, str(6_000_000_000_000_000_000 + next(numbers)))
