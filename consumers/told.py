"""What was told outside before, as the outbound topics have it: numbers of cases, returns and credit notes, and answers.

A database that is made again from what came in decides again what was decided once. People and warehouses know the
numbers that were given then, and senders of commands the answers: a return must not come back under another RMA.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from consumers.rules import Handle
from domain.commands import Command
from domain.copying import replace
from domain.policy import Policies
from domain.reference_data import Counter
from domain.timers import TimerDue
from domain.world import Aggregate, Kind, Outcome, Ref, Reply, World
from schemas.topics import CASES, REFUNDS, REPLIES, RETURNS

TELLS: Final = (CASES, RETURNS, REFUNDS, REPLIES)
"""The topics that have it."""

_LAST_DIGITS: Final = re.compile(r"\d+\Z")


@dataclass(slots=True)
class Told:
    """`numbers`: (cause, series) → the first number that it was given. `last`: the highest of a series.

    `answers`: command → (code, None when accepted; when, µs).
    """

    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    answers: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    _credited: set[str] = field(default_factory=set)

    def hear(self, record: str, value: dict[str, Any]) -> None:
        """Takes one record of TELLS in; each entity's in their order."""
        if record == "cases.CaseChanged" and value["version"] == 1:
            self._number(value["cause_id"], "case", value["case_number"])
        elif record == "postsales.ReturnChanged" and value["version"] == 1:
            self._number(value["cause_id"], "rma", value["rma"])
        elif record == "postsales.RefundChanged":
            if value["credit_note_number"] and value["refund_id"] not in self._credited:
                self._credited.add(value["refund_id"])
                self._number(value["cause_id"], f"credit_note:{value['sales_channel']}", value["credit_note_number"])
        elif record == "replies.CommandResult" and not value["dry_run"]:
            self.answers.setdefault(value["command_id"], (value["code"], value["occurred_at"]))

    def _number(self, cause_id: str, series: str, name: str) -> None:
        found = _LAST_DIGITS.search(name)
        if found is None:
            return
        number = int(found[0])
        self.numbers.setdefault((cause_id, series), number)
        self.last[series] = max(number, self.last.get(series, 0))


@dataclass(slots=True)
class AsTold:
    """The rules' `handle`, with the numbers and the times of answers that were told before.

    `differ`: command that is answered otherwise now → (code told, code now); None: accepted.
    """

    told: Told
    handle: Handle
    differ: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)

    def __call__(self, message: Any, world: World, policies: Policies, at: int, /) -> Outcome:
        outcome = self.handle(message, _Numbered(world, self.told, _cause(message)), policies, at)
        counters = {
            ref: replace(now, last=max(now.last, _last(world.get(ref))))
            for ref, now in outcome.changed.items()
            if isinstance(now, Counter)
        }
        if counters:
            outcome = replace(outcome, changed={**outcome.changed, **counters})
        if outcome.reply is not None:
            outcome = replace(outcome, reply=self._as_answered(outcome.reply))
        return outcome

    def _as_answered(self, reply: Reply) -> Reply:
        before = self.told.answers.get(reply.command_id)
        if before is None or reply.dry_run:
            return reply
        code, at = before
        if code != reply.code:
            self.differ[reply.command_id] = code, reply.code
            return reply
        # A batch is decided again when it turns out to need more: what counts is how it came out last.
        self.differ.pop(reply.command_id, None)
        return replace(reply, occurred_at=at)


class _Numbered:
    """The world in which the next number of a series is the one that this cause was given, or one that nobody was."""

    def __init__(self, world: World, told: Told, cause_id: str) -> None:
        self._world = world
        self._told = told
        self._cause_id = cause_id

    def get(self, ref: Ref) -> Aggregate | None:
        found = self._world.get(ref)
        if ref.kind is not Kind.COUNTER:
            return found
        given = self._told.numbers.get((self._cause_id, ref.key))
        if given is not None:
            return Counter(series=ref.key, last=given - 1)
        return Counter(series=ref.key, last=max(_last(found), self._told.last.get(ref.key, 0)))


def _last(counter: Aggregate | None) -> int:
    return counter.last if isinstance(counter, Counter) else 0


def _cause(message: Any) -> str:
    if isinstance(message, Command):
        return message.command_id
    if isinstance(message, TimerDue):
        return message.timer.cause_id
    return str(getattr(message, "event_id", "") or getattr(message, "cause_id", ""))


def hear_all(records: Iterable[tuple[str, dict[str, Any]]]) -> Told:
    """What these records tell."""
    told = Told()
    for record, value in records:
        told.hear(record, value)
    return told
