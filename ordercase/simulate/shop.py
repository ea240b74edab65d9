"""The shop: places orders, tells of products and stock, takes over the exchange and reshipment orders it is given."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ordercase.simulate.basket import CATALOGUE, MARKETS, SOLD_OUT, WITHDRAWN, Value

if TYPE_CHECKING:
    from ordercase.simulate.story import Story

ORDERS = "commerce.orders.v1"
PLENTY = 1_000_000


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

    def update(self, order_id: str | None = None, **changed: object) -> None:
        """Something in the order's header is different now."""
        order_id = order_id or self.story.order_id
        self.orders[order_id] |= changed
        self._tell(order_id, "UPDATED")

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


def announce_products(publish: Callable[[str, str, str, Value], None], now: int) -> Iterable[str]:
    """Tells the worker of every product and its stock in every channel; returns the SKUs."""
    skus = []
    for family in CATALOGUE:
        for variant in (*family.variants, SOLD_OUT, WITHDRAWN):
            sku = family.sku(variant)
            product = {"sku": sku, "parent_sku": family.parent, "name": f"{family.one} {variant}",
                       "sellable": variant != WITHDRAWN, "updated_at": now}  # fmt: skip
            publish("commerce.products.v1", "commerce.Product", sku, product)
            for market in MARKETS:
                level = {"sales_channel": market.channel, "sku": sku, "updated_at": now,
                         "available": 0 if variant == SOLD_OUT else PLENTY}  # fmt: skip
                publish("commerce.stock.v1", "commerce.StockLevel", f"{market.channel}:{sku}", level)
            skus.append(sku)
    return skus
