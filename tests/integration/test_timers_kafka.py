"""Timers in a running worker: over Kafka's protocol (the embedded broker), a real PostgreSQL, and then the real rules."""

import time
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from consumers import topic_state
from consumers.assignment import Assignment
from consumers.attempt import Caps
from consumers.caught_up import CaughtUp
from consumers.client import consumer_settings
from consumers.observer import Silent
from domain.policy_file import read
from ordercase.embedded_broker import EmbeddedBroker
from schemas.codec import Codec
from schemas.topics import COMMANDS, INBOUND, ORDERS
from storage.positions import Partition, Position
from tests.builders.wire import valid
from tests.integration.counting_rules import TOPIC_OF, body
from tests.integration.running_loop import Shop, running, until
from tests.integration.stored_worker import real_rules
from tests.integration.timing_rules import timing_rules
from tests.real.kafka import Kafka


def micros() -> int:
    return time.time_ns() // 1000


@pytest.fixture(name="shop")
def _shop(embedded_broker: EmbeddedBroker, database_url: str) -> Shop:
    return Shop(embedded_broker, database_url)


def fired(shop: Shop, order: str = "shop:1") -> list[str]:
    return [mark for mark in shop.marks(order) if mark.startswith("fired")]


def test_timers_fire_in_a_worker_that_has_nothing_else_to_do(shop: Shop, group_id: str) -> None:
    """Its partitions were read to their ends long before the timers are due; that they still are has to be asked."""
    shop.send("order", "shop:1", "placed")
    shop.flush()
    with running(shop, group_id, rules=timing_rules()) as it:
        until(lambda: shop.marks() == ["placed"])
        due = micros() + 1_500_000
        shop.send("status", "shop:1", f"at:late:{due}")
        shop.send("status", "shop:1", f"at:past:{due - 100_000_000}")
        shop.flush()
        until(lambda: fired(shop) == ["fired:past"], 10)
        assert micros() < due
        until(lambda: fired(shop) == ["fired:past", "fired:late"], 10)
        assert micros() >= due
        assert it.died is None
    assert shop.one("SELECT count(*) FROM timers") == 0
    assert shop.one("SELECT min(caught_up_at) FROM input_position") >= due


def test_two_workers_fire_everything_once(shop: Shop, group_id: str) -> None:
    for n in range(40):
        shop.send("order", f"shop:{n}", "placed")
        shop.send("status", f"shop:{n}", f"at:close:{micros() + 50_000 * n}")
    shop.flush()
    with running(shop, group_id, rules=timing_rules(), batch_size=5) as first:
        until(lambda: first.loop.ready)
        with running(shop, group_id, rules=timing_rules(), batch_size=5) as second:
            until(lambda: shop.one("SELECT count(*) FROM history") == 120, 60)
            assert first.died is None
            assert second.died is None
    assert all(fired(shop, f"shop:{n}") == ["fired:close"] for n in range(40))


def test_nothing_fires_past_a_partition_that_is_left_alone(shop: Shop, group_id: str) -> None:
    """Too much is parked, so a partition is not read: what stands in it might be what a timer waits for."""
    shop.send("order", "shop:1", "placed")
    shop.flush()
    with running(shop, group_id, rules=timing_rules(), caps=Caps(per_key=0, total=0)):
        until(lambda: shop.one("SELECT count(caught_up_at) FROM input_position") == 4 * len(INBOUND))
        shop.send("garbage", "shop:2")
        shop.flush()
        time.sleep(0.5)
        shop.send("order", "shop:3", "placed")
        shop.flush()
        until(lambda: shop.marks("shop:3") == ["placed"])
        due = micros()
        shop.send("order", "shop:1", f"at:close:{due}")
        shop.flush()
        until(lambda: shop.one("SELECT count(*) FROM timers") == 1)
        time.sleep(2)
        behind = shop.rows("SELECT topic FROM input_position WHERE caught_up_at < %s", due)
        assert behind == [(TOPIC_OF["garbage"],)]
        assert fired(shop) == []


def test_an_end_that_was_asked_for_is_kept_until_it_is_read(shop: Shop, group_id: str) -> None:
    """Under load the end runs away; what counts is where it was."""
    busy, quiet = (ORDERS, 1), (ORDERS, 2)
    consumer = Consumer(consumer_settings(shop.properties, group_id=group_id, client_id="test"))
    here = Assignment(shop.connect, group_id, lambda _: ({}, {}), Silent())
    clock = _Ticking()
    caught_up = CaughtUp(here, clock)

    def send(count: int) -> None:
        for _ in range(count):
            shop.producer.produce(ORDERS, body("order"), "shop:1", partition=1)
        shop.flush()

    def reached(until: int = 5) -> dict[Partition, tuple[int, int]]:
        known = {quiet: Position("", 0, 0, 20)}
        found = caught_up.reached(consumer, known, until)
        return {name: (end.offset, end.seen_at) for name, end in found.items()}

    here.expected = {busy: 0, quiet: 0}
    send(3)
    assert reached() == {}
    send(4)
    assert reached() == {}
    here.expected[busy] = 3
    assert reached() == {busy: (3, 10)}
    assert reached() == {}
    here.expected[busy] = 7
    assert reached(until=30) == {busy: (7, 11), quiet: (0, 12)}
    here.held = {busy}
    assert reached() == {}
    consumer.close()


class _Ticking:
    """A clock that goes on by one each time it is read."""

    def __init__(self) -> None:
        self.at = 10

    def __call__(self) -> int:
        self.at += 1
        return self.at - 1


def test_a_case_that_nobody_works_on_is_breached(shop: Shop, group_id: str) -> None:
    case_id, line_id = str(uuid4()), str(uuid4())
    actor = {"id": "anna", "roles": ["agent"], "channels": ["*"], "accounts": []}
    codec = Codec(None)

    def send(command: str, **fields: Any) -> None:
        value = {"command_id": str(uuid4()), "issued_at": micros(), "actor": actor, "case_id": case_id, **fields}
        shop.producer.produce(COMMANDS, codec.encode(COMMANDS, f"commands.{command}", value), case_id)
        shop.flush()

    event = valid("commerce.OrderEvent")
    order_id = event["order"]["order_id"]
    shop.producer.produce(ORDERS, codec.encode(ORDERS, "commerce.OrderEvent", event), f"web:{order_id}")
    shop.flush()
    with running(shop, group_id, rules=real_rules(read('[default.cases]\nsla_hours = { 3 = "PT2S" }\n'))) as it:
        until(lambda: shop.one("SELECT count(*) FROM orders WHERE known") == 1)
        line = {"case_line_id": line_id, "order_id": order_id, "line_number": 1, "request": {"kind": "OTHER"}}
        send("OpenCase", service="RETURN", scope="SPECIFIC_LINES", sales_channel="web", order_id=order_id, lines=[line],
             channel="PHONE", origin="ORDER_LINES", short_description="Too small", priority=3)  # fmt: skip
        send("SubmitCase")
        until(lambda: shop.rows("SELECT name FROM timers WHERE ref_key = %s", case_id) == [("sla",)], 20)
        due = shop.one("SELECT sla_due_at FROM cases WHERE case_id = %s", case_id)
        until(lambda: shop.one("SELECT sla_state FROM cases WHERE case_id = %s", case_id) == "BREACHED", 20)
        assert micros() >= due
        assert it.died is None
    assert shop.one("SELECT attention FROM cases WHERE case_id = %s", case_id) == ["sla_breached"]
    assert shop.rows("SELECT name FROM timers WHERE ref_key = %s", case_id) == []
    query = "SELECT actor_id, words FROM history WHERE entity_key = %s ORDER BY id DESC LIMIT 1"
    actor_id, words = shop.rows(query, case_id)[0]
    assert actor_id == "system"
    assert words


def test_the_end_that_is_asked_for_is_the_one_that_reading_reaches(kafka: Kafka, group_id: str) -> None:
    """What is in an open transaction is not there yet; behind one that ended stands a marker that nobody is given."""
    kafka.create_topics(["ends"], partitions=1)
    name = ("ends", 0)
    properties = {"bootstrap.servers": kafka.bootstrap_servers}
    consumer = Consumer(consumer_settings(properties, group_id=group_id, client_id="test"))
    consumer.list_topics("ends", timeout=10)
    producer = Producer({**properties, "transactional.id": group_id})
    producer.init_transactions()

    def ends_at() -> int:
        return topic_state.ends_of(consumer, [name])[name]

    producer.begin_transaction()
    producer.produce("ends", b"1")
    producer.produce("ends", b"2")
    producer.flush()
    assert ends_at() == 0
    producer.commit_transaction()
    until(lambda: ends_at() == 3)
    producer.begin_transaction()
    producer.produce("ends", b"never")
    producer.flush()
    assert ends_at() == 3
    producer.abort_transaction()
    until(lambda: ends_at() == 5)
    consumer.assign([TopicPartition("ends", 0, 0)])
    seen: list[Any] = []
    while not seen or seen[-1].error() is None:
        seen += consumer.consume(1, 5)
    assert [one.value() for one in seen[:-1]] == [b"1", b"2"]
    assert seen[-1].error().code() == KafkaError._PARTITION_EOF
    assert seen[-1].offset() == 5
    consumer.close()
