"""Reads a whole topic as a consumer of ours must: what is committed, from the beginning to the end of now."""

import time
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

WITHIN: Final = 60.0


def read_all(bootstrap_servers: str, topic: str, *, isolation: str = "read_committed") -> list[Message]:
    """All messages of the topic: in order within a partition, partitions one after the other as they come.

    The end is where the partitions end, not where what is committed ends: a commit is answered before its markers are
    written, so this waits for them, and for a transaction that somebody left open until the broker has ended it.
    """
    everything = _consumer(bootstrap_servers, "read_uncommitted")
    consumer = _consumer(bootstrap_servers, isolation)
    try:
        partitions = everything.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {
            partition: everything.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
            for partition in partitions
        }
        return _until(consumer, topic, ends)
    finally:
        everything.close()
        consumer.close()


def _consumer(bootstrap_servers: str, isolation: str) -> Consumer:
    return Consumer(
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


def _until(consumer: Consumer, topic: str, ends: dict[int, int]) -> list[Message]:
    left = {partition for partition, end in ends.items() if end > 0}
    consumer.assign([TopicPartition(topic, partition, 0) for partition in left])
    found: list[Message] = []
    until = time.monotonic() + WITHIN
    while left:
        if time.monotonic() > until:
            raise TimeoutError(f"the end of {topic} was not reached on partitions {sorted(left)}")
        for message in consumer.consume(1000, 0.2):
            error = message.error()
            if error is None:
                found.append(message)
            elif error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            elif (message.offset() or 0) >= ends[message.partition() or 0]:
                left.discard(message.partition() or 0)
    return found
