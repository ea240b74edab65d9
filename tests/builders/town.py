"""A small town for tests of the whole domain: what its shops sell, the policies they may have, and how it is chosen from.

Few orders, each awkward in its own way: amounts that do not divide, two tax rates, no tax, free lines, digital lines,
currencies with 0, 2 and 3 decimals, a discount on the whole, one that came out of a checkout.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from random import Random
from typing import Any, Final, TypeVar

from domain import commands as c
from domain import facts as f
from domain.checkouts import CheckoutFile
from domain.order_file import OrderFile
from domain.policy import (
    DAY,
    AutoRelease,
    CancelPolicy,
    CasePolicy,
    ExchangePolicy,
    NoticePolicy,
    Policies,
    Policy,
    RefundPolicy,
    ReturnPolicy,
)
from domain.vocabulary import OrderStatus, OrderType, ProductType
from tests.builders.desk import START, uid
from tests.builders.watched_worker import WatchedWorker

T = TypeVar("T")
P = ProductType
MIA: Final = c.Actor(id="mia", roles=("manager",), channels=("*",))
MAX: Final = c.Actor(id="max", roles=("manager",), channels=("*",))
OTHERS: Final = (
    c.Actor(id="ann", roles=("agent",), channels=("*",)),
    c.Actor(id="abe", roles=("approver",), channels=("*",)),
    c.Actor(id="val", roles=("viewer",), channels=("*",)),
    c.Actor(id="robot", roles=("system",), channels=("*",)),
    c.Actor(id="C-1", roles=("customer",), channels=("web-de",), accounts=("ACME",)),
    c.Actor(id="far", roles=("manager",), channels=("web-elsewhere",)),
)
SOURCES: Final = ("W1", "W2", "STORE")
SKUS: Final = ("SHIRT-M", "SHIRT-L", "SHIRT-XL", "MUG")


def _line(number: int, quantity: int, total: int, *taxes: tuple[str, int], **more: Any) -> f.Line:
    return f.Line(
        line_number=number,
        quantity=quantity,
        total_minor=total,
        unit_price_minor=total // quantity,
        taxes=tuple(f.Tax(type="VAT", rate=rate, amount_minor=amount) for rate, amount in taxes),
        **{"sku": f"SKU-{number}", "product_type": P.PHYSICAL, "source_id": "W1", **more},
    )


def _order(channel: str, order_id: str, currency: str, *lines: f.Line, **more: Any) -> f.Order:
    return f.Order(
        sales_channel=channel,
        order_id=order_id,
        order_type=OrderType.NORMAL,
        status=OrderStatus.NEW,
        placed_at=START,
        currency=currency,
        customer=f.Customer(customer_id="C-1", email="c1@example.org"),
        shipping_address=f.Address(name="Ada", street="Main 1", city="Berlin", country="DE"),
        lines=lines,
        **{"tax_included": True, **more},
    )


ORDERS: Final = (
    _order(
        "web-de", "1001", "EUR",
        _line(1, 3, 3998, ("0.19", 638), sku="SHIRT-M", parent_sku="SHIRT"),
        _line(2, 2, 1001, ("0.07", 33), ("0.05", 20)),
        _line(3, 1, 500, product_type=P.VIRTUAL),
        _line(9, 1, 495, ("0.19", 79), product_type=P.SHIPPING, sku="SHIPPING"),
        order_discount_minor=333, checkout_id="K1", account_id="ACME",
    ),
    _order(
        "web-de", "1002", "EUR",
        _line(1, 1, 100, ("0.19", 16), final_sale=True),
        _line(2, 4, 0),
        _line(3, 5, 1999, ("0.19", 319), sku="SHIRT-M", parent_sku="SHIRT"),
        _line(9, 2, 301, ("0.19", 48), product_type=P.SHIPPING, sku="SHIPPING"),
        account_id="ACME",
    ),
    _order(
        "web-us", "1001", "USD",
        _line(1, 2, 2163, ("0.0815", 163), sku="SHIRT-M", parent_sku="SHIRT"),
        _line(2, 1, 999, ("0.0815", 75), product_type=P.SERVICE),
        tax_included=False,
    ),
    _order(
        "web-us", "2001", "JPY",
        _line(1, 7, 1000, sku="SHIRT-M", parent_sku="SHIRT"),
        _line(2, 1, 500, product_type=P.SHIPPING, sku="SHIPPING"),
        order_discount_minor=10,
    ),
    _order("web-us", "2002", "KWD", _line(1, 3, 12345, ("0.05", 588)), _line(2, 2, 1, product_type=P.BUNDLE)),
)  # fmt: skip
CHECKOUTS: Final = (("web-de", "K1"), ("web-de", "K2"))
"""K1 becomes order 1001 when that comes; K2 never becomes one."""


def added(number: int, original: int | None) -> f.Line:
    """A line that a shop adds later, for more of another one."""
    return _line(number, 1, 250, ("0.19", 40), original_line_number=original)


_MANUAL: Final = Policy(
    returns=ReturnPolicy(auto_approve=False, window=20 * DAY, damaged="part:40"),
    refunds=RefundPolicy(
        auto_release=AutoRelease(return_=False, cancellation=False, appeasement=False, checkout=False)
    ),
    cases=CasePolicy(groups={"orders": ("mia", "max"), "money": ("ann",)}),
)
_AT_THE_DOOR: Final = Policy(
    cancel=CancelPolicy(direct_at_warehouse=True, refund_on_shop_cancel=True),
    returns=ReturnPolicy(damaged="reject", restocking_fee={"EUR": 150, "JPY": 100, "USD": 99999}, choose_source=True),
    refunds=RefundPolicy(at="RECEIVED", second_person_above={"EUR": 1000, "JPY": 300}, leg_order=("oldest",)),
    exchanges=ExchangePolicy(mode="HOLD"),
    notices=NoticePolicy(internal_recipient="money@example.org", off=("CASE_COMMENT",)),
)
_WAITING: Final = Policy(
    cancel=CancelPolicy(statuses=("NEW", "RECEIVED", "ONHOLD", "LOGISTICS", "PARTIALLY_COMPLETE")),
    returns=ReturnPolicy(manual_if_not_received=True, self_approval=True, damaged="accept"),
    refunds=RefundPolicy(at="RECEIVED", shipping="never", auto_release=AutoRelease(return_=False)),
    cases=CasePolicy(auto_resolve_lines=False, sla={}),
)
POLICIES: Final = (
    Policies(),
    Policies(version="manual", default=_MANUAL),
    Policies(version="door", default=_AT_THE_DOOR),
    Policies(version="waiting", default=_WAITING),
    Policies(version="both", default=_MANUAL, channels={"web-us": _AT_THE_DOOR}),
    Policies(
        version="held",
        default=replace(_MANUAL, exchanges=ExchangePolicy(mode="HOLD"), refunds=RefundPolicy(at="RECEIVED")),
    ),
)


@dataclass
class Town:
    """A worker, and what there is to choose from. `chance` decides: seeded anew for each input, so that an input can be
    left out of a failing story without the others becoming other ones."""

    worker: WatchedWorker
    chance: Random
    sent: int = 0

    def number(self, least: int, most: int) -> int:
        return self.chance.randint(least, max(least, most))

    def one(self, things: Sequence[T]) -> T:
        return things[self.number(0, len(things) - 1)]

    def rarely(self) -> bool:
        return self.chance.random() < 0.03

    def some(self, things: Sequence[T], most: int = 3) -> list[T]:
        """One to `most` of them, each once, in their order."""
        chosen = set(self.chance.sample(range(len(things)), min(len(things), self.number(1, most))))
        return [thing for index, thing in enumerate(things) if index in chosen]

    def some_order(self) -> OrderFile | None:
        """An order that is there; rarely none."""
        return self.one(self.orders) if self.orders and not self.rarely() else None

    def some_id(self, known: Sequence[str]) -> str:
        """One of these ids; rarely one that nobody knows."""
        return self.one(known) if known and not self.rarely() else self.name("unknown")

    def name(self, what: str) -> str:
        """A new uuid."""
        self.sent += 1
        return uid(f"{what} {self.sent}")

    @property
    def orders(self) -> list[OrderFile]:
        return [file for file in self.worker.all_of(OrderFile) if file.known]

    @property
    def money(self) -> list[OrderFile | CheckoutFile]:
        """Whatever holds money."""
        return [*self.orders, *self.checkouts]

    @property
    def checkouts(self) -> list[CheckoutFile]:
        return self.worker.all_of(CheckoutFile)

    def happened(self) -> int:
        """When something happened (µs): now, or some time ago."""
        return self.worker.at - self.one((0, 0, 0, 60, 7200, 3 * 86400)) * 1_000_000

    def fact(self, kind: type[Any], /, **fields: Any) -> Any:
        fields.setdefault("occurred_at", self.happened())
        return kind(event_id=self.name("event"), **fields)


def spoken(part: Any) -> str:
    """A message in few words: what it is, and what in it is not as it would be anyway."""
    if isinstance(part, f.Order):
        lines = ", ".join(f"{line.line_number}×{line.quantity}" for line in part.lines)
        return f"{part.sales_channel}:{part.order_id} {part.status} [{lines}]"
    if isinstance(part, c.Actor):
        return part.id
    if isinstance(part, tuple):
        return f"({', '.join(map(spoken, part))})"
    if not is_dataclass(part):
        return str(part)
    said = {field.name: getattr(part, field.name) for field in fields(part)}
    told = [f"{each.name}={spoken(said[each.name])}" for each in fields(part) if said[each.name] != each.default]
    return f"{type(part).__name__}({', '.join(told)})"


Make = Callable[[Town], dict[str, Any]]
"""What a sender puts into one kind of command."""
