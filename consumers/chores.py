"""What the loop does beside its batches, about once a second: the first start, alarms, dashboards, tidying up."""

import threading
from collections.abc import Callable, Sequence
from time import monotonic, sleep, time_ns
from typing import Any, Final

import psycopg
import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumers import first_start, topic_state
from consumers.assignment import Assignment
from consumers.faults import CapReached, Stop, TryAgain
from consumers.observer import Observer
from schemas.topics import COMMANDS
from storage import inbox
from storage.positions import Partition

log: Final = structlog.get_logger(__name__)

EVERY: Final = 1.0
SOON: Final = 0.1
"""While commands wait for the past to be read."""

TRY_HALTED_AFTER: Final = 30.0
PURGE_EVERY: Final = 600.0
PURGED_AT_ONCE: Final = 10_000
PATIENCE: Final = 30.0
DAY: Final = 86_400_000_000


class Chores:
    """All in the loop's thread."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        group_id: str,
        assignment: Assignment,
        observer: Observer,
        *,
        inbox_days: int,
    ) -> None:
        self._connect = connect
        self._group_id = group_id
        self._assignment = assignment
        self._observer = observer
        self._inbox_days = inbox_days
        self._inbound: frozenset[Partition] = frozenset()
        self._halted: dict[Partition, float] = {}
        self._told: dict[Partition, int] = {}
        self._next = 0.0
        self._purge_at = monotonic() + PURGE_EVERY

    @property
    def inbound(self) -> frozenset[Partition]:
        """Every partition there was to read at the start, whoever reads it."""
        return self._inbound

    def begin(self, consumer: Consumer, topics: Sequence[str], stop: threading.Event) -> None:
        """Learns which partitions there are. Raises MissingTopic, and Stop when no broker answers."""
        until = monotonic() + PATIENCE
        while not stop.is_set():
            try:
                self._inbound = topic_state.partitions(consumer, topics)
            except TryAgain as error:
                self._observer.transient(error.what)
                if monotonic() > until:
                    raise Stop(
                        "kafka_unreachable", f"{error.what}. Is the broker up, and the address right?"
                    ) from error
                sleep(SOON)
            else:
                return

    def due(self) -> bool:
        return monotonic() >= self._next

    def do(self, consumer: Consumer) -> None:
        """Everything that is due."""
        self._next = monotonic() + (SOON if self._assignment.held else EVERY)
        if self._assignment.held:
            self._let_commands_in(consumer)
        self._try_halted(consumer)
        self._observer.turned()
        self.tell_kafka(consumer)
        if monotonic() >= self._purge_at:
            self._purge()

    def halt(self, consumer: Consumer, cap: CapReached) -> None:
        """Leaves partitions alone for a while: their messages are dropped here and come again."""
        for name in sorted(cap.partitions & self._assignment.expected.keys()):
            log.error("halted", topic=name[0], partition=name[1], sentence=cap.sentence)
            self._observer.halted(name, cap.sentence)
            self._halted[name] = monotonic() + TRY_HALTED_AFTER
            self._assignment.set_aside(name)
            consumer.pause([TopicPartition(*name)])

    def tell_kafka(self, consumer: Consumer) -> None:
        """Commits the positions to Kafka, for dashboards that show a group's lag. Nobody reads them to go on there."""
        moved = {name: at for name, at in self._assignment.expected.items() if self._told.get(name) != at}
        if not moved:
            return
        try:
            consumer.commit(offsets=[TopicPartition(*name, at) for name, at in moved.items()], asynchronous=True)
            self._told |= moved
        except KafkaException as error:
            log.info("group offsets not told", code=error.args[0].name())

    def _let_commands_in(self, consumer: Consumer) -> None:
        try:
            with self._connect() as connection:
                if not first_start.may_read_commands(connection, self._group_id, self._inbound):
                    return
        except psycopg.Error as error:
            self._observer.transient(type(error).__name__)
            return
        held = sorted(self._assignment.held)
        self._assignment.held.clear()
        consumer.resume([TopicPartition(*name) for name in held])
        log.info("commands are read", partitions=len(held))

    def _try_halted(self, consumer: Consumer) -> None:
        for name in [name for name, until in self._halted.items() if monotonic() >= until]:
            del self._halted[name]
            at = self._assignment.take_back(name)
            if at is not None:
                consumer.seek(TopicPartition(*name, at))
                consumer.resume([TopicPartition(*name)])

    def _purge(self) -> None:
        self._purge_at = monotonic() + PURGE_EVERY
        before = time_ns() // 1000 - self._inbox_days * DAY
        try:
            with self._connect() as connection:
                count = inbox.purge(connection, before, COMMANDS, PURGED_AT_ONCE)
        except psycopg.Error as error:
            self._observer.transient(type(error).__name__)
            return
        if count >= PURGED_AT_ONCE:
            # more than one slice is old: goes on at the next round, so that the loop never stands still for long
            self._purge_at = monotonic()
        if count:
            log.info("inbox purged", count=count)
