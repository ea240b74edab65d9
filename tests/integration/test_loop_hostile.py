"""Hostile messages through the real loop, with the real rules and a real PostgreSQL: it goes on, whatever comes."""

import sys
from random import Random

import pytest
from confluent_kafka import Producer

from consumers.inputs import LARGEST_KEPT
from ordercase.embedded_broker import EmbeddedBroker
from schemas.codec import Codec
from schemas.topics import DEAD_LETTERS, ORDERS, PAYMENT_EVENTS
from tests.builders.wire import valid
from tests.fuzz.hostile import hostile
from tests.integration.raw_headers import send_with_header
from tests.integration.running_loop import Shop, running, until
from tests.integration.stored_worker import real_rules

KEY = "web:some order_id"
GIANT = 24_000_000


@pytest.fixture(name="shop")
def _shop(embedded_broker: EmbeddedBroker, database_url: str) -> Shop:
    return Shop(embedded_broker, database_url)


def order_event(order_id: str) -> tuple[str, bytes]:
    """(key, value) of an order that is as it should be."""
    value = valid("commerce.OrderEvent", event_id=f"00000000-0000-4000-8000-{abs(hash(order_id)) % 10**12:012d}")
    value["order"] |= {"order_id": order_id}
    return f"web:{order_id}", Codec().encode(ORDERS, "commerce.OrderEvent", value)


def send_order(shop: Shop, order_id: str) -> None:
    key, value = order_event(order_id)
    shop.producer.produce(ORDERS, value, key)


def known(shop: Shop) -> set[str]:
    return {row[0] for row in shop.rows("SELECT order_key FROM orders WHERE known")}


@pytest.mark.skipif(sys.platform != "linux", reason="finds the loaded library by /proc")
def test_a_header_whose_name_is_no_text_does_not_end_the_worker(shop: Shop, group_id: str) -> None:
    """The client cannot hand it out, and looking a second time would kill the process."""
    shop.producer.produce(ORDERS, b"before", "web:H-0", headers=[("traceparent", b"00-0-0-0")])
    key, value = order_event("H-1")
    send_with_header(shop.properties["bootstrap.servers"], ORDERS, key.encode(), value, b"\xff\xfe")
    send_with_header(shop.properties["bootstrap.servers"], ORDERS, b"web:H-2", b"garbage", b"\xff\xfe")
    send_order(shop, "H-3")
    shop.flush()
    with running(shop, group_id, rules=real_rules()) as it:
        until(lambda: {"web:H-1", "web:H-3"} <= known(shop))
        until(lambda: shop.one("SELECT count(*) FROM parked") == 2)
        assert it.died is None
    kept = dict(shop.rows("SELECT encode(key, 'escape'), headers FROM parked"))
    assert kept == {"web:H-0": '[["traceparent","00-0-0-0"]]', "web:H-2": "[]"}


def test_a_value_that_unfolds_to_many_megabytes_is_parked_cut_and_leaves_as_a_dead_letter(
    shop: Shop, group_id: str
) -> None:
    """A broker measures what is compressed; the relay has to be able to send what is left."""
    servers = shop.properties["bootstrap.servers"]
    bomber = Producer({"bootstrap.servers": servers, "compression.type": "gzip", "message.max.bytes": 2 * GIANT})
    bomber.produce(ORDERS, bytes(GIANT), b"web:B-1")
    assert bomber.flush(30) == 0
    send_order(shop, "B-2")
    shop.flush()
    with running(shop, group_id, rules=real_rules()) as it:
        until(lambda: "web:B-2" in known(shop))
        until(lambda: shop.one("SELECT count(*) FROM parked") == 1)
        assert it.died is None
    reason, sentence, size = shop.rows("SELECT reason, sentence, length(value) FROM parked")[0]
    assert (reason, size) == ("too_large", LARGEST_KEPT)
    assert str(GIANT) in sentence
    assert shop.rows("SELECT length(value) FROM outbox WHERE topic = %s", DEAD_LETTERS) == [(LARGEST_KEPT,)]


def test_what_is_too_long_for_an_index_is_parked_and_does_not_stop_the_worker(shop: Shop, group_id: str) -> None:
    noise = Random(1)
    shop.producer.produce(ORDERS, b"garbage", noise.randbytes(9_000))
    value = valid("commerce.OrderEvent", event_id="00000000-0000-4000-8000-000000000001")
    value["order"]["order_id"] = "L-1"
    value["order"]["shipping_address"]["postcode"] = "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(4_000))
    shop.producer.produce(ORDERS, Codec().encode(ORDERS, "commerce.OrderEvent", value), "web:L-1")
    send_order(shop, "L-2")
    shop.flush()
    with running(shop, group_id, rules=real_rules()) as it:
        until(lambda: it.died is not None or "web:L-2" in known(shop))
        until(lambda: it.died is not None or len(shop.rows("SELECT id FROM parked") + list(known(shop))) >= 3)
        assert it.died is None
    reasons = shop.rows("SELECT reason, length(key) FROM parked ORDER BY 1")
    assert ("undecodable", 2_000) in reasons
    assert [reason for reason, _ in reasons] == ["refused_by_database", "undecodable"]


def test_hostile_messages_of_every_kind_are_read_to_the_end_and_what_is_right_is_applied(
    shop: Shop, group_id: str
) -> None:
    """Few of each topic, so that the circuit breaker takes them for the single bad messages that they are."""
    sent: dict[str, int] = {}
    for number in range(400):
        made = hostile(99, number)
        if sent.get(made.topic, 0) < 40 and len(made.value or b"") < 1_000_000 and len(made.key or b"") < 10_000:
            sent[made.topic] = sent.get(made.topic, 0) + 1
            shop.producer.produce(made.topic, made.value, made.key)
            send_order(shop, f"F-{number}")
    key = f"{KEY}-after".encode()
    value = Codec().encode(PAYMENT_EVENTS, "payments.PaymentEvent", valid("payments.PaymentEvent"))
    shop.producer.produce(PAYMENT_EVENTS, value, key)
    shop.flush()
    with running(shop, group_id, rules=real_rules()) as it:
        read = "SELECT coalesce(sum(next_offset), 0) FROM input_position"
        total = sum(sent.values()) * 2 + 1
        until(lambda: it.died is not None or shop.one(read) == total, 60)
        assert it.died is None
    assert {f"web:F-{n}" for n in range(400)} & known(shop)
    assert shop.one("SELECT count(*) FROM parked WHERE reason = 'rule_broken'") == 0
    assert shop.one("SELECT count(*) FROM parked WHERE reason = 'key_mismatch' AND topic = %s", PAYMENT_EVENTS) >= 1
