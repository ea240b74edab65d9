"""Values for every record of the contract: one that is valid in all its fields, and Hypothesis strategies for any."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from hypothesis import strategies as st

from schemas.catalogue import named_types, schema_of

AT: Final = 1_790_000_000_000_000
UUIDS: Final = "00000000-0000-4000-8000-{:012d}"

_UUID_FIELDS: Final = frozenset(
    {"event_id", "command_id", "case_id", "case_line_id", "case_line_ids", "interaction_id"}
)
_SAMPLES: Final[dict[str, Any]] = {
    "sales_channel": "web",
    "sales_channels": "web",
    "currency": "EUR",
    "total_minor": 3990,
    "unit_price_minor": 1995,
    "discount_minor": 0,
    "order_discount_minor": 100,
    "quantity": 2,
    "tax_included": True,
    "priority": 2,
    "percent": 50,
    "verdict": "ACCEPT_PART",
    "short_description": "Wrong size",
}
_LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("AddComment", "ClearAttention", "ResendNotice"), ("case_id",)),
    **dict.fromkeys(("ApproveRefund", "CancelRefund", "RetryRefund", "ReleaseRefundOffline"), ("checkout_id",)),
}
"""Optional fields that stay null because another one is set."""


def valid(record: str, **changed: Any) -> dict[str, Any]:
    """A value that every check takes, with every optional field set that may be; `changed` fields instead of ours."""
    schema = schema_of(record).schema
    value = _record(schema, named_types(schema))
    return value | changed


def _record(schema: Mapping[str, Any], types: Mapping[str, Any]) -> dict[str, Any]:
    left_out = _LEFT_OUT.get(schema["name"], ())
    return {
        field["name"]: None if field["name"] in left_out else _sample(field["name"], field["type"], types)
        for field in schema["fields"]
    }


def _sample(name: str, kind: Any, types: Mapping[str, Any]) -> Any:
    if isinstance(kind, list):
        return _sample(name, kind[1], types)
    if isinstance(kind, str):
        return _sample(name, types[kind], types) if kind in types else _plain(name, kind)
    if "logicalType" in kind:
        return AT if kind["logicalType"] == "timestamp-micros" else date(2026, 5, 31)
    match kind["type"]:
        case "record":
            return _record(kind, types)
        case "enum":
            return _SAMPLES.get(name, kind["symbols"][1])
        case "array":
            return [_sample(name, kind["items"], types)]
        case _:
            return {"colour": _sample("attribute", kind["values"], types)}


def _plain(name: str, kind: str) -> Any:
    if name in _UUID_FIELDS:
        return UUIDS.format(len(name))
    if name in _SAMPLES:
        return _SAMPLES[name]
    return {"string": f"some {name}", "boolean": False, "int": 1, "long": 1}[kind]


def anything(record: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any value that the Avro schema of the record can hold, times as µs."""
    schema = schema_of(record).schema
    return _any_record(schema, named_types(schema))


def _any_record(schema: Mapping[str, Any], types: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({field["name"]: _any(field["type"], types) for field in schema["fields"]})


def _any(kind: Any, types: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if isinstance(kind, list):
        return st.none() | _any(kind[1], types)
    if isinstance(kind, str):
        return _any(types[kind], types) if kind in types else _ANY[kind]
    if "logicalType" in kind:
        times = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)
        return times if kind["logicalType"] == "timestamp-micros" else st.dates()
    match kind["type"]:
        case "record":
            return _any_record(kind, types)
        case "enum":
            return st.sampled_from(kind["symbols"])
        case "array":
            return st.lists(_any(kind["items"], types), max_size=2)
        case _:
            return st.dictionaries(st.text(max_size=5), _any(kind["values"], types), max_size=2)


_ANY: Final[dict[str, st.SearchStrategy[Any]]] = {
    "string": st.text(max_size=10),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
}
