"""The rows of the case's table, one test each: given a case, when this happens, then it and its lines are there."""

from dataclasses import replace
from typing import Any

import pytest

from domain.case_events import CaseClosed, CaseLineResolved, CaseOpened, SolutionRejected
from domain.commands import (
    AddCaseLines,
    AssignCase,
    AssignCaseLine,
    CancelCase,
    CancelCaseLine,
    CloseCase,
    Command,
    EditCase,
    EditCaseLine,
    InformationReceived,
    RejectSolution,
    RemoveCaseLines,
    RequestInformation,
    ResolveCase,
    ResolveCaseLine,
    SubmitCase,
)
from domain.commands import ChangeRequest as Request
from domain.machine import ImpossibleStep
from domain.vocabulary import (
    AcceptedBy,
    BlockedBy,
    CaseScope,
    CaseState,
    Outcome,
    RequestedChangeKind,
    SlaState,
)
from tests.builders.cases import (
    CASE,
    HOUR,
    START,
    Desk,
    Given,
    in_draft,
    in_new,
    in_progress,
    input_line,
    line_id,
    resolved,
    waiting,
)


def test_opening_makes_a_draft_with_its_lines_in_draft() -> None:
    desk = in_draft()
    assert desk.states() == ("DRAFT", "DRAFT", "DRAFT")
    assert (desk.now.case_number, desk.now.version, desk.now.account_id) == ("CASE0000001", 1, "ACME")
    assert [line.number for line in desk.now.lines.values()] == [1, 2]


def test_a_case_on_several_orders_has_one_line_an_order_and_the_account_of_the_first() -> None:
    desk = Desk()
    desk.open([input_line(1, "1001"), input_line(2, "1002")], scope=CaseScope.MULTIPLE_ORDERS, order_id=None)
    assert desk.now.orders == ("1001", "1002")
    assert [line.line_number for line in desk.now.lines.values()] == [None, None]
    assert desk.now.account_id == "ACME"


def test_submitting_brings_case_and_lines_to_new_and_starts_the_clock() -> None:
    desk = in_new()
    assert desk.states() == ("NEW", "NEW", "NEW")
    assert desk.now.submitted_at == START
    assert (desk.now.sla_state, desk.now.sla_due_at) == (SlaState.RUNNING, START + 24 * HOUR)


def test_cancelling_a_draft_cancels_its_lines() -> None:
    desk = in_draft()
    desk.send(CancelCase, notes="opened twice")
    assert desk.states() == ("CANCELLED", "CANCELLED", "CANCELLED")
    assert desk.now.sla_state is SlaState.NOT_STARTED


def test_assigning_a_new_case_begins_the_work_on_all_its_new_lines() -> None:
    desk = in_progress()
    assert desk.states() == ("WORK_IN_PROGRESS", "WORK_IN_PROGRESS", "WORK_IN_PROGRESS")
    assert desk.now.assignee == "ann"


def test_assigning_a_group_alone_changes_nothing_else() -> None:
    desk = in_new()
    desk.send(AssignCase, group="money")
    assert desk.states() == ("NEW", "NEW", "NEW")
    assert (desk.now.assignee, desk.now.group) == (None, "money")


def test_assigning_a_draft_sets_assignee_and_group_only() -> None:
    desk = in_draft()
    desk.send(AssignCase, assignee="bob", group="orders")
    assert desk.states() == ("DRAFT", "DRAFT", "DRAFT")
    assert (desk.now.assignee, desk.now.group) == ("bob", "orders")


def test_assigning_a_case_in_progress_takes_its_new_lines_along() -> None:
    desk = in_progress()
    desk.send(AddCaseLines, lines=(input_line(3, "1001", 3),))
    assert desk.states()[3] == "NEW"
    desk.send(AssignCase, group="orders")
    assert desk.states()[3] == "NEW"
    desk.send(AssignCase, assignee="bob")
    assert desk.states()[3] == "WORK_IN_PROGRESS"


@pytest.mark.parametrize("case", [waiting, resolved])
def test_assigning_a_waiting_or_resolved_case_moves_nothing(case: Given) -> None:
    desk = case()
    before = desk.states()
    desk.send(AssignCase, assignee="bob")
    assert desk.states() == before
    assert desk.now.assignee == "bob"


def test_a_line_in_progress_takes_a_new_case_along_and_leaves_the_others() -> None:
    desk = in_new()
    desk.send(AssignCaseLine, case_line_id=line_id(2), assignee="bob")
    assert desk.states() == ("WORK_IN_PROGRESS", "NEW", "WORK_IN_PROGRESS")
    assert (desk.line(2).assignee, desk.now.assignee) == ("bob", None)


def test_a_line_in_progress_takes_a_waiting_case_along() -> None:
    desk = waiting()
    desk.send(AddCaseLines, lines=(input_line(3, "1001", 3),))
    assert desk.states() == ("AWAITING_INFO", "AWAITING_INFO", "AWAITING_INFO", "NEW")
    desk.send(AssignCaseLine, case_line_id=line_id(3), assignee="bob")
    assert desk.states() == ("WORK_IN_PROGRESS", "AWAITING_INFO", "AWAITING_INFO", "WORK_IN_PROGRESS")


@pytest.mark.parametrize("case", [in_draft, in_progress, waiting])
def test_assigning_a_line_that_is_not_new_changes_its_assignee_only(case: Given) -> None:
    desk = case()
    before = desk.states()
    desk.send(AssignCaseLine, case_line_id=line_id(1), assignee="bob")
    assert desk.states() == before
    assert desk.line(1).assignee == "bob"


def test_taking_the_assignee_off_a_new_line_does_not_begin_its_work() -> None:
    desk = in_new()
    desk.send(AssignCaseLine, case_line_id=line_id(1))
    assert desk.states() == ("NEW", "NEW", "NEW")


def test_asking_about_the_case_lets_it_wait_with_the_lines_in_progress() -> None:
    desk = in_progress()
    desk.send(AddCaseLines, lines=(input_line(3, "1001", 3),))
    desk.send(RequestInformation, question="Which colour?")
    assert desk.states() == ("AWAITING_INFO", "AWAITING_INFO", "AWAITING_INFO", "NEW")
    assert desk.now.blocked_by is BlockedBy.CUSTOMER_INFO


def test_asking_about_one_line_lets_only_that_line_wait() -> None:
    desk = in_progress()
    desk.send(RequestInformation, case_line_ids=(line_id(1),), question="Which colour?")
    assert desk.states() == ("WORK_IN_PROGRESS", "AWAITING_INFO", "WORK_IN_PROGRESS")
    assert desk.now.blocked_by is None


@pytest.mark.parametrize("how", [ResolveCaseLine, CancelCaseLine, RequestInformation])
def test_a_case_waits_when_only_waiting_lines_are_left_open(how: type[Command]) -> None:
    desk = in_progress()
    desk.send(RequestInformation, case_line_ids=(line_id(1),), question="Which colour?")
    fields: dict[type[Command], dict[str, Any]] = {
        ResolveCaseLine: {"case_line_id": line_id(2), "outcome": Outcome.DENIED},
        CancelCaseLine: {"case_line_id": line_id(2), "reason": "entered twice"},
        RequestInformation: {"case_line_ids": (line_id(2),), "question": "And which size?"},
    }
    desk.send(how, **fields[how])
    assert desk.now.state is CaseState.AWAITING_INFO


def test_the_answer_for_the_case_ends_the_waiting_of_all_its_lines() -> None:
    desk = waiting()
    desk.send(InformationReceived, answer="Blue")
    assert desk.states() == ("WORK_IN_PROGRESS", "WORK_IN_PROGRESS", "WORK_IN_PROGRESS")
    assert desk.now.blocked_by is None


def test_the_answer_for_one_waiting_line_brings_the_case_back_and_leaves_the_other_waiting() -> None:
    desk = waiting()
    desk.send(InformationReceived, case_line_ids=(line_id(1),), answer="Blue")
    assert desk.states() == ("WORK_IN_PROGRESS", "WORK_IN_PROGRESS", "AWAITING_INFO")


def test_the_answer_for_a_line_of_a_case_in_progress_moves_that_line() -> None:
    desk = in_progress()
    desk.send(RequestInformation, case_line_ids=(line_id(1),), question="Which colour?")
    desk.send(InformationReceived, case_line_ids=(line_id(1),), answer="Blue")
    assert desk.states() == ("WORK_IN_PROGRESS", "WORK_IN_PROGRESS", "WORK_IN_PROGRESS")


@pytest.mark.parametrize(("outcome", "end"), [(Outcome.ACCEPTED, "ACCEPTED"), (Outcome.DENIED, "DENIED")])
def test_resolving_the_case_resolves_the_lines_still_open_and_no_others(outcome: Outcome, end: str) -> None:
    desk = in_progress()
    desk.send(AddCaseLines, lines=(input_line(3, "1001", 3),))
    desk.send(ResolveCaseLine, case_line_id=line_id(1), outcome=Outcome.DENIED, resolution_code="TOO_LATE")
    desk.send(ResolveCase, outcome=outcome, resolution_code="DONE")
    assert desk.states() == ("RESOLVED", "RESOLVED_DENIED", f"RESOLVED_{end}", f"RESOLVED_{end}")
    assert [line.resolution_code for line in desk.now.lines.values()] == ["TOO_LATE", "DONE", "DONE"]
    assert (desk.now.resolution_code, desk.now.resolved_at) == ("DONE", START)


def test_a_waiting_case_can_be_resolved() -> None:
    desk = waiting()
    desk.send(ResolveCase, outcome=Outcome.DENIED)
    assert desk.states() == ("RESOLVED", "RESOLVED_DENIED", "RESOLVED_DENIED")


def test_a_case_whose_lines_are_all_cancelled_is_resolved_without_an_outcome() -> None:
    desk = in_progress()
    for n in (1, 2):
        desk.send(CancelCaseLine, case_line_id=line_id(n), reason="entered twice")
    assert desk.states() == ("WORK_IN_PROGRESS", "CANCELLED", "CANCELLED")
    desk.send(ResolveCase)
    assert desk.states() == ("RESOLVED", "CANCELLED", "CANCELLED")


@pytest.mark.parametrize("case", [in_new, in_progress, waiting])
def test_resolving_the_last_open_line_resolves_the_case(case: Given) -> None:
    desk = case()
    desk.send(ResolveCaseLine, case_line_id=line_id(1), outcome=Outcome.ACCEPTED, resolution_code="DONE")
    assert desk.now.state is not CaseState.RESOLVED
    desk.send(ResolveCaseLine, case_line_id=line_id(2), outcome=Outcome.DENIED, resolution_code="DONE")
    assert desk.states() == ("RESOLVED", "RESOLVED_ACCEPTED", "RESOLVED_DENIED")
    assert (desk.now.resolved_at, desk.now.resolution_code) == (START, "DONE")


def test_cancelling_the_last_open_line_resolves_a_case_with_a_resolved_line() -> None:
    desk = in_new()
    desk.send(ResolveCaseLine, case_line_id=line_id(1), outcome=Outcome.ACCEPTED)
    desk.send(CancelCaseLine, case_line_id=line_id(2), reason="entered twice")
    assert desk.states() == ("RESOLVED", "RESOLVED_ACCEPTED", "CANCELLED")


def test_lines_with_different_codes_give_the_case_none() -> None:
    desk = in_new()
    desk.send(ResolveCaseLine, case_line_id=line_id(1), outcome=Outcome.ACCEPTED, resolution_code="A")
    desk.send(ResolveCaseLine, case_line_id=line_id(2), outcome=Outcome.ACCEPTED, resolution_code="B")
    assert (desk.now.state, desk.now.resolution_code) == (CaseState.RESOLVED, None)


def test_closing_says_who_accepted_and_when() -> None:
    desk = resolved()
    desk.at += HOUR
    desk.send(CloseCase, accepted_by=AcceptedBy.AGENT)
    assert desk.states() == ("CLOSED", "RESOLVED_ACCEPTED", "RESOLVED_ACCEPTED")
    assert (desk.now.accepted_by, desk.now.closed_at) == (AcceptedBy.AGENT, START + HOUR)


def test_the_system_closes_a_resolved_case_automatically() -> None:
    desk = resolved()
    desk.happen(CaseClosed(CASE, AcceptedBy.AUTOMATIC))
    assert (desk.now.state, desk.now.accepted_by) == (CaseState.CLOSED, AcceptedBy.AUTOMATIC)


def test_a_rejected_solution_brings_resolved_lines_back_and_not_cancelled_ones() -> None:
    desk = in_progress()
    desk.send(CancelCaseLine, case_line_id=line_id(1), reason="entered twice")
    desk.send(ResolveCaseLine, case_line_id=line_id(2), outcome=Outcome.DENIED, resolution_code="TOO_LATE")
    desk.send(RejectSolution, reason="It is not")
    assert desk.states() == ("WORK_IN_PROGRESS", "CANCELLED", "WORK_IN_PROGRESS")
    assert (desk.now.resolved_at, desk.now.resolution_code, desk.line(2).resolution_code) == (None, None, None)


def test_lines_added_to_a_draft_are_drafts_and_later_ones_new() -> None:
    desk = in_draft()
    desk.send(AddCaseLines, lines=(input_line(3, "1001", 3),))
    assert desk.states() == ("DRAFT", "DRAFT", "DRAFT", "DRAFT")
    desk.send(SubmitCase)
    desk.send(AddCaseLines, lines=(input_line(4, "1001", 1, RequestedChangeKind.PRICE),))
    assert desk.states() == ("NEW", "NEW", "NEW", "NEW", "NEW")


def test_a_removed_lines_number_is_not_given_again() -> None:
    desk = in_draft()
    desk.send(RemoveCaseLines, case_line_ids=(line_id(2),))
    assert list(desk.now.lines) == [line_id(1)]
    desk.send(AddCaseLines, lines=(input_line(3, "1001", 2),))
    assert desk.line(3).number == 3


def test_the_first_lines_bring_a_case_without_an_account_theirs() -> None:
    desk = Desk()
    desk.open([], scope=CaseScope.MULTIPLE_ORDERS, order_id=None)
    assert desk.now.account_id is None
    desk.send(AddCaseLines, lines=(input_line(1, "2001"),))
    assert desk.now.account_id == "OTHER"


def test_editing_a_line_replaces_its_request() -> None:
    desk = in_new()
    wish = Request(kind=RequestedChangeKind.QUANTITY, requested_quantity=1, approved_quantity=1, notes="agreed")
    desk.send(EditCaseLine, case_line_id=line_id(1), request=wish)
    assert desk.line(1).request == wish
    assert desk.states() == ("NEW", "NEW", "NEW")


def test_editing_leaves_what_is_null() -> None:
    desk = in_new()
    desk.send(EditCase, description="The shirt is red")
    assert (desk.now.short_description, desk.now.description) == ("Wrong colour", "The shirt is red")
    assert (desk.now.priority, desk.now.sla_due_at) == (3, START + 24 * HOUR)


def test_a_lines_previous_state_is_that_of_the_version_before() -> None:
    desk = in_new()
    assert [line.previous_state for line in desk.now.lines.values()] == ["DRAFT", "DRAFT"]
    desk.send(AssignCaseLine, case_line_id=line_id(1), assignee="bob")
    assert [line.previous_state for line in desk.now.lines.values()] == ["NEW", "NEW"]
    desk.send(AddCaseLines, lines=(input_line(3, "1001", 3),))
    assert [line.previous_state for line in desk.now.lines.values()] == ["WORK_IN_PROGRESS", "NEW", None]


def test_a_case_opened_by_the_system_begins_in_new_with_its_clock_running() -> None:
    made = replace(in_new().now, submitted_at=None, sla_state=SlaState.NOT_STARTED, version=0)
    opened = Desk().happen(CaseOpened(CASE, made))
    assert (opened.state, opened.version, opened.submitted_at) == (CaseState.NEW, 1, START)
    assert (opened.sla_state, opened.sla_due_at) == (SlaState.RUNNING, START + 24 * HOUR)


def test_an_event_outside_the_table_is_a_bug_and_says_so() -> None:
    desk = in_draft()
    with pytest.raises(ImpossibleStep, match="CaseClosed while DRAFT"):
        desk.happen(CaseClosed(CASE, AcceptedBy.AGENT))
    with pytest.raises(ImpossibleStep):
        desk.happen(CaseLineResolved(CASE, line_id(1), accepted=True))
    with pytest.raises(ImpossibleStep, match="without a case"):
        Desk().happen(SolutionRejected(CASE, None))
    with pytest.raises(ImpossibleStep, match="CaseOpened while DRAFT"):
        desk.happen(CaseOpened(CASE, desk.now))
