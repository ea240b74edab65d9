"""Where two rules meet: money, units and cases that must not get ahead of each other."""

from domain import commands as c
from domain.orders import left_of_line, snapshot
from domain.policy import DEFAULT, AutoRelease
from domain.vocabulary import (
    CancellationState,
    CaseLineState,
    CaseState,
    PaymentKind,
    RefundState,
    UnitStatus,
)
from tests.builders.case_on_order import CASE, LINE, submitted_case
from tests.builders.desk import START, Desk, line, with_policy

MANUAL = with_policy(DEFAULT, "refunds", auto_release=AutoRelease(False, False, False, False))


def test_a_case_line_is_accepted_only_when_the_money_of_its_cancellation_is_back() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.cancels((1, 1), **submitted_case(desk))
    assert desk.case(CASE).lines[LINE].state is CaseLineState.NEW
    assert desk.case(CASE).blocked_by == "GATEWAY"
    desk.gateway_answers()
    assert desk.case(CASE).lines[LINE].state is CaseLineState.RESOLVED_ACCEPTED
    assert desk.case(CASE).state is CaseState.RESOLVED


def test_a_cancelled_return_takes_its_unsent_refund_along_and_its_units_keep_their_worth() -> None:
    desk = Desk(MANUAL)
    desk.place(line(1, 2, 2000), captured=2000)
    desk.ships(2)
    desk.returns((1, 1))
    [made] = desk.file().returns.values()
    assert desk.send(c.CancelReturn, return_id=made.return_id).accepted
    [refund] = desk.file().refunds.values()
    assert refund.state is RefundState.CANCELLED
    assert desk.send(c.ApproveRefund, refund_id=refund.refund_id).code == "wrong_state"
    desk.returns((1, 2))
    assert list(desk.file().refunds.values())[-1].amount_minor == 2000


def test_money_captured_while_a_later_cancellation_waits_for_the_warehouse_goes_to_the_one_that_ended() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 2, 2000))
    desk.cancels((1, 1))
    desk.warehouse(UnitStatus.RECEIVED, 1, number=2)
    desk.cancels((2, 2))
    first, second = desk.file().cancellations.values()
    assert (first.state, second.state) == (CancellationState.CONFIRMED, CancellationState.ASKED_WAREHOUSE)
    desk.pays(PaymentKind.CAPTURED, 3000)
    assert [refund.amount_minor for refund in desk.file().refunds.values()] == [1000]
    desk.answers(second.cancellation_id, (2, 1, 0))
    assert sum(refund.amount_minor for refund in desk.file().refunds.values()) == 3000


def test_where_only_declined_units_may_be_cancelled_only_those_are() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), line(2, 1, 500))
    desk.warehouse(UnitStatus.DECLINED, 1)
    desk.warehouse(UnitStatus.PACKED, 1, number=2)
    assert desk.cancels((1, 2)).code == "not_cancellable"
    assert desk.cancels((1, 1)).accepted
    assert desk.buckets() == {"open": 1, "cancelled": 1}


def test_a_failed_appeasement_is_not_sent_again_when_the_line_was_given_to_another_meanwhile() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=2000)
    desk.appeases((1, 1000))
    desk.gateway_answers(PaymentKind.REFUND_FAILED)
    assert left_of_line(desk.file(), 1) == 1000
    desk.appeases((1, 1000))
    first = next(iter(desk.file().refunds))
    assert desk.send(c.RetryRefund, refund_id=first).code == "exceeds_line"
    assert desk.send(c.ReleaseRefundOffline, refund_id=first, reference="cash").code == "exceeds_line"


def test_two_amounts_for_one_operation_give_the_earlier_one_in_either_order() -> None:
    for reverse in (False, True):
        desk = Desk()
        desk.place(line(1, 1, 1000))
        events = [
            desk.payment(PaymentKind.CAPTURED, 100, gateway_reference="c", occurred_at=START + 1),
            desk.payment(PaymentKind.CAPTURED, 200, gateway_reference="c", occurred_at=START + 2),
        ]
        for event in reversed(events) if reverse else events:
            desk.feed(event)
        assert snapshot(desk.file()).captured == 100


def test_two_losses_of_one_unit_each_lose_two_units() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.warehouse(UnitStatus.LOST, 1)
    desk.warehouse(UnitStatus.LOST, 1)
    assert desk.buckets() == {"lost": 2}


def test_a_cancellation_whose_refund_a_person_cancelled_needs_attention_on_its_case() -> None:
    desk = Desk(MANUAL)
    desk.place(line(1, 1, 1000), captured=1000)
    desk.cancels((1, 1), **submitted_case(desk))
    assert desk.case(CASE).blocked_by is None
    [refund] = desk.file().refunds.values()
    desk.send(c.CancelRefund, refund_id=refund.refund_id)
    assert desk.case(CASE).attention == ("action_partial",)


def test_the_gateway_paying_what_was_released_by_hand_needs_attention() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.ships(1)
    desk.returns((1, 1))
    desk.gateway_answers(PaymentKind.REFUND_FAILED)
    [refund] = desk.file().refunds.values()
    assert desk.send(c.ReleaseRefundOffline, refund_id=refund.refund_id, reference="bank transfer 7").accepted
    desk.pays(PaymentKind.REFUNDED, 1000, operation_reference=refund.legs[0].leg_id, occurred_at=desk.at + 1)
    assert next(iter(desk.file().refunds.values())).state is RefundState.RELEASED_OFFLINE
    assert "fact_conflict" in desk.file().attention
