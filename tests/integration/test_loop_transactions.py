"""What a batch costs and what becomes of it when the connection, another worker or the server gets in its way."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import psycopg
import pytest

from consumers.batch import BatchWriter
from consumers.faults import CommitUnknown, Fenced, TryAgain
from consumers.inputs import read
from storage import positions
from storage.connections import connect
from storage.positions import Move, Position
from tests.integration.batches import GROUP, Batches
from tests.integration.counted_statements import counted, counting
from tests.integration.counting_rules import counting_rules, handle


@pytest.fixture(name="batches")
def _batches(database_url: str) -> Iterator[Batches]:
    with Batches(database_url) as batches:
        yield batches


def _mixed(batches: Batches, size: int, first: int) -> list[Any]:
    """Orders, statuses, some that wait, some that are parked, some twice, some commands."""
    sent = []
    for n in range(first, first + size):
        order = f"shop:{n}"
        sent += [batches.sent("status", order, "early"), batches.sent("order", order, "placed")]
        sent += [
            batches.sent("status", order, "s"),
            batches.sent("comment", order),
            batches.sent("stock", order, available=n),
        ]
        sent += [batches.again(sent[-2]), batches.sent("status", f"none:{n}", "waits")]
        sent.append(batches.sent("status", order, "broken") if n % 9 == 0 else batches.sent("status", order, "more"))
    return sent


def test_the_number_of_statements_does_not_depend_on_the_size_of_the_batch(database_url: str) -> None:
    with Batches(database_url) as batches:
        batches.writer = BatchWriter(partial(counting, database_url), batches.rules, GROUP)
        counts = []
        for size, first in ((9, 0), (90, 900)):
            batches.run(*_mixed(batches, 9, first + 90_000))
            mixed = _mixed(batches, size, first)
            counts.append(counted(lambda: batches.run(*mixed)))  # noqa: B023
        batches.writer.close()
    assert counts[0] == counts[1]
    assert counts[0] <= 30


def _cut(connection: psycopg.Connection[Any]) -> None:
    """The network between us and the server is gone; the server has not noticed."""
    wire = socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM)
    wire.shutdown(socket.SHUT_RDWR)
    wire.close()


def test_a_commit_whose_reply_is_lost_is_found_to_have_happened(database_url: str) -> None:
    opened: list[psycopg.Connection[Any]] = []

    def connecting() -> psycopg.Connection[Any]:
        opened.append(connect(database_url, "test"))
        return opened[-1]

    def lose_the_reply() -> None:
        deadline = time.monotonic() + 10
        while not batches.marks() and time.monotonic() < deadline:
            time.sleep(0.01)
        _cut(opened[0])

    with Batches(database_url) as batches:
        batches.writer = BatchWriter(connecting, batches.rules, GROUP)
        one = read(batches.rules.decode, batches.sent("order", mark="placed"))
        moves = batches.moves([one])
        with pytest.raises(CommitUnknown):
            batches.writer.carry_out([one], moves, lose_the_reply)
        assert batches.writer.committed(moves)
        assert batches.marks() == ["placed"]
        batches.writer.close()


def test_a_commit_that_never_arrived_is_found_not_to_have_happened(batches: Batches) -> None:
    one = read(batches.rules.decode, batches.sent("order", mark="placed"))
    moves = batches.moves([one])
    with psycopg.connect(batches.url) as other:
        # The outbox cannot be numbered, so the COMMIT behind it waits in the pipeline.
        other.execute("SELECT * FROM outbox_head FOR UPDATE")

        def kill() -> None:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                killed = batches.rows(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                if killed:
                    return
                time.sleep(0.01)

        with pytest.raises(CommitUnknown):
            batches.writer.carry_out([one], moves, kill)
        other.rollback()
    assert not batches.writer.committed(moves)
    assert batches.marks() == []
    batches.writer.carry_out([one], moves)
    assert batches.marks() == ["placed"]


def test_a_killed_connection_before_commit_is_tried_again_on_a_new_one(database_url: str) -> None:
    killed: list[bool] = []

    def killing(message: Any, world: Any, policies: Any, at: int) -> Any:
        if not killed:
            killed.append(True)
            with psycopg.connect(database_url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND state LIKE 'idle in%'"
                )
        return handle(message, world, policies, at)

    with Batches(database_url, counting_rules(handle=killing)) as batches:
        one = read(batches.rules.decode, batches.sent("order", mark="placed"))
        moves = batches.moves([one])
        with pytest.raises(TryAgain):
            batches.writer.carry_out([one], moves)
        batches.writer.carry_out([one], moves)
        assert batches.marks() == ["placed"]
        assert [value["mark"] for _, value in batches.published()] == ["placed"]


def test_of_two_workers_that_believe_to_own_a_partition_one_is_fenced(batches: Batches) -> None:
    one = read(batches.rules.decode, batches.sent("order", mark="placed"))
    moves = batches.moves([one])
    zombie = BatchWriter(batches.connect, batches.rules, GROUP)
    batches.writer.carry_out([one], moves)
    with pytest.raises(Fenced):
        zombie.carry_out([one], moves)
    zombie.close()
    assert batches.marks() == ["placed"]


def test_an_unknown_outcome_after_somebody_else_went_on_is_a_fence(batches: Batches) -> None:
    with batches.connect() as connection:
        connection.execute("UPDATE input_position SET next_offset = 9")
    with pytest.raises(Fenced):
        batches.writer.committed([Move("commerce.orders.v1", 0, 0, 1)])


def test_workers_that_touch_the_same_orders_wait_for_each_other_and_lose_nothing(database_url: str) -> None:
    """Each has its own topic, both name the same orders in opposite order."""
    with Batches(database_url) as batches:
        batches.run(*(batches.sent("order", f"shop:{n}", "placed") for n in range(20)))
        with batches.connect() as connection:
            new = {("warehouse.status.v1", part): Position("", 0, 0, None) for part in (1, 2)}
            positions.create(connection, GROUP, new)
        troubles: list[BaseException] = []

        def work(part: int, orders: list[int]) -> None:
            writer = BatchWriter(batches.connect, batches.rules, GROUP)
            with suppress(Exception):
                try:
                    for turn in range(15):
                        sent = [batches.sent("status", f"shop:{n}", f"{part}-{turn}") for n in orders]
                        inputs = [read(batches.rules.decode, one) for one in sent]
                        writer.carry_out(inputs, [Move("warehouse.status.v1", part, turn, turn + 1)])
                except Exception as error:
                    troubles.append(error)
                    raise
            writer.close()

        threads = [
            threading.Thread(target=work, args=(1, list(range(20)))),
            threading.Thread(target=work, args=(2, list(reversed(range(20))))),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert troubles == []
        for n in (0, 19):
            marks = batches.marks(f"shop:{n}")
            assert len(marks) == 31
            assert [mark for mark in marks if mark.startswith("1-")] == [f"1-{turn}" for turn in range(15)]
        published = [value["mark"] for _, value in batches.published()]
        assert len(published) == 20 + 2 * 15 * 20


def test_the_stages_of_a_batch_are_its_whole_time_but_what_is_done_while_the_server_writes(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"))
    with batches.connect() as slow:
        slow.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$"
        )
        slow.execute("CREATE TRIGGER slow AFTER INSERT ON outbox EXECUTE FUNCTION slow()")
    apart: list[float] = []

    def meanwhile() -> None:
        began = time.perf_counter()
        time.sleep(0.1)
        apart.append(time.perf_counter() - began)

    started = time.perf_counter()
    done = batches.run(batches.sent("status", mark="s"), meanwhile=meanwhile)
    took = time.perf_counter() - started
    assert done.seconds.keys() == {"known", "locks", "rules", "rows", "commit"}
    assert sum(done.seconds.values()) <= took - apart[0]
    assert done.seconds["rows"] + apart[0] + done.seconds["commit"] >= 0.3
