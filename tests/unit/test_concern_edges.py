"""What the system worries about in money, to the cent: when a concern stands and when it has healed (domain.md 4)."""

from typing import Any

import pytest

from domain import commands as c
from domain.vocabulary import (
    OrderEventKind,
    OrderStatus,
    PaymentKind,
)
from tests.builders.desk import line
from tests.builders.readings import first, standing
from tests.builders.two_lines import placed

K = PaymentKind


# Money that does not come


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        (((K.AUTHORIZATION_FAILED, 2500),), True),
        (((K.AUTHORIZATION_FAILED, 2500), (K.AUTHORIZED, 2500)), False),
        (((K.AUTHORIZATION_FAILED, 2500), (K.AUTHORIZED, 2499)), True),
        (((K.AUTHORIZED, 2499), (K.CAPTURED, 2499), (K.AUTHORIZATION_FAILED, 1)), True),
        (((K.AUTHORIZED, 1500), (K.CAPTURED, 1000), (K.AUTHORIZED, 1000), (K.AUTHORIZATION_FAILED, 1)), False),
        (((K.AUTHORIZED, 2500), (K.VOIDED, 1), (K.AUTHORIZATION_FAILED, 1)), True),
        (((K.CAPTURED, 2500), (K.AUTHORIZATION_FAILED, 1)), False),
    ],
)
def test_a_failed_authorisation_is_a_worry_while_the_total_is_not_covered(
    words: tuple[tuple[PaymentKind, int], ...], stands: bool
) -> None:
    desk = placed()
    for number, (kind, amount) in enumerate(words):
        payment = "P1" if kind in (K.AUTHORIZED, K.CAPTURED, K.VOIDED) else f"F{number}"
        desk.pays(kind, amount, payment, gateway_reference=f"g{number}")
    assert ("authorization_failed" in standing(desk)) is stands


def test_a_failed_capture_is_a_worry_until_it_succeeds_or_the_order_is_cancelled() -> None:
    desk = placed()
    desk.pays(K.CAPTURE_FAILED, 2500, operation_reference="c")
    assert standing(desk) == {"capture_failed"}
    desk.pays(K.CAPTURED, 2500, operation_reference="c")
    assert standing(desk) == set()
    cancelled = placed()
    cancelled.pays(K.CAPTURE_FAILED, 2500)
    cancelled.cancels()
    assert standing(cancelled) == set()
    cancelled.pays(K.CAPTURE_FAILED, 2500, gateway_reference="again")
    assert standing(cancelled) == set()


def test_a_failed_void_is_a_worry_until_it_is_confirmed() -> None:
    desk = placed()
    desk.pays(K.AUTHORIZED, 2500)
    desk.cancels()
    [void] = first(desk.file().cancellations).voids
    desk.pays(K.VOID_FAILED, 2500, operation_reference=void.leg_id)
    assert standing(desk) == {"void_failed"}
    desk.send(c.RetryVoid, cancellation_id=first(desk.file().cancellations).cancellation_id)
    assert standing(desk) == set()


def test_a_refund_that_came_back_is_a_worry_until_it_is_paid() -> None:
    for command, more in ((c.RetryRefund, {}), (c.ReleaseRefundOffline, {"reference": "cash"})):
        desk = placed(captured=2500)
        desk.appeases((1, 100), amount_includes_tax=True)
        desk.gateway_answers()
        [leg] = first(desk.file().refunds).legs
        desk.pays(K.REFUND_REVERSED, 100, gateway_reference=leg.gateway_reference)
        assert standing(desk) == {"refund_reversed"}
        assert desk.file().attention == ("refund_reversed",)
        send: Any = desk.send
        send(command, refund_id=first(desk.file().refunds).refund_id, **more)
        assert standing(desk) == set()
        assert desk.file().attention == ()


@pytest.mark.parametrize(
    ("captured", "shop", "stands"),
    [
        (2500, OrderStatus.COMPLETE, False),
        (2499, OrderStatus.COMPLETE, True),
        (2501, OrderStatus.COMPLETE, True),
        (2499, OrderStatus.NEW, False),
        (None, OrderStatus.COMPLETE, True),
    ],
)
def test_a_complete_order_that_is_not_paid_to_the_cent_is_a_worry(
    captured: int | None, shop: OrderStatus, stands: bool
) -> None:
    desk = placed(captured=captured)
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 2, 2000), line(2, 1, 500), status=shop)
    assert standing(desk) == ({"amount_mismatch"} if stands else set())


def test_a_mismatch_waits_for_the_money_of_a_cancellation() -> None:
    desk = placed(captured=2500)
    desk.cancels((2, 1))
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 2, 2000), line(2, 1, 500), status=OrderStatus.COMPLETE)
    assert standing(desk) == set()
    desk.gateway_answers(K.REFUND_FAILED)
    assert standing(desk) == {"refund_failed", "amount_mismatch"}
    desk.send(c.RetryRefund, refund_id=first(desk.file().refunds).refund_id)
    assert standing(desk) == set()


def test_an_order_that_the_shop_cancelled_is_a_worry_while_its_money_is_here() -> None:
    desk = placed(captured=2500)
    desk.shop(OrderEventKind.CANCELLED, 2, line(1, 2, 2000), line(2, 1, 500))
    assert standing(desk) == {"cancelled_by_shop"}
    desk.pays(K.REFUNDED, 2499, gateway_reference="r")
    assert standing(desk) == {"cancelled_by_shop"}
    desk.pays(K.REFUNDED, 1, gateway_reference="s")
    assert standing(desk) == set()
    unpaid = placed()
    unpaid.shop(OrderEventKind.CANCELLED, 2, line(1, 2, 2000), line(2, 1, 500))
    assert standing(unpaid) == set()


def test_a_chargeback_is_a_worry_until_it_is_won() -> None:
    desk = placed(captured=2500)
    desk.pays(K.CHARGED_BACK, 5, gateway_reference="b")
    assert standing(desk) == {"charged_back"}
    desk.pays(K.CHARGEBACK_WON, 4, gateway_reference="b")
    assert standing(desk) == {"charged_back"}
