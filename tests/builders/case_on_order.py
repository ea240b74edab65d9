"""A case on line 1 of the order 1001: opened, submitted, in progress; and how its line follows what is done for it."""

from collections.abc import Callable
from typing import Any

from domain import commands as c
from domain import facts as f
from domain.policy import DEFAULT, Policies
from domain.vocabulary import CaseOrigin, CaseScope, ContactChannel
from domain.world import Reply
from tests.builders.desk import CHANNEL, Desk, line, uid

CASE, LINE = uid("case"), uid("case line")
TIE: dict[str, Any] = {"case_id": CASE, "case_line_id": LINE}
"""The fields that tie an action to the case's line."""

OPEN, ACCEPTED, DENIED = "WORK_IN_PROGRESS", "RESOLVED_ACCEPTED", "RESOLVED_DENIED"
PARTIAL = ("action_partial",)
Seen = tuple[str, str | None, tuple[str, ...]]


def open_case(desk: Desk, request: c.ChangeRequest | None = None, **fields: Any) -> Reply:
    """A draft with one line; `fields` instead of what it has otherwise."""
    wish = c.CaseLineInput(case_line_id=LINE, order_id="1001", line_number=1, request=request)
    told: dict[str, Any] = {
        "case_id": CASE,
        "service": "RETURN",
        "scope": CaseScope.SPECIFIC_LINES,
        "sales_channel": CHANNEL,
        "order_id": "1001",
        "channel": ContactChannel.PHONE,
        "origin": CaseOrigin.ORDER,
        "short_description": "Does not fit",
        "lines": (wish,),
        **fields,
    }
    return desk.send(c.OpenCase, **told)


def submitted_case(desk: Desk, request: c.ChangeRequest | None = None, **fields: Any) -> dict[str, Any]:
    """A case that waits for somebody to take it; answers the fields that tie an action to its line."""
    assert open_case(desk, request, **fields).accepted
    assert desk.send(c.SubmitCase, case_id=CASE).accepted
    return TIE


def case_in_progress(
    policies: Policies = DEFAULT, request: c.ChangeRequest | None = None, *, shipped: bool = True, **fields: Any
) -> Desk:
    """An order of two shirts at 1000, paid, with a case on its line in progress; `fields` are of the order's line."""
    desk = Desk(policies)
    for sku in ("RED", "BLUE"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
        desk.feed(f.StockLevel(sales_channel=CHANNEL, sku=sku, available=9, updated_at=desk.at))
    desk.place(line(1, 2, 2000, sku="RED", parent_sku="SHIRT", **fields), captured=2000)
    if shipped:
        desk.ships(2)
    submitted_case(desk, request)
    assert desk.send(c.AssignCase, case_id=CASE, assignee="ann").accepted
    return desk


def seen(desk: Desk) -> Seen:
    """The state of the case's line, whom the case waits for, and its attention."""
    case = desk.case(CASE)
    return str(case.lines[LINE].state), case.blocked_by and str(case.blocked_by), case.attention


def story(desk: Desk, *steps: Callable[[Desk], Any]) -> list[Seen]:
    """What the line looks like after each step."""
    found = []
    for step in steps:
        step(desk)
        found.append(seen(desk))
    return found
