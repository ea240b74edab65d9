"""The two ways to publish rows of the outbox and to remember how far: in one Kafka transaction, or one after the other."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

import psycopg
from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from producers.client import Properties, Unrest, producer_settings
from producers.kafka_position import KafkaPosition
from producers.position import Position, RelayAlarm
from schemas.topics import OUTBOX_POSITION
from storage import outbox
from storage.outbox import OutboxRow

ANSWER_WITHIN: Final = 4.0
"""Seconds for one call to Kafka. A worker must be able to stop within ten; the leader's session lasts fifteen."""

COMES_ROUND_WITHIN: Final = 3.0
"""Seconds until a new topic is known to a broker."""

SUSPICIOUS: Final = 1.0
"""A commit that took longer may have been sent twice."""

Connection = psycopg.Connection[Any]


class Doubt(Exception):
    """It is not known what became of the last publication: start again with a new client and ask Kafka for the position.

    `code` is librdkafka's name of what happened, or one of slow_commit, unrest, not_flushed.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Fenced(Doubt):
    """Another relay of this group has begun; this one has no say any more."""


class Publisher(Protocol):
    """How rows go out. One instance is used by one thread."""

    profile: str

    def start(self, connection: Connection) -> Position | None:
        """A new client; fences whoever published before; the position after that, None: none was ever kept."""
        ...

    def publish(self, rows: Sequence[OutboxRow], position: Position) -> None:
        """Publishes the rows in order, with `position`, the one after them. Raises Doubt, Fenced, RelayAlarm.

        When it returns, all of it is acknowledged, and the caller keeps the position in PostgreSQL.
        """
        ...

    def trust(self) -> None:
        """Raises Doubt when the client must not be used again, though its last publication is acknowledged.

        A commit that was repeated over a new connection may have a late copy that would end the next transaction.
        """
        ...

    def close(self) -> None:
        """Gives the client up."""
        ...


class InTransactions:
    """Events and position in one Kafka transaction: exactly once for who reads `read_committed`.

    The position is the committed offset of group `<group>-relay` on a topic that nothing is ever written to; its
    metadata is the id of the last event.
    """

    profile = "exactly_once"

    def __init__(self, properties: Properties, group_id: str, topics: Collection[str]) -> None:
        self._properties = properties
        self._group_id = group_id
        self._name = f"{group_id}-relay"
        self._position = KafkaPosition(properties, self._name, ANSWER_WITHIN)
        self._topics = {*topics, OUTBOX_POSITION}
        self._producer: Producer | None = None
        self._unrest = Unrest(self._name)
        self._took = 0.0

    def start(self, connection: Connection) -> Position | None:
        acknowledged = kept(connection, self._group_id)
        self.close()
        self._unrest = Unrest(self._name)
        settings = producer_settings(self._properties, client_id=self._name, transactional_id=self._name)
        with _doubted():
            self._producer = Producer({**settings, **self._unrest.configuration()})
            self._check_topics(self._producer)
            self._producer.init_transactions(ANSWER_WITHIN)
            return self._position.committed(acknowledged)

    def _check_topics(self, producer: Producer) -> None:
        """A topic that was made a moment ago may not have come round yet."""
        until = time.monotonic() + COMES_ROUND_WITHIN
        while missing := sorted(self._topics - set(producer.list_topics(timeout=ANSWER_WITHIN).topics)):
            if time.monotonic() > until:
                raise RelayAlarm(
                    "topic_missing", f"Kafka has no topic {', '.join(missing)}; make them with `ordercase topics apply`"
                )
            time.sleep(0.1)

    def publish(self, rows: Sequence[OutboxRow], position: Position) -> None:
        producer = _started(self._producer)
        producer.poll(0)
        self._unrest.silence()
        began = time.monotonic()
        with _doubted():
            producer.begin_transaction()
            for row in rows:
                _produce(producer, row)
            offset = TopicPartition(OUTBOX_POSITION, 0, position.next, position.event_id)
            producer.send_offsets_to_transaction([offset], self._position.group, ANSWER_WITHIN)
            producer.commit_transaction(ANSWER_WITHIN)
        self._took = time.monotonic() - began

    def trust(self) -> None:
        _started(self._producer).poll(0)
        if self._unrest.heard:
            raise Doubt(f"unrest {self._unrest.heard[0]}")
        if self._took > SUSPICIOUS:
            raise Doubt("slow_commit")

    def close(self) -> None:
        """Drops the producer as it is. Ending its transaction is the broker's, when the next producer begins."""
        self._unrest.end()
        self._producer = None


class OneAfterTheOther:
    """Publishes and waits until all are acknowledged; the position is in PostgreSQL alone: at least once, in order.

    For brokers without transactions. What was published between the last position and a crash is published again, with
    the same event ids.
    """

    profile = "at_least_once"

    def __init__(self, properties: Properties, group_id: str) -> None:
        self._properties = properties
        self._group_id = group_id
        self._producer: Producer | None = None
        self._unrest = Unrest(f"{group_id}-relay")
        self._failed: list[str] = []

    def start(self, connection: Connection) -> Position | None:
        self.close()
        self._unrest = Unrest(f"{self._group_id}-relay")
        settings = producer_settings(self._properties, client_id=f"{self._group_id}-relay")
        with _doubted():
            self._producer = Producer({**settings, **self._unrest.configuration()})
        return kept(connection, self._group_id)

    def publish(self, rows: Sequence[OutboxRow], position: Position) -> None:
        del position  # the caller keeps it, which is all
        producer = _started(self._producer)
        self._failed.clear()
        with _doubted():
            for row in rows:
                _produce(producer, row, self._report)
            left = producer.flush(ANSWER_WITHIN)
        if self._failed:
            raise Doubt(self._failed[0])
        if left:
            raise Doubt("not_flushed")

    def trust(self) -> None:
        """Always: what comes late here is known by its sequence number."""

    def _report(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._failed.append(error.name())

    def close(self) -> None:
        self._unrest.end()
        self._producer = None


def kept(connection: Connection, group_id: str) -> Position | None:
    """The position as PostgreSQL has it: the last one that Kafka has acknowledged to a relay that lived to write it."""
    mirrored = outbox.mirror(connection, group_id)
    return None if mirrored is None else Position(mirrored[0], mirrored[1] or "")


def keep(connection: Connection, group_id: str, position: Position) -> None:
    """Writes it: the truth without transactions; with them a copy, for `doctor` and for a Kafka that lost a marker."""
    outbox.save_mirror(connection, group_id, position.next, position.event_id or None)


def _produce(producer: Producer, row: OutboxRow, report: Any = None) -> None:
    more = {} if report is None else {"on_delivery": report}
    while True:
        try:
            producer.produce(row.topic, row.value, row.key, headers=list(row.headers), **more)
        except BufferError:  # full: what is in it goes out meanwhile
            producer.poll(0.05)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE:
                raise
            size = len(row.value or b"")
            raise RelayAlarm(
                "relay_message_too_large",
                f"event {row.seq} for {row.topic} has {size} bytes, more than a producer may send; raise"
                " ORDERCASE_KAFKA__MESSAGE_MAX_BYTES and the topic's max.message.bytes",
            ) from error
        else:
            return


def _started(producer: Producer | None) -> Producer:
    if producer is None:
        raise RuntimeError("the publisher is not started")
    return producer


_FENCES: Final = {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}


@contextmanager
def _doubted() -> Iterator[None]:
    """Whatever Kafka raises here leaves it open what happened."""
    try:
        yield
    except KafkaException as raised:
        error = raised.args[0]
        kind = Fenced if error.code() in _FENCES else Doubt
        raise kind(error.name()) from raised
