"""One leader of a kind at a time: a session's advisory lock, which PostgreSQL takes back when the session ends."""

from typing import Any, Final

import psycopg

from storage.connections import connect

_RELAY: Final = 4_027_131
"""The first half of the lock's name; the second is the group."""

_TIMERS: Final = 4_027_132

_SESSION: Final = {
    # A leader that stands still (a stopped process, a host without network) loses its session, and so its lead.
    "idle_session_timeout": "15s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    # What the leader writes here (a copy of its position, deletions) may be lost in a crash without harm.
    "synchronous_commit": "off",
}


def session(url: str, name: str) -> psycopg.Connection[Any]:
    """A connection for a leader alone, in autocommit. It is lost after fifteen seconds without a statement.

    Not through a pooler that shares sessions: the lock would belong to the pooler.
    """
    return connect(url, name, **_SESSION)


def try_lead(connection: psycopg.Connection[Any], group_id: str) -> bool:
    """Whether this session now leads the relay of the group. Held until the session ends; ask once."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_RELAY, group_id)).fetchone()
    return bool(row and row[0])


def try_timers(connection: psycopg.Connection[Any], group_id: str) -> bool:
    """Whether no other worker of the group is at the timers; none can be until the transaction ends."""
    row = connection.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", (_TIMERS, group_id)).fetchone()
    return bool(row and row[0])
