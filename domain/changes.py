"""A change of an order in flight: asked of the shop or the warehouse, field by field (domain.md 5a)."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from domain.actors import ActorRef
from domain.copying import replace
from domain.facts import Address
from domain.machine import ImpossibleStep, Table, step
from domain.vocabulary import AskedOf, ChangeField, OrderChangeState


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that is asked for. `line_number` None: the whole order. `confirmed` None: no answer yet."""

    field: ChangeField
    asked_of: AskedOf
    line_number: int | None = None
    current_quantity: int | None = None
    requested_quantity: int | None = None
    approved_quantity: int | None = None
    current_date: date | None = None
    requested_date: date | None = None
    approved_date: date | None = None
    current_address: Address | None = None
    requested_address: Address | None = None
    current_method: str | None = None
    requested_method: str | None = None
    shipping_id: str | None = None
    confirmed: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange:
    change_id: str
    state: OrderChangeState
    version: int
    created_at: int
    created_by: ActorRef
    asked_by: str
    fields: tuple[FieldChange, ...]
    reason: str
    case_id: str | None = None
    case_line_id: str | None = None
    policy_version: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRequested:
    change_id: str
    change: OrderChange


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """Shop and warehouse are asked now."""

    change_id: str


@dataclass(frozen=True, slots=True)
class ChangeAnswered:
    """`fields`: the whole fields after an answer, an order that shows what was asked, or a shipment that came first."""

    change_id: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class ChangeTimedOut:
    change_id: str


@dataclass(frozen=True, slots=True)
class ChangeWithdrawn:
    change_id: str


ChangeEvent = ChangeRequested | ChangeAsked | ChangeAnswered | ChangeTimedOut | ChangeWithdrawn

_S = OrderChangeState
OPEN: Final = (_S.ASKED, _S.TIMED_OUT)
_ENDED: Final = (_S.CONFIRMED, _S.PARTLY_CONFIRMED, _S.REFUSED)

NEXT: Final[Table[OrderChangeState]] = {
    (None, ChangeRequested): _S.REQUESTED,
    (_S.REQUESTED, ChangeAsked): _S.ASKED,
    (_S.ASKED, ChangeAnswered): (_S.ASKED, *_ENDED),
    (_S.ASKED, ChangeTimedOut): _S.TIMED_OUT,
    (_S.ASKED, ChangeWithdrawn): _S.WITHDRAWN,
    (_S.TIMED_OUT, ChangeAnswered): (_S.TIMED_OUT, *_ENDED),
    (_S.TIMED_OUT, ChangeWithdrawn): _S.WITHDRAWN,
}


def granted(field: FieldChange) -> bool:
    """Confirmed as it was asked for."""
    as_asked = field.approved_quantity in (None, field.requested_quantity)
    return bool(field.confirmed) and as_asked and field.approved_date in (None, field.requested_date)


def end_state(fields: tuple[FieldChange, ...], waiting: OrderChangeState) -> OrderChangeState:
    """What the answers amount to; `waiting` while a field has none."""
    if any(field.confirmed is None for field in fields):
        return waiting
    if not any(field.confirmed for field in fields):
        return _S.REFUSED
    return _S.CONFIRMED if all(field.confirmed for field in fields) else _S.PARTLY_CONFIRMED


def evolve(current: OrderChange | None, event: ChangeEvent) -> OrderChange:
    """The change after `event`, its version one higher. Raises ImpossibleStep outside the table."""
    if isinstance(event, ChangeRequested):
        step(NEXT, current.state if current else None, event)
        return event.change
    if current is None:
        raise ImpossibleStep(f"{type(event).__name__} of a change that does not exist")
    changes: dict[str, Any] = {}
    to: OrderChangeState | None = None
    if isinstance(event, ChangeAnswered):
        changes["fields"] = event.fields
        to = end_state(event.fields, current.state)
    return replace(current, state=step(NEXT, current.state, event, to), version=current.version + 1, **changes)
