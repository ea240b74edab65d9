"""What follows from what: the table by which one machine's event becomes the next machine's (architecture.md 2a).

No machine calls another. Each reaction reads the step that was taken and the run as it is now, and yields changes: an event
of an order or case, or the new state of a thing without events. REACTIONS is the whole process on one screen; the reactions
stand by the machine that they answer.
"""

from collections.abc import Callable
from typing import Any, Final

from domain import cancellations as ca
from domain import changes as ch
from domain import exchanges as ex
from domain import order_events as e
from domain import refunds as rf
from domain import reshipments as rs
from domain import returns as rt
from domain.case_events import CaseOpened
from domain.exchange_reactions import (
    approve_exchange,
    complete_exchange,
    deny_exchange,
    free_the_originals,
    give_stock_free,
    go_on_at_once,
    go_on_with_exchange,
    make_exchange_order,
    promise_stock,
    release_exchange_order,
    settle_exchanged,
    withdraw_exchange_order,
)
from domain.follow_up import follow_in_case
from domain.order_reactions import (
    cancel_shipping_too,
    confirm_follow_order,
    join_checkout,
    link_checkout,
    move_the_original,
    refund_late_capture,
    stop_what_shipped,
)
from domain.refund_reactions import (
    ask_for_voids,
    ask_gateways,
    give_money_back,
    move_the_return,
    rebase_worth,
    send_refund,
)
from domain.reshipment_reactions import call_off_reshipment, make_reshipment_order, undo_reshipment
from domain.return_reactions import approve_return, drop_refund, refund_at_approval, refund_what_came, settle_return
from domain.run import Run
from domain.world import Changes, Step

Reaction = Callable[[Step, Any, Run], Changes]

_LEGS = (rf.LegConfirmed, rf.LegFailed, rf.LegUnanswered, rf.LegReversed)

REACTIONS: Final[dict[type[Any], tuple[Reaction, ...]]] = {
    # order
    e.OrderSeen: (confirm_follow_order, join_checkout),
    **dict.fromkeys((e.UnitsMoved, e.WarehouseSaid), (stop_what_shipped, cancel_shipping_too, move_the_original)),
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
    rt.ReturnDenied: (follow_in_case, deny_exchange, call_off_reshipment),
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
    ex.ExchangeRequested: (promise_stock, follow_in_case),
    ex.ExchangeApproved: (make_exchange_order,),
    ex.ExchangeDenied: (give_stock_free, follow_in_case),
    ex.ExchangeOrderMade: (follow_in_case,),
    ex.ExchangeWaits: (follow_in_case, go_on_at_once),
    ex.ExchangeReleased: (release_exchange_order, follow_in_case),
    ex.ExchangeConverted: (withdraw_exchange_order, free_the_originals, follow_in_case),
    ex.ExchangeShipped: (follow_in_case, complete_exchange),
    ex.ExchangeOverdue: (follow_in_case,),
    ex.ExchangeCompleted: (give_stock_free, follow_in_case, settle_exchanged),
    ex.ExchangeCancelled: (withdraw_exchange_order, free_the_originals, follow_in_case),
    # reshipment
    rs.ReshipmentRequested: (follow_in_case, make_reshipment_order),
    rs.ReshipmentOrderMade: (follow_in_case,),
    rs.ReshipmentShipped: (follow_in_case,),
    rs.ReshipmentCompleted: (follow_in_case,),
    rs.ReshipmentCancelled: (undo_reshipment, follow_in_case),
}
"""Event → what follows from it, in this order, in the same transaction, until nothing is left."""
