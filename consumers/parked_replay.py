"""Parked messages tried again, each with all that came behind it, through the same way as a batch, in the order of their key.

Many keys go in one transaction, some hundred messages at a time; a key of its own where one of them cannot be written,
or where it alone has more than that.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from consumers import inputs
from consumers.attempt import Attempt
from consumers.batch import BatchWriter, now
from consumers.faults import Poison
from consumers.inputs import Input
from consumers.parking import Connect, Connection, first_of_key
from consumers.rules import Rules
from domain.world import Ref
from storage import parking
from storage.parking import Fault, Parked

T = TypeVar("T")

AT_ONCE: Final = 500
"""So many are tried again in one transaction."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one head and those behind it: ids that went through, ids that are still parked, and why."""

    gone: tuple[int, ...]
    left: tuple[int, ...]
    fault: Fault | None

    @property
    def ids(self) -> tuple[int, ...]:
        return self.gone + self.left


@dataclass(slots=True)
class _Halves:
    """How many are tried next: AT_ONCE, and where PostgreSQL refuses one of so many half of those that it may be."""

    suspects: int = 0

    @property
    def next(self) -> int:
        return max(1, self.suspects // 2) if self.suspects else AT_ONCE

    def refused(self, tried: int) -> None:
        self.suspects = tried

    def cleared(self, done: int) -> None:
        self.suspects = max(0, self.suspects - done)


@contextmanager
def replaying(connect: Connect, rules: Rules, group_id: str, by: str) -> Iterator["ParkedReplay"]:
    """One connection serves for all. `by`: who wants it."""
    writer = BatchWriter(connect, rules, group_id)
    try:
        yield ParkedReplay(writer, rules, group_id, by)
    finally:
        writer.close()


def replay(connect: Connect, rules: Rules, group_id: str, ids: Sequence[int], by: str) -> list[Replayed]:
    """Several, of which each may have gone with one before it. Raises as `ParkedReplay.each`."""
    with replaying(connect, rules, group_id, by) as again:
        return list(again.each(sorted(set(ids)), again.key))


class ParkedReplay:
    """Made by `replaying`. Its methods raise consumers.faults' TryAgain and Stop; what went through before that is done."""

    def __init__(self, writer: BatchWriter, rules: Rules, group_id: str, by: str) -> None:
        self._writer = writer
        self._rules = rules
        self._group_id = group_id
        self._by = by

    def each(self, heads: Sequence[int], alone: Callable[[int], Replayed]) -> Iterator[Replayed]:
        """What became of each, as it is done; `alone` (`key`, or what softens it) takes those that do not go with others.

        Of so many that PostgreSQL refuses one, half of those that it may be are tried next.
        """
        rest, halves = list(heads), _Halves()
        while rest:
            try:
                done = self._together(rest[: halves.next])
            except Poison:
                halves.refused(min(halves.next, len(rest)))
                continue
            touched = {number for one in done for number in one.ids}
            if not done:
                done = [alone(rest[0])]
                touched = {rest[0], *done[0].ids}
            yield from done
            left = [head for head in rest if head not in touched]
            halves.cleared(len(rest) - len(left))
            rest = left

    def key(self, head: int) -> Replayed:
        """All of one topic and key, of which `head` is the first; of so many that PostgreSQL refuses one, half of those
        that it may be.

        Those that follow it go through until one cannot be applied; that one and the rest stay parked. Raises
        consumers.parking's CannotPark, and Poison.
        """
        gone: tuple[int, ...] = ()
        halves = _Halves()
        while True:
            limit = halves.next
            try:
                done, following = self._writer.locking_more(partial(self._again, head, limit))
            except Poison as poison:
                if limit == 1:
                    sentence = f"PostgreSQL refuses what it leads to: {poison}."
                    return Replayed(gone, (head,), Fault("refused_by_database", sentence, poison.error_class))
                halves.refused(limit)
                continue
            gone += done.gone
            if done.left:
                return Replayed(gone, done.left, done.fault)
            if following is None:
                return Replayed(gone, (), None)
            head = following
            halves.cleared(limit)

    def _together(self, heads: Sequence[int]) -> list[Replayed]:
        """As many of these keys as fit, whole; left out is who is not the first of one. Raises Poison."""
        return self._writer.locking_more(partial(self._again_together, heads)) if len(heads) > 1 else []

    def _again(
        self, head: int, limit: int, more: frozenset[Ref], connection: Connection
    ) -> tuple[tuple[Replayed, int | None], Callable[[], None]]:
        """(what became of them, the next head when there are more)."""
        connection.execute("BEGIN")
        parking.own(connection)
        rows = parking.queue(connection, first_of_key(connection, head), limit + 1)
        rows, following = rows[:limit], rows[limit:]
        (done,), write = self._tried([rows], more, connection, whole=not following)
        return (done, following[0].id if following and not done.left else None), write

    def _again_together(
        self, heads: Sequence[int], more: frozenset[Ref], connection: Connection
    ) -> tuple[list[Replayed], Callable[[], None]]:
        connection.execute("BEGIN")
        parking.own(connection)
        queues = parking.queues(connection, heads, AT_ONCE)
        if not queues:
            return [], lambda: None
        return self._tried(queues, more, connection, whole=True)

    def _tried(
        self, queues: Sequence[Sequence[Parked]], more: frozenset[Ref], connection: Connection, *, whole: bool
    ) -> tuple[list[Replayed], Callable[[], None]]:
        """`whole`: there is nothing more of their topics and keys."""
        rows = [row for queue in queues for row in queue]
        apart = {row.message.topic_key for row in rows if row.blocks and row.message.topic_key is not None}
        at = now()
        attempt = Attempt(self._rules, self._group_id, at, apart=apart, tried=apart if whole else ())
        done, write = attempt.run(connection, [self._read(row) for row in rows], more=more, begun=True)
        left = {one.id: one for one in done.decided.reparked}
        gone = [row for row in rows if row.id not in left]

        def write_all() -> None:
            parking.remove(connection, [row.id for row in gone])
            parking.audit_all(connection, "replayed", gone, self._by, at)
            write()

        return [_outcome(queue, left) for queue in queues], write_all

    def _read(self, row: Parked) -> Input:
        one = inputs.read(self._rules.decode, row.message)
        one.parked_id = row.id
        return one


def _outcome(queue: Sequence[Parked], left: dict[int, Parked]) -> Replayed:
    faults = [left[row.id].fault for row in queue if row.id in left and not left[row.id].behind]
    return Replayed(
        tuple(row.id for row in queue if row.id not in left),
        tuple(row.id for row in queue if row.id in left),
        faults[0] if faults else None,
    )
