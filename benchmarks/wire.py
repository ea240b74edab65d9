"""Messages as bytes, made before the clock runs, and the producer that a shop would use."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from confluent_kafka import Producer

from benchmarks.traffic import Message
from schemas.codec import Codec

SHORTEST_SLEEP = 0.001
"""Seconds; who sends some thousand a second would lose more than that by asking for less."""


@dataclass(frozen=True, slots=True)
class Wire:
    topic: str
    key: bytes
    value: bytes
    message_id: str


def encoded(codec: Codec, messages: Iterable[Message]) -> list[Wire]:
    return [
        Wire(message.topic, message.key.encode(), codec.encode(message.topic, message.record, message.value),
             message.message_id)
        for message in messages
    ]  # fmt: skip


def producer(bootstrap_servers: str, linger_ms: int = 1) -> Producer:
    """`linger_ms`: how long it gathers messages for one request; a flood in requests of a few messages each would measure
    what the broker can do with those."""
    return Producer({
        "bootstrap.servers": bootstrap_servers,
        "partitioner": "murmur2_random",
        "enable.idempotence": True,
        "linger.ms": linger_ms,
        "queue.buffering.max.messages": 1_000_000,
    })  # fmt: skip


def flood(to: Producer, messages: Sequence[Wire]) -> None:
    """Publishes all as fast as the broker takes them; returns when it has them."""
    for message in messages:
        to.produce(message.topic, key=message.key, value=message.value)
    to.flush()


def pace(to: Producer, messages: Sequence[Wire], rate: float) -> dict[str, float]:
    """Publishes `rate` a second; message id → when it was handed over (monotonic seconds)."""
    handed: dict[str, float] = {}
    started = time.monotonic()
    for n, message in enumerate(messages):
        ahead = started + n / rate - time.monotonic()
        if ahead > SHORTEST_SLEEP:
            time.sleep(ahead)
        handed[message.message_id] = time.monotonic()
        to.produce(message.topic, key=message.key, value=message.value)
        to.poll(0)
    to.flush()
    return handed
