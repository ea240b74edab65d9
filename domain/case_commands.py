"""Commands on cases: for each, when it is refused and which events it brings (domain.md 4). The table is at the end."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.case_clock import due_at, replanned
from domain.case_context import CaseContext, Events
from domain.case_customers import restrict
from domain.case_events import (
    CaseAssigned,
    CaseAttentionCleared,
    CaseAttentionRaised,
    CaseCancelled,
    CaseClosed,
    CaseCommented,
    CaseEdited,
    CaseResolved,
    CaseSubmitted,
    InformationArrived,
    InformationRequested,
    SolutionRejected,
)
from domain.case_file import OPEN_CASE, OPEN_LINE, Case
from domain.case_groups import check_assignment
from domain.case_lines import (
    add_lines,
    assign_line,
    cancel_line,
    demand,
    edit_line,
    named_line,
    remove_lines,
    resolve_line,
)
from domain.case_opening import check_words, open_case
from domain.case_tasks import add_task, assign_task, cancel_task, complete_task
from domain.commands import (
    AddCaseLines,
    AddComment,
    AddTask,
    AssignCase,
    AssignCaseLine,
    AssignTask,
    CancelCase,
    CancelCaseLine,
    CancelTask,
    ClearAttention,
    CloseCase,
    Command,
    CompleteTask,
    EditCase,
    EditCaseLine,
    InformationReceived,
    OpenCase,
    RejectSolution,
    RemoveCaseLines,
    RequestInformation,
    ResolveCase,
    ResolveCaseLine,
    SubmitCase,
)
from domain.refusals import Findings, Refused
from domain.vocabulary import AcceptedBy, CaseLineState, CaseState, EntityType, Outcome

_S, _L = CaseState, CaseLineState
_LIVE: Final = (_S.DRAFT, *OPEN_CASE, _S.RESOLVED)
WROTE: Final = "customer_wrote"
"""The attention code of a customer's comment that nobody has answered yet."""

COMMENT_LENGTH: Final = 4000


def _demand_case(findings: Findings, case: Case, states: tuple[CaseState, ...], what: str) -> None:
    """Adds `wrong_state` unless the case is in one of `states`."""
    if case.state not in states:
        findings.add(
            "wrong_state",
            f"{case.case_number} is {case.state} and cannot be {what}; that is possible in {', '.join(states)}.",
        )


def _edit(command: EditCase, case: Case, context: CaseContext, findings: Findings) -> Events:
    _demand_case(findings, case, _LIVE, "edited")
    check_words(findings, command.short_description, command.priority, command.channel)
    named = ("short_description", "description", "priority", "contact", "channel")
    if all(getattr(command, name) in (None, getattr(case, name)) for name in named):
        findings.add("nothing_to_change", f"{case.case_number} says exactly this already; change at least one field.")
    findings.raise_first()
    priority = command.priority or case.priority
    sla = replanned(case, context.policy.cases.sla, priority, context.at)
    given = {name: getattr(command, name) for name in named}
    return (CaseEdited(case.case_id, **given, sla=sla),)


def _submit(command: SubmitCase, case: Case, context: CaseContext, findings: Findings) -> Events:
    _demand_case(findings, case, (_S.DRAFT,), "submitted")
    if not case.lines:
        findings.add("no_lines", f"{case.case_number} has no line; add what it is about first.")
    findings.raise_first()
    due = due_at(context.policy.cases.sla, case.priority, context.at)
    return (CaseSubmitted(case.case_id, due, command.notes),)


def _cancel(command: CancelCase, case: Case, _: CaseContext, findings: Findings) -> Events:
    _demand_case(findings, case, (_S.DRAFT,), "cancelled")
    findings.raise_first()
    return (CaseCancelled(case.case_id, command.notes),)


def _assign(command: AssignCase, case: Case, context: CaseContext, findings: Findings) -> Events:
    _demand_case(findings, case, _LIVE, "assigned")
    if not (command.assignee or command.group):
        findings.add("invalid_command", "Nobody is named; name an assignee or a group (or both) to assign the case to.")
    check_assignment(findings, context.policy, command.assignee, command.group)
    findings.raise_first()
    return (CaseAssigned(case.case_id, command.assignee or None, command.group or None),)


def _check_ids(findings: Findings, case_line_ids: tuple[str, ...]) -> None:
    if len(set(case_line_ids)) < len(case_line_ids):
        findings.add("invalid_command", "A line is named twice; name each once.")


def _request_information(command: RequestInformation, case: Case, _: CaseContext, findings: Findings) -> Events:
    if not command.question.strip():
        findings.add("invalid_command", "The question is empty; say what is asked.")
    _check_ids(findings, command.case_line_ids)
    for line in [named_line(findings, case, key) for key in command.case_line_ids]:
        demand(findings, case, line, (_L.WORK_IN_PROGRESS,), "asked about")
    if not command.case_line_ids:
        _demand_case(findings, case, (_S.WORK_IN_PROGRESS,), "asked about")
    findings.raise_first()
    asked = InformationRequested(case.case_id, command.case_line_ids, command.question.strip())
    return (asked, *_answered(case))


def _information_received(command: InformationReceived, case: Case, _: CaseContext, findings: Findings) -> Events:
    _check_ids(findings, command.case_line_ids)
    for line in [named_line(findings, case, key) for key in command.case_line_ids]:
        demand(findings, case, line, (_L.AWAITING_INFO,), "answered")
    if not command.case_line_ids:
        _demand_case(findings, case, (_S.AWAITING_INFO,), "answered")
    findings.raise_first()
    return (InformationArrived(case.case_id, command.case_line_ids, command.answer),)


def _resolve(command: ResolveCase, case: Case, _: CaseContext, findings: Findings) -> Events:
    _demand_case(findings, case, (_S.WORK_IN_PROGRESS, _S.AWAITING_INFO), "resolved")
    still_open = [line for line in case.lines.values() if line.state in OPEN_LINE]
    if command.outcome is Outcome.UNKNOWN:
        findings.add("invalid_command", "The outcome is not known; use ACCEPTED or DENIED.")
    if still_open and command.outcome is None:
        findings.add(
            "outcome_required",
            f"{len(still_open)} lines of {case.case_number} are open; say ACCEPTED or DENIED for them, "
            "or resolve them one by one.",
        )
    findings.raise_first()
    accepted = command.outcome is Outcome.ACCEPTED if still_open else None
    return (CaseResolved(case.case_id, accepted, command.resolution_code, command.notes),)


def _close(command: CloseCase, case: Case, context: CaseContext, findings: Findings) -> Events:
    _demand_case(findings, case, (_S.RESOLVED,), "closed")
    if command.accepted_by not in (AcceptedBy.CUSTOMER, AcceptedBy.AGENT):
        findings.add("invalid_command", "accepted_by is CUSTOMER or AGENT; AUTOMATIC is given by the system only.")
    findings.raise_first()
    accepted_by = AcceptedBy.CUSTOMER if context.is_customer else command.accepted_by
    return (CaseClosed(case.case_id, accepted_by, command.notes),)


def _reject(command: RejectSolution, case: Case, _: CaseContext, findings: Findings) -> Events:
    _demand_case(findings, case, (_S.RESOLVED,), "rejected")
    findings.raise_first()
    return (SolutionRejected(case.case_id, command.reason),)


def _comment(command: AddComment, case: Case, context: CaseContext, findings: Findings) -> Events:
    text = command.text.strip()
    if not text:
        findings.add("comment_required", "The comment is empty; write 1 to 4000 characters.")
    if len(text) > COMMENT_LENGTH:
        findings.add(
            "comment_too_long",
            f"The comment has {len(text)} characters; at most {COMMENT_LENGTH} are kept; shorten it.",
        )
    findings.raise_first()
    said = CaseCommented(case.case_id, text, command.public, context.ids.new(EntityType.COMMENT))
    if context.is_customer:
        return (said,) if WROTE in case.attention else (said, CaseAttentionRaised(case.case_id, WROTE))
    return (said, *_answered(case)) if command.public else (said,)


def _answered(case: Case) -> tuple[CaseAttentionCleared, ...]:
    """Speaking to the customer is the answer to what the customer wrote."""
    return (CaseAttentionCleared(case.case_id, (WROTE,)),) if WROTE in case.attention else ()


def _clear_attention(command: ClearAttention, case: Case, _: CaseContext, findings: Findings) -> Events:
    _demand_case(findings, case, _LIVE, "cleared of attention")
    codes = tuple(code for code in case.attention if not command.attention or code in command.attention)
    if not codes:
        findings.add("nothing_to_change", f"{case.case_number} has no such attention; there is nothing to clear.")
    findings.raise_first()
    return (CaseAttentionCleared(case.case_id, codes, command.note),)


COMMANDS: Final[Mapping[type[Command], Callable[[Any, Case, CaseContext, Findings], Events]]] = {
    EditCase: _edit,
    AddCaseLines: add_lines,
    RemoveCaseLines: remove_lines,
    CancelCaseLine: cancel_line,
    EditCaseLine: edit_line,
    SubmitCase: _submit,
    CancelCase: _cancel,
    AssignCase: _assign,
    AssignCaseLine: assign_line,
    RequestInformation: _request_information,
    InformationReceived: _information_received,
    ResolveCaseLine: resolve_line,
    ResolveCase: _resolve,
    CloseCase: _close,
    RejectSolution: _reject,
    AddTask: add_task,
    AssignTask: assign_task,
    CompleteTask: complete_task,
    CancelTask: cancel_task,
    AddComment: _comment,
    ClearAttention: _clear_attention,
}
"""One function a command on a case that exists; OpenCase makes one."""


def decide_case(command: Command, case: Case | None, context: CaseContext) -> Events:
    """What a command on a case does: its events in order, or the Refused that comes first in the precedence.

    Rights by role, sales channels, ids that name nothing and expected versions are judged before.
    """
    findings = Findings()
    if context.is_customer:
        restrict(findings, command, case, context)
    if isinstance(command, OpenCase):
        events = open_case(command, case, context, findings)
    elif case is None:
        raise Refused("unknown_case", "No case with this id exists; check the id.")
    else:
        events = COMMANDS[type(command)](command, case, context, findings)
    findings.raise_first()
    return events
