"""News of a warehouse that come late and take their place in time (domain.md 10)."""

from typing import Any

from domain.vocabulary import OrderEventKind, UnitStatus
from tests.builders.desk import START, Desk, line
from tests.builders.units_lying import lie, units_of

S = UnitStatus


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
