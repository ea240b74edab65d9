"""Actions on orders that are done for a case: which case they may be done for, and what their end does to its lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from domain.case_context import Events
from domain.case_events import (
    CaseActionMoved,
    CaseAttentionCleared,
    CaseAttentionRaised,
    CaseEvent,
    CaseLineResolved,
)
from domain.case_file import OPEN_CASE, OPEN_LINE, Case, CaseAction, CaseLine, case_line_number
from domain.commands import ChangeRequest
from domain.copying import replace
from domain.facts import Address
from domain.refusals import Findings
from domain.vocabulary import BlockedBy, CaseState, EntityType

_E = EntityType

OVER: Final[Mapping[EntityType, frozenset[str]]] = {
    _E.CANCELLATION: frozenset({"CONFIRMED", "PARTLY_CONFIRMED", "REFUSED", "TIMED_OUT"}),
    _E.CHANGE: frozenset({"CONFIRMED", "PARTLY_CONFIRMED", "REFUSED", "TIMED_OUT", "WITHDRAWN"}),
    _E.RETURN: frozenset({"DENIED", "CANCELLED", "EXPIRED", "SETTLED"}),
    _E.REFUND: frozenset({"CANCELLED", "RELEASED", "RELEASED_OFFLINE"}),
    _E.EXCHANGE: frozenset({"DENIED", "COMPLETED", "CANCELLED", "CONVERTED_TO_REFUND"}),
    _E.RESHIPMENT: frozenset({"COMPLETED", "CANCELLED"}),
}
"""States in which nothing is asked of anybody any more: the action does not hold its line open.

TIMED_OUT is one of them although a late answer may still come: what it held is given back, and nobody is waited for.
"""

_HALF_DONE: Final = frozenset({"PARTLY_CONFIRMED", "TIMED_OUT", "PARTLY_RELEASED", "EXCEPTION", "REVERSED"})
PARTIAL: Final = "action_partial"
"""The attention code of an action that ended neither well nor refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What the answer to an action approved of what the line requests; None: the answer says nothing about it."""

    quantity: int | None = None
    day: date | None = None
    address: Address | None = None
    price_minor: int | None = None
    shipping_method: str | None = None


def is_open(action: CaseAction) -> bool:
    return action.state not in OVER.get(action.entity_type, frozenset())


def open_actions(case: Case, case_line_id: str | None = None) -> tuple[CaseAction, ...]:
    """The actions still under way, of one line or of all."""
    lines = case.lines.values() if case_line_id is None else [case.lines[case_line_id]]
    return tuple(action for line in lines for action in line.actions if is_open(action))


def check_action(
    findings: Findings,
    case: Case,
    *,
    sales_channel: str,
    order_id: str | None,
    checkout_id: str | None = None,
    case_line_id: str | None = None,
) -> None:
    """Adds why no action on this order (or, order None, this checkout) may be done for the case: `wrong_state` in
    DRAFT, CLOSED, CANCELLED, `wrong_scope` without a line on it, `unknown_line`. RESOLVED is allowed, moving nothing.
    """
    if case.state in (CaseState.DRAFT, CaseState.CLOSED, CaseState.CANCELLED):
        findings.add(
            "wrong_state", f"{case.case_number} is {case.state}; nothing is done on orders for a case in this state."
        )
    line = case.lines.get(case_line_id) if case_line_id else None
    if case_line_id and line is None:
        findings.add("unknown_line", f"{case.case_number} has no line {case_line_id}; name one that it has.")
    candidates = [line] if line else list(case.lines.values())
    fits = any(_is_on(case, each, order_id, checkout_id) for each in candidates)
    if case.sales_channel != sales_channel or not fits:
        what = f"order {order_id}" if order_id else f"checkout {checkout_id}"
        where = f"Line {case_line_number(case, line)}" if line else f"{case.case_number}"
        findings.add("wrong_scope", f"{where} is not about {what} of {sales_channel}; add a line for it to the case.")


def _is_on(case: Case, line: CaseLine, order_id: str | None, checkout_id: str | None) -> bool:
    return line.order_id == order_id if order_id else case.checkout_id == checkout_id


def action_moved(
    case: Case,
    case_line_id: str,
    action: CaseAction,
    *,
    outcome: Literal["accepted", "denied", "partial"] | None,
    blocked_by: BlockedBy | None,
    auto_resolve: bool,
    approved: Approved | None = None,
) -> Events:
    """What it means for the case that an action of this line began or reached another state.

    `outcome` None: not at its end, or only a part of a larger action whose end counts (the refund of a cancellation, the
    return of an exchange). `auto_resolve` is the policy's `auto_resolve_lines`. Nothing new about it: no events.
    """
    line = case.lines.get(case_line_id)
    if line is None or case.state in (CaseState.DRAFT, CaseState.CANCELLED):
        return ()
    told = replace(action, blocked_by=blocked_by, blocked_since=None)
    others = [each for each in line.actions if _key(each) != _key(action)]
    events: list[CaseEvent] = []
    request = filled(line.request, approved)
    if request != line.request or told not in [replace(each, blocked_since=None) for each in line.actions]:
        events.append(CaseActionMoved(case.case_id, case_line_id, told, None if request == line.request else request))
    events += _attention(case, action, outcome)
    if not auto_resolve or case.state not in OPEN_CASE or line.state not in OPEN_LINE:
        return tuple(events)
    if outcome == "accepted" or (outcome == "denied" and not any(is_open(each) for each in others)):
        events.append(CaseLineResolved(case.case_id, case_line_id, outcome == "accepted", by_action=told))
    return tuple(events)


def _key(action: CaseAction) -> tuple[EntityType, str]:
    return (action.entity_type, action.entity_id)


def _attention(case: Case, action: CaseAction, outcome: str | None) -> list[CaseEvent]:
    if case.state is CaseState.CLOSED or outcome is None:
        return []
    if outcome == "partial":
        return [] if PARTIAL in case.attention else [CaseAttentionRaised(case.case_id, PARTIAL)]
    others = (each for line in case.lines.values() for each in line.actions if _key(each) != _key(action))
    healed = PARTIAL in case.attention and not any(each.state in _HALF_DONE for each in others)
    return [CaseAttentionCleared(case.case_id, (PARTIAL,))] if healed else []


def filled(request: ChangeRequest | None, approved: Approved | None) -> ChangeRequest | None:
    """The request with the approved values that an answer brought; what it says nothing about stays."""
    if request is None or approved is None:
        return request
    return replace(
        request,
        approved_quantity=request.approved_quantity if approved.quantity is None else approved.quantity,
        approved_date=approved.day or request.approved_date,
        approved_address=approved.address or request.approved_address,
        approved_price_minor=request.approved_price_minor if approved.price_minor is None else approved.price_minor,
        approved_shipping_method=approved.shipping_method or request.approved_shipping_method,
    )
