"""cases.CaseChanged and cases.TaskChanged: the whole present state of a case and of a task."""

from typing import cast

from domain.cases import Case, CaseLine, case_line_number, task_number
from domain.world import Step
from schemas.made_records import Value, beginning, plain, row, rows


def case_changed(step: Step) -> Value:
    """cases.CaseChanged of a step of a case."""
    case = cast("Case", step.after)
    start = beginning(step, step.before, case)
    return row(
        "cases.CaseChanged",
        case,
        **start,
        orders=list(case.orders),
        contact=plain(case.contact),
        needs_attention=bool(case.attention),
        lines=[_line(case, line) for line in case.lines.values()],
    )


def _line(case: Case, line: CaseLine) -> Value:
    return row(
        "cases.CaseLine",
        line,
        case_line_number=case_line_number(case, line),
        request=plain(line.request),
        actions=rows("cases.CaseAction", line.actions),
    )


def task_changed(step: Step, task_id: str) -> Value:
    """cases.TaskChanged of a step of one of the case's tasks."""
    case = cast("Case", step.after)
    before = cast("Case | None", step.before)
    task = case.tasks[task_id]
    start = beginning(step, before.tasks.get(task_id) if before else None, task)
    return row("cases.TaskChanged", task, **start, task_number=task_number(case, task), case_id=case.case_id)
