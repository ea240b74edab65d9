"""Money in whole minor units: rounding, shares that sum, and what units are worth (domain.md 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.copying import replace
from domain.making import quickly_made

EXPONENTS = {"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
             "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
             "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4}  # fmt: skip
"""ISO 4217: minor-unit digits of the currencies that do not have 2."""


def exponent(currency: str) -> int:
    """Digits of the minor unit: JPY 0, EUR 2, BHD 3."""
    return EXPONENTS.get(currency, 2)


def in_words(minor: int, currency: str) -> str:
    """`1995, "EUR"` as "19.95 EUR"; `500, "JPY"` as "500 JPY"."""
    digits = exponent(currency)
    sign, whole = "-" if minor < 0 else "", str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{whole[:-digits]}.{whole[-digits:]} {currency}" if digits else f"{sign}{whole} {currency}"


def divide(amount: int, by: int) -> int:
    """amount ÷ by, rounded half up, away from zero. `by` > 0."""
    if by <= 0:
        raise ValueError(f"cannot divide by {by}")
    quotient = (2 * abs(amount) + by) // (2 * by)
    return quotient if amount >= 0 else -quotient


def share_out(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """`total` split by `weights` (≥ 0) so that the parts sum to it exactly: largest remainder, ties to the lower index.

    Equal shares when every weight is 0; mirrored for a negative total. Source: Hamilton's method, as Vendure's prorate.
    """
    if not weights:
        return ()
    whole = sum(weights)
    used = list(weights) if whole else [1] * len(weights)
    whole = whole or len(weights)
    size = abs(total)
    parts = [size * weight // whole for weight in used]
    order = sorted(range(len(used)), key=lambda i: (-(size * used[i] % whole), i))
    for index in order[: size - sum(parts)]:
        parts[index] += 1
    return tuple(parts) if total >= 0 else tuple(-part for part in parts)


@dataclass(frozen=True, slots=True)
class Amounts:
    """A gross amount and the tax in it per rate, in the order of the line's `taxes`. net + Σ taxes = gross by construction."""

    gross: int
    taxes: tuple[int, ...] = ()

    @property
    def tax(self) -> int:
        return sum(self.taxes)

    @property
    def net(self) -> int:
        return self.gross - sum(self.taxes)

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.gross + other.gross, tuple(a + b for a, b in zip(self.taxes, other.taxes, strict=True)))

    def __sub__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.gross - other.gross, tuple(a - b for a, b in zip(self.taxes, other.taxes, strict=True)))


def nothing(rates: int) -> Amounts:
    """Zero, with a zero for each of `rates` tax rates."""
    return Amounts(0, (0,) * rates)


def tax_of_value(value: int, total: int, taxes: Sequence[int]) -> tuple[int, ...]:
    """Tax per rate of a line's value: stored tax × value ÷ total, rates by largest remainder to the rounded sum.

    A line whose total is 0 has no tax to give.
    """
    if total == 0:
        return (0,) * len(taxes)
    stored = sum(taxes)
    return share_out(divide(stored * value, total), [max(0, tax) for tax in taxes]) if stored else (0,) * len(taxes)


@quickly_made
@dataclass(frozen=True, slots=True)
class Worth:
    """What the next units of a line are worth: base B over n units of which s are spent.

    The worth of the next q is round(B × (s + q) ÷ n) − round(B × s ÷ n), for gross and each rate: every split of the n
    units sums to B exactly. `given` is all worth spent since the first day, over every re-base.
    """

    base: Amounts
    units: int
    spent: int = 0
    given: Amounts = Amounts(0)

    def of(self, quantity: int) -> Amounts:
        """The worth of the next `quantity` units; more than are left count as those that are left."""
        upto = min(self.units, self.spent + max(0, quantity))
        if self.units == 0:
            return nothing(len(self.base.taxes))

        def part(base: int) -> int:
            return divide(base * upto, self.units) - divide(base * self.spent, self.units)

        return Amounts(part(self.base.gross), tuple(part(tax) for tax in self.base.taxes))

    def spend(self, quantity: int) -> "Worth":
        """The same after `quantity` units gave their worth away."""
        worth = self.of(quantity)
        return replace(self, spent=min(self.units, self.spent + quantity), given=self.given + worth)

    def unspend(self, quantity: int, gave: Amounts | None = None) -> "Worth":
        """The same after `quantity` spent units have their worth again, to be re-based where it is known what they `gave`.
        Where it is not, the units spent last are meant; what a re-base has settled since stays settled."""
        if gave is not None:
            return replace(self, given=self.given - gave, units=self.units + quantity)
        back = min(quantity, self.spent)
        before = replace(self, spent=self.spent - back)
        worth = before.of(back)
        return replace(before, given=self.given - worth, units=self.units + quantity - back)

    def rebase(self, value: Amounts, appeased: Amounts) -> "Worth":
        """A new base over the units not spent: max(0, value − worth given − live appeasements)."""
        left = value - self.given - appeased
        base = Amounts(max(0, left.gross), tuple(min(max(0, tax), max(0, left.gross)) for tax in left.taxes))
        return replace(self, base=base, units=self.units - self.spent, spent=0)
