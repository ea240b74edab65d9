"""A refund or appeasement: from the plan of its legs to the gateway's word for each (domain.md 7)."""

from dataclasses import dataclass
from typing import Final

from domain.actors import ActorRef
from domain.facts import Tax
from domain.machine import Table
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
    (_S.REVERSED, RefundRetried): _S.PENDING_RELEASE,
    (_S.REVERSED, RefundReleasedOffline): _S.RELEASED_OFFLINE,
}
