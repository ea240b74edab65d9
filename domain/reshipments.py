"""A reshipment: the same items again, free of charge, as an order "R" (domain.md 8)."""

from dataclasses import dataclass
from typing import Any, Final

from domain.actors import ActorRef, Stamp
from domain.copying import replace
from domain.facts import Address
from domain.machine import ImpossibleStep, Table, step
from domain.quantities import Bucket
from domain.vocabulary import ReshipmentState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReshipmentLine:
    """`held`: the buckets whose units R replaces, for giving them back."""

    line_number: int
    quantity: int
    sku: str
    reason: str
    new_line_number: int | None = None
    held: tuple[tuple[Bucket, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshipment:
    reshipment_id: str
    state: ReshipmentState
    version: int
    created_at: int
    created_by: ActorRef
    asked_by: str
    lines: tuple[ReshipmentLine, ...]
    take_back: bool = False
    comment: str | None = None
    new_order_id: str | None = None
    return_id: str | None = None
    shipped_at: int | None = None
    shipping_method: str | None = None
    shipping_address: Address | None = None
    case_id: str | None = None
    case_line_id: str | None = None
    policy_version: str = ""


@dataclass(frozen=True, slots=True)
class ReshipmentRequested:
    reshipment_id: str
    reshipment: Reshipment


@dataclass(frozen=True, slots=True)
class ReshipmentOrderMade:
    reshipment_id: str
    new_order_id: str


@dataclass(frozen=True, slots=True)
class ReshipmentShipped:
    reshipment_id: str


@dataclass(frozen=True, slots=True)
class ReshipmentCompleted:
    reshipment_id: str


@dataclass(frozen=True, slots=True)
class ReshipmentCancelled:
    reshipment_id: str
    reason: str | None


ReshipmentEvent = (
    ReshipmentRequested | ReshipmentOrderMade | ReshipmentShipped | ReshipmentCompleted | ReshipmentCancelled
)

_S = ReshipmentState
OPEN: Final = (_S.REQUESTED, _S.ORDER_CREATED, _S.SHIPPED)

NEXT: Final[Table[ReshipmentState]] = {
    (None, ReshipmentRequested): _S.REQUESTED,
    (_S.REQUESTED, ReshipmentOrderMade): _S.ORDER_CREATED,
    (_S.ORDER_CREATED, ReshipmentShipped): _S.SHIPPED,
    (_S.SHIPPED, ReshipmentCompleted): _S.COMPLETED,
    (_S.ORDER_CREATED, ReshipmentCancelled): _S.CANCELLED,
    (_S.SHIPPED, ReshipmentCancelled): _S.CANCELLED,
}


def evolve(current: Reshipment | None, event: ReshipmentEvent, stamp: Stamp) -> Reshipment:
    """The reshipment after `event`, its version one higher. Raises ImpossibleStep outside the table."""
    if isinstance(event, ReshipmentRequested):
        step(NEXT, current.state if current else None, event)
        return event.reshipment
    if current is None:
        raise ImpossibleStep(f"{type(event).__name__} of a reshipment that does not exist")
    changes: dict[str, Any] = {}
    if isinstance(event, ReshipmentShipped):
        changes["shipped_at"] = stamp.happened_at or stamp.at
    if isinstance(event, ReshipmentOrderMade):
        changes["new_order_id"] = event.new_order_id
        changes["lines"] = tuple(replace(line, new_line_number=number) for number, line in enumerate(current.lines, 1))
    return replace(current, state=step(NEXT, current.state, event), version=current.version + 1, **changes)
