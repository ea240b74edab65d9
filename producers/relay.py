"""The relay: publishes the outbox, in order, each event once. One at a time; the others stand by.

Why so: the outbox's numbers are dense and in the order of commits, so one number says how far publishing has come, and
that number travels in the same Kafka transaction as the events (publishing.InTransactions). The advisory lock in
PostgreSQL only chooses who works: two at once would do no harm, because the younger one's `init_transactions` fences
the elder, but would get in each other's way. Every doubt ends the same way: new client, ask Kafka, go on from there.
"""

import threading
import time
from collections.abc import Collection
from enum import StrEnum
from typing import Any, Final

import psycopg
import structlog

from producers.client import Properties
from producers.position import Position, RelayAlarm, check_dense, verified
from producers.publishing import Doubt, Fenced, InTransactions, OneAfterTheOther, Publisher, keep, kept
from schemas.topics import OUTBOUND
from storage import outbox
from storage.leadership import session, try_lead
from storage.outbox import OutboxRow

POLL: Final = 0.05
STAND_BY: Final = 0.2
AFTER_TROUBLE: Final = 1.0
ROWS: Final = 5_000
"""The most that goes into one transaction."""

TIDY_EVERY: Final = 1.0
SLICE: Final = 10_000
SLICES: Final = 5
RENEW_EVERY: Final = 20 * 3600.0
"""Kafka forgets the offsets of a group without members some days after the last commit."""

Connection = psycopg.Connection[Any]


class RelayState(StrEnum):
    """What the relay does; ready are STANDING_BY and PUBLISHING."""

    STARTING = "starting"
    STANDING_BY = "standing_by"
    PUBLISHING = "publishing"
    IN_TROUBLE = "in_trouble"
    STOPPED = "stopped"


class Relay:
    """One relay of a group. `run` in one thread; `wake` and the attributes from any.

    `transactional` False: the at-least-once profile, for a broker without transactions. Attributes to look at: `state`,
    `position` (next number to publish), `head` (last number given, as last seen), `published` and `restarts` (since
    the start of the process), `alarm` (why it stopped, else None).
    """

    def __init__(
        self,
        *,
        database_url: str,
        kafka: Properties,
        group_id: str,
        transactional: bool = True,
        topics: Collection[str] = OUTBOUND,
    ) -> None:
        self._database_url = database_url
        self._group_id = group_id
        self._publisher: Publisher = (
            InTransactions(kafka, group_id, topics) if transactional else OneAfterTheOther(kafka, group_id)
        )
        self._woken = threading.Event()
        self._log = structlog.get_logger("relay").bind(group_id=group_id, profile=self._publisher.profile)
        self.state = RelayState.STARTING
        self.position = 0
        self.head = 0
        self.published = 0
        self.restarts = 0
        self.alarm: RelayAlarm | None = None
        self._renewed = 0.0
        self._tidied = 0.0
        self._lowest = 0

    def wake(self) -> None:
        """There is something new in the outbox: do not wait for the next look at it."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Publishes until `stop`; ends within a few seconds of it. Outages are waited out.

        Raises RelayAlarm when publishing must not go on; `alarm` has it too. Nothing else is raised for what Kafka or
        PostgreSQL do.
        """
        if self._publisher.profile == OneAfterTheOther.profile:
            self._log.warning("relay_without_transactions", reason="an event may be published twice after a crash")
        try:
            while not stop.is_set():
                self._lead_once(stop)
        except RelayAlarm as alarm:
            self.alarm = alarm
            self._log.error("relay_alarm", code=alarm.code, sentence=alarm.sentence)
            raise
        finally:
            self.state = RelayState.STOPPED
            self._publisher.close()

    def _lead_once(self, stop: threading.Event) -> None:
        try:
            with session(self._database_url, "ordercase-relay") as connection:
                self._stand_by(connection, stop)
                self._lead(connection, stop)
        except Fenced as fenced:
            self._trouble("relay_fenced", fenced.code, stop)
        except psycopg.Error as error:
            self._trouble("relay_lost_database", error.sqlstate or type(error).__name__, stop)
        finally:
            self._publisher.close()

    def _trouble(self, event: str, code: str, stop: threading.Event) -> None:
        self.state = RelayState.IN_TROUBLE
        self.restarts += 1
        self._log.warning(event, code=code, position=self.position)
        stop.wait(AFTER_TROUBLE)

    def _stand_by(self, connection: Connection, stop: threading.Event) -> None:
        while not stop.is_set() and not try_lead(connection, self._group_id):
            if self.state is not RelayState.STANDING_BY:
                self._log.info("relay_stands_by")
                self.state = RelayState.STANDING_BY
            stop.wait(STAND_BY)

    def _lead(self, connection: Connection, stop: threading.Event) -> None:
        """Publishes as the one that holds the lock. Whoever else begins after us fences us: that is raised."""
        hurried = True
        while not stop.is_set():
            try:
                position = self._begin(connection)
                hurried = True
                self._publish(connection, position, stop)
            except Fenced:
                raise
            except Doubt as doubt:
                self.state = RelayState.IN_TROUBLE
                self.restarts += 1
                self._log.warning("relay_in_doubt", code=doubt.code, position=self.position)
                if not hurried:
                    stop.wait(AFTER_TROUBLE)
                hurried = False
                # The session must not be taken for a dead leader's while Kafka is away.
                outbox.head(connection)

    def _begin(self, connection: Connection) -> Position:
        found = self._publisher.start(connection)
        self.head = outbox.head(connection)
        position = verified(
            found,
            head=self.head,
            before=None if found is None else outbox.at(connection, found.next - 1),
            published_before=self._has_published(connection),
        )
        first = outbox.read(connection, 0, 1)
        self._lowest = first[0].seq if first else position.next
        self._renew(connection, position)
        self.state = RelayState.PUBLISHING
        self._log.info("relay_publishes", position=position.next, head=self.head)
        return position

    def _has_published(self, connection: Connection) -> bool:
        return kept(connection, self._group_id) is not None or (self.head > 0 and outbox.at(connection, 1) is None)

    def _publish(self, connection: Connection, position: Position, stop: threading.Event) -> None:
        while not stop.is_set():
            # Read over the session that holds the lock: an answer means that it is held still.
            rows = self._rows(connection, position)
            if rows:
                position = Position(rows[-1].seq + 1, rows[-1].event_id)
                self._publisher.publish(rows, position)
                self.published += len(rows)
                self._acknowledged(connection, position)
            else:
                self._woken.wait(POLL)
                self._woken.clear()
            self._tidy(connection, position)

    def _rows(self, connection: Connection, position: Position) -> list[OutboxRow]:
        self.head = outbox.head(connection)
        if self.head < position.next:
            return []
        rows = outbox.read(connection, position.next, ROWS)
        check_dense(position, [row.seq for row in rows], self.head)
        return rows

    def _acknowledged(self, connection: Connection, position: Position) -> None:
        """Before the next transaction begins: a Kafka that lost the marker of this one can then be told its outcome."""
        keep(connection, self._group_id, position)
        self.position = position.next
        self._renewed = time.monotonic()
        self._publisher.trust()

    def _renew(self, connection: Connection, position: Position) -> None:
        """Commits the position as it is, with no events."""
        self._publisher.publish([], position)
        self._acknowledged(connection, position)

    def _tidy(self, connection: Connection, position: Position) -> None:
        now = time.monotonic()
        if now - self._tidied < TIDY_EVERY:
            return
        self._tidied = now
        self._delete_published(connection, position)
        if now - self._renewed > RENEW_EVERY:
            self._renew(connection, position)

    def _delete_published(self, connection: Connection, position: Position) -> None:
        """In slices, so that no transaction is long. The row before the position stays: the next start checks it."""
        for _ in range(SLICES):
            until = min(position.next - 1, self._lowest + SLICE)
            if until <= self._lowest:
                return
            outbox.delete_before(connection, until)
            self._lowest = until
