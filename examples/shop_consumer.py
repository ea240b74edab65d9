"""A shop takes over the exchange and reshipment orders that are made: python examples/shop_consumer.py"""

import io
import json
import os
from pathlib import Path

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from fastavro import parse_schema, schemaless_reader
from fastavro.schema import fingerprint, to_parsing_canonical_form

kafka = {"bootstrap.servers": os.environ.get("KAFKA", "localhost:9092"), "isolation.level": "read_committed"}
registry = SchemaRegistryClient({"url": os.environ["REGISTRY"]}) if "REGISTRY" in os.environ else None
files = Path(os.environ.get("SCHEMAS", "schemas/avro")).glob("ordercase.postsales.*.avsc")
schemas = [json.loads(file.read_text()) for file in files]
known = {fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"): schema for schema in schemas}
consumer = Consumer(kafka | {"group.id": "shop", "auto.offset.reset": "earliest"})
consumer.subscribe(["ordercase.orders.v1"])
while True:
    message = consumer.poll(1.0)
    if message is None or message.error():
        continue
    raw = message.value()  # c3 01 and a fingerprint, or 00 and the id of a registry's schema
    single = raw[:2] == b"\xc3\x01"
    schema = known[raw[2:10].hex()] if single else json.loads(registry.get_schema(int.from_bytes(raw[1:5])).schema_str)
    event = schemaless_reader(io.BytesIO(raw[10 if single else 5 :]), parse_schema(schema), None)
    if "order" in event:
        order = event["order"]
        items = [f"{line['quantity']} x {line['sku']}" for line in order["lines"]]
        print(f"new order {order['order_id']} for {order['original_order_id']}: {', '.join(items)}", flush=True)
