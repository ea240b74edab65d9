"""Where the seed systems contradict themselves or each other: which of the two holds here, in the order of the list."""

from dataclasses import replace

import pytest

from domain import commands as c
from domain import facts as f
from domain.orders import snapshot, status
from domain.policy import DEFAULT, AutoRelease
from domain.vocabulary import (
    CancellationState,
    CaseState,
    OrderEventKind,
    OrderStateName,
    OrderStatus,
    Outcome,
    RefundState,
    ReturnState,
    UnitStatus,
)
from schemas.codec import Codec
from schemas.keys import key_of
from schemas.refusal import InvalidCommand
from schemas.topics import COMMANDS
from tests.builders import cases
from tests.builders.desk import APPROVER, Desk, line, order, with_policy
from tests.builders.readings import amounts, newest_return, refunds
from tests.builders.wire import valid
from tests.unit.reference.reading import delivered

BY_HAND = AutoRelease(return_=False)


def test_X1_before_the_warehouse_has_units_they_are_cancelled_and_afterwards_it_is_asked() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000))
    desk.warehouse(UnitStatus.RECEIVED, 1, number=2)
    desk.cancels((1, 1))
    desk.cancels((2, 1))
    states = [found.state for found in desk.file().cancellations.values()]
    assert states == [CancellationState.CONFIRMED, CancellationState.ASKED_WAREHOUSE]


@pytest.mark.parametrize("statuses", [("NEW", "RECEIVED", "ONHOLD"), ("NEW", "RECEIVED", "ONHOLD", "LOGISTICS")])
def test_X2_the_statuses_in_which_one_may_cancel_are_the_channels(statuses: tuple[str, ...]) -> None:
    desk = Desk(with_policy(DEFAULT, "cancel", statuses=statuses))
    desk.place(line(1, 1, 1000))
    desk.warehouse(UnitStatus.PICKED, 1)
    assert status(desk.file()) is OrderStateName.LOGISTICS
    assert desk.cancels().code == (None if "LOGISTICS" in statuses else "not_cancellable")


@pytest.mark.parametrize("word", [OrderStatus.NEW, OrderStatus.RECEIVED, OrderStatus.ONHOLD])
def test_X3_where_the_units_are_decides_whom_is_asked_and_not_the_word_of_the_shop(word: OrderStatus) -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), status=word)
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.cancels((1, 2))
    assert desk.buckets() == {"cancelled": 1, "cancel_asked": 1}


def test_X5_a_case_with_open_lines_is_resolved_with_an_outcome_that_is_never_guessed() -> None:
    desk = cases.in_progress()
    assert cases.code_of(desk, c.ResolveCase) == "outcome_required"
    desk.send(c.ResolveCaseLine, case_line_id=cases.line_id(1), outcome=Outcome.DENIED)
    desk.send(c.ResolveCase, outcome=Outcome.ACCEPTED)
    assert desk.states() == ("RESOLVED", "RESOLVED_DENIED", "RESOLVED_ACCEPTED")


def test_X6_a_case_whose_lines_are_all_over_is_resolved_by_itself_and_never_closed() -> None:
    desk = cases.in_progress()
    for n in (1, 2):
        desk.send(c.ResolveCaseLine, case_line_id=cases.line_id(n), outcome=Outcome.ACCEPTED)
    assert desk.now.state is CaseState.RESOLVED
    assert cases.code_of(cases.in_progress(), c.CloseCase, accepted_by="AGENT") == "wrong_state"


def test_X9_a_refund_that_nobody_released_is_requested_until_a_person_approves_or_cancels_it() -> None:
    for act, end in ((c.ApproveRefund, RefundState.PENDING_RELEASE), (c.CancelRefund, RefundState.CANCELLED)):
        desk = delivered(line(1, 1, 1000), desk=Desk(with_policy(DEFAULT, "refunds", auto_release=BY_HAND)))
        desk.returns((1, 1))
        [refund] = refunds(desk)
        assert refund.state is RefundState.REQUESTED
        assert desk.send(act, refund_id=refund.refund_id).accepted
        assert refunds(desk)[0].state is end


@pytest.mark.parametrize("approves", [True, False])
@pytest.mark.parametrize("releases", [True, False])
def test_X10_approving_a_return_and_releasing_its_refund_are_two_switches(approves: bool, releases: bool) -> None:
    policies = with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=releases))
    desk = delivered(line(1, 1, 1000), desk=Desk(with_policy(policies, "returns", auto_approve=approves)))
    desk.returns((1, 1))
    assert newest_return(desk).state is (ReturnState.APPROVED if approves else ReturnState.REQUESTED)
    if not approves:
        assert amounts(desk) == []
        desk.send(c.ApproveReturn, APPROVER, return_id=newest_return(desk).return_id)
    assert refunds(desk)[0].state is (RefundState.PENDING_RELEASE if releases else RefundState.REQUESTED)


def test_X11_an_exchange_without_a_new_product_is_refused_by_name() -> None:
    """Fields have one name each; a document with `store_id` is not of this contract, and one without `new_sku` cannot be
    written. An empty one can, and is named."""
    value = valid("commands.CreateExchange")
    value["lines"][0]["new_sku"] = ""
    raw = Codec().encode(COMMANDS, "commands.CreateExchange", value)
    with pytest.raises(InvalidCommand, match="new_sku"):
        Codec().decode(COMMANDS, key_of("commands.CreateExchange", value).encode(), raw)


def test_X12_a_warehouse_may_decline_units_or_confirm_that_it_stopped_them() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.warehouse(UnitStatus.DECLINED, 2)
    desk.cancels((1, 1))
    assert desk.buckets() == {"declined": 1, "cancelled": 1}
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.cancels((1, 1))
    desk.answers(list(desk.file().cancellations)[-1], (1, 1, 0))
    assert desk.buckets() == {"cancelled": 2}
    assert amounts(desk) == [1000, 1000]


def test_X13_the_line_number_says_which_line_and_the_product_does_not() -> None:
    desk = delivered(line(1, 1, 1000, sku="RED"), line(2, 1, 700, sku="RED"))
    desk.returns((2, 1))
    assert (amounts(desk), desk.buckets(1), desk.buckets(2)) == ([700], {"delivered": 1}, {"return_announced": 1})


def test_X14_the_same_order_number_in_two_channels_is_two_orders() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    other = replace(order(line(1, 1, 400)), sales_channel="outlet")
    event = desk.feed(desk.fact(f.OrderEvent, kind=OrderEventKind.PLACED, revision=1, order=other))
    assert {ref.key for ref in event.changed} == {"outlet:1001"}
    assert snapshot(desk.file()).order_total == 1000
    assert desk.send(c.CancelOrder, sales_channel="outlet", reason="CHANGED_MIND").accepted
    assert desk.buckets() == {"open": 1}
