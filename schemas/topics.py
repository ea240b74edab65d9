"""The topics of contract.md 2: direction, key, records, and how large a message may be."""

from dataclasses import dataclass
from typing import Final, Literal

ORDERS: Final = "commerce.orders.v1"
CHECKOUTS: Final = "commerce.checkouts.v1"
PRODUCTS: Final = "commerce.products.v1"
STOCK: Final = "commerce.stock.v1"
WAREHOUSE_STATUS: Final = "warehouse.status.v1"
SOURCES: Final = "warehouse.sources.v1"
PAYMENT_EVENTS: Final = "payments.events.v1"
NOTICE_RECEIPTS: Final = "notifications.receipts.v1"
COMMANDS: Final = "ordercase.commands.v1"
CASES: Final = "ordercase.cases.v1"
ORDER_STATES: Final = "ordercase.order-states.v1"
CANCELLATIONS: Final = "ordercase.cancellations.v1"
CHANGES: Final = "ordercase.changes.v1"
RETURNS: Final = "ordercase.returns.v1"
REFUNDS: Final = "ordercase.refunds.v1"
NEW_ORDERS: Final = "ordercase.orders.v1"
EXCHANGES: Final = "ordercase.exchanges.v1"
PAYMENT_REQUESTS: Final = "payments.requests.v1"
NOTICES: Final = "ordercase.notices.v1"
REPLIES: Final = "ordercase.replies.v1"
DEAD_LETTERS: Final = "ordercase.dead-letters.v1"
OUTBOX_POSITION: Final = "ordercase.outbox-position"

KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Topic:
    """`records` are the contract's names, without the leading `ordercase.`. `max_bytes` caps a value before decoding.

    `own`: written and read by the worker alone. `key` says in words what the key is.
    """

    name: str
    direction: Literal["in", "out", "own"]
    key: str
    records: tuple[str, ...] = ()
    compact: bool = False
    max_bytes: int = 256 * KIB

    @property
    def compatibility(self) -> str:
        """The registry's compatibility level for the topic's subjects."""
        return "BACKWARD_TRANSITIVE" if self.name == COMMANDS else "FULL_TRANSITIVE"


_COMMANDS: Final = (
    "OpenCase", "EditCase", "AddCaseLines", "RemoveCaseLines", "CancelCaseLine", "EditCaseLine", "SubmitCase",
    "CancelCase", "AssignCase", "AssignCaseLine", "RequestInformation", "InformationReceived", "ResolveCaseLine",
    "ResolveCase", "CloseCase", "RejectSolution", "AddTask", "AssignTask", "CompleteTask", "CancelTask", "AddComment",
    "ClearAttention", "RecordInteraction", "CancelOrder", "ChangeOrder", "WithdrawOrderChange", "CreateReturn",
    "ApproveReturn", "DenyReturn", "CancelReturn", "DecideReturnLine", "ApproveRefund", "CancelRefund", "RetryRefund",
    "ReleaseRefundOffline", "RetryVoid", "CreateAppeasement", "RefundPayment", "CreateExchange", "CancelExchange",
    "CreateReshipment", "CancelReshipment", "ResendNotice",
)  # fmt: skip

_NEW_ORDERS: Final = (
    "postsales.ExchangeOrderCreated", "postsales.ReshipmentOrderCreated",
    "postsales.OrderReleased", "postsales.OrderWithdrawn",
)  # fmt: skip

_WAREHOUSE: Final = (
    "warehouse.LineStatus", "warehouse.Shipment", "warehouse.CancellationAnswer", "warehouse.ReturnReceipt",
    "warehouse.ChangeAnswer",
)  # fmt: skip

_ALL: Final = (
    Topic(ORDERS, "in", "order", ("commerce.OrderEvent", "commerce.ChangeAnswer"), max_bytes=1024 * KIB),
    Topic(CHECKOUTS, "in", "checkout", ("commerce.CheckoutEvent",), max_bytes=1024 * KIB),
    Topic(PRODUCTS, "in", "sku", ("commerce.Product",), compact=True, max_bytes=64 * KIB),
    Topic(STOCK, "in", "channel:sku", ("commerce.StockLevel",), compact=True, max_bytes=64 * KIB),
    Topic(WAREHOUSE_STATUS, "in", "order", _WAREHOUSE),
    Topic(SOURCES, "in", "source", ("warehouse.Source",), compact=True, max_bytes=64 * KIB),
    Topic(PAYMENT_EVENTS, "in", "order or checkout", ("payments.PaymentEvent",), max_bytes=64 * KIB),
    Topic(NOTICE_RECEIPTS, "in", "order or case id", ("notifications.NoticeReceipt",), max_bytes=64 * KIB),
    Topic(COMMANDS, "in", "case id, interaction id, checkout or order", tuple(f"commands.{name}" for name in _COMMANDS)),
    Topic(CASES, "out", "case id", ("cases.CaseChanged", "cases.TaskChanged"), max_bytes=1024 * KIB),
    Topic(ORDER_STATES, "out", "order", ("postsales.OrderStateChanged",), max_bytes=1024 * KIB),
    Topic(CANCELLATIONS, "out", "order", ("postsales.CancellationChanged",), max_bytes=1024 * KIB),
    Topic(CHANGES, "out", "order", ("postsales.OrderChangeChanged",), max_bytes=1024 * KIB),
    Topic(RETURNS, "out", "order", ("postsales.ReturnChanged",), max_bytes=1024 * KIB),
    Topic(REFUNDS, "out", "order with the money, else checkout", ("postsales.RefundChanged",), max_bytes=1024 * KIB),
    Topic(NEW_ORDERS, "out", "the new order", _NEW_ORDERS, max_bytes=1024 * KIB),
    Topic(EXCHANGES, "out", "the original order", ("postsales.ExchangeChanged", "postsales.ReshipmentChanged"),
          max_bytes=1024 * KIB),
    Topic(PAYMENT_REQUESTS, "out", "order with the money, else checkout", ("payments.PaymentRequest",)),
    Topic(NOTICES, "out", "order or case id", ("notifications.NoticeRequested",)),
    Topic(REPLIES, "out", "command id", ("replies.CommandResult",), max_bytes=1024 * KIB),
    Topic(DEAD_LETTERS, "out", "original key", max_bytes=1024 * KIB),
    Topic(OUTBOX_POSITION, "own", "none: never written"),
)  # fmt: skip

TOPICS: Final[dict[str, Topic]] = {topic.name: topic for topic in _ALL}
INBOUND: Final = tuple(topic.name for topic in _ALL if topic.direction == "in")
OF_ORDERS: Final = frozenset({ORDERS, WAREHOUSE_STATUS, PAYMENT_EVENTS})
"""Inbound topics whose key is an order's (payments: or a checkout's)."""
OUTBOUND: Final = tuple(topic.name for topic in _ALL if topic.direction == "out")
TOPIC_OF: Final[dict[str, str]] = {record: topic.name for topic in _ALL for record in topic.records}
"""Record → the one topic that it travels on."""


def subject(topic: str, record: str) -> str:
    """The registry's subject of a record on a topic: TopicRecordNameStrategy."""
    return f"{topic}-{full_name(record)}"


def full_name(record: str) -> str:
    """`commerce.Order` → `ordercase.commerce.Order`; a full name stays as it is."""
    return record if record.startswith("ordercase.") else f"ordercase.{record}"


def short_name(record: str) -> str:
    """`ordercase.commerce.Order` → `commerce.Order`, the name that the contract and this package use."""
    return record.removeprefix("ordercase.")
