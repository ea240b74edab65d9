"""What the lint finds in a schema of ours, and in the step from one version to the next."""

import copy
from typing import Any

import pytest

from schemas import lint
from schemas.catalogue import schema_of

TIME = {"type": "long", "logicalType": "timestamp-micros"}


def product(**changes: Any) -> dict[str, Any]:
    schema = copy.deepcopy(schema_of("commerce.Product").schema)
    schema["fields"].append({"name": "extra", "doc": "More.", "type": "string"} | changes)
    return schema


MISTAKES = [
    ({"doc": " "}, "has no doc"),
    ({"name": "Extra"}, "no field name"),
    ({"type": ["null", "string"]}, "the default null"),
    ({"type": ["string", "null"], "default": ""}, "the default null"),
    ({"type": {"type": "array", "items": "string"}}, "empty by default"),
    ({"type": {"type": "map", "values": "string"}, "default": {"a": "b"}}, "empty by default"),
    ({"name": "ended_at", "type": "long"}, "ends in _at"),
    ({"name": "price_minor", "type": "int"}, "ends in _minor"),
    ({"name": "due_date", "type": TIME}, "ends in _date"),
    ({"type": {"type": "enum", "name": "Sort", "doc": "x", "symbols": ["A"], "default": "A"}, "default": "UNKNOWN"}, "UNKNOWN must be the first"),
    ({"type": {"type": "enum", "name": "Sort", "doc": "x", "symbols": ["UNKNOWN"], "default": "UNKNOWN"}},
     "UNKNOWN by default"),
    ({"type": {"type": "record", "name": "part", "doc": "x", "fields": []}}, "no type name"),
    ({"type": {"type": "record", "name": "Part", "fields": []}}, "the record has no doc"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "sentence"), MISTAKES)
def test_our_style(changes: dict[str, Any], sentence: str) -> None:
    found = lint.own_schema(product(**changes))
    assert len(found) == 1
    assert sentence in found[0]


def test_a_good_field_is_good() -> None:
    assert lint.own_schema(product()) == []


def test_what_a_registry_lets_pass_between_two_versions() -> None:
    before = product(name="ended_at", type=["null", TIME], default=None)
    millis = {"type": "long", "logicalType": "timestamp-millis"}
    after = product(name="ended_at", type=["null", millis], default=None)
    assert lint.change(before, before) == []
    assert lint.change(before, after) == ["Product.ended_at: its logical type, unit or scale has changed"]
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 4}
    assert lint.change(product(type=decimal), product(type=decimal | {"scale": 2})) == [
        "Product.extra: its logical type, unit or scale has changed"
    ]


def test_no_field_loses_its_default() -> None:
    assert lint.change(product(default=""), product()) == ["Product.extra: has lost its default"]
    assert lint.change(product(), product(default="")) == []
    assert lint.same_meaning(product(default=""), product()) == []


@pytest.mark.parametrize(
    "nonsense", [3, None, [], {}, {"type": 7}, {"type": "record", "name": "A", "fields": 3}, "nowhere"]
)
def test_no_nonsense_breaks_the_lint_of_strangers_schemas(nonsense: Any) -> None:
    assert lint.writer_schema(nonsense) or nonsense == []


def test_a_weightless_record_in_an_array_is_found_by_its_name() -> None:
    empty = {"type": "record", "name": "Empty", "namespace": "x", "fields": [{"name": "n", "type": "null"}]}
    schema = {"type": "record", "name": "R", "namespace": "x", "fields": [
        {"name": "one", "type": empty}, {"name": "many", "type": {"type": "array", "items": "Empty"}},
    ]}  # fmt: skip
    assert "without a byte" in lint.writer_schema(schema)[0]


def test_very_many_fields_are_too_many() -> None:
    fields = [{"name": f"f{n}", "type": "int"} for n in range(lint.MAX_NODES + 10)]
    found = lint.writer_schema({"type": "record", "name": "R", "fields": fields})
    assert len(found) == 1
    assert "more than" in found[0]
