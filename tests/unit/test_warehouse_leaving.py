"""Units that leave the house, arrive or are lost: the whole event that comes of the word, no counter more (domain.md 2)."""

from typing import Any

import pytest

from domain.order_events import AttentionRaised, Noted, UnitsMoved, UnitsSpent, WarehouseSaid
from domain.quantities import Bucket, Move, Told
from domain.vocabulary import UnitStatus
from tests.builders.desk import START
from tests.builders.units_lying import lying, units_of

AT = START + 7
S = UnitStatus
NOTHING = UnitsMoved((), fact=True)
PARCEL = None
"""Said by a Shipment."""


def moves(*each: tuple[str, str, int]) -> tuple[Move, ...]:
    return tuple(Move(1, Bucket(source), Bucket(target), units) for source, target, units in each)


@pytest.mark.parametrize(
    ("units", "counters", "word", "quantity", "moved", "conflict"),
    [
        # in a parcel: those that were implied only get their tracking, then from the house, then what the shop cancelled
        ({"open": 2}, {}, PARCEL, 1,
         UnitsMoved(moves(("open", "shipped", 1)), left=((1, 1),), shipped=((1, 1, "W1", AT),), fact=True), False),
        ({"delivered": 1, "open": 1}, {"left": 1, "arrived": 1, "implied": 1}, PARCEL, 2,
         UnitsMoved(moves(("open", "shipped", 1)), left=((1, 1),), implied=((1, -1),), shipped=((1, 2, "W1", AT),), fact=True), False),
        ({"delivered": 1}, {"left": 1, "arrived": 1, "implied": 1}, PARCEL, 1,
         UnitsMoved((), implied=((1, -1),), shipped=((1, 1, "W1", AT),), fact=True), False),
        ({"open": 1, "cancelled": 2}, {"shop_cancelled": 1}, PARCEL, 3,
         UnitsMoved(moves(("open", "shipped", 1), ("cancelled", "shipped", 1)), left=((1, 2),), shop_cancelled=((1, -1),),
                    shipped=((1, 2, "W1", AT),), fact=True), True),
        ({"delivered": 1}, {"left": 1, "arrived": 1}, PARCEL, 1, NOTHING, True),
        # arrived: those that left, and what exceeds them leaves now
        ({"shipped": 2}, {"left": 2}, S.DELIVERED, 1,
         UnitsMoved(moves(("shipped", "delivered", 1)), arrived=((1, 1),), delivered=((1, 1, AT),), fact=True), False),
        ({"shipped": 1, "open": 1, "cancelled": 1}, {"left": 1, "shop_cancelled": 1}, S.DELIVERED, 3,
         UnitsMoved(moves(("shipped", "delivered", 1), ("open", "delivered", 1), ("cancelled", "delivered", 1)), left=((1, 2),),
                    arrived=((1, 3),), implied=((1, 2),), shop_cancelled=((1, -1),), delivered=((1, 3, AT),), fact=True), False),
        ({"delivered": 1}, {"left": 1, "arrived": 1}, S.DELIVERED, 1, NOTHING, True),
        # lost: shipped, then delivered, and what exceeds them leaves now
        ({"shipped": 1, "delivered": 1, "open": 1}, {"left": 2, "arrived": 1}, S.LOST, 3,
         UnitsMoved(moves(("shipped", "lost", 1), ("delivered", "lost", 1), ("open", "lost", 1)), left=((1, 1),), implied=((1, 1),), fact=True), False),
        ({"shipped": 1, "cancelled": 2}, {"left": 1, "shop_cancelled": 2}, S.LOST, 2,
         UnitsMoved(moves(("shipped", "lost", 1), ("cancelled", "lost", 1)), left=((1, 1),), implied=((1, 1),), shop_cancelled=((1, -1),), fact=True), False),
        ({"shipped": 2}, {"left": 2, "spent": {"shipped": 2}}, S.LOST, 2, NOTHING, False),
        ({"lost": 1}, {"left": 1}, S.LOST, 1, NOTHING, True),
    ],
)  # fmt: skip
def test_the_event_of_a_word_moves_and_counts_what_left_and_nothing_else(
    units: dict[str, int],
    counters: dict[str, Any],
    word: UnitStatus | None,
    quantity: int,
    moved: UnitsMoved,
    *,
    conflict: bool,
) -> None:
    desk = lying(units, **counters)
    if word is None:
        desk.ships(quantity, occurred_at=AT)
    else:
        desk.warehouse(word, quantity, occurred_at=AT)
    [said] = desk.events(WarehouseSaid)
    assert said.moved == moved
    assert [raised.code for raised in desk.events(AttentionRaised)] == ["fact_conflict"] * conflict
    assert [noted.kind for noted in desk.events(Noted)] == ["warehouse"] * conflict


def test_a_replaced_parcel_that_arrives_with_more_than_there_was_tells_both() -> None:
    desk = lying({"shipped": 1}, left=1, spent={"shipped": 1})
    desk.warehouse(S.DELIVERED, 2, occurred_at=AT)
    [spent] = desk.events(UnitsSpent)
    assert spent == UnitsSpent(((1, "shipped", -1), (1, "delivered", 1)))
    assert [raised.code for raised in desk.events(AttentionRaised)] == ["fact_conflict", "first_parcel_arrived"]
    [said] = desk.events(WarehouseSaid)
    assert said.moved == UnitsMoved(
        moves(("shipped", "delivered", 1)), arrived=((1, 1),), delivered=((1, 1, AT),), fact=True
    )


def test_a_line_keeps_what_it_was_told_by_whom_and_when() -> None:
    desk = lying({"open": 3})
    desk.warehouse(S.PICKED, 2, occurred_at=AT, source_id="W2")
    desk.ships(1, occurred_at=AT + 1, source_id="W3")
    picked, parcel = desk.events(WarehouseSaid)
    assert units_of(desk).told == (
        Told(AT, picked.cause_id, "PICKED", 2, "W2"),
        Told(AT + 1, parcel.cause_id, "SHIPPED", 1, "W3"),
    )
    assert len({picked.cause_id, parcel.cause_id}) == 2
