"""What is refused about cases, with which code, and which code wins when several apply."""

from typing import Any

import pytest

from domain.case_actions import check_action
from domain.cases import CaseAction, CaseActionMoved
from domain.commands import (
    AddCaseLines,
    AddComment,
    AddTask,
    AssignCase,
    AssignCaseLine,
    AssignTask,
    CancelCaseLine,
    ChangeRequest,
    ClearAttention,
    CloseCase,
    Command,
    Contact,
    EditCase,
    EditCaseLine,
    InformationReceived,
    OpenCase,
    RemoveCaseLines,
    RequestInformation,
    ResolveCase,
    ResolveCaseLine,
    SubmitCase,
)
from domain.policy import CasePolicy, Policy, Service
from domain.reference_data import Interaction
from domain.refusals import Findings, Refused
from domain.vocabulary import (
    AcceptedBy,
    CaseOrigin,
    CaseScope,
    ContactChannel,
    EntityType,
    Outcome,
    RequestedChangeKind,
)
from tests.builders.cases import (
    CASE,
    START,
    Desk,
    cancelled,
    closed,
    code_of,
    in_draft,
    in_new,
    in_progress,
    input_line,
    line_id,
    order,
    resolved,
    sentence_of,
    waiting,
)

KIND = RequestedChangeKind
MULTIPLE: dict[str, Any] = {"scope": CaseScope.MULTIPLE_ORDERS, "order_id": None}
CHECKOUT: dict[str, Any] = {"scope": CaseScope.CHECKOUT, "order_id": None, "checkout_id": "CO-1"}


def opening(desk: Desk | None = None, **fields: Any) -> str:
    return code_of(desk or Desk(), OpenCase, **Desk.opening(**fields))


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("", {}),
        ("", {"lines": (input_line(1, "1001", 1),)}),
        ("", {"lines": (input_line(1, None, 1),)}),
        ("", MULTIPLE | {"lines": (input_line(1, "1001"), input_line(2, "1002"))}),
        ("order_required", {"order_id": None}),
        ("unknown_order", {"order_id": "9999"}),
        ("wrong_scope", {"scope": CaseScope.MULTIPLE_ORDERS}),
        ("wrong_scope", {"lines": (input_line(1, "1002", 1),)}),
        ("wrong_scope", {"lines": (input_line(1, "1001"),)}),
        ("wrong_scope", MULTIPLE | {"lines": (input_line(1, "1001", 1),)}),
        ("wrong_scope", MULTIPLE | {"lines": (input_line(1),)}),
        ("unknown_line", {"lines": (input_line(1, "1001", 9),)}),
        ("unknown_order", MULTIPLE | {"lines": (input_line(1, "9999"),)}),
        ("wrong_account", {"account_id": "OTHER"}),
        ("wrong_account", MULTIPLE | {"lines": (input_line(1, "1001"), input_line(2, "2001"))}),
        ("checkout_required", CHECKOUT | {"checkout_id": None}),
        ("unknown_entity", CHECKOUT),
        ("unknown_entity", {"interaction_id": line_id(7)}),
        ("service_not_offered", {"service": "GARDENING"}),
        ("duplicate_case_line", {"lines": (input_line(1, "1001", 1), input_line(2, "1001", 1))}),
        ("", {"lines": (input_line(1, "1001", 1, KIND.PRICE), input_line(2, "1001", 1, KIND.QUANTITY))}),
        (
            "duplicate_case_line",
            {"lines": (input_line(1, "1001", 1, KIND.PRICE), input_line(2, "1001", 1, KIND.PRICE))},
        ),
        ("invalid_command", {"lines": (input_line(1, "1001", 1), input_line(1, "1001", 2))}),
        ("invalid_command", {"lines": (input_line(1, "1001", 1, KIND.UNKNOWN),)}),
        ("invalid_command", {"scope": CaseScope.UNKNOWN, "order_id": None}),
        ("invalid_command", {"origin": CaseOrigin.UNKNOWN}),
        ("invalid_command", {"channel": ContactChannel.UNKNOWN}),
        ("invalid_command", {"short_description": " "}),
        ("invalid_command", {"short_description": "x" * 161}),
        ("", {"short_description": "ü" * 160}),
        ("invalid_command", {"priority": 0}),
    ],
)
def test_a_case_is_opened_or_refused(code: str, fields: dict[str, Any]) -> None:
    desk = Desk()
    assert opening(desk, **fields) == code
    assert desk.numbers == (0 if code else 1), "a refused case takes no number"


def test_an_order_that_is_only_named_by_waiting_messages_is_not_known() -> None:
    desk = Desk()
    desk.orders["1003"] = order("1003")
    desk.orders["1003"] = type(desk.orders["1003"])(sales_channel="web-de", order_id="1003")
    assert opening(desk, order_id="1003") == "unknown_order"


def test_a_case_on_a_known_checkout_takes_the_checkout_and_lines_of_its_order() -> None:
    desk = Desk(order("1001", checkout_id="CO-1"), order("1002"))
    desk.checkout_known = True
    assert opening(desk, **CHECKOUT, lines=(input_line(1), input_line(2, "1001", 1), input_line(3, "1001"))) == ""
    assert opening(desk, **CHECKOUT, lines=(input_line(1, None, 1),)) == "wrong_scope"
    assert opening(desk, **CHECKOUT, lines=(input_line(1, "1002", 1),)) == "wrong_scope"
    assert opening(desk, **CHECKOUT, lines=(input_line(1), input_line(2))) == "duplicate_case_line"


@pytest.mark.parametrize(
    ("code", "channel", "account"),
    [("", "web-de", "ACME"), ("wrong_scope", "web-fr", None), ("wrong_account", "web-de", "B")],
)
def test_the_interaction_of_a_case_is_in_its_channel_and_with_its_account(
    code: str, channel: str, account: str
) -> None:
    desk = Desk()
    desk.interaction = Interaction(
        interaction_id=line_id(7),
        sales_channel=channel,
        channel=ContactChannel.PHONE,
        contact=Contact(),
        summary="called",
        recorded_at=START,
        recorded_by=desk._ref(),
        account_id=account,
    )
    assert opening(desk, interaction_id=line_id(7)) == code


def test_only_services_of_the_policy_are_offered() -> None:
    desk = Desk(policy=Policy(cases=CasePolicy(services=(Service("RETURN", "Return"),))))
    assert opening(desk) == "service_not_offered"
    assert opening(desk, service="RETURN") == ""


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("", {"assignee": "ann"}),
        ("", {"assignee": "anybody"}),
        ("", {"assignee": "bob", "group": "orders"}),
        ("not_in_group", {"assignee": "eve", "group": "orders"}),
        ("not_in_group", {"group": "nobody"}),
        ("invalid_command", {}),
    ],
)
def test_cases_and_tasks_are_assigned_to_listed_groups_and_their_members(code: str, fields: dict[str, Any]) -> None:
    desk = in_new()
    assert code_of(desk, AssignCase, **fields) == code
    desk.send(AddTask, case_line_id=line_id(1), short_description="Ask the store")
    assert code_of(desk, AssignTask, task_id=next(iter(desk.now.tasks)), **fields) == code
    if fields:
        assert code_of(desk, AddTask, case_line_id=line_id(1), short_description="Ask", **fields) == code


def test_a_case_without_lines_cannot_be_submitted() -> None:
    desk = Desk()
    desk.open([])
    assert code_of(desk, SubmitCase) == "no_lines"


def test_adding_and_removing_name_at_least_one_line_and_each_once() -> None:
    desk = in_draft()
    assert code_of(desk, AddCaseLines) == "no_lines"
    assert code_of(desk, RemoveCaseLines) == "no_lines"
    assert code_of(desk, RemoveCaseLines, case_line_ids=(line_id(1), line_id(1))) == "invalid_command"
    assert code_of(desk, RemoveCaseLines, case_line_ids=(line_id(9),)) == "unknown_line"
    assert code_of(desk, AddCaseLines, lines=(input_line(1, "1001", 3),)) == "already_exists"
    assert code_of(desk, AddCaseLines, lines=(input_line(3, "2001", 1),)) == "wrong_account"


def test_an_order_line_may_come_again_once_its_line_has_ended() -> None:
    desk = in_new()
    again = {"lines": (input_line(3, "1001", 1),)}
    assert code_of(desk, AddCaseLines, **again) == "duplicate_case_line"
    assert "line 1 of order 1001 stands on the case" in sentence_of(desk, AddCaseLines, **again)
    desk.send(ResolveCaseLine, case_line_id=line_id(1), outcome=Outcome.DENIED)
    assert code_of(desk, AddCaseLines, **again) == ""


def test_a_line_is_not_edited_into_one_that_stands_there_already() -> None:
    desk = in_new()
    desk.send(AddCaseLines, lines=(input_line(3, "1001", 1, KIND.PRICE),))
    edit = {"case_line_id": line_id(1), "request": ChangeRequest(kind=KIND.PRICE)}
    assert code_of(desk, EditCaseLine, **edit) == "duplicate_case_line"
    same = {"case_line_id": line_id(3), "request": ChangeRequest(kind=KIND.PRICE)}
    assert code_of(desk, EditCaseLine, **same) == "nothing_to_change"


@pytest.mark.parametrize("fields", [{"requested_quantity": 0}, {"requested_price_minor": -1}])
def test_a_request_asks_for_something_possible(fields: dict[str, Any]) -> None:
    request = ChangeRequest(kind=KIND.QUANTITY, **fields)
    assert code_of(in_new(), EditCaseLine, case_line_id=line_id(1), request=request) == "invalid_command"


def test_editing_to_what_is_so_already_is_refused() -> None:
    desk = in_new()
    assert code_of(desk, EditCase) == "nothing_to_change"
    assert code_of(desk, EditCase, short_description="Wrong colour", priority=3) == "nothing_to_change"
    assert code_of(desk, EditCase, short_description="") == "invalid_command"
    assert code_of(desk, EditCase, priority=-1) == "invalid_command"


def test_lines_of_no_case_and_ended_lines_are_refused() -> None:
    desk = in_new()
    commands: dict[type[Command], dict[str, Any]] = {
        CancelCaseLine: {"reason": "twice"},
        EditCaseLine: {"request": ChangeRequest(kind=KIND.OTHER)},
        AssignCaseLine: {"assignee": "bob"},
        ResolveCaseLine: {"outcome": Outcome.DENIED},
        AddTask: {"short_description": "Ask"},
    }
    for kind, fields in commands.items():
        assert code_of(desk, kind, case_line_id=line_id(9), **fields) == "unknown_line"
    desk.send(CancelCaseLine, case_line_id=line_id(1), reason="twice")
    for kind, fields in commands.items():
        assert code_of(desk, kind, case_line_id=line_id(1), **fields) == "wrong_state"


def test_only_lines_in_progress_are_asked_about_and_only_waiting_ones_answered() -> None:
    desk = in_progress()
    desk.send(RequestInformation, case_line_ids=(line_id(1),), question="Which?")
    both = (line_id(1), line_id(2))
    assert code_of(desk, RequestInformation, case_line_ids=both, question="Which?") == "wrong_state"
    assert code_of(desk, InformationReceived, case_line_ids=both) == "wrong_state"
    assert code_of(desk, InformationReceived) == "wrong_state"
    assert code_of(desk, InformationReceived, case_line_ids=(line_id(9),)) == "unknown_line"
    assert code_of(desk, RequestInformation, case_line_ids=(line_id(2), line_id(2)), question="?") == "invalid_command"
    assert code_of(desk, RequestInformation, question=" ") == "invalid_command"


def test_an_outcome_that_no_one_knows_is_nonsense() -> None:
    desk = in_progress()
    assert code_of(desk, ResolveCase, outcome=Outcome.UNKNOWN) == "invalid_command"
    assert code_of(desk, ResolveCaseLine, case_line_id=line_id(1), outcome=Outcome.UNKNOWN) == "invalid_command"
    assert code_of(desk, CancelCaseLine, case_line_id=line_id(1), reason=" ") == "invalid_command"


@pytest.mark.parametrize("accepted_by", [AcceptedBy.AUTOMATIC, AcceptedBy.UNKNOWN])
def test_only_the_system_closes_automatically(accepted_by: AcceptedBy) -> None:
    assert code_of(resolved(), CloseCase, accepted_by=accepted_by) == "invalid_command"


def test_a_line_with_an_open_action_is_not_cancelled() -> None:
    desk = in_new()
    returned = CaseAction(EntityType.RETURN, line_id(8), "APPROVED")
    desk.happen(CaseActionMoved(CASE, line_id(1), returned))
    cancel = {"case_line_id": line_id(1), "reason": "twice"}
    assert code_of(desk, CancelCaseLine, **cancel) == "action_open"
    desk.happen(CaseActionMoved(CASE, line_id(1), CaseAction(EntityType.RETURN, line_id(8), "DENIED")))
    assert code_of(desk, CancelCaseLine, **cancel) == ""


@pytest.mark.parametrize(
    ("code", "text"), [("comment_required", " \n"), ("comment_too_long", "x" * 4001), ("", "ü" * 4000)]
)
def test_a_comment_has_1_to_4000_characters(code: str, text: str) -> None:
    assert code_of(in_new(), AddComment, text=text) == code


def test_attention_that_is_not_there_cannot_be_cleared() -> None:
    assert code_of(in_new(), ClearAttention, attention=("shortfall",)) == "nothing_to_change"


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("invalid_command", {"priority": 0, "order_id": "9999", "service": "GARDENING"}),
        ("unknown_order", {"order_id": "9999", "service": "GARDENING"}),
        ("unknown_line", {"lines": (input_line(1, "1001", 9),), "account_id": "OTHER"}),
        ("wrong_account", {"lines": (input_line(1, "1001", 1),), "account_id": "OTHER", "service": "GARDENING"}),
        ("wrong_scope", {"lines": (input_line(1, "1002", 1),), "service": "GARDENING"}),
        ("order_required", {"order_id": None, "service": "GARDENING"}),
    ],
)
def test_of_several_refusals_the_first_of_the_precedence_is_given(code: str, fields: dict[str, Any]) -> None:
    assert opening(**fields) == code


def test_every_refusal_names_the_case_or_thing_and_says_what_to_do() -> None:
    assert sentence_of(in_new(), SubmitCase) == (
        "wrong_state: CASE0000001 is NEW and cannot be submitted; that is possible in DRAFT."
    )
    assert "CASE0000001-1 is WORK_IN_PROGRESS" in sentence_of(
        in_progress(), InformationReceived, case_line_ids=(line_id(1),)
    )


@pytest.mark.parametrize(
    ("code", "given", "order_id", "case_line_id"),
    [
        ("", in_new, "1001", None),
        ("", in_new, "1001", line_id(1)),
        ("", in_progress, "1001", None),
        ("", waiting, "1001", None),
        ("", resolved, "1001", line_id(1)),
        ("wrong_state", in_draft, "1001", None),
        ("wrong_state", closed, "1001", None),
        ("wrong_state", cancelled, "1001", None),
        ("wrong_scope", in_new, "1002", None),
        ("wrong_scope", in_new, "1002", line_id(1)),
        ("unknown_line", in_new, "1001", line_id(9)),
    ],
)
def test_an_action_is_done_for_a_case_under_way_that_has_a_line_on_the_order(
    code: str, given: Any, order_id: str, case_line_id: str | None
) -> None:
    findings = Findings()
    check_action(findings, given().now, sales_channel="web-de", order_id=order_id, case_line_id=case_line_id)
    assert raised(findings) == code


def test_an_action_in_another_channel_or_on_another_checkout_is_out_of_scope() -> None:
    findings = Findings()
    check_action(findings, in_new().now, sales_channel="web-fr", order_id="1001")
    assert raised(findings) == "wrong_scope"
    findings = Findings()
    check_action(findings, in_new().now, sales_channel="web-de", order_id=None, checkout_id="CO-1")
    assert raised(findings) == "wrong_scope"


def raised(findings: Findings) -> str:
    try:
        findings.raise_first()
    except Refused as refused:
        return refused.code
    return ""
