"""What the history of a case says, and that it says something about everything that can happen."""

from typing import Any, get_args

import pytest

from domain.case_history import case_words
from domain.cases import CaseAction, CaseActionMoved, CaseEvent, CaseLineResolved, CaseOpened, TaskEvent
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
    Contact,
    EditCase,
    EditCaseLine,
    InformationReceived,
    RejectSolution,
    RemoveCaseLines,
    RequestInformation,
    ResolveCase,
    ResolveCaseLine,
    SubmitCase,
)
from domain.vocabulary import AcceptedBy, BlockedBy, EntityType, Outcome, RequestedChangeKind
from tests.builders.cases import (
    CASE,
    Desk,
    Given,
    in_draft,
    in_new,
    in_progress,
    input_line,
    line_id,
    resolved,
    waiting,
)


def said(desk: Desk, *events: CaseEvent | TaskEvent) -> list[str]:
    words = []
    for event in events:
        before, after = desk.case, desk.happen(event)
        words.append(case_words(event, before, after))
    return words


def after(desk: Desk, kind: type[Command], **fields: Any) -> str:
    return said(desk, *desk.decide(desk.command(kind, **fields)))[0]


def with_task() -> Desk:
    desk = in_new()
    desk.send(AddTask, case_line_id=line_id(1), short_description="Ask the store")
    return desk


def in_need() -> Desk:
    desk = in_new()
    desk.actor = type(desk.actor)(id="C-1", roles=("customer",), accounts=("ACME",))
    desk.send(AddComment, text="Well?", public=True)
    desk.actor = Desk().actor
    return desk


@pytest.mark.parametrize(
    ("given", "kind", "fields", "words"),
    [
        (in_draft, SubmitCase, {"notes": "checked"}, "Case submitted: checked."),
        (in_draft, CancelCase, {}, "Case cancelled."),
        (in_draft, RemoveCaseLines, {"case_line_ids": (line_id(1), line_id(2))}, "Removed lines CASE0000001-1, CASE0000001-2."),
        (in_draft, AddCaseLines, {"lines": (input_line(3, "1001", 3),)}, "Added line CASE0000001-3 on line 3 of 1001."),
        (in_new, AssignCase, {"assignee": "ann"}, "Case assigned to ann. The case is WORK_IN_PROGRESS now."),
        (in_new, AssignCase, {"assignee": "ann", "group": "orders"}, "Case assigned to ann and group orders. The case is WORK_IN_PROGRESS now."),
        (in_progress, AssignCaseLine, {"case_line_id": line_id(1), "assignee": "bob"}, "Assigned line CASE0000001-1 to bob."),
        (in_progress, AssignCaseLine, {"case_line_id": line_id(1)}, "Assigned line CASE0000001-1 to nobody."),
        (in_new, EditCase, {"priority": 1, "contact": Contact(email="a@example.org")}, "Edited: contact, priority (now 1)."),
        (in_new, EditCaseLine, {"case_line_id": line_id(2), "request": ChangeRequest(kind=RequestedChangeKind.PRICE)}, "Requested change of line CASE0000001-2 is PRICE now."),
        (in_progress, RequestInformation, {"question": "Which colour?"}, "Information requested: Which colour? The case is AWAITING_INFO now."),
        (in_progress, RequestInformation, {"case_line_ids": (line_id(2),), "question": "Which?"}, "Information requested about line CASE0000001-2: Which?"),
        (waiting, InformationReceived, {"case_line_ids": (line_id(1),), "answer": "Blue."}, "Information received about line CASE0000001-1: Blue. The case is WORK_IN_PROGRESS now."),
        (in_new, ResolveCaseLine, {"case_line_id": line_id(1), "outcome": Outcome.DENIED, "resolution_code": "LATE"}, "Resolved line CASE0000001-1 as denied (LATE)."),
        (in_new, ResolveCaseLine, {"case_line_id": line_id(1), "outcome": Outcome.ACCEPTED, "notes": "sent"}, "Resolved line CASE0000001-1 as accepted: sent."),
        (in_new, CancelCaseLine, {"case_line_id": line_id(1), "reason": "twice"}, "Cancelled line CASE0000001-1: twice."),
        (in_progress, ResolveCase, {"outcome": Outcome.ACCEPTED, "resolution_code": "DONE"}, "Case resolved, open lines accepted (DONE)."),
        (in_progress, ResolveCase, {"outcome": Outcome.DENIED, "notes": "too late"}, "Case resolved, open lines denied: too late."),
        (resolved, RejectSolution, {"reason": "It is not"}, "Solution rejected: It is not. The case is WORK_IN_PROGRESS now."),
        (resolved, CloseCase, {"accepted_by": AcceptedBy.CUSTOMER}, "Case closed, accepted by customer."),
        (in_new, AddComment, {"text": "Called back"}, "Internal comment: Called back."),
        (in_new, AddComment, {"text": "Sorry!", "public": True}, "Public comment: Sorry!"),
        (in_need, ClearAttention, {"note": "called"}, "Attention cleared (customer_wrote): called."),
        (in_new, AddTask, {"case_line_id": line_id(2), "short_description": "Ask"}, "Added task CASE0000001-2-T1: Ask."),
    ],
)  # fmt: skip
def test_the_history_says_it_in_a_sentence(
    given: Given, kind: type[Command], fields: dict[str, Any], words: str
) -> None:
    assert after(given(), kind, **fields) == words


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (AssignTask, {"group": "orders"}, "Assigned task CASE0000001-1-T1 to group orders."),
        (CompleteTask, {"notes": "They have it"}, "Completed task CASE0000001-1-T1: They have it."),
        (CancelTask, {}, "Cancelled task CASE0000001-1-T1."),
    ],
)
def test_the_history_names_tasks_by_their_number(kind: type[Command], fields: dict[str, Any], words: str) -> None:
    desk = with_task()
    assert after(desk, kind, task_id=next(iter(desk.now.tasks)), **fields) == words


def test_the_history_says_what_an_action_waits_for_and_what_its_end_did() -> None:
    desk = in_new()
    action = CaseAction(EntityType.RETURN, "R-1", "APPROVED", BlockedBy.WAREHOUSE)
    assert said(desk, CaseActionMoved(CASE, line_id(1), action)) == [
        "Return R-1 for line CASE0000001-1 is APPROVED, waits for warehouse."
    ]
    assert said(desk, CaseLineResolved(CASE, line_id(1), accepted=True, by_action=action)) == [
        "Resolved line CASE0000001-1 as accepted by the end of return R-1."
    ]


def test_the_history_says_what_needs_attention() -> None:
    desk = in_new()
    desk.actor = type(desk.actor)(id="C-1", roles=("customer",), accounts=("ACME",))
    events = desk.decide(desk.command(AddComment, text="Well?", public=True))
    assert said(desk, *events) == ["Public comment: Well?", "Needs attention: customer_wrote."]


def test_the_history_says_how_a_case_began() -> None:
    draft = in_draft().now
    assert said(Desk(), CaseOpened(CASE, draft)) == ["Case CASE0000001 opened as DRAFT, 2 lines: Wrong colour."]


def test_every_event_has_its_words() -> None:
    from domain.case_history import _WORDS

    assert set(_WORDS) == set(get_args(CaseEvent)) | set(get_args(TaskEvent))
