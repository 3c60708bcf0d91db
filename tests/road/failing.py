"""A database that cannot be written, as it happens: locked by another program, or shut by its server."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url

from tests.servers import order


@contextmanager
def shut(url: str) -> Iterator[None]:
    """For the length of a with-block nothing can be committed: SQLite is locked, PostgreSQL lets nobody in."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        other = sqlite3.connect(str(address.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()
        return
    server = address.set(database="postgres").render_as_string(hide_password=False)
    order(server, f'ALTER DATABASE "{address.database}" ALLOW_CONNECTIONS false')
    order(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{address.database}'")
    try:
        yield
    finally:
        order(server, f'ALTER DATABASE "{address.database}" ALLOW_CONNECTIONS true')
