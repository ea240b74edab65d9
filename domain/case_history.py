"""What an event of a case says in the history: one plain sentence (domain.md 13)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

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
from domain.case_file import Case, CaseLine, case_line_number, task_number


def case_words(event: CaseEvent | TaskEvent, before: Case | None, after: Case) -> str:
    """The sentence for `event`; names case, lines and tasks by their numbers and ends with a new state of the case.

    A question, an answer, notes and comments stand in it as they were typed; contacts and addresses never do.
    """
    words = _WORDS[type(event)](event, before or after, after)
    moved = before is not None and before.state is not after.state and type(event) not in _SAYS_STATE
    sentence = words if words.endswith(("?", "!")) else f"{words}."
    return f"{sentence} The case is {after.state} now." if moved else sentence


def _lines(case: Case, keys: Iterable[str]) -> str:
    numbers = [case_line_number(case, case.lines[key]) for key in keys]
    return f"line {numbers[0]}" if len(numbers) == 1 else f"lines {', '.join(numbers)}"


def _about(line: CaseLine) -> str:
    if line.order_id is None:
        return "the checkout"
    return f"order {line.order_id}" if line.line_number is None else f"line {line.line_number} of {line.order_id}"


def _with(words: str, typed: str | None) -> str:
    return f"{words}: {typed.strip().rstrip('.')}" if typed and typed.strip() else words


def _to(assignee: str | None, group: str | None) -> str:
    return " and ".join([*([f"{assignee}"] if assignee else []), *([f"group {group}"] if group else [])])


def _opened(_: CaseOpened, __: Case, case: Case) -> str:
    why = f" by itself ({case.opened_because})" if case.opened_because else ""
    return _with(
        f"Case {case.case_number} opened{why} as {case.state}, {len(case.lines)} lines", case.short_description
    )


def _edited(event: CaseEdited, _: Case, __: Case) -> str:
    fields = ("short_description", "description", "contact", "channel")
    changed = [name.replace("_", " ") for name in fields if getattr(event, name) is not None]
    changed += [f"priority (now {event.priority})"] if event.priority is not None else []
    return f"Edited: {', '.join(changed)}"


def _added(event: CaseLinesAdded, _: Case, case: Case) -> str:
    lines = [case.lines[line.case_line_id] for line in event.lines]
    return "Added " + ", ".join(f"line {case_line_number(case, line)} on {_about(line)}" for line in lines)


def _line_edited(event: CaseLineEdited, _: Case, case: Case) -> str:
    return f"Requested change of {_lines(case, [event.case_line_id])} is {event.request.kind} now"


def _line_assigned(event: CaseLineAssigned, _: Case, case: Case) -> str:
    return f"Assigned {_lines(case, [event.case_line_id])} to {event.assignee or 'nobody'}"


def _asked(event: InformationRequested, _: Case, case: Case) -> str:
    about = f" about {_lines(case, event.case_line_ids)}" if event.case_line_ids else ""
    return _with(f"Information requested{about}", event.question)


def _arrived(event: InformationArrived, _: Case, case: Case) -> str:
    about = f" about {_lines(case, event.case_line_ids)}" if event.case_line_ids else ""
    return _with(f"Information received{about}", event.answer)


def _line_resolved(event: CaseLineResolved, _: Case, case: Case) -> str:
    how = "accepted" if event.accepted else "denied"
    why = f" ({event.resolution_code})" if event.resolution_code else ""
    by = f" by the end of {event.by_action.entity_type} {event.by_action.entity_id}" if event.by_action else ""
    return _with(f"Resolved {_lines(case, [event.case_line_id])} as {how}{why}{by}", event.notes)


def _resolved(event: CaseResolved, _: Case, __: Case) -> str:
    how = "" if event.accepted is None else f", open lines {'accepted' if event.accepted else 'denied'}"
    why = f" ({event.resolution_code})" if event.resolution_code else ""
    return _with(f"Case resolved{how}{why}", event.notes)


def _action(event: CaseActionMoved, _: Case, case: Case) -> str:
    action = event.action
    waits = f", waits for {action.blocked_by.lower().replace('_', ' ')}" if action.blocked_by else ""
    where = _lines(case, [event.case_line_id])
    return f"{action.entity_type.capitalize()} {action.entity_id} for {where} is {action.state}{waits}"


def _comment(event: CaseCommented, _: Case, __: Case) -> str:
    return _with("Public comment" if event.public else "Internal comment", event.text)


def _task(event: TaskEvent, case: Case) -> str:
    return f"task {task_number(case, case.tasks[event.task_id])}"


_SAYS_STATE: Final = (CaseOpened, CaseSubmitted, CaseResolved, CaseClosed, CaseCancelled)
_WORDS: Final[Mapping[type, Callable[[Any, Case, Case], str]]] = {
    CaseOpened: _opened,
    CaseEdited: _edited,
    CaseLinesAdded: _added,
    CaseLinesRemoved: lambda event, before, _: f"Removed {_lines(before, event.case_line_ids)}",
    CaseLineEdited: _line_edited,
    CaseSubmitted: lambda event, _, __: _with("Case submitted", event.notes),
    CaseAssigned: lambda event, _, __: f"Case assigned to {_to(event.assignee, event.group)}",
    CaseLineAssigned: _line_assigned,
    InformationRequested: _asked,
    InformationArrived: _arrived,
    CaseLineResolved: _line_resolved,
    CaseLineCancelled: lambda event, _, case: _with(f"Cancelled {_lines(case, [event.case_line_id])}", event.reason),
    CaseResolved: _resolved,
    SolutionRejected: lambda event, _, __: _with("Solution rejected", event.reason),
    CaseClosed: lambda event, _, __: _with(f"Case closed, accepted by {event.accepted_by.lower()}", event.notes),
    CaseCancelled: lambda event, _, __: _with("Case cancelled", event.notes),
    CaseActionMoved: _action,
    CaseReminded: lambda _, __, ___: "The customer was asked again whether this solves it",
    CaseOrderLinked: lambda event, _, __: f"The checkout became order {event.order_id}",
    CaseAttentionRaised: lambda event, _, __: f"Needs attention: {event.code}",
    CaseAttentionCleared: lambda event, _, __: _with(f"Attention cleared ({', '.join(event.codes)})", event.note),
    CaseCommented: _comment,
    CaseErased: lambda _, __, ___: "Personal data erased",
    TaskAdded: lambda event, _, case: _with(f"Added {_task(event, case)}", event.task.short_description),
    TaskAssigned: lambda event, _, case: f"Assigned {_task(event, case)} to {_to(event.assignee, event.group)}",
    TaskCompleted: lambda event, _, case: _with(f"Completed {_task(event, case)}", event.notes),
    TaskErased: lambda event, _, case: f"Personal data of {_task(event, case)} erased",
    TaskCancelled: lambda event, _, case: _with(f"Cancelled {_task(event, case)}", event.notes),
}
