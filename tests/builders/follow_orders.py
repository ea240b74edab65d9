"""Delivered shirts that are exchanged and sent again: the order that E and R orders follow, and the two remedies."""

from typing import Any

from domain import commands as c
from domain import facts as f
from domain.exchanges import Exchange
from domain.policy import DEFAULT, Policies
from domain.reshipments import Reshipment
from domain.vocabulary import OrderStatus
from domain.world import Reply
from tests.builders.desk import CHANNEL, Desk, line, shipping

HOME = f.Address(name="Ann", street="Main 1", city="Berlin", country="DE")


def shirts(policies: Policies = DEFAULT, stock: int | None = 5, **fields: Any) -> Desk:
    """Three delivered red shirts, a hat and shipping; blue and green shirts are of the same parent, blue in stock."""
    desk = Desk(policies)
    for sku in ("RED", "BLUE", "GREEN"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", name=f"Shirt {sku}", image_url=f"https://x/{sku}", sellable=True, updated_at=desk.at))  # fmt: skip
    if stock is not None:
        desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=stock, updated_at=desk.at))
    red = line(1, 3, 6000, sku="RED", parent_sku="SHIRT", product_name="Red shirt", image_url="https://x/old", source_id="W1")  # fmt: skip
    fields = {"shipping_address": HOME, "shipping_method": "standard", "status": OrderStatus.RECEIVED, **fields}
    desk.place(red, line(2, 1, 1000, sku="HAT"), shipping(9, 500), captured=7500, **fields)
    desk.ships(3)
    desk.delivers(3)
    desk.ships(1, 2)
    return desk


def exchanges(desk: Desk, *wishes: tuple[int, int, str], **fields: Any) -> Reply:
    lines = tuple(
        c.ExchangeLineInput(line_number=number, quantity=units, new_sku=sku, reason="COLOUR")
        for number, units, sku in wishes or ((1, 1, "BLUE"),)
    )
    return desk.send(c.CreateExchange, lines=lines, **fields)


def reships(desk: Desk, *wishes: tuple[int, int], **fields: Any) -> Reply:
    lines = tuple(
        c.ReshipmentLineInput(line_number=number, quantity=units, reason="DAMAGED")
        for number, units in wishes or ((1, 1),)
    )
    return desk.send(c.CreateReshipment, lines=lines, **fields)


def exchange(desk: Desk) -> Exchange:
    return list(desk.file().exchanges.values())[-1]


def reshipment(desk: Desk) -> Reshipment:
    return list(desk.file().reshipments.values())[-1]
