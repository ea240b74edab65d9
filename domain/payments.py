"""The payment state of an order or checkout: a fold over everything the gateways said (domain.md 3)."""

from dataclasses import dataclass
from typing import Final

from domain.vocabulary import PaymentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing a gateway said, as received. `amount_minor` > 0. Kept for ever: the fold is computed from all of them."""

    event_id: str
    occurred_at: int
    payment_ref: str
    gateway: str
    method: str
    kind: PaymentKind
    amount_minor: int
    currency: str
    gateway_reference: str | None = None
    operation_reference: str | None = None
    reason: str | None = None
    response: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What the fold says of one payment, in minor units. `captured_at` (µs) is its newest counted capture, else None."""

    payment_ref: str
    gateway: str
    method: str
    authorized: int = 0
    captured: int = 0
    voided: int = 0
    refunded: int = 0
    charged_back: int = 0
    authorized_at: int | None = None
    captured_at: int | None = None

    def left(self, pending: int) -> int:
        """What can still be given back: captured − refunded − pending − charged back, never below 0."""
        return max(0, self.raw_left(pending))

    def raw_left(self, pending: int) -> int:
        """The same uncut; negative means more went back than came."""
        return self.captured - self.refunded - pending - self.charged_back


AUTHORISE, CAPTURE, VOID, REFUND, CHARGEBACK = "authorise", "capture", "void", "refund", "chargeback"

ACTION: Final = {
    PaymentKind.AUTHORIZED: AUTHORISE,
    PaymentKind.AUTHORIZATION_FAILED: AUTHORISE,
    PaymentKind.CAPTURED: CAPTURE,
    PaymentKind.CAPTURE_FAILED: CAPTURE,
    PaymentKind.VOIDED: VOID,
    PaymentKind.VOID_FAILED: VOID,
    PaymentKind.REFUNDED: REFUND,
    PaymentKind.REFUND_FAILED: REFUND,
    PaymentKind.REFUND_REVERSED: REFUND,
    PaymentKind.CHARGED_BACK: CHARGEBACK,
    PaymentKind.CHARGEBACK_WON: CHARGEBACK,
}
SUCCESSES: Final = frozenset({PaymentKind.AUTHORIZED, PaymentKind.CAPTURED, PaymentKind.VOIDED, PaymentKind.REFUNDED,
                              PaymentKind.CHARGED_BACK})  # fmt: skip
