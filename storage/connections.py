"""The two ways to PostgreSQL: a bare psycopg connection for the batch, an engine for everything that is read."""

from typing import Any, Final

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

LIMITS: Final = {
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}
"""Nothing may hold the locks of a batch for longer; what runs into one of these is tried again."""

LONGEST_BATCH: Final = "20s"
"""A worker may stand still in the middle of a batch, and whoever gets its partitions waits for its locks. So this is not
much longer than the group takes to find out, and not shorter than a registry that does not answer holds a batch up.

The limit for idle transactions does not do it: PostgreSQL forgets it at a Flush, which psycopg ends its pipelines with.
"""
HAS_TRANSACTION_TIMEOUT: Final = 170000


def _open(url: str, name: str, limits: dict[str, str], **more: Any) -> psycopg.Connection[Any]:
    options = " ".join(f"-c {setting}={value}" for setting, value in {**LIMITS, **limits}.items())
    return psycopg.connect(url, application_name=name, options=options, connect_timeout=10, **more)


def connect(url: str, name: str, **limits: str) -> psycopg.Connection[Any]:
    """A connection in autocommit mode: whoever writes says BEGIN and COMMIT itself. `limits` lay over LIMITS.

    `url` is a libpq URI. Raises psycopg.OperationalError when the server cannot be reached. Statements are prepared
    at their first use: there are few, and each is run for every batch.
    """
    connection = _open(url, name, limits, autocommit=True, prepare_threshold=0)
    connection.prepared_max = 500
    if connection.info.server_version >= HAS_TRANSACTION_TIMEOUT:
        connection.execute(f"SET transaction_timeout = '{LONGEST_BATCH}'")
    return connection


def engine(url: str, name: str, *, pool: bool = True, **limits: str) -> Engine:
    """A SQLAlchemy engine over the same; parameters never reach a log or the text of an error."""
    more: dict[str, Any] = {} if pool else {"poolclass": NullPool}
    return create_engine(
        "postgresql+psycopg://", creator=lambda: _open(url, name, limits), hide_parameters=True, **more
    )
