"""The clock of a case: when it runs, stands, ends, and what a new priority does to it."""

from domain.case_events import CaseAttentionRaised, SolutionRejected
from domain.cases import Sla
from domain.commands import (
    AssignCase,
    ClearAttention,
    CloseCase,
    EditCase,
    InformationReceived,
    RejectSolution,
    RequestInformation,
    ResolveCase,
    SubmitCase,
)
from domain.policy import CasePolicy, Policy
from domain.vocabulary import AcceptedBy, Outcome, SlaState
from tests.builders.cases import CASE, HOUR, START, Desk, in_draft, in_new, in_progress, resolved, waiting

DAY = 24 * HOUR


def test_it_stands_while_the_case_waits_for_the_customer_and_goes_on_with_the_time_left() -> None:
    desk = in_progress()
    desk.at += 5 * HOUR
    desk.send(RequestInformation, question="Which colour?")
    assert desk.now.sla == Sla(SlaState.PAUSED, None, 19 * HOUR)
    desk.at += 100 * HOUR
    desk.send(InformationReceived)
    assert desk.now.sla == Sla(SlaState.RUNNING, START + 124 * HOUR)


def test_it_runs_on_while_only_a_line_waits() -> None:
    desk = in_progress()
    desk.send(RequestInformation, case_line_ids=tuple(desk.now.lines)[:1], question="Which colour?")
    assert desk.now.sla_state is SlaState.RUNNING


def test_it_is_met_at_resolved_and_goes_on_with_the_time_left_after_a_rejection() -> None:
    desk = in_progress()
    desk.at += 20 * HOUR
    desk.send(ResolveCase, outcome=Outcome.ACCEPTED)
    assert desk.now.sla == Sla(SlaState.MET, START + DAY, 4 * HOUR)
    desk.at += 48 * HOUR
    desk.send(RejectSolution)
    assert desk.now.sla == Sla(SlaState.RUNNING, START + 72 * HOUR)


def test_a_waiting_case_that_is_resolved_keeps_the_time_it_had_left() -> None:
    desk = waiting()
    desk.at += 90 * HOUR
    desk.send(ResolveCase, outcome=Outcome.ACCEPTED)
    assert desk.now.sla == Sla(SlaState.MET, None, DAY)


def test_closing_leaves_it_as_it_was() -> None:
    desk = resolved()
    desk.at += 90 * HOUR
    desk.send(CloseCase, accepted_by=AcceptedBy.AGENT)
    assert desk.now.sla_state is SlaState.MET


def test_a_breach_stays_whatever_comes_later() -> None:
    desk = in_progress()
    desk.at += DAY + HOUR
    desk.happen(CaseAttentionRaised(CASE, "sla_breached"))
    assert (desk.now.sla_state, desk.now.attention) == (SlaState.BREACHED, ("sla_breached",))
    desk.send(ClearAttention)
    desk.send(RequestInformation, question="Which colour?")
    desk.send(InformationReceived)
    desk.send(ResolveCase, outcome=Outcome.ACCEPTED)
    desk.happen(SolutionRejected(CASE, None))
    assert (desk.now.sla_state, desk.now.attention) == (SlaState.BREACHED, ())


def test_a_case_that_is_late_when_it_is_resolved_is_breached_although_nobody_had_noticed() -> None:
    desk = in_progress()
    desk.at += DAY + 1
    desk.send(ResolveCase, outcome=Outcome.ACCEPTED)
    assert desk.now.sla == Sla(SlaState.BREACHED, START + DAY)
    assert desk.now.attention == ("sla_breached",)


def test_resolved_in_the_last_moment_is_met() -> None:
    desk = in_progress()
    desk.at += DAY
    desk.send(ResolveCase, outcome=Outcome.ACCEPTED)
    assert desk.now.sla_state is SlaState.MET


def test_a_priority_without_a_time_has_no_clock() -> None:
    desk = Desk()
    desk.open(priority=9)
    desk.send(SubmitCase)
    desk.send(AssignCase, assignee="ann")
    desk.send(ResolveCase, outcome=Outcome.ACCEPTED)
    assert desk.now.sla == Sla(SlaState.NOT_STARTED)


def test_another_priority_keeps_the_time_that_is_used_up() -> None:
    desk = in_progress()
    desk.at += 2 * HOUR
    desk.send(EditCase, priority=1)
    assert (desk.now.priority, desk.now.sla) == (1, Sla(SlaState.RUNNING, START + 4 * HOUR))
    desk.send(RequestInformation, question="Which colour?")
    assert desk.now.sla == Sla(SlaState.PAUSED, None, 2 * HOUR)
    desk.send(EditCase, priority=2)
    assert desk.now.sla == Sla(SlaState.PAUSED, None, 6 * HOUR)


def test_a_priority_edited_in_draft_counts_from_the_submission() -> None:
    desk = in_draft()
    desk.send(EditCase, priority=4)
    assert desk.now.sla == Sla(SlaState.NOT_STARTED)
    desk.send(SubmitCase)
    assert desk.now.sla == Sla(SlaState.RUNNING, START + 72 * HOUR)


def test_a_priority_without_a_time_ends_the_clock_and_one_with_a_time_begins_it_from_new() -> None:
    desk = in_new()
    desk.send(EditCase, priority=9)
    assert desk.now.sla == Sla(SlaState.NOT_STARTED)
    desk.at += HOUR
    desk.send(EditCase, priority=1)
    assert desk.now.sla == Sla(SlaState.RUNNING, START + 4 * HOUR)


def test_the_policy_sets_the_times() -> None:
    desk = Desk(policy=Policy(cases=CasePolicy(sla={3: 2_000_000})))
    desk.open()
    desk.send(SubmitCase)
    assert desk.now.sla_due_at == START + 2_000_000


def test_a_priority_with_a_time_begins_a_clock_that_stands_while_the_case_waits() -> None:
    desk = waiting()
    desk.send(EditCase, priority=9)
    desk.send(EditCase, priority=1)
    assert desk.now.submitted_at is not None
    assert desk.now.sla == Sla(SlaState.PAUSED, None, desk.now.submitted_at + 4 * HOUR - desk.at)
