"""Messages that could not be applied, kept raw, each with those that came behind it under its topic and key."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

from storage.documents import from_json
from storage.messages import RECORD, AsReceived, Place, TopicKey, fields
from storage.octets import Octets, cut
from storage.outbox import Headers
from storage.recordset import parameter

Connection = psycopg.Connection[Any]

LOCK: Final = 4_027_131_002
"""Batches hold this advisory lock shared, whoever works on parked messages alone: neither sees the other half done."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message is parked: a stable code, a sentence for people (no personal data), the class of the error."""

    reason: str
    sentence: str
    error_class: str


@dataclass(frozen=True, slots=True)
class Parked:
    """`id` 0: not kept yet. `behind`: only one before it is wrong. `blocks`: later ones of its key park behind it."""

    id: int
    message: AsReceived
    fault: Fault
    behind: bool
    blocks: bool
    since: int = 0


_ADD: Final = (
    sql.SQL("""
INSERT INTO parked (topic, partition, "offset", key, value, headers, since, reason, sentence, error_class, behind, blocks)
SELECT r.topic, r.partition, r."offset", {key}, {value}, r.headers::text, %(at)s, r.reason, r.sentence, r.error_class,
    r.behind, r.blocks
FROM json_to_recordset(%(rows)s::json)
    AS r ({record}, reason text, sentence text, error_class text, behind boolean, blocks boolean)
ON CONFLICT DO NOTHING
""")
    .format(key=cut("key"), value=cut("value"), record=sql.SQL(RECORD))
    .as_string()
)

_KEYS: Final = """
SELECT p.topic, p.key, p.partition, min(p."offset") FROM json_array_elements_text(%s::json) AS k
JOIN parked p ON p.key = decode(k, 'hex') WHERE p.blocks GROUP BY p.topic, p.key, p.partition
"""

_SELECT: Final = """
SELECT p.id, p.topic, p.partition, p."offset", p.key, p.value, p.headers, p.reason, p.sentence, p.error_class,
    p.behind, p.blocks, p.since FROM parked p
"""

_BEHIND: Final = """
SELECT count(*) FROM parked p JOIN parked h ON h.topic = p.topic AND h.key = p.key
WHERE h.id = %s AND h.blocks AND p.blocks
    AND CASE WHEN p.partition = h.partition THEN p."offset" < h."offset" ELSE p.id < h.id END
"""

# In one partition the offsets are the order; a key is in two partitions only after some were added.
_QUEUE: Final = """
WHERE p.topic = %(topic)s AND p.key = %(key)s AND p.blocks
    AND CASE WHEN p.partition = %(partition)s THEN p."offset" >= %(offset)s ELSE p.id > %(id)s END
ORDER BY CASE WHEN p.partition = %(partition)s THEN p."offset" END NULLS LAST, p.id LIMIT %(limit)s FOR UPDATE
"""

# Of each head that is the first of its topic and key; what blocks nobody stands for itself.
_QUEUES: Final = """
SELECT h.id, p.id, p.topic, p.partition, p."offset", p.key, p.value, p.headers, p.reason, p.sentence, p.error_class,
    p.behind, p.blocks, p.since
FROM parked h JOIN parked p ON p.id = h.id OR (h.blocks AND p.blocks AND p.topic = h.topic AND p.key = h.key)
WHERE h.id = ANY (ARRAY(SELECT json_array_elements_text(%(heads)s::json)::bigint)) AND NOT EXISTS (
    SELECT FROM parked b WHERE h.blocks AND b.blocks AND b.topic = h.topic AND b.key = h.key
        AND CASE WHEN b.partition = h.partition THEN b."offset" < h."offset" ELSE b.id < h.id END
)
ORDER BY h.id, CASE WHEN p.partition = h.partition THEN p."offset" END NULLS LAST, p.id LIMIT %(limit)s FOR UPDATE OF p
"""

_UPDATE: Final = """
UPDATE parked SET reason = r.reason, sentence = r.sentence, error_class = r.error_class, behind = r.behind
FROM json_to_recordset(%s::json)
    AS r (id bigint, reason text, sentence text, error_class text, behind boolean)
WHERE parked.id = r.id
"""

_AUDIT: Final = """
INSERT INTO parked_audit (action, parked_id, topic, partition, "offset", reason, by, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""

_AUDIT_ALL: Final = """
INSERT INTO parked_audit (action, parked_id, topic, partition, "offset", reason, by, at)
SELECT %s, r.id, r.topic, r.partition, r."offset", r.reason, %s, %s
FROM json_to_recordset(%s::json) AS r (id bigint, topic text, partition int, "offset" bigint, reason text)
"""

_AUDIT_AT: Final = """
INSERT INTO parked_audit (action, parked_id, topic, partition, "offset", reason, by, at)
SELECT %s, p.id, p.topic, p.partition, p."offset", %s, %s, %s FROM parked p
WHERE p.topic = %s AND p.partition = %s AND p."offset" = %s
"""

_COUNTS: Final = """
SELECT (SELECT count(*) FROM parked), coalesce(max(n), 0) FROM (
    SELECT count(*) AS n FROM json_to_recordset(%s::json) AS r (topic text, key text)
    JOIN parked p ON p.topic = r.topic AND p.key = decode(r.key, 'hex') GROUP BY r.topic, r.key
) AS counted
"""


def share(connection: Connection) -> None:
    """Keeps people's work on parked messages out until this transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))


def own(connection: Connection) -> None:
    """Keeps batches, and other people, out until this transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def add(connection: Connection, parked: Iterable[Parked], at: int) -> None:
    """Parks them, behind those that are there. One that is parked already stays as it is."""
    octets = Octets()
    rows = [
        {
            **fields(octets, one.message),
            "reason": one.fault.reason,
            "sentence": one.fault.sentence,
            "error_class": one.fault.error_class,
            "behind": one.behind,
            "blocks": one.blocks,
        }
        for one in parked
    ]
    connection.execute(_ADD, {"rows": parameter(rows), "octets": octets.parameter, "at": at})


def ask_keys(connection: Connection, keys: Iterable[bytes]) -> "psycopg.Cursor[Any]":
    """Which of these keys have something parked that blocks: rows (topic, key, partition, first offset)."""
    return connection.execute(_KEYS, (parameter(key.hex() for key in keys),))


def put_aside(connection: Connection, topic: str, partition: int, first: int) -> dict[int, int]:
    """What is parked before it was read, from offset `first` on: put aside by hand, never to be decoded. Offset → id."""
    rows = connection.execute(
        'SELECT "offset", id FROM parked WHERE topic = %s AND partition = %s AND "offset" >= %s',
        (topic, partition, first),
    )
    return {row[0]: row[1] for row in rows}


def counts(connection: Connection, keys: Iterable[TopicKey]) -> tuple[int, int]:
    """(how many are parked, how many at most under one of these keys)."""
    rows = parameter({"topic": topic, "key": key.hex()} for topic, key in keys)
    total, most = connection.execute(_COUNTS, (rows,)).fetchone() or (0, 0)
    return int(total), int(most)


def get(connection: Connection, parked_id: int) -> Parked | None:
    rows = _read(connection.execute(_SELECT + "WHERE p.id = %s FOR UPDATE", (parked_id,)))
    return rows[0] if rows else None


def at_place(connection: Connection, place: Place) -> Parked | None:
    """The message of this topic, partition and offset, None when it is not parked."""
    rows = _read(connection.execute(_SELECT + 'WHERE p.topic = %s AND p.partition = %s AND p."offset" = %s', place))
    return rows[0] if rows else None


def queue(connection: Connection, head: Parked, limit: int) -> list[Parked]:
    """The head and those behind it, in their order."""
    if head.message.key is None or not head.blocks:
        return [head]
    topic, partition, offset = head.message.place
    wanted = {"topic": topic, "key": head.message.key, "partition": partition, "offset": offset, "id": head.id}
    return _read(connection.execute(_SELECT + _QUEUE, {**wanted, "limit": limit}))


def queues(connection: Connection, heads: Iterable[int], limit: int) -> list[list[Parked]]:
    """The queue of each of these heads, whole, in the order of the heads; at most `limit` messages in all.

    Left out is what others come before, and whose queue would be too much.
    """
    rows = connection.execute(_QUEUES, {"heads": parameter(heads), "limit": limit + 1}).fetchall()
    found: dict[int, list[Parked]] = {}
    for (head, *_), row in zip(rows, _read(row[1:] for row in rows), strict=True):
        found.setdefault(head, []).append(row)
    if len(rows) > limit:
        found.popitem()
    return list(found.values())


def ahead_of(connection: Connection, parked_id: int) -> int:
    """How many parked messages of its topic and key come before it."""
    row = connection.execute(_BEHIND, (parked_id,)).fetchone()
    return int(row[0]) if row else 0


def remove(connection: Connection, ids: Collection[int]) -> None:
    connection.execute("DELETE FROM parked WHERE id = ANY (%s)", (list(ids),))


def update(connection: Connection, parked: Sequence[Parked]) -> None:
    """Keeps why they are parked now."""
    rows = (
        {
            "id": one.id,
            "reason": one.fault.reason,
            "sentence": one.fault.sentence,
            "error_class": one.fault.error_class,
            "behind": one.behind,
        }
        for one in parked
    )
    connection.execute(_UPDATE, (parameter(rows),))


def audit(connection: Connection, action: str, parked_id: int, place: Place, reason: str, by: str, at: int) -> None:
    """Keeps what somebody did with a parked message, and why."""
    connection.execute(_AUDIT, (action, parked_id, *place, reason, by, at))


def audit_all(connection: Connection, action: str, parked: Iterable[Parked], by: str, at: int) -> None:
    """The same of several, with the reasons that they were parked for."""
    rows = []
    for one in parked:
        topic, partition, offset = one.message.place
        place = {"topic": topic, "partition": partition, "offset": offset}
        rows.append({"id": one.id, **place, "reason": one.fault.reason})
    connection.execute(_AUDIT_ALL, (action, by, at, parameter(rows)))


def audit_at(connection: Connection, action: str, place: Place, reason: str, by: str, at: int) -> None:
    """The same of the message that is parked from this place."""
    connection.execute(_AUDIT_AT, (action, reason, by, at, *place))


def _read(rows: Iterable[Any]) -> list[Parked]:
    return [
        Parked(
            row[0],
            AsReceived(row[1], row[2], row[3], row[4], row[5], from_json(Headers, row[6])),
            Fault(row[7], row[8], row[9]),
            row[10],
            row[11],
            row[12],
        )
        for row in rows
    ]
