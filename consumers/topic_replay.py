"""All that is on the inbound topics and not read yet, read in the order in which it was sent, and applied as a worker would.

For a database that is behind what it has led to: one that was restored, or is empty. A worker reads what comes; here
hours may lie between two topics' messages, and a command must be decided after what its sender had seen, and before what
came of it. So time goes by as the messages say, and timers fire when it passes them. Only one such run at a time, and no
worker beside it: each would be fenced by the other.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import psycopg
import structlog
from confluent_kafka import Consumer

from consumers import inputs, topic_state
from consumers.batch import BatchWriter, now
from consumers.beginning import begin
from consumers.faults import CapReached, Fenced, Poison, Stop, of_registry
from consumers.in_order import InOrder
from consumers.inputs import Input
from consumers.loop import smaller
from consumers.rules import Rules
from consumers.told import TELLS, AsTold, hear_all
from domain.timers import Timer
from schemas.codec import Codec
from schemas.refusal import RegistryUnavailable, Undecodable
from schemas.topics import INBOUND
from storage import parking, positions, timers
from storage.positions import Move, Partition

log: Final = structlog.get_logger(__name__)

MOMENT: Final = 1_000_000
"""µs: what was sent within it is applied together, and timers that come due in it fire after it."""

NO_SCHEMA: Final = frozenset({"schema_unknown", "schema_unresolvable"})
"""Reasons under which a message may well be ours."""

Connect = Callable[[], psycopg.Connection[Any]]


@dataclass(slots=True)
class TopicsRead:
    """`anew`: topics that are read from their start, for they are not those that were read before.

    `counts`: what the inputs came to. `differ`: see AsTold. `unread`: what stands on outbound topics and is no message of ours.
    """

    read: int = 0
    anew: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    differ: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


class TopicReplay:
    """`properties`: a consumer's settings (client.consumer_settings); `codec` reads what was told outside."""

    def __init__(
        self,
        properties: Mapping[str, Any],
        connect: Connect,
        rules: Rules,
        group_id: str,
        codec: Codec,
        *,
        batch_size: int = 500,
    ) -> None:
        self._properties = dict(properties)
        self._connect = connect
        self._rules = rules
        self._group_id = group_id
        self._codec = codec
        self._batch_size = batch_size
        self._at = 0
        self._expected: dict[Partition, int] = {}
        self._aside: dict[Partition, dict[int, int]] = {}
        self.report = TopicsRead()

    def run(self, tell: Callable[[int], None] = lambda _read: None) -> TopicsRead:
        """Up to where the topics ended when it began; `tell` hears now and then how much was read.

        Raises TryAgain (call it again: it goes on) and Stop. What was applied by then stays.
        """
        try:
            with (
                closing(Consumer(self._properties)) as consumer,
                closing(self._writer(self._as_told(consumer))) as writer,
            ):
                looked_at = now()
                begins, ends = self._begin(consumer)
                for at, part in self._moments(InOrder(consumer, begins, ends)):
                    self._fire(writer, until=at[0])
                    self._at = max(self._at, min(at[1], now()))
                    self._apply(writer, part)
                    tell(self.report.read)
                self._finish(writer, ends, looked_at)
        except Fenced:
            raise Stop(
                "worker_runs",
                f"A worker of the group {self._group_id} reads the same messages. Stop all of them first.",
            ) from None
        return self.report

    def _writer(self, rules: Rules) -> BatchWriter:
        return BatchWriter(self._connect, rules, self._group_id, clock=lambda: self._at)

    def _as_told(self, consumer: Consumer) -> Rules:
        """The rules, with the numbers and answers that are on the outbound topics."""
        names = topic_state.partitions(consumer, TELLS)
        limits = {name: topic_state.ends(consumer, name) for name in names}
        begins, ends = ({name: limit[which] for name, limit in limits.items()} for which in (0, 1))
        handle = AsTold(hear_all(self.told(InOrder(consumer, begins, ends))), self._rules.handle)
        self.report.differ = handle.differ
        return replace(self._rules, handle=handle)

    def told(self, messages: Iterable[tuple[int, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The records of outbound topics, from (time, message).

        Stops (`told_unreadable`) where the registry lacks a schema: what was told under it would be given another number.
        """
        for _, raw in messages:
            try:
                yield self._codec.read(raw.topic(), raw.value() or b"")
            except Undecodable as wrong:
                where = f"{raw.topic()} partition {raw.partition()} offset {raw.offset()}"
                if wrong.reason in NO_SCHEMA:
                    raise Stop(
                        "told_unreadable",
                        f"{where} cannot be read: {wrong} What it told people (numbers of cases, returns and credit notes,"
                        " answers) is needed to tell the same again. Nothing was read in. Bring the registry's schemas"
                        " back under their ids, or delete the record if it is nobody's, and call this again.",
                    ) from None
                self.report.unread.append(f"{where}: {wrong.reason}")
            except RegistryUnavailable as error:
                raise of_registry(error) from error

    def _begin(self, consumer: Consumer) -> tuple[dict[Partition, int], dict[Partition, int]]:
        """Where each partition goes on, and where it ends now."""
        names = sorted(topic_state.partitions(consumer, INBOUND))
        ids = topic_state.incarnations(consumer, self._properties, INBOUND)
        limits = {name: topic_state.ends(consumer, name) for name in names}

        def ready(connection: psycopg.Connection[Any]) -> None:
            parking.own(connection)
            self._begin_anew(connection, ids)

        found = begin(self._connect, self._group_id, ids, limits, ready)
        self._aside = found.aside
        self._expected = {name: position.next_offset for name, position in found.known.items()}
        return dict(self._expected), {name: limits[name][1] for name in names}

    def _begin_anew(self, connection: psycopg.Connection[Any], ids: Mapping[str, str]) -> None:
        known = positions.read(connection, self._group_id)
        before = {topic: position.topic_id for (topic, _), position in known.items()}
        for topic, topic_id in sorted(ids.items()):
            if before.get(topic) and topic_id and before[topic] != topic_id:
                positions.begin_anew(connection, self._group_id, topic)
                self.report.anew.append(topic)

    def _moments(self, messages: InOrder) -> Iterator[tuple[tuple[int, int], list[Input]]]:
        """((when the first and the last of them was sent), inputs that are applied together)."""
        part: list[Input] = []
        first = last = 0
        for at, raw in messages:
            if part and (len(part) >= self._batch_size or at - first > MOMENT):
                yield (first, last), part
                part = []
            first = first if part else at
            last = max(last, at)
            part.append(self._input(raw))
        if part:
            yield (first, last), part

    def _input(self, raw: Any) -> Input:
        message = inputs.as_received(raw)
        self.report.read += 1
        aside = self._aside[message.topic, message.partition].get(message.offset, 0)
        if aside:
            return inputs.put_aside(message, aside)
        try:
            return inputs.read(self._rules.decode, message)
        except RegistryUnavailable as error:
            raise of_registry(error) from error

    def _apply(self, writer: BatchWriter, inputs: list[Input]) -> None:
        parts = deque([inputs])
        while parts:
            part = parts.popleft()
            moves = self._moves(part)
            try:
                done = writer.carry_out(part, moves)
            except Poison as poison:
                parts.extendleft(reversed(smaller(part, poison)))
            except CapReached as cap:
                raise Stop("too_much_parked", f"{cap.sentence}. Then call this again: it goes on.") from None
            else:
                self._expected |= {(move.topic, move.partition): move.next for move in moves}
                self.report.counts.update(done.decided.counts)

    def _moves(self, part: list[Input]) -> list[Move]:
        after = {(one.message.topic, one.message.partition): one.message.offset + 1 for one in part}
        return [Move(*name, self._expected[name], offset) for name, offset in sorted(after.items())]

    def _fire(self, writer: BatchWriter, until: int) -> None:
        """Fires what came due before `until`, each when it did."""
        before: list[Timer] = []
        while due := writer.alone(partial(timers.due, at=until, limit=self._batch_size)):
            together = [timer for timer in due if timer.due_at <= due[0].due_at + MOMENT]
            # What was put off, or moved to an earlier time, is there still: it counts from now on.
            self._at = max(self._at, until if due == before else max(timer.due_at for timer in together))
            before = due
            parts = deque([together])
            while parts:
                part = parts.popleft()
                try:
                    self._fire_part(writer, part)
                except Poison:
                    if len(part) == 1:
                        log.exception("timer put off", kind=part[0].name, cause_id=part[0].cause_id)
                        writer.alone(partial(timers.put_off, timers=part, at=max(self._at, until)))
                    else:
                        parts.extendleft([part[1:], part[:1]])

    def _fire_part(self, writer: BatchWriter, part: list[Timer]) -> None:
        done = writer.fire(part)
        if done is None:
            raise Fenced
        self.report.counts.update(done.decided.counts)

    def _finish(self, writer: BatchWriter, ends: Mapping[Partition, int], at: int) -> None:
        """Everything has been read up to here: commands need not wait any more, nor timers."""
        self._at = max(self._at, at)
        ahead = [Move(*name, self._expected[name], max(end, self._expected[name]), at) for name, end in ends.items()]
        writer.carry_out((), sorted(ahead, key=lambda move: (move.topic, move.partition)))
