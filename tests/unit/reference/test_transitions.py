"""The seed systems' transition tables: number 3304 is row 4 of table 3.3. The case's own table, 3.1, is test_case_life.py."""

from domain import commands as c
from domain import facts as f
from domain.order_events import LegsSent
from domain.orders import snapshot, status
from domain.policy import DAY, DEFAULT, AutoRelease
from domain.vocabulary import (
    CancellationState,
    LegState,
    OrderStateName,
    PaymentKind,
    ProductType,
    ReceiptOutcome,
    RefundState,
    ReturnState,
    UnitStatus,
)
from tests.builders.desk import AGENT, APPROVER, Desk, line, with_policy
from tests.builders.readings import amounts, newest_return, refunds
from tests.unit.reference.reading import all_legs, delivered, left
from tests.unit.reference.shirts import exchange, shirts

K = PaymentKind
GOOD = ReceiptOutcome.GOOD
BY_HAND = with_policy(DEFAULT, "returns", auto_approve=False)
UNSENT = with_policy(DEFAULT, "refunds", auto_release=AutoRelease(False, False, False, False))


# 3.3 Return


def test_T3301_a_shipped_line_of_an_order_that_is_still_in_logistics_may_be_returned() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000), captured=2000)
    desk.warehouse(UnitStatus.PICKED, 2, number=2)
    desk.ships(1)
    assert status(desk.file()) is OrderStateName.LOGISTICS
    assert desk.returns((1, 1), comment="").code == "comment_required"
    assert desk.returns((1, 1), comment="x" * 1001).code == "comment_too_long"
    assert desk.returns((2, 1)).code == "not_shipped"
    assert desk.returns((1, 1)).accepted
    assert newest_return(desk).source_id == "W1"
    assert desk.returns((1, 1)).code == "already_held"


def test_T3302_with_the_switch_on_a_return_is_approved_at_once_by_the_system() -> None:
    desk = delivered(line(1, 1, 1000))
    desk.returns((1, 1))
    assert newest_return(desk).state is ReturnState.APPROVED


def test_T3303_with_the_switch_off_somebody_with_the_right_approves() -> None:
    desk = delivered(line(1, 1, 1000), desk=Desk(BY_HAND))
    desk.returns((1, 1))
    return_id = newest_return(desk).return_id
    assert desk.send(c.ApproveReturn, AGENT, return_id=return_id).code == "not_permitted"
    assert desk.send(c.ApproveReturn, APPROVER, return_id=return_id).accepted
    assert (newest_return(desk).state, amounts(desk)) == (ReturnState.APPROVED, [1000])


def test_T3304_goods_that_come_approve_the_return_that_was_asked_for() -> None:
    desk = delivered(line(1, 1, 1000), desk=Desk(BY_HAND))
    desk.returns((1, 1))
    desk.receives(newest_return(desk).rma, (1, 1, GOOD))
    assert (newest_return(desk).state, amounts(desk)) == (ReturnState.RECEIVED, [1000])


def test_T3305_goods_that_nobody_announced_make_an_approved_return() -> None:
    desk = delivered(line(1, 1, 1000), desk=Desk(BY_HAND))
    desk.receives(None, (1, 1, GOOD))
    assert (newest_return(desk).blind, newest_return(desk).state, amounts(desk)) == (True, ReturnState.RECEIVED, [1000])


def test_T3306_a_return_is_given_up_by_a_person_or_by_age_and_pays_nothing() -> None:
    """An approved one too, as long as no goods came and no money was sent (domain.md 6)."""
    by_person, by_age = (delivered(line(1, 1, 1000), desk=Desk(BY_HAND)) for _ in range(2))
    for desk in (by_person, by_age):
        desk.returns((1, 1))
    by_person.send(c.CancelReturn, return_id=newest_return(by_person).return_id)
    by_age.wait(31 * DAY)
    assert [newest_return(desk).state for desk in (by_person, by_age)] == [ReturnState.CANCELLED, ReturnState.EXPIRED]
    for desk in (by_person, by_age):
        assert (amounts(desk), desk.buckets()) == ([], {"delivered": 1})
    sent = delivered(line(1, 1, 1000))
    sent.returns((1, 1))
    assert sent.send(c.CancelReturn, return_id=newest_return(sent).return_id).code == "wrong_state"


def test_T3307_the_same_receipt_again_changes_nothing_and_stands_in_the_history() -> None:
    desk = delivered(line(1, 2, 2000))
    desk.returns((1, 2))
    desk.receives(newest_return(desk).rma, (1, 1, GOOD), receipt_id="R-1")
    before = desk.file().returns
    again = desk.receives(newest_return(desk).rma, (1, 1, GOOD), receipt_id="R-1")
    assert desk.file().returns == before
    assert any("duplicate" in str(step.event) for step in again.steps)


def test_T3308_an_approved_return_makes_a_refund_unless_it_is_an_exchanges() -> None:
    desk = shirts()
    exchange(desk)
    assert (newest_return(desk).state, amounts(desk)) == (ReturnState.APPROVED, [])
    desk.returns((1, 1))
    assert amounts(desk) == [1000]


# 3.4 Cancellation


def test_T3401_an_order_is_cancelled_in_its_statuses_and_everything_else_is_refused() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    assert desk.cancels().accepted
    assert status(desk.file()) is OrderStateName.CANCELLED
    late = delivered(line(1, 1, 1000))
    assert late.cancels().code == "not_cancellable"


def test_T3402_the_last_line_cancelled_cancels_the_order() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000))
    desk.cancels((1, 1))
    assert status(desk.file()) is OrderStateName.NEW
    desk.cancels((2, 1))
    assert status(desk.file()) is OrderStateName.CANCELLED


def test_T3403_units_that_a_warehouse_declines_go_to_another_or_are_cancelled() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.warehouse(UnitStatus.RECEIVED, 2)
    desk.warehouse(UnitStatus.DECLINED, 2)
    assert desk.buckets() == {"declined": 2}
    desk.warehouse(UnitStatus.RECEIVED, 1, source_id="W2")
    assert desk.cancels((1, 1)).accepted
    assert (desk.buckets(), amounts(desk)) == ({"at_warehouse": 1, "cancelled": 1}, [1000])


def test_T3404_whoever_has_the_right_cancels_in_any_status_and_the_warehouse_is_asked_all_the_same() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.warehouse(UnitStatus.PACKED, 1)
    assert desk.cancels((1, 1)).code == "not_cancellable"
    assert desk.cancels((1, 1), actor=AGENT, force=True).code == "not_permitted"
    assert desk.cancels((1, 1), force=True).accepted
    [cancellation] = desk.file().cancellations.values()
    assert (cancellation.state, cancellation.forced) == (CancellationState.ASKED_WAREHOUSE, True)


def test_T3405_what_the_warehouse_stops_is_cancelled_like_a_line() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.warehouse(UnitStatus.RECEIVED, 2)
    desk.cancels((1, 1))
    desk.answers(next(iter(desk.file().cancellations)), (1, 1, 0))
    assert (desk.buckets(), amounts(desk)) == ({"at_warehouse": 1, "cancelled": 1}, [1000])


def test_T3406_captured_money_is_refunded_and_authorised_money_is_let_go() -> None:
    """Capturing less is the shop's own; what was authorised for cancelled units is asked to be voided."""
    desk = Desk()
    desk.place(line(1, 2, 2000), line(2, 1, 500))
    desk.pays(K.AUTHORIZED, 2500)
    desk.pays(K.CAPTURED, 1000)
    desk.cancels((1, 1))
    [cancellation] = desk.file().cancellations.values()
    assert ([leg.amount_minor for leg in cancellation.voids], amounts(desk)) == ([1000], [])
    desk.pays(K.CAPTURED, 1000, gateway_reference="C-2")
    assert amounts(desk) == [500]
    desk.cancels((1, 1))
    assert amounts(desk) == [500, 1000]
    assert snapshot(desk.file()).due == 0


# 3.6 Refund and appeasement


def test_T3601_no_more_than_is_left_of_the_line_net_of_tax_and_per_rate() -> None:
    rates = tuple(f.Tax(type="VAT", rate=rate, amount_minor=tax) for rate, tax in (("0.19", 95), ("0.07", 35)))
    mixed = f.Line(line_number=1, sku="BOX", product_type=ProductType.PHYSICAL, quantity=1, unit_price_minor=1130,
                   total_minor=1130, taxes=rates)  # fmt: skip
    desk = delivered(mixed)
    assert desk.appeases((1, 1001)).code == "exceeds_line"
    assert desk.appeases((1, 500)).accepted
    [made] = refunds(desk)[0].lines
    assert (made.net_minor, [(tax.rate, tax.amount_minor) for tax in made.taxes]) == (500, [("0.19", 48), ("0.07", 18)])
    assert left(desk) == 1130 - 566


def test_T3602_an_approved_refund_is_asked_of_the_gateway() -> None:
    desk = delivered(line(1, 1, 1000), desk=Desk(UNSENT))
    desk.returns((1, 1))
    assert (refunds(desk)[0].state, desk.events(LegsSent)) == (RefundState.REQUESTED, [])
    assert desk.send(c.ApproveRefund, AGENT, refund_id=refunds(desk)[0].refund_id).code == "not_permitted"
    desk.send(c.ApproveRefund, APPROVER, refund_id=refunds(desk)[0].refund_id)
    assert (refunds(desk)[0].state, len(desk.events(LegsSent))) == (RefundState.PENDING_RELEASE, 1)


def test_T3603_a_refund_is_cancelled_while_it_is_requested_only() -> None:
    desk = delivered(line(1, 2, 2000), desk=Desk(UNSENT))
    desk.returns((1, 1))
    assert desk.send(c.CancelRefund, APPROVER, refund_id=refunds(desk)[0].refund_id).accepted
    assert (refunds(desk)[0].state, left(desk)) == (RefundState.CANCELLED, 2000)
    sent = delivered(line(1, 1, 1000))
    sent.returns((1, 1))
    assert sent.send(c.CancelRefund, refund_id=refunds(sent)[0].refund_id).code == "wrong_state"


def test_T3604_the_gateways_yes_releases_it_and_gives_it_a_credit_note() -> None:
    desk = delivered(line(1, 1, 1000))
    desk.appeases((1, 300))
    desk.pays(K.REFUNDED, 300, operation_reference="00000000-0000-4000-8000-00000000dead")
    assert refunds(desk)[0].state is RefundState.PENDING_RELEASE
    desk.gateway_answers()
    assert (refunds(desk)[0].state, refunds(desk)[0].credit_note_number) == (RefundState.RELEASED, "web-de-CN-00000001")


def test_T3605_after_the_gateways_no_it_is_tried_again_or_released_by_hand() -> None:
    for by_hand, end in ((False, RefundState.RELEASED), (True, RefundState.RELEASED_OFFLINE)):
        desk = delivered(line(1, 1, 1000))
        desk.returns((1, 1))
        desk.gateway_answers(K.REFUND_FAILED)
        assert (refunds(desk)[0].state, all_legs(desk)[0].state) == (RefundState.EXCEPTION, LegState.FAILED)
        refund_id = refunds(desk)[0].refund_id
        if by_hand:
            desk.send(c.ReleaseRefundOffline, refund_id=refund_id, reference="bank transfer 7")
        else:
            desk.send(c.RetryRefund, refund_id=refund_id)
            desk.gateway_answers()
        assert refunds(desk)[0].state is end
        assert (snapshot(desk.file()).refunded, left(desk)) == (1000, 0)
