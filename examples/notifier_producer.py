"""A notifier tells that a mail went out: python examples/notifier_producer.py web-de:1007 NOTICE_ID"""

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

key, notice_id = sys.argv[1:3]
event = {"event_id": str(uuid.uuid4()), "occurred_at": datetime.now(UTC)}
event |= {"notice_id": notice_id, "status": "SENT"}
schema = json.loads(
    Path(os.environ.get("SCHEMAS", "schemas/avro"), "ordercase.notifications.NoticeReceipt.avsc").read_text()
)
value = io.BytesIO()
value.write(b"\xc3\x01" + bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")))
schemaless_writer(value, parse_schema(schema), event)
producer = Producer({"bootstrap.servers": os.environ.get("KAFKA", "localhost:9092"), "partitioner": "murmur2_random"})
producer.produce("notifications.receipts.v1", key=key, value=value.getvalue())
sys.exit(producer.flush(30))
