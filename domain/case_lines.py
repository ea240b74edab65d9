"""Lines brought to a case, and the commands on single lines: which are refused and what happens (domain.md 4)."""

from collections import Counter
from typing import Final

from domain.case_actions import open_actions
from domain.case_context import CaseContext, Events, account_of
from domain.case_events import (
    CaseLineAssigned,
    CaseLineCancelled,
    CaseLineEdited,
    CaseLineResolved,
    CaseLinesAdded,
    CaseLinesRemoved,
)
from domain.case_file import OPEN_CASE, OPEN_LINE, Case, CaseLine, case_line_number
from domain.commands import (
    AddCaseLines,
    AssignCaseLine,
    CancelCaseLine,
    CaseLineInput,
    ChangeRequest,
    EditCaseLine,
    RemoveCaseLines,
    ResolveCaseLine,
)
from domain.copying import replace
from domain.refusals import Findings
from domain.vocabulary import CaseLineState, CaseScope, CaseState, Outcome, RequestedChangeKind

_S, _L = CaseState, CaseLineState
LIVE_LINE: Final = (_L.DRAFT, *OPEN_LINE)


def made_lines(
    findings: Findings, case: Case, inputs: tuple[CaseLineInput, ...], context: CaseContext
) -> list[CaseLine]:
    """The new lines of the case for `inputs`, in their order; whatever speaks against them goes into `findings`."""
    made: list[CaseLine] = []
    for key, times in Counter(line.case_line_id for line in inputs).items():
        if times > 1:
            findings.add("invalid_command", f"Case line {key} is named {times} times; give every line its own id.")
        if key in case.lines:
            findings.add("already_exists", f"{case.case_number} has a line {key} already; use a new id.")
    for given in inputs:
        line = CaseLine(
            case_line_id=given.case_line_id,
            number=case.lines_made + len(made) + 1,
            state=_L.DRAFT if case.state is _S.DRAFT else _L.NEW,
            order_id=_order_of(case, given),
            line_number=given.line_number,
            request=given.request,
        )
        _check_request(findings, given.request)
        _check_place(findings, case, line, context)
        _check_twice(findings, line, [*case.lines.values(), *made])
        made.append(line)
    return made


def _order_of(case: Case, given: CaseLineInput) -> str | None:
    """A line of a case on specific lines may leave out the order, the case names it."""
    named_by_case = case.scope is CaseScope.SPECIFIC_LINES and given.line_number is not None
    return given.order_id or (case.order_id if named_by_case else None)


def _check_place(findings: Findings, case: Case, line: CaseLine, context: CaseContext) -> None:
    why_not = _out_of_scope(case, line)
    if why_not:
        findings.add("wrong_scope", why_not)
    if line.order_id is None:
        return
    order = context.order(line.order_id)
    if order is None:
        findings.add("unknown_order", f"Order {line.order_id} is not known in {case.sales_channel}; check the number.")
        return
    if line.line_number is not None and line.line_number not in order.lines:
        findings.add("unknown_line", f"Order {line.order_id} has no line {line.line_number}; name one that it has.")
    if case.account_id and account_of(order) != case.account_id:
        findings.add(
            "wrong_account",
            f"Order {line.order_id} belongs to account {account_of(order)}, the case to {case.account_id}; "
            "open another case for it.",
        )
    if case.scope is CaseScope.CHECKOUT and order.facts.checkout_id != case.checkout_id:
        findings.add(
            "wrong_scope",
            f"Order {line.order_id} did not come from checkout {case.checkout_id}; open another case for it.",
        )


def _out_of_scope(case: Case, line: CaseLine) -> str | None:
    if case.scope is CaseScope.SPECIFIC_LINES:
        if line.order_id != case.order_id and line.order_id is not None:
            return f"The case is on lines of order {case.order_id}, not of {line.order_id}; open another case for it."
        if line.line_number is None:
            return "A case on specific lines takes lines, not whole orders; name the line_number."
    if case.scope is CaseScope.MULTIPLE_ORDERS:
        if line.order_id is None:
            return "A case on whole orders needs the order_id of each; whole checkouts belong to the scope CHECKOUT."
        if line.line_number is not None:
            return "A case on whole orders takes no single lines; leave line_number out, or open one on specific lines."
    if case.scope is CaseScope.CHECKOUT and line.order_id is None and line.line_number is not None:
        return "A checkout has no lines to name before it is an order; leave line_number out."
    return None


def _check_request(findings: Findings, request: ChangeRequest | None) -> None:
    if request is None:
        return
    if request.kind is RequestedChangeKind.UNKNOWN:
        findings.add("invalid_command", "The kind of the requested change is not known; use one of the contract.")
    if request.requested_quantity is not None and request.requested_quantity <= 0:
        findings.add("invalid_command", "A requested quantity is 1 or more; ask for a CANCELLATION instead of 0.")
    if request.requested_price_minor is not None and request.requested_price_minor < 0:
        findings.add("invalid_command", "A requested price is not negative; ask for 0 or more.")


def _check_twice(findings: Findings, line: CaseLine, others: list[CaseLine]) -> None:
    kind = line.request.kind if line.request else None
    for other in others:
        same = (other.order_id, other.line_number) == (line.order_id, line.line_number)
        if same and other.state in LIVE_LINE and (other.request.kind if other.request else None) == kind:
            what = f"line {line.line_number} of order {line.order_id}" if line.line_number else line.order_id
            findings.add(
                "duplicate_case_line",
                f"{what or 'The checkout'} stands on the case for {kind or 'no particular change'} already; "
                "end that line first, or ask for another kind of change.",
            )


def named_line(findings: Findings, case: Case, case_line_id: str) -> CaseLine:
    """The line that a command names. Raises Refused `unknown_line` (or what precedes it) when there is none."""
    line = case.lines.get(case_line_id)
    if line is None:
        findings.add("unknown_line", f"{case.case_number} has no line {case_line_id}; name one that it has.")
        findings.raise_first()
        raise LookupError(case_line_id)
    return line


def demand(findings: Findings, case: Case, line: CaseLine, states: tuple[CaseLineState, ...], what: str) -> None:
    """Adds `wrong_state` unless the line is in one of `states`."""
    if line.state not in states:
        findings.add(
            "wrong_state",
            f"Line {case_line_number(case, line)} is {line.state} and cannot be {what}; "
            f"that is possible in {', '.join(states)}.",
        )


def add_lines(command: AddCaseLines, case: Case, context: CaseContext, findings: Findings) -> Events:
    if case.state not in (_S.DRAFT, *OPEN_CASE):
        findings.add("wrong_state", f"{case.case_number} is {case.state} and takes no more lines; open another case.")
    if not command.lines:
        findings.add("no_lines", "No line to add is named; name at least one.")
    account = case.account_id or context.account(*(line.order_id for line in command.lines))
    lines = made_lines(findings, replace(case, account_id=account), command.lines, context)
    findings.raise_first()
    return (CaseLinesAdded(case.case_id, tuple(lines), account),)


def remove_lines(command: RemoveCaseLines, case: Case, _: CaseContext, findings: Findings) -> Events:
    if case.state is not _S.DRAFT:
        findings.add(
            "wrong_state",
            f"{case.case_number} is {case.state}; lines are removed in DRAFT only, cancel the line instead.",
        )
    if not command.case_line_ids:
        findings.add("no_lines", "No line to remove is named; name at least one.")
    if len(set(command.case_line_ids)) < len(command.case_line_ids):
        findings.add("invalid_command", "A line is named twice; name each once.")
    for key in command.case_line_ids:
        named_line(findings, case, key)
    findings.raise_first()
    return (CaseLinesRemoved(case.case_id, command.case_line_ids),)


def cancel_line(command: CancelCaseLine, case: Case, _: CaseContext, findings: Findings) -> Events:
    line = named_line(findings, case, command.case_line_id)
    demand(findings, case, line, OPEN_LINE, "cancelled")
    if not command.reason.strip():
        findings.add("invalid_command", "The reason is empty; say why the line is cancelled.")
    waiting = open_actions(case, line.case_line_id)
    if waiting:
        findings.add(
            "action_open",
            f"{', '.join(f'{action.entity_type} {action.entity_id} ({action.state})' for action in waiting)} of line "
            f"{case_line_number(case, line)} is still under way; wait for its end or cancel it first.",
        )
    findings.raise_first()
    return (CaseLineCancelled(case.case_id, line.case_line_id, command.reason.strip()),)


def edit_line(command: EditCaseLine, case: Case, _: CaseContext, findings: Findings) -> Events:
    line = named_line(findings, case, command.case_line_id)
    demand(findings, case, line, LIVE_LINE, "edited")
    _check_request(findings, command.request)
    if command.request == line.request:
        findings.add(
            "nothing_to_change",
            f"Line {case_line_number(case, line)} says exactly this already; change at least one value.",
        )
    _check_twice(
        findings, replace(line, request=command.request), [other for other in case.lines.values() if other is not line]
    )
    findings.raise_first()
    return (CaseLineEdited(case.case_id, line.case_line_id, command.request),)


def assign_line(command: AssignCaseLine, case: Case, _: CaseContext, findings: Findings) -> Events:
    line = named_line(findings, case, command.case_line_id)
    demand(findings, case, line, LIVE_LINE, "assigned")
    findings.raise_first()
    return (CaseLineAssigned(case.case_id, line.case_line_id, command.assignee or None),)


def resolve_line(command: ResolveCaseLine, case: Case, _: CaseContext, findings: Findings) -> Events:
    line = named_line(findings, case, command.case_line_id)
    demand(findings, case, line, OPEN_LINE, "resolved")
    if command.outcome is Outcome.UNKNOWN:
        findings.add("invalid_command", "The outcome is not known; use ACCEPTED or DENIED.")
    findings.raise_first()
    accepted = command.outcome is Outcome.ACCEPTED
    return (CaseLineResolved(case.case_id, line.case_line_id, accepted, command.resolution_code, command.notes),)
