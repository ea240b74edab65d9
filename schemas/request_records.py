"""What is asked of others and answered: payments.PaymentRequest, notifications.NoticeRequested, replies.CommandResult."""

from typing import cast

from domain.checkouts import CheckoutFile
from domain.order_events import LegsSent, NoticeAsked
from domain.order_file import OrderFile
from domain.refunds import Leg
from domain.world import Preview, Reply, Step
from schemas.made_records import Value, plain, row, rows


def payment_requests(step: Step) -> list[Value]:
    """One payments.PaymentRequest a leg, in the order of the legs, each with the event id that the step gives it."""
    file, event = cast("OrderFile | CheckoutFile", step.after), cast("LegsSent", step.event)
    known = {leg.leg_id: leg for leg in _legs(file, event)}
    return [
        {
            "event_id": event_id,
            "occurred_at": step.stamp.at,
            "operation_reference": leg.leg_id,
            "kind": event.kind,
            "sales_channel": file.sales_channel,
            "order_id": event.order_id,
            "checkout_id": event.checkout_id,
            "payment_ref": leg.payment_ref,
            "gateway": leg.gateway,
            "method": leg.method,
            "amount_minor": leg.amount_minor,
            "currency": file.currency,
            "refund_id": event.refund_id,
            "cancellation_id": event.cancellation_id,
            "return_id": event.return_id,
            "attempt": known.get(leg.leg_id, leg).attempt,
            "test": isinstance(file, OrderFile) and file.facts.test,
        }
        for leg, event_id in event.legs
    ]


def _legs(file: OrderFile | CheckoutFile, event: LegsSent) -> tuple[Leg, ...]:
    """The legs as the state has them after the step: their attempt is counted there."""
    if event.refund_id is not None and event.refund_id in file.refunds:
        return file.refunds[event.refund_id].legs
    if event.cancellation_id is not None and event.cancellation_id in file.cancellations:
        return file.cancellations[event.cancellation_id].voids
    return ()


def notice_requested(step: Step, event_id: str) -> Value:
    """notifications.NoticeRequested of a notice that somebody is there to get."""
    event = cast("NoticeAsked", step.event)
    return {
        "event_id": event_id,
        "occurred_at": step.stamp.at,
        "cause_id": step.stamp.cause_id,
        "notice_id": event.notice_id,
        "kind": event.kind,
        "recipient": event.recipient,
        "language": event.language,
        "sales_channel": getattr(step.after, "sales_channel", ""),
        "order_id": event.order_id,
        "case_id": event.case_id,
        "test": event.test,
        "resent_of": event.resent_of,
        "facts": dict(event.facts),
    }


def command_result(reply: Reply) -> Value:
    """replies.CommandResult."""
    return {
        "command_id": reply.command_id,
        "occurred_at": reply.occurred_at,
        "status": "ACCEPTED" if reply.accepted else "REJECTED",
        "code": reply.code,
        "message": reply.message,
        "dry_run": reply.dry_run,
        "entity_type": reply.entity_type,
        "entity_id": reply.entity_id,
        "version": reply.version,
        "preview": None if reply.preview is None else _preview(reply.preview),
    }


def _preview(preview: Preview) -> Value:
    legs = [{"payment_ref": payment_ref, "amount_minor": amount} for payment_ref, amount in preview.legs]
    return row("replies.Preview", preview, lines=rows("replies.PreviewLine", preview.lines), legs=plain(legs))
