"""What units give back: refund lines of their worth, with the rest of the shipping when the last goods go (domain.md 3)."""

from domain.facts import Tax
from domain.money import Amounts, divide
from domain.order_file import OrderFile, OrderLine
from domain.orders import left_of_line
from domain.policy import RefundPolicy
from domain.refunds import RefundLine
from domain.vocabulary import ProductType


def refund_line(line: OrderLine, worth: Amounts, quantity: int, reason: str | None = None) -> RefundLine:
    """A line of a refund that gives `worth` for `quantity` units (0 for an appeasement)."""
    taxes = zip(line.sold.taxes, worth.taxes, strict=True)
    return RefundLine(
        line_number=line.sold.line_number,
        sku=line.sold.sku,
        product_name=line.sold.product_name,
        quantity=quantity,
        reason=reason,
        net_minor=worth.net,
        tax_minor=worth.tax,
        gross_minor=worth.gross,
        taxes=tuple(Tax(type=tax.type, rate=tax.rate, amount_minor=amount) for tax, amount in taxes),
        shipping=line.sold.product_type is ProductType.SHIPPING,
    )


def part(worth: Amounts, percent: int) -> Amounts:
    """`percent` of a worth: gross and each tax rounded on their own."""
    return Amounts(divide(worth.gross * percent, 100), tuple(divide(tax * percent, 100) for tax in worth.taxes))


def root_line(line_number: int, chain: list[OrderFile]) -> int:
    """The root's line number of a line, through original_line_number of each order in `chain` (from the order that has the
    line up to, not with, the root)."""
    for file in chain:
        original = file.lines[line_number].sold.original_line_number
        line_number = original if original is not None else line_number
    return line_number


def spends_last_goods(root: OrderFile, units: dict[int, int]) -> bool:
    """Whether giving back `units` (line number → units) spends the worth of the last PHYSICAL unit of the order."""
    goods = [line for line in root.lines.values() if line.sold.product_type is ProductType.PHYSICAL]
    if not goods or not any(units.get(line.sold.line_number) for line in goods):
        return False
    return all(line.worth.units - line.worth.spent <= units.get(line.sold.line_number, 0) for line in goods)


def shipping_rest(root: OrderFile, units: dict[int, int], policy: RefundPolicy) -> list[tuple[RefundLine, int]]:
    """The shipping lines' rest as (refund line, units whose worth it spends), when the last goods go and the policy gives
    shipping back. Each at most its own ceiling."""
    if policy.shipping != "all_lines" or not spends_last_goods(root, units):
        return []
    rest = []
    for number, line in root.lines.items():
        if line.sold.product_type is not ProductType.SHIPPING or units.get(number):
            continue
        open_units = line.worth.units - line.worth.spent
        worth = line.worth.of(open_units)
        left = left_of_line(root, number)
        if open_units and 0 < worth.gross <= left:
            rest.append((refund_line(line, worth, open_units), open_units))
    return rest


def lines_of(root: OrderFile, units: dict[int, int]) -> list[RefundLine]:
    """Refund lines of the worth of the next units of these lines; lines worth nothing are left out."""
    made = []
    for number, quantity in units.items():
        line = root.lines[number]
        worth = line.worth.of(quantity)
        if quantity and worth.gross:
            made.append(refund_line(line, worth, quantity))
    return made
