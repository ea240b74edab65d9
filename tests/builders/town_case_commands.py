"""The commands on cases, and those beside orders and cases, as the town's people send them."""

from typing import Any, Final

from domain import commands as c
from domain.cases import Case
from domain.reference_data import Interaction, Notice
from domain.vocabulary import AcceptedBy, CaseOrigin, CaseScope, ContactChannel, Outcome, RequestedChangeKind
from tests.builders.town import CHECKOUTS, ORDERS, Make, Town

KINDS: Final = tuple(kind for kind in RequestedChangeKind if kind is not RequestedChangeKind.UNKNOWN)


def _case(town: Town) -> Case | None:
    cases = town.worker.all_of(Case)
    return town.one(cases) if cases and not town.rarely() else None


def _case_id(town: Town) -> dict[str, Any]:
    case = _case(town)
    return {"case_id": case.case_id if case else town.name("case")}


def _of_case(**more: Any) -> Make:
    def make(town: Town) -> dict[str, Any]:
        return {**_case_id(town), **{key: value(town) if callable(value) else value for key, value in more.items()}}

    return make


def _of_line(**more: Any) -> Make:
    def make(town: Town) -> dict[str, Any]:
        case = _case(town)
        key = town.some_id(list(case.lines) if case else [])
        chosen = {name: value(town) if callable(value) else value for name, value in more.items()}
        return {"case_id": case.case_id if case else town.name("case"), "case_line_id": key, **chosen}

    return make


def _of_task(**more: Any) -> Make:
    def make(town: Town) -> dict[str, Any]:
        able = [case for case in town.worker.all_of(Case) if case.tasks]
        case = town.one(able) if able else _case(town)
        key = town.some_id(list(case.tasks) if case else [])
        return {"case_id": case.case_id if case else town.name("case"), "task_id": key, **more}

    return make


def _of_lines(**more: Any) -> Make:
    def make(town: Town) -> dict[str, Any]:
        case = _case(town)
        known = list(case.lines) if case else []
        some = tuple(town.some(known, 2)) if known and town.number(0, 1) else ()
        return {"case_id": case.case_id if case else town.name("case"), "case_line_ids": some, **more}

    return make


def _inputs(town: Town, scope: CaseScope, channel: str, order_id: str | None) -> tuple[c.CaseLineInput, ...]:
    made = []
    for _ in range(town.number(0, 2)):
        request = c.ChangeRequest(kind=town.one(KINDS), requested_quantity=town.one((None, 1)))
        by_line = scope is CaseScope.SPECIFIC_LINES
        others = [order.order_id for order in ORDERS if order.sales_channel == channel]
        named = order_id if by_line else town.one((None, *others)) if scope is CaseScope.CHECKOUT else town.one(others)
        made.append(c.CaseLineInput(case_line_id=town.name("case line"), order_id=named,
                                    line_number=town.number(1, 3) if by_line else None, request=request))  # fmt: skip
    return tuple(made)


def _open(town: Town) -> dict[str, Any]:
    scope = town.one(
        (CaseScope.SPECIFIC_LINES, CaseScope.SPECIFIC_LINES, CaseScope.MULTIPLE_ORDERS, CaseScope.CHECKOUT)
    )
    file = town.some_order()
    channel = file.sales_channel if file and scope is not CaseScope.CHECKOUT else "web-de"
    order_id = (file.order_id if file else "9999") if scope is CaseScope.SPECIFIC_LINES else None
    called = town.worker.all_of(Interaction)
    return {
        "case_id": town.name("case"),
        "service": "NOTHING" if town.rarely() else "RETURN",
        "scope": scope,
        "sales_channel": channel,
        "order_id": order_id,
        "checkout_id": town.one(CHECKOUTS)[1] if scope is CaseScope.CHECKOUT else None,
        "account_id": "ACME" if town.rarely() else None,
        "channel": town.one((ContactChannel.WEB, ContactChannel.PHONE)),
        "origin": CaseOrigin.ORDER,
        "interaction_id": town.one(called).interaction_id if called and town.rarely() else None,
        "priority": town.number(1, 5),
        "short_description": "It does not fit",
        "lines": _inputs(town, scope, channel, order_id),
    }


def _add_lines(town: Town) -> dict[str, Any]:
    case = _case(town)
    if case is None:
        return {"case_id": town.name("case"), "lines": ()}
    return {"case_id": case.case_id, "lines": _inputs(town, case.scope, case.sales_channel, case.order_id)}


def _edit_line(town: Town) -> c.ChangeRequest:
    return c.ChangeRequest(kind=town.one(KINDS), notes="in blue")


def _outcome(town: Town) -> Outcome | None:
    return town.one((Outcome.ACCEPTED, Outcome.DENIED))


def _anywhere(town: Town) -> dict[str, Any]:
    """A case or an order, for what may be said of both."""
    if town.number(0, 1):
        return _case_id(town)
    file = town.some_order()
    return {"sales_channel": "web-de", "order_id": "9999"} if file is None else {
        "sales_channel": file.sales_channel, "order_id": file.order_id}  # fmt: skip


def _interaction(town: Town) -> dict[str, Any]:
    return {"interaction_id": town.name("call"), "sales_channel": "web-de", "channel": ContactChannel.PHONE,
            "contact": c.Contact(name="Ada"), "order_id": "1001", "summary": "It does not fit."}  # fmt: skip


def _resend(town: Town) -> dict[str, Any]:
    return {"notice_id": town.some_id([notice.notice_id for notice in town.worker.all_of(Notice)])}


def _who(town: Town) -> str | None:
    return town.one((None, "mia", "ann"))


ON_CASES: Final[dict[type[c.Command], Make]] = {
    c.OpenCase: _open,
    c.EditCase: _of_case(description="In red", priority=lambda town: town.number(1, 5)),
    c.AddCaseLines: _add_lines,
    c.RemoveCaseLines: _of_lines(),
    c.CancelCaseLine: _of_line(reason="entered twice"),
    c.EditCaseLine: _of_line(request=_edit_line),
    c.SubmitCase: _of_case(),
    c.CancelCase: _of_case(),
    c.AssignCase: _of_case(assignee=_who, group=lambda town: town.one((None, "orders"))),
    c.AssignCaseLine: _of_line(assignee=_who),
    c.RequestInformation: _of_lines(question="Which colour?"),
    c.InformationReceived: _of_lines(answer="Blue"),
    c.ResolveCaseLine: _of_line(outcome=_outcome),
    c.ResolveCase: _of_case(outcome=_outcome),
    c.CloseCase: _of_case(accepted_by=AcceptedBy.AGENT),
    c.RejectSolution: _of_case(),
    c.AddTask: _of_line(short_description="Ask the store"),
    c.AssignTask: _of_task(assignee="mia"),
    c.CompleteTask: _of_task(),
    c.CancelTask: _of_task(),
    c.AddComment: lambda town: {**_anywhere(town), "text": "Hello", "public": bool(town.number(0, 1))},
    c.ClearAttention: _anywhere,
    c.RecordInteraction: _interaction,
    c.ResendNotice: _resend,
}
