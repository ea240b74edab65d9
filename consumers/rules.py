"""What the loop is told instead of importing it: how to decode, what to load, what to decide, what to publish.

The loop knows messages, transactions and order; what they mean is here, handed in by `ordercase/wiring.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.history import Entry
from domain.policy import Policies
from domain.timers import Timer
from domain.world import Aggregate, Outcome, Ref, Step, World
from schemas.outbound import Outbound

Decode = Callable[[str, bytes | None, bytes | None], object]
"""(topic, key, value) → fact or command. Raises schemas.refusal.Undecodable, InvalidCommand, RegistryUnavailable."""

Encode = Callable[[str, str, Mapping[str, Any]], bytes]
"""(topic, record, value) → framed bytes. Raises RegistryUnavailable, NotRegistered."""


Standstill = Callable[[str, bytes, bool, str], object | None]
"""(topic, key, whether something is parked there, cause id) → the input that tells of it; None: nobody's business."""


class Handle(Protocol):
    """Decides one input. Raises NotLoaded; a refusal is an Outcome."""

    def __call__(self, message: Any, world: World, policies: Policies, at: int, /) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """`refs`: what an input touches for certain. `related`: what inputs for a thing may touch beside it.

    `project`: an outcome as the records to publish, in order. `entries`: a step as entries of the history. `timers`: all
    that a thing wants to be looked at again for, in a stable order; each comes back as `domain.timers.TimerDue`. `bare`:
    (topic, value) → the value without a person, for what is kept as it came. `standstill`: what is told when messages of a
    key begin, and cease, to be parked.
    """

    decode: Decode
    encode: Encode
    refs: Callable[[Any], Sequence[Ref]]
    related: Callable[[Aggregate], Iterable[Ref]]
    handle: Handle
    project: Callable[[Outcome, str], Sequence[Outbound]]
    entries: Callable[[Step], Iterable[Entry]]
    timers: Callable[[Aggregate, Policies], Iterable[Timer]]
    policies: Policies
    bare: Callable[[str, bytes], bytes] = lambda _topic, value: value
    standstill: Standstill = lambda _topic, _key, _parked, _cause_id: None
