"""How a case follows the actions that were done for one of its lines, until the world has really done them (domain.md 4)."""

from collections.abc import Callable
from typing import Any, Final, Literal

from domain.cancellations import Cancellation
from domain.case_actions import Approved, action_moved
from domain.cases import CaseAction
from domain.changes import OrderChange
from domain.exchanges import Exchange
from domain.money import divide
from domain.order_evolve import REMEDIES
from domain.order_file import OrderFile
from domain.refunds import Refund
from domain.reshipments import Reshipment
from domain.returns import Return
from domain.run import Run, case_ref
from domain.vocabulary import (
    AskedOf,
    BlockedBy,
    CancellationState,
    ChangeField,
    EntityType,
    ExchangeState,
    LegState,
    OrderChangeState,
    RefundState,
    RefundType,
    ReshipmentState,
    ReturnState,
)
from domain.world import Changes, Step

End = Literal["accepted", "denied", "partial"] | None
Judged = tuple[End, BlockedBy | None]

_PAID: Final = (RefundState.RELEASED, RefundState.RELEASED_OFFLINE)
_BROKEN: Final = (RefundState.EXCEPTION, RefundState.PARTLY_RELEASED, RefundState.REVERSED)


def _cancellation(now: Cancellation, file: OrderFile) -> Judged:
    """Accepted when CONFIRMED and its money has really gone back."""
    match now.state:
        case CancellationState.CONFIRMED:
            return _money_of(now, file)
        case CancellationState.REFUSED:
            return "denied", None
        case CancellationState.PARTLY_CONFIRMED | CancellationState.TIMED_OUT:
            return "partial", None
    return None, BlockedBy.WAREHOUSE


def _money_of(now: Cancellation, file: OrderFile) -> Judged:
    refunds = [file.refunds[refund_id].state for refund_id in now.refund_ids]
    voids = [leg.state for leg in now.voids]
    if all(state in _PAID for state in refunds) and all(state is LegState.CONFIRMED for state in voids):
        return "accepted", None
    asked = RefundState.PENDING_RELEASE in refunds or LegState.SENT in voids
    broken = RefundState.CANCELLED in refunds or LegState.FAILED in voids
    return "partial" if broken and not asked else None, BlockedBy.GATEWAY if asked else None


def _return(now: Return, _file: OrderFile) -> Judged:
    if now.exchange_id or now.reshipment_id:
        return None, None
    waiting = now.state in (ReturnState.APPROVED, ReturnState.PARTLY_RECEIVED)
    ends: dict[ReturnState, End] = {ReturnState.SETTLED: "accepted", ReturnState.DENIED: "denied"}
    return ends.get(now.state), BlockedBy.WAREHOUSE if waiting else None


def _refund(now: Refund, _file: OrderFile) -> Judged:
    """The refund of a return or cancellation is a part of it; one that broke needs a person all the same."""
    if now.state in _BROKEN:
        return "partial", None
    whole = now.refund_type in (RefundType.APPEASEMENT, RefundType.CHECKOUT)
    end: End = "accepted" if whole and now.state in _PAID else None
    return end, BlockedBy.GATEWAY if now.state is RefundState.PENDING_RELEASE else None


def _change(now: OrderChange, _file: OrderFile) -> Judged:
    ends: dict[OrderChangeState, End] = {
        OrderChangeState.CONFIRMED: "accepted",
        OrderChangeState.REFUSED: "denied",
        OrderChangeState.PARTLY_CONFIRMED: "partial",
        OrderChangeState.TIMED_OUT: "partial",
    }
    if now.state is not OrderChangeState.ASKED:
        return ends.get(now.state), None
    of_shop = all(field.asked_of is AskedOf.SHOP for field in now.fields if field.confirmed is None)
    return None, BlockedBy.SHOP if of_shop else BlockedBy.WAREHOUSE


def _exchange(now: Exchange, _file: OrderFile) -> Judged:
    ends: dict[ExchangeState, End] = {
        ExchangeState.COMPLETED: "accepted",
        ExchangeState.DENIED: "denied",
        ExchangeState.CONVERTED_TO_REFUND: "partial",
    }
    waiting = now.state in (ExchangeState.ORDER_CREATED, ExchangeState.WAITING_GOODS, ExchangeState.SHIPPED)
    return ends.get(now.state), BlockedBy.WAREHOUSE if waiting else None


def _reshipment(now: Reshipment, _file: OrderFile) -> Judged:
    waiting = now.state in (ReshipmentState.ORDER_CREATED, ReshipmentState.SHIPPED)
    end: End = "accepted" if now.state is ReshipmentState.COMPLETED else None
    return end, BlockedBy.WAREHOUSE if waiting else None


_JUDGES: Final[dict[str, tuple[EntityType, Callable[[Any, OrderFile], Judged]]]] = {
    "cancellation_id": (EntityType.CANCELLATION, _cancellation),
    "change_id": (EntityType.CHANGE, _change),
    "return_id": (EntityType.RETURN, _return),
    "refund_id": (EntityType.REFUND, _refund),
    "exchange_id": (EntityType.EXCHANGE, _exchange),
    "reshipment_id": (EntityType.RESHIPMENT, _reshipment),
}
"""Id on a remedy's events → what it is, and what its state means for the case line that it was done for."""


def follow_in_case(step: Step, event: Any, run: Run) -> Changes:
    """Tells the case line that the remedy of this step was done for where it stands; its end moves the line."""
    key = _key_of(event)
    file = run.holder(step.ref)
    now = getattr(file, REMEDIES[key][0])[getattr(event, key)]
    yield from _tell(key, now, file, run)
    if isinstance(now, Refund) and now.cancellation_id and isinstance(file, OrderFile):
        yield from _tell("cancellation_id", file.cancellations[now.cancellation_id], file, run)


def _key_of(event: Any) -> str:
    return next(key for key, (_, events, _) in REMEDIES.items() if isinstance(event, events))


def _tell(key: str, now: Any, file: Any, run: Run) -> Changes:
    if not now.case_id or not now.case_line_id:
        return
    case = run.case(now.case_id)
    if case is None:
        return
    entity_type, judge = _JUDGES[key]
    end, blocked_by = judge(now, file)
    events = action_moved(
        case,
        now.case_line_id,
        CaseAction(entity_type, getattr(now, key), str(now.state)),
        outcome=end,
        blocked_by=blocked_by,
        auto_resolve=run.policy(case.sales_channel, case.policy_version).cases.auto_resolve_lines,
        approved=_approved(now, end, file),
    )
    for made in events:
        yield case_ref(now.case_id), made


def _approved(now: Any, end: End, file: OrderFile) -> Approved | None:
    """What an answer fills in: the unit price that an appeasement really brought about."""
    if isinstance(now, OrderChange):
        return _of_change(now)
    if isinstance(now, Refund) and now.refund_type is RefundType.APPEASEMENT and end == "accepted":
        line = file.lines[now.lines[0].line_number].sold
        return Approved(price_minor=divide(line.total_minor - now.lines[0].gross_minor, line.quantity))
    return None


def _of_change(change: OrderChange) -> Approved:
    """What shop and warehouse granted: the answer's own value, else what was asked for."""
    granted = {field.field: field for field in change.fields if field.confirmed}
    quantity, day = granted.get(ChangeField.QUANTITY), granted.get(ChangeField.DELIVERY_DATE)
    address, method = granted.get(ChangeField.ADDRESS), granted.get(ChangeField.SHIPPING_METHOD)
    return Approved(
        quantity=(quantity.approved_quantity or quantity.requested_quantity) if quantity else None,
        day=(day.approved_date or day.requested_date) if day else None,
        address=address.requested_address if address else None,
        shipping_method=method.requested_method if method else None,
    )
