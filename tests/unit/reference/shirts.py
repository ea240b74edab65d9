"""Two delivered shirts with a sibling in stock, and the two remedies that send something again."""

from typing import Any

from domain import commands as c
from domain import facts as f
from domain.exchanges import Exchange
from domain.world import Reply
from tests.builders.desk import CHANNEL, Desk, line
from tests.unit.reference.reading import delivered


def shirts(desk: Desk | None = None, stock: int = 5) -> Desk:
    """Order 1001: two red shirts for 10.00 each, with the customer. `stock` blue ones of the same parent are there."""
    desk = desk or Desk()
    for sku in ("RED", "BLUE"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=stock, updated_at=desk.at))
    return delivered(line(1, 2, 2000, sku="RED", parent_sku="SHIRT"), desk=desk)


def exchange(desk: Desk, quantity: int = 1, order_id: str = "1001", new_sku: str = "BLUE", **fields: Any) -> Reply:
    wish = c.ExchangeLineInput(line_number=1, quantity=quantity, new_sku=new_sku, reason="COLOUR")
    return desk.send(c.CreateExchange, lines=(wish,), order_id=order_id, **fields)


def reship(desk: Desk, quantity: int = 1, reason: str = "LOST", **fields: Any) -> Reply:
    wish = c.ReshipmentLineInput(line_number=1, quantity=quantity, reason=reason)
    return desk.send(c.CreateReshipment, lines=(wish,), **fields)


def the_exchange(desk: Desk) -> Exchange:
    """The first exchange of order 1001."""
    return next(iter(desk.file().exchanges.values()))
