"""What a story expects of the money, reckoned here once more from the contract alone.

This is deliberately a second opinion: it shares no code with the rules of the worker. Amounts are minor units.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ordercase.simulate.basket import Basket, Item, Value, rounded


def _by_largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in parts as large as the weights; the last units go to the largest remainders, then the lower index."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    exact = [Fraction(total * weight, whole) for weight in weights]
    parts = [int(share) for share in exact]
    first = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for i in first[: total - sum(parts)]:
        parts[i] += 1
    return parts


@dataclass(frozen=True, slots=True)
class Part:
    """What one line gives back for some of its units."""

    number: int
    quantity: int
    gross: int
    taxes: tuple[int, ...]

    @property
    def net(self) -> int:
        return self.gross - sum(self.taxes)

    def percent(self, percent: int) -> "Part":
        """So much of it: what a part that is accepted is paid."""

        def share(amount: int) -> int:
            return rounded(Fraction(amount * percent, 100))

        return Part(self.number, self.quantity, share(self.gross), tuple(share(tax) for tax in self.taxes))

    def shown(self) -> Value:
        """What a `RefundLine` must say."""
        return {
            "quantity": self.quantity,
            "gross_minor": self.gross,
            "tax_minor": sum(self.taxes),
            "net_minor": self.net,
            "taxes": [{"amount_minor": amount} for amount in self.taxes],
        }


@dataclass(slots=True)
class LineBooks:
    """One line: its frozen value, what its units have given back so far, and what was given without units."""

    item: Item
    value: int
    taxes: tuple[int, ...]
    base: tuple[int, ...] = ()
    units: int = 0
    spent: int = 0
    given: list[int] = field(default_factory=list)
    refunded: int = 0

    def __post_init__(self) -> None:
        self.base, self.units = (self.value, *self.taxes), self.item.quantity
        self.given = [0] * len(self.base)

    @property
    def left_units(self) -> int:
        return self.units - self.spent

    def next_units(self, quantity: int) -> Part:
        """The worth of the next units, not yet spent."""
        first, last = self.spent, self.spent + quantity
        worth = [rounded(Fraction(b * last, self.units)) - rounded(Fraction(b * first, self.units)) for b in self.base]
        return Part(self.item.number, quantity, worth[0], tuple(worth[1:]))

    def spend(self, quantity: int) -> Part:
        part = self.next_units(quantity)
        self.spent += quantity
        self._give((part.gross, *part.taxes))
        return part

    def appease(self, amount: int, includes_tax: bool) -> Part:
        """Money without goods: `amount` is net unless it includes the tax. The units left share what remains."""
        before = self.given[0] if includes_tax else self.given[0] - sum(self.given[1:])
        whole = self.value if includes_tax else self.value - sum(self.taxes)
        taxes = tuple(
            rounded(Fraction(tax * (before + amount), whole)) - given
            for tax, given in zip(self.taxes, self.given[1:], strict=True)
        )
        part = Part(self.item.number, 0, amount if includes_tax else amount + sum(taxes), taxes)
        self._give((part.gross, *part.taxes))
        self.base = tuple(max(0, b - g) for b, g in zip((self.value, *self.taxes), self.given, strict=True))
        self.units, self.spent = self.left_units, 0
        return part

    def _give(self, amounts: Iterable[int]) -> None:
        self.given = [given + amount for given, amount in zip(self.given, amounts, strict=True)]


class OrderBooks:
    """The money of one order: what every line is worth, and what has gone back."""

    def __init__(self, basket: Basket) -> None:
        self.basket = basket
        goods = [item for item in basket.items if item.kind != "SHIPPING"]
        shares = dict(
            zip(
                (item.number for item in goods),
                _by_largest_remainder(basket.order_discount, [item.total for item in goods]),
                strict=True,
            )
        )
        self.lines = {item.number: _line(item, shares.get(item.number, 0)) for item in basket.items}

    @property
    def refunded(self) -> int:
        return sum(line.refunded for line in self.lines.values())

    def worth(self, units: Mapping[int, int], *, shipping: bool = True) -> list[Part]:
        """Spends units, by line number; the last goods of the order take what is left of the shipping along, unless told not to."""
        parts = [self.lines[number].spend(quantity) for number, quantity in sorted(units.items()) if quantity]
        goods = [line for line in self.lines.values() if line.item.physical]
        if shipping and parts and not any(line.left_units for line in goods):
            sent = [line for line in self.lines.values() if line.item.kind == "SHIPPING" and line.left_units]
            parts += [line.spend(line.left_units) for line in sent]
        return sorted(parts, key=lambda part: part.number)

    def refund(self, parts: Iterable[Part]) -> int:
        """Books what a refund really gave back, and returns its amount."""
        total = 0
        for part in parts:
            self.lines[part.number].refunded += part.gross
            total += part.gross
        return total

    def expected_lines(self) -> dict[int, Value]:
        """What `order-states` must show of every line when no refund is under way."""
        return {
            number: {
                "value_minor": line.value,
                "refunded_minor": line.refunded,
                "left_minor": line.value - line.refunded,
            }
            for number, line in self.lines.items()
        }


def _line(item: Item, share: int) -> LineBooks:
    value = item.total - share
    stored = [amount for _, _, amount in item.taxes]
    whole = rounded(Fraction(sum(stored) * value, item.total)) if item.total else 0
    return LineBooks(item, value, tuple(_by_largest_remainder(whole, stored)))


def legs(amount: int, captures: Sequence[tuple[str, str, int]]) -> list[tuple[str, int]]:
    """(payment_ref, amount) of each leg. `captures`: (payment_ref, method, left), oldest first.

    The newest capture pays first, then others of its method, then the rest from the newest to the oldest.
    """
    newest_first = list(reversed(captures))
    in_turn = sorted(newest_first, key=lambda capture: capture[1] != newest_first[0][1])
    plan = []
    for reference, _, left in in_turn:
        part = min(amount, left)
        if part > 0:
            plan.append((reference, part))
            amount -= part
    return plan
