"""What a gateway's word does to our own requests: voids and refunds, however it names them (domain.md 3, 7)."""

from typing import Any

import pytest

from domain import commands as c
from domain.cancellations import Cancellation, VoidConfirmed, VoidFailed
from domain.identity import Ids
from domain.order_events import AttentionRaised, LegsSent
from domain.orders import snapshot
from domain.payments import Operation
from domain.refunds import Leg
from domain.vocabulary import LegState, PaymentKind, RefundState
from tests.builders.desk import Desk, line, uid
from tests.builders.paid_orders import appeased
from tests.builders.readings import first_refund
from tests.builders.refused import refuses

K = PaymentKind
DAY = 24 * 3_600_000_000


def authorised(*amounts: int) -> Desk:
    """An order of one unit per payment, nothing captured: P1, P2, … authorised one after the other."""
    desk = Desk()
    desk.place(line(1, len(amounts), sum(amounts)))
    for number, amount in enumerate(amounts, 1):
        desk.pays(K.AUTHORIZED, amount, f"P{number}")
    return desk


def cancellation(desk: Desk) -> Cancellation:
    return next(iter(desk.file().cancellations.values()))


def voids(desk: Desk) -> list[tuple[str, int, str, int]]:
    return [(leg.payment_ref, leg.amount_minor, str(leg.state), leg.attempt) for leg in cancellation(desk).voids]


# Voids


def test_a_cancelled_order_lets_all_its_authorised_money_go_newest_first() -> None:
    desk = authorised(1000, 600)
    reply = desk.cancels((1, 2))
    assert voids(desk) == [("P2", 600, "SENT", 1), ("P1", 1000, "SENT", 1)]
    assert cancellation(desk).voids[0] == Leg(
        leg_id=Ids(reply.command_id).new("leg"),
        payment_ref="P2",
        gateway="gate",
        method="card",
        amount_minor=600,
        state=LegState.SENT,
        attempt=1,
        sent_at=desk.at,
    )
    assert not desk.file().refunds
    [sent] = desk.events(LegsSent)
    assert (sent.kind, sent.order_id, sent.cancellation_id) == ("VOID", "1001", cancellation(desk).cancellation_id)
    assert [leg.amount_minor for leg, _ in sent.legs] == [600, 1000]


def test_a_unit_less_lets_its_worth_go_and_no_more() -> None:
    desk = authorised(1000, 1000)
    desk.cancels((1, 1))
    assert voids(desk) == [("P2", 1000, "SENT", 1)]
    desk.cancels((1, 1))
    last = list(desk.file().cancellations.values())[-1]
    assert [(leg.payment_ref, leg.amount_minor) for leg in last.voids] == [("P1", 1000)]


def test_what_was_captured_goes_back_and_the_rest_is_let_go() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.pays(K.AUTHORIZED, 2000)
    desk.pays(K.CAPTURED, 1500)
    desk.cancels((1, 2))
    assert voids(desk) == [("P1", 500, "SENT", 1)]
    assert (first_refund(desk).amount_minor, first_refund(desk).voided_minor) == (1500, 500)
    assert cancellation(desk).refund_ids == (first_refund(desk).refund_id,)


@pytest.mark.parametrize("named", ["by key", "by payment and amount"])
def test_a_void_is_confirmed_however_the_gateway_names_it(named: str) -> None:
    desk = authorised(1000, 600)
    desk.cancels((1, 2))
    leg = cancellation(desk).voids[1]
    key = {"operation_reference": leg.leg_id} if named == "by key" else {}
    desk.pays(K.VOIDED, 1000, "P1", gateway_reference="G-7", **key)
    assert voids(desk) == [("P2", 600, "SENT", 1), ("P1", 1000, "CONFIRMED", 1)]
    assert cancellation(desk).voids[1].gateway_reference == "G-7"
    assert snapshot(desk.file()).payments["P1"].voided == 1000
    assert desk.file().attention == ()


def test_a_void_that_failed_says_why_and_is_sent_again_with_its_key() -> None:
    desk = authorised(1000, 600)
    desk.cancels((1, 2))
    first, second = cancellation(desk).voids
    desk.pays(K.VOID_FAILED, 600, "P2", operation_reference=first.leg_id, reason="too late")
    assert voids(desk) == [("P2", 600, "FAILED", 1), ("P1", 1000, "SENT", 1)]
    assert cancellation(desk).voids[0].reason == "too late"
    assert desk.send(c.RetryVoid, cancellation_id=cancellation(desk).cancellation_id).accepted
    again, untouched = cancellation(desk).voids
    assert (again.leg_id, again.state, again.attempt, again.sent_at) == (first.leg_id, LegState.SENT, 2, desk.at)
    assert untouched == second
    desk.pays(K.VOIDED, 600, "P2", operation_reference=first.leg_id)
    assert voids(desk)[0] == ("P2", 600, "CONFIRMED", 2)


def test_a_void_without_an_answer_is_unanswered_until_one_comes() -> None:
    for answer, state in ((K.VOIDED, "CONFIRMED"), (K.VOID_FAILED, "FAILED")):
        desk = authorised(1000)
        desk.cancels((1, 1))
        desk.wait(DAY)
        [leg] = cancellation(desk).voids
        assert leg.state is LegState.UNANSWERED
        desk.pays(answer, 1000, operation_reference=leg.leg_id)
        assert voids(desk) == [("P1", 1000, state, 1)]


def test_an_unanswered_void_is_sent_again() -> None:
    desk = authorised(1000)
    desk.cancels((1, 1))
    desk.wait(DAY)
    assert desk.send(c.RetryVoid, cancellation_id=cancellation(desk).cancellation_id).accepted
    assert voids(desk) == [("P1", 1000, "SENT", 2)]


def test_a_void_is_not_sent_again_while_it_is_on_its_way_or_done_or_unknown() -> None:
    desk = authorised(1000)
    desk.cancels((1, 1))
    cancellation_id = cancellation(desk).cancellation_id
    assert desk.send(c.RetryVoid, cancellation_id=cancellation_id).code == "wrong_state"
    desk.pays(K.VOIDED, 1000, operation_reference=cancellation(desk).voids[0].leg_id)
    assert desk.send(c.RetryVoid, cancellation_id=cancellation_id).code == "wrong_state"
    assert refuses(desk.send(c.RetryVoid, cancellation_id=uid("none")), "unknown_entity", "1001", uid("none"))


def test_a_failure_that_follows_a_confirmed_void_undoes_it() -> None:
    desk = authorised(1000)
    desk.cancels((1, 1))
    [leg] = cancellation(desk).voids
    desk.pays(K.VOIDED, 1000, operation_reference=leg.leg_id)
    desk.pays(K.VOID_FAILED, 1000, operation_reference=leg.leg_id)
    assert voids(desk) == [("P1", 1000, "FAILED", 1)]


def test_a_word_about_a_void_is_one_step_and_none_when_it_says_nothing_new() -> None:
    desk = authorised(1)
    desk.cancels((1, 1))
    [leg] = cancellation(desk).voids

    def steps_after(kind: PaymentKind) -> list[str]:
        desk.pays(kind, 1, operation_reference=leg.leg_id)
        return [type(step.event).__name__ for step in desk.steps if isinstance(step.event, VoidConfirmed | VoidFailed)]

    assert steps_after(K.VOID_FAILED) == ["VoidFailed"]
    assert steps_after(K.VOID_FAILED) == ["VoidFailed"]
    assert desk.send(c.RetryVoid, cancellation_id=cancellation(desk).cancellation_id).accepted
    assert steps_after(K.VOIDED) == ["VoidFailed", "VoidConfirmed"]
    assert steps_after(K.VOIDED) == ["VoidFailed", "VoidConfirmed"]


# How an answer finds its request


def test_what_the_gateway_said_is_kept_word_for_word() -> None:
    desk = Desk()
    desk.place(line(1, 1, 4000))
    said: dict[str, Any] = {"gateway_reference": "g", "reason": "why", "response": "05", "event_id": uid("said")}
    desk.pays(K.CAPTURE_FAILED, 4000, "P9", method="visa", occurred_at=77, **said)
    [kept] = desk.file().operations
    assert kept == Operation(
        event_id=uid("said"),
        occurred_at=77,
        payment_ref="P9",
        gateway="gate",
        method="visa",
        kind=K.CAPTURE_FAILED,
        amount_minor=4000,
        currency="EUR",
        gateway_reference="g",
        reason="why",
        response="05",
    )


def test_an_answer_with_a_gateways_name_alone_is_tied_to_the_one_leg_that_fits() -> None:
    desk = appeased()
    [leg] = first_refund(desk).legs
    desk.pays(K.REFUNDED, 1000, gateway_reference="G-1")
    assert first_refund(desk).state is RefundState.RELEASED
    assert first_refund(desk).legs[0].gateway_reference == "G-1"
    assert desk.file().operations[-1].operation_reference == leg.leg_id
    desk.pays(K.REFUND_REVERSED, 1000, gateway_reference="G-1")
    assert first_refund(desk).state is RefundState.REVERSED


@pytest.mark.parametrize(
    ("amount", "payment_ref"),
    [(999, "P1"), (1000, "P2")],
)
def test_an_answer_that_fits_no_leg_moves_none(amount: int, payment_ref: str) -> None:
    desk = appeased()
    desk.pays(K.REFUNDED, amount, payment_ref, gateway_reference="G-1")
    assert first_refund(desk).state is RefundState.PENDING_RELEASE


def test_an_answer_that_fits_two_legs_moves_none() -> None:
    desk = appeased()
    desk.appeases((1, 1000), amount_includes_tax=True)
    desk.pays(K.REFUNDED, 1000, gateway_reference="G-1")
    assert {made.state for made in desk.file().refunds.values()} == {RefundState.PENDING_RELEASE}
    assert snapshot(desk.file()).refunded == 1000


def test_an_answer_to_something_we_never_asked_moves_no_leg_and_needs_attention() -> None:
    for kind in (K.REFUNDED, K.REFUND_FAILED, K.VOIDED, K.VOID_FAILED):
        desk = appeased()
        desk.pays(kind, 1000, operation_reference="theirs", gateway_reference="G-1")
        assert first_refund(desk).state is RefundState.PENDING_RELEASE
        assert desk.file().attention[0] == "unknown_reference"
        assert any("theirs" in raised.why for raised in desk.events(AttentionRaised))


def test_a_capture_of_somebody_elses_needs_no_attention() -> None:
    desk = appeased()
    desk.pays(K.CAPTURED, 10, operation_reference="theirs")
    assert desk.file().attention == ()


@pytest.mark.parametrize("kind", [K.REFUND_REVERSED, K.CHARGEBACK_WON])
def test_an_undo_that_names_nothing_and_fits_nothing_needs_attention(kind: PaymentKind) -> None:
    desk = Desk()
    desk.place(line(1, 1, 4000), captured=4000)
    desk.pays(kind, 5)
    assert desk.file().attention == ("unknown_reference",)
    named = Desk()
    named.place(line(1, 1, 4000), captured=4000)
    named.pays(kind, 5, gateway_reference="g")
    assert named.file().attention == ()
    fitting = Desk()
    fitting.place(line(1, 1, 4000), captured=4000)
    fitting.pays(K.REFUNDED if kind is K.REFUND_REVERSED else K.CHARGED_BACK, 5)
    fitting.pays(kind, 5)
    assert fitting.file().attention == ()


def test_another_amount_than_we_asked_for_is_counted_as_the_gateway_says_and_needs_attention() -> None:
    desk = appeased()
    [leg] = first_refund(desk).legs
    desk.pays(K.REFUNDED, 900, operation_reference=leg.leg_id)
    assert (first_refund(desk).state, first_refund(desk).legs[0].amount_minor) == (RefundState.RELEASED, 1000)
    assert snapshot(desk.file()).refunded == 900
    assert desk.file().attention == ("other_amount",)


def test_a_failure_of_another_amount_needs_no_attention_for_it() -> None:
    desk = appeased()
    [leg] = first_refund(desk).legs
    desk.pays(K.REFUND_FAILED, 900, operation_reference=leg.leg_id)
    assert first_refund(desk).state is RefundState.EXCEPTION
    assert "other_amount" not in desk.file().attention
