"""How our Kafka clients are set up, and what they say of themselves while they work."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.client_properties import for_consumer, for_producer

Properties = Mapping[str, str]
"""librdkafka's properties from the settings, `bootstrap.servers` among them. May hold secrets: never printed."""

LEADERLESS_PAUSE: Final = 0.1
_NO_LEADER_YET: Final = frozenset(
    {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART}
)
"""What brokers answer about a partition that was just made. `retriable()` is false for them: it is about transactions."""

_PRODUCER: Final[dict[str, str | int | bool]] = {
    "enable.idempotence": True,
    "acks": "all",
    "max.in.flight": 5,
    "socket.timeout.ms": 20_000,
    "message.timeout.ms": 30_000,
    "linger.ms": 5,
    "batch.num.messages": 10_000,
    "batch.size": 1_000_000,
    "compression.type": "lz4",
    # As Java's clients do it: otherwise one key would be on two partitions of a topic that both write.
    "partitioner": "murmur2_random",
    "queue.buffering.max.messages": 100_000,
    # A dead letter carries another's whole message; the topics have limits of their own.
    "message.max.bytes": 8_000_000,
    "socket.keepalive.enable": True,
    # Good news is not reported for each message: the flush or the commit says it for all.
    "delivery.report.only.error": True,
}
_TRANSACTIONAL: Final[dict[str, str | int | bool]] = {
    "transaction.timeout.ms": 30_000,
    # A call about a transaction waits this long for a broker that stands still, whatever timeout it is called with;
    # the worker must be able to stop within ten seconds meanwhile.
    "socket.timeout.ms": 6_000,
    # The coordinator still writes the last transaction's markers when the next begins and answers "not yet"; with the
    # default of 100 every back-to-back transaction waits that long.
    "retry.backoff.ms": 5,
}
_READER: Final[dict[str, str | int | bool]] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "allow.auto.create.topics": False,
    "check.crcs": True,
    "fetch.wait.max.ms": 100,
    "socket.keepalive.enable": True,
}

Settings = dict[str, Any]
"""A client's whole configuration, librdkafka's own log led to Python's included (`librdkafka`, heard in `poll`)."""

_LOG: Final = logging.getLogger("librdkafka")


def producer_settings(properties: Properties, *, client_id: str, transactional_id: str | None = None) -> Settings:
    """Idempotent, all replicas, in order; with `transactional_id` also transactional.

    `properties` win where they speak of what a producer takes.
    """
    transactional = {} if transactional_id is None else {**_TRANSACTIONAL, "transactional.id": transactional_id}
    return {**_PRODUCER, **transactional, "logger": _LOG, "client.id": client_id, **for_producer(properties)}


def reader_settings(properties: Properties, *, client_id: str, group_id: str) -> Settings:
    """For a consumer that is assigned by hand and reads what is committed; the batch loop has settings of its own."""
    return {**_READER, "group.id": group_id, "logger": _LOG, "client.id": client_id, **for_consumer(properties)}


class Unrest:
    """Hears everything that a client says of itself between two moments: lost connections, timeouts, errors.

    librdkafka repeats requests by itself over a new connection, and a late copy of the first may still arrive. Only
    here is it seen that there may be one. What is heard arrives in `poll()` of the client.
    """

    def __init__(self, logger_name: str, on_error: Callable[[KafkaError], None] | None = None) -> None:
        self.heard: list[str] = []
        self._on_error = on_error
        self.logger = logging.getLogger(f"librdkafka.{logger_name}")
        self.logger.addFilter(self._listen)

    def configuration(self) -> dict[str, object]:
        """To be laid over a client's settings."""
        return {"error_cb": self._error, "logger": self.logger}

    def silence(self) -> None:
        """Forgets what was heard so far."""
        self.heard.clear()

    def end(self) -> None:
        """Stops to listen: the client is given up."""
        self.logger.removeFilter(self._listen)

    def _error(self, error: KafkaError) -> None:
        self.heard.append(error.name())
        if self._on_error is not None:
            self._on_error(error)

    def _listen(self, record: logging.LogRecord) -> bool:
        # librdkafka's lines begin with a facility: FAIL a connection, REQTMOUT a request without answer.
        facility = record.args[0] if isinstance(record.args, tuple) and record.args else ""
        if facility in {"FAIL", "REQTMOUT"} or record.levelno >= logging.ERROR:
            self.heard.append(str(facility))
        return True


def end_of(consumer: Consumer, topic: str, partition: int, within: float) -> TopicPartition:
    """The partition at the offset after its last message, asked of its leader now; asked again while a partition that was
    just made has none. Raises KafkaException when nobody says it `within` seconds."""
    until = time.monotonic() + within
    while True:
        try:
            _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=within)
        except KafkaException as error:
            if error.args[0].code() not in _NO_LEADER_YET or time.monotonic() >= until:
                raise
            time.sleep(LEADERLESS_PAUSE)
        else:
            return TopicPartition(topic, partition, high)
