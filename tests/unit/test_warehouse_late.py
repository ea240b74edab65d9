"""News of a warehouse that come late and take their place in time (domain.md 10)."""

from typing import Any

import pytest

from domain.quantities import Units
from domain.vocabulary import OrderEventKind, UnitStatus
from tests.builders.desk import START, Desk, line

S = UnitStatus


def units_of(desk: Desk) -> Units:
    return desk.file().lines[1].units


def lie(desk: Desk) -> dict[str, int]:
    return {str(bucket): count for bucket, count in units_of(desk).buckets.items()}


@pytest.mark.parametrize(
    ("units", "word", "quantity", "expected", "unplaced"),
    [
        # at a stage: lower stages, then open, then declined
        ({"open": 2}, S.RECEIVED, 1, {"open": 1, "received": 1}, 0),
        ({"onhold": 1, "open": 1}, S.RECEIVED, 1, {"received": 1, "open": 1}, 0),
        ({"open": 1, "declined": 1}, S.RECEIVED, 2, {"received": 2}, 0),
        ({"picked": 1, "open": 1}, S.RECEIVED, 1, {"picked": 1, "received": 1}, 0),
        ({"received": 2}, S.RECEIVED, 2, {"received": 2}, 0),
        ({"received": 1, "open": 1}, S.ONHOLD, 1, {"onhold": 1, "open": 1}, 0),
        ({"received": 1, "onhold": 1, "open": 1}, S.PICKED, 3, {"picked": 3}, 0),
        ({"received": 1, "picked": 1, "open": 1, "declined": 1}, S.PACKED, 3, {"packed": 3, "declined": 1}, 0),
        # units beyond satisfy the rest
        ({"packed": 1, "open": 1}, S.PICKED, 2, {"packed": 1, "picked": 1}, 0),
        ({"shipped": 1, "open": 1}, S.PACKED, 2, {"shipped": 1, "packed": 1}, 0),
        ({"delivered": 1, "cancelled": 1, "cancel_asked": 1}, S.RECEIVED, 3, {"delivered": 1, "cancelled": 1, "cancel_asked": 1}, 0),
        ({"back_good": 1, "lost": 1}, S.PICKED, 2, {"back_good": 1, "lost": 1}, 0),
        ({"received": 1, "shipped": 1}, S.PICKED, 4, {"shipped": 1, "picked": 1}, 2),
        ({"open": 1}, S.ONHOLD, 2, {"onhold": 1}, 1),
        # back in the shop's hands
        ({"received": 1, "packed": 1, "open": 1}, S.BACKORDERED, 2, {"open": 3}, 0),
        ({"received": 1, "open": 1, "declined": 1}, S.BACKORDERED, 3, {"open": 2, "declined": 1}, 0),
        ({"received": 1, "shipped": 1}, S.BACKORDERED, 2, {"open": 1, "shipped": 1}, 1),
        # declined: open, then the stages, then those that somebody asked to cancel
        ({"open": 1, "received": 1}, S.DECLINED, 1, {"declined": 1, "received": 1}, 0),
        ({"open": 1, "picked": 1, "cancel_asked": 1}, S.DECLINED, 2, {"declined": 2, "cancel_asked": 1}, 0),
        ({"cancel_asked": 1, "shipped": 1}, S.DECLINED, 1, {"declined": 1, "shipped": 1}, 0),
        ({"declined": 1, "cancelled": 1}, S.DECLINED, 2, {"declined": 1, "cancelled": 1}, 0),
        ({"open": 1, "shipped": 1}, S.DECLINED, 3, {"declined": 1, "shipped": 1}, 2),
    ],
)  # fmt: skip
# Late news


def told(desk: Desk, *words: tuple[str, int, int]) -> Desk:
    for word, quantity, at in words:
        fields: dict[str, Any] = {"occurred_at": START + at}
        if word == "SHIPPED":
            desk.ships(quantity, shipment_id=f"S{at}", **fields)
        elif word == "CANCELLED":
            desk.shop(OrderEventKind.CANCELLED, 2, line(1, 3, 3000), **fields)
        else:
            desk.warehouse(S(word), quantity, **fields)
    return desk


def three() -> Desk:
    desk = Desk()
    desk.place(line(1, 3, 3000), captured=3000)
    return desk


def test_a_late_word_takes_its_place_in_time() -> None:
    desk = told(three(), ("SHIPPED", 2, 30), ("RECEIVED", 3, 10))
    assert lie(desk) == {"received": 1, "shipped": 2}
    desk = told(three(), ("PACKED", 1, 30), ("RECEIVED", 3, 10), ("BACKORDERED", 1, 20))
    assert lie(desk) == {"received": 1, "packed": 1, "open": 1}


def test_a_late_delivery_is_dated_when_it_happened_and_counted_once() -> None:
    desk = told(three(), ("SHIPPED", 3, 10), ("DELIVERED", 1, 50), ("LOST", 1, 40), ("DELIVERED", 1, 30))
    assert units_of(desk).deliveries == ((START + 50, 1), (START + 30, 1))
    assert units_of(desk).arrived == 2
    assert lie(desk) == {"lost": 1, "delivered": 2}


def test_a_late_word_leaves_what_a_remedy_took_since() -> None:
    desk = told(three(), ("SHIPPED", 1, 40))
    desk.cancels((1, 1), force=True)
    told(desk, ("RECEIVED", 3, 20))
    assert lie(desk) == {"cancelled": 1, "shipped": 1, "received": 1}


def test_the_shops_late_cancellation_takes_only_what_was_in_the_house_then() -> None:
    desk = told(three(), ("RECEIVED", 2, 5), ("SHIPPED", 1, 10), ("DELIVERED", 1, 40), ("CANCELLED", 0, 20))
    assert lie(desk) == {"cancelled": 2, "delivered": 1}
    assert units_of(desk).shop_cancelled == 2
    told(desk, ("SHIPPED", 1, 50))
    assert lie(desk) == {"cancelled": 1, "shipped": 1, "delivered": 1}
    assert units_of(desk).shop_cancelled == 1
