"""The one way in: Kafka, batch by batch, in one thread (architecture.md 2)."""

import gc
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final

import psycopg
import structlog
from confluent_kafka import Consumer, KafkaError

from consumers import client, topic_state
from consumers.assignment import Assignment
from consumers.attempt import Caps, Done
from consumers.batch import BatchWriter
from consumers.breaker import Breaker
from consumers.chores import Chores
from consumers.faults import CapReached, Fenced, Poison, Stop, TryAgain
from consumers.in_hand import InHand
from consumers.inputs import Input
from consumers.intake import Fetched, Intake
from consumers.lag import Lag
from consumers.observer import Observer, Silent
from consumers.rules import Rules
from consumers.standstill import Standstill, Stopped
from consumers.timekeeper import Timekeeper
from schemas.topics import INBOUND
from storage.parking import Fault
from storage.positions import Move, Partition

log: Final = structlog.get_logger(__name__)

GARBAGE_THRESHOLD: Final = 500_000
"""More than what two batches have in hand, so that a collection does not come in the middle of any: it would look at all of
it (47 ms) for some 270 objects that nobody needs."""


class Loop:
    """Reads every inbound topic as a member of the group, until `run` is told to stop or cannot go on.

    `properties`: a consumer's settings (client.consumer_settings). `connect` opens a connection that says BEGIN itself
    (storage.connections.connect). `wake` is called when a batch left something to publish. `ready` and `lag` can be
    looked at from any thread: the group has given this worker its share, none too; how far that is behind.
    """

    def __init__(
        self,
        properties: Mapping[str, Any],
        connect: Callable[[], psycopg.Connection[Any]],
        rules: Rules,
        group_id: str,
        *,
        batch_size: int = 500,
        wake: Callable[[], None] = lambda: None,
        observer: Observer | None = None,
        caps: Caps | None = None,
        inbox_days: int = 30,
        topics: Sequence[str] = INBOUND,
    ) -> None:
        self._properties = dict(properties)
        self._rules = rules
        self._group_id = group_id
        self._batch_size = batch_size
        self._wake = wake
        self._observer = observer or Silent()
        self._topics = tuple(topics)
        self._writer = BatchWriter(connect, rules, group_id, caps=caps or Caps(), breaker=Breaker())
        self._assignment = Assignment(
            connect, group_id, self._look, self._observer, incremental=client.hands_over_singly(properties)
        )
        self._lag = Lag(self._assignment.positions)
        self._chores = Chores(connect, group_id, self._assignment, self._observer, inbox_days=inbox_days)
        self._timekeeper = Timekeeper(
            self._writer, group_id, self._assignment, self._observer, limit=batch_size, wake=wake
        )
        self._hand = InHand()

    @property
    def ready(self) -> bool:
        return self._assignment.joined

    def lag(self) -> dict[Partition, int]:
        """Offsets that each partition of this worker is behind its end, asked of the broker."""
        return self._lag.ask()

    def run(self, stop: threading.Event) -> None:
        """Returns soon after `stop` is set, with the batch in hand finished. Raises Stop (MissingTopic) with the reason
        when a person has to look; nothing is lost or half done by that, whoever starts next goes on there."""
        consumer = Consumer({**self._properties, "error_cb": self._client_says})
        intake = Intake(consumer, self._assignment, self._rules.decode, self._batch_size)
        standstill = Standstill(consumer, intake, self._assignment, self._observer, stop)
        self._assignment.let_go = partial(self._let_go, intake)
        try:
            with long_lived():
                self._lag.watch(consumer)
                self._chores.begin(consumer, self._topics, stop)
                self._subscribe(consumer)
                while not stop.is_set():
                    self._turn(consumer, intake, standstill)
                self._chores.tell_kafka(consumer)
        except Stopped:
            log.info("stopped while waiting", group_id=self._group_id)
        finally:
            self._lag.end()
            consumer.close()
            self._assignment.forget_all()
            self._writer.close()

    def _turn(self, consumer: Consumer, intake: Intake, standstill: Standstill) -> None:
        hand = self._hand
        try:
            fetched = hand.ahead or intake.fetch()
        except TryAgain as error:
            standstill.wait(error)
            return
        hand.ahead = None
        if self._assignment.failure is not None:
            raise self._assignment.failure
        for one in fetched.inputs:
            hand.ends.pop((one.message.topic, one.message.partition), None)
        hand.ends |= fetched.ends
        due = self._chores.due()
        try:
            if fetched.inputs or (due and hand.ends):
                self._settle(fetched, consumer, intake, standstill)
            self._timekeeper.turn(consumer, self._chores.inbound)
        except Fenced:
            self._rejoin(consumer, intake)
        standstill.over()
        if due:
            self._chores.do(consumer)

    def _settle(self, fetched: Fetched, consumer: Consumer, intake: Intake, standstill: Standstill) -> None:
        """Carries out what was fetched, in halves where it has to be, until each message is applied or parked."""
        hand = self._hand
        hand.parts = deque([fetched.inputs])
        seconds = fetched.seconds
        while hand.parts:
            part = hand.parts.popleft()
            try:
                part, later = self._writer.undisturbed(part)
                if later:
                    hand.parts.appendleft(later)
                self._carry_out(part, intake, standstill, last=not hand.parts, seconds=seconds)
                seconds = 0.0
            except Poison as poison:
                hand.parts.extendleft(reversed(smaller(part, poison)))
            except CapReached as cap:
                self._chores.halt(consumer, cap)
                hand.parts.appendleft(part)

    def _carry_out(
        self, part: list[Input], intake: Intake, standstill: Standstill, *, last: bool, seconds: float
    ) -> None:
        """One part, until it is written. Raises Poison, CapReached, Fenced, Stop, Stopped."""
        meanwhile = partial(self._look_ahead, intake) if last else _nothing
        while True:
            # Partitions may have gone while it waited.
            part = [one for one in part if self._assignment.owns(one.message)]
            moves = self._assignment.moves(part, self._hand.ends if last else {})
            if not moves:
                return
            try:
                done = self._writer.carry_out(part, moves, meanwhile)
            except TryAgain as error:
                if standstill.wait_and_ask(error, partial(self._writer.committed, moves)):
                    self._moved(moves, None, seconds)
                    return
            else:
                self._moved(moves, done, seconds)
                return

    def _moved(self, moves: Sequence[Move], done: Done | None, seconds: float) -> None:
        """`done` None: it was committed, but nobody heard what it came to."""
        self._assignment.moved(moves)
        for move in moves:
            if move.caught_up_at is not None:
                self._hand.ends.pop((move.topic, move.partition), None)
        if done is None or done.decided.outbox:
            self._wake()
        if done is not None:
            published = {"published": len(done.decided.outbox)}
            self._observer.batch_done({**done.decided.counts, **published}, {"fetch": seconds, **done.seconds})

    def _look_ahead(self, intake: Intake) -> None:
        """Fetches and decodes the next batch while the server writes this one."""
        if self._hand.ahead is None:
            try:
                self._hand.ahead = intake.fetch(0)
            except TryAgain as error:
                self._observer.transient(error.what)

    def _rejoin(self, consumer: Consumer, intake: Intake) -> None:
        """Somebody moved a partition that this worker believed to be its own: start over with what the group gives."""
        log.warning("fenced", group_id=self._group_id, partitions=len(self._assignment.expected))
        self._assignment.forget_all()
        self._hand = InHand()
        intake.forget()
        consumer.unsubscribe()
        self._subscribe(consumer)

    def _let_go(self, intake: Intake, names: frozenset[Partition]) -> None:
        self._hand.let_go(names)
        intake.let_go(names)

    def _subscribe(self, consumer: Consumer) -> None:
        here = self._assignment
        consumer.subscribe(list(self._topics), on_assign=here.on_assign, on_revoke=here.on_revoke, on_lost=here.on_lost)

    def _look(self, names: list[Partition]) -> tuple[dict[str, str], dict[Partition, tuple[int, int]]]:
        return topic_state.look(self._properties, self._topics, names)

    def _client_says(self, error: KafkaError) -> None:
        if error.fatal():
            self._assignment.failure = Stop("kafka_refuses", f"Kafka refuses to go on: {error.name()}. {error.str()}")
        log.warning("kafka", code=error.name())


def smaller(part: list[Input], poison: Poison) -> list[list[Input]]:
    """Halves of a part that cannot be written. What stands alone is tried without what it awakens, and then parked."""
    if len(part) > 1:
        middle = len(part) // 2
        return [part[:middle], part[middle:]]
    if not part or part[0].fault is not None:
        raise Stop("cannot_park", f"Not even parking works: PostgreSQL says {poison}. See its log.")
    one = part[0]
    if not one.alone:
        return [[replace(one, alone=True)]]
    log.error("poison", topic=one.message.topic, partition=one.message.partition, offset=one.message.offset,
              sqlstate=poison.sqlstate, error_class=poison.error_class)  # fmt: skip
    sentence = f"PostgreSQL refuses what it leads to: {poison}."
    return [[Input(one.message, fault=Fault("refused_by_database", sentence, poison.error_class))]]


def _nothing() -> None:
    pass


@contextmanager
def long_lived() -> Iterator[None]:
    """What is there at the start stays: the garbage collector need not look at it again, nor after every few batches."""
    threshold = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()
