"""A reader of everything that is published, as a shop would be one: `read_committed`, in a thread of its own."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import Consumer, Message, TopicPartition

from schemas.topics import OUTBOUND

POLL: Final = 0.02
CAUSES: Final = {"ce_correlationid", "ce_causationid"}


def text(headers: Mapping[str, str | bytes | None]) -> dict[str, str]:
    """Headers as text; CloudEvents headers are UTF-8."""
    return {name: value.decode() if isinstance(value, bytes) else value or "" for name, value in headers.items()}


@dataclass(slots=True)
class Seen:
    """What came out. `by_cause`: the input's id → when its first effect was visible (monotonic seconds)."""

    count: int = 0
    last_at: float = 0.0
    event_ids: set[str] = field(default_factory=set)
    by_cause: dict[str, float] = field(default_factory=dict)
    rows: list[tuple[str, bytes, bytes]] = field(default_factory=list)


class Reader:
    """Reads all partitions of all outbound topics from their beginning until `close`."""

    def __init__(self, bootstrap_servers: str) -> None:
        self.seen = Seen()
        self._stop = threading.Event()
        self._consumer = Consumer({
            "bootstrap.servers": bootstrap_servers,
            "group.id": "bench-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            # A commit answers a request that waits; without one there is no reason to ask a hundred times a second.
            "fetch.wait.max.ms": 250,
        })  # fmt: skip
        topics = self._consumer.list_topics(timeout=10).topics
        self._consumer.assign([TopicPartition(name, p, 0) for name in OUTBOUND for p in topics[name].partitions])
        self._thread = threading.Thread(target=self._read, name="reader")
        self._thread.start()

    def _read(self) -> None:
        while not self._stop.is_set():
            first = self._consumer.consume(1, POLL)
            if first:
                self._take(first + self._consumer.consume(5000, 0), time.monotonic())

    def _take(self, messages: list[Message], at: float) -> None:
        seen = self.seen
        for message in messages:
            if message.error():
                continue
            headers = text(dict(message.headers() or []))
            for name in CAUSES & headers.keys():
                seen.by_cause.setdefault(headers[name], at)
            seen.event_ids.add(headers.get("ce_id", ""))
            seen.rows.append((message.topic() or "", message.key() or b"", message.value() or b""))
            seen.count += 1
            seen.last_at = at

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()
