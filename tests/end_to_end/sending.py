"""A sender outside: plain producer, fastavro, the registry's ids; what it sends is right or as wrong as a test wants it."""

import json
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final
from uuid import uuid4

from confluent_kafka import Producer
from fastavro import parse_schema, schemaless_writer

from schemas.catalogue import schema_of

MANAGER: Final = {"id": "test", "roles": ["manager"], "channels": ["*"]}


class Sender:
    """Sends to one cluster, framed for one registry."""

    def __init__(self, bootstrap_servers: str, registry_url: str) -> None:
        self._producer = Producer(
            {"bootstrap.servers": bootstrap_servers, "partitioner": "murmur2_random", "log_level": 2}
        )
        self._registry_url = registry_url

    def send(self, topic: str, record: str, key: str, value: Mapping[str, Any]) -> None:
        """One message as it should be; `record` is the contract's name. Returns once the broker has it."""
        schema = json.loads(schema_of(record).text)
        self.send_raw(topic, key, framed(self.register(f"{topic}-ordercase.{record}", schema), schema, value))

    def send_raw(self, topic: str, key: str, value: bytes | None) -> None:
        self._producer.produce(topic, value, key.encode())
        assert self._producer.flush(20) == 0

    def register(self, subject: str, schema: Mapping[str, Any]) -> int:
        """The id of a schema under a subject; one that is there already is not changed."""
        request = urllib.request.Request(
            f"{self._registry_url}/subjects/{subject}/versions",
            json.dumps({"schema": json.dumps(schema)}).encode(),
            {"Content-Type": "application/vnd.schemaregistry.v1+json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(json.load(answer)["id"])


def framed(schema_id: int, schema: Mapping[str, Any], value: Mapping[str, Any]) -> bytes:
    body = BytesIO()
    schemaless_writer(body, parse_schema(dict(schema)), value)
    return b"\0" + schema_id.to_bytes(4, "big") + body.getvalue()


def command(**fields: Any) -> dict[str, Any]:
    """A command by a manager, with an id of its own."""
    return {"command_id": str(uuid4()), "issued_at": datetime.now(UTC), "actor": MANAGER, "dry_run": False} | fields


def order_event(order_id: str, *, revision: int = 1, kind: str = "PLACED", total_minor: int = 3990) -> dict[str, Any]:
    """Two shirts at 19.95 EUR. Any other `total_minor` does not add up."""
    now = datetime.now(UTC)
    line = {"line_number": 1, "sku": "SHIRT-S", "product_type": "PHYSICAL", "quantity": 2, "unit_price_minor": 1995,
            "discount_minor": 0, "total_minor": total_minor}  # fmt: skip
    order = {"sales_channel": "web", "order_id": order_id, "order_type": "NORMAL", "status": "NEW", "lines": [line],
             "placed_at": now, "currency": "EUR", "tax_included": True,
             "customer": {"customer_id": "C-1", "email": "robin@shop.example"}}  # fmt: skip
    return {"event_id": str(uuid4()), "occurred_at": now, "kind": kind, "revision": revision, "order": order}
