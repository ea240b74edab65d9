"""What is a person's among the things kept, and those things without it (architecture.md 5a). Pure.

Every text field of orders, checkouts, cases, interactions, notices and of the events in their histories stands in one of
the sets below; a test sees to it that a new field is put into one. What stays is what the shop, the money and the goods
need: ids of orders, remedies and payments, amounts, quantities, SKUs, countries, what agents did.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final, TypeVar

from domain.actors import ActorRef
from domain.cancellations import CancellationAnswered
from domain.commands import Contact
from domain.copying import replace
from domain.facts import Address, Customer
from domain.vocabulary import ActorKind

T = TypeVar("T")

TYPED: Final = frozenset({
    "account_id", "account_name", "answer", "comment", "condition", "description", "note", "notes", "offline_reference",
    "question", "recipient", "reference", "response", "short_description", "summary", "text", "tracking_link",
    "tracking_number",
})  # fmt: skip
"""Texts that name a person, lead to one, or were typed by one: empty afterwards. What was never said stays None."""

REASONS: Final = frozenset({"failure_reason", "reason", "resolution_code", "status_reason"})
"""Codes of a list, or words that somebody typed: codes stay."""

ATTRIBUTES: Final = frozenset({"custom_attributes"})
"""Maps of whatever a shop adds: emptied."""

NOTICE_FACTS: Final = "facts"
FACTS_KEPT: Final = frozenset({
    "amount", "amount_minor", "case_number", "checkout_id", "credit_note_number", "lines", "new_order_id", "order_id", "rma",
})  # fmt: skip
"""What a mail may have told of without naming anybody. A reason is judged as everywhere else."""

WHOLE: Final = (Address, Contact, Customer, CancellationAnswered, ActorRef)
"""Types that are blanked as a whole, below."""

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


def is_code(reason: str) -> bool:
    """Whether a reason is a code of a list (`TOO_SMALL`) and not a person's words."""
    return _CODE.fullmatch(reason) is not None


def without_person(value: T) -> T:
    """The same thing without what is a person's; the very same object when there is nothing of the kind in it."""
    blanked: T = _blank(value)
    return value if blanked == value else blanked


def differs_by_person(name: str) -> bool:
    """Whether the value of a field with this name may be shown to nobody who has no need for it."""
    return name in TYPED or name in REASONS or name in ATTRIBUTES or name == NOTICE_FACTS or name in _OF_PERSONS


_OF_PERSONS: Final = frozenset(field.name for kind in (Address, Contact, Customer) for field in fields(kind)) - {
    "country", "language", "type",
}  # fmt: skip


def _blank(value: Any) -> Any:
    if isinstance(value, WHOLE):
        return _whole(value)
    if is_dataclass(value):
        kind: Any = type(value)
        changes = {name: _field(name, getattr(value, name)) for name in _names(kind)}
        by = changes.get("created_by")
        if isinstance(by, ActorRef) and by.kind is ActorKind.CUSTOMER and "asked_by" in changes:
            changes["asked_by"] = by.id
        record: Any = value
        return replace(record, **changes)
    if isinstance(value, tuple):
        return tuple(_blank(each) for each in value)
    if isinstance(value, dict):
        return {key: _blank(each) for key, each in value.items()}
    return value


def _whole(value: Any) -> Any:
    match value:
        case Address(country=country):
            return Address(country=country)
        case Contact(language=language):
            return Contact(language=language)
        case Customer(type=kind):
            return Customer(customer_id="", type=kind)
        case CancellationAnswered(lines=lines):
            return replace(value, lines=tuple((*line[:3], _reason(line[3])) for line in lines))
        case ActorRef(kind=ActorKind.CUSTOMER):
            return ActorRef("", ActorKind.CUSTOMER)
    return value


def _field(name: str, value: Any) -> Any:
    if name in TYPED and isinstance(value, str):
        return ""
    if name in REASONS and isinstance(value, str):
        return _reason(value)
    if name in ATTRIBUTES:
        return {}
    if name == NOTICE_FACTS and isinstance(value, Mapping):
        return {key: _fact(key, said) for key, said in value.items()}
    return _blank(value)


def without_named_fields(record: Any) -> Any:
    """The same for a message as it came: maps and lists, whose fields have the names of the facts' own."""
    if isinstance(record, dict):
        return {
            name: _field(name, part) if isinstance(part, str) else without_named_fields(part)
            for name, part in record.items()
        }
    return [without_named_fields(part) for part in record] if isinstance(record, list) else record


def _reason(said: str | None) -> str | None:
    return said if said is None or is_code(said) else ""


def _fact(name: str, said: str) -> str:
    if name == "reason":
        return _reason(said) or ""
    return said if name in FACTS_KEPT else ""


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
