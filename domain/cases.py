"""An order case, from draft to closed (domain.md 4): the steps of its state as a table, and the fold over its events.

The values are in domain/case_file.py, the events in domain/case_events.py, what each event does to lines and tasks in
domain/case_changes.py, the rules for commands in domain/case_commands.py. Names that others need come from here.
"""

from typing import Final

from domain.actors import Stamp
from domain.case_changes import CHANGES, LINE_NEXT, TASK_NEXT, tasks_after
from domain.case_clock import clock_at
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
    CaseEvent,
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
from domain.case_file import (
    OPEN_CASE,
    OPEN_LINE,
    RESOLVED_LINE,
    TERMINAL_LINE,
    Case,
    CaseAction,
    CaseLine,
    Sla,
    Task,
    case_line_number,
    case_number,
    task_number,
)
from domain.copying import replace
from domain.machine import ImpossibleStep, Table, step
from domain.vocabulary import BlockedBy, CaseLineState, CaseState, SlaState

__all__ = [
    "CASE_NEXT", "LINE_NEXT", "OPEN_CASE", "OPEN_LINE", "RESOLVED_LINE", "TASK_NEXT", "TERMINAL_LINE", "Case",
    "CaseAction", "CaseActionMoved", "CaseAssigned", "CaseAttentionCleared", "CaseAttentionRaised", "CaseCancelled",
    "CaseClosed", "CaseCommented", "CaseEdited", "CaseErased", "CaseEvent", "CaseLine", "CaseLineAssigned", "CaseLineCancelled",
    "CaseLineEdited", "CaseLineResolved", "CaseLinesAdded", "CaseLinesRemoved", "CaseOpened", "CaseResolved",
    "CaseSubmitted", "InformationArrived", "InformationRequested", "Sla", "SolutionRejected", "Task", "TaskAdded",
    "TaskAssigned", "TaskCancelled", "TaskCompleted", "TaskErased", "TaskEvent", "case_line_number", "case_number", "evolve",
    "task_number",
]  # fmt: skip

_S, _L = CaseState, CaseLineState
_LIVE: Final = (_S.DRAFT, *OPEN_CASE, _S.RESOLVED)
_ALL: Final = (*_LIVE, _S.CLOSED, _S.CANCELLED)

CASE_NEXT: Final[Table[CaseState]] = {
    (None, CaseOpened): (_S.DRAFT, _S.NEW),
    (_S.DRAFT, CaseSubmitted): _S.NEW,
    (_S.DRAFT, CaseCancelled): _S.CANCELLED,
    (_S.DRAFT, CaseLinesRemoved): _S.DRAFT,
    (_S.DRAFT, CaseAssigned): _S.DRAFT,
    (_S.DRAFT, CaseLineAssigned): _S.DRAFT,
    (_S.NEW, CaseAssigned): (_S.NEW, _S.WORK_IN_PROGRESS),
    (_S.NEW, CaseLineAssigned): (_S.NEW, _S.WORK_IN_PROGRESS),
    (_S.NEW, CaseLineResolved): (_S.NEW, _S.RESOLVED),
    (_S.NEW, CaseLineCancelled): (_S.NEW, _S.RESOLVED),
    (_S.WORK_IN_PROGRESS, CaseAssigned): _S.WORK_IN_PROGRESS,
    (_S.WORK_IN_PROGRESS, CaseLineAssigned): _S.WORK_IN_PROGRESS,
    (_S.WORK_IN_PROGRESS, InformationRequested): (_S.WORK_IN_PROGRESS, _S.AWAITING_INFO),
    (_S.WORK_IN_PROGRESS, InformationArrived): _S.WORK_IN_PROGRESS,
    (_S.WORK_IN_PROGRESS, CaseLineResolved): (_S.WORK_IN_PROGRESS, _S.AWAITING_INFO, _S.RESOLVED),
    (_S.WORK_IN_PROGRESS, CaseLineCancelled): (_S.WORK_IN_PROGRESS, _S.AWAITING_INFO, _S.RESOLVED),
    (_S.WORK_IN_PROGRESS, CaseResolved): _S.RESOLVED,
    (_S.AWAITING_INFO, CaseAssigned): _S.AWAITING_INFO,
    (_S.AWAITING_INFO, CaseLineAssigned): (_S.AWAITING_INFO, _S.WORK_IN_PROGRESS),
    (_S.AWAITING_INFO, InformationArrived): _S.WORK_IN_PROGRESS,
    (_S.AWAITING_INFO, CaseLineResolved): (_S.AWAITING_INFO, _S.RESOLVED),
    (_S.AWAITING_INFO, CaseLineCancelled): (_S.AWAITING_INFO, _S.RESOLVED),
    (_S.AWAITING_INFO, CaseResolved): _S.RESOLVED,
    (_S.RESOLVED, CaseAssigned): _S.RESOLVED,
    (_S.RESOLVED, CaseClosed): _S.CLOSED,
    (_S.RESOLVED, SolutionRejected): _S.WORK_IN_PROGRESS,
    (_S.RESOLVED, CaseReminded): _S.RESOLVED,
    **{(state, event): state for event in (CaseLinesAdded, CaseLineEdited) for state in (_S.DRAFT, *OPEN_CASE)},
    **{(state, CaseEdited): state for state in _LIVE},
    **{(state, CaseActionMoved): state for state in (*OPEN_CASE, _S.RESOLVED, _S.CLOSED)},
    **{
        (state, event): state
        for event in (CaseOrderLinked, CaseAttentionRaised, CaseAttentionCleared, CaseCommented, CaseErased)
        for state in _ALL
    },
}
"""The whole machine. Where several states are possible the lines decide; a pair that is not here cannot happen."""


def evolve(case: Case | None, event: CaseEvent | TaskEvent, stamp: Stamp) -> Case:
    """The case after `event`. Raises ImpossibleStep for an event that the tables do not allow in the present state.

    The version rises by 1 with every event of the case but CaseCommented; events of tasks raise the task's own.
    """
    if isinstance(event, CaseOpened):
        return _opened(case, event, stamp)
    if case is None:
        raise ImpossibleStep(f"{type(event).__name__} without a case")
    if isinstance(event, TaskEvent):
        return tasks_after(case, event)
    state = case.state
    changed = CHANGES[type(event)](case, event, stamp)
    after = replace(changed, state=step(CASE_NEXT, state, event, _aim(event, changed)))
    if isinstance(event, CaseCommented):
        return after
    lines = {key: _seen(line, case.lines.get(key)) for key, line in after.lines.items()}
    after = _ended(replace(after, version=case.version + 1, lines=lines), state, stamp)
    after = clock_at(after, state, stamp.at)
    return replace(after, blocked_by=_blocked_by(after))


def _opened(case: Case | None, event: CaseOpened, stamp: Stamp) -> Case:
    opened = event.case
    state = step(CASE_NEXT, case.state if case else None, event, opened.state)
    lines = {key: replace(line, state=step(LINE_NEXT, None, event, line.state)) for key, line in opened.lines.items()}
    after = replace(opened, state=state, version=1, lines=lines, lines_made=len(lines))
    if state is _S.NEW:
        running = SlaState.NOT_STARTED if after.sla_due_at is None else SlaState.RUNNING
        after = replace(after, submitted_at=stamp.at, sla_state=running)
    return after


def _aim(event: CaseEvent, changed: Case) -> CaseState:
    """The state that the event, or else its lines, bring the case into (its state is still the one before)."""
    state = changed.state
    if isinstance(event, InformationRequested) and not event.case_line_ids:
        return _S.AWAITING_INFO
    if isinstance(event, CaseAssigned) and event.assignee and state is _S.NEW:
        return _S.WORK_IN_PROGRESS
    states = [line.state for line in changed.lines.values()]
    still_open = [line for line in states if line in OPEN_LINE]
    if not still_open and any(line in RESOLVED_LINE for line in states):
        return _S.RESOLVED
    if state in (_S.NEW, _S.AWAITING_INFO) and _L.WORK_IN_PROGRESS in states:
        return _S.WORK_IN_PROGRESS
    if state is _S.WORK_IN_PROGRESS and still_open and all(line is _L.AWAITING_INFO for line in still_open):
        return _S.AWAITING_INFO
    return state


def _seen(line: CaseLine, before: CaseLine | None) -> CaseLine:
    return replace(line, previous_state=before.state if before else None)


def _ended(case: Case, before: CaseState, stamp: Stamp) -> Case:
    """A case that its lines or a person just resolved: when, and with the code its lines agree in, if it has no other."""
    if case.state is not _S.RESOLVED or before is _S.RESOLVED:
        return case
    codes = {line.resolution_code for line in case.lines.values() if line.state in RESOLVED_LINE}
    agreed = codes.pop() if len(codes) == 1 else None
    return replace(case, resolved_at=stamp.at, resolution_code=case.resolution_code or agreed)


def _blocked_by(case: Case) -> BlockedBy | None:
    """The customer while the case waits for them; else whoever one of its actions has waited for longest."""
    if case.state is _S.AWAITING_INFO:
        return BlockedBy.CUSTOMER_INFO
    if case.state in (_S.CLOSED, _S.CANCELLED):
        return None
    waits = [
        (action.blocked_since, n, action.blocked_by)
        for n, action in enumerate(action for line in case.lines.values() for action in line.actions)
        if action.blocked_by is not None and action.blocked_since is not None
    ]
    return min(waits)[2] if waits else None
