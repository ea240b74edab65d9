"""Which key a message must have: contract.md 1 and 2. And what a null value under a key means."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.facts import ProductGone, SourceGone, StockUnknown
from domain.standstill import StandsStill
from domain.world import Kind, Ref
from schemas.refusal import Undecodable
from schemas.topics import OF_ORDERS, PRODUCTS, SOURCES, STOCK

Keys = Callable[[Mapping[str, Any]], tuple[str, ...]]


def _order(value: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"{value['sales_channel']}:{value['order_id']}",)


def _checkout(value: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"{value['sales_channel']}:{value['checkout_id']}",)


def _order_or_checkout(value: Mapping[str, Any]) -> tuple[str, ...]:
    """Both when both ids are there: either may be the key."""
    ids = (value["order_id"], value["checkout_id"])
    return tuple(f"{value['sales_channel']}:{id_}" for id_ in ids if id_ is not None)


def _case(value: Mapping[str, Any]) -> tuple[str, ...]:
    return (value["case_id"],)


def _case_or_order(value: Mapping[str, Any]) -> tuple[str, ...]:
    found = () if value["case_id"] is None else (value["case_id"],)
    return found if value["order_id"] is None else (*found, *_order(value))


_EVENTS: Final[dict[str, Keys | None]] = {
    "commerce.OrderEvent": lambda value: _order(value["order"]),
    "commerce.CheckoutEvent": _checkout,
    "commerce.Product": lambda value: (value["sku"],),
    "commerce.StockLevel": lambda value: (f"{value['sales_channel']}:{value['sku']}",),
    "warehouse.Source": lambda value: (value["source_id"],),
    "payments.PaymentEvent": _order_or_checkout,
    "notifications.NoticeReceipt": None,
}
_COMMANDS: Final[dict[str, Keys]] = {
    "commands.RecordInteraction": lambda value: (value["interaction_id"],),
    "commands.RefundPayment": _checkout,
    **dict.fromkeys(("commands.ApproveRefund", "commands.CancelRefund", "commands.RetryRefund",
                     "commands.ReleaseRefundOffline"), _order_or_checkout),
    **dict.fromkeys(("commands.AddComment", "commands.ClearAttention", "commands.ResendNotice"), _case_or_order),
}  # fmt: skip


def _keys_of(record: str, value: Mapping[str, Any]) -> Keys | None:
    if record in _EVENTS:
        return _EVENTS[record]
    if record in _COMMANDS:
        return _COMMANDS[record]
    return _order if "order_id" in value and not _is_case_command(record, value) else _case


def _is_case_command(record: str, value: Mapping[str, Any]) -> bool:
    return record == "commands.OpenCase" or (record.startswith("commands.") and "sales_channel" not in value)


def key_mistake(record: str, key: bytes | None, value: Mapping[str, Any]) -> str | None:
    """A sentence when the key is not the one that the payload asks for, else None. A NoticeReceipt's is not checked."""
    keys = _keys_of(record, value)
    if keys is None:
        return None
    wanted = keys(value)
    if key is not None and any(key == text.encode() for text in wanted):
        return None
    got = "no key" if key is None else f"a key of {len(key)} bytes"
    return f"{record} has {got}; its payload asks for {' or '.join(wanted)}"


def key_of(record: str, value: Mapping[str, Any]) -> str:
    """The key that a message must be sent with (the first, where two would do). Times, ids as in the payload."""
    if record == "notifications.NoticeReceipt":
        return str(value["notice_id"])
    keys = _keys_of(record, value)
    return keys(value)[0] if keys is not None else ""


def standstill(topic: str, key: bytes, parked: bool, cause_id: str) -> StandsStill | None:
    """What it means that messages of a key are parked, or none is any more: on topics whose key is an order's, that the order
    stands still, or goes on. A key that is no text names none."""
    if topic not in OF_ORDERS or b"\0" in key:
        return None
    try:
        return StandsStill(Ref(Kind.ORDER, key.decode()), parked, cause_id)
    except UnicodeDecodeError:
        return None


def gone(topic: str, key: bytes | None) -> ProductGone | SourceGone | StockUnknown:
    """What a null value says. Raises Undecodable on topics where it says nothing, and for a key that names nothing."""
    if topic not in (PRODUCTS, SOURCES, STOCK):
        raise Undecodable("unexpected_null", f"A null value on {topic}, where every message says something.")
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        text = ""
    channel, colon, sku = text.partition(":")
    if not text or (topic == STOCK and not (channel and colon and sku)):
        wanted = "<sales_channel>:<sku>" if topic == STOCK else "an id as UTF-8 text"
        raise Undecodable("key_mismatch", f"A null value on {topic} whose key names nothing; expected is {wanted}.")
    if topic == PRODUCTS:
        return ProductGone(sku=text)
    return SourceGone(source_id=text) if topic == SOURCES else StockUnknown(sales_channel=channel, sku=sku)
