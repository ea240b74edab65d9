"""The key that each message must have, and what a null value under a key says."""

from typing import Any

import pytest

from domain import facts
from domain.run import order_ref
from domain.standstill import StandsStill
from schemas.codec import Codec
from schemas.edge import COMMAND_TYPES, FACT_TYPES
from schemas.keys import key_of, standstill
from schemas.refusal import InvalidCommand, Undecodable
from schemas.topics import CHECKOUTS, INBOUND, ORDERS, PAYMENT_EVENTS, PRODUCTS, SOURCES, STOCK, TOPIC_OF
from tests.builders.wire import valid

CODEC = Codec()


def through(record: str, value: dict[str, Any], key: str) -> Any:
    topic = TOPIC_OF[record]
    return CODEC.decode(topic, key.encode(), CODEC.encode(topic, record, value))


@pytest.mark.parametrize("key", ["web:some order_id", "web:some checkout_id"])
def test_a_payment_with_both_ids_may_have_either_key(key: str) -> None:
    assert through("payments.PaymentEvent", valid("payments.PaymentEvent"), key).order_id == "some order_id"


@pytest.mark.parametrize("record", [record for record in FACT_TYPES if record != "notifications.NoticeReceipt"])
@pytest.mark.parametrize("key", [b"web:another", None, b"\xff"])
def test_an_event_under_another_key_is_parked(record: str, key: bytes | None) -> None:
    topic = TOPIC_OF[record]
    with pytest.raises(Undecodable) as refused:
        CODEC.decode(topic, key, CODEC.encode(topic, record, valid(record)))
    assert refused.value.reason == "key_mismatch"


def test_the_key_of_a_notice_receipt_is_nobodys_business() -> None:
    assert through("notifications.NoticeReceipt", valid("notifications.NoticeReceipt"), "anything").status == "SENT"


@pytest.mark.parametrize("record", COMMAND_TYPES)
def test_a_command_under_another_key_is_answered(record: str) -> None:
    with pytest.raises(InvalidCommand) as refused:
        through(record, valid(record), "web:another")
    assert refused.value.code == "invalid_command"
    assert refused.value.command_id == valid(record)["command_id"]


KEYS = {
    "commands.OpenCase": "00000000-0000-4000-8000-000000000007",
    "commands.RecordInteraction": "00000000-0000-4000-8000-000000000014",
    "commands.RefundPayment": "web:some checkout_id",
    "commands.ApproveRefund": "web:some order_id",
    "commands.AddComment": "web:some order_id",
    "commands.CreateReturn": "web:some order_id",
    "commands.CloseCase": "00000000-0000-4000-8000-000000000007",
}


@pytest.mark.parametrize(("record", "key"), KEYS.items())
def test_keys_of_commands(record: str, key: str) -> None:
    assert key_of(record, valid(record)) == key


def test_a_refund_of_a_checkout_has_the_checkouts_key() -> None:
    value = valid("commands.ApproveRefund", order_id=None, checkout_id="C1")
    assert through("commands.ApproveRefund", value, "web:C1").checkout_id == "C1"


def test_null_values() -> None:
    assert CODEC.decode(PRODUCTS, b"A", None) == facts.ProductGone(sku="A")
    assert CODEC.decode(SOURCES, b"WH", None) == facts.SourceGone(source_id="WH")
    assert CODEC.decode(STOCK, b"web:A:1", None) == facts.StockUnknown(sales_channel="web", sku="A:1")


@pytest.mark.parametrize("topic", [topic for topic in INBOUND if topic not in (PRODUCTS, SOURCES, STOCK)])
def test_a_null_value_means_nothing_elsewhere(topic: str) -> None:
    with pytest.raises(Undecodable) as refused:
        CODEC.decode(topic, b"web:1", None)
    assert refused.value.reason == "unexpected_null"


@pytest.mark.parametrize(("topic", "key"), [(PRODUCTS, None), (PRODUCTS, b""), (SOURCES, b"\xff"), (STOCK, b"web"),
                                            (STOCK, b":A"), (STOCK, b"web:")])  # fmt: skip
def test_a_null_value_needs_a_key_that_names_something(topic: str, key: bytes | None) -> None:
    with pytest.raises(Undecodable) as refused:
        CODEC.decode(topic, key, None)
    assert refused.value.reason == "key_mismatch"


@pytest.mark.parametrize("topic", [ORDERS, PAYMENT_EVENTS])
def test_what_is_parked_under_an_orders_key_makes_that_order_stand_still(topic: str) -> None:
    assert standstill(topic, b"web:1001", True, "c") == StandsStill(order_ref("web", "1001"), True, "c")


@pytest.mark.parametrize(("topic", "key"), [(STOCK, b"web:1001"), (CHECKOUTS, b"web:1001"), (ORDERS, b"\xff")])
def test_other_keys_name_no_order_that_could_stand_still(topic: str, key: bytes) -> None:
    assert standstill(topic, key, True, "c") is None
