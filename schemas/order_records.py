"""postsales.OrderStateChanged, and what is published about the E and R orders that we make."""

from typing import cast

from domain.order_events import (
    FollowOrderMade,
    FollowOrderReleased,
    FollowOrderWithdrawn,
    OrderStateMoved,
    PersonErased,
)
from domain.order_file import OrderFile
from domain.orders import given_by_line, line_status, snapshot, status
from domain.vocabulary import LegState
from domain.world import Step
from schemas.made_records import Value, actor, cause, plain


def order_state_changed(step: Step) -> Value:
    """postsales.OrderStateChanged of a step that moved the order's published state."""
    file, event = cast("OrderFile", step.after), cast("OrderStateMoved | PersonErased", step.event)
    order, money, computed = file.facts, snapshot(file), status(file)
    return {
        **cause(step),
        "version": file.version,
        "previous_state": event.previous_status,
        "state": computed,
        "created_at": file.created_at,
        "created_by": actor(file.created_by or step.stamp.actor),
        "sales_channel": file.sales_channel,
        "order_id": file.order_id,
        "order_type": order.order_type,
        "status": computed,
        "shop_status": order.status,
        "needs_attention": bool(file.attention),
        "attention": list(file.attention),
        "order_total_minor": money.order_total,
        "captured_minor": money.captured,
        "refunded_minor": money.refunded,
        "pending_minor": money.pending,
        "charged_back_minor": money.charged_back,
        "due_minor": money.due,
        "currency": order.currency,
        "lines": _lines(file),
    }


def _lines(file: OrderFile) -> list[Value]:
    """`left_minor` is value − refunded − pending and never below 0, `refunded_minor` what gateways have confirmed."""
    given, confirmed = given_by_line(file), given_by_line(file, (LegState.CONFIRMED,))
    return [
        {
            "line_number": number,
            "sku": line.sold.sku,
            "quantity": line.units.quantity,
            "buckets": line.units.public(),
            "status": line_status(line),
            "value_minor": line.value.gross,
            "refunded_minor": confirmed.get(number, 0),
            "left_minor": max(0, line.value.gross - given.get(number, 0)),
        }
        for number, line in file.lines.items()
    ]


def exchange_order_created(step: Step) -> Value:
    """postsales.ExchangeOrderCreated of the step that made an E order."""
    event = cast("FollowOrderMade", step.event)
    return {**cause(step), "exchange_id": event.exchange_id, "hold": event.hold, "order": plain(event.order)}


def reshipment_order_created(step: Step) -> Value:
    """postsales.ReshipmentOrderCreated of the step that made an R order."""
    event = cast("FollowOrderMade", step.event)
    return {**cause(step), "reshipment_id": event.reshipment_id, "hold": event.hold, "order": plain(event.order)}


def order_released(step: Step) -> Value:
    """postsales.OrderReleased of the step that let a held order ship."""
    event, file = cast("FollowOrderReleased", step.event), cast("OrderFile", step.after)
    return {
        **cause(step),
        "sales_channel": file.sales_channel,
        "order_id": file.order_id,
        "original_order_id": event.original_order_id,
        "exchange_id": event.exchange_id,
    }


def order_withdrawn(step: Step) -> Value:
    """postsales.OrderWithdrawn of the step that called an E or R order back."""
    event, file = cast("FollowOrderWithdrawn", step.event), cast("OrderFile", step.after)
    return {
        **cause(step),
        "sales_channel": file.sales_channel,
        "order_id": file.order_id,
        "original_order_id": event.original_order_id,
        "exchange_id": event.exchange_id,
        "reshipment_id": event.reshipment_id,
        "reason": event.reason,
    }
