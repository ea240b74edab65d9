"""A refund or appeasement: from the plan of its legs to the gateway's word for each (domain.md 7)."""

from dataclasses import dataclass
from typing import Any, Final

from domain.actors import ActorRef, Stamp
from domain.copying import replace
from domain.facts import Tax
from domain.machine import ImpossibleStep, Table, step
from domain.vocabulary import LegState, RefundState, RefundType


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One request to one payment: `leg_id` is the idempotency key and the operation_reference, kept over every retry."""

    leg_id: str
    payment_ref: str
    gateway: str
    method: str
    amount_minor: int
    state: LegState = LegState.PLANNED
    attempt: int = 0
    gateway_reference: str | None = None
    reason: str | None = None
    sent_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """What one order line gets back: net + tax = gross, `taxes` per rate."""

    line_number: int
    sku: str
    quantity: int
    net_minor: int
    tax_minor: int
    gross_minor: int
    product_name: str | None = None
    reason: str | None = None
    taxes: tuple[Tax, ...] = ()
    shipping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """amount = Σ lines.gross − fee − shortfall − voided = Σ legs that are not REPLACED (less what went offline)."""

    refund_id: str
    refund_type: RefundType
    state: RefundState
    version: int
    created_at: int
    created_by: ActorRef
    asked_by: str
    amount_minor: int
    currency: str
    lines: tuple[RefundLine, ...]
    legs: tuple[Leg, ...]
    shipping_minor: int = 0
    fee_minor: int = 0
    shortfall_minor: int = 0
    voided_minor: int = 0
    comment: str | None = None
    order_id: str | None = None
    for_order_id: str | None = None
    checkout_id: str | None = None
    return_id: str | None = None
    cancellation_id: str | None = None
    case_id: str | None = None
    case_line_id: str | None = None
    credit_note_number: str | None = None
    offline_reference: str | None = None
    policy_version: str = ""


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """A refund was planned; `refund` is its first state."""

    refund_id: str
    refund: Refund


@dataclass(frozen=True, slots=True)
class RefundSent:
    """Its legs go to the gateways, each for the first time."""

    refund_id: str


@dataclass(frozen=True, slots=True)
class RefundCancelled:
    refund_id: str


@dataclass(frozen=True, slots=True)
class LegConfirmed:
    """The gateway says the money of this leg went back."""

    refund_id: str
    leg_id: str
    gateway_reference: str | None
    credit_note_number: str | None = None


@dataclass(frozen=True, slots=True)
class LegFailed:
    refund_id: str
    leg_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class LegUnanswered:
    refund_id: str
    leg_id: str


@dataclass(frozen=True, slots=True)
class LegReversed:
    """Money that had gone back came in again."""

    refund_id: str
    leg_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class RefundRetried:
    """`leg_ids` are sent again with their keys; `replacements` are new legs for reversed ones: (old leg id, new leg)."""

    refund_id: str
    leg_ids: tuple[str, ...]
    replacements: tuple[tuple[str, Leg], ...] = ()


@dataclass(frozen=True, slots=True)
class RefundReleasedOffline:
    """A person paid what was not confirmed outside the gateways."""

    refund_id: str
    reference: str
    reason: str | None
    credit_note_number: str | None = None


RefundEvent = (
    RefundRequested | RefundSent | RefundCancelled | LegConfirmed | LegFailed | LegUnanswered | LegReversed
    | RefundRetried | RefundReleasedOffline
)  # fmt: skip

_S = RefundState
_BY_LEGS = (_S.PENDING_RELEASE, _S.RELEASED, _S.PARTLY_RELEASED, _S.EXCEPTION, _S.REVERSED)

NEXT: Final[Table[RefundState]] = {
    (None, RefundRequested): _S.REQUESTED,
    (_S.REQUESTED, RefundSent): _S.PENDING_RELEASE,
    (_S.REQUESTED, RefundCancelled): _S.CANCELLED,
    (_S.PENDING_RELEASE, LegConfirmed): _BY_LEGS,
    (_S.PENDING_RELEASE, LegFailed): _BY_LEGS,
    (_S.PENDING_RELEASE, LegUnanswered): _S.PENDING_RELEASE,
    (_S.PENDING_RELEASE, LegReversed): _BY_LEGS,
    (_S.PENDING_RELEASE, RefundRetried): _S.PENDING_RELEASE,
    (_S.PENDING_RELEASE, RefundReleasedOffline): _S.RELEASED_OFFLINE,
    (_S.EXCEPTION, LegConfirmed): _BY_LEGS,
    (_S.EXCEPTION, RefundRetried): _S.PENDING_RELEASE,
    (_S.EXCEPTION, RefundReleasedOffline): _S.RELEASED_OFFLINE,
    (_S.PARTLY_RELEASED, LegConfirmed): _BY_LEGS,
    (_S.PARTLY_RELEASED, LegReversed): _BY_LEGS,
    (_S.PARTLY_RELEASED, RefundRetried): _S.PENDING_RELEASE,
    (_S.PARTLY_RELEASED, RefundReleasedOffline): _S.RELEASED_OFFLINE,
    (_S.RELEASED, LegReversed): _BY_LEGS,
    (_S.REVERSED, LegConfirmed): _BY_LEGS,
    (_S.REVERSED, LegFailed): _BY_LEGS,
    (_S.REVERSED, LegReversed): _BY_LEGS,
    (_S.REVERSED, LegUnanswered): _S.REVERSED,
    (_S.REVERSED, RefundRetried): _S.PENDING_RELEASE,
    (_S.REVERSED, RefundReleasedOffline): _S.RELEASED_OFFLINE,
}

LIVE_LEGS: Final = (LegState.PLANNED, LegState.SENT, LegState.UNANSWERED, LegState.CONFIRMED)
"""Legs whose money counts as given: pending and unanswered count, failed and reversed do not."""

PENDING_LEGS: Final = (LegState.PLANNED, LegState.SENT, LegState.UNANSWERED)


def state_of(legs: tuple[Leg, ...]) -> RefundState:
    """What the legs amount to; those REPLACED do not count."""
    states = {leg.state for leg in legs if leg.state is not LegState.REPLACED}
    if LegState.REVERSED in states:
        return _S.REVERSED
    if states & {LegState.PLANNED, LegState.SENT, LegState.UNANSWERED}:
        return _S.PENDING_RELEASE
    if states == {LegState.CONFIRMED}:
        return _S.RELEASED
    return _S.EXCEPTION if states == {LegState.FAILED} else _S.PARTLY_RELEASED


def _sent(leg: Leg, stamp: Stamp) -> Leg:
    return replace(leg, state=LegState.SENT, attempt=leg.attempt + 1, sent_at=stamp.at)


def _legs_after(refund: Refund, event: RefundEvent, stamp: Stamp) -> tuple[Leg, ...]:
    def changed(leg_id: str, **changes: Any) -> tuple[Leg, ...]:
        return tuple(replace(leg, **changes) if leg.leg_id == leg_id else leg for leg in refund.legs)

    match event:
        case RefundSent():
            return tuple(_sent(leg, stamp) for leg in refund.legs)
        case LegConfirmed(_, leg_id, reference):
            return changed(leg_id, state=LegState.CONFIRMED, gateway_reference=reference, reason=None)
        case LegFailed(_, leg_id, reason):
            return changed(leg_id, state=LegState.FAILED, reason=reason)
        case LegUnanswered(_, leg_id):
            return changed(leg_id, state=LegState.UNANSWERED)
        case LegReversed(_, leg_id, reason):
            return changed(leg_id, state=LegState.REVERSED, reason=reason)
        case RefundRetried(_, again, replacements):
            old = dict(replacements)
            kept = tuple(
                _sent(leg, stamp) if leg.leg_id in again
                else replace(leg, state=LegState.REPLACED) if leg.leg_id in old
                else leg
                for leg in refund.legs
            )  # fmt: skip
            return kept + tuple(_sent(leg, stamp) for leg in old.values())
    return refund.legs


def evolve(current: Refund | None, event: RefundEvent, stamp: Stamp) -> Refund:
    """The refund after `event`, its version one higher. Raises ImpossibleStep outside the table."""
    if isinstance(event, RefundRequested):
        step(NEXT, current.state if current else None, event)
        return event.refund
    if current is None:
        raise ImpossibleStep(f"{type(event).__name__} of a refund that does not exist")
    changes: dict[str, Any] = {"legs": _legs_after(current, event, stamp)}
    match event:
        case LegConfirmed(credit_note_number=number) if number:
            changes["credit_note_number"] = number
        case RefundReleasedOffline(_, reference, _, number):
            changes["offline_reference"] = reference
            changes["credit_note_number"] = number or current.credit_note_number
    state = step(NEXT, current.state, event, state_of(changes["legs"]))
    return replace(current, state=state, version=current.version + 1, **changes)
