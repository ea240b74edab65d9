"""Cases that the system opens by itself, one per cause, and that heal with it (domain.md 4)."""

import pytest

from domain import commands as c
from domain.cases import Case
from domain.order_events import NoticeAsked
from domain.policy import DAY, DEFAULT
from domain.vocabulary import (
    CaseOrigin,
    CaseScope,
    CaseState,
    ContactChannel,
    NoticeKind,
    OrderEventKind,
    OrderStatus,
    Outcome,
    PaymentKind,
    ReceiptOutcome,
    UnitStatus,
)
from tests.builders.checkouts import pays as pays_checkout
from tests.builders.checkouts import starts
from tests.builders.desk import AGENT, Desk, line, uid, with_policy
from tests.builders.readings import cases

K = PaymentKind


def only_case(desk: Desk, because: str) -> Case:
    [found] = [case for case in cases(desk) if case.opened_because == because]
    return found


def test_f7_a_failed_authorisation_opens_one_case_and_a_good_one_heals_it() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.AUTHORIZATION_FAILED, 1000)
    desk.pays(K.AUTHORIZATION_FAILED, 1000)
    found = only_case(desk, "authorization_failed")
    assert (found.state, found.service, found.channel, found.priority) == (CaseState.NEW, "DISPUTE", "SYSTEM", 2)
    assert [line.line_number for line in found.lines.values()] == [None]
    desk.pays(K.AUTHORIZED, 1000)
    healed = only_case(desk, "authorization_failed")
    assert (healed.state, healed.resolution_code) == (CaseState.RESOLVED, "HEALED")


def test_a_failure_that_is_covered_already_opens_nothing() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.pays(K.AUTHORIZATION_FAILED, 1000, "P2")
    assert not cases(desk)


def test_a_checkout_whose_payment_fails_opens_a_case_on_it() -> None:
    desk = Desk()
    starts(desk)
    pays_checkout(desk, K.AUTHORIZATION_FAILED, 1000)
    found = only_case(desk, "authorization_failed")
    assert (found.scope, found.checkout_id) == ("CHECKOUT", "CO-1")


def test_f9_an_order_that_is_complete_with_another_amount_than_due_opens_a_case() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=900)
    assert not cases(desk)
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 1, 1000), status=OrderStatus.COMPLETE)
    assert only_case(desk, "amount_mismatch").state is CaseState.NEW
    desk.pays(K.CAPTURED, 100, "P2")
    assert only_case(desk, "amount_mismatch").state is CaseState.RESOLVED


def test_f10_a_paid_order_that_the_shop_cancels_opens_a_case() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.shop(OrderEventKind.CANCELLED, 2, line(1, 1, 1000))
    assert only_case(desk, "cancelled_by_shop").orders == ("1001",)


def test_f8_an_order_that_is_not_shipped_in_time_opens_a_case_that_heals_when_it_is() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.wait(8 * DAY)
    found = only_case(desk, "not_shipped")
    assert found.orders == ("1001",)
    desk.ships(1)
    assert only_case(desk, "not_shipped").resolution_code == "HEALED"


def test_declined_units_open_a_case_after_their_days() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.warehouse(UnitStatus.DECLINED, 1)
    desk.wait(DAY)
    assert not [case for case in cases(desk) if case.opened_because == "declined"]
    desk.wait(2 * DAY)
    assert [line.line_number for line in only_case(desk, "declined").lines.values()] == [1]
    desk.cancels((1, 2))
    assert only_case(desk, "declined").resolution_code == "HEALED"


def test_lost_units_open_a_case_per_order_and_more_lines_join_it() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000))
    desk.ships(1, 1)
    desk.ships(1, 2)
    desk.warehouse(UnitStatus.LOST, 1, number=1)
    desk.warehouse(UnitStatus.LOST, 1, number=2)
    assert [line.line_number for line in only_case(desk, "shipment_lost").lines.values()] == [1, 2]
    desk.delivers(1, 1)
    desk.delivers(1, 2)
    assert only_case(desk, "shipment_lost").resolution_code == "HEALED"


def test_a_failed_refund_opens_a_case_that_heals_when_it_is_paid() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.ships(1)
    desk.returns((1, 1))
    desk.gateway_answers(K.REFUND_FAILED)
    assert only_case(desk, "refund_failed").state is CaseState.NEW
    [refund] = desk.file().refunds.values()
    desk.send(c.RetryRefund, refund_id=refund.refund_id)
    desk.gateway_answers()
    assert only_case(desk, "refund_failed").resolution_code == "HEALED"


def test_a_chargeback_opens_a_case_and_winning_it_heals() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.pays(K.CHARGED_BACK, 1000, gateway_reference="cb")
    assert only_case(desk, "charged_back").state is CaseState.NEW
    desk.pays(K.CHARGEBACK_WON, 1000, gateway_reference="cb", occurred_at=desk.at + 1)
    assert only_case(desk, "charged_back").resolution_code == "HEALED"


def test_a_refused_cancellation_opens_a_case_that_only_a_person_ends() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.cancels((1, 1))
    desk.answers(next(iter(desk.file().cancellations)), (1, 0, 1))
    desk.ships(1)
    assert only_case(desk, "cancellation_refused").state is CaseState.NEW


def test_an_unanswered_cancellation_times_out_gives_its_units_back_and_heals_with_the_late_answer() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.cancels((1, 1))
    desk.wait(2 * DAY)
    assert desk.buckets() == {"at_warehouse": 1}
    assert only_case(desk, "cancellation_unanswered").state is CaseState.NEW
    desk.answers(next(iter(desk.file().cancellations)), (1, 1, 0))
    assert desk.buckets() == {"cancelled": 1}
    assert only_case(desk, "cancellation_unanswered").resolution_code == "HEALED"


def test_customers_hear_nothing_of_such_a_case_before_somebody_speaks_to_them() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.AUTHORIZATION_FAILED, 1000)
    assert not desk.events(NoticeAsked)
    case = only_case(desk, "authorization_failed")
    desk.send(c.AddComment, AGENT, case_id=case.case_id, text="We look into it.", public=True)
    assert [notice.kind for notice in desk.events(NoticeAsked)] == ["CASE_COMMENT"]


# Timers


def test_an_unanswered_leg_waits_for_a_person_and_is_never_sent_again_under_a_new_key() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.ships(1)
    desk.returns((1, 1))
    [leg] = next(iter(desk.file().refunds.values())).legs
    desk.wait(2 * DAY)
    [after] = next(iter(desk.file().refunds.values())).legs
    assert (after.state, after.leg_id) == ("UNANSWERED", leg.leg_id)
    assert "leg_unanswered" in desk.file().attention
    desk.pays(K.REFUNDED, 1000, operation_reference=leg.leg_id)
    assert next(iter(desk.file().refunds.values())).state == "RELEASED"
    assert "leg_unanswered" not in desk.file().attention


def test_a_return_expires_when_nothing_was_sent_to_a_gateway_and_else_is_overdue() -> None:
    for at, state in (("RECEIVED", "EXPIRED"), ("APPROVED", "APPROVED")):
        desk = Desk(with_policy(DEFAULT, "refunds", at=at))
        desk.place(line(1, 1, 1000), captured=1000)
        desk.ships(1)
        desk.returns((1, 1))
        desk.wait(31 * DAY)
        assert next(iter(desk.file().returns.values())).state == state
        assert ("overdue" in desk.file().attention) is (state == "APPROVED")


def test_s30_a_case_that_takes_too_long_is_breached() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.AUTHORIZATION_FAILED, 1000)
    desk.wait(DAY)
    found = only_case(desk, "authorization_failed")
    assert (found.sla_state, found.attention) == ("BREACHED", ("sla_breached",))


def test_a_resolved_case_is_reminded_once_and_closes_by_itself() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    case_id = uid("own case")
    desk.send(
        c.OpenCase,
        case_id=case_id,
        service="INQUIRY",
        scope=CaseScope.SPECIFIC_LINES,
        sales_channel="web-de",
        order_id="1001",
        channel=ContactChannel.PHONE,
        origin=CaseOrigin.ORDER,
        short_description="Where is it?",
        lines=(c.CaseLineInput(case_line_id=uid("own line"), line_number=1),),
    )
    desk.send(c.SubmitCase, case_id=case_id)
    desk.send(c.AssignCase, case_id=case_id, assignee="ann")
    desk.send(c.ResolveCase, case_id=case_id, outcome=Outcome.ACCEPTED)
    assert desk.case(case_id).state is CaseState.RESOLVED
    desk.wait(6 * DAY)
    assert [n.kind for n in desk.events(NoticeAsked)].count(NoticeKind.CASE_REMINDER) == 1
    desk.wait(5 * DAY)
    assert (desk.case(case_id).state, desk.case(case_id).accepted_by) == (CaseState.CLOSED, "AUTOMATIC")


@pytest.mark.parametrize("days", [400])
def test_a_year_of_timers_comes_to_rest(days: int) -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.cancels((1, 2))
    desk.ships(1)
    desk.returns((1, 1))
    desk.receives(None, (1, 1, ReceiptOutcome.DAMAGED))
    fired = desk.wait(days * DAY)
    assert fired
    assert not desk.wait(days * DAY)


def test_an_order_that_stands_still_again_opens_a_case_of_its_own_after_its_days() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.wait(8 * DAY)
    desk.warehouse(UnitStatus.DECLINED, 1)
    assert only_case(desk, "not_shipped").resolution_code == "HEALED"
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.wait(6 * DAY)
    assert len([case for case in cases(desk) if case.opened_because == "not_shipped"]) == 1
    desk.wait(2 * DAY)
    first, second = [case for case in cases(desk) if case.opened_because == "not_shipped"]
    assert (first.state, second.state) == (CaseState.RESOLVED, CaseState.NEW)
