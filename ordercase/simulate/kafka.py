"""The simulator's own way to and from Kafka: one producer, and one reader of everything that the worker publishes.

The reader stands at the end of every outbound topic before the first record is sent, so it misses nothing and belongs to
no consumer group. It reads committed records only: what a consumer outside would see.
"""

from collections.abc import Sequence
from typing import Final

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from ordercase import registry, surroundings
from ordercase.errors import environment
from ordercase.kafka import MOCK_CLUSTER, in_words
from ordercase.settings import Settings
from ordercase.simulate.basket import Value
from ordercase.simulate.seen import Record
from ordercase.simulate.story import PARKED
from producers.client import end_of, producer_settings, reader_settings
from schemas.codec import Codec
from schemas.topics import DEAD_LETTERS, INBOUND, ORDERS, OUTBOUND

NAME: Final = "ordercase-simulate"
WITHIN: Final = 15.0
"""Seconds within which a broker has to answer."""
AT_ONCE: Final = 1000


class Kafka:
    """Encodes and sends; receives and decodes. For one thread. Raises UserError (status 4) when the broker or a topic is missing."""

    def __init__(self, settings: Settings) -> None:
        properties = settings.kafka_properties
        self._registry = registry.of(settings)
        surroundings.required_schemas(self._registry)
        self._codec = Codec(self._registry)
        self._problem: KafkaError | None = None
        self._producer = Producer(producer_settings(properties, client_id=NAME) | {"linger.ms": 2})
        self._consumer = Consumer(
            reader_settings(properties, client_id=NAME, group_id=NAME) | {"fetch.wait.max.ms": 20}
        )
        with in_words():
            self._consumer.assign([part for topic in OUTBOUND for part in self._ends(topic)])

    def _partitions(self, topic: str) -> list[int]:
        found = self._consumer.list_topics(topic, timeout=WITHIN).topics[topic]
        if found.error is not None or not found.partitions:
            raise environment(
                "missing_topic", f"Kafka has no topic {topic}. Create what is missing: `ordercase topics apply`."
            )
        return sorted(found.partitions)

    def _ends(self, topic: str) -> list[TopicPartition]:
        """Explicit offsets: "at the end" would be looked up later, when something may have come already."""
        return [end_of(self._consumer, topic, partition, WITHIN) for partition in self._partitions(topic)]

    @property
    def exactly_once(self) -> bool:
        """Whether the broker has transactions, so that a reader of committed records may count on each event once."""
        return not str(self._consumer.list_topics(timeout=WITHIN).cluster_id or "").startswith(MOCK_CLUSTER)

    def written(self) -> int:
        """How many orders' events were ever sent to this cluster: 0 on a fresh one, and never the same after a run."""
        for topic in INBOUND:
            self._partitions(topic)
        return sum(end.offset for end in self._ends(ORDERS))

    def send(self, topic: str, record: str, key: str, value: Value) -> None:
        """Hands one record to the producer; when its queue is full, waits until there is room."""
        encoded = self._codec.encode(topic, record, value)
        while True:
            try:
                self._producer.produce(topic, key=key.encode(), value=encoded, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._problem = error or self._problem

    def receive(self, seconds: float) -> list[Record]:
        """What has come, within `seconds`; returns as soon as there is anything."""
        self._producer.poll(0)
        if self._problem is not None:
            raise environment("kafka_unreachable", f"The broker did not take a message: {self._problem.str()}.")
        first = self._consumer.consume(1, seconds)
        messages: Sequence[Message] = [*first, *self._consumer.consume(AT_ONCE, 0)] if first else ()
        return [record for message in messages if (record := self._record(message))]

    def _record(self, message: Message) -> Record | None:
        raw = message.value()
        if message.error() is not None or raw is None:
            return None
        topic, key = str(message.topic()), _text(message.key())
        headers = {pair[0]: _text(pair[1]) for pair in message.headers() or ()}
        if topic == DEAD_LETTERS:
            return Record(topic, key, PARKED, headers)
        name, value = self._codec.read(topic, raw)
        return Record(topic, key, name, value, headers)

    def close(self) -> None:
        """Sends what is left and leaves."""
        self._producer.flush(WITHIN)
        self._consumer.close()
        if self._registry is not None:
            self._registry.close()


def _text(raw: str | bytes | None) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw or ""
