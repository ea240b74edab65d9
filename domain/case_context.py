"""What a command on a case is decided in, beside the case itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from domain.actors import ActorRef
from domain.case_events import CaseEvent, TaskEvent
from domain.identity import Ids
from domain.order_file import OrderFile
from domain.policy import Policy
from domain.reference_data import Interaction

Events = tuple[CaseEvent | TaskEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseContext:
    """`at` in µs UTC. `policy` is the one of the case's sales channel.

    `case_number` hands out the next number; it is called once, and only when a case is really opened.
    `orders`: the order files of those that the command and the case name, by order id, all of the case's channel.
    `checkout_known`, `checkout_account`, `interaction`: whether the checkout that OpenCase names is known, whose it is, and the
    interaction that it names.
    """

    at: int
    actor: ActorRef
    ids: Ids
    policy: Policy
    case_number: Callable[[], str]
    orders: Mapping[str, OrderFile] = field(default_factory=dict)
    checkout_known: bool = False
    checkout_account: str | None = None
    interaction: Interaction | None = None
    is_customer: bool = False
    policy_version: str = ""

    def order(self, order_id: str | None) -> OrderFile | None:
        """The order with this id, if it is known: one that is only named by messages that wait is not."""
        file = self.orders.get(order_id) if order_id else None
        return file if file and file.known else None

    def account(self, *order_ids: str | None) -> str | None:
        """The account of the first of these orders that is known."""
        return next((account_of(order) for key in order_ids if (order := self.order(key))), None)


def account_of(order: OrderFile) -> str:
    """The account that an order belongs to: the shop's account, else the customer. The order is known."""
    return order.facts.account_id or order.facts.customer.customer_id
