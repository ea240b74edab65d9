"""A shop tells of an order of two shirts: python examples/shop_producer.py web-de 1007"""

import io
import json
import os
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import Producer
from fastavro import parse_schema, schemaless_writer
from fastavro.schema import fingerprint, to_parsing_canonical_form

channel, order_id = sys.argv[1:3]
event = {"event_id": str(uuid.uuid4()), "occurred_at": datetime.now(UTC)}
line = {"line_number": 1, "sku": "SHIRT-S", "parent_sku": "SHIRT", "product_type": "PHYSICAL", "quantity": 2}
line |= {"unit_price_minor": 1995, "total_minor": 3990, "taxes": [{"type": "VAT", "rate": "0.19", "amount_minor": 637}]}
order = {"sales_channel": channel, "order_id": order_id, "order_type": "NORMAL", "status": "NEW", "lines": [line]}
order |= {"placed_at": datetime.now(UTC), "currency": "EUR", "tax_included": True}
order |= {"customer": {"customer_id": "C-1", "email": "robin@shop.example"}}
event |= {"kind": "PLACED", "revision": 1, "order": order}
schema = json.loads(Path(os.environ.get("SCHEMAS", "schemas/avro"), "ordercase.commerce.OrderEvent.avsc").read_text())
value = io.BytesIO()
value.write(b"\xc3\x01" + bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")))
schemaless_writer(value, parse_schema(schema), event)
producer = Producer({"bootstrap.servers": os.environ.get("KAFKA", "localhost:9092"), "partitioner": "murmur2_random"})
producer.produce("commerce.orders.v1", key=f"{channel}:{order_id}", value=value.getvalue())
sys.exit(producer.flush(30))
