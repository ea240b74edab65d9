"""What ends a cancellation: parcels, silence, the shop's own word, the last goods (domain.md 5)."""

import pytest

from domain.actors import ActorRef
from domain.vocabulary import ActorKind, CancellationState, OrderEventKind, OrderStatus, UnitStatus
from tests.builders.desk import Desk, line, shipping
from tests.builders.readings import amounts, cancellations, newest_cancellation
from tests.builders.units_at_warehouse import placed

DAY = 24 * 3_600_000_000
S = CancellationState


# Parcels and time


def test_a_parcel_decides_the_oldest_open_cancellation_first_and_no_other_line() -> None:
    desk = placed(3, 1, at_warehouse=3)
    desk.cancels((1, 1), (2, 1))
    desk.cancels((1, 1))
    desk.cancels((1, 1))
    desk.ships(2)
    waiting = [[(found.line_number, found.waiting) for found in one.lines] for one in cancellations(desk)]
    assert waiting == [[(1, 0), (2, 1)], [(1, 0)], [(1, 1)]]
    assert [one.state for one in cancellations(desk)] == [S.ASKED_WAREHOUSE, S.REFUSED, S.ASKED_WAREHOUSE]


def test_a_refusal_that_a_parcel_told_already_is_covered_and_not_counted_twice() -> None:
    desk = placed(3, at_warehouse=3)
    desk.cancels((1, 3))
    desk.ships(1)
    [found] = newest_cancellation(desk).lines
    assert (found.refused, found.shipped) == (1, 1)
    desk.answers(newest_cancellation(desk).cancellation_id, (1, 0, 2))
    [found] = newest_cancellation(desk).lines
    assert (found.refused, found.shipped, found.waiting) == (2, 0, 1)
    assert desk.file().attention == ()
    assert desk.buckets() == {"shipped": 1, "at_warehouse": 1, "cancel_asked": 1}


def test_an_ended_cancellation_does_not_keep_a_parcel_from_the_next() -> None:
    desk = placed(2, at_warehouse=2)
    desk.cancels((1, 1))
    desk.answers(newest_cancellation(desk).cancellation_id, (1, 0, 1))
    desk.cancels((1, 2))
    desk.ships(2)
    assert [one.state for one in cancellations(desk)] == [S.REFUSED, S.REFUSED]


def test_units_go_on_when_no_answer_comes_and_a_late_answer_still_counts() -> None:
    desk = placed(2, at_warehouse=2)
    desk.cancels((1, 2))
    asked = newest_cancellation(desk).cancellation_id
    desk.wait(DAY)
    assert (newest_cancellation(desk).state, desk.buckets()) == (S.TIMED_OUT, {"at_warehouse": 2})
    desk.answers(asked, (1, 1, 0))
    assert (newest_cancellation(desk).state, desk.buckets()) == (S.TIMED_OUT, {"at_warehouse": 1, "cancelled": 1})
    desk.answers(asked, (1, 0, 1))
    assert (newest_cancellation(desk).state, desk.buckets()) == (
        S.PARTLY_CONFIRMED,
        {"at_warehouse": 1, "cancelled": 1},
    )
    assert amounts(desk) == [1000]


@pytest.mark.parametrize("word", [UnitStatus.DECLINED, UnitStatus.BACKORDERED, UnitStatus.PICKED])
def test_a_late_answer_stops_units_wherever_they_are_in_the_house(word: UnitStatus) -> None:
    desk = placed(1, at_warehouse=1)
    desk.cancels((1, 1))
    desk.wait(DAY)
    desk.warehouse(word, 1)
    desk.answers(newest_cancellation(desk).cancellation_id, (1, 1, 0))
    assert (newest_cancellation(desk).state, desk.buckets()) == (S.CONFIRMED, {"cancelled": 1})


# The shop's own word


def test_the_shops_cancellation_stops_all_that_has_not_left_and_ends_open_ones() -> None:
    desk = placed(4, 2, at_warehouse=3)
    desk.warehouse(UnitStatus.DECLINED, 1)
    desk.ships(1)
    desk.cancels((2, 1), force=True)
    desk.shop(OrderEventKind.CANCELLED, 2, line(1, 4, 4000), line(2, 2, 2000))
    assert desk.buckets() == {"cancelled": 3, "shipped": 1}
    assert desk.buckets(2) == {"cancelled": 2}
    assert newest_cancellation(desk).state is S.CONFIRMED
    assert desk.file().lines[1].units.shop_cancelled == 3


def test_the_shops_cancellation_gives_money_back_where_the_policy_says_so() -> None:
    for back in (False, True):
        desk = placed(2, 1, refund_on_shop_cancel=back)
        desk.shop(OrderEventKind.CANCELLED, 2, line(1, 2, 2000), line(2, 1, 1000))
        assert amounts(desk) == ([3000] if back else [])
    made = newest_cancellation(desk)
    assert (made.reason, made.state, made.asked_by, made.policy_version) == (
        "CANCELLED_BY_SHOP",
        S.CONFIRMED,
        "shop",
        "default",
    )
    assert made.created_by == ActorRef("shop", ActorKind.SHOP)
    assert [(found.line_number, found.asked, found.confirmed) for found in made.lines] == [(1, 2, 2), (2, 1, 1)]


def test_units_that_somebody_here_had_asked_for_are_not_paid_twice_when_the_shop_cancels() -> None:
    desk = placed(2, at_warehouse=2, refund_on_shop_cancel=True)
    desk.cancels((1, 1))
    desk.shop(OrderEventKind.CANCELLED, 2, line(1, 2, 2000))
    assert amounts(desk) == [1000, 1000]
    assert [[found.confirmed for found in one.lines] for one in cancellations(desk)] == [[1], [1]]


def test_a_shop_that_cancels_what_was_cancelled_already_changes_no_unit() -> None:
    desk = placed(1, refund_on_shop_cancel=True)
    desk.cancels((1, 1))
    desk.shop(OrderEventKind.CANCELLED, 2, line(1, 1, 1000), status=OrderStatus.CANCELLED)
    assert len(cancellations(desk)) == 1
    assert amounts(desk) == [1000]


def test_shipping_is_cancelled_with_the_last_goods_that_never_left() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000), shipping(9, 500), captured=2500)
    desk.cancels((1, 1))
    assert desk.buckets(9) == {"open": 1}
    desk.cancels((2, 1))
    assert desk.buckets(9) == {"cancelled": 1}
    assert amounts(desk) == [1000, 1500]


def test_shipping_stays_when_goods_have_left() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), shipping(9, 500), captured=2500)
    desk.ships(1)
    desk.cancels((1, 1), force=True)
    assert desk.buckets(9) == {"open": 1}
    assert amounts(desk) == [1000]


def test_an_order_of_shipping_alone_has_no_last_goods() -> None:
    desk = Desk()
    desk.place(shipping(8, 300), shipping(9, 500), captured=800)
    desk.cancels((8, 1))
    assert desk.buckets(9) == {"open": 1}
