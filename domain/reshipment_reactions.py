"""What follows from a reshipment: its R order, and what it holds when it is called off."""

from domain import order_events as e
from domain import reshipments as rs
from domain import returns as rt
from domain.follow_orders import follow_order, has_shipped, next_order_id
from domain.reshipment_requests import unspend
from domain.return_reactions import end_return
from domain.run import Run, order_ref
from domain.vocabulary import OrderType, ReshipmentState
from domain.world import Changes, Step


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


def call_off_reshipment(step: Step, event: rt.ReturnDenied, run: Run) -> Changes:
    """What was to be taken back stays with the customer: nothing is sent again for it. Denied only while R is here."""
    file = run.order(step.ref)
    found = file.returns[event.return_id]
    if found.reshipment_id and file.reshipments[found.reshipment_id].state is ReshipmentState.ORDER_CREATED:
        yield step.ref, rs.ReshipmentCancelled(found.reshipment_id, event.reason)


def undo_reshipment(step: Step, event: rs.ReshipmentCancelled, run: Run) -> Changes:
    file = run.order(step.ref)
    reshipment = file.reshipments[event.reshipment_id]
    if reshipment.new_order_id and not has_shipped(run.sibling(file, reshipment.new_order_id)):
        withdrawn = e.FollowOrderWithdrawn(file.order_id, reshipment_id=reshipment.reshipment_id, reason=event.reason)
        yield order_ref(file.sales_channel, reshipment.new_order_id), withdrawn
    if found := file.returns.get(reshipment.return_id or ""):
        yield from end_return(step.ref, found, event.reason, run)
    else:
        for made in unspend(file, reshipment):
            yield step.ref, made
