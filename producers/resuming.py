"""The outbox and Kafka's position brought together again after one of them was replaced: a restored database, a new cluster.

Nothing that was decided is left unpublished, and no number is used for two events. Where it cannot be known what was
published, it is published again, under the same event ids.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from producers.position import BEGINNING, Position, RelayAlarm, hole, verified
from producers.publishing import InTransactions, keep, kept
from schemas.topics import OUTBOX_POSITION
from storage import outbox

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Resumed:
    """`published`: Kafka's position, None: it had none. `known`: the database's own. `at`: from where it goes on.

    `again`: events in the outbox that may have been published before and go out once more. All None or 0 but `at` where
    nothing was apart.
    """

    at: int
    published: int | None = None
    known: int | None = None
    again: int = 0

    @property
    def apart(self) -> bool:
        return self.known is not None


def resume(connection: Connection, publisher: InTransactions, group_id: str) -> Resumed:
    """Sets both to the higher of the two positions; rows that come after the database's own get numbers after it.

    `connection` holds the relay's lock. Fences every relay. Raises producers.publishing.Doubt (do it again) and RelayAlarm
    for what this does not mend: rows that are missing. May be repeated.
    """
    found = publisher.start(connection)
    mirror = kept(connection, group_id)
    head = outbox.head(connection)
    before = None if found is None else outbox.at(connection, found.next - 1)
    published_before = mirror is not None or (head > 0 and outbox.at(connection, BEGINNING) is None)
    with suppress(RelayAlarm):  # what this would stop a relay for is what is put right below
        return Resumed(verified(found, head=head, before=before, published_before=published_before).next)
    published, known = found or Position(), mirror or Position()
    at = published if published.next >= known.next else known
    with connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = on")
        count = _renumber(connection, known, at, head)
        keep(connection, group_id, at)
    publisher.publish([], at)
    return Resumed(at.next, None if found is None else found.next, known.next, count if at is found else 0)


def _renumber(connection: Connection, known: Position, at: Position, head: int) -> int:
    wanted = max(0, head - known.next + 1)
    query = "SELECT count(*) FROM outbox WHERE seq >= %s"
    (found,) = connection.execute(query, (known.next,)).fetchone() or (0,)
    if found != wanted:
        raise hole(known.next, f"{found} of {wanted} rows are there from it on")
    return outbox.go_on_at(connection, known.next, at.next, at.event_id, OUTBOX_POSITION, time.time_ns() // 1000)
