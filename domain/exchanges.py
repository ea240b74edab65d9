"""An exchange: the originals come back, an order "E" of a sibling goes out, no money moves (domain.md 8)."""

from dataclasses import dataclass
from typing import Any, Final

from domain.actors import ActorRef
from domain.copying import replace
from domain.facts import Address
from domain.machine import ImpossibleStep, Table, step
from domain.vocabulary import ExchangeMode, ExchangeState


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLine:
    line_number: int
    quantity: int
    sku: str
    new_sku: str
    reason: str
    new_line_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    exchange_id: str
    state: ExchangeState
    version: int
    created_at: int
    created_by: ActorRef
    asked_by: str
    mode: ExchangeMode
    lines: tuple[ExchangeLine, ...]
    comment: str | None = None
    new_shipping_method: str | None = None
    new_shipping_address: Address | None = None
    new_order_id: str | None = None
    return_id: str | None = None
    shipped_whole: bool = False
    case_id: str | None = None
    case_line_id: str | None = None
    policy_version: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeRequested:
    exchange_id: str
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class ExchangeApproved:
    exchange_id: str


@dataclass(frozen=True, slots=True)
class ExchangeDenied:
    exchange_id: str


@dataclass(frozen=True, slots=True)
class ExchangeOrderMade:
    """ADVANCE: the E order is out and may ship."""

    exchange_id: str
    new_order_id: str


@dataclass(frozen=True, slots=True)
class ExchangeWaits:
    """HOLD: the E order is published with hold until the originals are back and accepted."""

    exchange_id: str
    new_order_id: str


@dataclass(frozen=True, slots=True)
class ExchangeReleased:
    exchange_id: str


@dataclass(frozen=True, slots=True)
class ExchangeConverted:
    """No exchange any more: the accepted units are refunded instead."""

    exchange_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExchangeShipped:
    """A first, or another, unit of E left; `whole` when all of E has."""

    exchange_id: str
    whole: bool


@dataclass(frozen=True, slots=True)
class ExchangeOverdue:
    exchange_id: str


@dataclass(frozen=True, slots=True)
class ExchangeCompleted:
    exchange_id: str


@dataclass(frozen=True, slots=True)
class ExchangeCancelled:
    exchange_id: str
    reason: str | None


ExchangeEvent = (
    ExchangeRequested | ExchangeApproved | ExchangeDenied | ExchangeOrderMade | ExchangeWaits | ExchangeReleased
    | ExchangeConverted | ExchangeShipped | ExchangeOverdue | ExchangeCompleted | ExchangeCancelled
)  # fmt: skip

_S = ExchangeState
OPEN: Final = (_S.REQUESTED, _S.APPROVED, _S.WAITING_GOODS, _S.ORDER_CREATED, _S.SHIPPED, _S.OVERDUE)

NEXT: Final[Table[ExchangeState]] = {
    (None, ExchangeRequested): _S.REQUESTED,
    (_S.REQUESTED, ExchangeApproved): _S.APPROVED,
    (_S.REQUESTED, ExchangeDenied): _S.DENIED,
    (_S.APPROVED, ExchangeOrderMade): _S.ORDER_CREATED,
    (_S.APPROVED, ExchangeWaits): _S.WAITING_GOODS,
    (_S.WAITING_GOODS, ExchangeReleased): _S.ORDER_CREATED,
    (_S.WAITING_GOODS, ExchangeConverted): _S.CONVERTED_TO_REFUND,
    (_S.ORDER_CREATED, ExchangeShipped): _S.SHIPPED,
    (_S.SHIPPED, ExchangeShipped): _S.SHIPPED,
    (_S.OVERDUE, ExchangeShipped): _S.OVERDUE,
    (_S.ORDER_CREATED, ExchangeOverdue): _S.OVERDUE,
    (_S.SHIPPED, ExchangeOverdue): _S.OVERDUE,
    (_S.SHIPPED, ExchangeCompleted): _S.COMPLETED,
    (_S.OVERDUE, ExchangeCompleted): _S.COMPLETED,
    **{(state, ExchangeCancelled): _S.CANCELLED for state in OPEN},
}


def evolve(current: Exchange | None, event: ExchangeEvent) -> Exchange:
    """The exchange after `event`, its version one higher. Raises ImpossibleStep outside the table."""
    if isinstance(event, ExchangeRequested):
        step(NEXT, current.state if current else None, event)
        return event.exchange
    if current is None:
        raise ImpossibleStep(f"{type(event).__name__} of an exchange that does not exist")
    changes: dict[str, Any] = {}
    match event:
        case ExchangeOrderMade(_, new_order_id) | ExchangeWaits(_, new_order_id):
            changes["new_order_id"] = new_order_id
            changes["lines"] = tuple(
                replace(line, new_line_number=number) for number, line in enumerate(current.lines, 1)
            )
        case ExchangeShipped(_, whole):
            changes["shipped_whole"] = whole
    return replace(current, state=step(NEXT, current.state, event), version=current.version + 1, **changes)
