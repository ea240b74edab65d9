"""Workers with one promise taken out, each by a patch at runtime: the judge must catch every one of them.

A judge that finds nothing wrong with the worker says something only if it finds what is wrong with these.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import choice
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

import psycopg
from confluent_kafka import Consumer, KafkaException, TopicPartition

from consumers import loop
from consumers.assignment import Assignment
from consumers.batch import BatchWriter
from consumers.deciding import Deciding
from domain import order_evolve
from domain.order_events import OrderStateMoved
from schemas import request_records
from storage import inbox, loading, outbox, positions
from storage.recordset import parameter


@dataclass(frozen=True, slots=True)
class Mutant:
    """`fault`: the one under which it shows, with so many stories a second. `change` patches this process at its start."""

    name: str
    told: str
    fault: str
    change: Callable[[], None]
    rate: float


def put(owner: Any, name: str, value: object) -> None:
    """Raises AttributeError when there is nothing of this name any more: a mutant must not become harmless unseen."""
    getattr(owner, name)
    setattr(owner, name, value)


MUTANTS: Final[dict[str, Mutant]] = {}


def mutant(
    name: str, told: str, fault: str = "", rate: float = 6.0
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enters the change in the list. `fault` "": the repeats and the disorder that every run has are enough."""

    def enter(change: Callable[[], None]) -> Callable[[], None]:
        MUTANTS[name] = Mutant(name, told, fault, change, rate)
        return change

    return enter


@mutant("no inbox", "every message is taken for one that nobody has seen")
def no_inbox() -> None:
    remember = inbox.remember
    named = "SELECT r.kind, r.message_id::text FROM json_to_recordset(%s::json) AS r (kind text, message_id uuid)"

    def all_fresh(connection: Any, seen: Iterable[inbox.Seen], at: int) -> Any:
        listed = list(seen)
        remember(connection, listed, at)
        return connection.execute(named, (parameter(listed),))

    put(inbox, "remember", all_fresh)


@mutant(
    "offsets first",
    "the group's offsets are committed before the batch, and reading goes on from them",
    "worker killed at COMMIT",
)
def offsets_first() -> None:
    settle, begin = loop.Loop._settle, Assignment._begin

    def commit_then_settle(self: Any, fetched: Any, consumer: Consumer, *rest: Any) -> None:
        ends = {(one.message.topic, one.message.partition): one.message.offset + 1 for one in fetched.inputs}
        if ends:
            with suppress(KafkaException):
                consumer.commit(offsets=[TopicPartition(*name, at) for name, at in ends.items()], asynchronous=False)
        settle(self, fetched, consumer, *rest)

    def begin_at_offsets(self: Any, names: list[tuple[str, int]]) -> Any:
        found = begin(self, names)
        asking = Consumer(self._look.__self__._properties)
        offsets = asking.committed([TopicPartition(*name) for name in names], timeout=10)
        asking.close()
        for told in offsets:
            name = told.topic, told.partition
            if told.offset > found[name].next_offset:
                found[name] = replace(found[name], next_offset=told.offset)
                with self._connect() as connection:
                    connection.execute(
                        "UPDATE input_position SET next_offset = %s WHERE topic = %s AND partition = %s",
                        (told.offset, *name),
                    )
        return found

    put(loop.Loop, "_settle", commit_then_settle)
    put(Assignment, "_begin", begin_at_offsets)


def _cut(owner: Any, name: str, words: str) -> None:
    """Takes words out of a statement."""
    statement = getattr(owner, name)
    assert words in statement, f"{name} does not say {words!r} any more"
    setattr(owner, name, statement.replace(words, ""))


def _no_compare_and_set() -> None:
    _cut(positions, "_MOVE", "AND ip.next_offset = v.expected")


@mutant(
    "no compare and set",
    "positions are set to where this worker believes they go, and a doubtful batch is done again",
    "zombie worker",
)
def no_compare_and_set() -> None:
    _no_compare_and_set()
    put(BatchWriter, "committed", lambda _self, _moves: False)


@mutant(
    "second COMMIT after doubt",
    "a batch whose COMMIT was not answered is carried out again, whatever became of it",
    "reply to COMMIT lost",
)
def second_commit() -> None:
    no_compare_and_set()


@mutant("doubt taken for done", "a batch whose COMMIT was not answered is taken for committed", "COMMIT lost")
def doubt_taken_for_done() -> None:
    _no_compare_and_set()
    put(BatchWriter, "committed", lambda _self, _moves: True)


@mutant(
    "outbox outside", "events are written over a connection of their own, before the batch is committed", "COMMIT lost"
)
def outbox_outside() -> None:
    append = outbox.append

    def apart(connection: Any, messages: Sequence[Any], at: int) -> None:
        info = connection.info
        with psycopg.connect(host=info.host, port=info.port, dbname=info.dbname, user=info.user,
                             password=info.password, autocommit=True) as other:  # fmt: skip
            append(other, messages, at)

    put(outbox, "append", apart)


@mutant("versions stand still", "an order's version is not raised when its state is published")
def versions_stand_still() -> None:
    def still(file: Any, _event: Any, _stamp: Any) -> Any:
        return replace(file, version=max(1, file.version))

    assert OrderStateMoved in order_evolve.EVOLVE
    order_evolve.EVOLVE[OrderStateMoved] = still


@mutant("waiting dropped", "what waits for an order is forgotten when partitions change hands", "rebalance storm")
def waiting_dropped() -> None:
    for name in ("on_revoke", "on_assign"):
        put(Assignment, name, _forgetting(getattr(Assignment, name)))


def _forgetting(callback: Callable[..., None]) -> Callable[..., None]:
    def forgetful(self: Any, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        callback(self, consumer, partitions)
        with self._connect() as connection:
            connection.execute("DELETE FROM waiting")

    return forgetful


@mutant("poison passed", "a message goes on though one before it under its key is parked")
def poison_passed() -> None:
    put(Deciding, "_is_behind", lambda _self, _message: False)


@mutant("new idempotency key", "a payment that is asked for again is asked for under another reference")
def new_idempotency_key() -> None:
    requests = request_records.payment_requests

    def renamed(step: Any) -> list[Any]:
        asked = requests(step)
        for one in asked:
            if one["attempt"] > 1:
                one["operation_reference"] = str(uuid5(NAMESPACE_OID, f"{one['operation_reference']}{one['attempt']}"))
        return asked

    put(request_records, "payment_requests", renamed)


@mutant("no locks", "what a batch touches is read without being locked", "two at one order")
def no_locks() -> None:
    for kind, statement in loading._LOCKS.items():
        assert statement.endswith(" FOR UPDATE")
        loading._LOCKS[kind] = statement.removesuffix(" FOR UPDATE")


@mutant(
    "no lock order",
    "what a batch touches is locked from the first to the last or the other way round",
    "two at one order",
)
def no_lock_order() -> None:
    class EitherWay(dict[Any, str]):
        def __getitem__(self, kind: Any) -> str:
            statement = super().__getitem__(kind)
            assert " FOR UPDATE" in statement
            return statement.replace(" FOR UPDATE", choice((" FOR UPDATE", " DESC FOR UPDATE")))

    put(loading, "_LOCKS", EitherWay(loading._LOCKS))


@mutant("answers forgotten", "a command that comes again is answered with nothing")
def answers_forgotten() -> None:
    def nothing(_connection: Any, identities: Collection[Any]) -> dict[Any, Any]:
        return dict.fromkeys(identities, ("", None))

    put(inbox, "known", nothing)
