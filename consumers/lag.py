"""How far reading is behind, by what the broker itself says of the ends."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from storage.positions import Partition

ANSWER_WITHIN: Final = 2.0
"""Seconds, less than whoever collects metrics waits for the page."""


class Lag:
    """Asks the broker when it is asked, so that it is right while a batch takes long or stands still.

    The client knows the ends only of what it fetches, from when it fetched. It does not fetch what is paused, nor while
    it has plenty in hand, so that by itself it knows least when there is most to be read. `positions`: what this worker
    has, and where each goes on.
    """

    def __init__(self, positions: Callable[[], Mapping[Partition, int]]) -> None:
        self._positions = positions
        self._lock = threading.Lock()
        self._consumer: Consumer | None = None
        self._ends: dict[Partition, int] = {}

    def watch(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def end(self) -> None:
        """Must come before the consumer is closed. Waits for an answer that is under way."""
        with self._lock:
            self._consumer = None

    def ask(self) -> dict[Partition, int]:
        """Offsets between position and end; while the broker does not answer, the end that was last heard of counts.

        From any thread. A partition of which no end was ever heard is not named.
        """
        with self._lock:
            positions = self._positions()
            if self._consumer is None or not positions:
                return {}
            heard = {**_seen(self._consumer, positions), **_asked(self._consumer, positions)}
            self._ends = {name: max(end, self._ends.get(name, 0)) for name, end in heard.items()} | {
                name: end for name, end in self._ends.items() if name in positions and name not in heard
            }
            return {name: max(0, end - positions[name]) for name, end in self._ends.items()}


def _seen(consumer: Consumer, names: Mapping[Partition, int]) -> dict[Partition, int]:
    """The ends as the client has them from its last fetches."""
    seen = {}
    for name in names:
        limits: Any = consumer.get_watermark_offsets(TopicPartition(*name), cached=True)
        if limits is not None and limits[1] >= 0:
            seen[name] = int(limits[1])
    return seen


def _asked(consumer: Consumer, names: Mapping[Partition, int]) -> dict[Partition, int]:
    """The ends as the broker tells them now, all in one question; nothing when it does not answer."""
    wanted = [TopicPartition(*name, OFFSET_END) for name in sorted(names)]
    try:
        answers = consumer.offsets_for_times(wanted, timeout=ANSWER_WITHIN)
    except KafkaException:
        return {}
    return {(one.topic, one.partition): one.offset for one in answers if one.error is None and one.offset >= 0}
