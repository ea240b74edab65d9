"""Timers as rows: written with what wants them, fired once in a batch's transaction, never lost and never for ever."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer

from consumers.assignment import Assignment
from consumers.batch import BatchWriter
from consumers.faults import CommitUnknown, Stop, TryAgain
from consumers.observer import Silent
from consumers.timekeeper import Timekeeper
from domain.timers import Timer
from storage import leadership, timers
from storage.connections import connect
from tests.integration.batches import GROUP, Batches
from tests.integration.counting_rules import TOPIC_OF, Registry, order_ref
from tests.integration.timing_rules import later, timing_rules

DUE = 1_790_000_000_000_000
LATER = DUE + 10_000_000
INBOUND = frozenset((topic, 0) for topic in TOPIC_OF.values())


class Heard(Silent):
    """What a timekeeper tells of itself."""

    def __init__(self) -> None:
        self.due: list[int] = []
        self.counts: list[dict[str, int]] = []
        self.trouble: list[str] = []

    def transient(self, what: str) -> None:
        self.trouble.append(what)

    def timers_due(self, count: int) -> None:
        self.due.append(count)

    def timers_done(self, counts: Mapping[str, int]) -> None:
        self.counts.append(dict(counts))


class Timed(Batches):
    """Batches at a time of one's own; `look` is one look of a timekeeper in a worker that has read everything."""

    def __init__(self, url: str, **more: Any) -> None:
        self.at = DUE
        self.woken = 0
        super().__init__(url, timing_rules(**more), clock=lambda: self.at)

    def want(self, order: str, *marks: str) -> None:
        """An order with these marks, in one batch."""
        first = () if self.marks(order) else (self.sent("order", order, "placed"),)
        self.run(*first, *(self.sent("status", order, mark) for mark in marks))

    def read_until(self, at: int | None) -> None:
        self.rows("UPDATE input_position SET caught_up_at = %s RETURNING 1", at)

    def look(self, at: int, *, limit: int = 100, caught_up: bool = True, writer: BatchWriter | None = None) -> Heard:
        self.at = at
        if caught_up:
            self.read_until(at)
        heard = Heard()
        here = Assignment(self.connect, GROUP, lambda _: {}, heard)
        keeper = Timekeeper(writer or self.writer, GROUP, here, heard, limit=limit, wake=self._wake, clock=lambda: at)
        keeper.turn(Consumer({"group.id": "nobody", "log_level": 0}), INBOUND)
        return heard

    def _wake(self) -> None:
        self.woken += 1

    def kept(self) -> list[tuple[str, str, int, int]]:
        """(order, name, due_at, try_at)."""
        return self.rows("SELECT ref_key, name, due_at, try_at FROM timers ORDER BY ref_key, name")


@pytest.fixture(name="timed")
def _timed(database_url: str) -> Iterator[Timed]:
    with Timed(database_url) as timed:
        yield timed


def test_a_timer_fires_once_when_it_is_due(timed: Timed) -> None:
    timed.want("shop:1", f"at:close:{DUE}")
    assert timed.kept() == [("shop:1", "close", DUE, DUE)]
    assert timed.look(DUE - 1).due == [0]
    heard = timed.look(DUE)
    assert heard.due == [1]
    assert heard.counts == [{"fired": 1, "published": 1}]
    assert timed.woken == 1
    assert timed.kept() == []
    assert timed.look(LATER).due == [0]
    assert timed.marks() == ["placed", f"at:close:{DUE}", "fired:close"]
    assert timed.published()[-1][1] == {"mark": "fired:close"}
    (cause,) = timed.rows("SELECT cause_id FROM history ORDER BY id DESC LIMIT 1")[0]
    assert cause == Timer(order_ref("shop:1"), "close", "", DUE).cause_id


@pytest.mark.parametrize("behind", [None, DUE - 1])
def test_it_waits_until_every_partition_was_read_to_the_end_it_had_then(timed: Timed, behind: int | None) -> None:
    timed.want("shop:1", f"at:early:{DUE - 5}", f"at:close:{DUE}")
    timed.read_until(DUE + 5)
    timed.rows("UPDATE input_position SET caught_up_at = %s WHERE topic = %s RETURNING 1", behind, TOPIC_OF["stock"])
    heard = timed.look(DUE + 9, caught_up=False)
    assert heard.due == [2]
    fired = [] if behind is None else ["fired:early"]
    assert [mark for mark in timed.marks() if mark.startswith("fired")] == fired
    timed.rows("DELETE FROM input_position WHERE topic = %s RETURNING 1", TOPIC_OF["stock"])
    timed.look(DUE + 9, caught_up=False)
    assert "fired:close" not in timed.marks()


def test_nobody_needs_kafka_to_fire_what_may(timed: Timed) -> None:
    """A worker whose broker is away says so, and goes on with what is proven."""
    timed.want("shop:1", f"at:one:{DUE}")
    timed.want("shop:2", f"at:two:{LATER}")
    timed.read_until(DUE)
    timed.look(LATER, caught_up=False)
    assert timed.marks()[-1] == "fired:one"
    assert timed.kept() == [("shop:2", "two", LATER, LATER)]


def test_what_is_not_wanted_any_more_is_gone_with_the_change(timed: Timed) -> None:
    timed.want("shop:1", f"at:close:{DUE}", f"at:sla:{LATER}")
    timed.want("shop:1", "off:close")
    assert timed.kept() == [("shop:1", "sla", LATER, LATER)]
    timed.look(LATER)
    assert timed.marks()[-1] == "fired:sla"
    assert "fired:close" not in timed.marks()


def test_another_time_replaces_the_first(timed: Timed) -> None:
    timed.want("shop:1", f"at:close:{DUE}")
    timed.want("shop:1", f"at:close:{LATER}")
    assert timed.kept() == [("shop:1", "close", LATER, LATER)]
    assert timed.look(DUE).due == [0]
    assert timed.look(LATER).counts == [{"fired": 1, "published": 1}]


def test_a_row_whose_reason_is_gone_disappears_without_effect(timed: Timed) -> None:
    """Whatever left it there: it is looked at once."""
    timed.want("shop:1", "nothing")
    with timed.connect() as connection:
        row = ("order", "shop:1", "stale", "", DUE, DUE)
        connection.execute("INSERT INTO timers VALUES (%s, %s, %s, %s, %s, %s)", row)
        connection.execute("INSERT INTO timers VALUES ('case', 'no such case', 'sla', '', 1, 1)")
    assert timed.look(DUE).counts == [{"off": 2, "published": 0}]
    assert timed.kept() == []
    assert timed.marks() == ["placed", "nothing"]


def test_what_is_wanted_for_ever_fires_once_a_time(timed: Timed) -> None:
    timed.want("shop:1", f"at:stays:{DUE}", f"at:staystoo:{DUE}")
    for _ in range(3):
        timed.look(DUE)
    timed.want("shop:1", f"at:other:{DUE}")
    for _ in range(3):
        timed.look(DUE)
    assert [mark for mark in timed.marks() if mark.startswith("rang")] == ["rang:stays", "rang:staystoo"]
    assert timed.marks()[-1] == "fired:other"
    timed.want("shop:1", f"at:stays:{LATER}")
    timed.look(LATER)
    assert timed.marks()[-1] == "rang:stays"


def test_a_row_older_than_the_policy_is_written_anew(database_url: str) -> None:
    with Timed(database_url) as before:
        before.want("shop:1", f"at:close:{DUE}")
    with Timed(database_url, timers=later(7)) as after:
        assert after.look(DUE).counts == [{"off": 1, "published": 0}]
        assert after.kept() == [("shop:1", "close", DUE + 7, DUE + 7)]
        after.look(DUE + 7)
        assert after.marks()[-1] == "fired:close"


def test_what_a_timer_needs_beside_its_order_is_locked_with_it(timed: Timed) -> None:
    timed.want("shop:5", f"at:also-1:{DUE}", f"at:also-9:{DUE}")
    assert timed.look(DUE).counts == [{"fired": 2, "published": 4}]
    assert timed.marks("shop:1") == timed.marks("shop:9") == ["from shop:5"]
    assert timed.kept() == []


def test_a_rule_that_breaks_puts_one_timer_off_and_no_other(timed: Timed) -> None:
    timed.want("shop:1", f"at:broken:{DUE}")
    timed.want("shop:2", f"at:close:{DUE}")
    assert timed.look(DUE + 5).counts == [{"fired": 1, "put_off": 1, "published": 1}]
    again = DUE + 5 + timers.PUT_OFF
    assert timed.kept() == [("shop:1", "broken", DUE, again)]
    timed.want("shop:1", "something else")
    assert timed.look(again - 1).due == [0]
    assert timed.look(again).counts == [{"put_off": 1, "published": 0}]
    timed.want("shop:1", "off:broken")
    assert timed.kept() == []


def test_what_postgresql_refuses_is_halved_out_and_put_off(timed: Timed) -> None:
    for n in range(9):
        timed.want(f"shop:{n}", f"at:{'nul' if n == 6 else 'close'}:{DUE}")
    heard = timed.look(DUE)
    assert sum(counts.get("fired", 0) for counts in heard.counts) == 8
    assert sum(counts.get("put_off", 0) for counts in heard.counts) == 1
    assert timed.kept() == [("shop:6", "nul", DUE, DUE + timers.PUT_OFF)]
    assert timed.marks("shop:6") == ["placed", f"at:nul:{DUE}"]


def test_a_registry_that_is_away_is_waited_for(timed: Timed) -> None:
    registry = Registry()
    timed.want("shop:1", f"at:close:{DUE}")
    with Timed(timed.url, registry=registry) as away:
        registry.away = True
        assert away.look(DUE).trouble
        assert away.kept() == [("shop:1", "close", DUE, DUE)]
        registry.away = False
        assert away.look(DUE).counts == [{"fired": 1, "published": 1}]


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


class CountingCursor(psycopg.Cursor[Any]):
    count = 0

    def execute(self, *args: Any, **more: Any) -> Any:
        CountingCursor.count += 1
        return super().execute(*args, **more)


def test_the_number_of_statements_does_not_depend_on_the_number_of_timers(database_url: str) -> None:
    def counting() -> psycopg.Connection[Any]:
        connection = connect(database_url, "test")
        connection.cursor_factory = CountingCursor
        return connection

    def counted(work: Callable[[], object]) -> int:
        CountingCursor.count = 0
        work()
        return CountingCursor.count

    with Timed(database_url) as timed:
        timed.writer = BatchWriter(counting, timed.rules, GROUP, clock=lambda: timed.at)
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


def test_a_full_hand_is_followed_by_the_next_at_once(timed: Timed) -> None:
    for n in range(5):
        timed.want(f"shop:{n}", f"at:close:{DUE + n}")
    timed.at = LATER
    timed.read_until(LATER)
    heard = Heard()
    here = Assignment(timed.connect, GROUP, lambda _: {}, heard)
    keeper = Timekeeper(timed.writer, GROUP, here, heard, limit=2, wake=lambda: None, clock=lambda: LATER)
    consumer = Consumer({"group.id": "nobody", "log_level": 0})
    for _ in range(5):
        keeper.turn(consumer, INBOUND)
    assert [counts["fired"] for counts in heard.counts] == [2, 2, 1]
    # The longest due first; and after an empty hand there is a pause.
    assert heard.due == [2, 2, 1]


def test_a_database_that_refuses_the_work_itself_stops_the_worker(timed: Timed) -> None:
    timed.want("shop:1", f"at:close:{DUE}")
    with timed.connect() as connection:
        connection.execute("ALTER TABLE timers RENAME TO elsewhere")
    with pytest.raises(Stop):
        timed.look(DUE)


def test_without_a_database_the_look_is_put_off(timed: Timed) -> None:
    def away() -> psycopg.Connection[Any]:
        raise psycopg.OperationalError("away")

    writer = BatchWriter(away, timed.rules, GROUP)
    assert timed.look(DUE, writer=writer).trouble
    with pytest.raises(TryAgain):
        writer.alone(lambda connection: timers.due(connection, DUE, 1))
