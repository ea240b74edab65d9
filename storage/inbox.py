"""Which messages were read already, and what was answered to commands. A message is (kind, id); its kind is its topic."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from storage.recordset import parameter

Connection = psycopg.Connection[Any]
Identity = tuple[str, str]
"""(topic, event or command id)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`digest` as hex."""

    kind: str
    message_id: str
    digest: str


# In one order, so that two workers cannot wait for each other.
_REMEMBER: Final = """
INSERT INTO inbox (kind, message_id, digest, received_at)
SELECT r.kind, r.message_id, decode(r.digest, 'hex'), %s
FROM json_to_recordset(%s::json) AS r (kind text, message_id uuid, digest text) ORDER BY r.kind, r.message_id
ON CONFLICT DO NOTHING RETURNING kind, message_id::text
"""

_KNOWN: Final = """
SELECT i.kind, i.message_id::text, encode(i.digest, 'hex'), c.reply
FROM json_to_recordset(%s::json) AS r (kind text, message_id uuid)
JOIN inbox i USING (kind, message_id) LEFT JOIN commands c ON c.command_id = i.message_id
"""

_FORGET: Final = """
DELETE FROM inbox i USING json_to_recordset(%s::json) AS r (kind text, message_id uuid)
WHERE i.kind = r.kind AND i.message_id = r.message_id
"""

_ANSWER: Final = """
INSERT INTO commands (command_id, reply, digest, received_at)
SELECT r.command_id, r.reply::text, decode(r.digest, 'hex'), %s
FROM json_to_recordset(%s::json) AS r (command_id uuid, reply json, digest text)
ON CONFLICT DO NOTHING
"""

_CONFLICT: Final = """
INSERT INTO conflicts (topic, partition, "offset", message_id, digest, since)
SELECT r.topic, r.partition, r."offset", r.message_id, decode(r.digest, 'hex'), %s
FROM json_to_recordset(%s::json)
    AS r (topic text, partition integer, "offset" bigint, message_id uuid, digest text)
"""

# The end of the next slice first, then the slice: by the index on the age alone, however much is kept beside it.
_OLDEST: Final = """
SELECT max(received_at) FROM (SELECT received_at FROM {table} WHERE received_at < %s ORDER BY received_at LIMIT %s) AS o
"""

_PURGE: Final = "DELETE FROM inbox WHERE received_at <= %s"

# Not before the inbox has forgotten the command: a repeat that is known must find its answer.
_PURGE_ANSWERS: Final = """
DELETE FROM commands c WHERE c.received_at <= %s
    AND NOT EXISTS (SELECT FROM inbox i WHERE i.kind = %s AND i.message_id = c.command_id)
"""


def remember(connection: Connection, seen: Iterable[Seen], at: int) -> "psycopg.Cursor[Any]":
    """Takes the messages in. Answers rows (kind, id) of those that are new; each may be named once."""
    return connection.execute(_REMEMBER, (at, parameter(seen)))


def known(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, tuple[str, str | None]]:
    """Of messages that are not new: the digest (hex) of the first, and the answer (JSON) to it when it was a command."""
    rows = connection.execute(_KNOWN, (parameter({"kind": kind, "message_id": name} for kind, name in identities),))
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def forget(connection: Connection, identities: Iterable[Identity]) -> None:
    """Lets messages be new again: they were parked, and their replay shall not be taken for a repetition."""
    connection.execute(_FORGET, (parameter({"kind": kind, "message_id": name} for kind, name in identities),))


def answer(connection: Connection, replies: Iterable[dict[str, object]], at: int) -> None:
    """Keeps the answers to commands: command_id, reply (raw JSON), digest (hex)."""
    connection.execute(_ANSWER, (at, parameter(replies)))


def record_conflicts(connection: Connection, rows: Iterable[dict[str, object]], at: int) -> None:
    """Keeps that messages came under ids that had other content: topic, partition, offset, message_id, digest."""
    connection.execute(_CONFLICT, (at, parameter(rows)))


def purge(connection: Connection, before: int, commands: str, limit: int = 10_000) -> int:
    """Forgets what was received before (µs), the oldest first, and the answers to commands that are forgotten.

    At most `limit` of each, and those of the batch in which the last of them came. `commands`: the topic of commands.
    Answers how many of the one or the other that were, the larger of both; fewer than `limit`: all of them.
    """
    return max(
        _purge(connection, "inbox", _PURGE, (before, limit)),
        _purge(connection, "commands", _PURGE_ANSWERS, (before, limit), commands),
    )


def _purge(connection: Connection, table: str, statement: str, wanted: tuple[int, int], *more: str) -> int:
    (until,) = connection.execute(_OLDEST.format(table=table), wanted).fetchone() or (None,)
    return 0 if until is None else connection.execute(statement, (until, *more)).rowcount
