"""Worked examples: several payments, and what may still be taken from each."""

from typing import Any

from domain import commands as c
from domain.orders import snapshot
from domain.policy import DEFAULT
from domain.vocabulary import LegState, PaymentKind, RefundState, RefundType
from domain.world import Reply
from tests.builders.checkouts import checkout
from tests.builders.desk import CHANNEL, Desk, line, shipping, with_policy
from tests.builders.readings import amounts, newest_cancellation, refunds
from tests.unit.reference.reading import all_legs, confirms, delivered, left, legs

K = PaymentKind


def from_checkout(desk: Desk, amount: int) -> Reply:
    """Asks money of one payment of a checkout back, as a payment module would."""
    fields: dict[str, Any] = {"checkout_id": "CO-1", "payment_ref": "P1", "reason": "NEVER_ORDERED"}
    return desk.send(c.RefundPayment, sales_channel=CHANNEL, amount_minor=amount, **fields)


def test_E48_of_100_captured_50_and_then_60_is_too_much() -> None:
    desk = Desk()
    desk.pays(K.CAPTURED, 10000, order_id=None, checkout_id="CO-1")
    assert from_checkout(desk, 5000).accepted
    assert from_checkout(desk, 6000).code == "exceeds_payment"
    assert snapshot(checkout(desk)).pending == 5000
    on_order = delivered(line(1, 1, 20000), captured=10000)
    assert on_order.appeases((1, 5000)).accepted
    assert on_order.appeases((1, 6000)).code == "exceeds_order"


def test_E49_what_was_authorised_but_not_captured_cannot_be_refunded() -> None:
    desk = Desk()
    desk.pays(K.AUTHORIZED, 10000, order_id=None, checkout_id="CO-1")
    desk.pays(K.CAPTURED, 5000, order_id=None, checkout_id="CO-1")
    assert from_checkout(desk, 10000).code == "exceeds_payment"
    assert from_checkout(desk, 5000).accepted


def test_E50_eight_refunds_over_four_payments_leave_exactly_one() -> None:
    desk = delivered(line(1, 1, 1000), captured=0)
    for number, amount in enumerate((120, 180, 200, 500), 1):
        desk.pays(K.CAPTURED, amount, f"P{number}")
    for amount in (70, 50, 180, 100, 40, 60, 400, 99):
        assert desk.appeases((1, amount)).accepted
    desk.gateway_answers()
    money = snapshot(desk.file())
    assert (money.refunded, money.pending, money.left, left(desk)) == (999, 0, 1, 1)
    assert all(payment.refunded <= payment.captured for payment in money.payments.values())
    assert desk.appeases((1, 2)).code == "exceeds_line"


def test_E51_ten_over_card_and_cheque_takes_both_and_four_the_first_only() -> None:
    for amount, taken in ((1000, [("P2", 500), ("P1", 500)]), (400, [("P2", 400)])):
        desk = delivered(line(1, 1, 1000), captured=0)
        desk.pays(K.CAPTURED, 500, "P1", method="card")
        desk.pays(K.CAPTURED, 500, "P2", method="cheque")
        desk.appeases((1, amount))
        assert legs(desk) == taken


def test_E53_a_payment_that_has_too_little_is_filled_up_by_the_next() -> None:
    oldest_first = with_policy(DEFAULT, "refunds", leg_order=("oldest",))
    desk = delivered(line(1, 2, 2598), shipping(9, 500), captured=0, desk=Desk(oldest_first))
    desk.pays(K.CAPTURED, 1000, "P1")
    desk.pays(K.CAPTURED, 2098, "P2")
    desk.returns((1, 1))
    assert legs(desk) == [("P1", 1000), ("P2", 299)]
    desk.returns((1, 1))
    assert legs(desk)[2:] == [("P2", 1799)]
    assert sum(amounts(desk)) == 3098


def test_E55_what_failed_does_not_count_and_the_same_refund_goes_through_whole() -> None:
    desk = delivered(line(1, 1, 3098))
    desk.returns((1, 1))
    desk.gateway_answers(K.REFUND_FAILED)
    assert refunds(desk)[0].state is RefundState.EXCEPTION
    assert snapshot(desk.file()).left == 3098
    assert desk.send(c.RetryRefund, refund_id=refunds(desk)[0].refund_id).accepted
    desk.gateway_answers()
    assert (refunds(desk)[0].state, amounts(desk)) == (RefundState.RELEASED, [3098])


def test_E56_an_order_whose_lines_are_all_cancelled_gives_its_full_total_back() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000), line(2, 1, 700), shipping(9, 500), captured=4000, order_discount_minor=200)
    desk.cancels()
    assert amounts(desk) == [4000]
    assert snapshot(desk.file()).due == 0


def test_E58_a_payment_of_two_orders_gives_each_no_more_than_its_share() -> None:
    """A gateway says a shared payment as one capture for each order, under the same payment reference."""
    desk = Desk()
    for order_id, share in (("A", 4000), ("B", 6000)):
        desk.place(line(1, 1, 10000), order_id=order_id)
        desk.pays(K.CAPTURED, share, "SHARED", order_id=order_id)
    assert desk.appeases((1, 7000), order_id="A").code == "exceeds_order"
    assert desk.appeases((1, 4000), order_id="A").accepted
    assert desk.appeases((1, 500), order_id="A").code == "nothing_to_refund"
    assert snapshot(desk.file("B")).left == 6000
    [refund] = refunds(desk, "A")
    nameless = desk.send(c.RetryRefund, refund_id=refund.refund_id, order_id=None)
    assert nameless.code == "invalid_command"


def test_E59_a_cancellation_asks_nothing_of_the_other_order_and_waits_for_a_capture_under_way() -> None:
    """The row leaves money under capture to a person. Here it is asked to be voided; a capture that wins makes the refund
    by itself, and the void that failed is the person's (domain.md 3)."""
    desk = Desk()
    for order_id, share in (("1001", 4000), ("B", 6000)):
        desk.place(line(1, 1, 1500), line(2, 1, share - 1500), order_id=order_id)
        desk.pays(K.CAPTURED, share, "SHARED", order_id=order_id)
    before = desk.file("B")
    desk.cancels((1, 1))
    assert amounts(desk) == [1500]
    assert desk.file("B") == before

    desk = Desk()
    desk.place(line(1, 1, 4000))
    desk.pays(K.AUTHORIZED, 4000)
    desk.cancels()
    [void] = newest_cancellation(desk).voids
    assert (void.state, void.amount_minor, amounts(desk)) == (LegState.SENT, 4000, [])
    desk.pays(K.CAPTURED, 4000)
    confirms(desk, void, K.VOID_FAILED)
    assert amounts(desk) == [4000]
    assert "void_failed" in desk.file().concerns


def test_E60_a_cancellation_refunds_nothing_twice_voids_what_waits_and_is_refused_after_shipping() -> None:
    paid_back = Desk()
    paid_back.place(line(1, 1, 5000), captured=5000)
    paid_back.appeases((1, 5000))
    paid_back.gateway_answers()
    assert paid_back.cancels().accepted
    assert [refund.refund_type for refund in refunds(paid_back)] == [RefundType.APPEASEMENT]

    waiting = Desk()
    waiting.place(line(1, 1, 5000))
    waiting.pays(K.AUTHORIZED, 5000)
    assert waiting.cancels().accepted
    assert [leg.amount_minor for leg in newest_cancellation(waiting).voids] == [5000]
    assert amounts(waiting) == []

    shipped = delivered(line(1, 1, 5000))
    assert shipped.cancels().code == "not_cancellable"


def test_E62_an_order_that_gave_up_units_is_overcharged_until_their_money_is_back() -> None:
    """A refund under way counts as given here (domain.md 3): overcharged is what nobody is giving back, so after a failure."""
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 2000), captured=3000)
    assert snapshot(desk.file()).due == 0
    desk.cancels((1, 1))
    [leg] = all_legs(desk)
    assert snapshot(desk.file()).due == 0
    confirms(desk, leg, K.REFUND_FAILED)
    assert snapshot(desk.file()).due == -1000
    desk.send(c.RetryRefund, refund_id=refunds(desk)[0].refund_id)
    confirms(desk, leg, gateway_reference="G-2", occurred_at=desk.at + 1)
    assert snapshot(desk.file()).due == 0
