"""What a dry run shows: the state and the money that a command would bring about."""

from typing import Any

from domain.cancellations import Cancellation
from domain.order_file import OrderFile
from domain.orders import snapshot
from domain.refunds import Refund, RefundLine
from domain.return_money import chain_to_root, payable_at_approval
from domain.returns import Return
from domain.run import Run, order_ref
from domain.world import Preview, PreviewLine, Ref
from domain.worth import lines_of, root_line


def preview_of(thing: Any, ref: Ref, run: Run) -> Preview:
    """The preview of a remedy as it stands in a run that will not be kept."""
    file = run.order(ref)
    root = run.root(file)
    before = run.before(order_ref(root.sales_channel, root.order_id))
    known = before.refunds if isinstance(before, OrderFile) else {}
    refunds = [refund for key, refund in root.refunds.items() if key not in known]
    legs = [(leg.payment_ref, leg.amount_minor) for refund in refunds for leg in refund.legs]
    if isinstance(thing, Cancellation):
        legs += [(leg.payment_ref, leg.amount_minor) for leg in thing.voids]
    lines = [_line(line) for refund in refunds for line in refund.lines] or _later(thing, file, root, run)
    amount = sum(refund.amount_minor for refund in refunds) or sum(line.gross_minor for line in lines)
    return Preview(
        state=str(thing.state),
        amount_minor=amount,
        currency=root.facts.currency,
        shipping_minor=sum(refund.shipping_minor for refund in refunds),
        fee_minor=sum(refund.fee_minor for refund in refunds),
        lines=tuple(lines) or _units(thing),
        legs=tuple(legs),
        left_minor=snapshot(root).left - (0 if refunds else amount),
    )


def _line(line: RefundLine) -> PreviewLine:
    return PreviewLine(
        line_number=line.line_number,
        quantity=line.quantity,
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
        gross_minor=line.gross_minor,
    )


def _later(thing: Any, file: OrderFile, root: OrderFile, run: Run) -> list[PreviewLine]:
    """The money of a return that is refunded only when its goods have come."""
    if not isinstance(thing, Return) or thing.refund_ids or isinstance(thing, Refund):
        return []
    chain = chain_to_root(file, run)
    units: dict[int, int] = {}
    for due in payable_at_approval(thing):
        number = root_line(due.line.line_number, chain)
        units[number] = units.get(number, 0) + due.whole
    return [_line(line) for line in lines_of(root, units)]


def _units(thing: Any) -> tuple[PreviewLine, ...]:
    lines = getattr(thing, "lines", ())
    return tuple(
        PreviewLine(line_number=line.line_number, quantity=getattr(line, "quantity", 0) or getattr(line, "asked", 0))
        for line in lines
    )
