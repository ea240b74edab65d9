"""A gateway tells what it did: python examples/gateway_producer.py web-de 1007 CAPTURED 3990 [OPERATION_REFERENCE]"""

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

channel, order_id, kind, amount, *answered = sys.argv[1:]
event = {"event_id": str(uuid.uuid4()), "occurred_at": datetime.now(UTC)}
event |= {"sales_channel": channel, "order_id": order_id, "kind": kind, "amount_minor": int(amount), "currency": "EUR"}
event |= {"payment_ref": f"{order_id}-P1", "gateway": "acme-pay", "method": "CARD"}
event |= {"gateway_reference": str(uuid.uuid4()), "operation_reference": answered[0] if answered else None}
schema = json.loads(Path(os.environ.get("SCHEMAS", "schemas/avro"), "ordercase.payments.PaymentEvent.avsc").read_text())
value = io.BytesIO()
value.write(b"\xc3\x01" + bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")))
schemaless_writer(value, parse_schema(schema), event)
producer = Producer({"bootstrap.servers": os.environ.get("KAFKA", "localhost:9092"), "partitioner": "murmur2_random"})
producer.produce("payments.events.v1", key=f"{channel}:{order_id}", value=value.getvalue())
sys.exit(producer.flush(30))
