"""The shop: places orders, tells of products and stock, takes over the exchange and reshipment orders it is given."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ordercase.simulate.basket import CATALOGUE, OUTLET, SOLD_OUT, WITHDRAWN, Item, Market, Value, item

if TYPE_CHECKING:
    from ordercase.simulate.story import Story

ORDERS = "commerce.orders.v1"
PLENTY = 1_000_000
RETURNS = "WH-SOUTH"
"""The warehouse that takes back goods of the outlet, where one may choose."""


class Shop:
    """One story's shop. `orders` holds the latest whole order by id, since every event carries all of it."""

    def __init__(self, story: "Story") -> None:
        self.story = story
        self.orders: dict[str, Value] = {}
        self.revisions: dict[str, int] = {}

    def place(self) -> None:
        """The customer's order is placed."""
        self.orders[self.story.order_id] = self._order()
        self._tell(self.story.order_id, "PLACED")

    def place_another(self, order_id: str) -> None:
        """The same customer orders the same again, not paid yet."""
        self.story.also(order_id)
        self.orders[order_id] = self._order() | {"order_id": order_id, "payments": []}
        self._tell(order_id, "PLACED")

    def update(self, order_id: str | None = None, **changed: object) -> None:
        """Something in the order's header is different now."""
        order_id = order_id or self.story.order_id
        self.orders[order_id] |= changed
        self._tell(order_id, "UPDATED")

    def cancel(self) -> None:
        """The shop cancels the order itself."""
        self.orders[self.story.order_id]["status"] = "CANCELLED"
        self._tell(self.story.order_id, "CANCELLED")

    def adds_units(self, number: int, quantity: int) -> Item:
        """More of a line: a line of its own, which names the one it was asked for."""
        old, order = self.story.basket.item(number), self.orders[self.story.order_id]
        thing = (old.sku, old.parent, *old.words, old.kind)
        more = item(self.story.market, len(order["lines"]) + 1, thing, quantity, old.price)
        self.update(lines=[*order["lines"], more.record() | {"original_line_number": number}])
        return more

    def answers(self, change: Value, *, confirmed: bool, quantity: int | None = None) -> None:
        """What the shop says to a change that it was asked for."""
        self.story.fact(
            ORDERS, "commerce.ChangeAnswer", self.story.order_id, change_answer(change, confirmed, quantity)
        )

    def starts_checkout(self) -> None:
        self._tell_checkout("STARTED")

    def fails_checkout(self) -> None:
        self._tell_checkout("FAILED", failure_reason="the customer left")

    def _tell_checkout(self, kind: str, **more: str) -> None:
        story = self.story
        checkout = str(story.checkout_id)
        self.revisions[checkout] = self.revisions.get(checkout, 0) + 1
        event = {"kind": kind, "revision": self.revisions[checkout], "sales_channel": story.market.channel,
                 "checkout_id": checkout, "account_id": story.account, "currency": story.market.currency,
                 "customer": story.customer, "lines": [line.record() for line in story.basket.items],
                 "payments": story.gateway.shown()} | more  # fmt: skip
        story.fact("commerce.checkouts.v1", "commerce.CheckoutEvent", checkout, event)

    def stale(self) -> None:
        """A belated copy of the first state under a new event id: the revision shows that it is old."""
        story = self.story
        order = self.orders[story.order_id] | {"status": "NEW"}
        story.fact(ORDERS, "commerce.OrderEvent", story.order_id, {"kind": "UPDATED", "revision": 1, "order": order})

    def take_over(self, order: Value) -> None:
        """An order that the worker made (E or R): the shop confirms it by an event of its own."""
        self.orders[order["order_id"]] = dict(order, status="RECEIVED")
        self._tell(order["order_id"], "PLACED")

    def _tell(self, order_id: str, kind: str) -> None:
        self.revisions[order_id] = self.revisions.get(order_id, 0) + 1
        event = {"kind": kind, "revision": self.revisions[order_id], "order": dict(self.orders[order_id])}
        self.story.fact(ORDERS, "commerce.OrderEvent", order_id, event)

    def _order(self) -> Value:
        story = self.story
        market = story.market
        address = {"name": story.customer["first_name"], "street": f"{story.number % 90 + 1} Long Street",
                   "city": "Springfield", "postcode": f"{10_000 + story.number % 80_000}",
                   "country": market.country}  # fmt: skip
        return {
            "sales_channel": market.channel,
            "order_id": story.order_id,
            "order_type": "NORMAL",
            "account_id": story.account,
            "checkout_id": story.checkout_id,
            "status": "NEW",
            "placed_at": story.now(),
            "currency": market.currency,
            "tax_included": market.tax_included,
            "language": market.language,
            "customer": story.customer,
            "billing_address": address,
            "shipping_address": address,
            "shipping_method": "standard",
            "order_discount_minor": story.basket.order_discount,
            "lines": [item.record() for item in story.basket.items],
            "payments": story.gateway.shown(),
        }


def change_answer(change: Value, confirmed: bool, quantity: int | None = None) -> Value:
    """Every field of the change with the same answer, as `ChangeAnswer`."""
    answers = [
        {"field": field["field"], "line_number": field["line_number"], "confirmed": confirmed}
        | ({"approved_quantity": quantity} if quantity else {})
        for field in change["fields"]
    ]
    about = {"sales_channel": change["sales_channel"], "order_id": change["order_id"]}
    return about | {"change_id": change["change_id"], "answers": answers}


def announce(publish: Callable[[str, str, str, Value], None], now: int, markets: Iterable[Market]) -> None:
    """Tells the worker of every product, its stock in these channels, and the warehouse that takes back what others sent."""
    markets = list(markets)
    for family in CATALOGUE:
        for variant in (*family.variants, SOLD_OUT, WITHDRAWN):
            sku = family.sku(variant)
            product = {"sku": sku, "parent_sku": family.parent, "name": f"{family.one} {variant}",
                       "sellable": variant != WITHDRAWN, "updated_at": now}  # fmt: skip
            publish("commerce.products.v1", "commerce.Product", sku, product)
            for market in markets:
                level = {"sales_channel": market.channel, "sku": sku, "updated_at": now,
                         "available": 0 if variant == SOLD_OUT else PLENTY}  # fmt: skip
                publish("commerce.stock.v1", "commerce.StockLevel", f"{market.channel}:{sku}", level)
    if OUTLET in markets:
        source = {"source_id": RETURNS, "name": "Returns", "accepts_returns": True, "sales_channels": [OUTLET.channel],
                  "updated_at": now}  # fmt: skip
        publish("warehouse.sources.v1", "warehouse.Source", RETURNS, source)
