"""What shops, warehouses, gateways and notifiers say happened: contract.md 3, as values.

Fields and names are the contract's. Times are µs since 1970 UTC, amounts minor units of the document's currency.
"""

from dataclasses import dataclass, field
from datetime import date

from domain.vocabulary import (
    ChangeField,
    CheckoutKind,
    NoticeStatus,
    OrderEventKind,
    OrderStatus,
    OrderType,
    PaymentKind,
    ProductType,
    ReceiptOutcome,
    UnitStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where something goes. Not validated beyond what a command says."""

    name: str | None = None
    street: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who bought. A person's data: never in keys, headers, logs."""

    customer_id: str
    type: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipping:
    """One of several deliveries of an order; none: the order's one address and method."""

    shipping_id: str
    address: Address | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPayment:
    """For display until a payment event speaks: what is authorised, captured, refunded comes from those only."""

    payment_ref: str
    gateway: str
    method: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """A tax of a whole line; `rate` as text, "0.19"."""

    type: str
    rate: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as the shop sold it; `total_minor` is the gross of all its units after its own discount."""

    line_number: int
    original_line_number: int | None = None
    sku: str
    parent_sku: str | None = None
    product_name: str | None = None
    image_url: str | None = None
    product_type: ProductType
    parent_line_number: int | None = None
    shipping_id: str | None = None
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    taxes: tuple[Tax, ...] = ()
    total_minor: int
    source_id: str | None = None
    promised_date: date | None = None
    final_sale: bool = False
    custom_attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A whole order. `order_discount_minor` is on the whole and not in the lines yet."""

    sales_channel: str
    order_id: str
    order_type: OrderType
    original_order_id: str | None = None
    checkout_id: str | None = None
    account_id: str | None = None
    account_name: str | None = None
    store: str | None = None
    vat_country: str | None = None
    status: OrderStatus
    status_reason: str | None = None
    placed_at: int
    currency: str
    tax_included: bool
    language: str = "en"
    test: bool = False
    customer: Customer
    billing_address: Address | None = None
    shipping_address: Address | None = None
    shipping_method: str | None = None
    shippings: tuple[Shipping, ...] = ()
    order_discount_minor: int = 0
    lines: tuple[Line, ...] = ()
    payments: tuple[OrderPayment, ...] = ()
    custom_attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAnswerField:
    """What was said to one field that was asked for; `line_number` None: the whole order."""

    field: ChangeField
    line_number: int | None = None
    confirmed: bool
    approved_quantity: int | None = None
    approved_date: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLine:
    """`quantity` is the number of units that this very event speaks about."""

    line_number: int
    quantity: int
    status: UnitStatus
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLine:
    """Units of a line in a box."""

    line_number: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One box of a shipment, known by the shipment and its number."""

    box_number: str
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_link: str | None = None
    comment: str | None = None
    lines: tuple[PackageLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationAnswerLine:
    """Units that the warehouse stopped, and that it could not stop. Answers add up."""

    line_number: int
    confirmed: int
    refused: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """Units that came back; by line number, else by SKU."""

    line_number: int | None = None
    sku: str | None = None
    quantity: int
    outcome: ReceiptOutcome
    condition: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every event from outside carries. `event_id` is what de-duplicates."""

    event_id: str
    occurred_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact(Fact):
    """A fact about one order."""

    sales_channel: str
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(Fact):
    """The shop's word: every kind carries the whole order and is an upsert; `revision` rises with each."""

    kind: OrderEventKind
    revision: int
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAnswer(OrderFact):
    """A shop's answer to a change that was asked of it."""

    change_id: str
    answers: tuple[ChangeAnswerField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseChangeAnswer(ChangeAnswer):
    """The same answer, given by a warehouse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutEvent(Fact):
    """The shop's word about a checkout."""

    kind: CheckoutKind
    revision: int
    sales_channel: str
    checkout_id: str
    order_id: str | None = None
    account_id: str | None = None
    currency: str
    customer: Customer
    lines: tuple[Line, ...] = ()
    payments: tuple[OrderPayment, ...] = ()
    failure_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What a SKU is; the newest `updated_at` wins."""

    sku: str
    parent_sku: str | None = None
    name: str | None = None
    image_url: str | None = None
    sellable: bool
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevel:
    """Units available of a SKU in a sales channel; the newest `updated_at` wins."""

    sales_channel: str
    sku: str
    available: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStatus(OrderFact):
    """What a warehouse did with units of lines."""

    source_id: str | None = None
    lines: tuple[StatusLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment(OrderFact):
    """Boxes that left the house. A repeated box replaces its tracking and moves nothing."""

    shipment_id: str
    source_id: str | None = None
    packages: tuple[Package, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationAnswer(OrderFact):
    """A warehouse's answer to a cancellation; it may come in parts."""

    cancellation_id: str
    source_id: str | None = None
    lines: tuple[CancellationAnswerLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReceipt(OrderFact):
    """Goods that came back. `rma` None: nobody announced them. `complete`: no more to come."""

    receipt_id: str
    rma: str | None = None
    source_id: str | None = None
    lines: tuple[ReceiptLine, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A warehouse or shop floor; `sales_channels` empty: all of them."""

    source_id: str
    name: str | None = None
    accepts_returns: bool
    sales_channels: tuple[str, ...] = ()
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent(Fact):
    """About an order, a checkout, or both: at least one of the two ids is set."""

    sales_channel: str
    order_id: str | None = None
    checkout_id: str | None = None
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
class NoticeReceipt(Fact):
    """Whether a mail that we asked for went out."""

    notice_id: str
    status: NoticeStatus
    recipient: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductGone:
    """The shop withdrew the product (a null value under its SKU)."""

    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceGone:
    """The source is no more (a null value under its id)."""

    source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockUnknown:
    """Nothing is known of the stock any more (a null value under channel and SKU)."""

    sales_channel: str
    sku: str
