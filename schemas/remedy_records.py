"""The whole present states of what is done about an order: for each remedy its record, its events, and what stands in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.cancellations import CancellationEvent
from domain.changes import ChangeEvent
from domain.exchanges import ExchangeEvent
from domain.order_evolve import REMEDY_KEPT_IN
from domain.refunds import RefundEvent
from domain.reshipments import ReshipmentEvent
from domain.returns import ReturnEvent
from domain.vocabulary import EntityType
from domain.world import Step
from schemas.made_records import Value, beginning, plain, row, rows

Part = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Remedy:
    """`parts`: what is not simply an attribute of the remedy, by field. `of_money`: its record is the order's with the money,
    which the remedy names itself; all others are the order's on which they are made."""

    record: str
    events: Any
    parts: Mapping[str, Part] = field(default_factory=dict)
    of_money: bool = False


def _rows(record: str) -> Part:
    return lambda parts: rows(record, parts)


def _change_fields(fields: Any) -> list[Value]:
    return [
        row(
            "postsales.ChangeFieldState",
            one,
            current_address=plain(one.current_address),
            requested_address=plain(one.requested_address),
        )
        for one in fields
    ]


def _refund_lines(lines: Any) -> list[Value]:
    return [row("postsales.RefundLine", line, taxes=plain(line.taxes)) for line in lines]


REMEDIES: Final[dict[EntityType, Remedy]] = {
    EntityType.CANCELLATION: Remedy(
        "postsales.CancellationChanged",
        CancellationEvent,
        {
            "lines": _rows("postsales.CancellationLine"),
            "refund_ids": list,
            "voids": _rows("postsales.CancellationVoid"),
        },
    ),
    EntityType.CHANGE: Remedy("postsales.OrderChangeChanged", ChangeEvent, {"fields": _change_fields}),
    EntityType.RETURN: Remedy(
        "postsales.ReturnChanged", ReturnEvent, {"lines": _rows("postsales.ReturnLine"), "refund_ids": list}
    ),
    EntityType.REFUND: Remedy(
        "postsales.RefundChanged",
        RefundEvent,
        {"lines": _refund_lines, "legs": _rows("postsales.RefundLeg")},
        of_money=True,
    ),
    EntityType.EXCHANGE: Remedy("postsales.ExchangeChanged", ExchangeEvent, {"lines": _rows("postsales.ExchangeLine")}),
    EntityType.RESHIPMENT: Remedy(
        "postsales.ReshipmentChanged",
        ReshipmentEvent,
        {"lines": _rows("postsales.ReshipmentLine"), "shipping_address": plain},
    ),
}


def remedy_changed(entity_type: EntityType, entity_id: str, step: Step) -> Value:
    """The record of a remedy as it is after a step. A refund's `order_id` is null when a checkout has the money."""
    remedy, kept_in = REMEDIES[entity_type], REMEDY_KEPT_IN[entity_type]
    before = getattr(step.before, kept_in).get(entity_id) if step.before is not None else None
    made = getattr(step.after, kept_in)[entity_id]
    after: Any = step.after
    order = {} if remedy.of_money else {"order_id": after.order_id}
    parts = {name: part(getattr(made, name)) for name, part in remedy.parts.items()}
    return row(
        remedy.record, made, **beginning(step, before, made), sales_channel=after.sales_channel, **order, **parts
    )
