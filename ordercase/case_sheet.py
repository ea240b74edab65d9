"""A case on a terminal."""

from collections.abc import Mapping
from typing import Any

from ordercase.terminal import print_pairs, print_table

SHOWN = ("state", "service", "scope", "account_id", "orders", "checkout_id", "assignee", "group", "priority", "sla_state",
         "sla_due_at", "attention", "blocked_by", "opened_because", "resolution_code", "short_description",
         "description", "created_at", "submitted_at", "resolved_at", "closed_at")  # fmt: skip


def print_case(case: Mapping[str, Any]) -> None:
    """The whole of `cases show`."""
    pairs = {name.replace("_", " "): _text(case[name]) for name in SHOWN}
    print_pairs(pairs, title=f"Case {case['case_number']} ({case['case_id']})")
    print_table(
        ("line", "order", "order line#", "request", "state", "assigned", "actions"),
        [
            [
                line["case_line_number"],
                line["order_id"],
                line["line_number"],
                (line["request"] or {}).get("kind"),
                line["state"],
                line["assignee"],
                ", ".join(f"{action['entity_type']} {action['state']}" for action in line["actions"]),
            ]
            for line in case["lines"]
        ],
    )
    if case["tasks"]:
        columns = ("task_number", "state", "assignee", "due_at", "short_description")
        print_table(
            [name.replace("_", " ") for name in columns],
            [[task.get(name) for name in columns] for task in case["tasks"]],
        )
    print_table(
        ("when", "who", "kind", "what"),
        [
            [
                _text(entry["happened_at"])[:16],
                entry["actor"]["name"] or entry["actor"]["id"],
                entry["kind"],
                entry["words"],
            ]
            for entry in case["history"]
        ],
    )


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return "" if value is None else str(value)
