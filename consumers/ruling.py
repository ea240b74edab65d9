"""One input through the rules, and what came of it made ready to be kept: records framed, history entries written."""

from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid5

from consumers.rules import Rules
from domain.history import Entry
from domain.world import Outcome, World
from storage.messages import TopicKey
from storage.outbox import Message

_NAMES: Final = UUID("c8a2a6de-6d8c-4b0e-9a4e-0f3e6a4b7d55")


@dataclass(frozen=True, slots=True)
class Result:
    """One input's outcome, ready to be kept."""

    outcome: Outcome
    messages: list[Message]
    entries: list[Entry]


class Ruling:
    """The rules in the world of one batch; `at` (µs) is when all of it is recorded. Changes nothing."""

    def __init__(self, rules: Rules, group_id: str, world: World, at: int) -> None:
        self._rules = rules
        self._group_id = group_id
        self._world = world
        self._at = at

    def of(self, content: Any, note: str = "") -> Result:
        """Decides one input; `note` is added to its reply. Raises what the rules and the encoding raise."""
        outcome = self._rules.handle(content, self._world, self._rules.policies, self._at)
        if note and outcome.reply is not None:
            noted = replace(outcome.reply, message=f"{outcome.reply.message} {note}".lstrip())
            outcome = replace(outcome, reply=noted)
        entries = [entry for step in outcome.steps for entry in self._rules.entries(step)]
        return Result(outcome, self.records(outcome), entries)

    def of_standstill(self, topic_key: TopicKey, *, parked: bool) -> Result | None:
        """What it leads to that messages of a key are parked now, or none is any more. Raises as `of`."""
        topic, key = topic_key
        cause = uuid5(_NAMES, f"{topic} {key.hex()} {parked} {self._at}")
        message = self._rules.standstill(topic, key, parked, str(cause))
        return None if message is None else self.of(message)

    def records(self, outcome: Outcome) -> list[Message]:
        """What an outcome publishes, in order."""
        return [
            Message(
                out.event_id,
                out.topic,
                out.key.encode(),
                self._rules.encode(out.topic, out.record, out.value),
                tuple(out.headers),
            )
            for out in self._rules.project(outcome, self._group_id)
        ]
