"""The order file: everything the worker knows of one order that decides something. One aggregate, one version."""

from dataclasses import dataclass, field

from domain.actors import ActorRef
from domain.cancellations import Cancellation
from domain.changes import OrderChange
from domain.exchanges import Exchange
from domain.facts import Line, Order
from domain.making import quickly_made
from domain.money import Amounts, Worth
from domain.payments import Operation
from domain.quantities import Units
from domain.refunds import Refund
from domain.reshipments import Reshipment
from domain.returns import Return


def order_key(sales_channel: str, order_id: str) -> str:
    """The identity of an order, and its Kafka key: `<sales_channel>:<order_id>`."""
    return f"{sales_channel}:{order_id}"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line as it was first sold (frozen), where its units are, and what is left of their worth.

    `value` is the gross after the line's own discount and its share of the order's; computed once, never again.
    `cancelled_spent` units in `cancelled` have spent their worth, which was `cancelled_worth` (gross).
    """

    sold: Line
    units: Units
    value: Amounts
    worth: Worth
    cancelled_spent: int = 0
    cancelled_worth: int = 0


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFile:
    """`order` is the shop's latest header (its `lines` and `payments` emptied; the frozen lines are in `lines`).

    `order` None: only named so far, by messages that wait. `revision` is the shop's last applied one (0: made by us).
    `root_id`: for E and R orders the order that the money belongs to; `made_by` the exchange or reshipment that made it.
    `concerns`: what the system is worried about now, with the id of the case it opened for it; `healed`: when (µs) each of
    them was over last; the days of one that a timer raises count anew from then.
    `shop_confirmed`: an event of the shop itself has named this order. `parcels`: "<shipment id>|<box>" already counted.
    `overdue`: the returns of which a person was told that their goods are late.
    """

    sales_channel: str
    order_id: str
    order: Order | None = None
    version: int = 0
    revision: int = -1
    created_at: int = 0
    created_by: ActorRef | None = None
    lines: dict[int, OrderLine] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()
    cancellations: dict[str, Cancellation] = field(default_factory=dict)
    changes: dict[str, OrderChange] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    reshipments: dict[str, Reshipment] = field(default_factory=dict)
    attention: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()
    parcels: tuple[str, ...] = ()
    receipts: tuple[str, ...] = ()
    root_id: str | None = None
    made_by: str | None = None
    hold: bool = False
    withdrawn: bool = False
    shop_confirmed: bool = False
    shop_cancelled: bool = False
    concerns: dict[str, str] = field(default_factory=dict)
    healed: dict[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return order_key(self.sales_channel, self.order_id)

    @property
    def known(self) -> bool:
        return self.order is not None

    @property
    def currency(self) -> str:
        return self.facts.currency

    @property
    def facts(self) -> Order:
        """The shop's header. Raises LookupError while the order is only named."""
        if self.order is None:
            raise LookupError(f"order {self.key} is not known yet")
        return self.order
