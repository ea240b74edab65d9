"""Every state of a case with every command: it moves to the state here, or is refused with the code here."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from domain.case_changes import LINE_NEXT, TASK_NEXT
from domain.case_commands import COMMANDS
from domain.cases import CASE_NEXT, Case
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
    ChangeRequest,
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
from domain.machine import Table, diagram
from domain.vocabulary import AcceptedBy, CaseLineState, CaseState, Outcome, RequestedChangeKind, TaskState
from tests.builders.cases import GIVEN, Desk, code_of, in_draft, input_line, line_id

D, N, W = CaseState.DRAFT, CaseState.NEW, CaseState.WORK_IN_PROGRESS
A, R, C, X = CaseState.AWAITING_INFO, CaseState.RESOLVED, CaseState.CLOSED, CaseState.CANCELLED


@dataclass(frozen=True)
class Row:
    """A command and the states that it leads to from each state that allows it; every other state refuses."""

    command: type[Command]
    leads: dict[CaseState, CaseState]
    fields: dict[str, Any] = field(default_factory=dict)
    refusal: str = "wrong_state"
    refusals: dict[CaseState, str] = field(default_factory=dict)


def stays(*states: CaseState) -> dict[CaseState, CaseState]:
    return {state: state for state in states}


OTHER_KIND = ChangeRequest(kind=RequestedChangeKind.OTHER)
ROWS = [
    Row(OpenCase, {}, Desk.opening(), "already_exists"),
    Row(EditCase, stays(D, N, W, A, R), {"description": "In red"}),
    Row(AddCaseLines, stays(D, N, W, A), {"lines": (input_line(3, "1001", 3),)}),
    Row(RemoveCaseLines, stays(D), {"case_line_ids": (line_id(1),)}),
    Row(CancelCaseLine, stays(N, W, A), {"case_line_id": line_id(1), "reason": "entered twice"}),
    Row(EditCaseLine, stays(D, N, W, A), {"case_line_id": line_id(1), "request": OTHER_KIND}),
    Row(SubmitCase, {D: N}),
    Row(CancelCase, {D: X}),
    Row(AssignCase, stays(D, W, A, R) | {N: W}, {"assignee": "bob"}),
    Row(AssignCase, stays(D, N, W, A, R), {"group": "money"}),
    Row(AssignCaseLine, stays(D, W, A) | {N: W}, {"case_line_id": line_id(1), "assignee": "bob"}),
    Row(RequestInformation, {W: A}, {"question": "Which colour?"}),
    Row(RequestInformation, {W: W}, {"case_line_ids": (line_id(1),), "question": "Which colour?"}),
    Row(InformationReceived, {A: W}, {"answer": "Blue"}),
    Row(InformationReceived, {A: W}, {"case_line_ids": (line_id(1),)}),
    Row(ResolveCaseLine, stays(N, W, A), {"case_line_id": line_id(1), "outcome": Outcome.ACCEPTED}),
    Row(ResolveCase, {W: R, A: R}, {"outcome": Outcome.DENIED}),
    Row(ResolveCase, {}, {}, refusals={W: "outcome_required", A: "outcome_required"}),
    Row(CloseCase, {R: C}, {"accepted_by": AcceptedBy.CUSTOMER}),
    Row(RejectSolution, {R: W}),
    Row(AddTask, stays(D, N, W, A, R), {"case_line_id": line_id(1), "short_description": "Ask the store"}),
    Row(AssignTask, {}, {"task_id": line_id(9), "assignee": "bob"}, "unknown_entity"),
    Row(CompleteTask, {}, {"task_id": line_id(9)}, "unknown_entity"),
    Row(CancelTask, {}, {"task_id": line_id(9)}, "unknown_entity"),
    Row(AddComment, stays(D, N, W, A, R, C, X), {"text": "Called back", "public": True}),
    Row(ClearAttention, {}, {}, refusals=dict.fromkeys((D, N, W, A, R), "nothing_to_change")),
]
PAIRS = [
    pytest.param(row, state, id=f"{state}-{row.command.__name__}-{n}") for n, row in enumerate(ROWS) for state in GIVEN
]


@pytest.mark.parametrize(("row", "state"), PAIRS)
def test_a_command_in_a_state_moves_the_case_or_is_refused_and_changes_nothing(row: Row, state: CaseState) -> None:
    desk = GIVEN[state]()
    before = desk.now
    assert before.state is state
    if state not in row.leads:
        expected = row.refusals.get(state, row.refusal)
        assert code_of(desk, row.command, **row.fields) == expected
        assert desk.now is before
        return
    told = len(desk.told)
    desk.send(row.command, **row.fields)
    assert desk.now.state is row.leads[state]
    versions = sum(not type(event).__name__.startswith(("Task", "CaseCommented")) for event in desk.told[told:])
    assert desk.now.version == before.version + versions


def test_the_pairs_above_name_every_command_and_every_state() -> None:
    assert {row.command for row in ROWS} == {OpenCase, *COMMANDS}
    assert set(GIVEN) == set(CaseState) - {CaseState.UNKNOWN}


def test_a_command_on_no_case_is_refused() -> None:
    assert {code_of(Desk(), row.command, **row.fields) for row in ROWS[1:]} == {"unknown_case"}


def test_every_state_but_the_terminal_ones_has_a_way_out_and_can_be_reached() -> None:
    tables: list[tuple[Table[Any], type[StrEnum], set[StrEnum]]] = [
        (CASE_NEXT, CaseState, {C, X}),
        (LINE_NEXT, CaseLineState, {CaseLineState.CANCELLED}),
        (TASK_NEXT, TaskState, {TaskState.DONE, TaskState.CANCELLED}),
    ]
    for table, kind, terminal in tables:
        ways: dict[Any, set[Any]] = {}
        for (state, _), targets in table.items():
            ways.setdefault(state, set()).update(targets if isinstance(targets, tuple) else (targets,))
        for state in {None, *kind} - {kind("UNKNOWN")}:
            assert (not ways.get(state, set()) - {state}) == (state in terminal), state
        assert set().union(*ways.values()) == set(kind) - {kind("UNKNOWN")}


def test_a_closed_or_cancelled_case_is_left_by_no_event() -> None:
    assert {to for (state, _), to in CASE_NEXT.items() if state in (C, X)} == {C, X}


def test_the_tables_are_drawn_with_every_arrow() -> None:
    drawn = diagram(CASE_NEXT).splitlines()
    assert "    [*] --> DRAFT: CaseOpened" in drawn
    assert "    RESOLVED --> CLOSED: CaseClosed" in drawn
    assert "    RESOLVED --> WORK_IN_PROGRESS: SolutionRejected" in drawn
    assert "    AWAITING_INFO --> WORK_IN_PROGRESS: InformationRequested" not in drawn


def test_deciding_the_same_twice_gives_the_same_events() -> None:
    desk = in_draft()
    command = desk.command(AddTask, case_line_id=line_id(1), short_description="Ask the store")
    assert desk.decide(command) == desk.decide(command)
    assert isinstance(desk.now, Case)
