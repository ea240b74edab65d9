"""Which partitions are this worker's, and where each goes on. State lives from one assignment to its end, no longer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from time import monotonic, sleep
from typing import Any, Final

import psycopg
import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumers.beginning import begin
from consumers.faults import Stop, TryAgain
from consumers.inputs import Input
from consumers.observer import Observer
from schemas.topics import COMMANDS
from storage.messages import AsReceived
from storage.positions import Move, Partition, Position

log: Final = structlog.get_logger(__name__)

PATIENCE: Final = 60.0
"""Seconds for which an assignment waits for PostgreSQL and Kafka to say where it begins."""

STANDS_BY_AFTER: Final = 10.0
"""Seconds after which a worker to which the group gave nothing is not about to get something. Partitions that others give
up for it come in a second round, once those have finished what they had in hand.
"""

Connect = Callable[[], psycopg.Connection[Any]]
Look = Callable[[list[Partition]], tuple[Mapping[str, str], Mapping[Partition, tuple[int, int]]]]
"""Partitions → (ids of the topics, first offset and end of each partition), not through the client that calls back."""


@dataclass(frozen=True, slots=True)
class End:
    """Up to here there was nothing more in a partition, at `seen_at` (µs)."""

    offset: int
    seen_at: int


class Assignment:
    """Kept by the client's rebalance callbacks, which run inside consume() and close() of the loop's own thread.

    A callback that fails keeps the reason in `failure`; the loop raises it. `let_go` is called with partitions that are
    not this worker's any more, before anything can come back. `incremental`: the group hands over single partitions
    (cooperative-sticky), not all of them at once.
    """

    def __init__(
        self, connect: Connect, group_id: str, look: Look, observer: Observer, *, incremental: bool = False
    ) -> None:
        self._incremental = incremental
        self.failure: Exception | None = None
        self.let_go: Callable[[frozenset[Partition]], None] = lambda _names: None
        self.expected: dict[Partition, int] = {}
        self.held: set[Partition] = set()
        self._aside: dict[Partition, dict[int, int]] = {}
        self._halted: dict[Partition, int] = {}
        self._ready_at = inf
        self._connect = connect
        self._group_id = group_id
        self._look = look
        self._observer = observer

    @property
    def joined(self) -> bool:
        """Whether the group has given this worker its share. That may be nothing: others have all partitions then."""
        return monotonic() >= self._ready_at

    def positions(self) -> dict[Partition, int]:
        """Where each partition goes on, also those that are let alone for a while. From any thread."""
        return {**self.expected, **self._halted}

    def on_assign(self, consumer: Consumer, given: list[TopicPartition]) -> None:
        """Begins the partitions where the database says, or at their first message when the group is new to them."""
        names = [(one.topic, one.partition) for one in given]
        try:
            found = self._persistently(lambda: self._begin(names)) if names else {}
        except (Stop, KafkaException, psycopg.Error, LookupError) as error:
            # Raised out of a callback it would reach nobody for certain; the loop looks here.
            self.failure = error
            self._take(consumer, [])
            return
        self._ready_at = min(self._ready_at, monotonic() + (0 if names else STANDS_BY_AFTER))
        self.expected |= {name: position.next_offset for name, position in found.items()}
        self._take(consumer, [TopicPartition(*name, found[name].next_offset) for name in names])
        held = {name for name in names if name[0] == COMMANDS}
        if held:
            # Until it is known that they may be read (first_start).
            self.held |= held
            consumer.pause([TopicPartition(*name) for name in held])
        for (topic, partition), position in sorted(found.items()):
            log.debug("goes on", topic=topic, partition=partition, offset=position.next_offset)
        log.info("assigned", count=len(found), partitions=len(self.expected))
        self._observer.owned(len(self.expected))

    def on_revoke(self, consumer: Consumer, taken: list[TopicPartition]) -> None:
        """Batches are done when this runs, so there is nothing to hand over."""
        self._forget(taken)
        if self._incremental:
            consumer.incremental_unassign(taken)
        else:
            consumer.unassign()

    def on_lost(self, consumer: Consumer, taken: list[TopicPartition]) -> None:
        """They may be somebody else's already; whatever is still under way for them is fenced by the positions."""
        log.warning("lost", count=len(taken))
        self._ready_at = inf
        self.on_revoke(consumer, taken)

    def forget_all(self) -> None:
        self._ready_at = inf
        self._forget([TopicPartition(*name) for name in [*self.expected, *self._halted]])

    def owns(self, message: AsReceived) -> bool:
        """Whether the message is this worker's, and not read yet."""
        expected = self.expected.get((message.topic, message.partition))
        return expected is not None and message.offset >= expected

    def aside(self, message: AsReceived) -> int:
        """The id under which somebody put the message aside before it was read, 0: nobody did."""
        return self._aside.get((message.topic, message.partition), {}).get(message.offset, 0)

    def moves(self, inputs: Iterable[Input], ends: Mapping[Partition, End]) -> list[Move]:
        """How the positions move with these inputs, and with the ends that were seen after them."""
        moves: dict[Partition, Move] = {}
        for one in inputs:
            name = one.message.topic, one.message.partition
            moves[name] = Move(*name, self.expected[name], one.message.offset + 1)
        for name, end in ends.items():
            if name in self.expected:
                here = moves[name].next if name in moves else self.expected[name]
                moves[name] = Move(*name, self.expected[name], max(end.offset, here), end.seen_at)
        return [move for _, move in sorted(moves.items())]

    def moved(self, moves: Iterable[Move]) -> None:
        """A batch was committed."""
        for move in moves:
            name = (move.topic, move.partition)
            if name in self.expected:
                self.expected[name] = move.next

    def set_aside(self, name: Partition) -> None:
        """Lets a partition alone: its messages are not this worker's until `take_back`."""
        if name in self.expected:
            self._halted[name] = self.expected.pop(name)
            self.let_go(frozenset([name]))

    def take_back(self, name: Partition) -> int | None:
        """Where the partition goes on; None when it is not this worker's any more."""
        at = self._halted.pop(name, None)
        if at is not None:
            self.expected[name] = at
        return at

    def _take(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if self._incremental:
            consumer.incremental_assign(partitions)
        else:
            consumer.assign(partitions)

    def _forget(self, taken: Iterable[TopicPartition]) -> None:
        names = frozenset((one.topic, one.partition) for one in taken)
        self.let_go(names)
        for name in names:
            self.expected.pop(name, None)
            self._aside.pop(name, None)
            self._halted.pop(name, None)
            self.held.discard(name)
        self._observer.owned(len(self.expected))

    def _persistently(self, work: Callable[[], dict[Partition, Position]]) -> dict[Partition, Position]:
        until = monotonic() + PATIENCE
        while True:
            try:
                return work()
            except TryAgain as error:
                log.warning("cannot begin yet", reason=error.what, sqlstate=error.sqlstate)
                self._observer.transient(error.what)
                if monotonic() > until:
                    raise Stop(
                        "cannot_begin",
                        f"For {PATIENCE:.0f} s nobody said where to begin reading: {error.what}. Is it up?",
                    ) from error
                sleep(1)

    def _begin(self, names: list[Partition]) -> dict[Partition, Position]:
        topic_ids, limits = self._look(names)
        found = begin(self._connect, self._group_id, topic_ids, {name: limits[name] for name in names})
        self._aside |= found.aside
        return found.known
