"""Brings a database to the shape that this version needs (`ordercase migrate`), or says how far it is."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage import roles
from storage.connections import engine

LOCK: Final = 4_027_131_001
"""The advisory lock that one migration at a time holds."""

PATIENCE: Final = "60s"
"""How long a migration waits for another one before it gives up."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str) -> list[str]:
    """Runs what is missing, one migration at a time over all processes, then hands out the rights of the roles.

    `url` is a libpq URI of an existing database; needs no superuser. Answers what could not be done about the roles,
    in sentences (empty: all of it). Raises psycopg's and SQLAlchemy's errors; a migration that fails leaves nothing.
    """
    way = engine(url, "ordercase-migrate", pool=False, lock_timeout=PATIENCE, statement_timeout="0")
    with way.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        try:
            # A table that somebody else keeps locked must not make everybody queue behind this.
            connection.execute(text("SET lock_timeout = '5s'"))
            connection.commit()
            command.upgrade(_config(connection), "head")
            connection.commit()
            undone = roles.apply(connection)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    return undone


def is_current(url: str) -> tuple[str | None, str | None]:
    """(the version that the database has, the version that it needs); None: none."""
    with engine(url, "ordercase-migrate", pool=False).connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(_config()).get_current_head()
