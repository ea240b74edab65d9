"""What customers may do with cases of their own accounts, and what not."""

from typing import Any

import pytest

from domain.cases import CaseAttentionCleared, CaseAttentionRaised, CaseCommented
from domain.commands import (
    AddCaseLines,
    AddComment,
    AddTask,
    AssignCase,
    CancelCase,
    ClearAttention,
    CloseCase,
    Command,
    EditCase,
    InformationReceived,
    OpenCase,
    RejectSolution,
    RemoveCaseLines,
    RequestInformation,
    SubmitCase,
)
from domain.vocabulary import AcceptedBy, CaseScope, ContactChannel
from tests.builders.cases import (
    CUSTOMER,
    Desk,
    Given,
    closed,
    code_of,
    in_draft,
    in_new,
    in_progress,
    input_line,
    line_id,
    resolved,
    waiting,
)

WEB = ContactChannel.WEB


def as_customer(given: Given, account: str = "ACME") -> Desk:
    desk = given()
    desk.actor = type(CUSTOMER)(id="C-1", roles=("customer",), channels=("web-de",), accounts=(account,))
    return desk


@pytest.mark.parametrize(
    ("given", "kind", "fields"),
    [
        (Desk, OpenCase, Desk.opening(channel=WEB)),
        (in_draft, AddCaseLines, {"lines": (input_line(3, "1001", 3),)}),
        (in_draft, SubmitCase, {}),
        (in_new, AddComment, {"text": "Where is it?", "public": True}),
        (closed, AddComment, {"text": "Where is it?", "public": True}),
        (waiting, InformationReceived, {"answer": "Blue"}),
        (resolved, CloseCase, {"accepted_by": AcceptedBy.CUSTOMER}),
        (resolved, RejectSolution, {"reason": "It is not"}),
    ],
)
def test_a_customer_may_work_on_cases_of_the_own_account_only(given: Given, kind: type[Command], fields: Any) -> None:
    assert code_of(as_customer(given), kind, **fields) == ""
    assert code_of(as_customer(given, "OTHER"), kind, **fields) == "not_your_account"


@pytest.mark.parametrize(
    ("given", "kind", "fields"),
    [
        (Desk, OpenCase, Desk.opening(channel=ContactChannel.PHONE)),
        (in_new, AddCaseLines, {"lines": (input_line(3, "1001", 3),)}),
        (in_new, AddComment, {"text": "Where is it?"}),
        (in_draft, RemoveCaseLines, {"case_line_ids": (line_id(1),)}),
        (in_draft, CancelCase, {}),
        (in_draft, EditCase, {"priority": 1}),
        (in_new, AssignCase, {"assignee": "C-1"}),
        (in_progress, RequestInformation, {"question": "Well?"}),
        (in_new, AddTask, {"case_line_id": line_id(1), "short_description": "Hurry"}),
        (in_new, ClearAttention, {}),
    ],
)
def test_everything_else_is_not_permitted_to_a_customer(given: Given, kind: type[Command], fields: Any) -> None:
    assert code_of(as_customer(given), kind, **fields) == "not_permitted"


def test_a_customer_cannot_name_an_order_of_somebody_else() -> None:
    desk = as_customer(Desk)
    foreign = Desk.opening(channel=WEB, order_id="2001", account_id="ACME")
    assert code_of(desk, OpenCase, **foreign) == "not_your_account"
    lines = (input_line(1, "1001"), input_line(2, "2001"))
    several = Desk.opening(channel=WEB, scope=CaseScope.MULTIPLE_ORDERS, order_id=None, lines=lines)
    assert code_of(desk, OpenCase, **several) == "not_your_account"


def test_a_case_without_an_account_is_nobodys_own() -> None:
    desk = Desk()
    desk.open([], scope=CaseScope.MULTIPLE_ORDERS, order_id=None)
    desk.actor = CUSTOMER
    assert code_of(desk, SubmitCase) == "not_your_account"


@pytest.mark.parametrize("said", [AcceptedBy.CUSTOMER, AcceptedBy.AGENT])
def test_what_a_customer_closes_is_accepted_by_the_customer(said: AcceptedBy) -> None:
    desk = as_customer(resolved)
    desk.send(CloseCase, accepted_by=said)
    assert desk.now.accepted_by is AcceptedBy.CUSTOMER


def test_a_customers_comment_asks_for_attention_until_somebody_answers() -> None:
    desk = as_customer(in_progress)
    desk.send(AddComment, text="Where is it?", public=True)
    desk.send(AddComment, text="Hello?", public=True)
    assert desk.now.attention == ("customer_wrote",)
    assert sum(isinstance(event, CaseAttentionRaised) for event in desk.told) == 1
    desk.actor = Desk().actor
    desk.send(AddComment, text="Angry", public=False)
    assert "customer_wrote" in desk.now.attention
    events = desk.send(AddComment, text="On its way", public=True)
    assert [type(event) for event in events] == [CaseCommented, CaseAttentionCleared]
    assert "customer_wrote" not in desk.now.attention


def test_asking_the_customer_answers_the_customer() -> None:
    desk = as_customer(in_progress)
    desk.send(AddComment, text="Where is it?", public=True)
    desk.actor = Desk().actor
    desk.send(RequestInformation, question="Which parcel?")
    assert desk.now.attention == ()
