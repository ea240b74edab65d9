"""Our schemas in a real registry: registered, found, checked, and guarded against the changes nobody may make."""

import io
import json
from collections.abc import Iterator
from typing import Any

import fastavro
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from schemas.catalogue import RECORDS, schema_of
from schemas.codec import Codec
from schemas.refusal import NotRegistered, Undecodable
from schemas.registry import Registry
from schemas.topics import COMMANDS, PAYMENT_EVENTS, PRODUCTS, subject
from tests.builders.wire import valid
from tests.real.registry import Registry as RealRegistry

pytestmark = pytest.mark.registry

PAYMENT = "payments.PaymentEvent"


@pytest.fixture(name="ours", scope="module")
def _ours(registry: RealRegistry) -> Iterator[Registry]:
    with Registry(registry.url) as made:
        made.register_all()
        yield made


@pytest.fixture(name="client")
def _client(registry: RealRegistry) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": registry.url}) as made:
        yield made


def test_everything_is_registered_under_its_subject_with_its_level(
    ours: Registry, client: SchemaRegistryClient
) -> None:
    assert len(ours.register_all()) == len(RECORDS)
    assert all(checked.registered and not checked.problems for checked in ours.check())
    assert subject(PRODUCTS, "commerce.Product") in client.get_subjects()
    assert client.get_compatibility(subject(PRODUCTS, "commerce.Product")) == "FULL_TRANSITIVE"
    assert client.get_compatibility(subject(COMMANDS, "commands.CancelOrder")) == "BACKWARD_TRANSITIVE"


def test_a_plain_reader_with_the_registry_alone_reads_what_we_write(
    ours: Registry, client: SchemaRegistryClient
) -> None:
    value = valid(PAYMENT)
    written = Codec(ours).encode(PAYMENT_EVENTS, PAYMENT, value)
    held = client.get_schema(int.from_bytes(written[1:5], "big"))
    schema = fastavro.parse_schema(json.loads(str(held.schema_str)))
    read: Any = fastavro.schemaless_reader(io.BytesIO(written[5:]), schema, None)
    assert read["amount_minor"] == value["amount_minor"]
    assert read["occurred_at"].tzinfo is not None


def test_a_newer_writer_of_our_subject_is_read_and_a_stranger_is_not(
    ours: Registry, client: SchemaRegistryClient
) -> None:
    newer = json.loads(schema_of(PAYMENT).text)
    newer["fields"].append({"name": "risk", "doc": "How risky.", "type": ["null", "string"], "default": None})
    codec, key = Codec(ours), b"web:some order_id"
    for name in (subject(PAYMENT_EVENTS, PAYMENT), "somebody-elses-value"):
        strange = name == "somebody-elses-value"
        text = json.dumps(newer).replace("How risky.", "Not ours." if strange else "How risky.")
        schema_id = client.register_schema(name, Schema(text, "AVRO"))
        body = io.BytesIO()
        fastavro.schemaless_writer(body, fastavro.parse_schema(newer), valid(PAYMENT) | {"risk": "low"})
        message = b"\x00" + schema_id.to_bytes(4, "big") + body.getvalue()
        if strange:
            with pytest.raises(Undecodable, match="under a subject of"):
                codec.decode(PAYMENT_EVENTS, key, message)
        else:
            assert codec.decode(PAYMENT_EVENTS, key, message).payment_ref == "some payment_ref"


def test_a_changed_unit_is_found_by_our_lint(
    registry: RealRegistry, ours: Registry, client: SchemaRegistryClient
) -> None:
    name, record = subject(PRODUCTS, "commerce.Product"), "commerce.Product"
    assert ours.schema_id(PRODUCTS, record)
    older = json.loads(schema_of(record).text)
    older["fields"][-1]["type"]["logicalType"] = "timestamp-millis"
    client.delete_subject(name)
    client.register_schema(name, Schema(json.dumps(older), "AVRO"))
    with Registry(registry.url) as fresh:
        with pytest.raises(NotRegistered):
            fresh.schema_id(PRODUCTS, record)
        (wrong,) = [checked for checked in fresh.check() if checked.problems]
        assert wrong.subject == name
        assert "logical type, unit or scale has changed" in wrong.problems[0]
        with pytest.raises(ValueError, match=r"commerce.products.v1-ordercase.commerce.Product: Product.updated_at"):
            fresh.register_all()
    client.delete_subject(name)
