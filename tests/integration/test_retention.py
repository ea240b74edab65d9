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
    batches.run(batches.sent("comment", mark="a", name=NAME), batches.sent("comment", mark="b", name=OTHER))
    (first, *_) = batches.rows("SELECT received_at FROM commands LIMIT 1")[0]
    assert purge(batches, first) == 1, "the order event is older"
    assert (kept(batches, "inbox"), kept(batches, "commands")) == (2, 2)
    assert purge(batches, FAR, limit=1) == 1
    assert (kept(batches, "inbox"), kept(batches, "commands")) == (1, 1), "one command each, the same one"
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


def test_the_worker_may_forget_answers(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE ordercase_worker")
        assert inbox.purge(connection, FAR, COMMANDS) == 0
