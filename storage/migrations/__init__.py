"""The schema's history. `upgrade` brings a database to the newest revision; `is_current` says whether it is there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage.database import Database

__all__ = ["is_current", "upgrade"]

UPGRADE_LOCK = 4_711_001


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the missing revisions in one transaction; two callers at once run them once. Raises Unavailable."""
    with database.write() as session:
        connection = session.connection()
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def is_current(database: Database) -> bool:
    """Whether the database stands at the newest revision. Raises Unavailable."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with database.read() as session:
        return MigrationContext.configure(session.connection()).get_current_revision() == newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
