"""A key goes to the partition that a Java producer would choose."""

import pytest
from confluent_kafka import Message, Producer

from ordercase.embedded_broker import PARTITIONS, EmbeddedBroker
from producers.client import producer_settings

# From Apache Kafka's own UtilsTest.testMurmur2.
MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("key", MURMUR2, ids=lambda key: key.decode()[:10])
def test_partition_of(key: bytes, embedded_broker: EmbeddedBroker) -> None:
    settings = producer_settings({"bootstrap.servers": embedded_broker.bootstrap_servers}, client_id="test")
    producer = Producer({**settings, "delivery.report.only.error": False})
    landed: list[int | None] = []

    def report(error: object, message: Message) -> None:
        assert error is None
        landed.append(message.partition())

    producer.produce("t", b"v", key, on_delivery=report)
    assert producer.flush(10) == 0
    assert landed == [(MURMUR2[key] & 0x7FFFFFFF) % PARTITIONS]
