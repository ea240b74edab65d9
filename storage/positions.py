"""Where reading goes on, per partition: at once the record against reading twice, the fence, and the answer to a lost
COMMIT reply (architecture.md 2, reliability.md 3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

from storage.recordset import parameter

Connection = psycopg.Connection[Any]
Partition = tuple[str, int]
"""(topic, partition)."""


@dataclass(frozen=True, slots=True)
class Position:
    """`next_offset` is the first offset not read. `first_end`: the end when the group first saw the partition."""

    topic_id: str
    next_offset: int
    first_end: int
    caught_up_at: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """One partition's step of a batch. `caught_up_at` (µs): `next` is all that there was then; None: not known."""

    topic: str
    partition: int
    expected: int
    next: int
    caught_up_at: int | None = None


# Locked in one order, so that two workers cannot wait for each other; moved only from where this worker believes it is.
_MOVE: Final = """
WITH v AS (
    SELECT * FROM json_to_recordset(%s::json)
        AS r (topic text, partition integer, expected bigint, next bigint, caught_up_at bigint)
), l AS MATERIALIZED (
    SELECT ip.topic, ip.partition FROM input_position ip JOIN v USING (topic, partition)
    WHERE ip.group_id = %s ORDER BY ip.topic, ip.partition FOR UPDATE OF ip
)
UPDATE input_position ip SET next_offset = v.next, caught_up_at = greatest(v.caught_up_at, ip.caught_up_at)
FROM v JOIN l USING (topic, partition)
WHERE ip.group_id = %s AND ip.topic = v.topic AND ip.partition = v.partition AND ip.next_offset = v.expected
"""

_READ: Final = """
SELECT topic, partition, topic_id, next_offset, first_end, caught_up_at FROM input_position WHERE group_id = %s
ORDER BY topic, partition
"""

_READ_AFTER: Final = """
SELECT ip.topic, ip.partition, ip.topic_id, ip.next_offset, ip.first_end, ip.caught_up_at FROM input_position ip
JOIN json_to_recordset(%s::json) AS r (topic text, partition integer) USING (topic, partition)
WHERE ip.group_id = %s ORDER BY ip.topic, ip.partition FOR UPDATE OF ip
"""

_CREATE: Final = """
INSERT INTO input_position (group_id, topic, partition, topic_id, next_offset, first_end)
SELECT %s, r.topic, r.partition, r.topic_id, r.next_offset, r.first_end FROM json_to_recordset(%s::json)
    AS r (topic text, partition integer, topic_id text, next_offset bigint, first_end bigint)
ORDER BY r.topic, r.partition
ON CONFLICT DO NOTHING
"""


def move(connection: Connection, group_id: str, moves: Iterable[Move]) -> "psycopg.Cursor[Any]":
    """Moves the partitions. Fewer rows (`rowcount`) than moves: somebody else has a partition, roll back."""
    return connection.execute(_MOVE, (parameter(moves), group_id, group_id))


def read(connection: Connection, group_id: str) -> dict[Partition, Position]:
    """Every partition that the group ever had."""
    return {(row[0], row[1]): Position(*row[2:]) for row in connection.execute(_READ, (group_id,))}


def read_after(connection: Connection, group_id: str, names: Iterable[Partition]) -> dict[Partition, Position]:
    """These partitions' rows once every transaction that has them has ended. Run in a transaction.

    Says what became of a COMMIT whose reply was lost, and where the one who had a partition before left it.
    """
    rows = parameter({"topic": topic, "partition": partition} for topic, partition in names)
    found = connection.execute(_READ_AFTER, (rows, group_id))
    return {(row[0], row[1]): Position(*row[2:]) for row in found}


def step_over(connection: Connection, group_id: str, name: Partition, offset: int) -> int | None:
    """Moves a partition past this offset if it is the next to be read. Answers what was to be read next, None: unknown."""
    row = connection.execute(
        "SELECT next_offset FROM input_position WHERE group_id = %s AND topic = %s AND partition = %s FOR UPDATE",
        (group_id, *name),
    ).fetchone()
    if row is not None and row[0] == offset:
        connection.execute(
            "UPDATE input_position SET next_offset = %s WHERE group_id = %s AND topic = %s AND partition = %s",
            (offset + 1, group_id, *name),
        )
    return None if row is None else int(row[0])


def create(connection: Connection, group_id: str, new: Mapping[Partition, Position]) -> None:
    """Makes the rows of partitions that the group never had; one that is there already stays as it is."""
    rows = [
        {
            "topic": topic,
            "partition": partition,
            "topic_id": position.topic_id,
            "next_offset": position.next_offset,
            "first_end": position.first_end,
        }
        for (topic, partition), position in new.items()
    ]
    connection.execute(_CREATE, (group_id, parameter(rows)))


FAR: Final = 1 << 61
"""More than any offset."""

_STEPS: Final = (
    'UPDATE {table} SET "offset" = "offset" - %(far)s WHERE topic = %(topic)s',
    """
UPDATE {table} SET "offset" = "offset" - 1 - (SELECT max("offset") FROM {table} WHERE topic = %(topic)s)
WHERE topic = %(topic)s
""",
)
# Twice, for a unique place is looked at row by row: the first step leads to where no other row is.
_OUT_OF_THE_WAY: Final = tuple(
    sql.SQL(step).format(table=sql.Identifier(table)).as_string() for table in ("parked", "waiting") for step in _STEPS
)


def begin_anew(connection: Connection, group_id: str, topic: str) -> None:
    """Forgets how far the topic was read: under its name there is another one now, whose offsets mean other messages.

    Messages of the old one that are parked or wait keep their order and get offsets below 0, where no message of the new
    one can be taken for one of them. Run in a transaction.
    """
    connection.execute("DELETE FROM input_position WHERE group_id = %s AND topic = %s", (group_id, topic))
    for statement in _OUT_OF_THE_WAY:
        connection.execute(statement, {"topic": topic, "far": FAR})
