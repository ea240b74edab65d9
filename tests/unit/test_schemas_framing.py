"""Both framings, byte by byte, and a reader that is not ours."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import RECORDS, schema_of
from schemas.codec import Codec
from schemas.framing import Frame, confluent_prefix, fingerprint, frame, single_object_prefix
from schemas.refusal import Undecodable
from schemas.topics import STOCK, TOPIC_OF
from tests.builders.wire import anything

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# CRC-64-AVRO of the Avro specification's own test file, read as little-endian bytes.
GOLDEN = {
    "null": "63dd24e7cc258f8a",
    "boolean": "9f42fc78a4d4f764",
    "int": "7275d51a3f395c8f",
    "long": "d054e14493f41db7",
    "string": "8f014872634503c7",
}

STOCK_LEVEL = {"sales_channel": "web", "sku": "A", "available": 3, "updated_at": 1}
STOCK_BODY = bytes.fromhex("0677656202410602")


@pytest.mark.parametrize(("schema", "number"), GOLDEN.items(), ids=list(GOLDEN))
def test_fingerprints_are_those_of_the_specification(schema: str, number: str) -> None:
    assert fingerprint(schema) == bytes.fromhex(number)[::-1]


def test_the_fingerprint_of_int_on_the_wire() -> None:
    assert single_object_prefix("int").hex() == "c3018f5c393f1ad57572"


def test_a_single_object_byte_by_byte() -> None:
    written = Codec().encode(STOCK, "commerce.StockLevel", STOCK_LEVEL)
    assert written == b"\xc3\x01" + schema_of("commerce.StockLevel").fingerprint + STOCK_BODY


class OneId:
    """A registry in which every schema of ours has the same id."""

    def schema_id(self, topic: str, record: str) -> int:
        return 258

    def writer_schema(self, topic: str, schema_id: int) -> tuple[str, str]:
        return "commerce.StockLevel", schema_of("commerce.StockLevel").text


def test_the_confluent_framing_byte_by_byte() -> None:
    codec = Codec(OneId())
    written = codec.encode(STOCK, "commerce.StockLevel", STOCK_LEVEL)
    assert written == bytes.fromhex("0000000102") + STOCK_BODY
    assert codec.read(STOCK, written) == ("commerce.StockLevel", STOCK_LEVEL)


def test_frames_are_read_back() -> None:
    assert frame(confluent_prefix(2**32 - 1) + b"x") == Frame(2**32 - 1, None, 5)
    assert frame(single_object_prefix("int") + b"x") == Frame(None, fingerprint("int"), 10)


@pytest.mark.parametrize("value", [b"", b"\x00\x00", b"\xc3\x01\x00", b"{}", b"\x01" * 20])
def test_what_is_neither_is_refused(value: bytes) -> None:
    with pytest.raises(Undecodable, match="expected is 00 and a schema id") as refused:
        frame(value)
    assert refused.value.reason == "undecodable"


def in_avro_types(value: Any) -> Any:
    """Times of the domain as the datetimes that a plain Avro reader gives for them."""
    if isinstance(value, dict):
        return {
            name: EPOCH + timedelta(microseconds=part)
            if name.endswith("_at") and isinstance(part, int)
            else in_avro_types(part)
            for name, part in value.items()
        }
    return [in_avro_types(part) for part in value] if isinstance(value, list) else value


@settings(max_examples=120)
@given(data=st.data())
def test_what_we_write_we_read_back_and_so_does_fastavro_alone(data: st.DataObject) -> None:
    record = data.draw(st.sampled_from(RECORDS))
    value = data.draw(anything(record))
    topic, codec = TOPIC_OF[record], Codec()
    written = codec.encode(topic, record, value)
    assert codec.read(topic, written) == (record, value)
    plain = fastavro.parse_schema(json.loads(schema_of(record).text))
    assert fastavro.schemaless_reader(io.BytesIO(written[10:]), plain, None) == in_avro_types(value)


def test_what_fastavro_alone_writes_we_read() -> None:
    record, topic = "commerce.Product", "commerce.products.v1"
    body = io.BytesIO()
    value = {"sku": "A", "sellable": True, "updated_at": datetime(2026, 5, 31, tzinfo=UTC)}
    fastavro.schemaless_writer(body, fastavro.parse_schema(json.loads(schema_of(record).text)), value)
    framed = single_object_prefix(json.loads(schema_of(record).text)) + body.getvalue()
    product = Codec().decode(topic, b"A", framed)
    assert (product.sku, product.sellable, product.updated_at) == ("A", True, 1_780_185_600_000_000)


def test_dates_are_days() -> None:
    codec = Codec()
    value = {"event_id": "e", "occurred_at": 0, "sales_channel": "web", "order_id": "1", "change_id": "c",
             "answers": [{"field": "DELIVERY_DATE", "line_number": 1, "confirmed": True, "approved_quantity": None,
                          "approved_date": date(2026, 5, 31), "reason": None}]}  # fmt: skip
    _, read = codec.read("commerce.orders.v1", codec.encode("commerce.orders.v1", "commerce.ChangeAnswer", value))
    assert read["answers"][0]["approved_date"] == date(2026, 5, 31)
