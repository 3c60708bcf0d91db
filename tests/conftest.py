"""What every test may ask for: an empty database, on each of the two kinds we promise."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import fresh_database, running_postgresql


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: begun last, they would keep one process busy long after the others have nothing left."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL where databases may be created, found or started once a process."""
    with running_postgresql(os.environ) as address:
        yield address


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database, dropped after the test."""
    with fresh_database(postgresql_server) as address:
        yield address


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'nhipcau.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once on SQLite and once on PostgreSQL; neither is ever skipped."""
    address: str = request.getfixturevalue(f"{request.param}_url")
    return address
