"""Carries out batches, each in one transaction or not at all, and knows what became of a COMMIT without a reply."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import perf_counter, time_ns
from typing import Any, Final, TypeVar

import psycopg

from consumers.attempt import Attempt, Caps, Done, LockMore
from consumers.breaker import Breaker
from consumers.faults import Fenced, Poison, TryAgain, of_database, of_registry
from consumers.inputs import Input
from consumers.rules import Rules
from domain.timers import Timer
from domain.world import Kind, Ref
from schemas.refusal import RegistryUnavailable
from storage import leadership, loading, numbers, parking, positions
from storage.kept import Kept
from storage.positions import Move, Partition

Connection = psycopg.Connection[Any]
T = TypeVar("T")
Begun = tuple[Done, Callable[[], None]]
"""What a transaction came to, and the call that writes it."""

ROUNDS: Final = 20
"""So often may a batch find that it has to lock more before a rule is taken for broken."""

WORTH: Final = 50
"""So many inputs are worth a transaction of their own."""


def now() -> int:
    """µs since 1970 UTC."""
    return time_ns() // 1000


class _Taken(Exception):
    """Another worker is at the timers."""


class BatchWriter:
    """Carries out batches over one connection of its own, which it opens anew when it breaks. One thread at a time."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        rules: Rules,
        group_id: str,
        *,
        caps: Caps | None = None,
        breaker: Breaker | None = None,
        clock: Callable[[], int] = now,
    ) -> None:
        self._connect = connect
        self._rules = rules
        self._group_id = group_id
        self._caps = caps or Caps()
        self._breaker = breaker or Breaker()
        self._clock = clock
        self._connection: Connection | None = None
        self._kept = Kept()

    def carry_out(
        self, inputs: Sequence[Input], moves: Sequence[Move], meanwhile: Callable[[], None] = lambda: None
    ) -> Done:
        """The whole batch, or nothing of it. `meanwhile` is called once while the server writes.

        Raises TryAgain, CommitUnknown, Fenced, Poison, CapReached or Stop (consumers.faults).
        """

        def work(more: frozenset[Ref], connection: Connection) -> Begun:
            attempt = Attempt(
                self._rules, self._group_id, self._clock(), caps=self._caps, breaker=self._breaker, kept=self._kept
            )
            return attempt.run(connection, inputs, moves, more=more)

        done = self._timed(work, meanwhile)
        self._breaker.learn(inputs, done.decided)
        return done

    def undisturbed(self, inputs: list[Input]) -> tuple[list[Input], list[Input]]:
        """What of these to do first, and what after it: commands about orders that another worker is at, and all that
        came behind one in its partition.

        What is said of an order under its own key comes to one worker; a command under another key, such as a new
        case's, may be about an order that another has in hand. It would be waited for with all that this batch has
        locked. So the rest is done first, where that is worth a batch. Raises Poison or Stop.
        """
        asked = defaultdict[str, list[Input]](list)
        for one in inputs:
            if one.is_command and one.content is not None:
                for ref in self._rules.refs(one.content):
                    if ref.kind is Kind.ORDER and ref.key.encode() != one.message.key:
                        asked[ref.key].append(one)
        if not asked:
            return inputs, []
        try:
            busy = self.alone(partial(loading.busy, keys=asked))
        except TryAgain:
            return inputs, []  # the batch itself will say so, and wait
        begins: dict[Partition, int] = {}
        for message in [one.message for key in busy for one in asked[key]]:
            where = message.topic, message.partition
            begins[where] = min(message.offset, begins.get(where, message.offset))
        first, later = list[Input](), list[Input]()
        for one in inputs:
            at = begins.get((one.message.topic, one.message.partition))
            (first if at is None or one.message.offset < at else later).append(one)
        return (first, later) if len(first) >= WORTH else (inputs, [])

    def fire(self, due: Sequence[Timer]) -> Done | None:
        """All of these timers that are still there and still due, or nothing of it. None: another worker is at timers.

        Raises TryAgain, CommitUnknown, Poison or Stop. After CommitUnknown look again for what is due: what was fired
        is not there any more.
        """

        def work(more: frozenset[Ref], connection: Connection) -> Begun:
            connection.execute("BEGIN")
            if not leadership.try_timers(connection, self._group_id):
                raise _Taken
            parking.share(connection)
            return Attempt(self._rules, self._group_id, self._clock(), kept=self._kept).run(
                connection, (), due=due, more=more, begun=True
            )

        try:
            return self._timed(work)
        except _Taken:
            return None

    def alone(self, work: Callable[[Connection], T]) -> T:
        """Runs a statement that stands for itself. Raises TryAgain, Poison or Stop."""
        connection = self._opened()
        try:
            return work(connection)
        except psycopg.Error as error:
            raise of_database(error, broken=connection.broken or connection.closed) from error

    def _timed(
        self, work: Callable[[frozenset[Ref], Connection], Begun], meanwhile: Callable[[], None] = lambda: None
    ) -> Done:
        seconds: dict[str, float] = {}
        done = self.locking_more(work, meanwhile, seconds)
        done.seconds |= seconds
        return done

    def locking_more(
        self,
        work: Callable[[frozenset[Ref], Connection], tuple[T, Callable[[], None]]],
        meanwhile: Callable[[], None] = lambda: None,
        seconds: dict[str, float] | None = None,
    ) -> T:
        """As `in_transaction`; begins again with all that it turns out to need, which `work` gets. Raises Poison after ROUNDS."""
        extra: frozenset[Ref] = frozenset()
        for _ in range(ROUNDS):
            try:
                return self.in_transaction(partial(work, extra), meanwhile, seconds)
            except LockMore as missing:
                extra |= missing.refs
        raise Poison("NeverEnoughLocked", None)

    def in_transaction(
        self,
        work: Callable[[Connection], tuple[T, Callable[[], None]]],
        meanwhile: Callable[[], None] = lambda: None,
        seconds: dict[str, float] | None = None,
    ) -> T:
        """Runs `work`, which says BEGIN and answers its result and its writes; those go out in one pipeline with COMMIT.

        `seconds` gets what it took to hand the writes over (rows) and, after `meanwhile`, to hear of the COMMIT (commit).
        Raises as `carry_out`, and LockMore.
        """
        connection = self._opened()
        series = numbers.of(connection)
        committing = False
        try:
            series.draw(connection)
            result, write = work(connection)
            ticks = [perf_counter()]
            with connection.pipeline():
                write()
                committing = True
                connection.execute("COMMIT")
                ticks.append(perf_counter())
                meanwhile()
                ticks.append(perf_counter())
            series.committed()
            if seconds is not None:
                seconds |= {"rows": ticks[1] - ticks[0], "commit": perf_counter() - ticks[2]}
        except psycopg.Error as error:
            broken = connection.broken or connection.closed
            self._roll_back(connection)
            raise of_database(error, committing=committing, broken=broken) from error
        except RegistryUnavailable as error:
            self._roll_back(connection)
            raise of_registry(error) from error
        except BaseException:
            if committing:
                series.forget()  # it was committed, perhaps; where the server said no, or the connection broke, it was not
            self._roll_back(connection)
            raise
        return result

    def committed(self, moves: Sequence[Move]) -> bool:
        """What became of the transaction whose reply to COMMIT was lost. Waits until the old one has ended.

        Raises TryAgain while there is no answer, Fenced when the positions are neither where they were nor where they
        were to go.
        """
        try:
            connection = self._opened()
            with connection.transaction():
                found = positions.read_after(connection, self._group_id, [(m.topic, m.partition) for m in moves])
        except psycopg.Error as error:
            raise of_database(error) from error
        offsets = {name: position.next_offset for name, position in found.items()}
        if all(offsets.get((move.topic, move.partition)) == move.next for move in moves):
            return True
        if all(offsets.get((move.topic, move.partition)) == move.expected for move in moves):
            return False
        raise Fenced

    def close(self) -> None:
        """What was drawn of numbers and not given is put back, unless the server is away: then there is a gap."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                numbers.of(self._connection).give_back(self._connection)
            self._connection.close()
            self._connection = None

    def _opened(self) -> Connection:
        if self._connection is None or self._connection.closed:
            try:
                self._connection = self._connect()
            except psycopg.Error as error:
                raise of_database(error) from error
        return self._connection

    def _roll_back(self, connection: Connection) -> None:
        """A connection that cannot even roll back is closed: the server rolls back by itself."""
        try:
            if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()
