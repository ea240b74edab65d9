"""What must hold of a stored order or checkout by itself, whatever its history says (domain.md 14). Pure.

Only what we decide: gateways and warehouses may say anything, and it is recorded.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from domain.checkouts import CheckoutFile
from domain.order_file import OrderFile
from domain.orders import payment_groups
from domain.payments import CAPTURE
from domain.quantities import Bucket
from domain.refunds import LIVE_LEGS, Refund
from domain.vocabulary import (
    CancellationState,
    LegState,
    RefundState,
    RefundType,
    ReshipmentState,
    ReturnSettlement,
    ReturnState,
)

B = Bucket
OVER: Final = (ReturnState.DENIED, ReturnState.CANCELLED, ReturnState.EXPIRED, ReturnState.SETTLED)

_REPLACING: Final = (ReturnSettlement.EXCHANGE, ReturnSettlement.RESHIP)

Unsound = tuple[str, str]
"""(where in the thing, what is wrong there)."""


def unsound(file: OrderFile | CheckoutFile) -> Iterator[Unsound]:
    """Everything that cannot be so, in one pass."""
    if isinstance(file, OrderFile):
        yield from _ledger(file)
        yield from _worth(file)
        yield from _holds(file)
    for refund in file.refunds.values():
        yield from _refund(refund)
    yield from _money(file)


def _ledger(file: OrderFile) -> Iterator[Unsound]:
    for number, line in file.lines.items():
        units = line.units
        if units.quantity != line.sold.quantity:
            yield f"lines.{number}.units", f"the buckets hold {units.quantity} units of {line.sold.quantity} sold"
        for bucket, count in units.buckets.items():
            if count < 0:
                yield f"lines.{number}.units.buckets.{bucket}", f"{count} units"
        for bucket, count in units.spent.items():
            if count > units.at(bucket):
                yield f"lines.{number}.units.spent.{bucket}", f"{count} of {units.at(bucket)} units are replaced"


def _worth(file: OrderFile) -> Iterator[Unsound]:
    """What units gave and what the others are worth sums to the line's value; only appeasements come off it."""
    appeased = {
        line.line_number
        for refund in file.refunds.values()
        if refund.refund_type is RefundType.APPEASEMENT
        for line in refund.lines
    }
    for number, line in file.lines.items():
        rest = line.worth.of(line.worth.units - line.worth.spent)
        if rest.gross < 0:
            yield f"lines.{number}.worth", f"what is left is worth {rest.gross}"
        if number not in appeased and line.worth.given + rest != line.value:
            whole = line.worth.given.gross + rest.gross
            yield f"lines.{number}.worth", f"given and left are worth {whole}, the line {line.value.gross}"


def _holds(file: OrderFile) -> Iterator[Unsound]:
    """Every unit that is announced, replaced or asked of the warehouse is one that an open remedy accounts for."""
    announced, replaced, asked = _announced(file), _replaced(file), _asked(file)
    for number, line in file.lines.items():
        held = line.units.at(B.RETURN_ANNOUNCED)
        if held != announced[number]:
            yield f"lines.{number}.units", f"{held} units are announced, open returns account for {announced[number]}"
        spent = sum(line.units.spent.values())
        if spent > replaced[number]:
            yield f"lines.{number}.units", f"{spent} units are replaced, E and R orders account for {replaced[number]}"
        waiting = line.units.at(B.CANCEL_ASKED)
        if waiting > asked[number]:
            yield f"lines.{number}.units", f"{waiting} units are asked to be stopped, cancellations ask {asked[number]}"


def _announced(file: OrderFile) -> Counter[int]:
    """Units per line that open returns wait for, or wait with for a decision."""
    units = Counter[int]()
    for found in file.returns.values():
        for line in found.lines if found.state not in OVER else ():
            units[line.line_number] += line.quantity - line.decided
    return units


def _replaced(file: OrderFile) -> Counter[int]:
    """Units per line that an R order stands for, or that did not come back though an E or R order stands for them."""
    units = Counter[int]()
    for reshipment in file.reshipments.values():
        if reshipment.state is not ReshipmentState.CANCELLED and not reshipment.take_back:
            for each in reshipment.lines:
                units[each.line_number] += each.quantity
    for found in file.returns.values():
        for line in found.lines:
            units[line.line_number] += line.replaced if line.settlement in _REPLACING else 0
    return units


def _asked(file: OrderFile) -> Counter[int]:
    """Units per line that warehouses are asked not to send."""
    units = Counter[int]()
    for cancellation in file.cancellations.values():
        if cancellation.state is CancellationState.ASKED_WAREHOUSE:
            for part in cancellation.lines:
                units[part.line_number] += part.waiting
    return units


def _refund(refund: Refund) -> Iterator[Unsound]:
    where = f"refunds.{refund.refund_id}"
    for line in refund.lines:
        if line.net_minor + line.tax_minor != line.gross_minor or _taxes(line.taxes) != line.tax_minor:
            yield f"{where}.lines.{line.line_number}", "net, taxes and gross do not fit together"
    off = refund.fee_minor + refund.shortfall_minor + refund.voided_minor
    wanted = sum(line.gross_minor for line in refund.lines) - off
    if refund.refund_type is not RefundType.CHECKOUT and refund.amount_minor != wanted:
        yield f"{where}.amount_minor", f"{refund.amount_minor}, its lines less what came off make {wanted}"
    legs = sum(leg.amount_minor for leg in refund.legs if leg.state is not LegState.REPLACED)
    if legs != refund.amount_minor:
        yield f"{where}.legs", f"ask for {legs}, the refund is {refund.amount_minor}"
    if refund.state is RefundState.RELEASED and any(
        leg.state not in (LegState.CONFIRMED, LegState.REPLACED) for leg in refund.legs
    ):
        yield f"{where}.state", "RELEASED, and not every leg is confirmed"


def _taxes(taxes: tuple[object, ...]) -> int:
    return sum(getattr(tax, "amount_minor", 0) for tax in taxes)


def _money(file: OrderFile | CheckoutFile) -> Iterator[Unsound]:
    """What is asked back of the payments is not more than was ever captured; captures that failed later count here."""
    asked = sum(
        leg.amount_minor
        for refund in file.refunds.values()
        if refund.state is not RefundState.CANCELLED
        for leg in refund.legs
        if leg.state in LIVE_LEGS
    )
    captured = sum(group.amount for group in payment_groups(file) if group.action == CAPTURE) if asked else 0
    if asked > captured:
        yield "refunds", f"{asked} are asked back of {captured} captured"
