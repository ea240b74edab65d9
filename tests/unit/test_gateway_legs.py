"""What a leg of ours becomes by all that the gateway said of it, and what is more than ever came (domain.md 3, 7)."""

import pytest

from domain import commands as c
from domain.order_events import AttentionRaised, PaymentHeard
from domain.orders import snapshot
from domain.refunds import LegConfirmed, LegFailed, LegReversed
from domain.vocabulary import LegState, PaymentKind, RefundState
from tests.builders.desk import MINUTE, Desk, line
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
        (((K.REFUNDED, 2), (K.REFUND_FAILED, 2)), LegState.REVERSED),
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
    assert [raised.code for raised in desk.events(AttentionRaised)].count("fact_conflict") == 1
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


def legs(desk: Desk) -> list[tuple[LegState, str | None]]:
    """Of the refunds, the first first: what became of the leg, and the gateway's name for it."""
    return [(made.legs[0].state, made.legs[0].gateway_reference) for made in desk.file().refunds.values()]


@pytest.mark.parametrize("amount", [1, 1000])
def test_another_leg_that_the_fold_says_otherwise_of_now_moves_under_its_own_name(amount: int) -> None:
    """An undo that names nothing means the newest success: which one that is changes with what is heard late."""
    desk = appeased(amount)
    desk.appeases((1, amount), amount_includes_tax=True)
    first, second = [made.legs[0].leg_id for made in desk.file().refunds.values()]
    start = desk.at
    desk.pays(K.REFUNDED, amount, operation_reference=first, gateway_reference="A", occurred_at=start + 1)
    desk.pays(K.REFUNDED, amount, operation_reference=second, gateway_reference="B", occurred_at=start + 2)
    desk.pays(K.REFUND_REVERSED, amount, occurred_at=start + 9)
    assert legs(desk) == [(LegState.CONFIRMED, "A"), (LegState.REVERSED, "B")]
    desk.pays(K.REFUNDED, amount, operation_reference=first, gateway_reference="A", occurred_at=start + 3)
    assert legs(desk) == [(LegState.REVERSED, "A"), (LegState.CONFIRMED, "B")]


def test_a_leg_that_was_sent_again_waits_for_its_own_answer_whatever_is_heard_of_others() -> None:
    desk = appeased()
    desk.appeases((1, 500), amount_includes_tax=True)
    first, second = [made.legs[0].leg_id for made in desk.file().refunds.values()]
    desk.pays(K.REFUND_FAILED, 1000, operation_reference=first)
    assert desk.send(c.RetryRefund, refund_id=first_refund(desk).refund_id).accepted
    desk.pays(K.REFUNDED, 500, operation_reference=second)
    assert [state for state, _ in legs(desk)] == [LegState.SENT, LegState.CONFIRMED]


def test_a_failure_at_the_time_of_the_success_takes_it_back_with_its_reason() -> None:
    desk = appeased()
    [leg] = first_refund(desk).legs
    for kind in (K.REFUNDED, K.REFUND_FAILED):
        desk.pays(kind, 1000, operation_reference=leg.leg_id, occurred_at=desk.at - 1, reason=str(kind))
        desk.at -= MINUTE
    [after] = first_refund(desk).legs
    assert (after.state, after.reason) == (LegState.REVERSED, "REFUND_FAILED")


@pytest.mark.parametrize(("at", "state"), [(1, LegState.REVERSED), (2, LegState.FAILED), (3, LegState.CONFIRMED)])
def test_a_success_heard_after_a_leg_was_sent_again_counts_by_its_own_time(at: int, state: LegState) -> None:
    """Before the failure: given and taken back. At its time: never given, failures win ties. After it: given."""
    desk = appeased()
    [leg] = first_refund(desk).legs
    start = desk.at
    desk.pays(K.REFUND_FAILED, 1000, operation_reference=leg.leg_id, occurred_at=start + 2)
    assert desk.send(c.RetryRefund, refund_id=first_refund(desk).refund_id).accepted
    desk.pays(K.REFUNDED, 1000, operation_reference=leg.leg_id, occurred_at=start + at)
    assert first_refund(desk).legs[0].state is state


def test_a_word_about_a_leg_is_one_step_and_none_when_it_says_nothing_new() -> None:
    desk = Desk()
    desk.place(line(1, 1, 3000))
    desk.pays(K.CAPTURED, 1000, "P1")
    desk.pays(K.CAPTURED, 2000, "P2")
    desk.appeases((1, 3000), amount_includes_tax=True)
    leg = first_refund(desk).legs[0]
    for kind in (K.REFUNDED, K.REFUNDED, K.REFUND_REVERSED, K.REFUND_REVERSED):
        desk.pays(kind, 2000, "P2", operation_reference=leg.leg_id)
    made = [type(step.event) for step in desk.steps if isinstance(step.event, LegConfirmed | LegReversed | LegFailed)]
    assert made == [LegConfirmed, LegReversed]


def test_what_is_recorded_and_not_counted_says_why() -> None:
    desk = Desk()
    desk.place(line(1, 1, 4000))
    desk.pays(K.CAPTURED, 500, currency="EUR", gateway_reference="a")
    desk.pays(K.CAPTURED, 500, currency="USD", gateway_reference="b")
    desk.pays(K.CAPTURED, 501, currency="EUR", gateway_reference="a")
    why = [heard.recorded_only for heard in desk.events(PaymentHeard)]
    assert why == [None, "other_currency", "other_amount"]
    assert desk.file().attention == ("other_amount", "other_currency")
    assert snapshot(desk.file()).captured == 500


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
