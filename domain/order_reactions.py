"""What follows when units moved, the shop spoke of an order or a payment was heard, and when a case names a checkout."""

from domain import change_orders
from domain import exchanges as ex
from domain import order_events as e
from domain import reshipments as rs
from domain.cancel_orders import beaten_by_shipment, shipping_with_the_last_goods
from domain.case_events import CaseOpened, CaseOrderLinked
from domain.checkouts import CheckoutCaseLinked, CheckoutJoined
from domain.exchange_requests import release_promise
from domain.follow_orders import all_shipped, has_shipped, moved_units
from domain.give_back import for_late_capture
from domain.order_file import OrderFile, OrderLine
from domain.orders import judged_lines
from domain.quantities import Bucket
from domain.run import Run, case_ref, checkout_ref, order_ref
from domain.vocabulary import OrderEventKind, PaymentKind, ReshipmentState
from domain.world import Changes, Kind, Step

B = Bucket
Moves = e.UnitsMoved | e.WarehouseSaid


def stop_what_shipped(step: Step, event: Moves, run: Run) -> Changes:
    """A shipment beats the cancellation or change that waits for an answer."""
    for made in beaten_by_shipment(run.order(step.ref), event.moves):
        yield step.ref, made
    for made in change_orders.beaten_by_shipment(run.order(step.ref), event.moves):
        yield step.ref, made


def cancel_shipping_too(step: Step, event: Moves, run: Run) -> Changes:
    if moved_units(event, B.CANCELLED):
        for made in shipping_with_the_last_goods(run.order(step.ref)):
            yield step.ref, made


def move_the_original(step: Step, event: Moves, run: Run) -> Changes:
    """Units of an E or R order moved: its exchange or reshipment goes on."""
    follow = run.order(step.ref)
    if not follow.made_by or follow.order is None or follow.order.original_order_id is None:
        return
    ref = order_ref(follow.sales_channel, follow.order.original_order_id)
    original = run.order(ref)
    lines = judged_lines(follow)
    gone = all(line.units.at(B.CANCELLED) == line.units.quantity for line in lines)
    whole = all_shipped(follow)
    left = moved_units(event, B.SHIPPED, B.DELIVERED, B.LOST) and has_shipped(follow)
    if exchange := original.exchanges.get(follow.made_by):
        if gone and exchange.state in ex.OPEN:
            yield ref, ex.ExchangeCancelled(exchange.exchange_id, "every unit of its order was cancelled")
        elif (
            (left or (whole and has_shipped(follow)))
            and not exchange.shipped_whole
            and (exchange.state, ex.ExchangeShipped) in ex.NEXT
        ):
            yield ref, ex.ExchangeShipped(exchange.exchange_id, whole)
    if reshipment := original.reshipments.get(follow.made_by):
        if gone and reshipment.state in (ReshipmentState.ORDER_CREATED, ReshipmentState.SHIPPED):
            yield ref, rs.ReshipmentCancelled(reshipment.reshipment_id, "every unit of its order was cancelled")
            return
        if left and reshipment.state is ReshipmentState.ORDER_CREATED:
            yield ref, rs.ReshipmentShipped(reshipment.reshipment_id)
        state = run.order(ref).reshipments[follow.made_by].state
        if state is ReshipmentState.SHIPPED and all(_arrived(line) for line in lines):
            yield ref, rs.ReshipmentCompleted(reshipment.reshipment_id)


def _arrived(line: OrderLine) -> bool:
    """Every unit of R that was not cancelled has arrived, wherever it went from there."""
    return line.units.arrived >= line.units.quantity - line.units.at(B.CANCELLED)


def confirm_follow_order(step: Step, event: e.OrderSeen, run: Run) -> Changes:
    """The shop itself spoke of the E order: its stock is the shop's matter from now on."""
    follow = run.order(step.ref)
    if follow.made_by and follow.facts.original_order_id and event.kind is not OrderEventKind.UNKNOWN:
        original = run.sibling(follow, follow.facts.original_order_id)
        if exchange := original.exchanges.get(follow.made_by):
            yield from release_promise(original, exchange, run)


def join_checkout(step: Step, _event: e.OrderSeen, run: Run) -> Changes:
    """The first word of an order takes over the payments of its checkout; cases on the checkout get the order."""
    file = run.order(step.ref)
    was = step.before
    if not file.facts.checkout_id or (isinstance(was, OrderFile) and was.known):
        return
    ref = checkout_ref(file.sales_channel, file.facts.checkout_id)
    checkout = run.checkout(ref)
    if checkout.order_id:
        return
    for operation in checkout.operations:
        yield step.ref, e.PaymentHeard(operation)
    yield ref, CheckoutJoined(file.order_id)
    for case_id in checkout.case_ids:
        yield case_ref(case_id), CaseOrderLinked(case_id, file.order_id)


def link_checkout(_step: Step, event: CaseOpened, run: Run) -> Changes:
    case = event.case
    if case.checkout_id:
        ref = checkout_ref(case.sales_channel, case.checkout_id)
        yield ref, CheckoutCaseLinked(case.case_id)
        if order_id := run.checkout(ref).order_id:
            yield case_ref(case.case_id), CaseOrderLinked(case.case_id, order_id)


def refund_late_capture(step: Step, event: e.PaymentHeard, run: Run) -> Changes:
    counted = event.operation.kind is PaymentKind.CAPTURED and event.recorded_only is None
    if counted and step.ref.kind is Kind.ORDER:
        for made in for_late_capture(run.order(step.ref), run):
            yield step.ref, made
