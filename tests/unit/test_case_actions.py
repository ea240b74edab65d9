"""What the state of an action on an order does to the case it is done for."""

from dataclasses import replace
from typing import Literal

import pytest

from domain.case_actions import OVER, Approved, action_moved, filled, is_open, open_actions
from domain.cases import CaseAction
from domain.commands import AddCaseLines, ChangeRequest, CloseCase, ResolveCase
from domain.vocabulary import (
    AcceptedBy,
    BlockedBy,
    CancellationState,
    CaseState,
    EntityType,
    ExchangeState,
    OrderChangeState,
    Outcome,
    RefundState,
    RequestedChangeKind,
    ReshipmentState,
    ReturnState,
)
from tests.builders.cases import Desk, in_draft, in_new, in_progress, input_line, line_id, resolved, waiting

End = Literal["accepted", "denied", "partial"] | None


def move(
    desk: Desk,
    state: str,
    outcome: End = None,
    *,
    kind: EntityType = EntityType.RETURN,
    blocked_by: BlockedBy | None = None,
    auto_resolve: bool = True,
    approved: Approved | None = None,
    line: int = 1,
) -> int:
    """Lets the line's action of this kind be in `state`; how many events that made."""
    action = CaseAction(kind, line_id(80), state)
    events = action_moved(
        desk.now,
        line_id(line),
        action,
        outcome=outcome,
        blocked_by=blocked_by,
        auto_resolve=auto_resolve,
        approved=approved,
    )
    desk.happen(*events)
    return len(events)


def test_a_line_shows_its_actions_with_their_state() -> None:
    desk = in_new()
    move(desk, "APPROVED")
    move(desk, "ORDER_CREATED", kind=EntityType.EXCHANGE)
    move(desk, "RECEIVED")
    assert [(each.entity_type, each.state) for each in desk.line(1).actions] == [
        (EntityType.RETURN, "RECEIVED"),
        (EntityType.EXCHANGE, "ORDER_CREATED"),
    ]
    assert desk.states() == ("NEW", "NEW", "NEW")


def test_the_same_state_again_is_no_version() -> None:
    desk = in_new()
    assert move(desk, "APPROVED", blocked_by=BlockedBy.WAREHOUSE) == 1
    assert move(desk, "APPROVED", blocked_by=BlockedBy.WAREHOUSE) == 0
    assert move(desk, "APPROVED") == 1


@pytest.mark.parametrize(("outcome", "end"), [("accepted", "RESOLVED_ACCEPTED"), ("denied", "RESOLVED_DENIED")])
def test_the_end_of_an_action_resolves_its_line(outcome: End, end: str) -> None:
    desk = in_progress()
    move(desk, "SETTLED" if outcome == "accepted" else "DENIED", outcome)
    assert desk.states() == ("WORK_IN_PROGRESS", end, "WORK_IN_PROGRESS")


def test_the_end_of_the_last_lines_action_resolves_the_case() -> None:
    desk = waiting()
    move(desk, "SETTLED", "accepted")
    move(desk, "SETTLED", "accepted", line=2)
    assert desk.now.state is CaseState.RESOLVED


def test_a_denied_action_leaves_the_line_while_another_of_its_actions_is_open() -> None:
    desk = in_progress()
    move(desk, "PENDING_RELEASE", kind=EntityType.REFUND)
    move(desk, "DENIED", "denied")
    assert desk.line(1).state == "WORK_IN_PROGRESS"
    move(desk, "RELEASED", "accepted", kind=EntityType.REFUND)
    assert desk.line(1).state == "RESOLVED_ACCEPTED"


def test_a_partial_end_stays_and_needs_attention_until_it_is_healed() -> None:
    desk = in_progress()
    move(desk, "EXCEPTION", "partial", kind=EntityType.REFUND)
    assert (desk.line(1).state, desk.now.attention) == ("WORK_IN_PROGRESS", ("action_partial",))
    assert move(desk, "EXCEPTION", "partial", kind=EntityType.REFUND) == 0
    move(desk, "RELEASED", "accepted", kind=EntityType.REFUND)
    assert (desk.line(1).state, desk.now.attention) == ("RESOLVED_ACCEPTED", ())


def test_the_attention_stays_while_another_action_is_still_half_done() -> None:
    desk = in_progress()
    move(desk, "TIMED_OUT", "partial", kind=EntityType.CANCELLATION, line=2)
    move(desk, "SETTLED", "accepted")
    assert desk.now.attention == ("action_partial",)


def test_without_auto_resolve_the_action_is_shown_and_the_line_stays() -> None:
    desk = in_progress()
    move(desk, "SETTLED", "accepted", auto_resolve=False)
    assert desk.line(1).state == "WORK_IN_PROGRESS"
    assert desk.line(1).actions[0].state == "SETTLED"


def test_an_action_for_a_resolved_or_closed_case_is_shown_and_moves_nothing() -> None:
    desk = resolved()
    move(desk, "SETTLED", "accepted")
    assert desk.states() == ("RESOLVED", "RESOLVED_ACCEPTED", "RESOLVED_ACCEPTED")
    desk.send(CloseCase, accepted_by=AcceptedBy.AGENT)
    move(desk, "EXCEPTION", "partial", kind=EntityType.REFUND)
    assert (desk.now.state, len(desk.line(1).actions), desk.now.attention) == (CaseState.CLOSED, 2, ())


def test_an_action_means_nothing_to_a_draft_or_to_a_line_that_is_gone() -> None:
    assert move(in_draft(), "APPROVED") == 0
    assert move(in_new(), "APPROVED", line=7) == 0


def test_the_answer_fills_the_approved_values_and_leaves_the_others() -> None:
    desk = in_progress()
    desk.send(AddCaseLines, lines=(input_line(3, "1001", 3, RequestedChangeKind.QUANTITY),))
    move(desk, "CONFIRMED", "accepted", kind=EntityType.CHANGE, line=3, approved=Approved(quantity=0))
    request = desk.line(3).request
    assert request is not None
    assert (request.approved_quantity, request.approved_date) == (0, None)
    move(desk, "CONFIRMED", kind=EntityType.CHANGE, approved=Approved(quantity=1))
    assert desk.line(1).request is None


def test_the_case_is_blocked_by_whom_its_actions_have_waited_for_longest() -> None:
    desk = in_progress()
    move(desk, "ASKED", kind=EntityType.CHANGE, blocked_by=BlockedBy.SHOP, line=2)
    desk.at += 1
    move(desk, "APPROVED", blocked_by=BlockedBy.WAREHOUSE)
    seen = [desk.now.blocked_by]
    move(desk, "CONFIRMED", kind=EntityType.CHANGE, line=2)
    seen.append(desk.now.blocked_by)
    move(desk, "SETTLED")
    assert [*seen, desk.now.blocked_by] == [BlockedBy.SHOP, BlockedBy.WAREHOUSE, None]


def test_a_wait_for_somebody_else_begins_anew() -> None:
    desk = in_progress()
    move(desk, "APPROVED", blocked_by=BlockedBy.WAREHOUSE)
    desk.at += 1
    move(desk, "PENDING_RELEASE", kind=EntityType.REFUND, blocked_by=BlockedBy.GATEWAY, line=2)
    desk.at += 1
    move(desk, "RECEIVED", blocked_by=BlockedBy.SHOP)
    assert desk.now.blocked_by is BlockedBy.GATEWAY


def test_a_wait_that_goes_on_keeps_its_place() -> None:
    desk = in_progress()
    move(desk, "APPROVED", blocked_by=BlockedBy.WAREHOUSE)
    desk.at += 1
    move(desk, "PENDING_RELEASE", kind=EntityType.REFUND, blocked_by=BlockedBy.GATEWAY, line=2)
    desk.at += 1
    move(desk, "PARTLY_RECEIVED", blocked_by=BlockedBy.WAREHOUSE)
    assert desk.now.blocked_by is BlockedBy.WAREHOUSE


def test_the_customer_blocks_first_and_a_closed_case_is_blocked_by_nobody() -> None:
    desk = waiting()
    move(desk, "APPROVED", blocked_by=BlockedBy.WAREHOUSE)
    seen = [desk.now.blocked_by]
    desk.send(ResolveCase, outcome=Outcome.ACCEPTED)
    seen.append(desk.now.blocked_by)
    desk.send(CloseCase, accepted_by=AcceptedBy.AGENT)
    assert [*seen, desk.now.blocked_by] == [BlockedBy.CUSTOMER_INFO, BlockedBy.WAREHOUSE, None]


def test_open_actions_are_named_per_line_and_for_the_case() -> None:
    desk = in_progress()
    move(desk, "APPROVED")
    move(desk, "SETTLED", line=2)
    assert [each.state for each in open_actions(desk.now)] == ["APPROVED"]
    assert open_actions(desk.now, line_id(2)) == ()


def test_every_state_in_which_an_action_is_over_is_one_of_its_machine() -> None:
    machines = {
        EntityType.CANCELLATION: CancellationState,
        EntityType.CHANGE: OrderChangeState,
        EntityType.RETURN: ReturnState,
        EntityType.REFUND: RefundState,
        EntityType.EXCHANGE: ExchangeState,
        EntityType.RESHIPMENT: ReshipmentState,
    }
    assert set(machines) == set(OVER)
    for kind, states in OVER.items():
        assert states < {str(state) for state in machines[kind]}
    assert is_open(CaseAction(EntityType.REFUND, line_id(1), "REVERSED"))


def test_what_an_answer_says_nothing_about_stays_as_it_was_approved() -> None:
    price, one = ChangeRequest(kind=RequestedChangeKind.PRICE, approved_price_minor=5), Approved(quantity=1)
    assert filled(price, one) == ChangeRequest(
        kind=RequestedChangeKind.PRICE, approved_price_minor=5, approved_quantity=1
    )
    units = ChangeRequest(kind=RequestedChangeKind.QUANTITY, approved_quantity=2)
    assert filled(units, Approved(price_minor=0)) == replace(units, approved_price_minor=0)
