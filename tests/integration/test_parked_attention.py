"""An order of which something is parked says so, until it is mended or given up (domain.md 4, 10)."""

from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Message, Producer

from consumers import parked_replay, parking
from consumers.client import consumer_settings
from ordercase.embedded_broker import EmbeddedBroker
from schemas.topics import COMMANDS, DEAD_LETTERS, ORDER_STATES, ORDERS, PAYMENT_EVENTS, REPLIES, WAREHOUSE_STATUS
from tests.builders.wire import valid
from tests.integration.stored_worker import GROUP, StoredWorker

KEY = "web:1001"
IDS = "00000000-0000-4000-8000-{:012d}"


@pytest.fixture(name="worker")
def _worker(database_url: str) -> Iterator[StoredWorker]:
    with StoredWorker(database_url) as worker:
        yield worker


def place(worker: StoredWorker, revision: int = 1) -> None:
    value = valid("commerce.OrderEvent", event_id=IDS.format(revision), revision=revision, kind="UPDATED")
    value["order"] |= {"order_id": "1001", "original_order_id": None, "checkout_id": None, "order_discount_minor": 0}
    worker.send(ORDERS, "commerce.OrderEvent", KEY, value)


def attention(worker: StoredWorker) -> list[list[str]]:
    """As it was published, one after the other."""
    return [seen.value["attention"] for seen in worker.receive() if seen.topic == ORDER_STATES]


def parked_ids(worker: StoredWorker) -> list[int]:
    return [row[0] for row in worker.rows("SELECT id FROM parked ORDER BY id")]


def comment(worker: StoredWorker) -> list[Any]:
    value = valid(
        "commands.AddComment", case_id=None, sales_channel="web", order_id="1001", expected_version=None, dry_run=False
    )
    value["actor"] |= {"roles": ["manager"], "channels": ["*"]}
    worker.send(COMMANDS, "commands.AddComment", KEY, value)
    return [seen.value["message"] for seen in worker.receive() if seen.topic == REPLIES]


def test_a_parked_message_raises_attention_and_giving_it_up_clears_it(worker: StoredWorker) -> None:
    place(worker)
    assert attention(worker) == [[]]
    worker.send_raw(WAREHOUSE_STATUS, KEY, b"garbage")
    worker.send_raw(WAREHOUSE_STATUS, KEY, b"behind it")
    assert attention(worker) == [["parked"]]
    (said,) = comment(worker)
    assert "parked and not applied yet" in said
    first, second = parked_ids(worker)
    parking.discard(worker.connect, worker.rules, GROUP, first, "nonsense", "anna")
    assert attention(worker) == []
    parking.discard(worker.connect, worker.rules, GROUP, second, "nonsense", "anna")
    assert attention(worker) == [[]]


def test_it_stays_while_something_is_parked_on_another_topic(worker: StoredWorker) -> None:
    place(worker)
    worker.send_raw(WAREHOUSE_STATUS, KEY, b"garbage")
    worker.send_raw(PAYMENT_EVENTS, KEY, b"garbage")
    assert attention(worker) == [[], ["parked"]]
    first, second = parked_ids(worker)
    parking.discard(worker.connect, worker.rules, GROUP, first, "nonsense", "anna")
    assert attention(worker) == []
    parking.discard(worker.connect, worker.rules, GROUP, second, "nonsense", "anna")
    assert attention(worker) == [[]]


def test_what_is_tried_again_and_fails_again_changes_nothing(worker: StoredWorker) -> None:
    place(worker)
    worker.send_raw(WAREHOUSE_STATUS, KEY, b"garbage")
    assert attention(worker) == [[], ["parked"]]
    (done,) = parked_replay.replay(worker.connect, worker.rules, GROUP, parked_ids(worker), "anna")
    assert done.left
    assert attention(worker) == []


def test_what_goes_through_at_last_clears_it(worker: StoredWorker) -> None:
    place(worker)
    place(worker, revision=2)
    assert attention(worker) == [[]]
    worker.send_raw(ORDERS, KEY, b"garbage")
    place(worker, revision=3)
    assert attention(worker) == [["parked"]]
    first, second = parked_ids(worker)
    parking.discard(worker.connect, worker.rules, GROUP, first, "nonsense", "anna")
    assert attention(worker) == []
    (done,) = parked_replay.replay(worker.connect, worker.rules, GROUP, [second], "anna")
    assert done.gone == (second,)
    assert attention(worker) == [[]]


def test_what_is_put_aside_by_hand_raises_it_too(worker: StoredWorker, embedded_broker: EmbeddedBroker) -> None:
    place(worker)
    assert attention(worker) == [[]]
    embedded_broker.make_topic(WAREHOUSE_STATUS)
    properties = {"bootstrap.servers": embedded_broker.bootstrap_servers}
    there: list[Message] = []
    producer = Producer(properties)
    producer.produce(WAREHOUSE_STATUS, b"kills", KEY, partition=0, on_delivery=lambda _error, one: there.append(one))
    assert producer.flush(10) == 0
    settings = consumer_settings(properties, group_id=GROUP, client_id="test")
    where = (WAREHOUSE_STATUS, 0, there[0].offset() or 0)
    kept = parking.add(worker.connect, settings, worker.rules, GROUP, where, "anna")
    seen = worker.receive()
    assert [one.value["attention"] for one in seen if one.topic == ORDER_STATES] == [["parked"]]
    assert [one.value["ordercase_reason"] for one in seen if one.topic == DEAD_LETTERS] == ["put_aside"]
    parking.discard(worker.connect, worker.rules, GROUP, kept.id, "it kills", "anna")
    assert attention(worker) == [[]]


def test_an_order_that_nobody_knows_is_left_alone(worker: StoredWorker) -> None:
    worker.send_raw(WAREHOUSE_STATUS, KEY, b"garbage")
    assert attention(worker) == []
    place(worker)
    assert attention(worker) == [[]]
