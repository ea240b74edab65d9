"""Batches without Kafka: messages get their places as they are sent, and are carried out over a real PostgreSQL."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Self

import psycopg

from consumers.attempt import Done
from consumers.batch import BatchWriter
from consumers.inputs import Input, read
from consumers.rules import Rules
from storage import outbox, positions
from storage.connections import connect
from storage.messages import AsReceived
from storage.positions import Move, Position
from tests.integration.counting_rules import TOPIC_OF, body, counting_rules

GROUP = "test"


class Batches:
    """Keeps the offsets; one partition a topic."""

    def __init__(self, url: str, rules: Rules | None = None, **more: Any) -> None:
        self.url = url
        self.rules = rules or counting_rules()
        self.writer = BatchWriter(self.connect, self.rules, GROUP, **more)
        self.expected: Counter[str] = Counter()
        self._offsets: Counter[str] = Counter()
        new = {(topic, 0): Position("", 0, 0, None) for topic in set(TOPIC_OF.values())}
        with self.connect() as connection:
            positions.create(connection, GROUP, new)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def connect(self) -> psycopg.Connection[Any]:
        return connect(self.url, "test")

    def sent(
        self, what: str, order: str = "shop:1", mark: str = "", *, key: bytes | None = b"", **more: Any
    ) -> AsReceived:
        """A message as it comes from Kafka, at its topic's next offset."""
        topic = TOPIC_OF[what]
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        return AsReceived(topic, 0, offset, order.encode() if key == b"" else key, body(what, order, mark, **more))

    def again(self, message: AsReceived) -> AsReceived:
        """The same message once more, at a later offset."""
        offset = self._offsets[message.topic]
        self._offsets[message.topic] += 1
        return AsReceived(message.topic, 0, offset, message.key, message.value)

    def moves(self, inputs: list[Input]) -> list[Move]:
        last = {one.message.topic: one.message.offset + 1 for one in inputs}
        return [Move(topic, 0, self.expected[topic], after) for topic, after in sorted(last.items())]

    def run(self, *messages: AsReceived, meanwhile: Callable[[], None] = lambda: None) -> Done:
        """One batch of these messages."""
        inputs = [read(self.rules.decode, message) for message in messages]
        moves = self.moves(inputs)
        done = self.writer.carry_out(inputs, moves, meanwhile)
        self.expected |= {move.topic: move.next for move in moves}
        return done

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query, values or None).fetchall()

    def marks(self, order: str = "shop:1") -> list[str]:
        """What was applied to an order, in order."""
        found = self.rows("SELECT document FROM orders WHERE order_key = %s", order)
        return list(json.loads(found[0][0])["parcels"]) if found and found[0][0] else []

    def published(self) -> list[tuple[str, Any]]:
        """(topic, value) of the outbox, in order; dead letters by their reason."""
        with self.connect() as connection:
            rows = outbox.read(connection, 1, 10_000)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        return [
            (row.topic, dict(row.headers)["ordercase_reason"])
            if "dead" in row.topic
            else (row.topic, json.loads(row.value or b""))
            for row in rows
        ]

    def parked(self) -> list[tuple[int, str, bool]]:
        """(offset, reason, behind) of what is parked, in order."""
        return self.rows('SELECT "offset", reason, behind FROM parked ORDER BY id')

    def waiting(self) -> list[int]:
        """Offsets of what waits, in order."""
        return [row[0] for row in self.rows('SELECT "offset" FROM waiting ORDER BY id')]
