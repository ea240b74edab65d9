"""Messages about things that are not known yet, in the order in which they came."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

from domain.world import Kind, Ref
from storage.documents import from_json
from storage.messages import RECORD, AsReceived, TopicKey, fields
from storage.octets import Octets, cut
from storage.outbox import Headers
from storage.recordset import parameter

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """`id` 0: not kept yet. `since` µs."""

    id: int
    ref: Ref
    message: AsReceived
    since: int


_ADD: Final = (
    sql.SQL("""
INSERT INTO waiting (topic, partition, "offset", key, value, headers, since, waits_kind, waits_key)
SELECT r.topic, r.partition, r."offset", {key}, {value}, r.headers::text, %(at)s, r.waits_kind, r.waits_key
FROM json_to_recordset(%(rows)s::json) AS r ({record}, waits_kind text, waits_key text)
ON CONFLICT DO NOTHING
""")
    .format(key=cut("key"), value=cut("value"), record=sql.SQL(RECORD))
    .as_string()
)

_KEYS: Final = """
SELECT DISTINCT ON (w.topic, w.key) w.topic, w.key, w.waits_kind, w.waits_key
FROM json_to_recordset(%s::json) AS r (topic text, key text)
JOIN waiting w ON w.topic = r.topic AND w.key = decode(r.key, 'hex') ORDER BY w.topic, w.key, w.id
"""

_FOR: Final = """
SELECT w.id, w.waits_kind, w.waits_key, w.topic, w.partition, w."offset", w.key, w.value, w.headers, w.since
FROM json_to_recordset(%s::json) AS r (kind text, key text)
JOIN waiting w ON w.waits_kind = r.kind AND w.waits_key = r.key ORDER BY w.id
"""

_REMOVE: Final = "DELETE FROM waiting WHERE id = ANY (ARRAY(SELECT json_array_elements_text(%s::json)::bigint))"

_MOVE: Final = """
UPDATE waiting SET waits_kind = r.kind, waits_key = r.key
FROM json_to_recordset(%s::json) AS r (id bigint, kind text, key text) WHERE waiting.id = r.id
"""


def add(connection: Connection, waiting: Collection[Waiting], at: int) -> None:
    """Keeps them behind those that wait already."""
    octets = Octets()
    rows = [{**fields(octets, one.message), "waits_kind": one.ref.kind, "waits_key": one.ref.key} for one in waiting]
    connection.execute(_ADD, {"rows": parameter(rows), "octets": octets.parameter, "at": at})


def ask_keys(connection: Connection, keys: Iterable[TopicKey]) -> "psycopg.Cursor[Any]":
    """Which of these topics' keys have something waiting: rows (topic, key, kind and key of what it waits for)."""
    return connection.execute(_KEYS, (parameter({"topic": topic, "key": key.hex()} for topic, key in keys),))


def ask_for(connection: Connection, refs: Iterable[Ref]) -> "psycopg.Cursor[Any]":
    """What waits for these things; `read` makes values of the rows."""
    return connection.execute(_FOR, (parameter({"kind": ref.kind, "key": ref.key} for ref in refs),))


def read(rows: Iterable[Any]) -> list[Waiting]:
    """The rows of `ask_for`, in order."""
    return [
        Waiting(
            row[0],
            Ref(Kind(row[1]), row[2]),
            AsReceived(row[3], row[4], row[5], row[6], row[7], from_json(Headers, row[8])),
            row[9],
        )
        for row in rows
    ]


def remove(connection: Connection, ids: Iterable[int]) -> None:
    connection.execute(_REMOVE, (parameter(ids),))


def move(connection: Connection, waiting: Iterable[Waiting]) -> None:
    """Lets them wait for another thing than before, in their old order."""
    rows = ({"id": one.id, "kind": one.ref.kind, "key": one.ref.key} for one in waiting)
    connection.execute(_MOVE, (parameter(rows),))
