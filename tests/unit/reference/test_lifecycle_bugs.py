"""Bugs that people hit: units and states that get stuck or run ahead."""

from domain import commands as c
from domain.orders import line_status, snapshot, status
from domain.policy import DEFAULT, AutoRelease
from domain.vocabulary import (
    LineStatusName,
    OrderStateName,
    PaymentKind,
    ReceiptOutcome,
    RefundState,
    UnitStatus,
)
from domain.world import Kind, Ref
from tests.builders.desk import CHANNEL, Desk, line, shipping, with_policy
from tests.builders.readings import amounts, newest_return, refunds
from tests.unit.reference.reading import delivered, freight, left
from tests.unit.reference.shirts import exchange, reship, shirts, the_exchange

GOOD = ReceiptOutcome.GOOD
AT_RECEIVED = with_policy(DEFAULT, "refunds", at="RECEIVED")


def test_B48_no_more_comes_back_than_was_shipped_and_not_returned() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000), captured=3000)
    desk.ships(2)
    assert desk.returns((1, 3)).code == "quantity_not_available"
    assert desk.returns((1, 2)).accepted
    desk.receives(newest_return(desk).rma, (1, 2, GOOD))
    assert desk.returns((1, 1)).code == "quantity_not_available"


def test_B49_a_line_stands_once_in_a_return() -> None:
    desk = delivered(line(1, 2, 2000))
    assert desk.returns((1, 1), (1, 1)).code == "invalid_command"
    assert desk.returns((1, 2)).accepted
    assert len(newest_return(desk).lines) == 1


def test_B51_a_return_is_cancelled_whatever_else_of_the_order_is_on_its_way() -> None:
    manual = with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=False))
    desk = Desk(manual)
    desk.place(line(1, 3, 3000), captured=3000)
    desk.ships(1)
    desk.warehouse(UnitStatus.PACKED, 1)
    desk.returns((1, 1))
    desk.ships(1)
    assert desk.send(c.CancelReturn, return_id=newest_return(desk).return_id).accepted
    assert desk.buckets() == {"open": 1, "shipped": 2}


def test_B52_goods_are_received_though_the_shipping_had_a_promotion() -> None:
    desk = delivered(line(1, 1, 1000), freight(9, 1000, discount=600), desk=Desk(AT_RECEIVED))
    desk.returns((1, 1))
    desk.receives(newest_return(desk).rma, (1, 1, GOOD))
    assert [(refund.amount_minor, refund.shipping_minor) for refund in refunds(desk)] == [(1400, 400)]


def test_B54_an_item_that_was_sent_again_can_be_returned() -> None:
    desk = delivered(line(1, 1, 1000))
    assert reship(desk).accepted
    desk.ships(1, order_id="1001R")
    assert desk.returns((1, 1), order_id="1001R").accepted
    [refund] = refunds(desk)
    assert (refund.order_id, refund.for_order_id, refund.amount_minor) == ("1001", "1001R", 1000)


def test_B56_units_that_were_cancelled_take_no_part_in_what_the_warehouse_does_later() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.warehouse(UnitStatus.BACKORDERED, 1)
    desk.cancels()
    desk.warehouse(UnitStatus.PICKED, 2)
    assert desk.buckets() == {"cancelled": 2}
    desk.ships(2)
    assert desk.buckets() == {"cancelled": 2}
    assert "fact_conflict" in desk.file().attention
    assert amounts(desk) == [2000]


def test_B57_an_order_whose_lines_all_came_back_says_so_line_by_line() -> None:
    desk = delivered(line(1, 2, 2000), line(2, 1, 500))
    desk.returns((1, 2), (2, 1))
    desk.receives(newest_return(desk).rma, (1, 2, GOOD), (2, 1, GOOD))
    assert {line_status(sold) for sold in desk.file().lines.values()} == {LineStatusName.RETURNED}
    assert status(desk.file()) is OrderStateName.COMPLETE


def test_B60_the_refund_of_a_cancellation_can_be_sent_again() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.cancels()
    desk.gateway_answers(PaymentKind.REFUND_FAILED)
    [refund] = refunds(desk)
    assert (refund.state, desk.buckets()) == (RefundState.EXCEPTION, {"cancelled": 1})
    assert desk.send(c.RetryRefund, refund_id=refund.refund_id).accepted
    desk.gateway_answers()
    assert refunds(desk)[0].state is RefundState.RELEASED


def test_B62_a_refund_changes_nothing_about_the_shipping() -> None:
    desk = delivered(line(1, 3, 3000), shipping(9, 500))
    before = desk.file().lines[9]
    desk.returns((1, 1))
    desk.appeases((1, 100))
    desk.gateway_answers()
    assert desk.file().lines[9] == before
    assert left(desk, 9) == 500


def test_B63_a_line_is_cancelled_in_as_many_parts_as_it_has_units() -> None:
    desk = Desk()
    desk.place(line(1, 3, 1000), captured=1000)
    for _ in range(3):
        assert desk.cancels((1, 1)).accepted
    assert desk.buckets() == {"cancelled": 3}
    assert amounts(desk) == [333, 334, 333]


def test_B64_what_a_warehouse_gives_up_is_free_for_whoever_comes_next() -> None:
    """Stock itself is the shop's; units and what is promised of a stock level are ours to give back."""
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.warehouse(UnitStatus.PICKED, 2)
    desk.warehouse(UnitStatus.BACKORDERED, 2)
    assert desk.buckets() == {"open": 2}
    desk.warehouse(UnitStatus.PICKED, 2)
    assert desk.buckets() == {"at_warehouse": 2}

    desk = shirts(stock=1)
    exchange(desk)
    assert exchange(desk).code == "out_of_stock"
    desk.send(c.CancelExchange, exchange_id=the_exchange(desk).exchange_id)
    stock = desk.get(Ref(Kind.STOCK, f"{CHANNEL}:BLUE"))
    assert stock.promised == {}  # type: ignore[union-attr]
    assert exchange(desk).accepted


def test_B65_an_order_that_was_paid_is_cancelled_and_its_money_goes_back() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), shipping(9, 500), captured=1500)
    assert desk.cancels().accepted
    assert status(desk.file()) is OrderStateName.CANCELLED
    desk.gateway_answers()
    assert (snapshot(desk.file()).refunded, snapshot(desk.file()).due) == (1500, 0)


def test_B66_goodwill_is_given_on_an_order_that_owes_nothing() -> None:
    desk = delivered(line(1, 1, 1000))
    assert snapshot(desk.file()).due == 0
    assert desk.appeases((1, 300)).accepted
    assert (amounts(desk), desk.buckets()) == ([300], {"delivered": 1})
    assert desk.appeases((1, 701)).code == "exceeds_line"
