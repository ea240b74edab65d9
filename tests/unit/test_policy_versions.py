"""A remedy keeps the policy that it began under, whatever the file says afterwards (domain.md 12)."""

from dataclasses import replace
from typing import Any

import pytest

from domain import commands as c
from domain.policy import DAY, DEFAULT, HOUR, AutoRelease, Policies
from domain.timers import timers
from domain.vocabulary import Outcome, PaymentKind, ReceiptOutcome, RefundState, ReturnState, UnitStatus
from tests.builders.case_on_order import CASE, submitted_case
from tests.builders.desk import APPROVER, MANAGER, Desk, line, with_policy
from tests.builders.readings import first_refund, newest_return

O = ReceiptOutcome  # noqa: E741 - read as O.GOOD


def becomes(desk: Desk, section: str, **changes: Any) -> None:
    """Another policy takes effect: the present one with this section changed."""
    before = desk.policies
    past = {**before.past, before.version: replace(before, past={})}
    desk.policies = replace(with_policy(before, section, **changes), version=f"{before.version}+", past=past)


def shipped(desk: Desk, quantity: int = 2) -> Desk:
    desk.place(line(1, quantity, 2000), captured=2000)
    desk.ships(quantity)
    return desk


def due(desk: Desk, name: str) -> list[int]:
    found = [timer for thing in desk.things.values() for timer in timers(thing, desk.policies)]
    return [timer.due_at for timer in found if timer.name == name]


@pytest.mark.parametrize(
    ("name", "section", "field"),
    [
        ("cancellation", "cancel", "answer"),
        ("change", "changes", "answer"),
        ("return", "returns", "expire"),
        ("refund_leg", "refunds", "answer"),
    ],
)
@pytest.mark.parametrize("time", [HOUR // 60, 90 * DAY], ids=["shorter", "longer"])
def test_what_waits_goes_on_waiting_as_long_as_it_was_told(name: str, section: str, field: str, time: int) -> None:
    desk = Desk(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=name == "refund_leg")))
    desk.place(line(1, 2, 2000), line(2, 1, 500), captured=2500)
    desk.ships(2)
    desk.warehouse(UnitStatus.RECEIVED, 1, 2)
    desk.returns((1, 1))
    desk.send(c.ChangeOrder, shipping_method="express", reason="HURRY")
    desk.cancels((2, 1), force=True)
    (was,) = due(desk, name)
    becomes(desk, section, **{field: time})
    desk.warehouse(UnitStatus.DELIVERED, 1)
    assert due(desk, name) == [was]


def test_a_new_return_has_the_new_times_beside_an_old_one() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=False))))
    desk.returns((1, 1))
    becomes(desk, "returns", expire=DAY)
    desk.returns((1, 1))
    assert [timer.name for timer in desk.wait(2 * DAY)] == ["return"]
    old, new = desk.file().returns.values()
    assert (old.state, new.state) == (ReturnState.APPROVED, ReturnState.EXPIRED)


def test_a_return_that_began_when_goods_were_paid_at_receipt_is_paid_at_receipt() -> None:
    manual = with_policy(with_policy(DEFAULT, "returns", auto_approve=False), "refunds", at="RECEIVED")
    desk = shipped(Desk(manual))
    made = desk.returns((1, 1))
    becomes(desk, "refunds", at="APPROVED")
    desk.send(c.ApproveReturn, actor=APPROVER, return_id=made.entity_id)
    assert not desk.file().refunds
    desk.receives(next(iter(desk.file().returns.values())).rma, (1, 1, O.GOOD))
    (refund,) = desk.file().refunds.values()
    assert refund.state is RefundState.PENDING_RELEASE
    assert refund.policy_version == "default"


def test_the_restocking_fee_is_the_one_that_held_when_the_return_was_asked_for() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "refunds", at="RECEIVED")))
    desk.returns((1, 1))
    becomes(desk, "returns", restocking_fee={"EUR": 300})
    desk.receives(next(iter(desk.file().returns.values())).rma, (1, 1, O.GOOD))
    desk.returns((1, 1))
    desk.receives(list(desk.file().returns.values())[1].rma, (1, 1, O.GOOD))
    assert [refund.fee_minor for refund in desk.file().refunds.values()] == [0, 300]


def test_damaged_goods_are_judged_by_the_rule_of_their_return() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "returns", damaged="accept")))
    desk.returns((1, 1))
    becomes(desk, "returns", damaged="reject")
    desk.receives(next(iter(desk.file().returns.values())).rma, (1, 1, O.DAMAGED))
    assert desk.buckets() == {"shipped": 1, "back_damaged": 1}
    desk.receives(None, (1, 1, O.DAMAGED))
    assert desk.buckets() == {"back_damaged": 1, "return_rejected": 1}


def test_four_eyes_that_a_refund_began_with_are_not_shut_by_a_new_limit() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "refunds", second_person_above={"EUR": 500})))
    refund_id = desk.appeases((1, 600), amount_includes_tax=True).entity_id
    becomes(desk, "refunds", second_person_above={})
    reply = desk.send(c.ApproveRefund, actor=MANAGER, refund_id=refund_id)
    assert reply.code == "self_approval"


def test_nobody_approves_the_own_return_because_the_switch_was_turned_later() -> None:
    desk = shipped(Desk(with_policy(DEFAULT, "returns", auto_approve=False)))
    made = desk.returns((1, 1))
    becomes(desk, "returns", self_approval=True)
    assert desk.send(c.ApproveReturn, return_id=made.entity_id).code == "self_approval"
    again = desk.returns((1, 1))
    assert desk.send(c.ApproveReturn, return_id=again.entity_id).accepted


def test_an_order_that_stands_still_follows_the_policy_in_force() -> None:
    desk = Desk()
    desk.place(line(1), captured=1000)
    becomes(desk, "cases", not_shipped=DAY)
    assert due(desk, "not_shipped") == [desk.file().facts.placed_at + DAY]


def test_a_version_that_nobody_kept_is_the_one_in_force() -> None:
    now = Policies(version="b")
    assert now.of("web-de", "a") is now.default
    assert now.of("web-de", "b") is now.default


def test_a_capture_that_comes_after_another_policy_gives_back_by_the_cancellations_own() -> None:
    desk = Desk(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(cancellation=False)))
    desk.place(line(1, 2, 2000))
    desk.cancels((1, 1))
    becomes(desk, "refunds", auto_release=AutoRelease())
    desk.pays(PaymentKind.CAPTURED, 2000)
    (refund,) = desk.file().refunds.values()
    assert refund.state is RefundState.REQUESTED


def test_money_goes_back_on_the_payment_that_came_first_when_the_return_was_asked_for() -> None:
    desk = Desk(with_policy(DEFAULT, "refunds", at="RECEIVED", leg_order=("oldest",)))
    desk.place(line(1, 2, 2000))
    desk.pays(PaymentKind.CAPTURED, 1000, "P1")
    desk.pays(PaymentKind.CAPTURED, 1000, "P2")
    desk.ships(2)
    desk.returns((1, 1))
    becomes(desk, "refunds", leg_order=("newest",))
    desk.receives(newest_return(desk).rma, (1, 1, O.GOOD))
    assert [leg.payment_ref for leg in first_refund(desk).legs] == ["P1"]


def test_a_resolved_case_is_reminded_of_and_closed_when_its_policy_said() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    submitted_case(desk)
    desk.send(c.AssignCase, case_id=CASE, assignee="ann")
    assert desk.send(c.ResolveCase, case_id=CASE, outcome=Outcome.ACCEPTED).accepted
    was = due(desk, "reminder") + due(desk, "close")
    becomes(desk, "cases", reminder=DAY, close=2 * DAY)
    desk.warehouse(UnitStatus.RECEIVED, 1)
    assert len(was) == 2
    assert due(desk, "reminder") + due(desk, "close") == was
