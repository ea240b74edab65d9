"""The loop over Kafka's protocol (the embedded broker) and a real PostgreSQL: assignment, going on, waiting, stopping."""

import time

import psycopg
import pytest

from consumers import parked_replay, parking
from consumers.batch import WORTH
from consumers.client import consumer_settings
from consumers.faults import MissingTopic, Stop
from consumers.parking import CannotPark
from ordercase.embedded_broker import EmbeddedBroker
from schemas.topics import INBOUND
from tests.integration.counting_rules import TOPIC_OF, Registry, counting_rules
from tests.integration.running_loop import Running, Shop, running, until


@pytest.fixture(name="shop")
def _shop(embedded_broker: EmbeddedBroker, database_url: str) -> Shop:
    return Shop(embedded_broker, database_url)


def _send_many(shop: Shop, orders: int, statuses: int) -> None:
    for n in range(orders):
        shop.send("order", f"shop:{n}", "placed")
    for turn in range(statuses):
        for n in range(orders):
            shop.send("status", f"shop:{n}", f"s{turn}")
    shop.flush()


def _all_there(shop: Shop, orders: int, statuses: int) -> bool:
    return int(shop.one("SELECT count(*) FROM history")) == orders * (1 + statuses)


def test_everything_is_read_once_over_stops_and_starts_in_the_order_of_keys(shop: Shop, group_id: str) -> None:
    _send_many(shop, 60, 5)
    with running(shop, group_id, batch_size=50):
        until(lambda: shop.one("SELECT count(*) FROM history") > 60)
    with running(shop, group_id, batch_size=50):
        until(lambda: _all_there(shop, 60, 5))
        shop.send("status", "shop:7", "late")
        shop.flush()
        until(lambda: shop.marks("shop:7")[-1:] == ["late"])
    assert shop.marks("shop:3") == ["placed", "s0", "s1", "s2", "s3", "s4"]
    assert shop.one("SELECT count(*) FROM outbox") == shop.one("SELECT seq FROM outbox_head") == 361


def test_two_workers_share_the_partitions_and_lose_nothing_when_one_goes(shop: Shop, group_id: str) -> None:
    with running(shop, group_id, batch_size=20) as first:
        until(lambda: first.loop.ready)
        with running(shop, group_id, batch_size=20) as second:
            _send_many(shop, 100, 3)
            until(lambda: second.loop.ready)
            _send_many(shop, 100, 3)
        until(lambda: shop.one("SELECT count(*) FROM history") == 800, 60)
    assert shop.marks("shop:3").count("s0") == 2
    assert shop.one("SELECT count(*) FROM outbox") == 800


def test_a_command_is_read_only_after_the_past_at_the_first_start(shop: Shop, group_id: str) -> None:
    shop.send("comment", "shop:1", "after all of it")
    _send_many(shop, 30, 3)
    with running(shop, group_id, batch_size=10):
        until(lambda: "after all of it" in shop.marks())
    assert shop.marks() == ["placed", "s0", "s1", "s2", "after all of it"]
    assert shop.one("SELECT count(*) FROM input_position WHERE caught_up_at IS NOT NULL") > 1


def test_who_is_at_an_order_holds_up_nothing_but_a_command_about_it(shop: Shop, group_id: str) -> None:
    _send_many(shop, WORTH + 2, 0)
    others = [f"shop:{n}" for n in range(2, WORTH + 2)]
    half = len(others) // 2
    with running(shop, group_id), shop.connect() as gate, shop.connect() as holder:
        until(lambda: _all_there(shop, WORTH + 2, 0))
        for connection, order in ((gate, "shop:1"), (holder, "shop:0")):
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM orders WHERE order_key = %s FOR UPDATE", (order,))
        # The worker stands still at this one until all others are there, so that they come to it together.
        shop.send("status", "shop:1", "gate")
        shop.flush()
        time.sleep(0.5)
        for before, order in enumerate(others):
            if before == half:
                shop.flush()
                shop.send("comment", "shop:0", "asked", key="case-7")
                shop.flush()
            shop.send("status", order, "picked")
        shop.flush()
        time.sleep(0.5)
        gate.execute("COMMIT")
        until(lambda: all(shop.marks(order)[-1] == "picked" for order in others), 4)
        assert shop.marks("shop:0") == ["placed"]
        holder.execute("COMMIT")
        until(lambda: shop.marks("shop:0") == ["placed", "asked"])


def test_poison_is_halved_out_of_its_batch_and_parked_alone(shop: Shop, group_id: str) -> None:
    for n in range(20):
        shop.send("order", f"shop:{n}", "placed")
    for n in range(20):
        shop.send("status", f"shop:{n}", "nul" if n == 7 else "s")
    shop.send("status", "shop:7", "behind")
    shop.flush()
    with running(shop, group_id):
        until(lambda: shop.one("SELECT count(*) FROM parked") == 2)
        until(lambda: shop.one("SELECT count(*) FROM history") == 39)
    assert shop.marks("shop:7") == ["placed"]
    assert shop.rows("SELECT reason, behind FROM parked ORDER BY id") == [
        ("refused_by_database", False),
        ("behind", True),
    ]


def test_a_database_that_goes_away_is_waited_for(shop: Shop, group_id: str) -> None:
    with running(shop, group_id) as it:
        until(lambda: it.loop.ready)
        for turn in range(5):
            shop.send("order" if turn == 0 else "status", "shop:1", f"t{turn}")
            shop.flush()
            with psycopg.connect(shop.url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        until(lambda: len(shop.marks()) == 5)
    assert shop.marks() == ["t0", "t1", "t2", "t3", "t4"]


def test_a_registry_that_is_away_is_waited_for_and_nothing_is_parked(shop: Shop, group_id: str) -> None:
    registry = Registry(away=True)
    with running(shop, group_id, rules=counting_rules(registry)) as it:
        _send_many(shop, 5, 2)
        until(lambda: it.loop.ready)
        time.sleep(1.5)
        assert shop.one("SELECT count(*) FROM history") == 0
        registry.away = False
        until(lambda: _all_there(shop, 5, 2))
    assert shop.one("SELECT count(*) FROM parked") == 0


def test_a_moved_position_fences_the_worker_which_joins_again(shop: Shop, group_id: str) -> None:
    with running(shop, group_id) as it:
        _send_many(shop, 10, 1)
        until(lambda: _all_there(shop, 10, 1))
        until(lambda: it.loop.ready)
        shop.rows("UPDATE input_position SET next_offset = 0 WHERE next_offset > 0 RETURNING 1")
        _send_many(shop, 10, 1)
        until(lambda: _all_there(shop, 20, 1))
    # What was read before was read again and had no effect.
    assert sorted(shop.marks("shop:3")) == ["placed", "placed", "s0", "s0"]


def test_a_clean_stop_is_soon_and_leaves_no_transaction_open(shop: Shop, group_id: str) -> None:
    _send_many(shop, 200, 5)
    it = Running(shop, group_id, batch_size=100)
    it.thread.start()
    until(lambda: shop.one("SELECT count(*) FROM history") > 0)
    assert it.end() < 10
    assert it.died is None
    assert (
        shop.rows("SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = current_database()") == []
    )


def test_much_failing_alike_stops_the_worker_with_a_sentence(shop: Shop, group_id: str) -> None:
    for n in range(300):
        shop.send("garbage", f"shop:{n}")
    shop.flush()
    with running(shop, group_id) as it:
        it.thread.join(30)
        assert isinstance(it.died, Stop)
        assert it.died.code == "circuit_open"
    assert shop.one("SELECT count(*) FROM parked") < 100


def test_a_missing_topic_is_named(embedded_broker: EmbeddedBroker, database_url: str, group_id: str) -> None:
    shop = Shop(embedded_broker, database_url)
    it = Running(shop, group_id, topics=[*INBOUND, "nobody.made.this"])
    it.thread.start()
    it.thread.join(30)
    assert isinstance(it.died, MissingTopic)
    assert it.died.names == ("nobody.made.this",)


@pytest.mark.parametrize(
    ("change", "code"),
    [("next_offset = next_offset + 1000", "topic_truncated"), ("topic_id = 'another', next_offset = 0", None)],
)
def test_what_is_not_the_topic_that_was_read_stops_the_worker(
    shop: Shop, group_id: str, change: str, code: str | None
) -> None:
    """The embedded broker tells no topic ids, so there a recreated topic is seen by its offsets only."""
    with running(shop, group_id):
        _send_many(shop, 10, 1)
        until(lambda: _all_there(shop, 10, 1))
    shop.rows(f"UPDATE input_position SET {change} RETURNING 1")
    with running(shop, group_id) as it:
        if code is None:
            until(lambda: it.loop.ready)
        else:
            it.thread.join(30)
            assert isinstance(it.died, Stop)
            assert it.died.code == code


def test_a_message_put_aside_is_passed_by_undecoded(shop: Shop, group_id: str) -> None:
    with running(shop, group_id):
        shop.send("order", "shop:1", "placed")
        shop.flush()
        until(lambda: shop.marks() == ["placed"])
    shop.send("status", "shop:1", "before")
    shop.send("status", "shop:1", "kills")
    shop.send("status", "shop:1", "behind")
    shop.flush()
    topic, partition, first = shop.rows(
        "SELECT topic, partition, next_offset FROM input_position WHERE topic = %s AND next_offset = 0"
        " AND partition = (SELECT partition FROM input_position WHERE topic = %s AND next_offset > 0)",
        TOPIC_OF["status"],
        TOPIC_OF["order"],
    )[0]
    settings = consumer_settings(shop.properties, group_id=group_id, client_id="test")

    def add(offset: int) -> None:
        parking.add(shop.connect, settings, counting_rules(), group_id, (topic, partition, offset), "anna")

    add(first + 1)
    assert shop.rows("SELECT action, by FROM parked_audit") == [("added", "anna")]
    with pytest.raises(CannotPark) as twice:
        add(first + 1)
    assert twice.value.code == "already_parked"
    with running(shop, group_id):
        until(lambda: shop.one("SELECT count(*) FROM parked") == 2)
    assert shop.marks() == ["placed", "before"]
    assert shop.rows("SELECT reason, behind FROM parked ORDER BY id") == [("put_aside", False), ("behind", True)]
    assert shop.one("SELECT count(*) - count(DISTINCT event_id) FROM outbox") == 0
    with pytest.raises(CannotPark) as caught:
        add(first)
    assert caught.value.code == "not_ahead"
    with pytest.raises(CannotPark) as nowhere:
        add(first + 50)
    assert nowhere.value.code == "not_on_kafka"
    (done,) = parked_replay.replay(
        shop.connect, counting_rules(), group_id, [shop.one("SELECT min(id) FROM parked")], "anna"
    )
    assert len(done.gone) == 2
    assert shop.marks() == ["placed", "before", "kills", "behind"]
