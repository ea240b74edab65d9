"""Schemas that a registry might hand out: ours with something changed, from harmless to deadly."""

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from schemas.catalogue import RecordSchema

Change = Callable[[dict[str, Any], Random], None]


def stranger(ours: RecordSchema, chance: Random) -> str:
    """The text of a schema made of one of ours by one to three changes; sometimes no schema, or no JSON, at all."""
    if chance.random() < 0.1:
        return chance.choice(_NO_SCHEMA)(ours)
    schema: dict[str, Any] = copy.deepcopy(ours.schema)
    for _ in range(chance.choice((1, 1, 2, 3))):
        chance.choice(_CHANGES)(schema, chance)
    return json.dumps(schema)


def _records(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for one in node:
            yield from _records(one)
    elif isinstance(node, dict):
        if isinstance(node.get("fields"), list):
            yield node
            for field in node["fields"]:
                if isinstance(field, dict):
                    yield from _records(field.get("type"))
        for part in ("items", "values", "type"):
            if isinstance(node.get(part), (dict, list)):
                yield from _records(node[part])


def _field(schema: dict[str, Any], chance: Random) -> dict[str, Any]:
    records = [record for record in _records(schema) if record["fields"]]
    field: dict[str, Any] = chance.choice(chance.choice(records)["fields"])
    return field if isinstance(field, dict) else {}


def nested(levels: int, inner: Any = "string") -> Any:
    """Arrays within arrays."""
    kind = inner
    for _ in range(levels):
        kind = {"type": "array", "items": kind}
    return kind


TYPES: Final[tuple[Any, ...]] = (
    "null", "boolean", "int", "long", "float", "double", "bytes", "string", "nothing.like.It", "", 7, None, True, [], {},
    ["null"], ["null", "null"], ["string", "null"], ["null", "string", "int"], ["null", ["null", "string"]],
    {"type": "array", "items": "null"}, {"type": "map", "values": "null"}, {"type": "array"}, {"type": "map"},
    {"type": "array", "items": {"type": "record", "name": "Nought", "fields": []}},
    {"type": "array", "items": {"type": "fixed", "name": "Zero", "size": 0}},
    {"type": "fixed", "name": "Huge", "size": 2**40}, {"type": "fixed", "name": "Less", "size": -1},
    {"type": "fixed", "name": "Odd", "size": "many"}, {"type": "fixed", "name": "NoSize"},
    {"type": "bytes", "logicalType": "decimal", "precision": 10**9, "scale": 2},
    {"type": "bytes", "logicalType": "big-decimal"}, {"type": "string", "logicalType": "uuid"},
    {"type": "long", "logicalType": "timestamp-millis"}, {"type": "int", "logicalType": "timestamp-micros"},
    {"type": "string", "logicalType": "date"}, {"type": "double", "logicalType": "date"},
    {"type": "long", "logicalType": ["date"]}, {"type": "enum", "name": "E", "symbols": []},
    {"type": "enum", "name": "E", "symbols": "AB"}, {"type": "enum", "name": "E", "symbols": ["A", "A"]},
    {"type": "enum", "name": "E", "symbols": [f"S{n}" for n in range(9_000)]}, {"type": "enum", "symbols": ["A"]},
    {"type": {"type": {"type": "string"}}}, {"type": "error", "name": "Err", "fields": []}, {"type": "record"},
    {"type": "record", "name": "R", "fields": {}}, {"type": "record", "name": 5, "fields": []},
    {"type": "record", "name": "R", "namespace": 5, "fields": []},
    {"type": "record", "name": "R", "fields": [{"name": "r", "type": "R"}]},
    {"type": "record", "name": "R", "fields": [{"name": "r", "type": ["null", {"type": "array", "items": "R"}]}]},
    {"type": "record", "name": "__proto__", "fields": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]},
    nested(10), nested(31), nested(33), nested(200), nested(12, "int"),
    {"type": "map", "values": {"type": "map", "values": "double"}},
)  # fmt: skip


def _other_type(schema: dict[str, Any], chance: Random) -> None:
    _field(schema, chance)["type"] = copy.deepcopy(chance.choice(TYPES))


def _recursive(schema: dict[str, Any], chance: Random) -> None:
    name = f"{schema.get('namespace')}.{schema.get('name')}"
    _field(schema, chance)["type"] = chance.choice((name, ["null", name], {"type": "array", "items": name}))


def _another_field(schema: dict[str, Any], chance: Random) -> None:
    fields = chance.choice(list(_records(schema)))["fields"]
    name = chance.choice(("risk", "event_id", "", "__class__", "a" * 5_000, "reason", 5))
    more: dict[str, Any] = {"name": name, "type": copy.deepcopy(chance.choice(TYPES))}
    if chance.random() < 0.5:
        more["default"] = chance.choice((None, "", 0, [], {}, float("nan"), 10**400))
    fields.insert(chance.randrange(len(fields) + 1), more)


def _field_gone(schema: dict[str, Any], chance: Random) -> None:
    fields = chance.choice(list(_records(schema)))["fields"]
    if fields:
        fields.pop(chance.randrange(len(fields)))


def _renamed(schema: dict[str, Any], chance: Random) -> None:
    node = chance.choice((schema, _field(schema, chance)))
    node[chance.choice(("name", "namespace", "aliases"))] = chance.choice(
        ("", "ordercase.commerce.Product", "x.y", 3, ["amount_minor"], [["a"]], None)
    )


def _other_symbols(schema: dict[str, Any], chance: Random) -> None:
    for record in _records(schema):
        for field in record["fields"]:
            kind = field.get("type") if isinstance(field, dict) else None
            if isinstance(kind, dict) and isinstance(kind.get("symbols"), list):
                chance.shuffle(kind["symbols"])
                kind["symbols"].append("TELEPORTED")


def _meta(schema: dict[str, Any], chance: Random) -> None:
    node = chance.choice((schema, _field(schema, chance)))
    node[chance.choice(("doc", "default", "order", "__fastavro_parsed__", "__named_schemas", "logicalType"))] = (
        chance.choice(("x" * 300_000, True, {}, [], None, "decimal", {"A": "B"}))
    )


_CHANGES: Final[tuple[Change, ...]] = (
    _other_type, _other_type, _other_type, _recursive, _another_field, _another_field, _field_gone, _renamed,
    _other_symbols, _meta,
)  # fmt: skip

_NO_SCHEMA: Final[tuple[Callable[[RecordSchema], str], ...]] = (
    lambda _: "",
    lambda _: "null",
    lambda _: "[]",
    lambda _: '"string"',
    lambda _: "{",
    lambda _: "[" * 100_000,
    lambda _: '{"type":' * 5_000 + '"int"' + "}" * 5_000,
    lambda _: "7" * 5_000,
    lambda ours: ours.text[:-5],
    lambda ours: json.dumps([ours.schema]),
    lambda ours: json.dumps({"type": ours.schema}),
    lambda ours: json.dumps(ours.schema | {"fields": [{"name": f"f{n}", "type": "int"} for n in range(20_000)]}),
    lambda ours: ours.text + " " * 10_000_000,
    lambda _: "\ud800",
    lambda _: json.dumps({"type": "record", "name": "PaymentEvent", "namespace": "ordercase.payments"}),
)
