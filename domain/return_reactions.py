"""What follows from a return: its approval, its refunds, its end."""

from typing import Any

from domain import exchanges as ex
from domain import returns as rt
from domain.follow_orders import originals_decided
from domain.order_events import UnitsSpent
from domain.order_file import OrderFile
from domain.reshipment_requests import freed
from domain.return_money import pay, payable_at_approval, payable_when_received, settled, take_back_worth
from domain.return_requests import let_go
from domain.run import Run, order_ref
from domain.vocabulary import ReturnSettlement, ReturnState
from domain.world import Changes, Ref, Step


def approve_return(step: Step, event: rt.ReturnRequested, run: Run) -> Changes:
    """Approved by the system unless the policy wants a person; blind ones were approved by the warehouse."""
    file = run.order(step.ref)
    found = file.returns[event.return_id]
    policy = run.policy(file.sales_channel, found.policy_version).returns
    if found.state is ReturnState.REQUESTED and policy.auto_approve and not policy.manual_if_not_received:
        yield step.ref, rt.ReturnApproved(event.return_id)


def refund_at_approval(step: Step, event: rt.ReturnApproved, run: Run) -> Changes:
    file = run.order(step.ref)
    found = file.returns[event.return_id]
    policy = run.policy(file.sales_channel, found.policy_version).refunds
    if policy.at == "APPROVED" and not found.blind and undone_exchange(file, run) is None:
        yield from pay(found, file, payable_at_approval(found), run, at_approval=True)


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


def end_return(ref: Ref, found: rt.Return, reason: str | None, run: Run) -> Changes:
    """A return whose exchange or reshipment was called off: over while nothing came back, refunded after that. Units that
    were given back are replaced by nothing any more, though the return itself may be settled."""
    if found.state in (ReturnState.REQUESTED, ReturnState.APPROVED):
        yield ref, rt.ReturnCancelled(found.return_id, reason)
        for made in let_go(run.order(ref), found):
            yield ref, made
        return
    if free := freed(run.order(ref), {line.line_number: line.replaced for line in found.lines}):
        yield ref, UnitsSpent(free)
    if found.state in (ReturnState.PARTLY_RECEIVED, ReturnState.RECEIVED):
        yield ref, rt.ReturnSettlementChanged(found.return_id, ReturnSettlement.REFUND)
