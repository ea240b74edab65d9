"""What a dry run shows: the state that a command would bring about at once, and the money that it comes to if nobody says no."""

from typing import Any

from domain.cancel_orders import answered, cancellable
from domain.cancellations import Cancellation
from domain.engine import carry_out
from domain.exchanges import Exchange
from domain.facts import CancellationAnswer, CancellationAnswerLine, ReceiptLine, ReturnReceipt
from domain.order_file import OrderFile
from domain.orders import snapshot
from domain.refunds import RefundLine
from domain.reshipments import Reshipment
from domain.return_receipts import received
from domain.return_window import free_units
from domain.returns import Return
from domain.run import Run, order_ref
from domain.vocabulary import CancellationState, ReceiptOutcome, ReturnState
from domain.world import Preview, PreviewLine, Ref


def preview_of(thing: Any, ref: Ref, run: Run) -> Preview:
    """The preview of a remedy as it stands in a run that will not be kept: what is still to come is played in it."""
    before = run.before(ref)
    units = _available(thing, before) if isinstance(before, OrderFile) else {}
    _play_on(thing, ref, run)
    file = run.order(ref)
    root = run.root(file)
    known = run.before(order_ref(root.sales_channel, root.order_id))
    refunds = [
        refund
        for refund_id, refund in root.refunds.items()
        if not isinstance(known, OrderFile) or refund_id not in known.refunds
    ]
    legs = [(leg.payment_ref, leg.amount_minor) for refund in refunds for leg in refund.legs]
    if isinstance(thing, Cancellation):
        legs += [(leg.payment_ref, leg.amount_minor) for leg in file.cancellations[thing.cancellation_id].voids]
    lines = [_line(line, None if file.root_id else units) for refund in refunds for line in refund.lines]
    return Preview(
        state=str(thing.state),
        amount_minor=sum(refund.amount_minor for refund in refunds),
        currency=root.facts.currency,
        shipping_minor=sum(refund.shipping_minor for refund in refunds),
        fee_minor=sum(refund.fee_minor for refund in refunds),
        lines=tuple(lines) or _units(thing, units),
        legs=tuple(legs),
        left_minor=snapshot(root).left,
    )


def _play_on(thing: Any, ref: Ref, run: Run) -> None:
    """The warehouse stops every unit that it is asked for; every unit of a return comes back as it was sent."""
    file = run.order(ref)
    said: dict[str, Any] = {"occurred_at": run.at, "sales_channel": file.sales_channel, "order_id": file.order_id}
    if isinstance(thing, Cancellation) and thing.state is CancellationState.ASKED_WAREHOUSE:
        lines = [
            CancellationAnswerLine(line_number=line.line_number, confirmed=line.waiting, refused=0)
            for line in thing.lines
            if line.waiting
        ]
        answer = CancellationAnswer(
            event_id=thing.cancellation_id, cancellation_id=thing.cancellation_id, lines=tuple(lines), **said
        )
        carry_out(run, ref, answered(answer, file))
    if isinstance(thing, Return) and thing.state in (ReturnState.REQUESTED, ReturnState.APPROVED):
        back = [
            ReceiptLine(line_number=line.line_number, quantity=line.quantity, outcome=ReceiptOutcome.GOOD)
            for line in thing.lines
        ]
        receipt = ReturnReceipt(
            event_id=thing.return_id, receipt_id=thing.return_id, rma=thing.rma, lines=tuple(back), **said
        )
        carry_out(run, ref, received(receipt, ref, run))


def _available(thing: Any, before: OrderFile) -> dict[int, int]:
    """How many units of each line such a remedy could have taken."""
    if isinstance(thing, Cancellation):
        return {number: cancellable(line) for number, line in before.lines.items()}
    if isinstance(thing, Return | Exchange):
        return {number: free_units(line) for number, line in before.lines.items()}
    if isinstance(thing, Reshipment):
        return {number: free_units(line, lost=True) for number, line in before.lines.items()}
    return {}


def _line(line: RefundLine, units: dict[int, int] | None) -> PreviewLine:
    available = (units or {}).get(line.line_number)
    return PreviewLine(
        line_number=line.line_number,
        quantity=line.quantity,
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
        gross_minor=line.gross_minor,
        available=available,
        missing=None if available is None else max(0, line.quantity - available),
    )


def _units(thing: Any, units: dict[int, int]) -> tuple[PreviewLine, ...]:
    """The lines of a remedy that moves no money."""
    made = []
    for line in getattr(thing, "lines", ()):
        quantity, available = getattr(line, "quantity", 0) or getattr(line, "asked", 0), units.get(line.line_number)
        missing = None if available is None else max(0, quantity - available)
        made.append(PreviewLine(line_number=line.line_number, quantity=quantity, available=available, missing=missing))
    return tuple(made)
