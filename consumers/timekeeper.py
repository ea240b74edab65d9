"""Timers that come due go the way of every input: locked, decided, written and published in one transaction.

They fire only when the past has been read, so that nothing is found overdue that merely was not looked at yet.
"""

from collections import deque
from collections.abc import Callable, Collection
from functools import partial
from time import monotonic
from typing import Final

import structlog
from confluent_kafka import Consumer

from consumers.assignment import Assignment
from consumers.batch import BatchWriter, now
from consumers.caught_up import CaughtUp, read_until
from consumers.faults import Poison, TryAgain
from consumers.observer import Observer
from domain.timers import Timer
from storage import positions, timers
from storage.positions import Partition

log: Final = structlog.get_logger(__name__)

EVERY: Final = 0.25
"""Seconds between two looks; with more due than one transaction takes there is no pause."""

AFTER_TROUBLE: Final = 2.0


class Timekeeper:
    """In the loop's thread, between its batches. Of all workers of a group one fires at a time, whichever comes first.

    `limit`: timers a transaction. `wake` is called when something was left to publish.
    """

    def __init__(
        self,
        writer: BatchWriter,
        group_id: str,
        assignment: Assignment,
        observer: Observer,
        *,
        limit: int,
        wake: Callable[[], None],
        clock: Callable[[], int] = now,
    ) -> None:
        self._writer = writer
        self._group_id = group_id
        self._assignment = assignment
        self._observer = observer
        self._limit = limit
        self._wake = wake
        self._clock = clock
        self._caught_up = CaughtUp(assignment, clock)
        self._next = 0.0

    def turn(self, consumer: Consumer, inbound: Collection[Partition]) -> None:
        """Fires what is due, if it is time to look. `inbound`: every partition that is to be read before.

        What PostgreSQL, Kafka or the registry cannot do now is done later. Raises Fenced and Stop.
        """
        if monotonic() < self._next:
            return
        self._next = monotonic() + EVERY
        try:
            if self._look(consumer, inbound):
                self._next = 0.0
        except TryAgain as error:
            log.warning("timers wait", reason=error.what, sqlstate=error.sqlstate, delay=AFTER_TROUBLE)
            self._observer.transient(error.what)
            self._next = monotonic() + AFTER_TROUBLE

    def _look(self, consumer: Consumer, inbound: Collection[Partition]) -> bool:
        """Whether there may be more at once."""
        at = self._clock()
        due = self._writer.alone(partial(timers.due, at=at, limit=self._limit))
        self._observer.timers_due(len(due))
        if not due:
            return False
        known = self._writer.alone(partial(positions.read, group_id=self._group_id))
        until = read_until(known, inbound)
        ready = [timer for timer in due if until is not None and timer.due_at <= until]
        fired = bool(ready) and self._fire(ready)
        if len(ready) < len(due):
            reached = self._caught_up.reached(consumer, known, max(timer.due_at for timer in due))
            if reached:
                self._writer.carry_out((), self._assignment.moves((), reached))
        return fired and len(ready) == self._limit

    def _fire(self, due: list[Timer]) -> bool:
        """In halves where it has to be, until each is handled or put off; False: another worker is at it.

        Raises TryAgain, Stop.
        """
        parts = deque([due])
        while parts:
            part = parts.popleft()
            try:
                done = self._writer.fire(part)
            except Poison as poison:
                middle = len(part) // 2
                if middle:
                    parts.extendleft((part[middle:], part[:middle]))
                else:
                    self._put_off(part[0], poison)
                continue
            if done is None:
                return False
            if done.decided.outbox:
                self._wake()
            self._observer.timers_done({**done.decided.counts, "published": len(done.decided.outbox)})
        return True

    def _put_off(self, timer: Timer, poison: Poison) -> None:
        log.error("timer put off", kind=timer.name, entity_kind=timer.ref.kind, cause_id=timer.cause_id,
                  sqlstate=poison.sqlstate, error_class=poison.error_class)  # fmt: skip
        self._writer.alone(partial(timers.put_off, timers=[timer], at=self._clock()))
        self._observer.timers_done({"put_off": 1})
