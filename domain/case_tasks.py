"""Tasks on the lines of a case: the commands, and which tasks end with their line or case (domain.md 4)."""

from domain.case_context import CaseContext, Events
from domain.case_events import TaskAdded, TaskAssigned, TaskCancelled, TaskCompleted
from domain.case_file import Case, Task, case_line_number, task_number
from domain.case_groups import check_assignment
from domain.case_lines import named_line
from domain.commands import AddTask, AssignTask, CancelTask, CompleteTask
from domain.refusals import Findings
from domain.vocabulary import CaseLineState, CaseState, EntityType, TaskState

_ENDED = (CaseState.CLOSED, CaseState.CANCELLED)


def add_task(command: AddTask, case: Case, context: CaseContext, findings: Findings) -> Events:
    line = named_line(findings, case, command.case_line_id)
    if case.state in _ENDED:
        findings.add("wrong_state", f"{case.case_number} is {case.state} and takes no more tasks; open another case.")
    elif line.state is CaseLineState.CANCELLED:
        findings.add(
            "wrong_state",
            f"Line {case_line_number(case, line)} is CANCELLED and takes no more tasks; add it to another line.",
        )
    if not command.short_description.strip():
        findings.add("invalid_command", "A task has no short description; say what is to be done.")
    check_assignment(findings, context.policy, command.assignee, command.group)
    findings.raise_first()
    task = Task(
        task_id=context.ids.new(EntityType.TASK),
        number=case.tasks_made.get(line.case_line_id, 0) + 1,
        case_line_id=line.case_line_id,
        case_line=line.number,
        state=TaskState.OPEN,
        version=1,
        created_at=context.at,
        created_by=context.actor,
        short_description=command.short_description.strip(),
        description=command.description,
        assignee=command.assignee or None,
        group=command.group or None,
        due_at=command.due_at,
    )
    return (TaskAdded(case.case_id, task.task_id, task),)


def assign_task(command: AssignTask, case: Case, context: CaseContext, findings: Findings) -> Events:
    task = _open_task(findings, case, command.task_id)
    if not (command.assignee or command.group):
        findings.add("invalid_command", "Nobody is named; name an assignee or a group (or both) to assign the task to.")
    check_assignment(findings, context.policy, command.assignee, command.group)
    findings.raise_first()
    return (TaskAssigned(case.case_id, task.task_id, command.assignee or None, command.group or None),)


def complete_task(command: CompleteTask, case: Case, _: CaseContext, findings: Findings) -> Events:
    task = _open_task(findings, case, command.task_id)
    findings.raise_first()
    return (TaskCompleted(case.case_id, task.task_id, command.notes),)


def cancel_task(command: CancelTask, case: Case, _: CaseContext, findings: Findings) -> Events:
    task = _open_task(findings, case, command.task_id)
    findings.raise_first()
    return (TaskCancelled(case.case_id, task.task_id, command.notes),)


def _open_task(findings: Findings, case: Case, task_id: str) -> Task:
    task = case.tasks.get(task_id)
    if task is None:
        findings.add("unknown_entity", f"{case.case_number} has no task {task_id}; name one that it has.")
        findings.raise_first()
        raise LookupError(task_id)
    if task.state is not TaskState.OPEN:
        findings.add("wrong_state", f"Task {task_number(case, task)} is {task.state} already; add another one.")
    return task


def left_over(case: Case) -> tuple[TaskCancelled, ...]:
    """Cancels the open tasks that have lost what they were for: their line is cancelled or removed, or the case over.

    Carried out by the system after every event of a case; the second time there is nothing left to do.
    """
    over = case.state in _ENDED
    return tuple(
        TaskCancelled(case.case_id, task.task_id, None)
        for task in case.tasks.values()
        if task.state is TaskState.OPEN and (over or _gone(case, task))
    )


def _gone(case: Case, task: Task) -> bool:
    line = case.lines.get(task.case_line_id)
    return line is None or line.state is CaseLineState.CANCELLED
