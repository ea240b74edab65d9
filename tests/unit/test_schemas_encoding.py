"""Our encoder against fastavro: the same bytes for every record, and nothing encoded that fastavro would refuse."""

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import RECORDS, schema_of
from schemas.codec import Codec
from schemas.encoding import NOT_TAKEN, encoder
from schemas.topics import STOCK, TOPIC_OF
from tests.builders.wire import anything, valid

ENCODERS = {record: encoder(schema_of(record).writer) for record in RECORDS}

OTHERS: tuple[Any, ...] = (None, True, 0, 1, -1, 2**31, -(2**31) - 1, 2**63, 1.0, 1.5, "", "x", "\ud800", b"x", (), ("long", 1), ("string", "x"),
          [], [1], ["x"], [None], {}, {"a": 1}, {"a": "x"}, {1: 1}, date(2026, 5, 31), datetime(2026, 5, 31, tzinfo=UTC), "2026-05-31")  # fmt: skip


def by_fastavro(schema: Any, value: Any) -> bytes:
    body = BytesIO()
    schemaless_writer(body, schema, value, strict_allow_default=True)
    return body.getvalue()


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_has_an_encoder_that_takes_what_it_is_made_of(record: str) -> None:
    assert ENCODERS[record](valid(record)) == by_fastavro(schema_of(record).writer, valid(record))


@settings(max_examples=200)
@given(data=st.data())
def test_any_value_has_the_bytes_that_fastavro_gives_it(data: st.DataObject) -> None:
    record = data.draw(st.sampled_from(RECORDS))
    value = data.draw(anything(record))
    assert ENCODERS[record](value) == by_fastavro(schema_of(record).writer, value)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a value, as what holds it and its name there."""
    if not isinstance(value, dict | list):
        return []
    within = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [place for name, part in within for place in ((value, name), *places(part))]


@settings(max_examples=400)
@given(data=st.data())
def test_what_fastavro_refuses_is_refused_and_what_it_takes_otherwise_has_its_bytes(data: st.DataObject) -> None:
    """Something that does not belong there at any place of a record, a field left out, or one too many."""
    record = data.draw(st.sampled_from(RECORDS))
    value = valid(record)
    holder, name = data.draw(st.sampled_from(places(value)))
    match data.draw(st.sampled_from(("other", "missing", "too many"))):
        case "other":
            holder[name] = data.draw(st.sampled_from(OTHERS))
        case "missing":
            del holder[name]
        case _ if isinstance(holder, dict):
            holder["no_field_of_ours"] = 1
    topic, schema = TOPIC_OF[record], schema_of(record).writer
    try:
        expected = by_fastavro(schema, value)
    except (*NOT_TAKEN, OverflowError) as refused:
        with pytest.raises(NOT_TAKEN):
            ENCODERS[record](value)
        with pytest.raises(type(refused)):
            Codec().encode(topic, record, value)
    else:
        assert Codec().encode(topic, record, value)[10:] == expected


def one(kind: Any) -> Any:
    return parse_schema({"type": "record", "name": "One", "fields": [{"name": "it", "type": kind}]})


@pytest.mark.parametrize("bits", [31, 63])
def test_numbers_of_every_length(bits: int) -> None:
    schema = one("int" if bits == 31 else "long")
    encode = encoder(schema)
    edges = {sign * (1 << power) + more for power in range(bits) for sign in (1, -1) for more in (-1, 0, 1)}
    for number in (*edges, (1 << bits) - 1, -(1 << bits)):
        assert encode({"it": number}) == by_fastavro(schema, {"it": number})
    for number in (1 << bits, -(1 << bits) - 1):
        with pytest.raises(ValueError, match="too large"):
            encode({"it": number})


def test_more_numbers_and_maps_than_are_remembered() -> None:
    schema = one({"type": "map", "values": "long"})
    encode = encoder(schema)
    for number in (*range(10_000), *range(10_000)):
        value = {"it": {"a": number, "b": -number}}
        assert encode(value) == by_fastavro(schema, value)


def test_maps_are_told_apart_by_their_names_and_their_order() -> None:
    encode = encoder(one({"type": "map", "values": "string"}))
    assert encode({"it": {"a": "b", "c": "d"}}) == bytes.fromhex("04026102620263026400")
    assert encode({"it": {"c": "d", "a": "b"}}) == bytes.fromhex("04026302640261026200")
    assert encode({"it": {"a": "c", "b": "d"}}) == bytes.fromhex("04026102630262026400")


@pytest.mark.parametrize(
    "kind",
    [["null", "string", "long"], ["string", "null"], "double", {"type": "map", "values": {"type": "array", "items": "int"}},
     {"type": "long", "logicalType": "timestamp-millis"}, {"type": "array", "items": "One"}],
)  # fmt: skip
def test_a_schema_of_what_ours_have_not_is_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match=r"^(a|no encoder for) "):
        encoder(one(kind))


def test_what_the_encoder_does_not_take_fastavro_is_asked_for() -> None:
    level = {"sales_channel": "web", "sku": "A", "available": 3, "updated_at": 1}
    codec = Codec()
    assert codec.encode(STOCK, "commerce.StockLevel", level | {"available": True})[10:] == bytes.fromhex(
        "0677656202410202"
    )
    with pytest.raises(ValueError, match="more fields than the schema specifies: colour"):
        codec.encode(STOCK, "commerce.StockLevel", level | {"colour": "red"})
