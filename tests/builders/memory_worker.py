"""A worker without Kafka and database: bytes in, the rules, bytes out. What a rule does can be seen in milliseconds.

It keeps the promises that the rules rest on: one input at a time, known ids once, waiting inputs in order, more loaded
when the rules ask for it. It does not park: what the rules cannot take is raised.
"""

import heapq
import time
from collections import defaultdict, deque
from random import Random
from typing import Any

from domain.commands import Command
from domain.handling import handle, refs
from domain.history import entries
from domain.policy import DEFAULT, Policies
from domain.timers import Timer, TimerDue, timers
from domain.world import Aggregate, Effect, NotLoaded, Outcome, Ref, Reply
from ordercase.simulate.clock import Clock
from ordercase.simulate.seen import Record
from schemas.codec import Codec
from schemas.outbound import answer_to, project, reply_message
from schemas.refusal import InvalidCommand
from tests.builders.seen_world import SeenWorld


class MovedClock(Clock):
    """A clock that stands still until somebody waits, and then is moved on by as much."""

    nap = 400 * 86_400.0
    moves = True

    def __init__(self, at: int = 0) -> None:
        self._at, self._began = at or time.time_ns() // 1000, 0
        self._began = self._at

    def monotonic(self) -> float:
        return (self._at - self._began) / 1_000_000

    def now(self) -> int:
        self._at += 1
        return self._at

    def move(self, seconds: float) -> None:
        self._at += int(seconds * 1_000_000) + 1


class MemoryWorker:
    """A `Line` of the simulator. `shuffle` takes inputs of different topics in any order, as Kafka may.

    Timers fire when there is nothing left to read; with a clock that moves, whoever waits is taken to the next of them.
    """

    def __init__(self, policies: Policies = DEFAULT, shuffle: Random | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.fired: list[Timer] = []
        self._timers: dict[Ref, tuple[Timer, ...]] = {}
        self._due: list[tuple[int, Timer]] = []
        self.kept: dict[Ref, Aggregate] = {}
        self.history: list[Any] = []
        self._policies, self._shuffle, self._codec = policies, shuffle, Codec()
        self._in: dict[str, deque[tuple[str, bytes, bytes]]] = defaultdict(deque)
        self._out: list[Record] = []
        self._known: set[str] = set()
        self._replies: dict[str, Reply] = {}
        self._waiting: dict[Ref, list[Any]] = defaultdict(list)

    def send(self, topic: str, record: str, key: str, value: dict[str, Any]) -> None:
        lane = topic if self._shuffle else "all"
        self._in[lane].append((topic, key.encode(), self._codec.encode(topic, record, value)))

    def receive(self, seconds: float) -> list[Record]:
        for _ in range(200):
            lanes = sorted(lane for lane, queue in self._in.items() if queue)
            if not lanes:
                break
            lane = self._shuffle.choice(lanes) if self._shuffle else lanes[0]
            self._take(*self._in[lane].popleft())
        else:
            seconds = 0
        if not self._out and seconds:
            self._let_time_pass(seconds)
        out, self._out = self._out, []
        return out

    def _let_time_pass(self, seconds: float) -> None:
        """Fires what is due; else goes on to the next timer within `seconds`, where the clock can be moved."""
        end = self.clock.monotonic() + seconds
        while not self._out:
            timer = self._next()
            now = self.clock.now()
            if timer is not None and timer.due_at <= now:
                heapq.heappop(self._due)
                self.fired.append(timer)
                self._apply(TimerDue(timer))
                continue
            if not isinstance(self.clock, MovedClock):
                return
            left = end - self.clock.monotonic()
            wait = left if timer is None else min(left, (timer.due_at - now) / 1_000_000)
            self.clock.move(max(0.0, wait))
            if wait == left:
                return

    def _next(self) -> Timer | None:
        """The first timer that its thing still wants."""
        while self._due:
            timer = self._due[0][1]
            if timer in self._timers.get(timer.ref, ()):
                return timer
            heapq.heappop(self._due)
        return None

    def _take(self, topic: str, key: bytes, value: bytes) -> None:
        try:
            message = self._codec.decode(topic, key, value)
        except InvalidCommand as invalid:
            refusal = self._replies.setdefault(invalid.command_id, answer_to(invalid, self.clock.now()))
            self._publish(reply_message(refusal, "memory"))
            return
        name = getattr(message, "event_id", None) or getattr(message, "command_id", None)
        if name and name in self._known:
            if name in self._replies:
                self._publish(reply_message(self._replies[name], "memory"))
            return
        if name and not getattr(message, "dry_run", False):
            self._known.add(name)
        self._apply(message)

    def _apply(self, message: Any) -> None:
        outcome = self._decide(message)
        if outcome.effect is Effect.WAITS:
            assert outcome.waits_for is not None
            self._waiting[outcome.waits_for].append(message)
            return
        self.kept.update(outcome.changed)
        for ref in outcome.changed:
            self._set_timers(ref)
        if outcome.reply and isinstance(message, Command) and not message.dry_run:
            self._replies[message.command_id] = outcome.reply
        self.history += [entry for step in outcome.steps for entry in entries(step)]
        self._publish(*project(outcome, "memory"))
        for ref in outcome.awakens:
            for waiting in self._waiting.pop(ref, []):
                self._apply(waiting)

    def _set_timers(self, ref: Ref) -> None:
        before, wanted = self._timers.get(ref, ()), timers(self.kept[ref], self._policies)
        self._timers[ref] = wanted
        for timer in wanted:
            if timer not in before:
                heapq.heappush(self._due, (timer.due_at, timer))

    def _decide(self, message: Any) -> Outcome:
        looked_for, at = set(refs(message)), self.clock.now()
        for _ in range(20):
            try:
                return handle(message, SeenWorld(self.kept, looked_for), self._policies, at)
            except NotLoaded as more:
                looked_for.update(more.refs)
        raise AssertionError(f"{message} asks for more and more")

    def _publish(self, *made: Any) -> None:
        for one in made:
            raw = self._codec.encode(one.topic, one.record, one.value)
            record, value = self._codec.read(one.topic, raw)
            self._out.append(Record(one.topic, one.key, record, value, dict(one.headers)))
