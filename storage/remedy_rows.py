"""What is done for an order, and each request for money in it, as rows for queues and reports. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from domain.cancellations import Cancellation
from domain.changes import OrderChange
from domain.checkouts import CheckoutFile
from domain.exchanges import Exchange
from domain.order_file import OrderFile, order_key
from domain.refunds import Leg, Refund
from domain.reshipments import Reshipment
from domain.returns import Return
from domain.vocabulary import EntityType
from storage.documents import raw, to_json
from storage.recordset import Row

Remedy = Cancellation | OrderChange | Return | Refund | Exchange | Reshipment

MoneyFile = OrderFile | CheckoutFile

_KEPT_IN: Mapping[str, EntityType] = {
    "cancellations": EntityType.CANCELLATION,
    "changes": EntityType.CHANGE,
    "returns": EntityType.RETURN,
    "refunds": EntityType.REFUND,
    "exchanges": EntityType.EXCHANGE,
    "reshipments": EntityType.RESHIPMENT,
}


def changed_remedies(file: MoneyFile, before: MoneyFile | None) -> Iterator[tuple[EntityType, str, Remedy]]:
    """(type, id, remedy) of each that is not the very one it was before."""
    for name, entity_type in _KEPT_IN.items():
        now: Mapping[str, Remedy] = getattr(file, name, {})
        if not now:
            continue
        then: Mapping[str, Remedy] = getattr(before, name, {}) if before else {}
        if now is not then:
            for entity_id, remedy in now.items():
                if then.get(entity_id) is not remedy:
                    yield entity_type, entity_id, remedy


def remedy_rows(file: MoneyFile, before: MoneyFile | None, at: int) -> Iterator[Row]:
    """Rows of `post_sales` for the remedies that changed."""
    for entity_type, entity_id, remedy in changed_remedies(file, before):
        on = getattr(remedy, "for_order_id", None) or getattr(remedy, "order_id", None)
        refund = remedy if isinstance(remedy, Refund) else None
        yield {
            "entity_id": entity_id,
            "entity_type": entity_type,
            "order_key": file.key,
            "for_order_key": order_key(file.sales_channel, on) if on else file.key,
            "state": remedy.state,
            "version": remedy.version,
            "amount_minor": refund and refund.amount_minor,
            "currency": refund and refund.currency,
            "rma": remedy.rma if isinstance(remedy, Return) else None,
            "credit_note": refund and refund.credit_note_number,
            "case_id": remedy.case_id,
            "created_at": remedy.created_at,
            "created_by": remedy.created_by.id,
            "updated_at": at,
            "document": raw(to_json(remedy)),
        }


def leg_rows(file: MoneyFile, before: MoneyFile | None, at: int) -> Iterator[Row]:
    """Rows of `legs`: every request for money back, or to let money go, of the remedies that changed."""
    for entity_type, entity_id, remedy in changed_remedies(file, before):
        if isinstance(remedy, Refund):
            for leg in remedy.legs:
                yield _leg(file, leg, entity_type, entity_id, at)
        elif isinstance(remedy, Cancellation):
            for leg in remedy.voids:
                yield _leg(file, leg, entity_type, entity_id, at)


def _leg(file: MoneyFile, leg: Leg, entity_type: EntityType, entity_id: str, at: int) -> dict[str, Any]:
    return {
        "leg_id": leg.leg_id,
        "order_key": file.key,
        "refund_id": entity_id if entity_type is EntityType.REFUND else None,
        "cancellation_id": entity_id if entity_type is EntityType.CANCELLATION else None,
        "payment_ref": leg.payment_ref,
        "amount_minor": leg.amount_minor,
        "state": leg.state,
        "attempt": leg.attempt,
        "updated_at": at,
    }
