"""Which record each domain event becomes: the way out, as one table. Storage and Kafka see nothing else of an outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, get_args
from uuid import NAMESPACE_OID, UUID, uuid5

from domain.cases import CaseCommented, CaseEvent, TaskEvent
from domain.checkouts import CheckoutFile
from domain.making import quickly_made
from domain.order_events import (
    FollowOrderMade,
    FollowOrderReleased,
    FollowOrderWithdrawn,
    LegsSent,
    NoticeAsked,
    OrderStateMoved,
    PersonErased,
    RemedyErased,
)
from domain.order_file import order_key
from domain.vocabulary import EntityType
from domain.world import Outcome, Reply, Step
from schemas import case_records, order_records, request_records
from schemas.made_records import Outbound, Value, outbound
from schemas.refusal import InvalidCommand
from schemas.remedy_records import REMEDIES, remedy_changed

__all__ = ["Outbound", "answer_to", "project", "reply_message"]


@quickly_made
@dataclass(frozen=True, slots=True)
class _Row:
    """A record, its key, and the id of the entity that it is about."""

    record: str
    key: str
    entity_id: str
    value: Value


def _key(step: Step) -> str:
    """The key of the order file or case that took the step."""
    return step.ref.key


def _keyed(value: Value) -> str:
    """The key of what belongs to the order, or else the checkout, with the money."""
    return order_key(value["sales_channel"], value["order_id"] or value["checkout_id"])


def _remedy(entity_type: EntityType) -> "Projection":
    """The record of a remedy's events, which carry its id."""
    name = f"{entity_type}_id"
    return lambda step, event: _remedy_row(entity_type, getattr(event, name), step)


def _remedy_row(entity_type: EntityType, entity_id: str, step: Step) -> list[_Row]:
    value = remedy_changed(entity_type, entity_id, step)
    return [_Row(REMEDIES[entity_type].record, _keyed(value), entity_id, value)]


def _case(step: Step, event: Any) -> list[_Row]:
    return [_Row("cases.CaseChanged", event.case_id, event.case_id, case_records.case_changed(step))]


def _task(step: Step, event: Any) -> list[_Row]:
    return [_Row("cases.TaskChanged", event.case_id, event.task_id, case_records.task_changed(step, event.task_id))]


def _order_state(step: Step, _: OrderStateMoved) -> list[_Row]:
    value = order_records.order_state_changed(step)
    return [_Row("postsales.OrderStateChanged", _key(step), value["order_id"], value)]


def _person_erased(step: Step, _: PersonErased) -> list[_Row]:
    """An order's new version; a checkout has no record of its own."""
    if isinstance(step.after, CheckoutFile):
        return []
    value = order_records.order_state_changed(step)
    return [_Row("postsales.OrderStateChanged", _key(step), value["order_id"], value)]


def _remedy_erased(step: Step, event: RemedyErased) -> list[_Row]:
    return _remedy_row(event.entity_type, event.entity_id, step)


def _follow_order_made(step: Step, event: FollowOrderMade) -> list[_Row]:
    record, made = "postsales.ReshipmentOrderCreated", order_records.reshipment_order_created
    if event.exchange_id is not None:
        record, made = "postsales.ExchangeOrderCreated", order_records.exchange_order_created
    return [_Row(record, _key(step), event.order.order_id, made(step))]


def _released(step: Step, _: FollowOrderReleased) -> list[_Row]:
    value = order_records.order_released(step)
    return [_Row("postsales.OrderReleased", _key(step), value["order_id"], value)]


def _withdrawn(step: Step, _: FollowOrderWithdrawn) -> list[_Row]:
    value = order_records.order_withdrawn(step)
    return [_Row("postsales.OrderWithdrawn", _key(step), value["order_id"], value)]


def _legs_sent(step: Step, _: LegsSent) -> list[_Row]:
    return [
        _Row("payments.PaymentRequest", _keyed(value), value["operation_reference"], value)
        for value in request_records.payment_requests(step)
    ]


def _notice(step: Step, event: NoticeAsked) -> list[_Row]:
    """Nothing when nobody is known who could get it: the history says so."""
    if event.recipient is None:
        return []
    event_id = step.event_id or _event_id(step.stamp.cause_id, event.notice_id)
    value = request_records.notice_requested(step, event_id)
    # A mail about a checkout that never became an order, and has no case, goes under the checkout.
    of_checkout = step.after.key if isinstance(step.after, CheckoutFile) else event.notice_id
    key = order_key(value["sales_channel"], event.order_id) if event.order_id else event.case_id or of_checkout
    return [_Row("notifications.NoticeRequested", key, event.notice_id, value)]


Projection = Callable[[Step, Any], list[_Row]]

PROJECTIONS: Final[dict[type[Any], Projection]] = {
    **{event: _remedy(entity_type) for entity_type, remedy in REMEDIES.items() for event in get_args(remedy.events)},
    **{event: _case for event in get_args(CaseEvent) if event is not CaseCommented},
    **dict.fromkeys(get_args(TaskEvent), _task),
    OrderStateMoved: _order_state,
    PersonErased: _person_erased,
    RemedyErased: _remedy_erased,
    FollowOrderMade: _follow_order_made,
    FollowOrderReleased: _released,
    FollowOrderWithdrawn: _withdrawn,
    LegsSent: _legs_sent,
    NoticeAsked: _notice,
}
"""Domain event → its records. An event that is not here is nobody's business outside; history may still tell of it."""


def project(outcome: Outcome, group_id: str) -> list[Outbound]:
    """All messages of an outcome in the order in which they are to be published: the steps', then the reply."""
    made = [
        outbound(
            row.record,
            row.key,
            row.entity_id,
            row.value,
            event_id=row.value["event_id"],
            cause_id=step.stamp.cause_id,
            group_id=group_id,
        )
        for step in outcome.steps
        if (projection := PROJECTIONS.get(type(step.event))) is not None
        for row in projection(step, step.event)
    ]
    if outcome.reply is not None:
        made.append(reply_message(outcome.reply, group_id))
    return made


def reply_message(reply: Reply, group_id: str) -> Outbound:
    """The one answer to a command. The same reply gives the same message, its event id included."""
    return outbound(
        "replies.CommandResult",
        reply.command_id,
        reply.entity_id or reply.command_id,
        request_records.command_result(reply),
        event_id=_event_id(reply.command_id, reply.command_id),
        cause_id=reply.command_id,
        group_id=group_id,
    )


def answer_to(invalid: InvalidCommand, at: int) -> Reply:
    """The refusal of a command that cannot be meant, recorded at `at` (µs)."""
    return Reply(
        command_id=invalid.command_id,
        accepted=False,
        message=invalid.sentence,
        code=invalid.code,
        dry_run=invalid.dry_run,
        occurred_at=at,
    )


def _event_id(cause_id: str, entity_id: str) -> str:
    """uuid5(cause, "event:<entity id>:0"); a cause that is no uuid, which only a refused command has, stands by its text."""
    try:
        cause = UUID(cause_id)
    except ValueError:
        cause = uuid5(NAMESPACE_OID, cause_id)
    return str(uuid5(cause, f"event:{entity_id}:0"))
