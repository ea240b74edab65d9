"""Relays with one promise taken out; see mutants.py."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from ordercase import wiring
from producers import publishing
from producers.publishing import Doubt, InTransactions
from producers.relay import Relay
from tests.faults.mutants import mutant, put


@mutant("relay without transactions", "events go out first and the position is kept a moment later", "relay killed")
def relay_without_transactions() -> None:
    build = wiring._relay
    put(wiring, "_relay", lambda settings, _transactional: build(settings, transactional=False))
    acknowledged = Relay._acknowledged

    def late(self: Any, connection: Any, position: Any) -> None:
        time.sleep(0.15)  # a window that a kill finds
        acknowledged(self, connection, position)

    put(Relay, "_acknowledged", late)


def _position_from_postgresql() -> None:
    """The relay goes on from the copy of its position, which is not atomic with the events."""
    start = InTransactions.start

    def from_copy(self: InTransactions, connection: Any) -> Any:
        copy = publishing.kept(connection, self._group_id)
        try:
            found = start(self, connection)
        except Doubt:
            if copy is None:
                raise
            return copy
        return copy or found

    put(InTransactions, "start", from_copy)


@mutant(
    "relay without fencing",
    "each relay has a transactional id of its own and the position from PostgreSQL",
    "zombie relay",
)
def relay_without_fencing() -> None:
    settings = getattr(publishing, "producer_settings")  # noqa: B009 - it is not ours to export

    def unfenced(properties: Any, *, client_id: str, transactional_id: str | None = None) -> Any:
        own = None if transactional_id is None else f"{transactional_id}-{uuid4()}"
        return settings(properties, client_id=client_id, transactional_id=own)

    put(publishing, "producer_settings", unfenced)
    _position_from_postgresql()


@mutant(
    "unanswered taken for published",
    "events whose transaction was not answered are taken for published",
    "broker killed",
)
def unanswered_taken_for_published() -> None:
    publish = InTransactions.publish

    def hopeful(self: InTransactions, rows: Sequence[Any], position: Any) -> None:
        try:
            publish(self, rows, position)
        except Doubt:
            self._unrest.heard.append("doubt")

    put(InTransactions, "publish", hopeful)
    _position_from_postgresql()


@mutant("backwards", "what is published together goes out in any order")
def backwards() -> None:
    publish = InTransactions.publish

    def reverse(self: InTransactions, rows: Sequence[Any], position: Any) -> None:
        publish(self, list(reversed(rows)), position)

    put(InTransactions, "publish", reverse)


@mutant("any partition", "a key's events go to whatever partition comes next")
def any_partition() -> None:
    settings = getattr(publishing, "producer_settings")  # noqa: B009 - it is not ours to export
    put(publishing, "producer_settings", lambda *a, **k: {**settings(*a, **k), "partitioner": "random"})


@mutant(
    "doubt not heeded",
    "the relay keeps its producer after a commit that may have been sent twice",
    "late Kafka commit, relay killed",
)
def doubt_not_heeded() -> None:
    put(InTransactions, "trust", lambda _self: None)
