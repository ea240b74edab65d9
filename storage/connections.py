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

BY_KEY: Final = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}
"""A batch finds every row by its key. The planner of a table that has grown since it was last analysed thinks it small and
reads all of it for every batch instead, with a plan that is kept; then the cost of a batch grows with history.
"""

ANSWER_WITHIN: Final = 35.0
"""Seconds, longer than the server lets any statement take: after this nobody is there any more, whatever TCP says.

Without it a connection whose other end has gone without a word (a host that died, a proxy that forgot it) holds a worker,
and with it the partitions that nobody else gets, for as long as the network likes: minutes, or for ever.
"""


class Writer(psycopg.Connection[Any]):
    """A connection that is closed when no answer comes. `answer_within`: seconds."""

    answer_within = ANSWER_WITHIN

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Raises OperationalError, and the connection is closed, when the answer takes longer than it may."""
        try:
            return super().wait(gen, interval, self.answer_within if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as late:
            if timeout is not None:
                raise
            self.close()
            raise psycopg.OperationalError(f"no answer within {self.answer_within:.0f} s") from late


def _open(
    url: str, name: str, settings: dict[str, str], kind: type[psycopg.Connection[Any]] = psycopg.Connection, **more: Any
) -> psycopg.Connection[Any]:
    options = " ".join(f"-c {setting}={value}" for setting, value in {**LIMITS, **settings}.items())
    return kind.connect(url, application_name=name, options=options, connect_timeout=10, **more)


def connect(url: str, name: str, **limits: str) -> psycopg.Connection[Any]:
    """A connection in autocommit mode: whoever writes says BEGIN and COMMIT itself. `limits` lay over LIMITS.

    `url` is a libpq URI. Raises psycopg.OperationalError when the server cannot be reached, and later when no answer
    comes (Writer). Statements are prepared at their first use: there are few, and each is run for every batch.
    """
    connection = _open(url, name, {**BY_KEY, **limits}, Writer, autocommit=True, prepare_threshold=0)
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
