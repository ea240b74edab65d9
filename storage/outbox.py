"""What is to be published, in the one order of commits: `seq` is dense from 1, without holes (architecture.md 2, 3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

from storage.documents import from_json
from storage.octets import Octets, cut, definitions
from storage.recordset import parameter

Connection = psycopg.Connection[Any]
Headers = tuple[tuple[str, str], ...]
"""(name, text) in order."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One message to publish. `key` and `value` as they go out; `headers` in order."""

    seq: int
    event_id: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Message:
    """The same before it has a number."""

    event_id: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


# The head's lock is held from here to the COMMIT, so this is a batch's last statement: numbers come in commit order,
# and a rollback gives them back.
_APPEND: Final = (
    sql.SQL("""
WITH h AS (UPDATE outbox_head SET seq = seq + %(count)s RETURNING seq)
INSERT INTO outbox (seq, event_id, topic, key, value, headers, recorded_at)
SELECT h.seq - %(count)s + r.place, r.event_id, r.topic, {key}, {value}, r.headers::text, %(at)s
FROM h, json_to_recordset(%(rows)s::json)
    AS r (place bigint, event_id uuid, topic text, headers json, {definitions})
""")
    .format(key=cut("key"), value=cut("value"), definitions=sql.SQL(", ".join(definitions("key", "value"))))
    .as_string()
)

_SELECT: Final = "SELECT seq, event_id::text, topic, key, value, headers FROM outbox "


def append(connection: Connection, messages: Sequence[Message], at: int) -> None:
    """Numbers the messages and keeps them. The last statement before COMMIT."""
    octets = Octets()
    rows = [
        {
            "place": place,
            "event_id": message.event_id,
            "topic": message.topic,
            "headers": message.headers,
            **octets.add("key", message.key),
            **octets.add("value", message.value),
        }
        for place, message in enumerate(messages, start=1)
    ]
    connection.execute(_APPEND, {"count": len(rows), "at": at, "octets": octets.parameter, "rows": parameter(rows)})


def read(connection: Connection, position: int, limit: int) -> list[OutboxRow]:
    """The rows with seq ≥ `position`, in order, at most `limit`. The first must be `position` itself, or rows are lost."""
    return _rows(connection.execute(_SELECT + "WHERE seq >= %s ORDER BY seq LIMIT %s", (position, limit), binary=True))


def head(connection: Connection) -> int:
    """The last number given; 0: none yet."""
    row = connection.execute("SELECT seq FROM outbox_head").fetchone()
    if row is None:
        raise LookupError("the table outbox_head has no row: the database was not made by `ordercase migrate`")
    return int(row[0])


def at(connection: Connection, seq: int) -> OutboxRow | None:
    """The row with this number, None when it was deleted or never given."""
    rows = _rows(connection.execute(_SELECT + "WHERE seq = %s", (seq,), binary=True))
    return rows[0] if rows else None


def delete_before(connection: Connection, seq: int) -> int:
    """Deletes what is published and confirmed: every row before `seq`. How many that were."""
    return connection.execute("DELETE FROM outbox WHERE seq < %s", (seq,)).rowcount


def go_on_at(connection: Connection, first: int, seq: int, event_id: str, topic: str, at: int) -> int:
    """Gives the rows from `first` on the numbers from `seq` on, in their order, and takes all before them out.

    What stands before `seq` is then a row without content that says which event was published last (`event_id`, "": none
    ever was); `topic` is for its column. How many rows have new numbers. Run in a transaction; needs the migrator's rights.
    """
    connection.execute("UPDATE outbox_head SET seq = greatest(seq, %s - 1) + %s - %s", (first, seq, first))
    connection.execute("DELETE FROM outbox WHERE seq < %s", (first,))
    # Over negative numbers: a row must not meet one that has still to move.
    connection.execute("UPDATE outbox SET seq = -seq")
    count = connection.execute("UPDATE outbox SET seq = -seq + %s - %s", (seq, first)).rowcount
    connection.execute("UPDATE erasures SET outbox_head = outbox_head + %s - %s WHERE outbox_head >= %s",
                       (seq, first, first))  # fmt: skip
    if event_id:
        connection.execute(
            "INSERT INTO outbox (seq, event_id, topic, headers, recorded_at) VALUES (%s, %s, %s, '[]', %s)",
            (seq - 1, event_id, topic, at),
        )
    return count


def save_mirror(connection: Connection, group_id: str, position: int, event_id: str | None) -> None:
    """Keeps where the relay is: `position` is the next number to publish, `event_id` that of the row before it."""
    connection.execute(
        "INSERT INTO relay_position (group_id, position, last_event_id, updated_at)"
        " VALUES (%s, %s, %s, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"
        " ON CONFLICT (group_id) DO UPDATE SET position = excluded.position,"
        " last_event_id = excluded.last_event_id, updated_at = excluded.updated_at",
        (group_id, position, event_id),
    )


def mirror(connection: Connection, group_id: str) -> tuple[int, str | None] | None:
    """(position, last event id) as last saved, None: never."""
    row = connection.execute(
        "SELECT position, last_event_id FROM relay_position WHERE group_id = %s", (group_id,)
    ).fetchone()
    return (int(row[0]), row[1]) if row else None


def _rows(found: Iterable[Any]) -> list[OutboxRow]:
    return [
        OutboxRow(seq, event_id, topic, key, value, from_json(Headers, headers))
        for seq, event_id, topic, key, value, headers in found
    ]
