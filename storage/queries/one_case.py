"""One case with everything an agent asks of it: what `cases show` prints."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from domain.case_file import Case, case_line_number, task_number
from storage import documents
from storage.queries import history
from storage.queries.cases import case_id_of
from storage.queries.times import iso, with_iso
from storage.tables import cases

_KEPT_INSIDE = ("lines", "tasks", "lines_made", "tasks_made", "mail_allowed", "policy_version", "sla_left")


class UnknownCase(Exception):
    """No case has this id or number."""


def shown(connection: Connection, id_or_number: str) -> dict[str, Any]:
    """The fields of CaseChanged, then `tasks`, `comments`, `history`; times ISO 8601. Raises UnknownCase.

    `occurred_at`, `cause_id` and `actor` are those of the last entry of its history; `event_id` and `previous_state`
    belong to an event, not to the case as it stands, and are null.
    """
    case_id = case_id_of(connection, id_or_number)
    if case_id is None:
        raise UnknownCase(id_or_number)
    row = connection.execute(select(cases.c.document, cases.c.updated_at).where(cases.c.case_id == case_id)).one()
    case = documents.from_json(Case, row.document)
    told = history.entries(connection, "case", case_id)
    last = told[-1] if told else {"cause_id": None, "actor": None}
    plain = msgspec.to_builtins(case)
    return {
        "event_id": None,
        "occurred_at": iso(row.updated_at),
        "version": case.version,
        "previous_state": None,
        "state": case.state,
        "cause_id": last["cause_id"],
        "actor": last["actor"],
        **_as_dict({name: value for name, value in plain.items() if name not in _KEPT_INSIDE}),
        "orders": list(case.orders),
        "needs_attention": bool(case.attention),
        "lines": _lines(case),
        "tasks": _tasks(case),
        "comments": [_comment(entry) for entry in told if entry["event"] == "CaseCommented"],
        "history": with_iso(told),
    }


def _lines(case: Case) -> list[dict[str, Any]]:
    lines = []
    for line in case.lines.values():
        plain = msgspec.to_builtins(line)
        del plain["number"]
        plain["actions"] = [
            {"entity_type": action.entity_type, "entity_id": action.entity_id, "state": action.state}
            for action in line.actions
        ]
        number = {"case_line_id": line.case_line_id, "case_line_number": case_line_number(case, line)}
        lines.append(number | plain)
    return lines


def _tasks(case: Case) -> list[dict[str, Any]]:
    tasks = []
    for task in case.tasks.values():
        plain = msgspec.to_builtins(task)
        del plain["number"], plain["case_line"]
        number = {"task_id": task.task_id, "task_number": task_number(case, task), "case_id": case.case_id}
        tasks.append(_as_dict(number | plain))
    return tasks


def _comment(entry: dict[str, Any]) -> dict[str, Any]:
    data = entry["data"]
    return {
        "text": data.get("text"),
        "public": data.get("public"),
        "by": entry["actor"],
        "at": iso(entry["recorded_at"]),
    }


def _as_dict(value: dict[str, Any]) -> dict[str, Any]:
    shown = with_iso(value)
    return shown if isinstance(shown, dict) else value
