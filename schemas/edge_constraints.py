"""What a value on the wire may be, field by field: the constraints of contract.md 1, 3 and 4 beyond the Avro types.

A field's constraint is found by (type, field) first, then by field name, then by the ending of its name, then by its
plain type. Lengths without a rule in the contract are generous: they keep nonsense out, not people.
"""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StringConstraints

from schemas.cards import mask_cards

_UUID: Final = r"^(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"
_BIGGEST: Final = 10**15
_INT: Final = 2**31 - 1

Uuid = Annotated[str, StringConstraints(pattern=_UUID, to_lower=True)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Channel = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^:]+$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Text = Annotated[str, StringConstraints(max_length=4_000)]
LongText = Annotated[str, StringConstraints(max_length=100_000)]
Words = Annotated[str, StringConstraints(max_length=4_000), AfterValidator(mask_cards)]
Code = Annotated[str, StringConstraints(max_length=500)]
Address = Annotated[str, StringConstraints(max_length=2_000)]
Headline = Annotated[str, StringConstraints(min_length=1, max_length=160)]

Instant = Annotated[int, Field(strict=True, ge=-62_135_596_800_000_000, le=253_402_300_799_999_999)]
"""µs since 1970 UTC, within the years 0001 to 9999."""
Day = Annotated[date, Field(strict=True)]
Money = Annotated[int, Field(strict=True, ge=-_BIGGEST, le=_BIGGEST)]
NoLessThanZero = Annotated[int, Field(strict=True, ge=0, le=_BIGGEST)]
MoreThanZero = Annotated[int, Field(strict=True, gt=0, le=_BIGGEST)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=_INT)]
Count = Annotated[int, Field(strict=True, ge=0, le=_INT)]
Whole = Annotated[int, Field(strict=True, ge=-_INT - 1, le=_INT)]
Version = Annotated[int, Field(strict=True, ge=0)]
Revision = Annotated[int, Field(strict=True, ge=1)]
Priority = Annotated[int, Field(strict=True, ge=1, le=9)]
Percent = Annotated[int, Field(strict=True, ge=1, le=99)]
Flag = Annotated[bool, Field(strict=True)]

ATTRIBUTES: Final[Any] = dict[Annotated[str, StringConstraints(max_length=200)], Words]
MAX_ITEMS: Final = 10_000

BY_FIELD: Final[dict[tuple[str, str], Any]] = {
    ("PaymentEvent", "amount_minor"): MoreThanZero,
    # The amounts and comments of commands are judged by the domain, where what is refused has its place among the codes.
    ("Line", "total_minor"): NoLessThanZero,
    ("Shipping", "method"): Code,
    ("AddComment", "text"): LongText,
    ("StockLevel", "available"): Whole,
}

BY_NAME: Final[dict[str, Any]] = {
    **dict.fromkeys(("event_id", "command_id", "case_id", "case_line_id", "case_line_ids", "interaction_id"), Uuid),
    **dict.fromkeys(("sales_channel", "sales_channels"), Channel),
    "currency": Currency,
    **dict.fromkeys(("reason", "response", "method", "failure_reason", "status_reason"), Words),
    **dict.fromkeys(("sku", "new_sku", "payment_ref", "gateway", "box_number", "id", "service"), Id),
    **dict.fromkeys(("image_url", "tracking_link"), Address),
    **dict.fromkeys(("comment", "description", "question", "answer", "notes", "note", "summary"), LongText),
    "short_description": Headline,
    **dict.fromkeys(("quantity", "new_quantity"), Quantity),
    **dict.fromkeys(("confirmed", "refused", "requested_quantity", "approved_quantity"), Count),
    **dict.fromkeys(("unit_price_minor", "discount_minor", "order_discount_minor", "requested_price_minor",
                     "approved_price_minor"), NoLessThanZero),
    "revision": Revision,
    "expected_version": Version,
    "priority": Priority,
    "percent": Percent,
}  # fmt: skip

BY_ENDING: Final[dict[str, Any]] = {"_at": Instant, "_minor": Money, "_id": Id}

BY_TYPE: Final[dict[type, Any]] = {str: Text, int: Whole, date: Day}

SYMBOLS: Final[dict[tuple[str, str], tuple[str, ...]]] = {("CloseCase", "accepted_by"): ("CUSTOMER", "AGENT")}
"""Enumerations of which only some symbols may be sent; all others take every symbol but UNKNOWN."""

SHOWN: Final = frozenset({"currency", "revision", "quantity", "sales_channel", "event_id", "command_id", "case_id",
                          "case_line_id", "interaction_id", "percent", "priority", "line_number"})  # fmt: skip
"""String fields whose value a sentence may show; of numbers and symbols it always may."""


def constraint(owner: str, name: str, plain: type) -> Any:
    """What pydantic is to check of a plain field of a type."""
    if (owner, name) in BY_FIELD:
        return BY_FIELD[owner, name]
    if plain is bool:
        return Flag
    if name in BY_NAME:
        return BY_NAME[name]
    for ending, found in BY_ENDING.items():
        if name.endswith(ending) and (plain is str) == (ending == "_id"):
            return found
    return BY_TYPE[plain]
