"""What follows in money: a cancellation that ended, refunds and voids on their way, appeasements."""

from typing import Any

from domain import cancellations as ca
from domain import order_events as e
from domain import refunds as rf
from domain import returns as rt
from domain.appeasements import appeased
from domain.checkouts import CheckoutFile
from domain.give_back import for_cancellation
from domain.order_file import OrderFile
from domain.refund_commands import auto_released, sent_legs
from domain.return_money import settled
from domain.run import Run, order_ref
from domain.vocabulary import CancellationState, RefundState, RefundType, ReturnSettlement, ReturnState
from domain.world import Changes, Step


def give_money_back(step: Step, event: Any, run: Run) -> Changes:
    """A cancellation has ended with units confirmed: their money goes back."""
    file = run.order(step.ref)
    cancellation = file.cancellations[event.cancellation_id]
    if cancellation.state in (*ca.ENDED, CancellationState.TIMED_OUT):
        for made in for_cancellation(cancellation, file, run):
            yield step.ref, made


def send_refund(step: Step, event: rf.RefundRequested, run: Run) -> Changes:
    file = run.holder(step.ref)
    refund = file.refunds[event.refund_id]
    policy = run.policy(file.sales_channel, refund.policy_version).refunds
    if refund.state is RefundState.REQUESTED and auto_released(refund, policy):
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
