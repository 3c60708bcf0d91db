"""What every case of the bench may ask for: a side, and a hall in which its channel is on."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import structlog

from tests.channels.bench import gather
from tests.channels.hall import Hall, open_hall
from tests.channels.waiting import WAYS, Begun, wait_for
from tests.servers import fresh_database

BENCH = gather()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A case with a `side` is run for every channel on which it has a meaning, with a `fault` for each it knows."""
    if "side" not in metafunc.fixturenames:
        return
    sides = [side for side in BENCH.sides if metafunc.function.__name__ not in side.lacks]
    if "fault" in metafunc.fixturenames and not is_given(metafunc, "fault"):
        pairs = [(side, fault) for side in sides for fault in side.faults]
        metafunc.parametrize(("side", "fault"), pairs, ids=[f"{side.name}-{fault}" for side, fault in pairs])
    else:
        metafunc.parametrize("side", sides, ids=[side.name for side in sides])


def is_given(metafunc: pytest.Metafunc, name: str) -> bool:
    """Whether a case says itself which values it wants."""
    return any(mark.args[0] == name for mark in metafunc.definition.iter_markers("parametrize"))


@pytest.fixture(scope="session")
def halls(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Hall]]:
    """One hall for each kind of database, opened when it is first asked for."""
    opened: dict[str, Hall] = {}
    with ExitStack() as ended:

        def hall_on(kind: str) -> Hall:
            if kind not in opened:
                url = f"sqlite:///{tmp_path_factory.mktemp('hall') / 'nhipcau.db'}"
                if kind == "postgresql":
                    url = ended.enter_context(fresh_database(request.getfixturevalue("postgresql_server")))
                opened[kind] = ended.enter_context(open_hall(url, BENCH.sides))
            return opened[kind]

        yield hall_on


@pytest.fixture(scope="session")
def waited(request: pytest.FixtureRequest, halls: Callable[[str], Hall]) -> Iterator[Begun]:
    """What waits for time-outs, by side and way, for the sides that are asked for."""
    asking = [item for item in request.session.items if "waited" in getattr(item, "fixturenames", ())]
    names = {str(getattr(item.callspec.params["side"], "name", "")) for item in asking if hasattr(item, "callspec")}
    sides = [side for side in BENCH.sides if side.name in names]
    with ThreadPoolExecutor(32) as pool:
        yield {(side.name, way): pool.submit(wait_for, halls("sqlite"), side, way) for side in sides for way in WAYS}


@pytest.fixture(scope="session", autouse=True)
def early(request: pytest.FixtureRequest) -> None:
    """Begin to wait with the first test, so that nobody waits in the end.

    Not where many processes share the files: each would wait for what only one of them asks.
    """
    is_asked = any("waited" in getattr(item, "fixturenames", ()) for item in request.session.items)
    if is_asked and not hasattr(request.config, "workerinput"):
        request.getfixturevalue("waited")


@pytest.fixture
def hall(halls: Callable[[str], Hall], request: pytest.FixtureRequest) -> Hall:
    """A hall on SQLite, or on the database that a case asks for."""
    return halls(getattr(request, "param", "sqlite"))


@pytest.fixture
def quiet() -> Iterator[None]:
    """No line for each refusal: there are thousands."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def nothing_kept(hall: Hall) -> Iterator[None]:
    """The case must not leave a row behind."""
    before = hall.rows()
    yield
    assert hall.rows() == before
