"""A warehouse tells that it shipped units of line 1: python examples/warehouse_producer.py web-de 1007 2"""

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

channel, order_id, quantity = sys.argv[1:4]
event = {"event_id": str(uuid.uuid4()), "occurred_at": datetime.now(UTC)}
box = {"box_number": "1", "tracking_number": "T-1", "lines": [{"line_number": 1, "quantity": int(quantity)}]}
event |= {"sales_channel": channel, "order_id": order_id, "shipment_id": f"{order_id}-S1", "packages": [box]}
schema = json.loads(Path(os.environ.get("SCHEMAS", "schemas/avro"), "ordercase.warehouse.Shipment.avsc").read_text())
value = io.BytesIO()
value.write(b"\xc3\x01" + bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")))
schemaless_writer(value, parse_schema(schema), event)
producer = Producer({"bootstrap.servers": os.environ.get("KAFKA", "localhost:9092"), "partitioner": "murmur2_random"})
producer.produce("warehouse.status.v1", key=f"{channel}:{order_id}", value=value.getvalue())
sys.exit(producer.flush(30))
