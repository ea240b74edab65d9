"""What each event of a case changes in it, beside the case's own state; the steps of lines and tasks as tables."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.actors import Stamp
from domain.case_clock import BREACHED
from domain.case_events import (
    CaseActionMoved,
    CaseAssigned,
    CaseAttentionCleared,
    CaseAttentionRaised,
    CaseCancelled,
    CaseClosed,
    CaseCommented,
    CaseEdited,
    CaseErased,
    CaseLineAssigned,
    CaseLineCancelled,
    CaseLineEdited,
    CaseLineResolved,
    CaseLinesAdded,
    CaseLinesRemoved,
    CaseOpened,
    CaseOrderLinked,
    CaseReminded,
    CaseResolved,
    CaseSubmitted,
    InformationArrived,
    InformationRequested,
    SolutionRejected,
    TaskAdded,
    TaskAssigned,
    TaskCancelled,
    TaskCompleted,
    TaskErased,
    TaskEvent,
)
from domain.case_file import OPEN_LINE, RESOLVED_LINE, Case, CaseAction, CaseLine
from domain.copying import replace
from domain.machine import Table, step
from domain.vocabulary import CaseLineState, CaseState, SlaState, TaskState

_L, _T = CaseLineState, TaskState

LINE_NEXT: Final[Table[CaseLineState]] = {
    (None, CaseOpened): (_L.DRAFT, _L.NEW),
    (None, CaseLinesAdded): (_L.DRAFT, _L.NEW),
    (_L.DRAFT, CaseSubmitted): _L.NEW,
    (_L.DRAFT, CaseCancelled): _L.CANCELLED,
    (_L.DRAFT, CaseLineAssigned): _L.DRAFT,
    (_L.DRAFT, CaseLineEdited): _L.DRAFT,
    (_L.NEW, CaseAssigned): _L.WORK_IN_PROGRESS,
    (_L.NEW, CaseLineAssigned): (_L.NEW, _L.WORK_IN_PROGRESS),
    (_L.WORK_IN_PROGRESS, InformationRequested): _L.AWAITING_INFO,
    (_L.AWAITING_INFO, InformationArrived): _L.WORK_IN_PROGRESS,
    **{(state, CaseLineAssigned): state for state in (_L.WORK_IN_PROGRESS, _L.AWAITING_INFO)},
    **{(state, CaseLineEdited): state for state in OPEN_LINE},
    **{(state, CaseLineResolved): RESOLVED_LINE for state in OPEN_LINE},
    **{(state, CaseResolved): RESOLVED_LINE for state in OPEN_LINE},
    **{(state, CaseLineCancelled): _L.CANCELLED for state in OPEN_LINE},
    **{(state, SolutionRejected): _L.WORK_IN_PROGRESS for state in RESOLVED_LINE},
    **{(state, CaseActionMoved): state for state in (*OPEN_LINE, *RESOLVED_LINE, _L.CANCELLED)},
}
"""The steps of a case line; only the lines that an event is about take one. RemoveCaseLines deletes, it is no step."""

TASK_NEXT: Final[Table[TaskState]] = {
    (None, TaskAdded): _T.OPEN,
    (_T.OPEN, TaskAssigned): _T.OPEN,
    (_T.OPEN, TaskCompleted): _T.DONE,
    (_T.OPEN, TaskCancelled): _T.CANCELLED,
    **{(state, TaskErased): state for state in (_T.OPEN, _T.DONE, _T.CANCELLED)},
}


def _moved(line: CaseLine, event: object, to: CaseLineState | None = None) -> CaseLine:
    return replace(line, state=step(LINE_NEXT, line.state, event, to))


def _put(case: Case, *lines: CaseLine) -> Case:
    return replace(case, lines=case.lines | {line.case_line_id: line for line in lines})


def _those(case: Case, *states: CaseLineState) -> list[CaseLine]:
    return [line for line in case.lines.values() if line.state in states]


def _edited(case: Case, event: CaseEdited, _: Stamp) -> Case:
    named = ("short_description", "description", "priority", "contact", "channel")
    given = {name: value for name in named if (value := getattr(event, name)) is not None}
    if event.sla:
        given |= {"sla_state": event.sla.state, "sla_due_at": event.sla.due_at, "sla_left": event.sla.left}
    return replace(case, **given)


def _lines_added(case: Case, event: CaseLinesAdded, _: Stamp) -> Case:
    added = [replace(line, state=step(LINE_NEXT, None, event, line.state)) for line in event.lines]
    account = case.account_id or event.account_id
    return replace(_put(case, *added), lines_made=case.lines_made + len(added), account_id=account)


def _lines_removed(case: Case, event: CaseLinesRemoved, _: Stamp) -> Case:
    return replace(case, lines={key: line for key, line in case.lines.items() if key not in event.case_line_ids})


def _line_edited(case: Case, event: CaseLineEdited, _: Stamp) -> Case:
    line = _moved(case.lines[event.case_line_id], event)
    return _put(case, replace(line, request=event.request))


def _submitted(case: Case, event: CaseSubmitted, stamp: Stamp) -> Case:
    running = SlaState.NOT_STARTED if event.sla_due_at is None else SlaState.RUNNING
    moved = [_moved(line, event) for line in _those(case, _L.DRAFT)]
    return replace(_put(case, *moved), submitted_at=stamp.at, sla_state=running, sla_due_at=event.sla_due_at)


def _assigned(case: Case, event: CaseAssigned, _: Stamp) -> Case:
    case = replace(case, assignee=event.assignee or case.assignee, group=event.group or case.group)
    if event.assignee is None or case.state not in (CaseState.NEW, CaseState.WORK_IN_PROGRESS):
        return case
    return _put(case, *(_moved(line, event) for line in _those(case, _L.NEW)))


def _line_assigned(case: Case, event: CaseLineAssigned, _: Stamp) -> Case:
    line = case.lines[event.case_line_id]
    begins = line.state is _L.NEW and event.assignee is not None
    moved = _moved(line, event, _L.WORK_IN_PROGRESS if begins else None)
    return _put(case, replace(moved, assignee=event.assignee))


def _information_requested(case: Case, event: InformationRequested, _: Stamp) -> Case:
    asked = [case.lines[key] for key in event.case_line_ids] or _those(case, _L.WORK_IN_PROGRESS)
    return replace(_put(case, *(_moved(line, event) for line in asked)), mail_allowed=True)


def _information_arrived(case: Case, event: InformationArrived, _: Stamp) -> Case:
    answered = [case.lines[key] for key in event.case_line_ids] or _those(case, _L.AWAITING_INFO)
    return _put(case, *(_moved(line, event) for line in answered))


def _ended(line: CaseLine, event: CaseLineResolved | CaseResolved) -> CaseLine:
    to = _L.RESOLVED_ACCEPTED if event.accepted else _L.RESOLVED_DENIED
    return replace(_moved(line, event, to), resolution_code=event.resolution_code)


def _line_resolved(case: Case, event: CaseLineResolved, _: Stamp) -> Case:
    return _put(case, _ended(case.lines[event.case_line_id], event))


def _line_cancelled(case: Case, event: CaseLineCancelled, _: Stamp) -> Case:
    return _put(case, _moved(case.lines[event.case_line_id], event))


def _resolved(case: Case, event: CaseResolved, _: Stamp) -> Case:
    case = _put(case, *(_ended(line, event) for line in _those(case, *OPEN_LINE)))
    return replace(case, resolution_code=event.resolution_code)


def _rejected(case: Case, event: SolutionRejected, _: Stamp) -> Case:
    again = [replace(_moved(line, event), resolution_code=None) for line in _those(case, *RESOLVED_LINE)]
    return replace(_put(case, *again), resolved_at=None, resolution_code=None)


def _closed(case: Case, event: CaseClosed, stamp: Stamp) -> Case:
    return replace(case, accepted_by=event.accepted_by, closed_at=stamp.at)


def _cancelled(case: Case, event: CaseCancelled, _: Stamp) -> Case:
    return _put(case, *(_moved(line, event) for line in _those(case, _L.DRAFT)))


def _waiting(action: CaseAction, before: CaseAction | None, at: int) -> CaseAction:
    """`action` with the time since when it waits for whom it waits for."""
    if action.blocked_by is None:
        return replace(action, blocked_since=None)
    if before and before.blocked_by is action.blocked_by:
        return replace(action, blocked_since=before.blocked_since)
    return replace(action, blocked_since=at)


def _action_moved(case: Case, event: CaseActionMoved, stamp: Stamp) -> Case:
    line = _moved(case.lines[event.case_line_id], event)
    actions = {(action.entity_type, action.entity_id): action for action in line.actions}
    key = (event.action.entity_type, event.action.entity_id)
    actions[key] = _waiting(event.action, actions.get(key), stamp.at)
    return _put(case, replace(line, actions=tuple(actions.values()), request=event.request or line.request))


def _order_linked(case: Case, event: CaseOrderLinked, _: Stamp) -> Case:
    linked = (replace(line, order_id=event.order_id) for line in case.lines.values() if line.order_id is None)
    return _put(case, *linked)


def _attention_raised(case: Case, event: CaseAttentionRaised, _: Stamp) -> Case:
    case = replace(case, attention=tuple(dict.fromkeys((*case.attention, event.code))))
    return replace(case, sla_state=SlaState.BREACHED, sla_left=None) if event.code == BREACHED else case


def _attention_cleared(case: Case, event: CaseAttentionCleared, _: Stamp) -> Case:
    return replace(case, attention=tuple(code for code in case.attention if code not in event.codes))


def _commented(case: Case, event: CaseCommented, _: Stamp) -> Case:
    return replace(case, mail_allowed=case.mail_allowed or event.public)


CHANGES: Final[Mapping[type, Callable[[Case, Any, Stamp], Case]]] = {
    CaseEdited: _edited,
    CaseLinesAdded: _lines_added,
    CaseLinesRemoved: _lines_removed,
    CaseLineEdited: _line_edited,
    CaseSubmitted: _submitted,
    CaseAssigned: _assigned,
    CaseLineAssigned: _line_assigned,
    InformationRequested: _information_requested,
    InformationArrived: _information_arrived,
    CaseLineResolved: _line_resolved,
    CaseLineCancelled: _line_cancelled,
    CaseResolved: _resolved,
    SolutionRejected: _rejected,
    CaseClosed: _closed,
    CaseCancelled: _cancelled,
    CaseActionMoved: _action_moved,
    CaseReminded: lambda case, _event, _stamp: replace(case, reminded=True),
    CaseOrderLinked: _order_linked,
    CaseAttentionRaised: _attention_raised,
    CaseAttentionCleared: _attention_cleared,
    CaseCommented: _commented,
    CaseErased: lambda case, _event, _stamp: case,
}


def tasks_after(case: Case, event: TaskEvent) -> Case:
    """The case with the task of `event` moved; only the task's version rises."""
    if isinstance(event, TaskAdded):
        task = replace(event.task, state=step(TASK_NEXT, None, event), version=1)
        made = case.tasks_made | {task.case_line_id: task.number}
        return replace(case, tasks=case.tasks | {task.task_id: task}, tasks_made=made)
    before = case.tasks[event.task_id]
    task = replace(before, state=step(TASK_NEXT, before.state, event), version=before.version + 1)
    if isinstance(event, TaskAssigned):
        task = replace(task, assignee=event.assignee or task.assignee, group=event.group or task.group)
    elif not isinstance(event, TaskErased):
        task = replace(task, notes=event.notes or task.notes)
    return replace(case, tasks=case.tasks | {task.task_id: task})
