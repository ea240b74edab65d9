"""Reads a whole topic as a consumer of ours must: what is committed, from the beginning to the end of now."""

import time
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

WITHIN: Final = 60.0


def read_all(bootstrap_servers: str, topic: str, *, isolation: str = "read_committed") -> list[Message]:
    """All messages of the topic: in order within a partition, partitions one after the other as they come."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "reads-all",
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "log_level": 3,
        }
    )
    try:
        return _until_the_end(consumer, topic)
    finally:
        consumer.close()


def _until_the_end(consumer: Consumer, topic: str) -> list[Message]:
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    left = set(partitions)
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    found: list[Message] = []
    until = time.monotonic() + WITHIN
    while left:
        if time.monotonic() > until:
            raise TimeoutError(f"the end of {topic} was not reached on partitions {sorted(left)}")
        for message in consumer.consume(1000, 0.2):
            error = message.error()
            if error is None:
                found.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                left.discard(message.partition())
            else:
                raise KafkaException(error)
    return found
