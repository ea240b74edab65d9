"""A worker without Kafka and database: bytes in, the rules, bytes out. What a rule does can be seen in milliseconds.

It keeps the promises that the rules rest on: one input at a time, known ids once, waiting inputs in order, more loaded
when the rules ask for it. It does not park: what the rules cannot take is raised.
"""

import time
from collections import defaultdict, deque
from random import Random
from typing import Any

from domain.commands import Command
from domain.handling import handle, refs
from domain.history import entries
from domain.policy import DEFAULT, Policies
from domain.world import Aggregate, Effect, NotLoaded, Outcome, Ref, Reply
from ordercase.simulate.seen import Record
from schemas.codec import Codec
from schemas.outbound import answer_to, project, reply_message
from schemas.refusal import InvalidCommand


class _World:
    """What is kept, of which only `looked_for` may be seen."""

    def __init__(self, kept: dict[Ref, Aggregate], looked_for: set[Ref]) -> None:
        self._kept, self._looked_for = kept, looked_for

    def get(self, ref: Ref) -> Aggregate | None:
        if ref not in self._looked_for:
            raise NotLoaded(ref)
        return self._kept.get(ref)


class MemoryWorker:
    """A `Line` of the simulator. `shuffle` takes inputs of different topics in any order, as Kafka may."""

    def __init__(self, policies: Policies = DEFAULT, shuffle: Random | None = None) -> None:
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
        del seconds
        for _ in range(200):
            lanes = sorted(lane for lane, queue in self._in.items() if queue)
            if not lanes:
                break
            lane = self._shuffle.choice(lanes) if self._shuffle else lanes[0]
            self._take(*self._in[lane].popleft())
        out, self._out = self._out, []
        return out

    def _take(self, topic: str, key: bytes, value: bytes) -> None:
        try:
            message = self._codec.decode(topic, key, value)
        except InvalidCommand as invalid:
            refusal = self._replies.setdefault(invalid.command_id, answer_to(invalid, self._now()))
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
        if outcome.reply and isinstance(message, Command) and not message.dry_run:
            self._replies[message.command_id] = outcome.reply
        self.history += [entry for step in outcome.steps for entry in entries(step)]
        self._publish(*project(outcome, "memory"))
        for ref in outcome.awakens:
            for waiting in self._waiting.pop(ref, []):
                self._apply(waiting)

    def _decide(self, message: Any) -> Outcome:
        looked_for, at = set(refs(message)), self._now()
        for _ in range(20):
            try:
                return handle(message, _World(self.kept, looked_for), self._policies, at)
            except NotLoaded as more:
                looked_for.update(more.refs)
        raise AssertionError(f"{message} asks for more and more")

    def _publish(self, *made: Any) -> None:
        for one in made:
            raw = self._codec.encode(one.topic, one.record, one.value)
            record, value = self._codec.read(one.topic, raw)
            self._out.append(Record(one.topic, one.key, record, value, dict(one.headers)))

    @staticmethod
    def _now() -> int:
        return time.time_ns() // 1000
