"""Many partitions read as one, in the order in which their messages were sent, and no more in hand than is needed."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from consumers import in_order
from consumers.client import consumer_settings
from consumers.in_order import InOrder
from ordercase.embedded_broker import EmbeddedBroker
from storage.positions import Partition

TOPICS = ("one", "two", "three")
BEGAN = 1_700_000_000_000


@pytest.fixture(name="consumer")
def _consumer(embedded_broker: EmbeddedBroker) -> Iterator[Consumer]:
    for topic in TOPICS:
        embedded_broker.make_topic(topic)
    properties = {"bootstrap.servers": embedded_broker.bootstrap_servers, "log_level": "3"}
    consumer = Consumer(consumer_settings(properties, group_id="in-order", client_id="in-order"))
    yield consumer
    consumer.close()


def send(broker: EmbeddedBroker, messages: list[tuple[str, int]]) -> None:
    """(topic, when) each, to the topic's first partition; its value says when."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "log_level": 3})
    for topic, at in messages:
        producer.produce(topic, str(at).encode(), partition=0, timestamp=BEGAN + at)
    assert producer.flush(20) == 0


def ends(consumer: Consumer) -> dict[Partition, int]:
    return {(topic, 0): consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1] for topic in TOPICS}


def read(consumer: Consumer, ends: dict[Partition, int], **begins: int) -> list[tuple[str, int]]:
    found = InOrder(consumer, {name: begins.get(name[0], 0) for name in ends}, ends)
    return [(str(raw.topic()), int(raw.value())) for _, raw in found]


def test_partitions_are_merged_by_the_time_of_sending(embedded_broker: EmbeddedBroker, consumer: Consumer) -> None:
    send(embedded_broker, [("one", 1), ("one", 4), ("one", 9), ("two", 2), ("two", 8), ("three", 3), ("three", 5)])
    found = read(consumer, ends(consumer))
    assert [at for _, at in found] == [1, 2, 3, 4, 5, 8, 9]


def test_within_a_partition_kafkas_order_holds_whatever_the_times_say(
    embedded_broker: EmbeddedBroker, consumer: Consumer
) -> None:
    send(embedded_broker, [("one", 7), ("one", 1), ("one", 8), ("two", 2), ("two", 9)])
    found = read(consumer, ends(consumer))
    assert [at for topic, at in found if topic == "one"] == [7, 1, 8]
    assert [at for _, at in found] == [2, 7, 1, 8, 9], "what was sent at 1 counts from 7"


def test_it_begins_and_ends_where_it_is_told(embedded_broker: EmbeddedBroker, consumer: Consumer) -> None:
    send(embedded_broker, [("one", 1), ("one", 2), ("one", 3), ("two", 1)])
    until = ends(consumer)
    send(embedded_broker, [("one", 4), ("two", 2)])
    assert read(consumer, until, one=1, two=1) == [("one", 2), ("one", 3)]


def test_nothing_to_read_is_nothing(consumer: Consumer) -> None:
    assert read(consumer, ends(consumer)) == []


def test_a_partition_that_is_far_ahead_is_not_read_to_its_end_at_once(
    embedded_broker: EmbeddedBroker, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of "one" was sent before "two"'s last: it need not be held, and none of it gets lost by being made to wait."""
    monkeypatch.setattr(in_order, "MANY", 40)
    monkeypatch.setattr(in_order, "AT_ONCE", 20)
    send(embedded_broker, [("one", at) for at in range(500, 1000)] + [("two", at) for at in range(0, 1000, 2)])
    until = ends(consumer)
    messages = InOrder(consumer, dict.fromkeys(until, 0), until)
    most, found = 0, []
    for _, raw in messages:
        found.append((str(raw.topic()), int(raw.value() or b"0")))
        most = max(most, *(len(held) for held in messages._held.values()))
    assert [at for topic, at in found if topic == "one"] == list(range(500, 1000))
    assert [at for topic, at in found if topic == "two"] == list(range(0, 1000, 2))
    assert [at for _, at in found] == sorted(at for _, at in found)
    assert most <= 40 + 20 + 1
