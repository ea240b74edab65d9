"""Every word of a warehouse on every place where units can lie: what moves, what is satisfied, what cannot be (domain.md 2)."""

import pytest

from domain.order_events import AttentionRaised, Noted
from domain.quantities import Bucket
from domain.vocabulary import UnitStatus
from tests.builders.desk import START, Desk, line
from tests.builders.units_lying import lie, lying, units_of

S = UnitStatus


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
def test_a_word_about_units_in_the_house(
    units: dict[str, int], word: UnitStatus, quantity: int, expected: dict[str, int], unplaced: int
) -> None:
    desk = lying(units, left=units.get("shipped", 0) + units.get("delivered", 0))
    desk.warehouse(word, quantity)
    assert lie(desk) == expected
    assert desk.file().attention == (("fact_conflict",) if unplaced else ())
    told = [noted.words for noted in desk.events(Noted)]
    assert len(told) == bool(unplaced)
    if unplaced:
        assert all(fact in told[0] for fact in ("line 1", f"{unplaced} of {quantity}", str(word)))
        [raised] = desk.events(AttentionRaised)
        assert raised.why == told[0]


@pytest.mark.parametrize(
    ("units", "counters", "word", "quantity", "expected", "after"),
    [
        # delivered: first what left and has not arrived
        ({"shipped": 2}, (2, 0, 0), S.DELIVERED, 1, {"shipped": 1, "delivered": 1}, (2, 1, 0)),
        ({"shipped": 1, "lost": 1}, (2, 0, 0), S.DELIVERED, 2, {"delivered": 2}, (2, 2, 0)),
        ({"return_announced": 1, "open": 1}, (1, 0, 0), S.DELIVERED, 1, {"return_announced": 1, "open": 1}, (1, 1, 0)),
        # what exceeds leaves the house now
        ({"open": 2}, (0, 0, 0), S.DELIVERED, 1, {"open": 1, "delivered": 1}, (1, 1, 1)),
        ({"shipped": 1, "packed": 1, "open": 1}, (1, 0, 0), S.DELIVERED, 2, {"delivered": 2, "open": 1}, (2, 2, 1)),
        ({"delivered": 1, "cancel_asked": 1}, (1, 1, 0), S.DELIVERED, 1, {"delivered": 2}, (2, 2, 1)),
        ({"delivered": 1, "declined": 1}, (1, 1, 0), S.DELIVERED, 1, {"delivered": 2}, (2, 2, 1)),
        ({"delivered": 2}, (2, 2, 0), S.DELIVERED, 1, {"delivered": 2}, (2, 2, 0)),
        # lost: shipped, then delivered, then out of the house
        ({"shipped": 1, "delivered": 1}, (2, 1, 0), S.LOST, 1, {"delivered": 1, "lost": 1}, (2, 1, 0)),
        ({"shipped": 1, "delivered": 1}, (2, 1, 0), S.LOST, 2, {"lost": 2}, (2, 1, 0)),
        ({"shipped": 1, "picked": 1, "open": 1}, (1, 0, 0), S.LOST, 2, {"lost": 2, "open": 1}, (2, 0, 1)),
        ({"lost": 1}, (1, 0, 0), S.LOST, 1, {"lost": 1}, (1, 0, 0)),
    ],
)
def test_a_word_about_units_outside(
    units: dict[str, int],
    counters: tuple[int, int, int],
    word: UnitStatus,
    quantity: int,
    expected: dict[str, int],
    after: tuple[int, int, int],
) -> None:
    left, arrived, implied = counters
    desk = lying(units, left=left, arrived=arrived, implied=implied)
    desk.warehouse(word, quantity, occurred_at=START + 7)
    made = units_of(desk)
    assert (lie(desk), (made.left, made.arrived, made.implied)) == (expected, after)
    moved = after[1] - arrived
    assert made.deliveries == (((START + 7, moved),) if word is S.DELIVERED and moved else ())
    nowhere = units == expected and "return_announced" not in units
    assert desk.file().attention == (("fact_conflict",) if nowhere else ())


@pytest.mark.parametrize(
    ("units", "counters", "quantity", "expected", "after"),
    [
        ({"packed": 1, "picked": 1, "open": 1}, (0, 0, 0), 2, {"shipped": 2, "open": 1}, (2, 0, 0)),
        ({"onhold": 1, "received": 1, "open": 1}, (0, 0, 0), 2, {"shipped": 2, "open": 1}, (2, 0, 0)),
        ({"cancel_asked": 1, "declined": 1}, (0, 0, 0), 1, {"shipped": 1, "declined": 1}, (1, 0, 0)),
        # a parcel first tells of what was delivered or lost before
        ({"delivered": 1, "open": 1}, (1, 1, 0), 1, {"delivered": 1, "open": 1}, (1, 0, 0)),
        ({"delivered": 1, "open": 1}, (1, 1, 0), 2, {"delivered": 1, "shipped": 1}, (2, 0, 0)),
        # units that only the shop cancelled left all the same
        ({"cancelled": 2}, (0, 0, 2), 1, {"cancelled": 1, "shipped": 1}, (1, 0, 1)),
        ({"open": 1, "cancelled": 1}, (0, 0, 1), 2, {"shipped": 2}, (2, 0, 0)),
        # and those that we cancelled did not
        ({"cancelled": 2}, (0, 0, 1), 2, {"cancelled": 1, "shipped": 1}, (1, 0, 0)),
        ({"cancelled": 1}, (0, 0, 0), 1, {"cancelled": 1}, (0, 0, 0)),
    ],
)
def test_a_parcel(
    units: dict[str, int],
    counters: tuple[int, int, int],
    quantity: int,
    expected: dict[str, int],
    after: tuple[int, int, int],
) -> None:
    left, implied, by_shop = counters
    desk = lying(units, left=left, implied=implied, shop_cancelled=by_shop)
    desk.ships(quantity, source_id="W7", occurred_at=START + 9)
    made = units_of(desk)
    assert (lie(desk), (made.left, made.implied, made.shop_cancelled)) == (expected, after)
    placed = after[0] - left + implied - after[1]
    assert made.shipped_by == ({"W7": placed} if placed else {})
    assert made.shipments == (((START + 9, placed),) if placed else ())
    assert desk.file().attention == (("fact_conflict",) if placed < quantity else ())


def test_a_parcel_without_a_source_is_the_lines_own() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000, source_id="SHELF"))
    desk.ships(1, source_id=None)
    desk.ships(1, source_id="W7")
    assert units_of(desk).shipped_by == {"SHELF": 1, "W7": 1}


def replaced(**units: int) -> Desk:
    """A line whose lost or shipped unit an R order replaces."""
    [(bucket, count)] = units.items()
    return lying({bucket: count, "open": 1}, spent={bucket: 1}, left=count)


@pytest.mark.parametrize("bucket", ["shipped", "lost"])
def test_the_first_parcel_that_arrives_after_all_is_delivered_and_still_replaced(bucket: str) -> None:
    desk = replaced(**{bucket: 1})
    desk.delivers(1)
    assert lie(desk) == {"open": 1, "delivered": 1}
    assert {b: n for b, n in units_of(desk).spent.items() if n} == {Bucket.DELIVERED: 1}
    assert desk.file().attention == ("first_parcel_arrived",)
    [raised] = desk.events(AttentionRaised)
    assert all(fact in raised.why for fact in ("line 1", "DELIVERED"))


def test_units_that_nothing_replaces_arrive_first() -> None:
    desk = replaced(shipped=2)
    desk.delivers(1)
    assert lie(desk) == {"shipped": 1, "open": 1, "delivered": 1}
    assert desk.file().attention == ()
    desk.delivers(1)
    assert desk.file().attention == ("first_parcel_arrived",)


def test_a_loss_of_what_is_replaced_already_moves_nothing_out_of_the_house() -> None:
    desk = replaced(shipped=1)
    desk.warehouse(S.LOST, 1)
    assert lie(desk) == {"shipped": 1, "open": 1}
    assert desk.file().attention == ()
    desk.warehouse(S.LOST, 2)
    assert lie(desk) == {"shipped": 1, "lost": 1}


def test_replaced_units_of_both_kinds_arrive_each_once() -> None:
    desk = lying({"shipped": 1, "lost": 1, "open": 1}, spent={"shipped": 1, "lost": 1}, left=2)
    desk.delivers(2)
    assert lie(desk) == {"open": 1, "delivered": 2}
    assert {b: n for b, n in units_of(desk).spent.items() if n} == {Bucket.DELIVERED: 2}
    part = lying({"shipped": 1, "lost": 1, "open": 1}, spent={"shipped": 1, "lost": 1}, left=2)
    part.delivers(1)
    assert lie(part) == {"lost": 1, "open": 1, "delivered": 1}


def test_a_loss_of_units_that_are_replaced_in_two_places_moves_nothing() -> None:
    desk = lying({"shipped": 1, "delivered": 1, "open": 1}, spent={"shipped": 1, "delivered": 1}, left=2, arrived=1)
    desk.warehouse(S.LOST, 2)
    assert lie(desk) == {"shipped": 1, "delivered": 1, "open": 1}
