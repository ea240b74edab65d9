"""What a leg of ours becomes by all that the gateway said of it, and what is more than ever came (domain.md 3, 7)."""

import pytest

from domain import commands as c
from domain.order_events import AttentionRaised
from domain.vocabulary import LegState, PaymentKind, RefundState
from tests.builders.desk import Desk, line
from tests.builders.paid_orders import appeased
from tests.builders.readings import first_refund

K = PaymentKind


# What a leg becomes


@pytest.mark.parametrize(
    ("history", "state"),
    [
        (((K.REFUNDED, 2),), LegState.CONFIRMED),
        (((K.REFUND_FAILED, 2),), LegState.FAILED),
        (((K.REFUNDED, 2), (K.REFUND_FAILED, 1)), LegState.CONFIRMED),
        (((K.REFUND_FAILED, 1), (K.REFUNDED, 2)), LegState.CONFIRMED),
        (((K.REFUNDED, 2), (K.REFUND_FAILED, 3)), LegState.REVERSED),
        (((K.REFUNDED, 2), (K.REFUND_REVERSED, 3)), LegState.REVERSED),
        (((K.REFUND_FAILED, 2), (K.REFUNDED, 2)), LegState.FAILED),
        (((K.REFUNDED, 2), (K.REFUND_REVERSED, 3), (K.REFUNDED, 4)), LegState.CONFIRMED),
    ],
)
def test_a_leg_follows_what_all_was_said_of_it(history: tuple[tuple[PaymentKind, int], ...], state: LegState) -> None:
    desk = appeased()
    [leg] = first_refund(desk).legs
    start = desk.at
    for kind, at in history:
        desk.pays(kind, 1000, operation_reference=leg.leg_id, occurred_at=start + at)
    assert first_refund(desk).legs[0].state is state


def test_a_payment_that_comes_after_it_was_paid_by_hand_is_a_conflict() -> None:
    desk = appeased()
    [leg] = first_refund(desk).legs
    desk.pays(K.REFUND_FAILED, 1000, operation_reference=leg.leg_id)
    desk.send(c.ReleaseRefundOffline, refund_id=first_refund(desk).refund_id, reference="cash")
    desk.pays(K.REFUND_FAILED, 1000, operation_reference=leg.leg_id)
    assert "fact_conflict" not in desk.file().attention
    desk.pays(K.REFUNDED, 1000, operation_reference=leg.leg_id)
    assert "fact_conflict" in desk.file().attention
    assert first_refund(desk).state is RefundState.RELEASED_OFFLINE


def test_a_credit_note_is_numbered_when_the_last_leg_is_confirmed() -> None:
    desk = Desk()
    desk.place(line(1, 1, 3000))
    desk.pays(K.CAPTURED, 1000, "P1")
    desk.pays(K.CAPTURED, 2000, "P2")
    desk.appeases((1, 3000), amount_includes_tax=True)
    two, one = first_refund(desk).legs
    desk.pays(K.REFUNDED, 2000, "P2", operation_reference=two.leg_id)
    assert first_refund(desk).credit_note_number is None
    desk.pays(K.REFUNDED, 1000, "P1", operation_reference=one.leg_id)
    assert first_refund(desk).credit_note_number == "web-de-CN-00000001"
    desk.pays(K.REFUND_REVERSED, 1000, "P1", operation_reference=one.leg_id)
    desk.send(c.RetryRefund, refund_id=first_refund(desk).refund_id)
    desk.gateway_answers()
    assert (first_refund(desk).state, first_refund(desk).credit_note_number) == (
        RefundState.RELEASED,
        "web-de-CN-00000001",
    )


# More back than came


def test_more_given_back_than_came_needs_attention_as_long_as_it_is_so() -> None:
    desk = Desk()
    desk.place(line(1, 1, 4000), captured=1000)
    desk.pays(K.CHARGED_BACK, 1000, gateway_reference="b")
    assert desk.file().attention == ()
    desk.pays(K.REFUNDED, 1, gateway_reference="r")
    assert desk.file().attention == ("overpaid",)
    assert any("P1" in raised.why for raised in desk.events(AttentionRaised))
    desk.pays(K.REFUNDED, 1, gateway_reference="s")
    assert [raised.code for raised in desk.events(AttentionRaised)] == ["overpaid"]
    desk.pays(K.CHARGEBACK_WON, 1000, gateway_reference="b")
    assert desk.file().attention == ()


def test_a_refund_on_its_way_counts_for_that() -> None:
    desk = appeased(4000)
    desk.pays(K.CHARGED_BACK, 1, gateway_reference="b")
    assert desk.file().attention == ("overpaid",)
