"""A worker without Kafka: bytes in, the real rules, real batches over a real PostgreSQL, bytes out of the outbox.

It is a `Line` of the simulator, and takes messages one by one for those who want to say what is in each batch.
"""

from collections import Counter, deque
from typing import Any, Self

import psycopg

from consumers.batch import BatchWriter
from consumers.inputs import read
from consumers.rules import Rules
from domain.policy import DEFAULT, Policies
from ordercase.simulate.seen import Record
from ordercase.wiring import domain_rules
from schemas.codec import Codec
from schemas.topics import INBOUND
from storage import outbox, positions
from storage.connections import connect
from storage.messages import AsReceived
from storage.positions import Move, Position

GROUP = "test"


def real_rules(policies: Policies = DEFAULT, codec: Codec | None = None) -> Rules:
    """What `ordercase run` tells its loop."""
    codec = codec or Codec()
    return domain_rules(codec, policies, codec.decode)


class StoredWorker:
    """One partition a topic. `batch`: the most messages in one transaction."""

    def __init__(self, url: str, *, batch: int = 200) -> None:
        self.url = url
        self.codec = Codec()
        self.rules = real_rules(codec=self.codec)
        self._writer = BatchWriter(self.connect, self.rules, GROUP)
        self._batch = batch
        self._offsets: Counter[str] = Counter()
        self._expected: Counter[str] = Counter()
        self._queue: deque[AsReceived] = deque()
        self._published = 0
        with self.connect() as connection:
            positions.create(connection, GROUP, {(topic, 0): Position("", 0, 0, None) for topic in INBOUND})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def connect(self) -> psycopg.Connection[Any]:
        return connect(self.url, "test")

    def send(self, topic: str, record: str, key: str, value: dict[str, Any]) -> None:
        self.send_raw(topic, key, self.codec.encode(topic, record, value))

    def send_raw(self, topic: str, key: str, value: bytes) -> None:
        self._queue.append(AsReceived(topic, 0, self._offsets[topic], key.encode(), value))
        self._offsets[topic] += 1

    def receive(self, seconds: float = 0) -> list[Record]:
        """Carries out what was sent; answers what was published since the last call."""
        while self._queue:
            taken = [self._queue.popleft() for _ in range(min(self._batch, len(self._queue)))]
            last = {one.topic: one.offset + 1 for one in taken}
            moves = [Move(topic, 0, self._expected[topic], after) for topic, after in sorted(last.items())]
            self._writer.carry_out([read(self.rules.decode, one) for one in taken], moves)
            self._expected |= last
        return self._news()

    def _news(self) -> list[Record]:
        with self.connect() as connection:
            rows = outbox.read(connection, self._published + 1, 100_000)
        self._published = rows[-1].seq if rows else self._published
        return [self._record(row) for row in rows]

    def _record(self, row: outbox.OutboxRow) -> Record:
        key = (row.key or b"").decode()
        if "dead-letters" in row.topic:
            return Record(row.topic, key, "parked", dict(row.headers), dict(row.headers))
        record, value = self.codec.read(row.topic, row.value or b"")
        return Record(row.topic, key, record, value, dict(row.headers))

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            found = connection.execute(query, values or None)
            return found.fetchall() if found.description else []
