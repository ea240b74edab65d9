"""The relay's position on Kafka: the committed offset of a group without members on a topic that is never written to."""

import time
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from producers.client import Properties, reader_settings
from producers.position import Position, RelayAlarm
from schemas.topics import OUTBOX_POSITION

UNSTABLE_FOR: Final = 10.0
"""Seconds after which an offset that is neither committed nor aborted will not become so by itself."""

HOPELESS_AFTER: Final = 30.0
"""Seconds until that is an alarm, where nobody knows which of the two it was; a slow coordinator has its chance."""


class KafkaPosition:
    """Reads the position of one relay. Only to be asked right after `init_transactions`: while a transaction that
    carries the position is open, nobody gets an answer. Raises KafkaException."""

    def __init__(self, properties: Properties, name: str, timeout: float) -> None:
        self._properties = properties
        self._name = name
        self._timeout = timeout
        self._unstable_since: float | None = None
        self.group: Any = None

    def committed(self, acknowledged: Position | None) -> Position | None:
        """The position, None when there is none. `group` is then what a transaction needs to carry the next one.

        `acknowledged`: the last position whose commit Kafka has answered, as PostgreSQL remembers it; used only when
        Kafka itself does not know any more (`_told_apart`). Raises RelayAlarm when nobody knows.
        """
        try:
            answer = self._asked("read_committed")
        except KafkaException as error:
            return self._told_apart(acknowledged, error)
        self._unstable_since = None
        return _position(answer)

    def settled(self) -> Position | None:
        """The last position that is committed for certain, at any time; one whose transaction is open is left out."""
        return _position(self._asked("read_uncommitted"))

    def _asked(self, isolation: str) -> TopicPartition:
        """What the coordinator says; with `read_uncommitted` it leaves open offsets out instead of waiting for them."""
        settings = reader_settings(self._properties, client_id=self._name, group_id=self._name)
        # Not an AdminClient: its request for offsets crashes the process when the coordinator has just moved
        # (librdkafka 2.16).
        consumer = Consumer({**settings, "isolation.level": isolation})
        try:
            self.group = consumer.consumer_group_metadata()
            (answer,) = consumer.committed([TopicPartition(OUTBOX_POSITION, 0)], timeout=self._timeout)
        finally:
            consumer.close()
        if answer.error is not None:
            raise KafkaException(answer.error)
        return answer

    def _told_apart(self, acknowledged: Position | None, raised: KafkaException) -> Position | None:
        """Raises what was raised, unless the offset is unstable for good.

        That is damage of Kafka's: `init_transactions` has ended every transaction of ours, so no offset of this group
        can be open. It was seen when a lone broker is killed between a commit and the writing of its markers: at its
        start it takes partitions that it does not know yet for deleted, and leaves their markers out (4.3.1). The open
        offset was then committed if Kafka has acknowledged it to us; otherwise it cannot be known.
        The next transaction of ours writes the marker that is missing.
        """
        if raised.args[0].code() != KafkaError._TIMED_OUT:
            self._unstable_since = None
            raise raised
        before = _position(self._asked("read_uncommitted"))
        # Had the coordinator been away, this would not have been answered either.
        now = time.monotonic()
        self._unstable_since = self._unstable_since or now
        lasted = now - self._unstable_since
        if lasted > UNSTABLE_FOR and acknowledged is not None and (before is None or acknowledged.next > before.next):
            self._unstable_since = None
            return acknowledged
        if lasted > HOPELESS_AFTER:
            raise RelayAlarm(
                "relay_position_unstable",
                f"Kafka holds an offset of group {self._name} that is neither committed nor aborted, though no"
                " transaction is open, and no newer one was acknowledged: it cannot be known whether the last"
                " transaction counts. See whether its events are visible to a read_committed consumer, commit the"
                " position after the last visible one as the group's offset (metadata: the id of that event), start"
                " again",
            )
        raise raised


def _position(answer: TopicPartition) -> Position | None:
    return None if answer.offset < 0 else Position(answer.offset, answer.metadata or "")
