"""What a worker wrote last it need not read again, and what anybody else wrote it never overlooks."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from domain.order_file import OrderFile
from domain.world import Kind, Ref
from storage import changes, loading
from storage.connections import connect
from storage.kept import Kept
from tests.integration.stored import PLACED, order_file

AT = PLACED + 5
ORDER = Ref(Kind.ORDER, "shop-eu:1001")
FIRST = order_file("1001", "shop-eu")


@pytest.fixture(name="connection")
def _connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database_url, "test") as connection:
        yield connection


@pytest.fixture(name="other")
def _other(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database_url, "other") as connection:
        yield connection


def write(connection: psycopg.Connection[Any], thing: OrderFile, kept: Kept | None = None) -> None:
    with connection.transaction():
        changes.write(connection, {ORDER: (None, thing)}, lambda _thing: (), {}, AT)
        row = connection.execute("SELECT pg_current_xact_id()::xid::text").fetchone()
        if kept is not None and row is not None:
            kept.remember(row[0], {ORDER: thing})


def read(connection: psycopg.Connection[Any], kept: Kept) -> Any:
    with connection.transaction():
        return loading.lock(connection, [ORDER], (), kept)()[ORDER]


def test_what_was_written_last_here_is_the_very_thing_that_is_kept(connection: psycopg.Connection[Any]) -> None:
    kept = Kept()
    write(connection, FIRST, kept)
    assert read(connection, kept) is FIRST


def test_what_somebody_else_wrote_since_is_read(
    connection: psycopg.Connection[Any], other: psycopg.Connection[Any]
) -> None:
    kept = Kept()
    write(connection, FIRST, kept)
    write(other, replace(FIRST, version=7))
    assert read(connection, kept) == replace(FIRST, version=7)


def test_what_a_transaction_meant_to_write_and_did_not_is_forgotten(connection: psycopg.Connection[Any]) -> None:
    kept = Kept()
    write(connection, FIRST, kept)
    with connection.transaction(force_rollback=True):
        changes.write(connection, {ORDER: (FIRST, replace(FIRST, version=8))}, lambda _thing: (), {}, AT)
        row = connection.execute("SELECT pg_current_xact_id()::xid::text").fetchone()
        assert row is not None
        kept.remember(row[0], {ORDER: replace(FIRST, version=8)})
    assert read(connection, kept) == FIRST


def test_an_older_state_that_is_kept_of_one_thing_never_stands_for_the_newer_row(
    connection: psycopg.Connection[Any],
) -> None:
    """Another thing of the same asking was written by the row's transaction, so the row comes without its document."""
    kept, neighbour = Kept(), Ref(Kind.ORDER, "shop-eu:1002")
    second = order_file("1002", "shop-eu")
    write(connection, FIRST, kept)
    with connection.transaction():
        newer = replace(FIRST, version=9)
        changes.write(connection, {ORDER: (FIRST, newer), neighbour: (None, second)}, lambda _thing: (), {}, AT)
        row = connection.execute("SELECT pg_current_xact_id()::xid::text").fetchone()
        assert row is not None
        kept.remember(row[0], {neighbour: second})
    with connection.transaction():
        loaded = loading.lock(connection, [ORDER, neighbour], (), kept)()
    assert loaded == {ORDER: newer, neighbour: second}


def test_who_waits_for_the_lock_sees_what_its_holder_wrote(
    connection: psycopg.Connection[Any], other: psycopg.Connection[Any]
) -> None:
    kept, newer = Kept(), replace(FIRST, version=5)
    write(connection, FIRST, kept)
    found: list[object] = []
    reader = threading.Thread(target=lambda: found.append(read(connection, kept)))
    with other.transaction():
        changes.write(other, {ORDER: (FIRST, newer)}, lambda _thing: (), {}, AT)
        reader.start()
        while not _waits_for_a_lock(other):
            reader.join(0.01)
    reader.join(10)
    assert found == [newer]


def _waits_for_a_lock(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    return row is not None


def test_what_was_written_longest_ago_gives_way() -> None:
    kept = Kept(2)
    refs = [Ref(Kind.ORDER, f"shop-eu:{number}") for number in (1, 2, 3)]
    for ref in (refs[0], refs[1], refs[0], refs[2]):
        kept.remember(ref.key, {ref: FIRST})
    assert [kept.written_by(ref.key, ref) for ref in refs] == [FIRST, None, FIRST]
