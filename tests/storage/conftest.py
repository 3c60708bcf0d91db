"""The stage of every storage test: an empty store, on each of the two kinds of database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from storage.models import Base
from tests.servers import fresh_database
from tests.storage.stage import Stage


@pytest.fixture(scope="session")
def postgresql_store(postgresql_server: str) -> Iterator[str]:
    """One PostgreSQL database with all tables for every test of this process: making one takes half a second."""
    with fresh_database(postgresql_server) as address:
        engine = create_engine(address)
        Base.metadata.create_all(engine)
        engine.dispose()
        yield address


@pytest.fixture
def empty_postgresql_store(postgresql_store: str) -> str:
    """All tables, with nothing in them."""
    engine = create_engine(postgresql_store)
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()
    return postgresql_store


@pytest.fixture
def empty_sqlite_store(sqlite_url: str) -> str:
    """The same in a new file."""
    engine = create_engine(sqlite_url)
    Base.metadata.create_all(engine)
    engine.dispose()
    return sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty store with its tables, once on SQLite and once on PostgreSQL; neither is ever skipped."""
    address: str = request.getfixturevalue(f"empty_{request.param}_store")
    return address


@pytest.fixture
def stage(store_url: str) -> Iterator[Stage]:
    """A store with its vault, and short ways to fill it."""
    stage = Stage.open(store_url)
    yield stage
    stage.database.close()


@pytest.fixture
def sqlite_stage(empty_sqlite_store: str) -> Iterator[Stage]:
    """A store in a file, for what is promised of SQLite alone."""
    stage = Stage.open(empty_sqlite_store)
    yield stage
    stage.database.close()


@pytest.fixture
def postgresql_stage(empty_postgresql_store: str) -> Iterator[Stage]:
    """A store on PostgreSQL, for what is promised of it alone."""
    stage = Stage.open(empty_postgresql_store)
    yield stage
    stage.database.close()
