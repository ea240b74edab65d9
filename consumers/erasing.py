"""Taking a customer's personal data out of everything stored (architecture.md 5a), beside workers that go on working.

One transaction an order, with all that hangs on it; each keeps the batches out for as long as it lasts, so that no lock
is waited for in another order than theirs. Whoever is stopped half-way begins again: what is done is not found any more.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from time import sleep
from typing import Any, Final, TypeVar, cast
from uuid import uuid4

import psycopg

from consumers.attempt import Attempt, LockMore
from consumers.batch import ROUNDS, BatchWriter, now
from consumers.faults import Poison, TryAgain
from consumers.rules import Rules
from consumers.ruling import Ruling
from domain.actors import SYSTEM, Stamp
from domain.cases import Case
from domain.checkouts import CheckoutFile
from domain.erasure import Erased, erase
from domain.folding import KINDS
from domain.history import Entry
from domain.order_file import OrderFile
from domain.persons import without_person
from domain.world import Aggregate, Effect, Kind, Outcome, Ref
from schemas.bare import as_avro
from schemas.codec import Codec
from schemas.refusal import RegistryUnavailable, Undecodable
from schemas.topics import CHECKOUTS, ORDERS
from storage import changes, erasing, erasures, histories, loading, outbox, parking
from storage.loading import LoadedWorld
from storage.outbox import Message

Connection = psycopg.Connection[Any]
Connect = Callable[[], Connection]
Write = Callable[[], None]
T = TypeVar("T")

BY: Final = "erase"
TRIES: Final = 5
PAUSE: Final = 0.5


class _StillParked(Exception):
    """Something is parked under these keys: it has to go before."""

    def __init__(self, keys: set[str]) -> None:
        super().__init__(str(len(keys)))
        self.keys = keys


@dataclass(slots=True)
class Report:
    """How many of each kind lost their person, and how many messages went, or lost their words.

    `unpublished`: how many messages are still to be published as they were. `outbox_head`: see `still_to_publish`.
    """

    things: dict[str, int] = field(default_factory=dict)
    published: int = 0
    parked: int = 0
    replies: int = 0
    unpublished: int = 0
    outbox_head: int = 0

    def count(self, kinds: Iterable[str]) -> None:
        for kind in kinds:
            self.things[kind] = self.things.get(kind, 0) + 1


class Erasing:
    """One customer of one sales channel. `read` is a codec that reads every framing that the worker reads."""

    def __init__(
        self, connect: Connect, rules: Rules, group_id: str, read: Codec, channel: str, customer_id: str
    ) -> None:
        self._writer = BatchWriter(connect, rules, group_id)
        self._rules = rules
        self._group_id = group_id
        self._read = read
        self._channel = channel
        self._customer_id = customer_id
        self._customer = erasures.digest(channel, customer_id)
        self._cause_id = str(uuid4())
        self._decided_before = 0
        self.report = Report()

    def run(self, tell: Callable[[int, int], None] = lambda _done, _all: None) -> Report:
        """Everything; `tell` hears after each transaction how many are done of how many. Can be run again at any time.

        Raises consumers.faults' TryAgain, Poison and Stop, with what is done done.
        """
        try:
            roots = self._carried_out(self._begin)
            for count, ref in enumerate(roots, start=1):
                self._erase(ref)
                tell(count, len(roots))
            self._unpark(self._carried_out(self._named_by_parked))
            self._carried_out(self._rest)
        finally:
            self._writer.close()
        return self.report

    def _erase(self, ref: Ref) -> None:
        """What is parked under its keys goes first; more may come until it is done."""
        for _ in range(ROUNDS):
            try:
                self._carried_out(partial(self._one, ref))
            except _StillParked as parked:
                self._unpark(parked.keys)
            else:
                return
        raise TryAgain("messages of the customer are parked faster than they can be discarded")

    def _unpark(self, keys: Collection[str]) -> None:
        """Discards what is parked under these keys; the orders hear that nothing stands still any more."""
        if not keys:
            return
        more: frozenset[Ref] = frozenset()
        for _ in range(ROUNDS):
            try:
                self._carried_out(partial(self._unparked, keys, more))
            except LockMore as missing:
                more |= missing.refs
            else:
                return
        raise Poison("NeverEnoughLocked", None)

    def _unparked(self, keys: Collection[str], more: frozenset[Ref], connection: Connection) -> tuple[None, Write]:
        connection.execute("BEGIN")
        parking.own(connection)
        at = now()
        gone = erasing.discard_parked(connection, keys, BY, at)
        self.report.parked += len(gone)
        tried = list(dict.fromkeys(gone))
        _, write = Attempt(self._rules, self._group_id, at, tried=tried).run(connection, [], more=more, begun=True)
        return None, write

    def _carried_out(self, work: Callable[[Connection], tuple[T, Write]]) -> T:
        """One transaction, tried again when a worker was in the way for long. One that was done already finds nothing."""
        before = deepcopy(self.report)
        for _ in range(TRIES - 1):
            try:
                return self._writer.in_transaction(work)
            except TryAgain:
                self.report = deepcopy(before)
                sleep(PAUSE)
        return self._writer.in_transaction(work)

    def _begin(self, connection: Connection) -> tuple[Sequence[Ref], Write]:
        """From now on batches know the customer; what they wrote before is there to be found."""
        connection.execute("BEGIN")
        parking.own(connection)
        begun = erasures.begin(connection, self._customer, now())
        self.report.outbox_head = begun.outbox_head or 0
        self._decided_before = outbox.head(connection)
        found = (erasing.orders_of, erasing.checkouts_of, erasing.cases_of, erasing.interactions_of)
        return [ref for of in found for ref in of(connection, self._channel, self._customer_id)], lambda: None

    def _one(self, root: Ref, connection: Connection) -> tuple[None, Write]:
        connection.execute("BEGIN")
        parking.own(connection)
        world = LoadedWorld(self._locked(connection, root))
        refs = [ref for ref, thing in world.now.items() if thing is not None]
        kept = self._histories(connection, refs)
        keys = self._keys(refs, kept)
        if erasing.parked_under(connection, keys):
            raise _StillParked(keys)
        at = now()
        stamp = Stamp(at, SYSTEM, self._cause_id)
        done = {ref: one for ref in refs if (one := self._erased(ref, world, kept, stamp)) is not None}
        for ref in refs:
            if ref.kind not in KINDS:
                world.put({ref: without_person(cast("Aggregate", world.get(ref)))})
        changed = world.changed()

        def write() -> None:
            changes.write(connection, changed, self._rules.related, {}, at)
            for ref, one in done.items():
                histories.rewrite(connection, _rewritten(kept[ref], one))
            steps = [step for one in done.values() for step in one.steps]
            changes.append_history(connection, _entries(self._rules, steps))
            messages = self._messages(world, done, at)
            if messages:
                outbox.append(connection, messages, at)

        # What may fail for what stands in a message is done before the pipeline of writes begins.
        self._messages_kept(connection, refs, keys)
        self.report.count(ref.kind for ref in changed)
        return None, write

    def _locked(self, connection: Connection, root: Ref) -> dict[Ref, Aggregate | None]:
        """The thing and all that hangs on it, locked in the order in which batches lock."""
        refs = {root}
        if root.kind is Kind.ORDER:
            refs |= erasing.around_order(connection, root.key)
        elif root.kind is Kind.CHECKOUT:
            refs |= erasing.around_checkout(connection, root.key)
            refs |= histories.notices_of(chain(*histories.of(connection, root.kind, [root.key]).values()))
        refs |= erasing.around_cases(connection, [ref.key for ref in refs if ref.kind is Kind.CASE])
        loaded = loading.lock(connection, refs, ())()
        talks = {
            Ref(Kind.INTERACTION, thing.interaction_id)
            for thing in loaded.values()
            if isinstance(thing, Case) and thing.interaction_id
        } - refs
        return {**loaded, **(loading.lock(connection, talks, ())() if talks else {})}

    def _histories(self, connection: Connection, refs: Iterable[Ref]) -> dict[Ref, list[histories.Kept]]:
        kept: dict[Ref, list[histories.Kept]] = {}
        for kind in KINDS:
            keys = [ref.key for ref in refs if ref.kind is kind]
            found = histories.of(connection, kind, keys) if keys else {}
            kept |= {Ref(kind, key): found.get(key, []) for key in keys}
        return kept

    def _erased(
        self, ref: Ref, world: LoadedWorld, kept: Mapping[Ref, list[histories.Kept]], stamp: Stamp
    ) -> Erased | None:
        thing = world.get(ref)
        if not isinstance(thing, OrderFile | CheckoutFile | Case):
            return None
        one = erase(ref, thing, [entry for _, entry in kept[ref]], stamp)
        if one is not None:
            world.put({ref: one.after})
        return one

    def _keys(self, refs: Iterable[Ref], kept: Mapping[Ref, list[histories.Kept]]) -> set[str]:
        """The Kafka keys of what was said of these things: their own, and the ids of the commands that changed them."""
        causes = {entry.stamp.cause_id for history in kept.values() for _, entry in history}
        return {ref.key for ref in refs if ref.kind is not Kind.NOTICE} | causes

    def _messages_kept(self, connection: Connection, refs: Iterable[Ref], keys: set[str]) -> None:
        self.report.published += erasing.drop_published(connection, self._group_id, keys)
        self.report.unpublished += erasing.unpublished(connection, self._group_id, keys, self._decided_before)
        for ref in refs:
            if ref.kind is Kind.ORDER:
                erasing.rewrite_waiting(connection, ref.key, self._rules.bare)

    def _messages(self, world: LoadedWorld, done: Mapping[Ref, Erased], at: int) -> list[Message]:
        ruling = Ruling(self._rules, self._group_id, world, at)
        return [
            message
            for one in done.values()
            for message in ruling.records(Outcome(effect=Effect.APPLIED, changed={}, steps=one.steps))
        ]

    def _named_by_parked(self, connection: Connection) -> tuple[set[str], Write]:
        """The keys of parked events about the customer, whose orders may never have been known."""
        connection.execute("BEGIN")
        parking.own(connection)
        keys = erasing.parked_naming(connection, (ORDERS, CHECKOUTS), self._channel, self._names)
        self._messages_kept(connection, (), keys)
        return keys, lambda: None

    def _rest(self, connection: Connection) -> tuple[None, Write]:
        """What names the customer and hangs on no order: stored answers."""
        connection.execute("BEGIN")
        parking.own(connection)
        self.report.replies += erasing.silence_replies(connection, self._customer_id)
        if self.report.unpublished:
            self.report.outbox_head = outbox.head(connection)
        return None, partial(erasures.finish, connection, self._customer, self.report.outbox_head)

    def _names(self, topic: str, value: bytes) -> bool:
        """Whether a shop's event is about the customer; in one that nobody can read Avro's text of the id tells."""
        try:
            _, raw = self._read.read(topic, value)
        except (Undecodable, RegistryUnavailable):
            return as_avro(self._customer_id) in value
        about = raw.get("order", raw)
        customer = about.get("customer") or {}
        return bool(about.get("sales_channel") == self._channel and customer.get("customer_id") == self._customer_id)


def still_to_publish(connect: Connect, report: Report) -> bool:
    """Whether messages that hold the person are still to be published, by this erasure's or an earlier one's account."""
    with connect() as connection:
        return erasing.still_in_outbox(connection, report.outbox_head)


def _rewritten(kept: Iterable[histories.Kept], one: Erased) -> list[tuple[int, Any]]:
    """Only the entries that held something."""
    both = zip(kept, one.entries, strict=True)
    return [(number, after) for (number, before), after in both if after.entry is not before]


def _entries(rules: Rules, steps: Iterable[Any]) -> list[Entry]:
    return [entry for step in steps for entry in rules.entries(step)]
