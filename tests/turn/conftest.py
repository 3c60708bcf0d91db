"""The stage of the jobs: an empty store on each kind of database, the real dialogue, and made-up carriers."""

from collections.abc import Iterator

import pytest

from bot.thinking import Mind
from program import load_mind
from tests.storage.conftest import empty_postgresql_store, empty_sqlite_store, postgresql_store, store_url
from tests.storage.stage import Stage
from tests.turn.office import Office

__all__ = ["empty_postgresql_store", "empty_sqlite_store", "postgresql_store", "store_url"]


@pytest.fixture(scope="module")
def mind() -> Mind:
    """The dialogue and the packs that people meet."""
    return load_mind()


@pytest.fixture
def office(store_url: str, mind: Mind) -> Iterator[Office]:
    """The worker's jobs on an empty store, with two carriers that do what the test says and a clock it moves."""
    stage = Stage.open(store_url)
    yield Office.open(stage, mind)
    stage.database.close()
