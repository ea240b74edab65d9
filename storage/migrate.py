"""Brings a database to the shape that this version needs (`ordercase migrate`), or says how far it is."""

from dataclasses import dataclass
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

STILL_FIT: Final = "0001"
"""The oldest version whose workers may go on working on the shape that this one makes: migrations add what they do not
need, and take away what nobody has needed since. It is written beside the shape, where an older version can read it."""

PATIENCE: Final = "60s"
"""How long a migration waits for another one before it gives up."""


_FITS: Final = "still fit for workers from version "


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
            if _still_fit(connection) != STILL_FIT:
                connection.execute(text(f"COMMENT ON TABLE alembic_version IS '{_FITS}{STILL_FIT}'"))
            connection.commit()
            undone = roles.apply(connection)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    return undone


@dataclass(frozen=True, slots=True)
class Shape:
    """`has`: the version of the database, None: none; `needed`: that of this code. `still_fit`: the oldest version that may
    work on it, as whoever migrated last wrote it there; None: nothing is written."""

    has: str | None
    needed: str | None
    still_fit: str | None = None

    @property
    def current(self) -> bool:
        return self.has == self.needed

    @property
    def newer(self) -> bool:
        """Versions are numbers of one width, so they are compared as text."""
        return self.has is not None and self.needed is not None and self.has > self.needed

    @property
    def fits(self) -> bool:
        """Whether this code may work on it: it is its own, or a newer one that says so."""
        return self.current or (
            self.newer and self.still_fit is not None and self.needed is not None and self.still_fit <= self.needed
        )


def shape(url: str) -> Shape:
    """What the database has and what this code needs."""
    current, needed = is_current(url)
    if current is None or current == needed:
        return Shape(current, needed)
    with engine(url, "ordercase-migrate", pool=False).connect() as connection:
        return Shape(current, needed, _still_fit(connection))


def _still_fit(connection: Connection) -> str | None:
    said = connection.execute(text("SELECT obj_description('alembic_version'::regclass)")).scalar_one_or_none()
    return said.removeprefix(_FITS) if said and said.startswith(_FITS) else None


def is_current(url: str) -> tuple[str | None, str | None]:
    """(the version that the database has, the version that it needs); None: none."""
    with engine(url, "ordercase-migrate", pool=False).connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(_config()).get_current_head()
