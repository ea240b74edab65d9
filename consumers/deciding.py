"""Applies a batch's inputs in memory, in order, to what was locked for them; collects everything there is to write.

Nothing here reads or writes a database. What becomes of one input becomes of it whole: its changes, records and
history are kept together, or not at all.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import structlog

from consumers.dead_letters import dead_letter
from consumers.decided import Before, Decided
from consumers.inputs import NEVER_BLOCKING, Input, read
from consumers.rules import Rules
from consumers.ruling import Result, Ruling
from domain.erasure import is_erased
from domain.facts import CheckoutEvent, OrderEvent
from domain.timers import Timer, TimerDue
from domain.world import Effect, Kind, NotLoaded, Outcome, Ref, Reply
from schemas.refusal import NotRegistered, RegistryUnavailable
from storage.documents import from_json, raw, to_json
from storage.inbox import Identity
from storage.loading import LoadedWorld
from storage.messages import AsReceived, Place, TopicKey
from storage.parking import Fault, Parked
from storage.waiting import Waiting

log: Final = structlog.get_logger(__name__)

MAKES_KNOWN: Final = (OrderEvent, CheckoutEvent)
"""What others wait for never goes behind what waits for it."""

BEHIND: Final = Fault("behind", "A message before it under the same key is parked.", "Behind")
AMONG_REFUSED: Final = Fault(
    "refused_by_database",
    "PostgreSQL refuses what it, or another message that waited with it, leads to. Replay it to see which.",
    "Poison",
)
PARKED_NOTE: Final = "Messages about it are parked and not applied yet; see `ordercase parked list`."


class Deciding:
    """One batch: `take` each input in order and `fire` each timer, `tell` of standstill, then `close`. The world has the changes.

    `tried`: topics and keys of which everything parked is tried again, so that nothing is parked there unless it fails again.
    """

    def __init__(
        self, rules: Rules, group_id: str, world: LoadedWorld, before: Before, at: int, tried: Iterable[TopicKey] = ()
    ) -> None:
        self._ruling = Ruling(rules, group_id, world, at)
        self._tried = tuple(tried)
        self._stuck: set[TopicKey] = set()
        self._decode = rules.decode
        self._bare = rules.bare
        self._group_id = group_id
        self._world = world
        self._before = before
        self._at = at
        self._parked = {topic_key: dict(firsts) for topic_key, firsts in before.parked.items()}
        self._waiting = dict(before.waiting)
        self._asleep: dict[Ref, list[Waiting]] = {}
        self._fetched: set[Ref] = set()
        self._inputs: dict[Place, Input] = {}
        self._taken: dict[Identity, tuple[str, Reply | None]] = {}
        self._done = Decided()

    def take(self, one: Input) -> None:
        """Applies one input. Raises NotLoaded when more has to be locked: begin the batch again with that as well.

        Raises RegistryUnavailable and NotRegistered too; every other mistake parks the input.
        """
        self._done.counts["inputs"] += 1
        topic_key = one.message.topic_key
        if one.fault is not None:
            self._park(one, one.fault)
        elif self._repeated(one):
            self._repeat(one)
        elif one.is_command:
            self._command(one)
        elif self._is_behind(one.message):
            self._park(one, BEHIND)
        elif topic_key in self._waiting and not isinstance(one.content, MAKES_KNOWN):
            self._wait(one, self._waiting[topic_key])
        else:
            self._fact(one)

    def fire(self, timer: Timer) -> None:
        """Applies a timer that is due; one on which a rule breaks is put off, and said loudly. Raises as `take`."""
        try:
            result = self._ruling.of(TimerDue(timer))
        except (NotLoaded, RegistryUnavailable, NotRegistered):
            raise
        except Exception:
            log.exception("a rule broke", kind=timer.name, entity_kind=timer.ref.kind, cause_id=timer.cause_id)
            self._done.counts["put_off"] += 1
            self._done.put_off.append(timer)
            return
        self._done.counts["fired" if result.outcome.effect is Effect.APPLIED else "off"] += 1
        self._done.fired.append(timer)
        self._keep(result)
        for ref in result.outcome.awakens:
            self._awaken(ref)

    def tell(self) -> None:
        """Tells what stands still now, and what does not any more. Raises as `take`."""
        stuck = {key for _, key in self._parked}
        told = [(topic_key, True) for topic_key in sorted(self._stuck)]
        told += [(topic_key, False) for topic_key in self._tried if topic_key[1] not in stuck]
        for topic_key, parked in told:
            result = self._ruling.of_standstill(topic_key, parked=parked)
            if result is not None:
                self._keep(result)

    def _is_behind(self, message: AsReceived) -> bool:
        """Whether something parked comes before it; what was put aside by hand may come after."""
        firsts = self._parked.get(message.topic_key) if message.topic_key is not None else None
        if not firsts:
            return False
        return any(part != message.partition or first < message.offset for part, first in firsts.items())

    def close(self) -> Decided:
        """Everything that was decided."""
        self._done.waits = [one for rows in self._asleep.values() for one in rows if one.id == 0]
        return self._done

    def _repeated(self, one: Input) -> bool:
        if one.identity is None:
            return False
        if one.identity in self._taken or one.identity not in self._before.fresh:
            return True
        self._taken[one.identity] = (one.digest, None)
        return False

    def _repeat(self, one: Input) -> None:
        """Known already: no effect, but a command gets its answer again. Other content under the id is recorded."""
        identity = one.identity or ("", "")
        if identity in self._taken:
            digest, reply = self._taken[identity]
        else:
            digest, text = self._before.known.get(identity, (one.digest, None))
            reply = None if text is None else from_json(Reply, text)
        self._done.counts["repeated"] += 1
        if digest != one.digest:
            self._done.counts["conflicts"] += 1
            topic, partition, offset = one.message.place
            self._done.conflicts.append(
                {"topic": topic, "partition": partition, "offset": offset, "message_id": identity[1],
                 "digest": one.digest}
            )  # fmt: skip
        if reply is not None:
            self._done.outbox += self._ruling.records(Outcome(effect=Effect.APPLIED, changed={}, reply=reply))

    def _command(self, one: Input) -> None:
        if one.answer is None:
            result = self._decide(one)
        else:
            reply = replace(one.answer, occurred_at=self._at)
            outcome = Outcome(effect=Effect.REFUSED, changed={}, reply=reply)
            result = Result(outcome, self._ruling.records(outcome), [])
        if result is not None:
            self._apply(one, result)
            for ref in result.outcome.awakens:
                self._awaken(ref, alone=one.alone)

    def _fact(self, one: Input) -> None:
        result = self._decide(one)
        if result is None:
            return
        if result.outcome.effect is Effect.WAITS and result.outcome.waits_for is not None:
            self._wait(one, result.outcome.waits_for)
            return
        self._apply(one, result)
        for ref in result.outcome.awakens:
            self._awaken(ref, alone=one.alone)

    def _decide(self, one: Input) -> Result | None:
        """None: it was parked."""
        stuck = one.is_command and any(key == one.message.key for _, key in self._parked)
        try:
            return self._ruling.of(one.content, PARKED_NOTE if stuck else "")
        except (NotLoaded, RegistryUnavailable, NotRegistered):
            raise
        except Exception as error:
            # A rule that breaks on one message must not stop all others: it is parked, and said loudly.
            log.exception("a rule broke", topic=one.message.topic, partition=one.message.partition,
                          offset=one.message.offset, kind=type(one.content).__name__)  # fmt: skip
            name = type(error).__name__
            self._park(one, Fault("rule_broken", f"A rule broke on it ({name}): a mistake in the program.", name))
        return None

    def _apply(self, one: Input, result: Result) -> None:
        outcome = result.outcome
        self._keep(result)
        self._done.counts[outcome.effect] += 1
        if one.identity is not None and outcome.reply is not None and one.is_command:
            self._taken[one.identity] = (one.digest, outcome.reply)
            answer: dict[str, Any] = {"command_id": one.identity[1], "digest": one.digest}
            self._done.answers.append({**answer, "reply": raw(to_json(outcome.reply))})

    def _keep(self, result: Result) -> None:
        outcome = result.outcome
        self._world.put(outcome.changed)
        self._done.outbox += result.messages
        self._done.entries += result.entries
        for step in outcome.steps:
            source = getattr(step.event, "source_id", None)
            if source and step.ref.kind is Kind.ORDER:
                self._done.sources[step.ref].add(source)

    def _park(self, one: Input, fault: Fault) -> None:
        behind = fault is BEHIND
        topic_key = one.message.topic_key
        blocks = not one.is_command and topic_key is not None and fault.reason not in NEVER_BLOCKING
        parked = Parked(one.parked_id, one.message, fault, behind, blocks, self._at)
        self._done.counts["behind" if behind else "parked"] += 1
        if not behind:
            self._done.failed.append((one.message.topic, fault.reason))
        if one.parked_id:
            self._done.reparked.append(parked)
        else:
            self._done.parked.append(parked)
            self._done.outbox.append(dead_letter(self._group_id, one.message, fault))
        if blocks and topic_key is not None:
            self._parked.setdefault(topic_key, {}).setdefault(one.message.partition, one.message.offset)
            self._stuck.add(topic_key)
        if one.identity is not None:
            self._done.forgotten.append(one.identity)

    def _wait(self, one: Input, ref: Ref) -> None:
        topic_key = one.message.topic_key
        self._done.counts["waits"] += 1
        self._inputs[one.message.place] = one
        message = one.message
        if message.value is not None and is_erased(self._world.now.get(ref)):
            message = replace(message, value=self._bare(message.topic, message.value))
        self._asleep.setdefault(ref, []).append(Waiting(0, ref, message, self._at))
        if topic_key is not None:
            self._waiting[topic_key] = ref

    def _awaken(self, first: Ref, *, alone: bool = False) -> None:
        """Tries what waits for a thing, in order; behind one that goes on waiting its key's others do too."""
        queue = deque([first])
        while queue:
            ref = queue.popleft()
            rows = self._sleepers(ref)
            self._asleep[ref] = []
            stuck: set[TopicKey | None] = set()
            failed: set[TopicKey | None] = set()
            for row in rows:
                if row.message.topic_key in stuck:
                    self._asleep[ref].append(row)
                else:
                    queue.extend(self._try_again(row, stuck, failed, alone=alone))
            for topic_key in {row.message.topic_key for row in rows} - stuck:
                if topic_key is not None and self._waiting.get(topic_key) == ref:
                    del self._waiting[topic_key]

    def _try_again(
        self, row: Waiting, stuck: set[TopicKey | None], failed: set[TopicKey | None], *, alone: bool
    ) -> tuple[Ref, ...]:
        """One message that waited; answers what is to be awakened next."""
        one = self._inputs.get(row.message.place) or read(self._decode, row.message)
        topic_key = row.message.topic_key
        fault = one.fault or (BEHIND if topic_key in failed else AMONG_REFUSED if alone else None)
        if fault is not None:
            self._park(one, fault)
            result = None
        else:
            result = self._decide(one)
        if result is not None and result.outcome.waits_for is not None and result.outcome.effect is Effect.WAITS:
            self._wait_on(row, result.outcome.waits_for)
            stuck.add(topic_key)
            return ()
        if row.id:
            self._done.awake.append(row.id)
        if result is None:
            failed.add(topic_key)
            return ()
        self._done.counts["awakened"] += 1
        self._apply(one, result)
        return result.outcome.awakens

    def _wait_on(self, row: Waiting, ref: Ref) -> None:
        still = replace(row, ref=ref)
        self._asleep.setdefault(ref, []).append(still)
        if row.message.topic_key is not None:
            self._waiting[row.message.topic_key] = ref
        if row.id and ref != row.ref:
            self._done.moved.append(still)

    def _sleepers(self, ref: Ref) -> list[Waiting]:
        rows = self._asleep.get(ref, [])
        if ref not in self._fetched:
            self._fetched.add(ref)
            rows = self._before.fetch(ref) + rows
        return rows
