"""What orders are judged against: products, stock, sources; and what stands beside them: interactions, notices, counters."""

from dataclasses import dataclass, field

from domain.actors import ActorRef
from domain.commands import Contact
from domain.vocabulary import ContactChannel, NoticeKind, NoticeStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFile:
    """`gone`: the shop withdrew it (a null value). `updated_at` µs; an older event has no effect."""

    sku: str
    parent_sku: str | None = None
    name: str | None = None
    image_url: str | None = None
    sellable: bool = False
    updated_at: int = -1
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFile:
    """Stock of a SKU in a sales channel. `available` None: unknown. `promised`: units per open exchange whose E order
    the shop has not confirmed by an event of its own."""

    sales_channel: str
    sku: str
    available: int | None = None
    updated_at: int = -1
    promised: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A warehouse or shop floor. `sales_channels` empty: all of them."""

    source_id: str
    name: str | None = None
    accepts_returns: bool = False
    sales_channels: tuple[str, ...] = ()
    updated_at: int = -1
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Who called, how, about what. No states."""

    interaction_id: str
    sales_channel: str
    channel: ContactChannel
    contact: Contact
    summary: str
    recorded_at: int
    recorded_by: ActorRef
    account_id: str | None = None
    order_id: str | None = None
    checkout_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail that somebody was asked to send. `status` None: not heard yet."""

    notice_id: str
    kind: NoticeKind
    recipient: str
    language: str
    sales_channel: str
    facts: dict[str, str]
    order_id: str | None = None
    case_id: str | None = None
    test: bool = False
    resent_of: str | None = None
    status: NoticeStatus | None = None
    status_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """The last number given of a series: "case", "rma", "credit_note:<channel>"."""

    series: str
    last: int = 0
