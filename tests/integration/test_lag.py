"""The lag that a worker tells is the broker's own, also while nothing can be read."""

import time
from collections.abc import Mapping

import pytest
from confluent_kafka import Consumer, TopicPartition

from consumers import chores, standstill
from consumers.attempt import Caps
from ordercase.embedded_broker import EmbeddedBroker
from schemas.topics import INBOUND
from storage.positions import Partition
from tests.integration.counting_rules import Registry, counting_rules
from tests.integration.running_loop import Shop, running, until


@pytest.fixture(name="shop")
def _shop(embedded_broker: EmbeddedBroker, database_url: str) -> Shop:
    return Shop(embedded_broker, database_url)


def ends(shop: Shop) -> dict[Partition, int]:
    """Where each inbound partition ends, as somebody else hears it."""
    asking = Consumer({**shop.properties, "group.id": "somebody else"})
    try:
        topics = asking.list_topics(timeout=10).topics
        names = [(topic, number) for topic in INBOUND for number in topics[topic].partitions]
        return {name: asking.get_watermark_offsets(TopicPartition(*name), timeout=10)[1] for name in names}
    finally:
        asking.close()


def send(shop: Shop, orders: range) -> None:
    for n in orders:
        shop.send("order", f"shop:{n}", "placed")
    shop.flush()


def some(lag: Mapping[Partition, int]) -> dict[Partition, int]:
    return {name: behind for name, behind in lag.items() if behind}


def test_a_worker_that_stands_still_tells_what_arrives_meanwhile(
    shop: Shop, group_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standstill, "PAUSE_AFTER", 0.0)
    registry = Registry(away=True)
    with running(shop, group_id, rules=counting_rules(registry)) as it:
        until(lambda: it.loop.ready)
        send(shop, range(40))
        until(lambda: some(it.loop.lag()) == some(ends(shop)))
        time.sleep(0.5)  # its partitions are paused: what comes now is not fetched
        send(shop, range(40, 60))
        until(lambda: some(it.loop.lag()) == some(ends(shop)))
        assert sum(it.loop.lag().values()) == 60
        registry.away = False
        until(lambda: set(it.loop.lag().values()) == {0})
        assert it.loop.lag().keys() == ends(shop).keys()
    assert it.loop.lag() == {}


def test_a_partition_that_is_left_alone_is_told_too(shop: Shop, group_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "TRY_HALTED_AFTER", 60.0)
    with running(shop, group_id, caps=Caps(per_key=5, total=0)) as it:
        for _ in range(3):
            shop.send("garbage", "shop:1")
        shop.flush()
        until(lambda: some(it.loop.lag()) == some(ends(shop)))
        assert sum(it.loop.lag().values()) == 3
