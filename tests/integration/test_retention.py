"""What is remembered of messages, and of the answers to commands, for how long."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from schemas.topics import COMMANDS
from storage import inbox
from tests.integration.batches import Batches

NAME = "11111111-1111-4111-8111-111111111111"
OTHER = "11111111-1111-4111-8111-111111111112"
FAR = 9_000_000_000_000_000


@pytest.fixture(name="batches")
def _batches(database_url: str) -> Iterator[Batches]:
    with Batches(database_url) as batches:
        yield batches


def kept(batches: Batches, table: str) -> Any:
    return batches.rows(f"SELECT count(*) FROM {table}")[0][0]


def purge(batches: Batches, before: int, limit: int = 100) -> int:
    with batches.connect() as connection:
        return inbox.purge(connection, before, COMMANDS, limit)


def test_an_answer_is_forgotten_with_its_command_and_not_before(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"))
    batches.run(batches.sent("comment", mark="a", name=NAME))
    batches.run(batches.sent("comment", mark="b", name=OTHER))
    (first, *_) = batches.rows("SELECT min(received_at) FROM commands")[0]
    assert purge(batches, first) == 1, "the order event is older"
    assert (kept(batches, "inbox"), kept(batches, "commands")) == (2, 2)
    assert purge(batches, FAR, limit=1) == 1
    assert (kept(batches, "inbox"), kept(batches, "commands")) == (1, 1), "one command each, the same one"
    assert batches.rows("SELECT message_id::text FROM inbox") == [(OTHER,)], "the oldest goes first"
    assert batches.rows("SELECT message_id FROM inbox") == batches.rows("SELECT command_id FROM commands")
    assert purge(batches, FAR) == 1
    assert (kept(batches, "inbox"), kept(batches, "commands")) == (0, 0)


def test_an_answer_stays_while_its_command_is_known_however_old_it_is(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"), batches.sent("comment", mark="a", name=NAME))
    batches.rows("UPDATE inbox SET received_at = %s WHERE kind = %s RETURNING 1", FAR, COMMANDS)
    purge(batches, FAR)
    assert kept(batches, "commands") == 1
    batches.run(batches.sent("comment", mark="a", name=NAME))
    assert len([topic for topic, _ in batches.published() if "replies" in topic]) == 2


def fill(connection: psycopg.Connection[Any], begin: int, messages: int) -> None:
    """So many messages, each batch of a hundred a millisecond after the one before, and what autovacuum does in time."""
    connection.execute(
        "INSERT INTO inbox SELECT 'warehouse.status.v1', gen_random_uuid(), %s, %s + n / 100 * 1000"
        " FROM generate_series(1, %s) AS n", (b"a digest of it", begin, messages),
    )  # fmt: skip
    connection.execute("VACUUM ANALYZE inbox")


def explained(connection: psycopg.Connection[Any], statement: str, *values: int) -> tuple[str, int]:
    """(the plan as text, pages that were looked at)."""
    row = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values).fetchone()
    plan = row[0][0]["Plan"] if row else {}
    return str(plan), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_forgetting_costs_what_is_forgotten_however_much_is_kept_and_however_often_it_was_turned_over(
    database_url: str,
) -> None:
    later = 10**9
    with psycopg.connect(database_url, autocommit=True) as connection:
        fill(connection, 0, 20_000)
        assert inbox.purge(connection, later, COMMANDS, limit=15_000) >= 15_000
        assert 0 < inbox.purge(connection, later, COMMANDS, limit=15_000) < 15_000
        connection.execute("VACUUM inbox")
        fill(connection, later, 20_000)  # now they lie where the others lay
        oldest = inbox._OLDEST.format(table="inbox")
        _, pages = explained(connection, oldest, later, 1_000)
        assert pages < 50, "nothing is old enough, and nobody had to look for it"
        plan, _ = explained(connection, oldest, 2 * later, 1_000)
        assert "Seq Scan" not in plan
        plan, pages = explained(connection, inbox._PURGE, later + 5_000)
        assert "Seq Scan" not in plan
        assert connection.execute("SELECT count(*) FROM inbox").fetchone() == (20_000 - 599,)


def test_the_worker_may_forget_answers(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE ordercase_worker")
        assert inbox.purge(connection, FAR, COMMANDS) == 0
