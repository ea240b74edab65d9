"""What becomes of timers when other workers, a crash or a lost reply get in their way; and what they cost."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from consumers.batch import BatchWriter
from consumers.faults import CommitUnknown
from domain.timers import Timer
from storage import leadership, timers
from tests.integration.batches import GROUP
from tests.integration.counted_statements import counted, counting
from tests.integration.counting_rules import order_ref
from tests.integration.timed import DUE, LATER, Timed


@pytest.fixture(name="timed")
def _timed(database_url: str) -> Iterator[Timed]:
    with Timed(database_url) as timed:
        yield timed


def test_of_two_workers_one_fires(timed: Timed) -> None:
    """Both saw the timer due; the row is the fence."""
    timed.want("shop:1", f"at:close:{DUE}")
    seen = [Timer(order_ref("shop:1"), "close", "", DUE)]
    other = BatchWriter(timed.connect, timed.rules, GROUP, clock=lambda: DUE)
    first, second = timed.writer.fire(seen), other.fire(seen)
    other.close()
    assert first is not None
    assert second is not None
    assert (first.decided.counts["fired"], second.decided.counts["fired"]) == (1, 0)
    assert timed.marks().count("fired:close") == 1


def test_while_one_worker_is_at_the_timers_the_others_let_them_be(timed: Timed) -> None:
    timed.want("shop:1", f"at:close:{DUE}")
    with timed.connect() as other, other.transaction():
        assert leadership.try_timers(other, GROUP)
        assert timed.look(DUE).counts == []
    assert timed.look(DUE).counts == [{"fired": 1, "published": 1}]


def test_workers_that_fire_while_others_change_the_same_orders_lose_nothing(database_url: str) -> None:
    """Two fire, one writes; every order's timer moves each time, so that rows are taken that were just replaced."""
    with Timed(database_url) as timed:
        orders = [f"shop:{n}" for n in range(8)]
        for order in orders:
            timed.want(order, f"at:close:{DUE}")
        troubles: list[BaseException] = []
        stop = threading.Event()

        def fire() -> None:
            writer = BatchWriter(timed.connect, timed.rules, GROUP, clock=lambda: LATER)
            try:
                while not stop.is_set():
                    with timed.connect() as connection:
                        due = timers.due(connection, LATER, 3)
                    if due:
                        writer.fire(due)
            except Exception as error:
                troubles.append(error)
                raise
            finally:
                writer.close()

        threads = [threading.Thread(target=fire) for _ in range(2)]
        for thread in threads:
            thread.start()
        for turn in range(1, 15):
            timed.run(*(timed.sent("status", order, f"at:close:{DUE + turn}") for order in orders))
        deadline = time.monotonic() + 20
        while timed.kept() and time.monotonic() < deadline:
            time.sleep(0.01)
        stop.set()
        for thread in threads:
            thread.join()
        assert troubles == []
        assert timed.kept() == []
        for order in orders:
            marks = timed.marks(order)
            # Each firing answers the last time that was set before it; nothing fires twice, the last is never lost.
            assert marks[-1] == "fired:close"
            assert not any(a == b == "fired:close" for a, b in pairwise(marks))


def _killing(url: str) -> Callable[[Timer], None]:
    killed: list[Timer] = []

    def kill(timer: Timer) -> None:
        if not killed:
            killed.append(timer)
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND state LIKE 'idle in%'"
                )

    return kill


def test_a_crash_in_the_middle_leaves_the_timer_as_it_was(database_url: str) -> None:
    with Timed(database_url, fired=_killing(database_url)) as timed:
        timed.want("shop:1", f"at:close:{DUE}")
        assert timed.look(DUE).trouble
        assert timed.kept() == [("shop:1", "close", DUE, DUE)]
        assert timed.look(DUE).counts == [{"fired": 1, "published": 1}]
        assert timed.marks().count("fired:close") == 1


def test_a_commit_whose_reply_is_lost_is_not_done_again(timed: Timed) -> None:
    """COMMIT arrives and its answer does not: whoever looks again finds nothing due."""
    timed.want("shop:1", f"at:close:{DUE}")
    writer = BatchWriter(lambda: _Deaf.connect(timed.url), timed.rules, GROUP, clock=lambda: DUE)
    with pytest.raises(CommitUnknown):
        writer.fire([Timer(order_ref("shop:1"), "close", "", DUE)])
    writer.close()
    deadline = time.monotonic() + 10
    while timed.kept() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert timed.look(DUE).due == [0]
    assert timed.marks().count("fired:close") == 1


class _Deaf(psycopg.Connection[Any]):
    """Loses its server right after every COMMIT."""

    def execute(self, query: Any, *args: Any, **more: Any) -> Any:
        done = super().execute(query, *args, **more)
        if query == "COMMIT":
            self.pgconn.finish()
        return done


def test_the_number_of_statements_does_not_depend_on_the_number_of_timers(database_url: str) -> None:
    with Timed(database_url) as timed:
        timed.writer = BatchWriter(partial(counting, database_url), timed.rules, GROUP, clock=lambda: timed.at)
        timed.run(*(timed.sent("order", f"shop:{n}", "placed") for n in range(60)))
        costs = []
        for orders in (range(2), range(2, 60)):
            plain = counted(lambda: timed.run(*(timed.sent("status", f"shop:{n}", "plain") for n in orders)))  # noqa: B023
            marks = [(n, f"at:{name}:{DUE}") for n in orders for name in ("a", "b", "c")]
            wanting = counted(lambda: timed.run(*(timed.sent("status", f"shop:{n}", mark) for n, mark in marks)))  # noqa: B023
            off = counted(lambda: timed.run(*(timed.sent("status", f"shop:{n}", "off:a") for n in orders)))  # noqa: B023
            firing = counted(lambda: timed.look(DUE, limit=1000))
            costs.append((wanting - plain, off - plain, firing))
        timed.writer.close()
    assert costs[0] == costs[1]
    assert costs[0][:2] == (1, 1)
    assert costs[0][2] <= 20
