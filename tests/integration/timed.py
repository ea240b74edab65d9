"""A worker's timers without Kafka: batches at a time of one's own, and single looks of a timekeeper."""

from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer

from consumers.assignment import Assignment
from consumers.batch import BatchWriter
from consumers.observer import Silent
from consumers.timekeeper import Timekeeper
from tests.integration.batches import GROUP, Batches
from tests.integration.counting_rules import TOPIC_OF
from tests.integration.timing_rules import timing_rules

DUE = 1_790_000_000_000_000
LATER = DUE + 10_000_000
INBOUND = frozenset((topic, 0) for topic in TOPIC_OF.values())


class Heard(Silent):
    """What a timekeeper tells of itself."""

    def __init__(self) -> None:
        self.due: list[int] = []
        self.counts: list[dict[str, int]] = []
        self.trouble: list[str] = []

    def transient(self, what: str) -> None:
        self.trouble.append(what)

    def timers_due(self, count: int) -> None:
        self.due.append(count)

    def timers_done(self, counts: Mapping[str, int]) -> None:
        self.counts.append(dict(counts))


class Timed(Batches):
    """Batches at a time of one's own; `look` is one look of a timekeeper in a worker that has read everything."""

    def __init__(self, url: str, **more: Any) -> None:
        self.at = DUE
        self.woken = 0
        super().__init__(url, timing_rules(**more), clock=lambda: self.at)

    def want(self, order: str, *marks: str) -> None:
        """An order with these marks, in one batch."""
        first = () if self.marks(order) else (self.sent("order", order, "placed"),)
        self.run(*first, *(self.sent("status", order, mark) for mark in marks))

    def read_until(self, at: int | None) -> None:
        self.rows("UPDATE input_position SET caught_up_at = %s RETURNING 1", at)

    def look(self, at: int, *, limit: int = 100, caught_up: bool = True, writer: BatchWriter | None = None) -> Heard:
        self.at = at
        if caught_up:
            self.read_until(at)
        heard = Heard()
        here = Assignment(self.connect, GROUP, lambda _: ({}, {}), heard)
        keeper = Timekeeper(writer or self.writer, GROUP, here, heard, limit=limit, wake=self._wake, clock=lambda: at)
        keeper.turn(Consumer({"group.id": "nobody", "log_level": 0}), INBOUND)
        return heard

    def _wake(self) -> None:
        self.woken += 1

    def kept(self) -> list[tuple[str, str, int, int]]:
        """(order, name, due_at, try_at)."""
        return self.rows("SELECT ref_key, name, due_at, try_at FROM timers ORDER BY ref_key, name")
