"""A checkout: payments and cases may speak of it before there is an order, or when there never is one (domain.md 4)."""

from dataclasses import dataclass, field
from typing import Any, Final, get_args

from domain import order_events as e
from domain.actors import ActorRef, Stamp
from domain.cancellations import Cancellation
from domain.copying import replace
from domain.facts import CheckoutEvent, Customer
from domain.order_evolve import EVOLVE
from domain.order_file import OrderLine, order_key
from domain.payments import Operation
from domain.refunds import Refund, RefundEvent
from domain.vocabulary import CheckoutKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutFile:
    """What is known of a checkout. Like an order file it holds payments and refunds; it has neither lines nor units.

    `kind` None: only payments have named it. `order_id`: the order that it became, to which its payments belong since.
    `currency` is the shop's, else that of the first payment. `total_minor`: gross of its lines.
    """

    sales_channel: str
    checkout_id: str
    kind: CheckoutKind | None = None
    revision: int = -1
    created_at: int = 0
    created_by: ActorRef | None = None
    currency: str = ""
    account_id: str | None = None
    customer: Customer | None = None
    total_minor: int = 0
    order_id: str | None = None
    operations: tuple[Operation, ...] = ()
    refunds: dict[str, Refund] = field(default_factory=dict)
    attention: tuple[str, ...] = ()
    case_ids: tuple[str, ...] = ()
    concerns: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return order_key(self.sales_channel, self.checkout_id)

    @property
    def lines(self) -> dict[int, OrderLine]:
        return {}

    @property
    def cancellations(self) -> dict[str, Cancellation]:
        return {}

    @property
    def account(self) -> str | None:
        """The account that it belongs to: the shop's account, else the customer."""
        return self.account_id or (self.customer.customer_id if self.customer else None)


@dataclass(frozen=True, slots=True)
class CheckoutSeen:
    """The shop's word about a checkout."""

    checkout: CheckoutEvent


@dataclass(frozen=True, slots=True)
class CheckoutJoined:
    """It became an order: its payments were taken into that."""

    order_id: str


@dataclass(frozen=True, slots=True)
class CheckoutCaseLinked:
    """A case was opened on it."""

    case_id: str


def _seen(file: CheckoutFile, event: CheckoutSeen, stamp: Stamp) -> CheckoutFile:
    said = event.checkout
    new = file.kind is None and not file.operations
    return replace(
        file,
        kind=said.kind,
        revision=said.revision,
        created_at=stamp.at if new else file.created_at,
        created_by=stamp.actor if new else file.created_by,
        currency=said.currency,
        account_id=said.account_id,
        customer=said.customer,
        total_minor=sum(line.total_minor for line in said.lines),
    )


def _paid(file: CheckoutFile, event: e.PaymentHeard, stamp: Stamp) -> CheckoutFile:
    made: CheckoutFile = EVOLVE[e.PaymentHeard](file, event, stamp)  # type: ignore[arg-type, assignment]
    return replace(made, currency=made.currency or event.operation.currency)


_SHARED: Final = (e.ConcernRaised, e.ConcernOpened, e.ConcernHealed, e.AttentionRaised, e.AttentionCleared, e.Noted, e.LegsSent, e.NoticeAsked, e.NoticeAnswered, e.RemedyErased,
                  *get_args(RefundEvent))  # fmt: skip
EVOLVE_CHECKOUT: Final[dict[type[Any], Any]] = {
    CheckoutSeen: _seen,
    CheckoutJoined: lambda file, event, _stamp: replace(file, order_id=event.order_id),
    CheckoutCaseLinked: lambda file, event, _stamp: replace(file, case_ids=(*file.case_ids, event.case_id)),
    e.PaymentHeard: _paid,
    e.PersonErased: lambda file, _event, _stamp: file,
    **{event: EVOLVE[event] for event in _SHARED},
}


def evolve(file: CheckoutFile, event: object, stamp: Stamp) -> CheckoutFile:
    """The checkout after `event`. Payments, refunds and attention fold as they do in an order."""
    made: CheckoutFile = EVOLVE_CHECKOUT[type(event)](file, event, stamp)
    return made
