"""Bytes and schemas of strangers: refused with a reason, never a crash, never a silent misreading."""

import copy
import io
import json
from contextlib import suppress
from typing import Any

import fastavro
import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import schema_of
from schemas.codec import Codec
from schemas.framing import SINGLE_OBJECT, confluent_prefix, single_object_prefix
from schemas.guarded import guarded
from schemas.refusal import InvalidCommand, Undecodable
from schemas.topics import COMMANDS, ORDERS, PAYMENT_EVENTS, TOPICS, short_name
from tests.builders.wire import valid

CODEC = Codec()
KEY = b"web:some order_id"


def reason(codec: Codec, topic: str, value: bytes, key: bytes = KEY) -> str:
    with pytest.raises(Undecodable) as refused:
        codec.decode(topic, key, value)
    assert refused.value.sentence
    return refused.value.reason


def payment() -> bytes:
    return CODEC.encode(PAYMENT_EVENTS, "payments.PaymentEvent", valid("payments.PaymentEvent"))


def test_garbage_and_truncation_and_leftovers() -> None:
    assert reason(CODEC, PAYMENT_EVENTS, b"") == "undecodable"
    assert reason(CODEC, PAYMENT_EVENTS, b'{"event_id": 1}') == "undecodable"
    assert reason(CODEC, PAYMENT_EVENTS, payment()[:-1]) == "undecodable"
    assert reason(CODEC, PAYMENT_EVENTS, payment() + b"\x00") == "undecodable"


def test_a_fingerprint_or_an_id_that_nobody_knows() -> None:
    assert reason(CODEC, PAYMENT_EVENTS, SINGLE_OBJECT + b"12345678" + payment()[10:]) == "schema_unknown"
    assert reason(CODEC, PAYMENT_EVENTS, confluent_prefix(7) + payment()[10:]) == "schema_unresolvable"


@pytest.mark.parametrize("topic", [PAYMENT_EVENTS, COMMANDS, ORDERS])
def test_a_value_is_measured_before_it_is_read(topic: str) -> None:
    assert reason(CODEC, topic, b"\xc3\x01" + bytes(TOPICS[topic].max_bytes)) == "too_large"


def test_negative_indexes_of_unions_and_enums_are_refused_everywhere() -> None:
    """Every byte of a message in turn replaced by the varint of -1, -2, -3: either refused, or read as fastavro reads
    it with the lists untouched and no index below 0 (then writing it again gives the same bytes)."""
    message, ours = payment(), schema_of("payments.PaymentEvent")
    refused = 0
    for place in range(10, len(message)):
        for negative in (b"\x01", b"\x03", b"\x05"):
            hostile = message[:place] + negative + message[place + 1 :]
            try:
                _, value = CODEC.read(PAYMENT_EVENTS, hostile)
            except Undecodable:
                refused += 1
                continue
            again = io.BytesIO()
            schemaless_writer(again, ours.writer, value)
            assert again.getvalue() == hostile[10:]
    assert refused > 20


def test_the_installed_fastavro_still_needs_and_honours_the_guard() -> None:
    schema: Any = {"type": "record", "name": "R", "fields": [
        {"name": "u", "type": ["null", "string"]},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
    ]}  # fmt: skip
    parsed = parse_schema(schema)
    good, below = b"\x02\x02x\x00", (b"\x01\x02x\x00", b"\x02\x02x\x01", b"\x02\x02x\x03")
    assert schemaless_reader(io.BytesIO(good), guarded(parsed), None) == {"u": "x", "e": "A"}
    for value in below:
        unguarded: Any = schemaless_reader(io.BytesIO(value), parsed, None)
        assert unguarded["u"] == "x"
        with pytest.raises(KeyError):
            schemaless_reader(io.BytesIO(value), guarded(parsed), None)
        with pytest.raises(KeyError):
            schemaless_reader(io.BytesIO(value), guarded(parsed), parsed)


@settings(max_examples=200)
@given(body=st.binary(max_size=60), topic=st.sampled_from([ORDERS, PAYMENT_EVENTS, COMMANDS]))
def test_any_bytes_after_a_right_prefix_are_refused_or_mean_something(body: bytes, topic: str) -> None:
    record = TOPICS[topic].records[0]
    with suppress(Undecodable, InvalidCommand):
        CODEC.decode(topic, KEY, single_object_prefix(schema_of(record).schema) + body)


class Theirs:
    """A registry that holds one schema, whatever is asked for."""

    def __init__(self, schema: Any) -> None:
        self.text = schema if isinstance(schema, str) else json.dumps(schema)

    def schema_id(self, topic: str, record: str) -> int:
        return 7

    def writer_schema(self, topic: str, schema_id: int) -> tuple[str, str]:
        schema = json.loads(self.text)
        return short_name(f"{schema['namespace']}.{schema['name']}"), self.text


def with_field(record: str, name: str, **changes: Any) -> dict[str, Any]:
    schema = copy.deepcopy(schema_of(record).schema)
    next(field for field in schema["fields"] if field["name"] == name).update(changes)
    return schema


def written(schema: dict[str, Any], value: dict[str, Any]) -> bytes:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(copy.deepcopy(schema)), value)
    return confluent_prefix(7) + body.getvalue()


def test_a_newer_writer_is_read_by_our_schema() -> None:
    schema = copy.deepcopy(schema_of("payments.PaymentEvent").schema)
    schema["fields"].append({"name": "risk", "doc": "new", "type": ["null", "string"], "default": None})
    value = valid("payments.PaymentEvent")
    event = Codec(Theirs(schema)).decode(PAYMENT_EVENTS, KEY, written(schema, value | {"risk": "low"}))
    assert event.amount_minor == value["amount_minor"]
    assert event.occurred_at == value["occurred_at"]


def test_a_symbol_that_we_do_not_know_is_unknown_and_parked() -> None:
    schema = copy.deepcopy(schema_of("payments.PaymentEvent").schema)
    kind = next(field for field in schema["fields"] if field["name"] == "kind")
    kind["type"]["symbols"].append("TELEPORTED")
    codec = Codec(Theirs(schema))
    value = written(schema, valid("payments.PaymentEvent", kind="TELEPORTED"))
    assert codec.read(PAYMENT_EVENTS, value)[1]["kind"] == "UNKNOWN"
    with pytest.raises(Undecodable, match="kind is 'UNKNOWN': input should be 'AUTHORIZED'") as refused:
        codec.decode(PAYMENT_EVENTS, KEY, value)
    assert refused.value.reason == "invalid_value"


def test_a_writer_with_negative_indexes_is_refused_while_resolving_too() -> None:
    schema = copy.deepcopy(schema_of("commerce.Product").schema)
    schema["fields"].append({"name": "more", "type": "string", "default": ""})
    body = written(schema, {"sku": "A", "sellable": True, "updated_at": 1, "more": ""})
    assert body[5:8] == b"\x02A\x00"
    assert reason(Codec(Theirs(schema)), "commerce.products.v1", body[:7] + b"\x03" + body[8:], b"A") == "undecodable"


def deep(levels: int) -> Any:
    kind: Any = "string"
    for _ in range(levels):
        kind = {"type": "array", "items": kind}
    return kind


MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
UNSAFE = {
    "other unit": with_field("payments.PaymentEvent", "occurred_at", type=MILLIS),
    "no unit": with_field("payments.PaymentEvent", "occurred_at", type="long"),
    "recursive": with_field("payments.PaymentEvent", "reason", type=["null", "ordercase.payments.PaymentEvent"]),
    "deep": with_field("payments.PaymentEvent", "reason", type=deep(40)),
    "weightless": with_field("payments.PaymentEvent", "reason", type={"type": "array", "items": "null"}),
    "decimal": with_field("payments.PaymentEvent", "reason",
                          type={"type": "bytes", "logicalType": "decimal", "precision": 9}),
    "unknown type": with_field("payments.PaymentEvent", "reason", type="ordercase.payments.Nowhere"),
    "no schema": with_field("payments.PaymentEvent", "reason", type={"type": "record"}),
}  # fmt: skip


@pytest.mark.parametrize("schema", UNSAFE.values(), ids=UNSAFE)
def test_an_unsafe_schema_is_refused_before_it_is_used(schema: dict[str, Any]) -> None:
    assert reason(Codec(Theirs(schema)), PAYMENT_EVENTS, confluent_prefix(7) + b"x") == "schema_refused"


def test_a_schema_of_many_thousand_characters_or_levels_is_refused() -> None:
    big = with_field("payments.PaymentEvent", "reason", doc="x" * 300_000)
    assert reason(Codec(Theirs(big)), PAYMENT_EVENTS, confluent_prefix(7) + b"x") == "schema_refused"
    levels = 900
    nested = '{"type": "array", "items": ' * levels + '"int"' + "}" * levels
    start = '{"type": "record", "name": "PaymentEvent", "namespace": "ordercase.payments", "fields": [{"name": "a", "type": '
    assert reason(Codec(Theirs(start + nested + "}]}")), PAYMENT_EVENTS, confluent_prefix(7) + b"x") == "schema_refused"


def test_a_record_that_does_not_belong_on_the_topic() -> None:
    schema = schema_of("commerce.Product").schema
    assert reason(Codec(Theirs(schema)), PAYMENT_EVENTS, confluent_prefix(7) + b"x") == "unknown_record"


def test_a_schema_that_is_ours_is_read_as_ours() -> None:
    ours = schema_of("payments.PaymentEvent")
    codec = Codec(Theirs(ours.schema))
    value = codec.encode(PAYMENT_EVENTS, ours.record, valid(ours.record))
    assert value[:5] == confluent_prefix(7)
    assert codec.decode(PAYMENT_EVENTS, KEY, value).payment_ref == "some payment_ref"


def test_with_a_registry_single_objects_are_read_as_well() -> None:
    codec = Codec(Theirs(schema_of("payments.PaymentEvent").schema))
    assert codec.decode(PAYMENT_EVENTS, KEY, payment()).payment_ref == "some payment_ref"


@pytest.mark.parametrize("wrong", [{"nonsense": 1}, {"amount_minor": None}])
def test_what_we_write_has_exactly_the_fields_of_its_record(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        CODEC.encode(PAYMENT_EVENTS, "payments.PaymentEvent", valid("payments.PaymentEvent") | wrong)
