"""The clients of examples/, run as anybody would run them: what they send is taken, what is published they can read."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from domain.facts import NoticeReceipt, OrderEvent, PaymentEvent, Shipment
from ordercase.embedded_broker import PARTITIONS, EmbeddedBroker
from schemas.codec import Codec

ROOT = Path(__file__).parents[2]
NOW = 1_780_000_000_000_000
MADE = {"event_id": str(uuid4()), "occurred_at": NOW, "cause_id": "c", "actor": {"id": "worker", "kind": "SYSTEM"}}
CHANGED = MADE | {
    "version": 2,
    "created_at": NOW,
    "created_by": MADE["actor"],
    "sales_channel": "web-de",
    "order_id": "1007",
}


def environment(broker: EmbeddedBroker) -> dict[str, str]:
    return {**os.environ, "KAFKA": broker.bootstrap_servers, "SCHEMAS": str(ROOT / "schemas" / "avro")}


def produced(broker: EmbeddedBroker, topic: str, name: str, *arguments: str) -> Any:
    """What the codec makes of the one message that an example sends."""
    broker.make_topic(topic)
    command = [sys.executable, str(ROOT / "examples" / f"{name}.py"), *arguments]
    subprocess.run(command, env=environment(broker), check=True, timeout=60)
    message = first_of(broker, topic)
    key = message.key()
    assert isinstance(key, bytes)
    return Codec().decode(topic, key, message.value())


def first_of(broker: EmbeddedBroker, topic: str) -> Message:
    consumer = Consumer(
        {"bootstrap.servers": broker.bootstrap_servers, "group.id": "test", "auto.offset.reset": "earliest"}
    )
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        (message,) = consumer.consume(1, 20)
        assert message.error() is None
        return message
    finally:
        consumer.close()


def test_a_shop_places_an_order(embedded_broker: EmbeddedBroker) -> None:
    event = produced(embedded_broker, "commerce.orders.v1", "shop_producer", "web-de", "1007")
    assert isinstance(event, OrderEvent)
    assert (event.order.order_id, event.order.lines[0].total_minor) == ("1007", 3990)


def test_a_gateway_captures(embedded_broker: EmbeddedBroker) -> None:
    reference = str(uuid4())
    arguments = ("web-de", "1007", "REFUNDED", "1995", reference)
    event = produced(embedded_broker, "payments.events.v1", "gateway_producer", *arguments)
    assert isinstance(event, PaymentEvent)
    assert (event.kind, event.amount_minor, event.operation_reference) == ("REFUNDED", 1995, reference)


def test_a_warehouse_ships(embedded_broker: EmbeddedBroker) -> None:
    event = produced(embedded_broker, "warehouse.status.v1", "warehouse_producer", "web-de", "1007", "2")
    assert isinstance(event, Shipment)
    assert event.packages[0].lines[0].quantity == 2


def test_a_notifier_has_sent(embedded_broker: EmbeddedBroker) -> None:
    notice = str(uuid4())
    event = produced(embedded_broker, "notifications.receipts.v1", "notifier_producer", "web-de:1007", notice)
    assert isinstance(event, NoticeReceipt)
    assert (event.notice_id, event.status) == (notice, "SENT")


@contextmanager
def consumer_of(broker: EmbeddedBroker, name: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(ROOT / "examples" / f"{name}.py")]
    with subprocess.Popen(command, env=environment(broker), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def consumed(broker: EmbeddedBroker, name: str, topic: str, record: str, value: dict[str, Any]) -> str:
    """The line that an example prints for one record that the worker publishes."""
    broker.make_topic(topic)
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    producer.produce(topic, key="web-de:1007", value=Codec().encode(topic, record, value))
    assert producer.flush(20) == 0
    with consumer_of(broker, name) as process:
        assert process.stdout is not None
        started = time.monotonic()
        line = process.stdout.readline()
        assert line, f"{name} printed nothing in {time.monotonic() - started:.0f} s"
        return line.strip()


def test_a_shop_takes_over_an_exchange_order(embedded_broker: EmbeddedBroker) -> None:
    line = {"line_number": 1, "sku": "SHIRT-M", "product_type": "PHYSICAL", "quantity": 1, "unit_price_minor": 1995,
            "discount_minor": 1995, "total_minor": 0}  # fmt: skip
    order = {"sales_channel": "web-de", "order_id": "1007E", "original_order_id": "1007", "order_type": "EXCHANGE",
             "status": "NEW", "placed_at": NOW, "currency": "EUR", "tax_included": True, "lines": [line],
             "customer": {"customer_id": "C-1"}}  # fmt: skip
    value = MADE | {"exchange_id": str(uuid4()), "hold": False, "order": order}
    said = consumed(embedded_broker, "shop_consumer", "ordercase.orders.v1", "postsales.ExchangeOrderCreated", value)
    assert said == "new order 1007E for 1007: 1 x SHIRT-M"


@pytest.mark.parametrize(
    ("topic", "record", "more", "words"),
    [
        ("ordercase.cancellations.v1", "postsales.CancellationChanged",
         {"state": "ASKED_WAREHOUSE", "cancellation_id": "c-1", "reason": "late", "forced": False}, "can you still stop c-1?"),
        ("ordercase.returns.v1", "postsales.ReturnChanged",
         {"state": "APPROVED", "return_id": "r-1", "rma": "RMA-1", "blind": False, "comment": "no"}, "under RMA-1"),
    ],
)  # fmt: skip
def test_a_warehouse_is_asked(
    embedded_broker: EmbeddedBroker, topic: str, record: str, more: dict[str, Any], words: str
) -> None:
    assert words in consumed(embedded_broker, "warehouse_consumer", topic, record, CHANGED | more)


def test_a_gateway_is_asked(embedded_broker: EmbeddedBroker) -> None:
    value = {"event_id": str(uuid4()), "occurred_at": NOW, "operation_reference": "leg-1", "kind": "REFUND",
             "sales_channel": "web-de", "order_id": "1007", "payment_ref": "P-1", "gateway": "acme-pay", "method": "CARD",
             "amount_minor": 1995, "currency": "EUR", "attempt": 1}  # fmt: skip
    said = consumed(embedded_broker, "gateway_consumer", "payments.requests.v1", "payments.PaymentRequest", value)
    assert said == "REFUND 1995 EUR of P-1: attempt 1 of leg-1"


def test_a_notifier_is_asked(embedded_broker: EmbeddedBroker) -> None:
    value = {"event_id": str(uuid4()), "occurred_at": NOW, "cause_id": "c", "notice_id": "n-1", "kind": "REFUND_RELEASED",
             "recipient": "robin@shop.example", "language": "en", "sales_channel": "web-de", "order_id": "1007",
             "facts": {"amount": "19.95 EUR"}}  # fmt: skip
    said = consumed(
        embedded_broker, "notifier_consumer", "ordercase.notices.v1", "notifications.NoticeRequested", value
    )
    assert said == "n-1: REFUND_RELEASED to robin@shop.example: {'amount': '19.95 EUR'}"
