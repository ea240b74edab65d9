"""Whole partitions from one offset to another, all of them together in the order in which their messages were sent."""

import heapq
from collections import deque
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, TopicPartition

from consumers.faults import Stop, TryAgain
from consumers.intake import PASSING, length
from storage.positions import Partition

AT_ONCE: Final = 1_000
WAIT: Final = 0.1
PATIENCE: Final = 60.0
"""Seconds for which Kafka may hand out nothing of a partition that has more."""

MANY: Final = 2_000
MUCH: Final = 4 * 1024 * 1024
"""Of a partition that is far ahead of the others so many messages are held, or bytes of them; then no more are asked for
until a quarter is left."""


class InOrder:
    """Each message that there is from `begins` to `ends`, once: within a partition in Kafka's order, else by the time sent.

    A time counts from no earlier than that of the message before it in the partition. The consumer is given these
    partitions, and belongs to nobody else meanwhile.
    """

    def __init__(self, consumer: Consumer, begins: Mapping[Partition, int], ends: Mapping[Partition, int]) -> None:
        self._consumer = consumer
        self._ends = dict(ends)
        self._held: dict[Partition, deque[tuple[int, Any]]] = {name: deque() for name in ends}
        self._bytes: dict[Partition, int] = dict.fromkeys(ends, 0)
        self._times: dict[Partition, int] = dict.fromkeys(ends, 0)
        self._unread = {name for name, end in ends.items() if begins[name] < end}
        self._paused: set[Partition] = set()
        consumer.assign([TopicPartition(*name, begins[name]) for name in sorted(self._unread)])

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        """(time in µs, message). Raises TryAgain when Kafka does not answer, Stop for what the client cannot get over."""
        first: list[tuple[int, Partition]] = []
        waits = set(self._held)
        while True:
            for name in self._filled(waits):
                heapq.heappush(first, (self._held[name][0][0], name))
            waits.clear()
            if not first:
                return
            _, name = heapq.heappop(first)
            at, raw = self._held[name].popleft()
            self._bytes[name] -= length(raw)
            yield at, raw
            self._resume(name)
            waits.add(name)

    def _filled(self, names: set[Partition]) -> Iterator[Partition]:
        """Those of these partitions that have a message in hand, after waiting for one of each that may have more."""
        last = monotonic()
        while any(name in self._unread and not self._held[name] for name in names):
            came = self._consumer.consume(AT_ONCE, WAIT)
            for raw in came:
                self._take(raw)
            if came:
                last = monotonic()
            elif monotonic() - last > PATIENCE:
                raise TryAgain("Kafka does not hand out what is there to be read")
        return (name for name in names if self._held[name])

    def _take(self, raw: Any) -> None:
        name = raw.topic(), raw.partition()
        error = raw.error()
        if error is not None:
            self._event(name, raw, error)
        elif name in self._unread and raw.offset() < self._ends[name]:
            at = max(self._times[name], raw.timestamp()[1] * 1_000)
            self._times[name] = at
            self._held[name].append((at, raw))
            self._bytes[name] += length(raw)
            if raw.offset() + 1 >= self._ends[name]:
                self._unread.discard(name)
            elif self._fills(name, 1) and name not in self._paused:
                self._paused.add(name)
                self._consumer.pause([TopicPartition(*name)])
        elif name in self._unread:
            self._unread.discard(name)

    def _event(self, name: Partition, raw: Any, error: KafkaError) -> None:
        if error.code() == KafkaError._PARTITION_EOF:
            # The end alone tells it where markers of transactions, or nothing at all, come last.
            if raw.offset() >= self._ends.get(name, 0):
                self._unread.discard(name)
        elif error.code() not in PASSING or error.fatal():
            raise Stop("kafka_refuses", f"Kafka refuses to go on: {error.name()}. {error.str()}")

    def _fills(self, name: Partition, part: int) -> bool:
        """Whether as much is in hand as may be, or the nth part of it."""
        return len(self._held[name]) * part > MANY or self._bytes[name] * part > MUCH

    def _resume(self, name: Partition) -> None:
        if name in self._paused and not self._fills(name, 4):
            self._paused.discard(name)
            self._consumer.resume([TopicPartition(*name)])
