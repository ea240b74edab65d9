"""Tasks on the lines of a case: their life, their numbers, and when they end with what they were for."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.case_tasks import left_over
from domain.cases import Task, TaskCancelled, task_number
from domain.commands import (
    AddTask,
    AssignTask,
    CancelCase,
    CancelCaseLine,
    CancelTask,
    CloseCase,
    CompleteTask,
    RemoveCaseLines,
    ResolveCaseLine,
)
from domain.vocabulary import AcceptedBy, Outcome, TaskState
from tests.builders.cases import Desk, code_of, in_draft, in_new, line_id, resolved


def with_task(desk: Desk, line: int = 1, **fields: Any) -> Desk:
    desk.send(AddTask, case_line_id=line_id(line), **{"short_description": "Ask the store"} | fields)
    return desk


def task(desk: Desk, n: int = 0) -> Task:
    return list(desk.now.tasks.values())[n]


@pytest.mark.parametrize("given", [in_draft, in_new, resolved])
def test_a_task_is_added_in_draft_and_later_and_leaves_the_cases_version_alone(given: Callable[[], Desk]) -> None:
    desk = given()
    version = desk.now.version
    with_task(desk, assignee="bob", group="orders", due_at=5)
    assert (task(desk).state, task(desk).version, desk.now.version) == (TaskState.OPEN, 1, version)
    assert (task(desk).assignee, task(desk).group, task(desk).due_at) == ("bob", "orders", 5)


def test_tasks_are_counted_per_line_and_the_number_names_case_and_line() -> None:
    desk = with_task(with_task(with_task(in_new(), 1), 2), 1)
    numbers = [task_number(desk.now, each) for each in desk.now.tasks.values()]
    assert numbers == ["CASE0000001-1-T1", "CASE0000001-2-T1", "CASE0000001-1-T2"]


def test_each_step_of_a_task_is_a_version_of_the_task() -> None:
    desk = with_task(in_new())
    desk.send(AssignTask, task_id=task(desk).task_id, assignee="bob")
    desk.send(AssignTask, task_id=task(desk).task_id, group="orders")
    assert (task(desk).version, task(desk).assignee, task(desk).group) == (3, "bob", "orders")
    desk.send(CompleteTask, task_id=task(desk).task_id, notes="The store has it")
    assert (task(desk).version, task(desk).state, task(desk).notes) == (4, TaskState.DONE, "The store has it")


@pytest.mark.parametrize("end", [CompleteTask, CancelTask])
def test_a_task_that_has_ended_takes_nothing_more(end: type[CompleteTask | CancelTask]) -> None:
    desk = with_task(in_new())
    task_id = task(desk).task_id
    desk.send(end, task_id=task_id)
    assert task(desk).state in (TaskState.DONE, TaskState.CANCELLED)
    for kind in (AssignTask, CompleteTask, CancelTask):
        fields = {"assignee": "bob"} if kind is AssignTask else {}
        assert code_of(desk, kind, task_id=task_id, **fields) == "wrong_state"


def test_a_task_says_what_is_to_be_done() -> None:
    assert code_of(in_new(), AddTask, case_line_id=line_id(1), short_description=" ") == "invalid_command"


def test_the_open_tasks_of_a_cancelled_line_are_cancelled_and_those_of_others_not() -> None:
    desk = with_task(with_task(with_task(in_new(), 1), 2), 1)
    desk.send(CompleteTask, task_id=task(desk).task_id)
    desk.send(CancelCaseLine, case_line_id=line_id(1), reason="twice")
    assert [each.state for each in desk.now.tasks.values()] == [TaskState.DONE, TaskState.OPEN, TaskState.CANCELLED]


def test_the_open_tasks_of_a_removed_line_are_cancelled_and_keep_their_number() -> None:
    desk = with_task(in_draft(), 2)
    desk.send(RemoveCaseLines, case_line_ids=(line_id(2),))
    assert (task(desk).state, task_number(desk.now, task(desk))) == (TaskState.CANCELLED, "CASE0000001-2-T1")


def test_the_open_tasks_of_a_closed_case_are_cancelled_and_those_of_a_resolved_one_not() -> None:
    desk = with_task(in_new())
    for n in (1, 2):
        desk.send(ResolveCaseLine, case_line_id=line_id(n), outcome=Outcome.ACCEPTED)
    assert task(desk).state is TaskState.OPEN
    desk.send(CloseCase, accepted_by=AcceptedBy.AGENT)
    assert task(desk).state is TaskState.CANCELLED
    assert isinstance(desk.told[-1], TaskCancelled)


def test_the_open_tasks_of_a_cancelled_case_are_cancelled_once() -> None:
    desk = with_task(in_draft())
    desk.send(CancelCase)
    assert task(desk).state is TaskState.CANCELLED
    assert left_over(desk.now) == ()
