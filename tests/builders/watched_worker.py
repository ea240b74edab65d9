"""A worker in memory that is watched: whatever goes in, everything that has to hold is looked at before the next input.

It takes inputs as the worker does: only what was looked for can be seen, known ids have no second effect and get their
answer again, inputs wait in order for what they name, timers that are due come in as inputs.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from domain.commands import Command
from domain.handling import handle, refs
from domain.policy import DEFAULT, Policies
from domain.run import case_ref, order_ref
from domain.timers import Timer, TimerDue, timers
from domain.world import Aggregate, Effect, NotLoaded, Outcome, Ref, Reply, Step
from tests.builders.desk import MINUTE, START
from tests.builders.seen_world import SeenWorld

MOST_TIMERS: Final = 400
"""How many timers one wait may fire. More, and one of them fires for ever."""

Watch = Callable[["WatchedWorker", Any, Outcome], None]


class WatchedWorker:
    """`at` (µs) is the clock, a minute later with each input. `watch` is called with each input and its outcome, when the
    outcome is kept already; `before` then still has the changed things as they were."""

    def __init__(self, policies: Policies = DEFAULT, watch: Watch | None = None) -> None:
        self.policies = policies
        self.at = START
        self.things: dict[Ref, Aggregate] = {}
        self.before: dict[Ref, Aggregate | None] = {}
        self.steps: list[Step] = []
        self.taken: list[Any] = []
        self.replies: dict[str, Reply] = {}
        self._watch = watch
        self._known: set[str] = set()
        self._waiting: dict[Ref, list[Any]] = defaultdict(list)

    @property
    def waits(self) -> int:
        """How many inputs wait for something that nobody has named yet."""
        return sum(len(waiting) for waiting in self._waiting.values())

    def take(self, message: Any) -> Outcome | None:
        """One input. None for one that was taken before."""
        self.at += MINUTE
        self.taken.append(message)
        name = getattr(message, "event_id", None) or getattr(message, "command_id", None)
        if name in self._known:
            return None
        if name and not getattr(message, "dry_run", False):
            self._known.add(name)
        return self._apply(message)

    def _apply(self, message: Any) -> Outcome:
        outcome = self.outcome_of(message)
        if outcome.effect is Effect.WAITS:
            assert outcome.waits_for is not None
            self._waiting[outcome.waits_for].append(message)
        self.before = {ref: self.things.get(ref) for ref in outcome.changed}
        self.things.update(outcome.changed)
        self.steps += outcome.steps
        if self._watch:
            self._watch(self, message, outcome)
        if outcome.reply and isinstance(message, Command) and not message.dry_run:
            self.replies[message.command_id] = outcome.reply
        for ref in outcome.awakens:
            for waiting in self._waiting.pop(ref, []):
                self._apply(waiting)
        return outcome

    def outcome_of(self, message: Any) -> Outcome:
        """What an input would lead to now; nothing of it is kept."""
        looked_for = set(refs(message))
        for _ in range(40):
            try:
                return handle(message, SeenWorld(self.things, looked_for), self.policies, self.at)
            except NotLoaded as more:
                looked_for.update(more.refs)
        raise AssertionError(f"{message} asks for more and more")

    def wait(self, time: int) -> list[Timer]:
        """Lets `time` (µs) pass: every timer that comes due fires at its time. Answers those that fired, in order."""
        end = self.at + time
        fired: list[Timer] = []
        while due := self._next_due(end):
            self.at = max(self.at, due.due_at)
            self._apply(TimerDue(due))
            fired.append(due)
            assert len(fired) < MOST_TIMERS, f"{due} fires for ever"
        self.at = end
        return fired

    def _next_due(self, end: int) -> Timer | None:
        wanted = (timer for thing in self.things.values() for timer in timers(thing, self.policies))
        return min((timer for timer in wanted if timer.due_at <= end), key=lambda timer: timer.due_at, default=None)

    def all_of(self, kind: type[Any]) -> list[Any]:
        """Everything kept of one class, in the order in which it came to be."""
        return [thing for thing in self.things.values() if isinstance(thing, kind)]

    def order(self, channel: str, order_id: str) -> Any:
        return self.things.get(order_ref(channel, order_id))

    def case(self, case_id: str) -> Any:
        return self.things.get(case_ref(case_id))
