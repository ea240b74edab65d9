"""Which of librdkafka's properties only one kind of client takes; what all take is not listed.

`ORDERCASE_KAFKA__…` speaks to every client of a process at once. One that is given another's property warns on each
start, which is noise in the log that hides what matters.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

T = TypeVar("T")

CONSUMER_ONLY: Final = frozenset((
    "auto.commit.enable", "auto.commit.interval.ms", "auto.offset.reset", "check.crcs",
    "consume.callback.max.messages", "coordinator.query.interval.ms", "enable.auto.commit", "enable.auto.offset.store",
    "enable.partition.eof", "fetch.error.backoff.ms", "fetch.max.bytes", "fetch.message.max.bytes", "fetch.min.bytes",
    "fetch.queue.backoff.ms", "fetch.wait.max.ms", "group.id", "group.instance.id", "group.protocol",
    "group.protocol.type", "group.remote.assignor", "heartbeat.interval.ms", "isolation.level",
    "max.partition.fetch.bytes", "max.poll.interval.ms", "max.poll.records", "offset.store.method",
    "offset.store.path", "offset.store.sync.interval.ms", "partition.assignment.strategy",
    "queued.max.messages.kbytes", "queued.min.messages", "session.timeout.ms", "share.acknowledgement.mode",
))  # fmt: skip

PRODUCER_ONLY: Final = frozenset((
    "acks", "batch.num.messages", "batch.size", "compression.codec", "compression.level", "compression.type",
    "delivery.report.only.error", "delivery.timeout.ms", "enable.gapless.guarantee", "enable.idempotence", "linger.ms",
    "message.send.max.retries", "message.timeout.ms", "partitioner", "produce.offset.report",
    "queue.buffering.backpressure.threshold", "queue.buffering.max.kbytes", "queue.buffering.max.messages",
    "queue.buffering.max.ms", "queuing.strategy", "request.required.acks", "request.timeout.ms", "retries",
    "sticky.partitioning.linger.ms", "transaction.timeout.ms", "transactional.id",
))  # fmt: skip


_EITHER: Final = CONSUMER_ONLY | PRODUCER_ONLY


def for_consumer(properties: Mapping[str, T]) -> dict[str, T]:
    """What a consumer takes of them."""
    return {name: value for name, value in properties.items() if name not in PRODUCER_ONLY}


def for_producer(properties: Mapping[str, T]) -> dict[str, T]:
    """What a producer takes of them."""
    return {name: value for name, value in properties.items() if name not in CONSUMER_ONLY}


def for_admin(properties: Mapping[str, T]) -> dict[str, T]:
    """What is about the connection alone: a client that only asks and administers has no use for the rest."""
    return {name: value for name, value in properties.items() if name not in _EITHER}
