"""A worker that stands still in the middle of a batch loses its transaction, and with it its locks."""

import time
from typing import Any

import psycopg
import pytest

from consumers.batch import BatchWriter
from consumers.faults import TryAgain
from consumers.inputs import read
from storage.connections import LONGEST_BATCH, connect
from tests.integration.batches import GROUP, Batches
from tests.integration.counting_rules import counting_rules, handle

LONGEST, STANDS_STILL = "300ms", 1.5


def test_standing_still_ends_the_transaction(database_url: str) -> None:
    stands = [True]

    def standing_still(message: Any, world: Any, policies: Any, at: int) -> Any:
        if stands:
            stands.clear()
            time.sleep(STANDS_STILL)
        return handle(message, world, policies, at)

    def connecting() -> psycopg.Connection[Any]:
        connection = connect(database_url, "test")
        connection.execute(f"SET transaction_timeout = '{LONGEST}'")
        return connection

    with Batches(database_url, counting_rules(handle=standing_still)) as batches:
        batches.writer = BatchWriter(connecting, batches.rules, GROUP)
        one = read(batches.rules.decode, batches.sent("order", mark="placed"))
        moves = batches.moves([one])
        with pytest.raises(TryAgain):
            batches.writer.carry_out([one], moves)
        assert batches.marks() == []
        batches.writer.carry_out([one], moves)
        assert batches.marks() == ["placed"]


def test_a_batch_has_such_a_limit(database_url: str) -> None:
    with connect(database_url, "test") as connection:
        assert connection.execute("SHOW transaction_timeout").fetchone() == (LONGEST_BATCH,)
