"""Every state of a case line and of a task with every command about it: it moves to the state here, or is refused."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from domain.commands import (
    AddTask,
    AssignCaseLine,
    AssignTask,
    CancelCaseLine,
    CancelTask,
    ChangeRequest,
    Command,
    CompleteTask,
    EditCaseLine,
    InformationReceived,
    RemoveCaseLines,
    RequestInformation,
    ResolveCaseLine,
)
from domain.vocabulary import CaseLineState, Outcome, RequestedChangeKind, TaskState
from tests.builders.cases import Desk, code_of, in_draft, in_new, in_progress, line_id

D, N, W = CaseLineState.DRAFT, CaseLineState.NEW, CaseLineState.WORK_IN_PROGRESS
A, YES, NO, X = (
    CaseLineState.AWAITING_INFO,
    CaseLineState.RESOLVED_ACCEPTED,
    CaseLineState.RESOLVED_DENIED,
    CaseLineState.CANCELLED,
)
GONE = "removed"
"""Where RemoveCaseLines leads: the line is no more."""


@dataclass(frozen=True)
class Row:
    """A command about a line, and the states that it leads to from each that allows it; every other state refuses."""

    command: type[Command]
    leads: dict[Any, Any]
    fields: dict[str, Any] = field(default_factory=dict)


def stays(*states: StrEnum) -> dict[Any, Any]:
    return {state: state for state in states}


ONE: dict[str, Any] = {"case_line_id": line_id(1)}
LIST: dict[str, Any] = {"case_line_ids": (line_id(1),)}
OTHER = ChangeRequest(kind=RequestedChangeKind.OTHER)
LINE_ROWS = [
    Row(RemoveCaseLines, {D: GONE}, LIST),
    Row(CancelCaseLine, dict.fromkeys((N, W, A), X), {**ONE, "reason": "entered twice"}),
    Row(EditCaseLine, stays(D, N, W, A), {**ONE, "request": OTHER}),
    Row(AssignCaseLine, stays(D, W, A) | {N: W}, {**ONE, "assignee": "bob"}),
    Row(RequestInformation, {W: A}, {**LIST, "question": "Which colour?"}),
    Row(InformationReceived, {A: W}, LIST),
    Row(ResolveCaseLine, dict.fromkeys((N, W, A), YES), {**ONE, "outcome": Outcome.ACCEPTED}),
    Row(ResolveCaseLine, dict.fromkeys((N, W, A), NO), {**ONE, "outcome": Outcome.DENIED}),
    Row(AddTask, stays(D, N, W, A, YES, NO), {**ONE, "short_description": "Ask the store"}),
]


def _line_in(state: CaseLineState) -> Desk:
    """A case whose first line is in this state; the second keeps it open."""
    if state is D:
        return in_draft()
    if state is N:
        return in_new()
    desk = in_progress()
    match state:
        case CaseLineState.AWAITING_INFO:
            desk.send(RequestInformation, **LIST, question="Which colour?")
        case CaseLineState.RESOLVED_ACCEPTED:
            desk.send(ResolveCaseLine, **ONE, outcome=Outcome.ACCEPTED)
        case CaseLineState.RESOLVED_DENIED:
            desk.send(ResolveCaseLine, **ONE, outcome=Outcome.DENIED)
        case CaseLineState.CANCELLED:
            desk.send(CancelCaseLine, **ONE, reason="entered twice")
    return desk


LINES = (D, N, W, A, YES, NO, X)


@pytest.mark.parametrize("state", LINES)
@pytest.mark.parametrize("row", LINE_ROWS, ids=lambda row: row.command.__name__)
def test_a_command_moves_a_line_or_is_refused_and_changes_nothing(row: Row, state: CaseLineState) -> None:
    desk = _line_in(state)
    before = desk.now
    assert desk.line(1).state is state
    if state not in row.leads:
        assert code_of(desk, row.command, **row.fields) == "wrong_state"
        assert desk.now is before
        return
    desk.send(row.command, **row.fields)
    after = desk.now.lines.get(line_id(1))
    assert (after.state if after else GONE) == row.leads[state]


TASK_ROWS = [
    Row(AssignTask, stays(TaskState.OPEN), {"assignee": "bob"}),
    Row(CompleteTask, {TaskState.OPEN: TaskState.DONE}),
    Row(CancelTask, {TaskState.OPEN: TaskState.CANCELLED}),
]
ENDS: dict[TaskState, type[Command]] = {TaskState.DONE: CompleteTask, TaskState.CANCELLED: CancelTask}


@pytest.mark.parametrize("state", [TaskState.OPEN, *ENDS])
@pytest.mark.parametrize("row", TASK_ROWS, ids=lambda row: row.command.__name__)
def test_a_command_moves_a_task_or_is_refused_and_changes_nothing(row: Row, state: TaskState) -> None:
    desk = in_progress()
    desk.send(AddTask, **ONE, short_description="Ask the store")
    task_id = next(iter(desk.now.tasks))
    if state in ENDS:
        desk.send(ENDS[state], task_id=task_id)
    before = desk.now
    if state not in row.leads:
        assert code_of(desk, row.command, task_id=task_id, **row.fields) == "wrong_state"
        assert desk.now is before
        return
    desk.send(row.command, task_id=task_id, **row.fields)
    assert desk.now.tasks[task_id].state is row.leads[state]


def test_every_state_of_lines_and_tasks_is_tried() -> None:
    assert set(LINES) == set(CaseLineState) - {CaseLineState.UNKNOWN}
    assert {TaskState.OPEN, *ENDS} == set(TaskState) - {TaskState.UNKNOWN}
