"""Waiting for something outside to come back (PostgreSQL, the registry) without leaving the group."""

import random
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog
from confluent_kafka import Consumer, TopicPartition

from consumers.assignment import Assignment
from consumers.faults import CommitUnknown, TryAgain
from consumers.intake import Intake
from consumers.observer import Observer

log: Final = structlog.get_logger(__name__)

FIRST_DELAY, LONGEST_DELAY = 0.05, 5.0
PAUSE_AFTER: Final = 1.0
"""Seconds after which the partitions are paused; a pause throws away what the client had fetched ahead."""


class Stopped(Exception):
    """The loop was told to stop while it waited; nothing of what it had in hand was written."""


class Standstill:
    """Waits that grow longer and longer until `over`, with the client kept alive."""

    def __init__(
        self,
        consumer: Consumer,
        intake: Intake,
        assignment: Assignment,
        observer: Observer,
        stop: threading.Event,
    ) -> None:
        self._consumer = consumer
        self._intake = intake
        self._assignment = assignment
        self._observer = observer
        self._stop = stop
        self._since: float | None = None
        self._delay = FIRST_DELAY
        self._paused = False

    def wait(self, error: TryAgain) -> None:
        """Waits before the next attempt. Raises Stopped."""
        log.warning("trying again", reason=error.what, sqlstate=error.sqlstate, delay=round(self._delay, 3))
        self._observer.transient(error.what)
        since = self._since = self._since or monotonic()
        until = monotonic() + self._delay * random.uniform(0.8, 1.2)  # noqa: S311 - spreads workers, guards nothing
        while (left := until - monotonic()) > 0:
            if monotonic() - since > PAUSE_AFTER:
                self._pause()
                self._intake.stay_alive()
            elif self._stop.wait(min(left, 0.1)):
                break
            if self._stop.is_set():
                break
        self._delay = min(LONGEST_DELAY, self._delay * 2)
        if self._stop.is_set():
            raise Stopped

    def wait_and_ask(self, error: TryAgain, committed: Callable[[], bool]) -> bool:
        """Waits; when the reply to COMMIT was lost, asks until it is known whether it was committed. Raises Fenced."""
        unknown = isinstance(error, CommitUnknown)
        while True:
            self.wait(error)
            if not unknown:
                return False
            try:
                return committed()
            except TryAgain as again:
                error = again

    def over(self) -> None:
        """Reading goes on, of all that is not held back for reasons of its own."""
        if self._paused:
            going_on = self._assignment.expected.keys() - self._assignment.held
            self._consumer.resume([TopicPartition(*name) for name in sorted(going_on)])
        self._since, self._delay, self._paused = None, FIRST_DELAY, False

    def _pause(self) -> None:
        """Again each time: partitions may have come while standing still."""
        self._paused = True
        self._consumer.pause(self._consumer.assignment())
