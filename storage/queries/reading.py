"""The reader's way to the database: sessions that cannot write, and every statement of a command sees the same state."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from storage import connections


def engine(url: str, name: str = "ordercase-read") -> Engine:
    """An engine over a libpq URI. Nothing is connected before it is used, and no connection is kept."""
    return connections.engine(url, name, pool=False, default_transaction_read_only="on")


@contextmanager
def snapshot(reader: Engine) -> Iterator[Connection]:
    """One connection on which every statement sees the database as it was at the first of them."""
    with reader.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection
