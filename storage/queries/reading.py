"""The reader's way to the database: read-only, lazily connected, and no values in its errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

STATEMENT_TIMEOUT: Final = "30s"
"""A search that takes longer is cut off, so that no reader holds back the worker's clean-up for long."""


def engine(uri: str, application: str = "ordercase-reader") -> Engine:
    """An engine over a libpq URI whose sessions cannot write. Nothing is connected before it is used."""

    def connect() -> psycopg.Connection:
        options = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_TIMEOUT}"
        return psycopg.connect(uri, application_name=application, options=options, connect_timeout=10)

    return create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool, hide_parameters=True)


@contextmanager
def snapshot(reader: Engine) -> Iterator[Connection]:
    """One connection on which every statement sees the same state of the database."""
    with reader.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection
