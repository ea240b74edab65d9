"""One batch up to its COMMIT (architecture.md 2): fence, inbox, locks, rules, writes, outbox.

Three trips to the server, whatever the size of the batch: what is known of its messages; the locks; the writes. What
they carry is one JSON value a statement, so the number of statements does not depend on the batch either.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final

import psycopg

from consumers import forgotten
from consumers.breaker import Breaker
from consumers.decided import Before, Decided
from consumers.deciding import MAKES_KNOWN, Deciding
from consumers.faults import CapReached, Fenced
from consumers.inputs import Input
from consumers.rules import Rules
from domain.timers import Timer, TimerDue
from domain.world import Aggregate, Kind, NotLoaded, Ref
from storage import changes, erasures, inbox, loading, numbers, outbox, parking, positions, timers, waiting
from storage.inbox import Identity, Seen
from storage.kept import Kept
from storage.loading import Loaded, LoadedWorld
from storage.messages import TopicKey
from storage.positions import Move

Connection = psycopg.Connection[Any]

_TRANSACTION: Final = "SELECT pg_current_xact_id()::xid::text"
"""As a row's `xmin` has it."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many messages may be parked: under one key, in all."""

    per_key: int = 10_000
    total: int = 100_000


@dataclass(slots=True)
class Done:
    """What a batch came to, and the seconds that each stage took: known, locks, rules; once written rows, commit."""

    decided: Decided
    seconds: dict[str, float] = field(default_factory=dict)


class LockMore(Exception):
    """The rules need what comes before something locked already: roll back, lock all of it in order."""

    def __init__(self, refs: Iterable[Ref]) -> None:
        super().__init__("more has to be locked")
        self.refs = frozenset(refs)


@dataclass(slots=True)
class _Known:
    """What the first trip tells: of `Before` all but `known`, `waiting` and `fetch`; and what the inputs touch."""

    fresh: frozenset[Identity]
    parked: dict[TopicKey, dict[int, int]]
    refs: set[Ref]


class Attempt:
    """One attempt at one batch; `at` (µs) is when all of it is recorded.

    `apart`: topics and keys whose parked messages are being tried again, so that they do not stand in their own way.
    `tried`: those of them that have nothing parked beside what is tried. `kept`: things as the batches before this one wrote
    them.
    """

    def __init__(self, rules: Rules, group_id: str, at: int, *, caps: Caps | None = None,
                 breaker: Breaker | None = None, apart: Collection[TopicKey] = (),
                 tried: Collection[TopicKey] = (), kept: Kept | None = None) -> None:  # fmt: skip
        self._rules = rules
        self._group_id = group_id
        self._at = at
        self._caps = caps
        self._breaker = breaker
        self._apart = frozenset(apart)
        self._tried = tuple(tried)
        self._kept = kept or Kept(0)
        self._transaction = ""

    def run(
        self,
        connection: Connection,
        inputs: Sequence[Input],
        moves: Sequence[Move] = (),
        *,
        due: Sequence[Timer] = (),
        more: Iterable[Ref] = (),
        begun: bool = False,
    ) -> tuple[Done, Callable[[], None]]:
        """Begins the transaction (unless `begun`) and decides; answers what came of it, with the call that writes it.

        `due`: timers to be fired after the inputs. `more`: what is to be locked beside what they all ask for themselves.
        Raises Fenced, LockMore, CapReached, Stop and psycopg's errors; the caller rolls back.
        """
        ticks = [perf_counter()]
        known = self._ask(connection, inputs, moves, due, begun=begun)
        ticks.append(perf_counter())
        loaded, before = self._lock(connection, inputs, due, known, known.refs | set(more))
        ticks.append(perf_counter())
        world, decided = self._decide(connection, inputs, loaded, before)
        self._check(connection, inputs, decided)
        short = numbers.of(connection).use(world.now)
        if short:
            raise LockMore(short)
        ticks.append(perf_counter())
        seconds = {name: ticks[n + 1] - ticks[n] for n, name in enumerate(("known", "locks", "rules"))}
        return Done(decided, seconds), lambda: self._write(connection, world, decided)

    def _ask(
        self,
        connection: Connection,
        inputs: Sequence[Input],
        moves: Sequence[Move],
        due: Sequence[Timer],
        *,
        begun: bool,
    ) -> _Known:
        seen = {one.identity: Seen(*one.identity, one.digest) for one in reversed(inputs) if one.identity}
        keys = {one.message.key for one in inputs if one.message.key is not None} | {key for _, key in self._tried}
        refs = {ref for one in inputs if one.content is not None for ref in self._rules.refs(one.content)}
        refs |= {ref for timer in due for ref in (timer.ref, *self._rules.refs(TimerDue(timer)))}
        customers = forgotten.customers_of(inputs)
        with connection.pipeline():
            if not begun:
                connection.execute("BEGIN")
                parking.share(connection)
            moved = positions.move(connection, self._group_id, moves) if moves else None
            fresh = inbox.remember(connection, seen.values(), self._at) if seen else None
            parked = parking.ask_keys(connection, keys) if keys else None
            related = loading.read_related(connection, refs)
            erased = erasures.ask(connection, customers) if customers else None
            transaction = connection.execute(_TRANSACTION)
        self._transaction = transaction.fetchone()[0]  # type: ignore[index]
        if moved is not None and moved.rowcount != len(moves):
            raise Fenced
        forgotten.blank(customers, erased or ())
        blocked: defaultdict[TopicKey, dict[int, int]] = defaultdict(dict)
        for topic, key, partition, first in parked or ():
            if (topic, key) not in self._apart:
                blocked[topic, key][partition] = first
        return _Known(frozenset((row[0], row[1]) for row in fresh or ()), dict(blocked), refs | related())

    def _lock(
        self, connection: Connection, inputs: Sequence[Input], due: Sequence[Timer], known: _Known, refs: set[Ref]
    ) -> tuple[Loaded, Before]:
        facts = [one for one in inputs if one.content is not None and not one.is_command]
        named = {ref for one in facts for ref in self._rules.refs(one.content) if ref.kind is Kind.ORDER}
        wake = {ref for one in facts if isinstance(one.content, MAKES_KNOWN) for ref in self._rules.refs(one.content)}
        keys = {one.message.topic_key for one in facts if one.message.topic_key is not None}
        again = {one.identity for one in inputs if one.identity is not None} - known.fresh
        lacking = numbers.of(connection).lacks(refs)
        if lacking:
            raise LockMore(lacking)
        with connection.pipeline():
            loaded = loading.lock(connection, (ref for ref in refs if ref.kind is not Kind.COUNTER), named, self._kept)
            # Only now: who adds to what waits for an order has its row locked.
            stuck = waiting.ask_keys(connection, keys) if keys else None
            sleeping = waiting.ask_for(connection, wake) if wake else None
            taken = timers.take(connection, due, self._at) if due else None
        rows: defaultdict[Ref, list[waiting.Waiting]] = defaultdict(list)
        for row in waiting.read(sleeping) if sleeping else ():
            rows[row.ref].append(row)

        def fetch(ref: Ref) -> list[waiting.Waiting]:
            return list(rows[ref]) if ref in wake else waiting.read(waiting.ask_for(connection, [ref]))

        return loaded() | numbers.of(connection).counters(), Before(
            fresh=known.fresh,
            known=inbox.known(connection, again) if again else {},
            parked=known.parked,
            waiting={(r[0], r[1]): Ref(Kind(r[2]), r[3]) for r in stuck} if stuck else {},
            fetch=fetch,
            timers=taken() if taken else (),
        )

    def _decide(
        self, connection: Connection, inputs: Sequence[Input], loaded: Loaded, before: Before
    ) -> tuple[LoadedWorld, Decided]:
        """Begins again when something was not locked: with it, if it comes after everything that is."""
        while True:
            world = LoadedWorld(loaded)
            deciding = Deciding(self._rules, self._group_id, world, before, self._at, self._tried)
            missing: set[Ref] = set()
            for one in inputs:
                try:
                    deciding.take(one)
                except NotLoaded as error:
                    # The others are gone through all the same, to hear now what they lack too.
                    missing.update(error.refs)
            for timer in before.timers:
                try:
                    deciding.fire(timer)
                except NotLoaded as error:
                    missing.update(error.refs)
            try:
                deciding.tell()
            except NotLoaded as error:
                missing.update(error.refs)
            if not missing:
                return world, deciding.close()
            lacking = numbers.of(connection).lacks(missing)
            if lacking or min(map(loading.place, missing)) < max(map(loading.place, loaded), default=(0, "")):
                raise LockMore(missing)
            with connection.pipeline():
                late = loading.lock(connection, missing, (), self._kept)
            loaded |= late()

    def _check(self, connection: Connection, inputs: Sequence[Input], decided: Decided) -> None:
        """Whether so much may be parked."""
        if self._breaker is not None:
            self._breaker.judge(inputs, decided)
        if not decided.parked or self._caps is None:
            return
        keys = {one.message.topic_key for one in decided.parked if one.message.topic_key is not None and one.blocks}
        total, most = parking.counts(connection, keys)
        if total + len(decided.parked) > self._caps.total or most + 1 > self._caps.per_key:
            raise CapReached(
                {(one.message.topic, one.message.partition) for one in decided.parked},
                f"{total} messages are parked (at most {self._caps.total}), {most} under one key (at most"
                f" {self._caps.per_key}). Replay or discard them: ordercase parked list",
            )

    def _write(self, connection: Connection, world: LoadedWorld, decided: Decided) -> None:
        """Queues every statement that the batch needs; the outbox last, its head's lock is held until COMMIT."""
        at = self._at
        changed = {ref: pair for ref, pair in world.changed().items() if ref.kind is not Kind.COUNTER}
        self._kept.remember(self._transaction, {ref: now for ref, (_, now) in changed.items()})
        changes.write(connection, changed, self._rules.related, decided.sources, at)
        fired = [(timer, world.now.get(timer.ref)) for timer in decided.fired]
        timers.write(connection, changed, self._wanted, fired, decided.put_off, at)
        changes.append_history(connection, decided.entries)
        if decided.answers:
            inbox.answer(connection, decided.answers, at)
        if decided.conflicts:
            inbox.record_conflicts(connection, decided.conflicts, at)
        if decided.forgotten:
            inbox.forget(connection, set(decided.forgotten))
        if decided.moved:
            waiting.move(connection, decided.moved)
        if decided.awake:
            waiting.remove(connection, decided.awake)
        if decided.waits:
            waiting.add(connection, decided.waits, at)
        if decided.parked:
            parking.add(connection, decided.parked, at)
        if decided.reparked:
            parking.update(connection, decided.reparked)
        if decided.outbox:
            outbox.append(connection, decided.outbox, at)

    def _wanted(self, thing: Aggregate) -> Iterable[Timer]:
        return self._rules.timers(thing, self._rules.policies)
