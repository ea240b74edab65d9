"""What a customer buys: lines with prices, discounts and taxes that add up, in shops of several currencies.

Made from a seeded source of chance alone: the same seed gives the same basket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any, Final

Value = dict[str, Any]
"""One record as plain values: what the codec writes and reads."""


@dataclass(frozen=True, slots=True)
class Market:
    """One sales channel. `taxes`: (type, rate as the shop writes it). `unit`: minor units of one ordinary coin."""

    channel: str
    currency: str
    tax_included: bool
    taxes: tuple[tuple[str, str], ...]
    country: str
    language: str
    digits: int


MARKETS: Final = (
    Market("web-de", "EUR", True, (("VAT", "0.19"),), "DE", "de", 2),
    Market("web-us", "USD", False, (("STATE", "0.0625"), ("CITY", "0.02")), "US", "en", 2),
    Market("store-jp", "JPY", True, (("CT", "0.10"),), "JP", "ja", 0),
    Market("app-bh", "BHD", True, (("VAT", "0.10"),), "BH", "en", 3),
)
"""The channels that every story is told in: they keep the policy's defaults."""
OUTLET: Final = Market("outlet-nl", "EUR", True, (("VAT", "0.21"),), "NL", "nl", 2)
OFFICE: Final = Market("office-ch", "CHF", False, (("VAT", "0.081"),), "CH", "de", 2)
"""Channels whose switches stand the other way than the defaults; of both together, every switch that moves money."""
SLOW_ANSWERS: Final = Market("slow-answers", "USD", False, (("STATE", "0.0725"),), "US", "en", 2)
SLOW_PARCELS: Final = Market("slow-parcels", "BHD", True, (("VAT", "0.10"),), "BH", "en", 3)
SLOW_PEOPLE: Final = Market("slow-people", "EUR", True, (("VAT", "0.19"),), "DE", "de", 2)
SLOW_SHOP: Final = Market("slow-shop", "JPY", True, (("CT", "0.08"),), "JP", "ja", 0)
SLOW_STOCK: Final = Market("slow-stock", "EUR", True, (("VAT", "0.19"),), "DE", "de", 2)
"""Channels in which somebody keeps the worker waiting: its times there are seconds, one group of times in each, so that
no other time runs out while a story waits for its own."""
SPECIAL: Final = (OUTLET, OFFICE, SLOW_ANSWERS, SLOW_PARCELS, SLOW_PEOPLE, SLOW_SHOP, SLOW_STOCK)
"""Channels that a worker must be told of: `channels.toml` beside this file is the policy that does."""
DIGITS: Final[Mapping[str, int]] = {market.currency: market.digits for market in (*MARKETS, *SPECIAL)}


@dataclass(frozen=True, slots=True)
class Thing:
    """A product family of the shop: one parent, variants of it that can replace each other."""

    parent: str
    one: str
    many: str
    variants: tuple[str, ...]

    def sku(self, variant: str) -> str:
        return f"{self.parent}-{variant}"


CATALOGUE: Final = (
    Thing("SHIRT", "shirt", "shirts", ("S", "M", "L", "XL")),
    Thing("SHOE", "pair of shoes", "pairs of shoes", ("41", "42", "43")),
    Thing("MUG", "mug", "mugs", ("RED", "BLUE")),
    Thing("LAMP", "lamp", "lamps", ("OAK", "STEEL", "GLASS")),
)
SOLD_OUT: Final = "XXL"
"""A variant of every family that no channel has."""
WITHDRAWN: Final = "OLD"
"""A variant of every family that may not be sold any more."""


@dataclass(frozen=True, slots=True)
class Item:
    """One order line. `taxes`: (type, rate, amount of the whole line); `total` is gross, after the line's discount."""

    number: int
    sku: str
    parent: str | None
    words: tuple[str, str]
    kind: str
    quantity: int
    price: int
    discount: int
    taxes: tuple[tuple[str, str, int], ...]
    total: int

    @property
    def physical(self) -> bool:
        return self.kind == "PHYSICAL"

    def name(self, quantity: int) -> str:
        """`1 shirt`, `2 shirts`."""
        return f"{quantity} {self.words[0] if quantity == 1 else self.words[1]}"

    def record(self) -> Value:
        """As `commerce.Line`."""
        return {
            "line_number": self.number,
            "sku": self.sku,
            "parent_sku": self.parent,
            "product_name": self.words[0],
            "product_type": self.kind,
            "quantity": self.quantity,
            "unit_price_minor": self.price,
            "discount_minor": self.discount,
            "taxes": [{"type": kind, "rate": rate, "amount_minor": amount} for kind, rate, amount in self.taxes],
            "total_minor": self.total,
        }


@dataclass(frozen=True, slots=True)
class Basket:
    """All lines of one order, and a discount on the order that is not yet in them."""

    market: Market
    items: tuple[Item, ...]
    order_discount: int = 0

    @property
    def total(self) -> int:
        return sum(item.total for item in self.items) - self.order_discount

    @property
    def physical(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.physical)

    def item(self, number: int) -> Item:
        return next(item for item in self.items if item.number == number)

    def units(self) -> dict[int, int]:
        """Line number → units, for the lines that a warehouse handles."""
        return {item.number: item.quantity for item in self.physical}


def rounded(number: Fraction) -> int:
    """Half up; for amounts ≥ 0."""
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def in_words(minor: int, currency: str) -> str:
    """`1995, "EUR"` as "19.95 EUR"."""
    digits = DIGITS[currency]
    if not digits:
        return f"{minor} {currency}"
    text = str(minor).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]} {currency}"


def item(market: Market, number: int, thing: tuple[str, str | None, str, str, str], quantity: int, price: int,
         discount: int = 0) -> Item:  # fmt: skip
    """A line whose taxes and total follow from price, quantity and discount. `thing`: sku, parent, one, many, type."""
    sku, parent, one, many, kind = thing
    asked = price * quantity - discount
    rates = [Fraction(rate) for _, rate in market.taxes]
    net = Fraction(asked) / (1 + sum(rates)) if market.tax_included else Fraction(asked)
    amounts = [rounded(net * rate) for rate in rates]
    taxes = tuple((kind_, rate, amount) for (kind_, rate), amount in zip(market.taxes, amounts, strict=True))
    total = asked if market.tax_included else asked + sum(amounts)
    return Item(number, sku, parent, (one, many), kind, quantity, price, discount, taxes, total)


def fill(chance: Random, market: Market, *, quantities: tuple[int, ...] = (), shipping: bool | None = None,
         order_discount: bool | None = None) -> Basket:  # fmt: skip
    """A basket of one to three things; `quantities` fixes how many lines and units.

    Prices end in odd cents on purpose: what cannot be divided evenly is what shows a wrong rounding.
    """
    wanted = quantities or tuple(chance.choice((1, 1, 2, 3)) for _ in range(chance.choice((1, 1, 2, 3))))
    coin = 10**market.digits if market.digits else 100
    lines = []
    families = chance.sample(CATALOGUE, len(wanted))
    for number, (quantity, family) in enumerate(zip(wanted, families, strict=True), start=1):
        thing = (family.sku(family.variants[0]), family.parent, family.one, family.many, "PHYSICAL")
        price = chance.randrange(7 * coin, 90 * coin) | 1
        discount = chance.choice((0, 0, chance.randrange(1, 2 * coin)))
        lines.append(item(market, number, thing, quantity, price, discount))
    goods = sum(line.total for line in lines)
    less = chance.random() < 0.4 if order_discount is None else order_discount
    if chance.random() < 0.6 if shipping is None else shipping:
        sent = ("SHIPPING", None, "delivery", "deliveries", "SHIPPING")
        lines.append(item(market, len(lines) + 1, sent, 1, chance.randrange(3 * coin, 9 * coin) | 1))
    return Basket(market, tuple(lines), goods * chance.randrange(3, 12) // 100 if less else 0)
