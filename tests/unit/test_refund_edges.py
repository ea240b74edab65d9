"""What may be done with a refund and what may not, state by state (domain.md 7)."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import commands as c
from domain.identity import Ids
from domain.order_events import LegsSent
from domain.orders import left_of_line, snapshot
from domain.policy import DEFAULT, AutoRelease
from domain.refunds import Leg
from domain.vocabulary import LegState, PaymentKind, RefundState
from tests.builders.desk import APPROVER, Desk, line, shipping, uid, with_policy
from tests.builders.paid_orders import paid
from tests.builders.readings import first_refund, refunds
from tests.builders.refused import refuses

K = PaymentKind
MANUAL = with_policy(DEFAULT, "refunds", auto_release=AutoRelease(False, False, False, False))
TWO_PEOPLE = with_policy(DEFAULT, "refunds", second_person_above={"EUR": 1000})
NOBODY = uid("nobody")
DAY = 24 * 3_600_000_000


# Approving, cancelling


def test_above_a_limit_somebody_else_approves_whatever_is_released_by_itself() -> None:
    for amount, state in ((1000, RefundState.PENDING_RELEASE), (1001, RefundState.REQUESTED)):
        desk = paid(TWO_PEOPLE)
        desk.appeases((1, amount), amount_includes_tax=True)
        assert first_refund(desk).state is state


def test_who_asked_for_a_large_refund_does_not_approve_it_and_anybody_else_does() -> None:
    desk = paid(TWO_PEOPLE)
    desk.appeases((1, 1001), amount_includes_tax=True)
    refund_id = first_refund(desk).refund_id
    assert refuses(desk.send(c.ApproveRefund, refund_id=refund_id), "self_approval", "mia")
    assert desk.send(c.ApproveRefund, APPROVER, refund_id=refund_id).accepted
    assert first_refund(desk).state is RefundState.PENDING_RELEASE
    assert first_refund(desk).legs[0].attempt == 1


def test_a_limit_in_one_currency_says_nothing_of_another() -> None:
    desk = Desk(TWO_PEOPLE)
    desk.place(line(1, 1, 4000), currency="USD")
    desk.pays(K.CAPTURED, 4000, currency="USD")
    desk.appeases((1, 4000), amount_includes_tax=True)
    assert first_refund(desk).state is RefundState.PENDING_RELEASE


def test_who_asked_for_a_small_refund_may_approve_it() -> None:
    desk = paid(MANUAL)
    desk.appeases((1, 100), amount_includes_tax=True)
    assert desk.send(c.ApproveRefund, refund_id=first_refund(desk).refund_id).accepted


COMMANDS: list[tuple[Callable[..., c.Command], dict[str, Any]]] = [
    (c.ApproveRefund, {}), (c.CancelRefund, {}), (c.RetryRefund, {}), (c.ReleaseRefundOffline, {"reference": "cash"}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "fields"), COMMANDS)
def test_a_refund_that_is_not_there_is_unknown(command: Callable[..., c.Command], fields: dict[str, Any]) -> None:
    reply = paid().send(command, refund_id=NOBODY, **fields)
    assert refuses(reply, "unknown_entity", "web-de:1001", NOBODY)


@pytest.mark.parametrize(
    ("command", "fields", "states"),
    [
        (c.ApproveRefund, {}, ("REQUESTED",)),
        (c.CancelRefund, {}, ("REQUESTED",)),
        (
            c.RetryRefund,
            {},
            ("EXCEPTION", "PARTLY_RELEASED", "PENDING_RELEASE", "REVERSED"),
        ),
        (
            c.ReleaseRefundOffline,
            {"reference": "cash"},
            ("EXCEPTION", "PARTLY_RELEASED", "PENDING_RELEASE", "REVERSED"),
        ),
    ],
)
def test_what_a_state_does_not_allow_is_refused_with_the_states_that_do(
    command: Callable[..., c.Command], fields: dict[str, Any], states: tuple[str, ...]
) -> None:
    desk = paid()
    desk.appeases((1, 100), amount_includes_tax=True)
    desk.gateway_answers()
    assert refuses(
        desk.send(command, refund_id=first_refund(desk).refund_id, **fields), "wrong_state", "RELEASED", *states
    )


# Sending again, paying by hand


def test_a_refund_on_its_way_is_neither_sent_again_nor_paid_by_hand() -> None:
    desk = paid()
    desk.appeases((1, 100), amount_includes_tax=True)
    refund_id = first_refund(desk).refund_id
    assert refuses(desk.send(c.RetryRefund, refund_id=refund_id), "wrong_state")
    assert refuses(desk.send(c.ReleaseRefundOffline, refund_id=refund_id, reference="cash"), "wrong_state")


def test_an_unanswered_refund_is_sent_again_with_its_key_or_paid_by_hand() -> None:
    for command, fields in COMMANDS[2:]:
        desk = paid()
        desk.appeases((1, 100), amount_includes_tax=True)
        desk.wait(DAY)
        assert first_refund(desk).legs[0].state is LegState.UNANSWERED
        assert desk.send(command, refund_id=first_refund(desk).refund_id, **fields).accepted
    assert first_refund(desk).state is RefundState.RELEASED_OFFLINE


def test_a_payment_by_hand_needs_a_reference_and_its_record_tells_it() -> None:
    desk = paid()
    desk.appeases((1, 100), amount_includes_tax=True)
    desk.gateway_answers(K.REFUND_FAILED)
    refund_id = first_refund(desk).refund_id
    assert refuses(desk.send(c.ReleaseRefundOffline, refund_id=refund_id, reference=" "), "invalid_command")
    version = first_refund(desk).version
    assert desk.send(c.ReleaseRefundOffline, refund_id=refund_id, reference="cash 7", reason="card gone").accepted
    refund = first_refund(desk)
    assert (refund.state, refund.version, refund.offline_reference) == (
        RefundState.RELEASED_OFFLINE,
        version + 1,
        "cash 7",
    )
    assert refund.credit_note_number == "web-de-CN-00000001"
    assert snapshot(desk.file()).refunded == 100


def test_a_credit_note_once_given_stays_when_the_rest_is_paid_by_hand() -> None:
    desk = paid()
    desk.appeases((1, 100), amount_includes_tax=True)
    desk.gateway_answers()
    leg = first_refund(desk).legs[0]
    assert leg.gateway_reference == f"G-{leg.leg_id}-1"
    desk.pays(K.REFUND_REVERSED, 100, gateway_reference=leg.gateway_reference, reason="account closed")
    assert (first_refund(desk).state, first_refund(desk).legs[0].reason) == (RefundState.REVERSED, "account closed")
    assert desk.send(c.ReleaseRefundOffline, refund_id=first_refund(desk).refund_id, reference="cash").accepted
    assert first_refund(desk).credit_note_number == "web-de-CN-00000001"


def test_credit_notes_are_numbered_through_the_channel() -> None:
    desk = paid()
    for _ in range(2):
        desk.appeases((1, 100), amount_includes_tax=True)
        desk.gateway_answers()
    assert [refund.credit_note_number for refund in refunds(desk)] == ["web-de-CN-00000001", "web-de-CN-00000002"]


def test_a_leg_that_failed_says_why_until_it_is_confirmed() -> None:
    desk = paid()
    desk.appeases((1, 100), amount_includes_tax=True)
    leg = first_refund(desk).legs[0]
    desk.pays(K.REFUND_FAILED, 100, operation_reference=leg.leg_id, reason="no such card")
    assert (first_refund(desk).legs[0].state, first_refund(desk).legs[0].reason) == (LegState.FAILED, "no such card")
    desk.send(c.RetryRefund, refund_id=first_refund(desk).refund_id)
    desk.gateway_answers()
    assert (first_refund(desk).legs[0].state, first_refund(desk).legs[0].reason) == (LegState.CONFIRMED, None)


def test_a_reversed_leg_is_replaced_by_a_new_one_with_another_key_and_the_other_legs_stay() -> None:
    desk = Desk()
    desk.place(line(1, 1, 3000))
    desk.pays(K.CAPTURED, 1000, "P1")
    desk.pays(K.CAPTURED, 2000, "P2")
    desk.appeases((1, 3000), amount_includes_tax=True)
    desk.gateway_answers()
    two, one = first_refund(desk).legs
    desk.pays(K.REFUND_REVERSED, 2000, "P2", gateway_reference=two.gateway_reference, reason="closed")
    reply = desk.send(c.RetryRefund, refund_id=first_refund(desk).refund_id)
    old, kept, new = first_refund(desk).legs
    assert (old.leg_id, old.state) == (two.leg_id, LegState.REPLACED)
    assert kept == one
    assert new == Leg(
        leg_id=Ids(reply.command_id).new("leg"),
        payment_ref="P2",
        gateway="gate",
        method="card",
        amount_minor=2000,
        state=LegState.SENT,
        attempt=1,
        sent_at=desk.at,
    )
    desk.gateway_answers()
    assert first_refund(desk).state is RefundState.RELEASED


def test_money_that_went_elsewhere_meanwhile_is_not_sent_again() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000), captured=1000)
    desk.appeases((1, 1000), amount_includes_tax=True)
    desk.gateway_answers(K.REFUND_FAILED)
    desk.appeases((2, 1000), amount_includes_tax=True)
    reply = desk.send(c.RetryRefund, refund_id=first_refund(desk).refund_id)
    assert refuses(reply, "exceeds_payment", "0", "payment P1")


def test_an_order_with_less_left_than_failed_legs_want_refuses_to_send_them() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000))
    desk.pays(K.CAPTURED, 1000, "P1")
    desk.pays(K.CAPTURED, 1000, "P2")
    desk.appeases((1, 1000), amount_includes_tax=True)
    desk.gateway_answers(K.REFUND_FAILED)
    desk.pays(K.CHARGED_BACK, 1500, "P1")
    reply = desk.send(c.RetryRefund, refund_id=first_refund(desk).refund_id)
    assert refuses(reply, "exceeds_order", "500", "web-de:1001")


@pytest.mark.parametrize(("number", "code"), [(1, "exceeds_line"), (9, "exceeds_shipping")])
def test_a_line_that_was_given_away_meanwhile_is_not_paid_twice(number: int, code: str) -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), shipping(9, 1000), captured=4000)
    desk.appeases((number, 700), amount_includes_tax=True)
    desk.gateway_answers(K.REFUND_FAILED)
    desk.appeases((number, 400), amount_includes_tax=True)
    facts = f"line {number}", "600"
    refund_id = first_refund(desk).refund_id
    assert refuses(desk.send(c.RetryRefund, refund_id=refund_id), code, *facts)
    assert refuses(desk.send(c.ReleaseRefundOffline, refund_id=refund_id, reference="cash"), code, *facts)


def test_a_refund_that_failed_in_part_asks_its_line_only_for_the_failed_part() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.CAPTURED, 400, "P1")
    desk.pays(K.CAPTURED, 600, "P2")
    desk.appeases((1, 1000), amount_includes_tax=True)
    two, one = first_refund(desk).legs
    desk.pays(K.REFUNDED, 600, "P2", operation_reference=two.leg_id)
    desk.pays(K.REFUND_FAILED, 400, "P1", operation_reference=one.leg_id)
    assert (first_refund(desk).state, left_of_line(desk.file(), 1)) == (RefundState.PARTLY_RELEASED, 400)
    assert desk.send(c.RetryRefund, refund_id=first_refund(desk).refund_id).accepted


def test_only_the_leg_that_failed_is_asked_for_again_while_another_is_on_its_way() -> None:
    desk = Desk()
    desk.place(line(1, 1, 3000))
    desk.pays(K.CAPTURED, 1000, "P1")
    desk.pays(K.CAPTURED, 2000, "P2")
    desk.appeases((1, 3000), amount_includes_tax=True)
    two, one = first_refund(desk).legs
    desk.pays(K.REFUND_FAILED, 1000, "P1", operation_reference=one.leg_id)
    assert desk.send(c.RetryRefund, refund_id=first_refund(desk).refund_id).accepted
    asked = [[(leg.leg_id, leg.attempt) for leg, _ in sent.legs] for sent in desk.events(LegsSent)]
    assert asked == [[(two.leg_id, 1), (one.leg_id, 1)], [(one.leg_id, 2)]]
