"""What follows from what: the table by which one machine's event becomes the next machine's (architecture.md 2a).

No machine calls another. Each reaction reads the step that was taken and the run as it is now, and yields changes: an event
of an order or case, or the new state of a thing without events. REACTIONS is the whole process on one screen.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from domain import cancellations as ca
from domain import change_orders
from domain import changes as ch
from domain import exchanges as ex
from domain import order_events as e
from domain import refunds as rf
from domain import reshipments as rs
from domain import returns as rt
from domain.cancel_orders import beaten_by_shipment, shipping_with_the_last_goods
from domain.case_events import CaseOpened, CaseOrderLinked
from domain.checkouts import CheckoutCaseLinked, CheckoutFile, CheckoutJoined
from domain.follow_orders import (
    follow_order,
    has_shipped,
    moved_units,
    next_order_id,
    originals_decided,
    promise,
    release_promise,
    still_in_stock,
    unspend,
)
from domain.follow_up import follow_in_case
from domain.give_back import for_cancellation, for_late_capture
from domain.order_file import OrderFile, OrderLine
from domain.orders import judged_lines
from domain.quantities import LEFT_THE_HOUSE, Bucket
from domain.refund_commands import appeased, auto_released, sent_legs
from domain.return_money import pay, payable_at_approval, payable_when_received, settled, take_back_worth
from domain.return_requests import let_go
from domain.run import Run, case_ref, checkout_ref, order_ref
from domain.vocabulary import (
    CancellationState,
    ExchangeMode,
    ExchangeState,
    OrderEventKind,
    OrderType,
    PaymentKind,
    RefundState,
    RefundType,
    ReshipmentState,
    ReturnSettlement,
    ReturnState,
)
from domain.world import Kind, Ref, Step

B = Bucket
Changes = Iterator[tuple[Ref, object]]
Reaction = Callable[[Step, Any, Run], Changes]


def stop_what_shipped(step: Step, event: e.UnitsMoved, run: Run) -> Changes:
    """A shipment beats the cancellation or change that waits for an answer."""
    for made in beaten_by_shipment(run.order(step.ref), event.moves):
        yield step.ref, made
    for made in change_orders.beaten_by_shipment(run.order(step.ref), event.moves):
        yield step.ref, made


def cancel_shipping_too(step: Step, event: e.UnitsMoved, run: Run) -> Changes:
    if moved_units(event, B.CANCELLED):
        for made in shipping_with_the_last_goods(run.order(step.ref)):
            yield step.ref, made


def move_the_original(step: Step, event: e.UnitsMoved, run: Run) -> Changes:
    """Units of an E or R order moved: its exchange or reshipment goes on."""
    follow = run.order(step.ref)
    if not follow.made_by or follow.order is None or follow.order.original_order_id is None:
        return
    ref = order_ref(follow.sales_channel, follow.order.original_order_id)
    original = run.order(ref)
    lines = judged_lines(follow)
    gone = all(line.units.at(B.CANCELLED) == line.units.quantity for line in lines)
    whole = all(line.units.at(*LEFT_THE_HOUSE, B.CANCELLED) == line.units.quantity for line in lines)
    left = moved_units(event, B.SHIPPED, B.DELIVERED, B.LOST) and has_shipped(follow)
    if exchange := original.exchanges.get(follow.made_by):
        if gone and exchange.state in ex.OPEN:
            yield ref, ex.ExchangeCancelled(exchange.exchange_id, "every unit of its order was cancelled")
        elif left and not exchange.shipped_whole and (exchange.state, ex.ExchangeShipped) in ex.NEXT:
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


def give_money_back(step: Step, event: Any, run: Run) -> Changes:
    """A cancellation has ended with units confirmed: their money goes back."""
    file = run.order(step.ref)
    cancellation = file.cancellations[event.cancellation_id]
    if cancellation.state in (*ca.ENDED, CancellationState.TIMED_OUT):
        for made in for_cancellation(cancellation, file, run):
            yield step.ref, made


def refund_late_capture(step: Step, event: e.PaymentHeard, run: Run) -> Changes:
    counted = event.operation.kind is PaymentKind.CAPTURED and event.recorded_only is None
    if counted and step.ref.kind is Kind.ORDER:
        for made in for_late_capture(run.order(step.ref), run):
            yield step.ref, made


def approve_return(step: Step, event: rt.ReturnRequested, run: Run) -> Changes:
    """Approved by the system unless the policy wants a person; blind ones were approved by the warehouse."""
    file = run.order(step.ref)
    policy = run.policy(file.sales_channel).returns
    waits = file.returns[event.return_id].state is ReturnState.REQUESTED
    if waits and policy.auto_approve and not policy.manual_if_not_received:
        yield step.ref, rt.ReturnApproved(event.return_id)


def refund_at_approval(step: Step, event: rt.ReturnApproved, run: Run) -> Changes:
    file = run.order(step.ref)
    found = file.returns[event.return_id]
    at_once = run.policy(file.sales_channel).refunds.at == "APPROVED" and not found.blind
    if at_once and undone_exchange(file, run) is None:
        yield from pay(found, file, payable_at_approval(found), run, at_approval=True)


def approve_exchange(step: Step, event: rt.ReturnApproved, run: Run) -> Changes:
    exchange = _exchange_of(step, event.return_id, run)
    if exchange and exchange.state is ExchangeState.REQUESTED:
        yield step.ref, ex.ExchangeApproved(exchange.exchange_id)


def deny_exchange(step: Step, event: rt.ReturnDenied, run: Run) -> Changes:
    exchange = _exchange_of(step, event.return_id, run)
    if exchange and exchange.state is ExchangeState.REQUESTED:
        yield step.ref, ex.ExchangeDenied(exchange.exchange_id)


def _exchange_of(step: Step, return_id: str, run: Run) -> ex.Exchange | None:
    file = run.order(step.ref)
    return file.exchanges.get(file.returns[return_id].exchange_id or "")


def refund_what_came(step: Step, event: Any, run: Run) -> Changes:
    """Accepted units that no refund covers, once everything is in."""
    file = run.order(step.ref)
    found = file.returns[event.return_id]
    if found.state is ReturnState.RECEIVED and (undone := undone_exchange(file, run)):
        yield step.ref, rt.ReturnSettlementChanged(found.return_id, ReturnSettlement.NONE)
        yield undone[0], ex.ExchangeCancelled(undone[1].exchange_id, "its goods came back before the originals")
    elif found.state is ReturnState.RECEIVED:
        yield from pay(found, file, payable_when_received(found), run, at_approval=False)


def undone_exchange(file: OrderFile, run: Run) -> tuple[Ref, ex.Exchange] | None:
    """The open exchange that made this E order while its originals are not back: a return of E undoes it."""
    if not file.made_by or not file.facts.original_order_id:
        return None
    original = run.sibling(file, file.facts.original_order_id)
    exchange = original.exchanges.get(file.made_by)
    if exchange is None or exchange.state not in ex.OPEN or originals_decided(original, exchange.return_id):
        return None
    return order_ref(original.sales_channel, original.order_id), exchange


def drop_refund(step: Step, event: Any, run: Run) -> Changes:
    """A return ended without its goods: a refund that nobody sent yet is off, its units have their worth again."""
    file = run.order(step.ref)
    yield from take_back_worth(file.returns[event.return_id], file, run)


def settle_return(step: Step, event: Any, run: Run) -> Changes:
    file = run.order(step.ref)
    yield from settled(file.returns[event.return_id], file, run)


def go_on_with_exchange(step: Step, event: Any, run: Run) -> Changes:
    """Originals were decided: a held E order is released or the exchange becomes a refund; a shipped one may be complete."""
    exchange = _exchange_of(step, event.return_id, run)
    file = run.order(step.ref)
    if exchange is None or not originals_decided(file, exchange.return_id):
        return
    if exchange.state is ExchangeState.WAITING_GOODS:
        found = file.returns[event.return_id]
        if any(line.rejected for line in found.lines):
            yield step.ref, ex.ExchangeConverted(exchange.exchange_id, "units that came back were rejected")
        elif not still_in_stock(file, exchange, run):
            yield step.ref, ex.ExchangeConverted(exchange.exchange_id, "the new item is out of stock")
        else:
            yield step.ref, ex.ExchangeReleased(exchange.exchange_id)
    elif exchange.state in (ExchangeState.SHIPPED, ExchangeState.OVERDUE) and exchange.shipped_whole:
        yield step.ref, ex.ExchangeCompleted(exchange.exchange_id)


def complete_exchange(step: Step, event: ex.ExchangeShipped, run: Run) -> Changes:
    file = run.order(step.ref)
    exchange = file.exchanges[event.exchange_id]
    if exchange.shipped_whole and originals_decided(file, exchange.return_id):
        yield step.ref, ex.ExchangeCompleted(exchange.exchange_id)


def settle_exchanged(step: Step, event: Any, run: Run) -> Changes:
    file = run.order(step.ref)
    if found := file.returns.get(file.exchanges[event.exchange_id].return_id or ""):
        yield from settled(found, file, run)


def make_exchange_order(step: Step, event: ex.ExchangeApproved, run: Run) -> Changes:
    """The E order stands in our books at once; stock is promised to it until the shop confirms it."""
    file = run.order(step.ref)
    exchange = file.exchanges[event.exchange_id]
    order_id = next_order_id(file, "E", run)
    lines = [(line.line_number, line.quantity, line.new_sku) for line in exchange.lines]
    order = follow_order(
        file, order_id, OrderType.EXCHANGE, lines, exchange.new_shipping_method, exchange.new_shipping_address, run
    )
    hold = exchange.mode is ExchangeMode.HOLD
    made = e.FollowOrderMade(order, file.root_id or file.order_id, exchange_id=exchange.exchange_id, hold=hold)
    yield order_ref(file.sales_channel, order_id), made
    yield from promise(file, exchange, run)
    yield step.ref, (ex.ExchangeWaits if hold else ex.ExchangeOrderMade)(exchange.exchange_id, order_id)


def release_exchange_order(step: Step, event: ex.ExchangeReleased, run: Run) -> Changes:
    file = run.order(step.ref)
    exchange = file.exchanges[event.exchange_id]
    released = e.FollowOrderReleased(file.order_id, exchange.exchange_id)
    yield order_ref(file.sales_channel, exchange.new_order_id or ""), released


def withdraw_exchange_order(step: Step, event: Any, run: Run) -> Changes:
    file = run.order(step.ref)
    exchange = file.exchanges[event.exchange_id]
    if exchange.new_order_id and not has_shipped(run.sibling(file, exchange.new_order_id)):
        withdrawn = e.FollowOrderWithdrawn(file.order_id, exchange_id=exchange.exchange_id, reason=event.reason)
        yield order_ref(file.sales_channel, exchange.new_order_id), withdrawn
    yield from release_promise(file, exchange, run)


def free_the_originals(step: Step, event: Any, run: Run) -> Changes:
    """An exchange ended without its order: nothing received, the return is over; else what came is refunded."""
    file = run.order(step.ref)
    found = file.returns.get(file.exchanges[event.exchange_id].return_id or "")
    if found:
        yield from _end_return(step.ref, found, event.reason, run)


def _end_return(ref: Ref, found: rt.Return, reason: str | None, run: Run) -> Changes:
    if found.state in (ReturnState.REQUESTED, ReturnState.APPROVED):
        yield ref, rt.ReturnCancelled(found.return_id, reason)
        for made in let_go(run.order(ref), found):
            yield ref, made
    elif found.state in (ReturnState.PARTLY_RECEIVED, ReturnState.RECEIVED):
        yield ref, rt.ReturnSettlementChanged(found.return_id, ReturnSettlement.REFUND)


def make_reshipment_order(step: Step, event: rs.ReshipmentRequested, run: Run) -> Changes:
    file = run.order(step.ref)
    reshipment = file.reshipments[event.reshipment_id]
    order_id = next_order_id(file, "R", run)
    lines = [(line.line_number, line.quantity, line.sku) for line in reshipment.lines]
    order = follow_order(
        file, order_id, OrderType.RESHIPMENT, lines, reshipment.shipping_method, reshipment.shipping_address, run
    )
    made = e.FollowOrderMade(order, file.root_id or file.order_id, reshipment_id=reshipment.reshipment_id)
    yield order_ref(file.sales_channel, order_id), made
    yield step.ref, rs.ReshipmentOrderMade(reshipment.reshipment_id, order_id)


def undo_reshipment(step: Step, event: rs.ReshipmentCancelled, run: Run) -> Changes:
    file = run.order(step.ref)
    reshipment = file.reshipments[event.reshipment_id]
    if reshipment.new_order_id and not has_shipped(run.sibling(file, reshipment.new_order_id)):
        withdrawn = e.FollowOrderWithdrawn(file.order_id, reshipment_id=reshipment.reshipment_id, reason=event.reason)
        yield order_ref(file.sales_channel, reshipment.new_order_id), withdrawn
    if found := file.returns.get(reshipment.return_id or ""):
        yield from _end_return(step.ref, found, event.reason, run)
    else:
        for made in unspend(file, reshipment):
            yield step.ref, made


def send_refund(step: Step, event: rf.RefundRequested, run: Run) -> Changes:
    file = run.holder(step.ref)
    refund = file.refunds[event.refund_id]
    if refund.state is RefundState.REQUESTED and auto_released(refund, run.policy(file.sales_channel).refunds):
        yield step.ref, rf.RefundSent(event.refund_id)


def ask_gateways(step: Step, event: Any, run: Run) -> Changes:
    """One payment request for each leg that goes to its gateway with this step."""
    before = step.before.refunds.get(event.refund_id) if isinstance(step.before, OrderFile | CheckoutFile) else None
    refund = run.holder(step.ref).refunds[event.refund_id]
    legs = tuple((leg, run.ids.event(leg.leg_id)) for leg in sent_legs(before, refund))
    yield (
        step.ref,
        e.LegsSent(
            legs,
            "REFUND",
            order_id=refund.order_id,
            checkout_id=refund.checkout_id,
            refund_id=refund.refund_id,
            cancellation_id=refund.cancellation_id,
            return_id=refund.return_id,
        ),
    )


def ask_for_voids(step: Step, event: ca.VoidsSent, run: Run) -> Changes:
    file = run.order(step.ref)
    sent = {*event.again, *(leg.leg_id for leg in event.legs)}
    voids = file.cancellations[event.cancellation_id].voids
    legs = tuple((leg, run.ids.event(leg.leg_id)) for leg in voids if leg.leg_id in sent)
    yield step.ref, e.LegsSent(legs, "VOID", order_id=file.order_id, cancellation_id=event.cancellation_id)


def rebase_worth(step: Step, event: Any, run: Run) -> Changes:
    """An appeasement began, failed or ended: what is left of its lines is spread over the units not spent."""
    file = run.holder(step.ref)
    refund = file.refunds[event.refund_id]
    was = step.before.refunds.get(event.refund_id) if isinstance(step.before, OrderFile) else None
    if (
        isinstance(file, OrderFile)
        and refund.refund_type is RefundType.APPEASEMENT
        and (was is None or was.state is not refund.state)
    ):
        numbers = [line.line_number for line in refund.lines]
        yield step.ref, e.WorthRebased(tuple((number, appeased(file, number)) for number in numbers))


def move_the_return(step: Step, event: Any, run: Run) -> Changes:
    """A refund ended: its return may be settled; a cancelled one leaves it without money."""
    root = run.holder(step.ref)
    refund = root.refunds[event.refund_id]
    if refund.return_id is None or not isinstance(root, OrderFile):
        return
    home = run.sibling(root, refund.for_order_id) if refund.for_order_id else root
    ref = order_ref(home.sales_channel, home.order_id)
    found = home.returns[refund.return_id]
    open_states = (ReturnState.REQUESTED, ReturnState.APPROVED, ReturnState.PARTLY_RECEIVED, ReturnState.RECEIVED)
    if refund.state is RefundState.CANCELLED and found.state in open_states:
        yield ref, rt.ReturnSettlementChanged(found.return_id, ReturnSettlement.NONE)
        found = run.order(ref).returns[refund.return_id]
    yield from settled(found, run.order(ref), run)


_LEGS = (rf.LegConfirmed, rf.LegFailed, rf.LegUnanswered, rf.LegReversed)

REACTIONS: Final[dict[type[Any], tuple[Reaction, ...]]] = {
    # order
    e.OrderSeen: (confirm_follow_order, join_checkout),
    e.UnitsMoved: (stop_what_shipped, cancel_shipping_too, move_the_original),
    e.PaymentHeard: (refund_late_capture,),
    # case
    CaseOpened: (link_checkout,),
    # cancellation
    ca.CancellationAskedWarehouse: (follow_in_case,),
    ca.CancellationConfirmed: (give_money_back, follow_in_case),
    ca.CancellationAnswered: (give_money_back, follow_in_case),
    ca.CancellationTimedOut: (give_money_back, follow_in_case),
    ca.VoidsSent: (ask_for_voids,),
    ca.VoidConfirmed: (follow_in_case,),
    ca.VoidFailed: (follow_in_case,),
    ca.VoidUnanswered: (follow_in_case,),
    # change in flight
    **dict.fromkeys((ch.ChangeAsked, ch.ChangeAnswered, ch.ChangeTimedOut, ch.ChangeWithdrawn), (follow_in_case,)),
    # return
    rt.ReturnRequested: (follow_in_case, approve_return),
    rt.ReturnApproved: (follow_in_case, refund_at_approval, approve_exchange),
    rt.ReturnDenied: (follow_in_case, deny_exchange),
    rt.ReturnCancelled: (drop_refund, follow_in_case),
    rt.ReturnExpired: (drop_refund, follow_in_case),
    rt.ReturnReceived: (follow_in_case, refund_what_came, go_on_with_exchange, settle_return),
    rt.ReturnLineDecided: (refund_what_came, go_on_with_exchange, settle_return),
    rt.ReturnRefunded: (settle_return,),
    rt.ReturnSettlementChanged: (refund_what_came, settle_return),
    rt.ReturnSettled: (follow_in_case,),
    # refund and appeasement
    rf.RefundRequested: (follow_in_case, rebase_worth, send_refund),
    rf.RefundSent: (ask_gateways, follow_in_case),
    rf.RefundRetried: (ask_gateways, follow_in_case, rebase_worth),
    rf.RefundCancelled: (follow_in_case, rebase_worth, move_the_return),
    **dict.fromkeys(_LEGS, (follow_in_case, rebase_worth, move_the_return)),
    rf.RefundReleasedOffline: (follow_in_case, rebase_worth, move_the_return),
    # exchange
    ex.ExchangeRequested: (follow_in_case,),
    ex.ExchangeApproved: (make_exchange_order,),
    ex.ExchangeDenied: (follow_in_case,),
    ex.ExchangeOrderMade: (follow_in_case,),
    ex.ExchangeWaits: (follow_in_case,),
    ex.ExchangeReleased: (release_exchange_order, follow_in_case),
    ex.ExchangeConverted: (withdraw_exchange_order, free_the_originals, follow_in_case),
    ex.ExchangeShipped: (follow_in_case, complete_exchange),
    ex.ExchangeOverdue: (follow_in_case,),
    ex.ExchangeCompleted: (follow_in_case, settle_exchanged),
    ex.ExchangeCancelled: (withdraw_exchange_order, free_the_originals, follow_in_case),
    # reshipment
    rs.ReshipmentRequested: (follow_in_case, make_reshipment_order),
    rs.ReshipmentOrderMade: (follow_in_case,),
    rs.ReshipmentShipped: (follow_in_case,),
    rs.ReshipmentCompleted: (follow_in_case,),
    rs.ReshipmentCancelled: (undo_reshipment, follow_in_case),
}
"""Event → what follows from it, in this order, in the same transaction, until nothing is left."""
