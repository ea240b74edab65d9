"""What follows from an exchange: its E order, the promise of stock, the originals that come back."""

from typing import Any

from domain import exchanges as ex
from domain import order_events as e
from domain import returns as rt
from domain.exchange_requests import promise, release_promise, still_in_stock
from domain.follow_orders import all_shipped, follow_order, has_shipped, next_order_id, originals_decided
from domain.return_money import settled
from domain.return_reactions import end_return
from domain.run import Run, order_ref
from domain.vocabulary import ExchangeMode, ExchangeState, OrderType
from domain.world import Changes, Step


def promise_stock(step: Step, event: ex.ExchangeRequested, run: Run) -> Changes:
    """An open exchange has its stock until the shop confirms its order, whether it was approved yet or not."""
    yield from promise(run.order(step.ref), event.exchange, run)


def give_stock_free(step: Step, event: Any, run: Run) -> Changes:
    """An exchange that is over promises nothing any more, though the shop never spoke of its order."""
    file = run.order(step.ref)
    yield from release_promise(file, file.exchanges[event.exchange_id], run)


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


def go_on_with_exchange(step: Step, event: Any, run: Run) -> Changes:
    """Originals were decided."""
    exchange = _exchange_of(step, event.return_id, run)
    if exchange:
        yield from _went_on(step, exchange, run)


def go_on_at_once(step: Step, event: ex.ExchangeWaits, run: Run) -> Changes:
    """The E order has just been made: the originals may have been here before anybody approved."""
    yield from _went_on(step, run.order(step.ref).exchanges[event.exchange_id], run)


def _went_on(step: Step, exchange: ex.Exchange, run: Run) -> Changes:
    """A held E order is released or the exchange becomes a refund; a shipped one may be complete."""
    file = run.order(step.ref)
    if not originals_decided(file, exchange.return_id):
        return
    if exchange.state is ExchangeState.WAITING_GOODS:
        found = file.returns[exchange.return_id or ""]
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
    """The E order stands in our books at once."""
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
    yield step.ref, (ex.ExchangeWaits if hold else ex.ExchangeOrderMade)(exchange.exchange_id, order_id)


def release_exchange_order(step: Step, event: ex.ExchangeReleased, run: Run) -> Changes:
    file = run.order(step.ref)
    exchange = file.exchanges[event.exchange_id]
    released = e.FollowOrderReleased(file.order_id, exchange.exchange_id)
    follow_ref = order_ref(file.sales_channel, exchange.new_order_id or "")
    yield follow_ref, released
    follow = run.order(follow_ref)
    if has_shipped(follow):  # though it was on hold: nothing that leaves later will say so again
        yield step.ref, ex.ExchangeShipped(exchange.exchange_id, all_shipped(follow))


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
        yield from end_return(step.ref, found, event.reason, run)
