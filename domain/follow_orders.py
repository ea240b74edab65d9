"""The orders "E" and "R" that exchanges and reshipments make, and how far they and the originals are (domain.md 8)."""

from collections.abc import Sequence

from domain.copying import replace
from domain.facts import Address, Line, Order
from domain.order_events import UnitsMoved, WarehouseSaid
from domain.order_file import OrderFile
from domain.orders import judged_lines
from domain.quantities import LEFT_THE_HOUSE, Bucket
from domain.run import Run, order_ref
from domain.vocabulary import (
    OrderStatus,
    OrderType,
    ReturnState,
)

B = Bucket


def next_order_id(file: OrderFile, letter: str, run: Run) -> str:
    """`1001E`, then `1001E2`, `1001E3` …: the next that no order of the channel has."""
    number = 1
    while True:
        candidate = f"{file.order_id}{letter}{number if number > 1 else ''}"
        ref = order_ref(file.sales_channel, candidate)
        if run.get(ref) is None:
            return candidate
        number += 1


def follow_order(file: OrderFile, order_id: str, kind: OrderType, lines: Sequence[tuple[int, int, str]], method: str | None, address: Address | None, run: Run) -> Order:  # fmt: skip
    """The E or R order: (line number, quantity, SKU) of the original in the command's order, free of charge."""
    original = file.facts
    made = []
    for number, (line_number, quantity, sku) in enumerate(lines, 1):
        sold = file.lines[line_number].sold
        product = run.product(sku) if sku != sold.sku else None
        made.append(
            Line(
                line_number=number,
                original_line_number=line_number,
                sku=sku,
                parent_sku=product.parent_sku if product else sold.parent_sku,
                product_name=product.name if product else sold.product_name,
                image_url=product.image_url if product else sold.image_url,
                product_type=sold.product_type,
                quantity=quantity,
                unit_price_minor=sold.unit_price_minor,
                discount_minor=sold.unit_price_minor * quantity,
                total_minor=0,
                source_id=sold.source_id,
                final_sale=sold.final_sale,
            )
        )
    return replace(
        original,
        order_id=order_id,
        order_type=kind,
        original_order_id=file.order_id,
        status=OrderStatus.NEW,
        status_reason=None,
        placed_at=run.at,
        shipping_address=address or original.shipping_address,
        shipping_method=method or original.shipping_method,
        shippings=(),
        order_discount_minor=0,
        lines=tuple(made),
        payments=(),
    )


def has_shipped(follow: OrderFile) -> bool:
    return any(line.units.at(*LEFT_THE_HOUSE) for line in follow.lines.values())


def all_shipped(follow: OrderFile) -> bool:
    """Whether everything of an E or R order that was not cancelled has left the house."""
    lines = judged_lines(follow)
    return all(line.units.at(*LEFT_THE_HOUSE, Bucket.CANCELLED) == line.units.quantity for line in lines)


def originals_decided(file: OrderFile, return_id: str | None) -> bool:
    """Whether every unit of the originals is back or written off."""
    found = file.returns.get(return_id or "")
    if found is None or found.state in (ReturnState.REQUESTED, ReturnState.CANCELLED, ReturnState.DENIED):
        return False
    return all(line.decided >= line.quantity for line in found.lines)


def moved_units(event: UnitsMoved | WarehouseSaid, *targets: Bucket) -> bool:
    return any(move.target in targets for move in event.moves)
