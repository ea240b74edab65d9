"""Stories that the test of the whole domain found by itself and that once ended wrongly, each told as short as it can be."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.orders import snapshot
from domain.payments import Operation, fold
from domain.policy import DEFAULT, AutoRelease, Policies
from domain.vocabulary import (
    ExchangeState,
    LegState,
    OrderEventKind,
    PaymentKind,
    ReceiptOutcome,
    RefundState,
    ReturnState,
    UnitStatus,
    Verdict,
)
from tests.builders.desk import Desk, line, with_policy

K = PaymentKind


def said(event_id: str, kind: PaymentKind, at: int, **more: Any) -> Operation:
    return Operation(event_id=event_id, occurred_at=at, payment_ref="P1", gateway="gate", method="card", kind=kind,
                     amount_minor=500, currency="EUR", **more)  # fmt: skip


def test_an_undo_that_names_nothing_undoes_one_success_however_often_it_is_heard() -> None:
    once = [said("a", K.CAPTURED, 1), said("b", K.CAPTURED, 2), said("c", K.CAPTURE_FAILED, 3)]
    assert fold(once, "EUR")["P1"].captured == 500
    assert fold([*once, once[2]], "EUR") == fold(once, "EUR")


def refunded() -> Desk:
    """One unit came back, its 1000 went to the customer."""
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.ships(2)
    desk.returns((1, 1))
    desk.gateway_answers()
    return desk


def test_money_that_comes_back_without_naming_its_refund_reverses_the_refund_that_the_fold_says() -> None:
    desk = refunded()
    assert next(iter(desk.file().refunds.values())).state is RefundState.RELEASED
    desk.pays(K.REFUND_REVERSED, 1000)
    refund = next(iter(desk.file().refunds.values()))
    assert (refund.state, refund.legs[0].state) == (RefundState.REVERSED, LegState.REVERSED)
    assert snapshot(desk.file()).refunded == 0


def test_a_reversal_counts_for_its_refund_though_another_one_named_another_amount_before() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.ships(1)
    desk.returns((1, 1))
    leg = next(iter(desk.file().refunds.values())).legs[0]
    for amount, kind in ((999, K.REFUND_REVERSED), (1000, K.REFUNDED), (1000, K.REFUND_REVERSED)):
        desk.pays(kind, amount, operation_reference=leg.leg_id)
    assert snapshot(desk.file()).refunded == 0
    assert next(iter(desk.file().refunds.values())).state is RefundState.REVERSED


def test_a_void_that_failed_after_all_can_be_asked_for_again() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.AUTHORIZED, 1000)
    desk.cancels()
    void = next(iter(desk.file().cancellations.values())).voids[0]
    for kind in (K.VOIDED, K.VOID_FAILED):
        desk.pays(kind, 1000, operation_reference=void.leg_id, gateway_reference="G-1")
    cancellation = next(iter(desk.file().cancellations.values()))
    assert (cancellation.voids[0].state, snapshot(desk.file()).payments["P1"].voided) == (LegState.FAILED, 0)
    assert desk.send(c.RetryVoid, cancellation_id=cancellation.cancellation_id).accepted


def exchanged(policies: Policies, quantity: int = 1) -> Desk:
    desk = Desk(policies)
    desk.place(line(1, 2, 2000, sku="SHIRT-M", parent_sku="SHIRT"), captured=2000)
    desk.ships(2)
    for sku in ("SHIRT-M", "SHIRT-L"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel="web-de", sku="SHIRT-L", available=5, updated_at=desk.at))
    wish = c.ExchangeLineInput(line_number=1, quantity=quantity, new_sku="SHIRT-L", reason="FIT")
    assert desk.send(c.CreateExchange, lines=(wish,)).accepted
    return desk


def ended(desk: Desk) -> tuple[ExchangeState, ReturnState]:
    exchange, back = next(iter(desk.file().exchanges.values())), next(iter(desk.file().returns.values()))
    return exchange.state, back.state


@pytest.mark.parametrize("units", [1, 2])
def test_an_exchange_whose_order_left_while_it_was_on_hold_is_complete_when_the_originals_are_back(units: int) -> None:
    desk = exchanged(with_policy(DEFAULT, "exchanges", mode="HOLD"), units)
    desk.ships(units, 1, "1001E")
    desk.receives(next(iter(desk.file().returns.values())).rma, (1, units, ReceiptOutcome.GOOD))
    assert ended(desk) == (ExchangeState.COMPLETED, ReturnState.SETTLED)


def test_an_exchange_is_complete_when_what_has_not_shipped_of_its_order_is_cancelled() -> None:
    desk = exchanged(DEFAULT, 2)
    desk.receives(next(iter(desk.file().returns.values())).rma, (1, 2, ReceiptOutcome.GOOD))
    desk.ships(1, 1, "1001E")
    assert ended(desk) == (ExchangeState.SHIPPED, ReturnState.RECEIVED)
    assert desk.cancels((1, 1), order_id="1001E", force=True).accepted
    assert ended(desk) == (ExchangeState.COMPLETED, ReturnState.SETTLED)


def by_hand() -> Desk:
    """Three units for 1000 are out; refunds of returns wait for somebody to approve them."""
    desk = Desk(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=False)))
    desk.place(line(1, 3, 1000, tax=160), captured=1000)
    desk.ships(3)
    return desk


def promised(desk: Desk) -> tuple[int, int]:
    """Gross and tax of what all live refunds give."""
    live = [refund for refund in desk.file().refunds.values() if refund.state is not RefundState.CANCELLED]
    lines = [each for refund in live for each in refund.lines]
    return sum(each.gross_minor for each in lines), sum(each.tax_minor for each in lines)


def cancel_return(desk: Desk, index: int) -> None:
    assert desk.send(c.CancelReturn, return_id=list(desk.file().returns)[index]).accepted


def test_units_of_a_cancelled_return_are_worth_what_they_were_though_an_appeasement_came_between() -> None:
    desk = by_hand()
    desk.returns((1, 1))
    assert desk.appeases((1, 100), amount_includes_tax=True).accepted
    cancel_return(desk, 0)
    assert desk.returns((1, 3)).accepted
    assert promised(desk) == (1000, 160)


@pytest.mark.parametrize("cancelled", [0, 1])
def test_units_of_a_cancelled_return_take_nothing_from_those_of_another_return(cancelled: int) -> None:
    desk = by_hand()
    desk.returns((1, 1))
    desk.returns((1, 1))
    cancel_return(desk, cancelled)
    assert desk.returns((1, 2)).accepted
    assert promised(desk) == (1000, 160)
    assert not any("shortfall" in code for code in desk.file().attention)


def authorized() -> Desk:
    """Two units, 2000 reserved and not taken."""
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.pays(K.AUTHORIZED, 2000)
    return desk


def test_a_void_that_the_gateway_told_of_before_it_was_asked_is_confirmed_when_it_says_so_again() -> None:
    command = "7d0cf6a5-6d4c-4c0e-9a52-2f3ce1a1b001"
    undisturbed = authorized()
    undisturbed.cancels(command_id=command)
    leg_id = next(iter(undisturbed.file().cancellations.values())).voids[0].leg_id
    desk = authorized()
    answer = {"operation_reference": leg_id, "gateway_reference": "G-1"}
    desk.pays(K.VOIDED, 1500, **answer)
    desk.cancels(command_id=command)
    void = next(iter(desk.file().cancellations.values())).voids[0]
    assert (void.leg_id, void.state) == (leg_id, LegState.SENT)
    desk.pays(K.VOIDED, void.amount_minor, **answer)
    assert next(iter(desk.file().cancellations.values())).voids[0].state is LegState.CONFIRMED


@pytest.mark.parametrize("word", [UnitStatus.DELIVERED, UnitStatus.LOST])
def test_units_that_only_the_shop_cancelled_leave_the_house_after_all_whichever_word_comes_first(
    word: UnitStatus,
) -> None:
    ends = []
    for first, second in (("shop", "warehouse"), ("warehouse", "shop")):
        desk = Desk()
        desk.place(line(1, 2, 2000), captured=2000)
        at = desk.at
        for who in (first, second):
            if who == "shop":
                desk.shop(OrderEventKind.CANCELLED, 2, line(1, 2, 2000), occurred_at=at + 1)
            else:
                desk.warehouse(word, 1, occurred_at=at + 2)
        units = desk.file().lines[1].units
        ends.append((desk.buckets(), units.shop_cancelled))
        assert "fact_conflict" not in desk.file().attention
    assert ends == [({"cancelled": 1, str(word).lower(): 1}, 1)] * 2


@pytest.mark.parametrize("leaves", ["ships", "delivers", "loses"])
def test_a_person_looks_when_units_leave_the_house_whose_money_went_back(leaves: str) -> None:
    desk = Desk(with_policy(DEFAULT, "cancel", refund_on_shop_cancel=True))
    desk.place(line(1, 2, 2000), captured=2000)
    desk.shop(OrderEventKind.CANCELLED, 2, line(1, 2, 2000))
    desk.gateway_answers()
    assert snapshot(desk.file()).refunded == 2000
    if leaves == "ships":
        desk.ships(1)
    else:
        desk.warehouse(UnitStatus.DELIVERED if leaves == "delivers" else UnitStatus.LOST, 1)
    assert "fact_conflict" in desk.file().attention


def waiting_for_approval() -> Desk:
    """A returned unit's 1000 of a payment of 2000 wait for somebody to approve them."""
    desk = Desk(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=False)))
    desk.place(line(1, 2, 2000), captured=2000)
    desk.ships(2)
    desk.returns((1, 1))
    return desk


def approve(desk: Desk) -> str | None:
    """The code that the approval is refused with."""
    return desk.send(c.ApproveRefund, refund_id=next(iter(desk.file().refunds))).code


def test_a_refund_is_not_approved_when_a_chargeback_took_its_money_meanwhile() -> None:
    desk = waiting_for_approval()
    desk.pays(K.CHARGED_BACK, 1001)
    assert approve(desk) == "exceeds_payment"
    assert next(iter(desk.file().refunds.values())).state is RefundState.REQUESTED
    desk.pays(K.CHARGEBACK_WON, 1001)
    assert approve(desk) is None


def test_a_refund_is_approved_when_a_chargeback_left_what_it_gives() -> None:
    desk = waiting_for_approval()
    desk.pays(K.CHARGED_BACK, 1000)
    assert approve(desk) is None


def test_a_refund_is_not_approved_when_the_loss_of_another_payment_ate_its_money() -> None:
    desk = waiting_for_approval()
    desk.pays(K.CAPTURED, 500, "P2")
    desk.pays(K.CHARGED_BACK, 1501, "P2")
    assert approve(desk) == "exceeds_order"


@pytest.mark.parametrize("remedy", ["exchange", "reshipment"])
def test_units_that_were_given_back_are_free_again_once_what_replaced_them_is_called_off(remedy: str) -> None:
    if remedy == "exchange":
        desk = exchanged(DEFAULT, 2)
    else:
        desk = Desk()
        desk.place(line(1, 2, 2000), captured=2000)
        desk.ships(2)
        wish = c.ReshipmentLineInput(line_number=1, quantity=2, reason="DAMAGED")
        assert desk.send(c.CreateReshipment, lines=(wish,), take_back=True).accepted
    back = next(iter(desk.file().returns.values()))
    desk.receives(back.rma, (1, 2, ReceiptOutcome.SHORT))
    assert desk.send(c.DecideReturnLine, return_id=back.return_id, line_number=1, verdict=Verdict.REJECT).accepted
    assert desk.returns((1, 1)).code == "quantity_not_available", "another order is out for them"
    if remedy == "exchange":
        assert desk.send(c.CancelExchange, exchange_id=next(iter(desk.file().exchanges))).accepted
    else:
        assert desk.send(c.CancelReshipment, reshipment_id=next(iter(desk.file().reshipments))).accepted
    assert desk.returns((1, 2)).accepted
