"""A case as the rows that lists, queues and reports read. Pure."""

from collections.abc import Iterable, Iterator

from domain.case_file import Case, task_number
from domain.order_file import order_key
from storage.documents import raw, to_json
from storage.recordset import Row

_FIELDS = ("case_id", "case_number", "version", "state", "service", "scope", "sales_channel", "account_id", "order_id",
           "checkout_id", "assignee", "priority", "sla_state", "sla_due_at", "attention", "short_description",
           "opened_because", "resolution_code", "created_at", "submitted_at", "resolved_at", "closed_at")  # fmt: skip


def case_row(case: Case, related: Iterable[str], at: int) -> Row:
    """The row of `cases`."""
    return {
        **{name: getattr(case, name) for name in _FIELDS},
        "document": raw(to_json(case)),
        "related": raw(to_json(list(related))),
        "contact_channel": case.channel,
        "orders": [order_key(case.sales_channel, order_id) for order_id in case.orders],
        "group_name": case.group,
        "needs_attention": bool(case.attention),
        "updated_at": at,
    }


def case_line_rows(case: Case, before: Case | None) -> Iterator[Row]:
    """Rows of `case_lines` for the lines that changed."""
    for line in case.lines.values():
        if before is None or before.lines.get(line.case_line_id) is not line:
            yield {
                "case_line_id": line.case_line_id,
                "case_id": case.case_id,
                "number": line.number,
                "order_key": order_key(case.sales_channel, line.order_id) if line.order_id else None,
                "line_number": line.line_number,
                "state": line.state,
                "assignee": line.assignee,
            }


def lines_gone(case: Case, before: Case | None) -> Iterator[Row]:
    """Keys of the rows of `case_lines` whose lines were taken off the draft."""
    for case_line_id in before.lines if before else ():
        if case_line_id not in case.lines:
            yield {"case_id": case.case_id, "case_line_id": case_line_id}


def task_rows(case: Case, before: Case | None) -> Iterator[Row]:
    """Rows of `tasks` for the tasks that changed. Numbered `<case>-<line>-T<n>`."""
    for task in case.tasks.values():
        if before is None or before.tasks.get(task.task_id) is not task:
            yield {
                "task_id": task.task_id,
                "case_id": case.case_id,
                "case_line_id": task.case_line_id,
                "task_number": task_number(case, task),
                "state": task.state,
                "assignee": task.assignee,
                "group_name": task.group,
                "due_at": task.due_at,
                "short_description": task.short_description,
            }
