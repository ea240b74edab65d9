"""Where partitions are gone on with: told by the database, made there for those that the group is new to, held against Kafka."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from consumers import topic_state
from consumers.faults import of_database
from storage import parking, positions
from storage.positions import Partition, Position

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Beginning:
    """`known`: where each goes on. `aside`: offset → id of what was put aside before it was read."""

    known: dict[Partition, Position]
    aside: dict[Partition, dict[int, int]]


def begin(
    connect: Callable[[], Connection],
    group_id: str,
    topic_ids: Mapping[str, str],
    limits: Mapping[Partition, tuple[int, int]],
    before: Callable[[Connection], None] = lambda _connection: None,
) -> Beginning:
    """`limits`: the partitions, each with its first offset and its end; `topic_ids`: of their topics.

    `before` runs first in the same transaction. Raises Stop when what is on Kafka is not what the group was reading, and what
    of_database makes of PostgreSQL's errors.
    """
    try:
        with connect() as connection, connection.transaction():
            before(connection)
            new = {name: Position(topic_ids[name[0]], *limit, None) for name, limit in limits.items()}
            positions.create(connection, group_id, new)
            known = positions.read_after(connection, group_id, list(limits))
            aside = {name: parking.put_aside(connection, *name, known[name].next_offset) for name in limits}
    except psycopg.Error as error:
        raise of_database(error) from error
    for name, limit in limits.items():
        topic_state.check(name, known[name], topic_ids[name[0]], *limit)
    return Beginning({name: known[name] for name in limits}, aside)
