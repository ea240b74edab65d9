"""What each fact from outside does to the order that it speaks of. Facts never refuse: they record (domain.md 2, 10)."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from domain import change_orders, warehouse
from domain import facts as f
from domain.actors import ActorRef
from domain.cancel_orders import answered, cancelled_by_shop, money_of_shop_cancel
from domain.order_events import AttentionRaised, LineWord, OrderSeen, ParcelSent, StaleRevision, UnitsMoved
from domain.order_file import OrderFile
from domain.return_receipts import received
from domain.run import Run
from domain.vocabulary import ActorKind, OrderEventKind
from domain.world import Ref


def order_event(event: f.OrderEvent, ref: Ref, run: Run) -> Iterator[object]:
    """The shop's word: an upsert of the whole order. A lower or equal revision is recorded and changes nothing."""
    file = run.order(ref)
    if file.known and event.revision <= file.revision:
        yield StaleRevision(event.kind, event.revision)
        return
    changed = _changed_lines(file, event.order) if file.known else []
    yield OrderSeen(event.kind, event.revision, event.order)
    if changed and "line_changed" not in file.attention:
        yield AttentionRaised("line_changed", f"the shop says line {', '.join(changed)} otherwise than at first")
    if event.kind is OrderEventKind.CANCELLED:
        file = run.order(ref)
        events = cancelled_by_shop(file)
        moves = [move for made in events if isinstance(made, UnitsMoved) for move in made.moves]
        yield from events
        yield from money_of_shop_cancel(tuple(moves), file, run)
    yield from change_orders.shown_by_order(run.order(ref))


def _changed_lines(file: OrderFile, order: f.Order) -> list[str]:
    """Lines whose quantity, price, discount, tax or total differs from the frozen one."""

    def frozen(line: f.Line) -> tuple[object, ...]:
        return line.quantity, line.unit_price_minor, line.discount_minor, line.taxes, line.total_minor, line.sku

    return [
        str(line.line_number)
        for line in order.lines
        if line.line_number in file.lines and frozen(file.lines[line.line_number].sold) != frozen(line)
    ]


def _told(words: list[LineWord], event: f.LineStatus | f.Shipment, ref: Ref, run: Run) -> Iterator[object]:
    """Words about lines, all at once; a line that is named again is told so after what was said of it before."""
    rest = words
    while rest:
        first = {word.line_number: word for word in reversed(rest)}
        now = [word for word in rest if first[word.line_number] is word]
        yield from warehouse.said(tuple(now), run.order(ref).lines, event.occurred_at, event.event_id)
        rest = [word for word in rest if first[word.line_number] is not word] if len(now) < len(rest) else []


def line_status(event: f.LineStatus, ref: Ref, run: Run) -> Iterator[object]:
    source = event.source_id or None
    words = [LineWord(one.line_number, one.quantity, str(one.status), source, one.reason) for one in event.lines]
    yield from _told(words, event, ref, run)


def shipment(event: f.Shipment, ref: Ref, run: Run) -> Iterator[object]:
    """Each box once: a repeated one replaces its tracking and moves nothing."""
    for package in event.packages:
        parcel = ParcelSent(event.shipment_id, package, event.source_id)
        if parcel.parcel in run.order(ref).parcels:
            yield ParcelSent(event.shipment_id, package, event.source_id, repeated=True)
            continue
        yield parcel
        source = event.source_id or None
        words = [LineWord(one.line_number, one.quantity, "SHIPPED", source) for one in package.lines]
        yield from _told(words, event, ref, run)


def cancellation_answer(event: f.CancellationAnswer, ref: Ref, run: Run) -> Iterator[object]:
    yield from answered(event, run.order(ref))


def change_answer(event: f.ChangeAnswer, ref: Ref, run: Run) -> Iterator[object]:
    yield from change_orders.answered(event, run.order(ref))


FACTS: Final[dict[type[f.Fact], Callable[[Any, Ref, Run], Iterator[object]]]] = {
    f.OrderEvent: order_event,
    f.LineStatus: line_status,
    f.Shipment: shipment,
    f.CancellationAnswer: cancellation_answer,
    f.ChangeAnswer: change_answer,
    f.WarehouseChangeAnswer: change_answer,
    f.ReturnReceipt: received,
}
"""Every fact about an order alone → what it does. Needs the order known, all but OrderEvent."""


def speaker(fact: f.Fact) -> ActorRef:
    """Who a fact comes from."""
    match fact:
        case f.PaymentEvent(gateway=gateway):
            return ActorRef(gateway, ActorKind.GATEWAY)
        case f.LineStatus() | f.Shipment() | f.CancellationAnswer() | f.ReturnReceipt() | f.WarehouseChangeAnswer():
            return ActorRef(getattr(fact, "source_id", None) or "warehouse", ActorKind.WAREHOUSE)
        case f.NoticeReceipt():
            return ActorRef("notifier", ActorKind.NOTIFIER)
    return ActorRef("shop", ActorKind.SHOP)


def lines_named(fact: f.Fact) -> set[int]:
    """The line numbers that must be known before the fact can be applied."""
    match fact:
        case f.LineStatus(lines=lines):
            return {line.line_number for line in lines}
        case f.Shipment(packages=packages):
            return {line.line_number for package in packages for line in package.lines}
    return set()
