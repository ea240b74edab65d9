"""The whole present states of what is done about an order: cancellations, returns, exchanges, reshipments."""

from typing import Any, cast

from domain.order_file import OrderFile
from domain.world import Step
from schemas.made_records import Value, beginning, plain, row, rows


def _both(step: Step, kept_in: str, entity_id: str) -> tuple[Any, Any]:
    """The entity before the step (None: new) and after it."""
    before = getattr(step.before, kept_in).get(entity_id) if step.before is not None else None
    return before, getattr(step.after, kept_in)[entity_id]


def _of_order(step: Step) -> Value:
    file = cast("OrderFile", step.after)
    return {"sales_channel": file.sales_channel, "order_id": file.order_id}


def cancellation_changed(step: Step, cancellation_id: str) -> Value:
    """postsales.CancellationChanged."""
    before, made = _both(step, "cancellations", cancellation_id)
    return row(
        "postsales.CancellationChanged",
        made,
        **beginning(step, before, made),
        **_of_order(step),
        lines=rows("postsales.CancellationLine", made.lines),
        refund_ids=list(made.refund_ids),
        voids=rows("postsales.CancellationVoid", made.voids),
    )


def return_changed(step: Step, return_id: str) -> Value:
    """postsales.ReturnChanged."""
    before, made = _both(step, "returns", return_id)
    return row(
        "postsales.ReturnChanged",
        made,
        **beginning(step, before, made),
        **_of_order(step),
        lines=rows("postsales.ReturnLine", made.lines),
        refund_ids=list(made.refund_ids),
    )


def change_changed(step: Step, change_id: str) -> Value:
    """postsales.OrderChangeChanged. Shops and warehouses act on state ASKED."""
    before, made = _both(step, "changes", change_id)
    fields = [
        row(
            "postsales.ChangeFieldState",
            field,
            current_address=plain(field.current_address),
            requested_address=plain(field.requested_address),
        )
        for field in made.fields
    ]
    return row(
        "postsales.OrderChangeChanged",
        made,
        **beginning(step, before, made),
        **_of_order(step),
        fields=fields,
    )


def exchange_changed(step: Step, exchange_id: str) -> Value:
    """postsales.ExchangeChanged."""
    before, made = _both(step, "exchanges", exchange_id)
    return row(
        "postsales.ExchangeChanged",
        made,
        **beginning(step, before, made),
        **_of_order(step),
        lines=rows("postsales.ExchangeLine", made.lines),
    )


def reshipment_changed(step: Step, reshipment_id: str) -> Value:
    """postsales.ReshipmentChanged."""
    before, made = _both(step, "reshipments", reshipment_id)
    return row(
        "postsales.ReshipmentChanged",
        made,
        **beginning(step, before, made),
        **_of_order(step),
        lines=rows("postsales.ReshipmentLine", made.lines),
        shipping_address=plain(made.shipping_address),
    )


def refund_changed(step: Step, refund_id: str) -> Value:
    """postsales.RefundChanged. `order_id` is the order with the money; null for a checkout's."""
    before, made = _both(step, "refunds", refund_id)
    return row(
        "postsales.RefundChanged",
        made,
        **beginning(step, before, made),
        sales_channel=cast("OrderFile", step.after).sales_channel,
        lines=[row("postsales.RefundLine", line, taxes=plain(line.taxes)) for line in made.lines],
        legs=rows("postsales.RefundLeg", made.legs),
    )
