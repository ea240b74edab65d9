"""Reads whole topics as a consumer of ours must: what is committed, from the beginning to the end of now."""

import time
from collections.abc import Mapping
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

WITHIN: Final = 60.0

Partition = tuple[str, int]
"""(topic, partition)."""


def read_all(
    bootstrap_servers: str,
    *topics: str,
    isolation: str = "read_committed",
    since: Mapping[Partition, int] | None = None,
) -> list[Message]:
    """All messages of the topics: in order within a partition, partitions mixed as they come. `since`: from there on.

    The end is where the partitions end, not where what is committed ends: a commit is answered before its markers are
    written, so this waits for them, and for a transaction that somebody left open until the broker has ended it.
    """
    everything = _consumer(bootstrap_servers, "read_uncommitted")
    consumer = _consumer(bootstrap_servers, isolation)
    try:
        known = everything.list_topics(timeout=10).topics
        names = [(topic, partition) for topic in topics for partition in known[topic].partitions]
        limits = {name: everything.get_watermark_offsets(TopicPartition(*name), timeout=10) for name in names}
        begins = {name: max(low, (since or {}).get(name, 0)) for name, (low, _) in limits.items()}
        return _until(consumer, begins, {name: end for name, (_, end) in limits.items()})
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
            "fetch.wait.max.ms": 50,
            "log_level": 3,
        }
    )


def _until(consumer: Consumer, begins: Mapping[Partition, int], ends: Mapping[Partition, int]) -> list[Message]:
    left = {name for name, end in ends.items() if end > begins[name]}
    consumer.assign([TopicPartition(*name, begins[name]) for name in left])
    found: list[Message] = []
    until = time.monotonic() + WITHIN
    while left:
        if time.monotonic() > until:
            raise TimeoutError(f"the end was not reached of {sorted(left)}")
        for message in consumer.consume(1000, 0.1):
            name = message.topic() or "", message.partition() or 0
            error = message.error()
            if error is None:
                found.append(message)
            elif error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            elif (message.offset() or 0) >= ends[name]:
                left.discard(name)
    return found
