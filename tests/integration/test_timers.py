"""Timers as rows: written with what wants them, fired once in a batch's transaction, never lost and never for ever."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer

from consumers.assignment import Assignment
from consumers.batch import BatchWriter
from consumers.faults import Stop, TryAgain
from consumers.timekeeper import Timekeeper
from domain.timers import Timer
from storage import timers
from tests.integration.batches import GROUP
from tests.integration.counting_rules import TOPIC_OF, Registry, order_ref
from tests.integration.timed import DUE, INBOUND, LATER, Heard, Timed
from tests.integration.timing_rules import later


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


def test_a_full_hand_is_followed_by_the_next_at_once(timed: Timed) -> None:
    for n in range(5):
        timed.want(f"shop:{n}", f"at:close:{DUE + n}")
    timed.at = LATER
    timed.read_until(LATER)
    heard = Heard()
    here = Assignment(timed.connect, GROUP, lambda _: ({}, {}), heard)
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
