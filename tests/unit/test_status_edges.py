"""What units and payments make of a line's and an order's status and of its money, value by value (domain.md 2, 3)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain import commands as c
from domain.order_events import OrderStateMoved
from domain.order_file import OrderFile
from domain.orders import left_of_line, line_status, live_share, snapshot, status
from domain.quantities import Bucket, Units
from domain.refunds import Leg, Refund, RefundLine
from domain.vocabulary import (
    LegState,
    OrderEventKind,
    OrderStatus,
    PaymentKind,
    ProductType,
    RefundState,
    UnitStatus,
)
from tests.builders.desk import Desk, line, shipping

K = PaymentKind
L = LegState


def lying(*lines: dict[str, int], shop: OrderStatus = OrderStatus.NEW, word: str | None = None) -> OrderFile:
    """An order whose lines' units lie in these buckets."""
    desk = Desk()
    sold = [line(number, sum(units.values()), 1000, price=1) for number, units in enumerate(lines, 1)]
    desk.place(*sold, status=shop)
    file = desk.file()
    made = {
        number: replace(
            file.lines[number], units=Units({Bucket(k): n for k, n in units.items() if n}, warehouse_word=word)
        )
        for number, units in enumerate(lines, 1)
    }
    return replace(file, lines=made)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({"cancelled": 2}, "CANCELLED"),
        ({"cancelled": 1, "back_good": 1, "back_damaged": 1}, "RETURNED"),
        ({"back_good": 1, "return_rejected": 1}, "RETURNED"),
        ({"back_good": 1, "delivered": 1}, "PARTLY_RETURNED"),
        ({"back_damaged": 1, "open": 1}, "PARTLY_RETURNED"),
        ({"return_rejected": 1, "return_announced": 1}, "PARTLY_RETURNED"),
        ({"return_announced": 1, "lost": 1}, "RETURN_ANNOUNCED"),
        ({"lost": 1, "open": 1}, "LOST"),
        ({"delivered": 2, "cancelled": 1}, "DELIVERED"),
        ({"delivered": 1, "shipped": 1}, "SHIPPED"),
        ({"shipped": 1, "delivered": 1, "open": 1}, "PARTLY_SHIPPED"),
        ({"delivered": 1, "declined": 1}, "PARTLY_SHIPPED"),
        ({"declined": 1, "packed": 1}, "DECLINED"),
        ({"onhold": 1, "received": 1, "picked": 1}, "ONHOLD"),
        ({"packed": 1, "picked": 1, "open": 1}, "PICKED"),
        ({"packed": 1, "open": 1}, "PACKED"),
        ({"received": 1, "packed": 1}, "RECEIVED"),
        ({"cancel_asked": 1, "open": 1}, "RECEIVED"),
        ({"open": 1, "cancelled": 1}, "NEW"),
    ],
)
def test_a_line_has_the_first_status_that_fits(units: dict[str, int], expected: str) -> None:
    assert line_status(lying(units).lines[1]) == expected


def test_the_warehouses_last_word_counts_while_nothing_else_does() -> None:
    assert line_status(lying({"open": 2}, word="BACKORDERED").lines[1]) == "BACKORDERED"
    assert line_status(lying({"open": 2}, word="RECEIVED").lines[1]) == "NEW"
    assert line_status(lying({"open": 1, "cancel_asked": 1}, word="BACKORDERED").lines[1]) == "RECEIVED"


@pytest.mark.parametrize(
    ("lines", "shop", "expected"),
    [
        (({"cancelled": 1}, {"cancelled": 2}), OrderStatus.NEW, "CANCELLED"),
        (({"cancelled": 1}, {"shipped": 1, "lost": 1}), OrderStatus.NEW, "COMPLETE"),
        (({"back_good": 1}, {"return_announced": 1}), OrderStatus.ONHOLD, "COMPLETE"),
        (({"shipped": 1}, {"received": 1}), OrderStatus.NEW, "LOGISTICS"),
        (({"shipped": 1}, {"onhold": 1}), OrderStatus.NEW, "LOGISTICS"),
        (({"open": 1}, {"picked": 1}), OrderStatus.NEW, "LOGISTICS"),
        (({"open": 1}, {"packed": 1}), OrderStatus.ONHOLD, "LOGISTICS"),
        (({"delivered": 1}, {"open": 1}), OrderStatus.NEW, "PARTIALLY_COMPLETE"),
        (({"delivered": 1}, {"declined": 1}), OrderStatus.NEW, "PARTIALLY_COMPLETE"),
        (({"delivered": 1}, {"cancel_asked": 1}), OrderStatus.ONHOLD, "PARTIALLY_COMPLETE"),
        (({"open": 1}, {"onhold": 1}), OrderStatus.NEW, "ONHOLD"),
        (({"open": 1}, {"received": 1}), OrderStatus.ONHOLD, "ONHOLD"),
        (({"open": 1}, {"received": 1}), OrderStatus.NEW, "RECEIVED"),
        (({"open": 1, "cancel_asked": 1}, {"open": 1}), OrderStatus.NEW, "RECEIVED"),
        (({"open": 1}, {"cancelled": 1}), OrderStatus.RECEIVED, "RECEIVED"),
        (({"open": 1}, {"declined": 1}), OrderStatus.NEW, "NEW"),
    ],
)
def test_an_order_has_the_first_status_that_holds(
    lines: tuple[dict[str, int], ...], shop: OrderStatus, expected: str
) -> None:
    assert status(lying(*lines, shop=shop)) == expected


def test_units_of_one_line_count_together() -> None:
    assert status(lying({"delivered": 2, "shipped": 1, "cancelled": 1})) == "COMPLETE"
    assert status(lying({"open": 1, "cancel_asked": 1})) == "RECEIVED"


def test_goods_make_the_status_and_without_goods_all_lines_do() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), shipping(9, 500))
    desk.ships(1)
    assert status(desk.file()) == "COMPLETE"
    without = Desk()
    without.place(line(1, 1, 1000, product_type=ProductType.VIRTUAL), shipping(9, 500))
    without.delivers(1)
    assert status(without.file()) == "PARTIALLY_COMPLETE"


# Money


def refund(gross: tuple[int, ...], state: RefundState, *legs: tuple[int, LegState]) -> Refund:
    desk = Desk()
    desk.place(line(1, 1, 9000), captured=9000)
    desk.appeases((1, 1), amount_includes_tax=True)
    made = next(iter(desk.file().refunds.values()))
    lines = tuple(
        RefundLine(line_number=number, sku="S", quantity=1, net_minor=part, tax_minor=0, gross_minor=part)
        for number, part in enumerate(gross, 1)
    )
    parts = tuple(
        Leg(leg_id=str(number), payment_ref="P", gateway="g", method="m", amount_minor=amount, state=leg)
        for number, (amount, leg) in enumerate(legs)
    )
    return replace(made, lines=lines, state=state, legs=parts)


@pytest.mark.parametrize(
    ("state", "legs", "expected"),
    [
        (RefundState.PENDING_RELEASE, ((60, L.SENT), (40, L.UNANSWERED)), (70, 30)),
        (RefundState.REQUESTED, ((60, L.PLANNED), (40, L.CONFIRMED)), (70, 30)),
        (RefundState.PARTLY_RELEASED, ((60, L.CONFIRMED), (40, L.FAILED)), (42, 18)),
        (RefundState.REVERSED, ((60, L.CONFIRMED), (40, L.REVERSED)), (42, 18)),
        (RefundState.RELEASED, ((60, L.CONFIRMED), (40, L.REPLACED), (40, L.CONFIRMED)), (70, 30)),
        (RefundState.EXCEPTION, ((60, L.FAILED), (40, L.FAILED)), (0, 0)),
        (RefundState.CANCELLED, ((60, L.PLANNED), (40, L.PLANNED)), (0, 0)),
        (RefundState.RELEASED_OFFLINE, ((60, L.FAILED), (40, L.CONFIRMED)), (70, 30)),
        (RefundState.PENDING_RELEASE, (), (70, 30)),
    ],
)
def test_a_refund_stands_for_as_much_as_its_legs_do(
    state: RefundState, legs: tuple[tuple[int, LegState], ...], expected: tuple[int, ...]
) -> None:
    assert live_share(refund((70, 30), state, *legs)) == expected


def test_a_share_can_be_asked_for_some_states_alone() -> None:
    made = refund((70, 30), RefundState.PENDING_RELEASE, (50, L.SENT), (50, L.CONFIRMED))
    assert live_share(made, (LegState.CONFIRMED,)) == (35, 15)


def money(desk: Desk) -> dict[str, int]:
    made = snapshot(desk.file())
    names = ("order_total", "captured", "refunded", "pending", "charged_back", "due", "left")
    return {name: getattr(made, name) for name in names}


def paid(*amounts: int) -> Desk:
    desk = Desk()
    desk.place(line(1, 4, 4000), line(2, 1, 600))
    for number, amount in enumerate(amounts, 1):
        desk.pays(K.CAPTURED, amount, f"P{number}")
    return desk


def told(**sums: Any) -> dict[str, int]:
    whole = {"order_total": 4600, "captured": 0, "refunded": 0, "pending": 0, "charged_back": 0, "due": 0, "left": 0}
    return {**whole, **sums}


def test_an_unpaid_order_owes_its_total_and_an_overpaid_one_is_owed() -> None:
    assert money(paid()) == told(due=4600)
    assert money(paid(4000)) == told(captured=4000, due=600, left=4000)
    assert money(paid(4000, 1000)) == told(captured=5000, due=-400, left=5000)


def test_pending_money_is_not_left_and_failed_money_is() -> None:
    desk = paid(2600, 2000)
    desk.appeases((1, 3000), amount_includes_tax=True)
    assert money(desk) == told(captured=4600, pending=3000, left=1600)
    assert snapshot(desk.file()).pending_by_payment == {"P2": 2000, "P1": 1000}
    desk.gateway_answers(K.REFUND_FAILED)
    assert money(desk) == told(captured=4600, left=4600)
    assert left_of_line(desk.file(), 1) == 4000


def test_released_money_is_refunded_and_money_paid_by_hand_too() -> None:
    desk = paid(4600)
    desk.appeases((1, 1000), amount_includes_tax=True)
    desk.gateway_answers()
    assert money(desk) == told(captured=4600, refunded=1000, left=3600)
    desk.appeases((1, 500), amount_includes_tax=True)
    desk.gateway_answers(K.REFUND_FAILED)
    failed = list(desk.file().refunds)[-1]
    desk.send(c.ReleaseRefundOffline, refund_id=failed, reference="cash")
    assert money(desk) == told(captured=4600, refunded=1500, left=3100)
    assert (left_of_line(desk.file(), 1), snapshot(desk.file()).payments["P1"].refunded) == (2500, 1000)


def test_a_chargeback_takes_from_what_is_left() -> None:
    desk = paid(4600)
    desk.pays(K.CHARGED_BACK, 600)
    assert money(desk) == told(captured=4600, charged_back=600, left=4000)
    desk.pays(K.CHARGED_BACK, 4600, "P2")
    assert money(desk) == told(captured=4600, charged_back=5200, left=0)


def test_cancelled_units_are_not_owed_and_their_refund_is_no_payment() -> None:
    desk = paid()
    desk.cancels((1, 1))
    assert money(desk) == told(due=3600)
    desk.pays(K.CAPTURED, 4600)
    assert money(desk) == told(captured=4600, pending=1000, due=0, left=3600)
    desk.gateway_answers()
    assert money(desk) == told(captured=4600, refunded=1000, due=0, left=3600)


def test_a_cancellations_refund_that_failed_is_owed_to_the_customer_until_it_is_paid_by_hand() -> None:
    desk = paid(4600)
    desk.cancels((1, 1))
    desk.gateway_answers(K.REFUND_FAILED)
    assert money(desk) == told(captured=4600, due=-1000, left=4600)
    desk.send(c.ReleaseRefundOffline, refund_id=next(iter(desk.file().refunds)), reference="cash")
    assert money(desk) == told(captured=4600, refunded=1000, due=0, left=3600)


def test_an_appeasement_or_return_changes_nothing_of_what_is_due() -> None:
    desk = paid(4600)
    desk.ships(4)
    desk.returns((1, 1))
    desk.appeases((2, 100), amount_includes_tax=True)
    assert money(desk) == told(captured=4600, pending=1100, left=3500)


def test_a_word_that_changes_nothing_shown_publishes_nothing() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.warehouse(UnitStatus.RECEIVED, 2)
    moved = len(desk.events(OrderStateMoved))
    desk.warehouse(UnitStatus.RECEIVED, 2)
    assert len(desk.events(OrderStateMoved)) == moved
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 2, 2000, promised_date=date(2026, 6, 1)))
    assert len(desk.events(OrderStateMoved)) == moved + 1
