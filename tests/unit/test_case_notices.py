"""Which mails a case asks for, to whom, in which language, and with which facts."""

from dataclasses import replace
from typing import Any

import pytest

from domain.case_notices import case_notices
from domain.cases import Case, CaseClosed, CaseOpened
from domain.commands import (
    AddComment,
    AddTask,
    AssignCase,
    CloseCase,
    Command,
    Contact,
    EditCase,
    RejectSolution,
    RequestInformation,
    ResolveCase,
    ResolveCaseLine,
    SubmitCase,
)
from domain.notices import NoticeDraft
from domain.vocabulary import AcceptedBy, ActorKind, NoticeKind, Outcome
from tests.builders.cases import CASE, Desk, Given, in_draft, in_new, in_progress, line_id, order, resolved, waiting


def mails(desk: Desk, kind: type[Command], by: ActorKind = ActorKind.AGENT, **fields: Any) -> list[NoticeDraft]:
    """The mails that the events of the command ask for."""
    asked: list[NoticeDraft] = []
    for event in desk.decide(desk.command(kind, **fields)):
        before: Case | None = desk.case
        after = desk.happen(event)
        asked += case_notices(before, event, after, desk.orders["1001"], by)
    return asked


@pytest.mark.parametrize(
    ("given", "kind", "fields", "mail"),
    [
        (in_draft, SubmitCase, {}, NoticeKind.CASE_OPENED),
        (in_progress, RequestInformation, {"question": "Which?"}, NoticeKind.INFORMATION_REQUESTED),
        (
            in_progress,
            RequestInformation,
            {"case_line_ids": (line_id(1),), "question": "?"},
            NoticeKind.INFORMATION_REQUESTED,
        ),
        (in_new, AddComment, {"text": "Sent", "public": True}, NoticeKind.CASE_COMMENT),
        (waiting, ResolveCase, {"outcome": Outcome.DENIED}, NoticeKind.CASE_RESOLVED),
        (resolved, CloseCase, {"accepted_by": AcceptedBy.AGENT}, NoticeKind.CASE_CLOSED),
    ],
)
def test_a_change_that_the_customer_should_know_asks_for_one_mail(
    given: Given, kind: type[Command], fields: dict[str, Any], mail: NoticeKind
) -> None:
    (asked,) = mails(given(), kind, **fields)
    assert (asked.kind, asked.recipient, asked.language) == (mail, "buyer@example.org", "de")
    assert (asked.case_id, asked.order_id, asked.facts["case_number"]) == (CASE, None, "CASE0000001")


@pytest.mark.parametrize(
    ("given", "kind", "fields"),
    [
        (Desk, EditCase, None),
        (in_new, AddComment, {"text": "Angry", "public": False}),
        (in_new, AssignCase, {"assignee": "ann"}),
        (in_new, EditCase, {"priority": 1}),
        (in_new, ResolveCaseLine, {"case_line_id": line_id(1), "outcome": Outcome.DENIED}),
        (in_new, AddTask, {"case_line_id": line_id(1), "short_description": "Ask"}),
        (resolved, RejectSolution, {}),
        (resolved, EditCase, {"priority": 1}),
    ],
)
def test_other_changes_ask_for_none(given: Given, kind: type[Command], fields: dict[str, Any] | None) -> None:
    if fields is None:
        desk = given()
        opened = desk.open()
        assert case_notices(None, CaseOpened(CASE, opened), opened, desk.orders["1001"], ActorKind.AGENT) == ()
        return
    assert mails(given(), kind, **fields) == []


def test_the_last_line_resolved_tells_the_customer_like_the_case_itself() -> None:
    desk = in_new()
    desk.send(ResolveCaseLine, case_line_id=line_id(1), outcome=Outcome.DENIED)
    (asked,) = mails(desk, ResolveCaseLine, case_line_id=line_id(2), outcome=Outcome.DENIED)
    assert asked.kind is NoticeKind.CASE_RESOLVED


def test_a_customers_own_comment_is_not_mailed_back() -> None:
    assert mails(in_new(), AddComment, by=ActorKind.CUSTOMER, text="Well?", public=True) == []


def test_questions_and_comments_are_in_the_facts() -> None:
    (asked,) = mails(in_progress(), RequestInformation, question="Which colour?")
    assert asked.facts["question"] == "Which colour?"
    (asked,) = mails(in_new(), AddComment, text="On its way", public=True)
    assert asked.facts["text"] == "On its way"


def test_the_contact_of_the_case_comes_before_the_orders_customer() -> None:
    desk = in_new()
    desk.send(EditCase, contact=Contact(email="friend@example.org", language="fr"))
    (asked,) = mails(desk, AddComment, text="On its way", public=True)
    assert (asked.recipient, asked.language) == ("friend@example.org", "fr")
    desk.send(EditCase, contact=Contact(name="A friend"))
    (asked,) = mails(desk, AddComment, text="On its way", public=True)
    assert (asked.recipient, asked.language) == ("buyer@example.org", "de")


def test_without_contact_and_order_nobody_is_known() -> None:
    desk = resolved()
    before = desk.now
    event = CaseClosed(CASE, AcceptedBy.AGENT)
    (asked,) = case_notices(before, event, desk.happen(event), None, ActorKind.SYSTEM)
    assert (asked.recipient, asked.language) == (None, "en")


def test_a_test_orders_mails_are_marked_as_tests() -> None:
    desk = in_progress()
    file = order("1001")
    desk.orders["1001"] = replace(file, order=replace(file.facts, test=True))
    (asked,) = mails(desk, RequestInformation, question="Which?")
    assert asked.test


@pytest.mark.parametrize(
    "speaks", [(AddComment, {"text": "We saw it", "public": True}), (RequestInformation, {"question": "?"})]
)
def test_a_case_of_the_system_is_silent_until_somebody_speaks_to_the_customer(
    speaks: tuple[type[Command], dict[str, Any]],
) -> None:
    quiet = replace(in_new().now, mail_allowed=False, opened_because="refund_failed")
    desk = Desk()
    opened = desk.happen(CaseOpened(CASE, quiet))
    assert case_notices(None, CaseOpened(CASE, quiet), opened, desk.orders["1001"], ActorKind.SYSTEM) == ()
    assert mails(desk, AddComment, text="Internal", public=False) == []
    assert mails(desk, AssignCase, assignee="ann") == []
    assert len(mails(desk, speaks[0], **speaks[1])) == 1
    assert len(mails(desk, ResolveCaseLine, case_line_id=line_id(1), outcome=Outcome.DENIED)) == 0
    assert len(mails(desk, ResolveCaseLine, case_line_id=line_id(2), outcome=Outcome.DENIED)) == 1
