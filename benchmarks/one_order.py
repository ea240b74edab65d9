"""One order to which something happens again and again: its units are packed and sent off, each in a parcel of its own,
and then warehouse and carrier go on to tell of them: the same states once more, a new tracking number for the same parcel.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from random import Random
from typing import Any, Final
from uuid import uuid5

from benchmarks.traffic import NAMESPACE, Day, Message
from schemas.topics import WAREHOUSE_STATUS

STEPS: Final = ("RECEIVED", "PICKED", "PACKED", "shipped", "DELIVERED")
"""What happens to each unit, one after the other."""


UNITS: Final = 50


def lifelong(order_id: str, events: int, at: int) -> list[Message]:
    """The order, and then `events` less one of what a warehouse tells of its units."""
    placed = _placed(order_id, at)
    return [placed, *islice(_facts(placed, at), events - 1)]


def _placed(order_id: str, at: int) -> Message:
    """An ordinary order, but of so many units of one line."""
    made = Day("one", 1, Random(1), at).placed()
    order = dict(made.value["order"])
    line = next(line for line in order["lines"] if line["product_type"] == "PHYSICAL")
    line = line | {
        "quantity": UNITS, "taxes": [], "discount_minor": 0, "total_minor": line["unit_price_minor"] * UNITS,
        "parent_line_number": None,
    }  # fmt: skip
    order |= {"order_id": order_id, "lines": [line], "order_discount_minor": 0, "tax_included": True, "payments": []}
    event_id = str(uuid5(NAMESPACE, f"{order_id}:placed"))
    value = made.value | {"event_id": event_id, "order": order}
    return replace(made, key=f"{order['sales_channel']}:{order_id}", value=value, message_id=event_id)


def _facts(placed: Message, at: int) -> Iterator[Message]:
    order = placed.value["order"]
    number = order["lines"][0]["line_number"]
    named = {"sales_channel": order["sales_channel"], "order_id": order["order_id"], "source_id": "WH-1"}
    for n in count():
        again, unit = divmod(n // len(STEPS), UNITS)
        event_id = str(uuid5(NAMESPACE, f"{placed.key}:{n}"))
        record, more = _said(STEPS[n % len(STEPS)], number, f"{order['order_id']}-{unit}", again)
        head = {"event_id": event_id, "occurred_at": at + n + 1}
        yield Message(WAREHOUSE_STATUS, placed.key, record, head | named | more, event_id)


def _said(step: str, number: int, parcel: str, again: int) -> tuple[str, dict[str, Any]]:
    line = {"line_number": number, "quantity": 1}
    if step == "shipped":
        package = {"box_number": "1", "carrier": "ACME", "tracking_number": f"T-{parcel}-{again}", "lines": [line]}
        return "warehouse.Shipment", {"shipment_id": f"S-{parcel}", "packages": [package]}
    return "warehouse.LineStatus", {"lines": [line | {"status": step}]}
