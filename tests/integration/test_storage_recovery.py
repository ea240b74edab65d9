"""What is done to outbox and parked messages when a database goes on under another Kafka, or after a backup."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from schemas.topics import ORDERS, OUTBOX_POSITION
from storage import outbox, positions
from storage.connections import connect
from storage.outbox import Message
from storage.positions import Position

LAST = "00000000-0000-0000-0000-0000000000ff"


@pytest.fixture(name="connection")
def _connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database_url, "test") as connection:
        yield connection


def event(number: int) -> str:
    return str(UUID(int=number))


def decided(connection: psycopg.Connection[Any], *numbers: int) -> None:
    with connection.transaction():
        outbox.append(connection, [Message(event(n), "topic", b"k", b"v", ()) for n in numbers], at=1)


def rows(connection: psycopg.Connection[Any]) -> list[tuple[int, str]]:
    return [(row.seq, row.event_id) for row in outbox.read(connection, 0, 100)]


def test_what_is_to_be_published_gets_the_numbers_after_what_was_published(
    connection: psycopg.Connection[Any],
) -> None:
    decided(connection, 1, 2, 3, 4)
    with connection.transaction():
        assert outbox.go_on_at(connection, 3, 8, LAST, OUTBOX_POSITION, 5) == 2
    assert rows(connection) == [(7, LAST), (8, event(3)), (9, event(4))]
    decided(connection, 5)
    assert rows(connection)[-1] == (10, event(5)), "no number is left out and none is given twice"


def test_numbers_overlap_the_ones_they_had(connection: psycopg.Connection[Any]) -> None:
    decided(connection, 1, 2, 3, 4, 5)
    with connection.transaction():
        outbox.go_on_at(connection, 2, 3, LAST, OUTBOX_POSITION, 5)
    assert rows(connection) == [(2, LAST), (3, event(2)), (4, event(3)), (5, event(4)), (6, event(5))]
    assert outbox.head(connection) == 6


def test_an_empty_outbox_goes_on_after_the_last_number(connection: psycopg.Connection[Any]) -> None:
    with connection.transaction():
        assert outbox.go_on_at(connection, 1, 101, LAST, OUTBOX_POSITION, 5) == 0
    assert (rows(connection), outbox.head(connection)) == ([(100, LAST)], 100)


def test_on_a_new_cluster_numbers_stay_as_they_are(connection: psycopg.Connection[Any]) -> None:
    decided(connection, 1, 2, 3)
    with connection.transaction():
        assert outbox.go_on_at(connection, 3, 3, event(2), OUTBOX_POSITION, 5) == 1
    assert (rows(connection), outbox.head(connection)) == ([(2, event(2)), (3, event(3))], 3)


def test_a_persons_erasure_waits_for_the_same_events_as_before(connection: psycopg.Connection[Any]) -> None:
    decided(connection, 1, 2, 3)
    connection.execute("INSERT INTO erasures (customer, since_at, outbox_head) VALUES ('a', 1, 3), ('b', 1, 1)")
    with connection.transaction():
        outbox.go_on_at(connection, 2, 12, LAST, OUTBOX_POSITION, 5)
    heads = connection.execute("SELECT customer, outbox_head FROM erasures ORDER BY customer").fetchall()
    assert heads == [(b"a", 13), (b"b", 1)]


def test_what_is_parked_or_waits_keeps_its_order_and_gets_out_of_the_way(connection: psycopg.Connection[Any]) -> None:
    """On the new topic the offsets that they had are other messages': one there must not be taken for one of them."""
    place = '(topic, partition, "offset", key, headers, since'
    for offset in (5, 9, 30):
        connection.execute(
            f"INSERT INTO parked {place}, reason, sentence, error_class) VALUES (%s, 0, %s, 'k', '[]', 1, 'r', 's', 'e')",
            (ORDERS, offset),
        )
        connection.execute(
            f"INSERT INTO waiting {place}, waits_kind, waits_key) VALUES (%s, 1, %s, 'k', '[]', 1, 'order', 'a')",
            (ORDERS, offset),
        )
    other = "another.topic"
    connection.execute(
        f"INSERT INTO parked {place}, reason, sentence, error_class) VALUES (%s, 0, 5, 'k', '[]', 1, 'r', 's', 'e')",
        (other,),
    )
    with connection.transaction():
        positions.create(
            connection, "group", {(ORDERS, 0): Position("id", 31, 31, None), (other, 0): Position("", 6, 6, 1)}
        )
    for _ in range(2):
        with connection.transaction():
            positions.begin_anew(connection, "group", ORDERS)
    for table in ("parked", "waiting"):
        query = f'SELECT "offset" FROM {table} WHERE topic = %s ORDER BY id'
        assert connection.execute(query, (ORDERS,)).fetchall() == [(-26,), (-22,), (-1,)]
    assert connection.execute('SELECT "offset" FROM parked WHERE topic = %s', (other,)).fetchall() == [(5,)]
    assert list(positions.read(connection, "group")) == [(other, 0)]
