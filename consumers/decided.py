"""What the database said of a batch before it was decided, and what the batch leads to."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.history import Entry
from domain.timers import Timer
from domain.world import Ref
from storage.inbox import Identity
from storage.messages import TopicKey
from storage.outbox import Message
from storage.parking import Parked
from storage.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Before:
    """`fresh`: identities that nobody had seen. `known`: (digest, stored answer) of the others.

    `parked`: topics and keys with something parked that blocks, first offset by partition. `waiting`: what the keys with something waiting wait
    for. `fetch`: all that waits for a thing, in order. `timers`: those that are to be fired and were still there.
    """

    fresh: frozenset[Identity] = frozenset()
    known: Mapping[Identity, tuple[str, str | None]] = field(default_factory=dict)
    parked: Mapping[TopicKey, Mapping[int, int]] = field(default_factory=dict)
    waiting: Mapping[TopicKey, Ref] = field(default_factory=dict)
    fetch: Callable[[Ref], list[Waiting]] = lambda _ref: []
    timers: Sequence[Timer] = ()


@dataclass(slots=True)
class Decided:
    """All there is to write beside the changed things, in order. `outbox`: to publish. `awake`: ids of rows of
    `waiting` that are through. `moved`: rows that wait for another thing now. `forgotten`: ids that may come again.

    `sources`: the warehouses that spoke of an order. `failed`: (topic, reason) of each message parked for its own sake.
    `fired`: timers that were handled. `put_off`: timers on which a rule broke.
    """

    entries: list[Entry] = field(default_factory=list)
    outbox: list[Message] = field(default_factory=list)
    answers: list[dict[str, object]] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    reparked: list[Parked] = field(default_factory=list)
    waits: list[Waiting] = field(default_factory=list)
    moved: list[Waiting] = field(default_factory=list)
    awake: list[int] = field(default_factory=list)
    forgotten: list[Identity] = field(default_factory=list)
    conflicts: list[dict[str, object]] = field(default_factory=list)
    sources: defaultdict[Ref, set[str]] = field(default_factory=lambda: defaultdict(set))
    failed: list[tuple[str, str]] = field(default_factory=list)
    fired: list[Timer] = field(default_factory=list)
    put_off: list[Timer] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
