"""Checkouts: payments before, without and after their order, cases on them, money that must go back (domain.md 4)."""

from typing import Any

from domain import commands as c
from domain.order_events import NoticeAsked
from domain.orders import snapshot
from domain.vocabulary import (
    CaseOrigin,
    CaseScope,
    CheckoutKind,
    ContactChannel,
    PaymentKind,
    RefundState,
)
from domain.world import Reply
from schemas.outbound import project
from tests.builders.checkouts import checkout, pays, starts
from tests.builders.desk import CHANNEL, Desk, line, uid

CASE, LINE = uid("case"), uid("line")
K = PaymentKind


def refund(desk: Desk, amount: int, **fields: Any) -> Reply:
    return desk.send(
        c.RefundPayment,
        sales_channel=CHANNEL,
        checkout_id="CO-1",
        payment_ref="P1",
        amount_minor=amount,
        reason="NEVER_ORDERED",
        **fields,
    )


def open_case(desk: Desk) -> Reply:
    return desk.send(
        c.OpenCase,
        case_id=CASE,
        service="DISPUTE",
        scope=CaseScope.CHECKOUT,
        sales_channel=CHANNEL,
        checkout_id="CO-1",
        channel=ContactChannel.PHONE,
        origin=CaseOrigin.LIST,
        short_description="Paid, but no order",
        lines=(c.CaseLineInput(case_line_id=LINE),),
    )


def test_a_payment_makes_the_checkout_and_is_counted_at_once() -> None:
    desk = Desk()
    pays(desk, PaymentKind.CAPTURED, 1000)
    assert snapshot(checkout(desk)).captured == 1000


def test_an_order_takes_over_the_payments_of_its_checkout_whichever_comes_first() -> None:
    for paid_first in (True, False):
        desk = Desk()
        if paid_first:
            pays(desk, PaymentKind.CAPTURED, 1000)
        desk.place(line(1, 1, 1000), checkout_id="CO-1")
        if not paid_first:
            pays(desk, PaymentKind.CAPTURED, 1000)
        assert snapshot(desk.file()).captured == 1000
        assert snapshot(desk.file()).due == 0


def test_a_payment_that_names_an_order_nobody_knows_goes_to_its_checkout() -> None:
    desk = Desk()
    pays(desk, PaymentKind.CAPTURED, 1000, order_id="1001")
    assert not desk.waiting
    desk.place(line(1, 1, 1000), checkout_id="CO-1")
    assert snapshot(desk.file()).captured == 1000


def test_f2_f3_a_case_on_a_checkout_gets_its_order_when_it_comes() -> None:
    desk = Desk()
    assert open_case(desk).code == "unknown_entity"
    starts(desk)
    assert open_case(desk).accepted
    assert desk.send(c.SubmitCase, case_id=CASE).accepted
    desk.place(line(1, 1, 1000), checkout_id="CO-1")
    assert desk.case(CASE).orders == ("1001",)
    assert desk.case(CASE).lines[LINE].order_id == "1001"
    assert desk.case(CASE).scope is CaseScope.CHECKOUT


def test_f16_money_of_a_checkout_that_never_became_an_order_goes_back() -> None:
    desk = Desk()
    starts(desk)
    pays(desk, PaymentKind.CAPTURED, 1000)
    assert refund(desk, 1500).code == "exceeds_payment"
    assert refund(desk, 1000).accepted
    made = [out for out in project(desk.outcomes[-1], "ordercase") if out.record == "payments.PaymentRequest"]
    assert [(out.key, out.value["checkout_id"], out.value["order_id"]) for out in made] == [
        ("web-de:CO-1", "CO-1", None)
    ]
    [leg] = next(iter(checkout(desk).refunds.values())).legs
    pays(desk, PaymentKind.REFUNDED, 1000, operation_reference=leg.leg_id)
    [released] = checkout(desk).refunds.values()
    assert (released.state, released.credit_note_number) == (RefundState.RELEASED, "web-de-CN-00000001")
    assert [notice.kind for notice in desk.events(NoticeAsked)] == ["REFUND_RELEASED"]
    assert refund(desk, 1).code == "exceeds_payment"


def test_a_checkout_pays_back_no_more_than_a_chargeback_of_another_payment_left() -> None:
    desk = Desk()
    starts(desk)
    for payment_ref, kind, amount in (("P1", K.CAPTURED, 1000), ("P2", K.CAPTURED, 500), ("P2", K.CHARGED_BACK, 1400)):
        pays(desk, kind, amount, payment_ref=payment_ref)
    assert refund(desk, 101).code == "exceeds_order"
    assert refund(desk, 1001).code == "exceeds_payment"
    assert refund(desk, 100).accepted


def test_once_there_is_an_order_the_checkout_pays_nothing_back() -> None:
    desk = Desk()
    pays(desk, PaymentKind.CAPTURED, 1000)
    desk.place(line(1, 1, 1000), checkout_id="CO-1")
    assert refund(desk, 100).code == "wrong_state"


def test_a_refund_under_way_when_the_order_comes_is_answered_for_both() -> None:
    desk = Desk()
    pays(desk, PaymentKind.CAPTURED, 1000)
    refund(desk, 400)
    desk.place(line(1, 1, 1000), checkout_id="CO-1")
    [leg] = next(iter(checkout(desk).refunds.values())).legs
    pays(desk, PaymentKind.REFUNDED, 400, operation_reference=leg.leg_id)
    assert next(iter(checkout(desk).refunds.values())).state is RefundState.RELEASED
    assert snapshot(desk.file()).refunded == 400
    assert "unknown_reference" not in desk.file().attention


def test_a_late_word_about_a_checkout_changes_nothing() -> None:
    desk = Desk()
    starts(desk, CheckoutKind.COMPLETED, 3)
    starts(desk, CheckoutKind.FAILED, 2)
    assert checkout(desk).kind is CheckoutKind.COMPLETED
