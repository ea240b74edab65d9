"""Returns from the request to the settlement, and their money (domain.md 6, 7)."""

from dataclasses import replace

from domain import commands as c
from domain.order_events import NoticeAsked
from domain.policy import DEFAULT, AutoRelease
from domain.vocabulary import (
    LegState,
    PaymentKind,
    ReceiptOutcome,
    RefundState,
    ReturnDecision,
    ReturnSettlement,
    ReturnState,
    Verdict,
)
from tests.builders.desk import AGENT, APPROVER, MANAGER, Desk, line, shipping, uid, with_policy
from tests.builders.readings import newest_return, refunds

GOOD, DAMAGED, WRONG, SHORT, LOST = (
    ReceiptOutcome.GOOD,
    ReceiptOutcome.DAMAGED,
    ReceiptOutcome.WRONG_ITEM,
    ReceiptOutcome.SHORT,
    ReceiptOutcome.LOST,
)
AT_RECEIVED = with_policy(DEFAULT, "refunds", at="RECEIVED")


def shipped(desk: Desk, quantity: int = 2, total: int = 3990) -> Desk:
    desk.place(line(1, quantity, total, tax=637), captured=total)
    desk.ships(quantity)
    desk.delivers(quantity)
    return desk


def test_a_return_of_one_of_two_is_approved_refunded_released_and_settled() -> None:
    desk = shipped(Desk())
    reply = desk.returns((1, 1))
    assert reply.accepted
    assert desk.buckets() == {"delivered": 1, "return_announced": 1}
    assert (newest_return(desk).state, refunds(desk)[0].state) == (ReturnState.APPROVED, RefundState.PENDING_RELEASE)
    desk.gateway_answers()
    [refund] = refunds(desk)
    assert (refund.state, refund.amount_minor, refund.credit_note_number) == (
        RefundState.RELEASED, 1995, "web-de-CN-00000001")  # fmt: skip
    desk.receives(newest_return(desk).rma, (1, 1, GOOD))
    assert newest_return(desk).state is ReturnState.SETTLED
    assert desk.buckets() == {"delivered": 1, "back_good": 1}
    assert [notice.kind for notice in desk.events(NoticeAsked)] == [
        "RETURN_APPROVED", "REFUND_RELEASED", "RETURN_RECEIVED"]  # fmt: skip


def test_nothing_is_released_because_it_was_asked_for() -> None:
    desk = shipped(Desk())
    desk.returns((1, 2))
    assert refunds(desk)[0].state is RefundState.PENDING_RELEASE
    assert refunds(desk)[0].legs[0].state is LegState.SENT


def test_the_last_goods_give_the_shipping_back_and_it_is_given_once() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), shipping(9, 500), captured=2500)
    desk.ships(2)
    desk.returns((1, 1))
    desk.returns((1, 1))
    assert [(refund.amount_minor, refund.shipping_minor) for refund in refunds(desk)] == [(1000, 0), (1500, 500)]


def test_the_same_receipt_twice_counts_once() -> None:
    desk = shipped(Desk())
    desk.returns((1, 2))
    for _ in range(2):
        desk.receives(newest_return(desk).rma, (1, 1, GOOD), receipt_id="R-SAME")
    assert newest_return(desk).lines[0].good == 1


def test_a_line_that_never_left_cannot_be_returned() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000), captured=2000)
    desk.ships(1, 1)
    assert desk.returns((2, 1)).code == "not_shipped"
    assert desk.returns((1, 1)).accepted


def test_a_comment_of_1_to_1000_characters_is_required() -> None:
    desk = shipped(Desk())
    assert desk.returns((1, 1), comment="  ").code == "comment_required"
    assert desk.returns((1, 1), comment="x" * 1001).code == "comment_too_long"
    assert desk.returns((1, 1), comment="x" * 1000).accepted


def test_units_in_an_open_return_are_held_and_a_cancelled_one_gives_them_back() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=False))))
    desk.returns((1, 2))
    assert desk.returns((1, 1)).code == "already_held"
    assert desk.send(c.CancelReturn, return_id=newest_return(desk).return_id).accepted
    assert desk.buckets() == {"delivered": 2}
    assert desk.returns((1, 2)).accepted


def test_a_return_cannot_be_cancelled_once_goods_came() -> None:
    desk = shipped(Desk(AT_RECEIVED))
    desk.returns((1, 2))
    desk.receives(newest_return(desk).rma, (1, 1, GOOD))
    assert desk.send(c.CancelReturn, return_id=newest_return(desk).return_id).code == "already_received"


def test_approval_by_hand_needs_the_right_and_another_person() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "returns", auto_approve=False)))
    desk.returns((1, 1), actor=MANAGER)
    return_id = newest_return(desk).return_id
    assert newest_return(desk).state is ReturnState.REQUESTED
    assert desk.send(c.ApproveReturn, AGENT, return_id=return_id).code == "not_permitted"
    assert desk.send(c.ApproveReturn, MANAGER, return_id=return_id).code == "self_approval"
    assert desk.send(c.ApproveReturn, APPROVER, return_id=return_id).accepted
    assert refunds(desk)[0].amount_minor == 1995


def test_a_denied_return_gives_its_units_back() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "returns", auto_approve=False)))
    desk.returns((1, 1))
    desk.send(c.DenyReturn, APPROVER, return_id=newest_return(desk).return_id, reason="worn")
    assert newest_return(desk).state is ReturnState.DENIED
    assert desk.buckets() == {"delivered": 2}


def test_refund_at_receipt_pays_accepted_units_only_and_later_ones_make_a_second_refund() -> None:
    desk = shipped(Desk(AT_RECEIVED), 3, 3000)
    desk.returns((1, 3))
    assert not refunds(desk)
    desk.receives(newest_return(desk).rma, (1, 2, GOOD), (1, 1, DAMAGED), complete=True)
    assert [refund.amount_minor for refund in refunds(desk)] == [2000]
    assert newest_return(desk).lines[0].decision is ReturnDecision.NEEDS_PERSON
    reply = desk.send(
        c.DecideReturnLine,
        return_id=newest_return(desk).return_id,
        line_number=1,
        verdict=Verdict.ACCEPT_PART,
        percent=50,
    )
    assert reply.accepted
    assert [refund.amount_minor for refund in refunds(desk)] == [2000, 500]
    desk.gateway_answers()
    assert newest_return(desk).state is ReturnState.SETTLED
    assert desk.buckets() == {"back_good": 2, "back_damaged": 1}


def test_rejected_goods_are_not_paid() -> None:
    desk = shipped(Desk(AT_RECEIVED))
    desk.returns((1, 1))
    desk.receives(newest_return(desk).rma, (1, 1, DAMAGED))
    desk.send(c.DecideReturnLine, return_id=newest_return(desk).return_id, line_number=1, verdict=Verdict.REJECT)
    assert not refunds(desk)
    assert newest_return(desk).state is ReturnState.SETTLED
    assert desk.buckets() == {"delivered": 1, "return_rejected": 1}


def test_missing_units_of_a_complete_receipt_are_short_and_a_rejection_gives_them_back_to_the_customer() -> None:
    desk = shipped(Desk(AT_RECEIVED))
    desk.returns((1, 2))
    desk.receives(newest_return(desk).rma, (1, 1, GOOD), complete=True)
    assert newest_return(desk).lines[0].short == 1
    desk.send(c.DecideReturnLine, return_id=newest_return(desk).return_id, line_number=1, verdict=Verdict.REJECT)
    assert desk.buckets() == {"delivered": 1, "back_good": 1}


def test_more_than_announced_becomes_a_blind_return() -> None:
    desk = shipped(Desk(), 3, 3000)
    desk.returns((1, 1))
    desk.receives(newest_return(desk).rma, (1, 2, GOOD))
    assert [(made.blind, made.lines[0].quantity) for made in desk.file().returns.values()] == [(False, 1), (True, 1)]
    assert desk.buckets() == {"delivered": 1, "back_good": 2}


def test_goods_that_match_nothing_need_a_person() -> None:
    desk = shipped(Desk(), 1, 1000)
    desk.returns((1, 1))
    desk.receives(newest_return(desk).rma, (1, 2, GOOD))
    assert list(desk.file().concerns) == ["return_unmatched"]


def test_a_manual_refund_waits_for_approval_and_a_cancelled_one_leaves_the_return_without_money() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=False))))
    desk.returns((1, 1))
    [refund] = refunds(desk)
    assert refund.state is RefundState.REQUESTED
    assert desk.send(c.CancelRefund, refund_id=refund.refund_id).accepted
    assert newest_return(desk).lines[0].settlement is ReturnSettlement.NONE
    desk.receives(newest_return(desk).rma, (1, 1, GOOD))
    assert newest_return(desk).state is ReturnState.SETTLED


def test_money_that_comes_back_reverses_the_refund() -> None:
    desk = shipped(Desk())
    desk.returns((1, 1))
    desk.gateway_answers()
    leg = refunds(desk)[0].legs[0]
    desk.pays(PaymentKind.REFUND_REVERSED, 1995, gateway_reference=leg.gateway_reference)
    assert refunds(desk)[0].state is RefundState.REVERSED
    assert refunds(desk)[0].legs[0].state is LegState.REVERSED
    desk.send(c.RetryRefund, refund_id=refunds(desk)[0].refund_id)
    states = [(item.state, item.leg_id == leg.leg_id) for item in refunds(desk)[0].legs]
    assert states == [(LegState.REPLACED, True), (LegState.SENT, False)]
    desk.gateway_answers()
    assert refunds(desk)[0].state is RefundState.RELEASED


def test_a_refund_over_two_payments_takes_the_newest_first() -> None:
    desk = Desk()
    desk.place(line(1, 1, 10000))
    desk.pays(PaymentKind.CAPTURED, 4000, "P1", method="giftcard")
    desk.pays(PaymentKind.CAPTURED, 6000, "P2")
    desk.ships(1)
    desk.returns((1, 1))
    assert [(leg.payment_ref, leg.amount_minor) for leg in refunds(desk)[0].legs] == [("P2", 6000), ("P1", 4000)]
    first, second = refunds(desk)[0].legs
    desk.pays(PaymentKind.REFUNDED, 6000, "P2", operation_reference=first.leg_id)
    assert refunds(desk)[0].state is RefundState.PENDING_RELEASE
    desk.pays(PaymentKind.REFUND_FAILED, 4000, "P1", operation_reference=second.leg_id)
    assert refunds(desk)[0].state is RefundState.PARTLY_RELEASED


def test_a_shortfall_is_published_and_never_clipped_in_silence() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=700)
    desk.ships(1)
    desk.returns((1, 1))
    [refund] = refunds(desk)
    assert (refund.amount_minor, refund.shortfall_minor) == (700, 300)
    assert "shortfall" in desk.file().attention


def test_a_restocking_fee_is_taken_once_and_shown() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "returns", restocking_fee={"EUR": 300})))
    desk.returns((1, 1))
    [refund] = refunds(desk)
    assert (refund.amount_minor, refund.fee_minor) == (1695, 300)


def test_the_version_of_each_entity_rises_by_one_with_each_record() -> None:
    desk = shipped(Desk())
    desk.returns((1, 1))
    desk.gateway_answers()
    desk.receives(newest_return(desk).rma, (1, 1, GOOD))
    versions: dict[str, list[int]] = {}
    for step in desk.steps:
        if step.event_id and hasattr(step.event, "return_id") and type(step.event).__module__ == "domain.returns":
            made = step.after.returns[step.event.return_id]  # type: ignore[union-attr]
            versions.setdefault(made.return_id, []).append(made.version)
    [seen] = versions.values()
    assert seen == list(range(1, len(seen) + 1))


def test_appeasement_net_1000_on_a_19_percent_line_is_1190_gross() -> None:
    desk = Desk()
    desk.place(line(1, 1, 11900, tax=1900), captured=11900)
    assert desk.appeases((1, 1000)).accepted
    [refund] = refunds(desk)
    made = refund.lines[0]
    assert (made.net_minor, made.tax_minor, made.gross_minor) == (1000, 190, 1190)


def test_a_second_appeasement_takes_only_what_is_left() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.appeases((1, 600))
    assert desk.appeases((1, 500)).code == "exceeds_line"
    assert desk.appeases((1, 400)).accepted
    assert desk.appeases((1, 1)).code == "exceeds_line"


def test_an_order_without_captured_money_has_nothing_to_give_back() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    assert desk.appeases((1, 100)).code == "nothing_to_refund"


def test_a_return_after_an_appeasement_gives_only_what_is_left_of_the_line() -> None:
    desk = shipped(Desk(), 2, 2000)
    desk.appeases((1, 400), amount_includes_tax=True)
    desk.returns((1, 2))
    assert [refund.amount_minor for refund in refunds(desk)] == [400, 1600]


def test_a_dry_run_shows_the_money_and_changes_nothing() -> None:
    desk = shipped(Desk())
    before = dict(desk.things)
    reply = desk.returns((1, 1), dry_run=True)
    assert reply.accepted
    assert reply.preview is not None
    assert (reply.preview.amount_minor, reply.preview.left_minor) == (1995, 1995)
    assert desk.things == before
    assert replace(reply, preview=None).version is None


def test_a_dry_run_that_comes_after_its_command_is_answered_afresh() -> None:
    desk = shipped(Desk())
    real = desk.returns((1, 1), command_id=uid("both"))
    late = desk.returns((1, 1), command_id=uid("both"), dry_run=True)
    assert real.accepted
    assert late.accepted
    assert late.preview is not None
    assert late.preview.amount_minor == 1995
    assert len(desk.file().returns) == 1


def test_a_stale_expected_version_is_refused() -> None:
    desk = shipped(Desk())
    assert desk.returns((1, 1), expected_version=1).code == "version_conflict"
