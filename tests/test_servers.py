"""The PostgreSQL that tests run on is found or started, and what they leave behind is removed."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.servers import ServerNotFound, answers, fresh_database, running_postgresql

NOBODY = "postgresql+psycopg://postgres@127.0.0.1:1/postgres"


def test_where_no_server_answers_one_is_started_and_deleted_afterwards() -> None:
    """PostgreSQL is never skipped: without any server there is the one of the wheel."""
    with running_postgresql({}, local=NOBODY) as server:
        folder = Path(unquote(str(make_url(server).query["host"])))
        with fresh_database(server) as database:
            assert answers(database)
    assert not answers(server)
    assert not folder.exists()


def test_a_named_server_that_does_not_answer_is_an_error() -> None:
    """A slip in TEST_DATABASE_URL must not send the tests to another server."""
    named = {"TEST_DATABASE_URL": NOBODY}
    with pytest.raises(ServerNotFound), running_postgresql(named):
        pass


def test_a_named_server_may_be_written_without_the_driver(postgresql_server: str) -> None:
    """TEST_DATABASE_URL is often copied from another program, which says only postgresql."""
    plain = make_url(postgresql_server).set(drivername="postgresql").render_as_string(hide_password=False)
    with running_postgresql({"TEST_DATABASE_URL": plain}) as server:
        assert server == postgresql_server


def test_a_database_is_dropped_although_somebody_is_still_connected(postgresql_server: str) -> None:
    """A test that leaks a connection leaves no database behind."""
    with fresh_database(postgresql_server) as database:
        engine = create_engine(database)
        left_open = engine.connect()
        left_open.execute(text("SELECT 1"))
    assert not answers(database)
    left_open.invalidate()
    left_open.close()
    engine.dispose()


def test_each_test_gets_an_empty_database(database_url: str) -> None:
    """Nothing that another test made is there, and tables can be made."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE only_here (id INTEGER)"))
        assert connection.execute(text("SELECT count(*) FROM only_here")).scalar() == 0
    engine.dispose()
