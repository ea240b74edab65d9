"""How the loop's Kafka client is set up (reliability.md 2.2)."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.client_properties import for_consumer

_SETTINGS: Final[dict[str, str | int | bool]] = {
    "group.protocol": "classic",
    # The same partition of every topic to the same worker, so that all that is said of an order comes to one: with
    # cooperative-sticky whole topics go to one worker, and two workers wait for each other's orders.
    "partition.assignment.strategy": "range",
    # Positions are in PostgreSQL; the client neither commits nor guesses.
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "allow.auto.create.topics": False,
    # A killed worker's partitions shall be somebody else's soon.
    "session.timeout.ms": 9_000,
    "heartbeat.interval.ms": 2_000,
    "max.poll.interval.ms": 300_000,
    # A connection that nobody answers on any more is given up soon: with the default of a minute the partitions that the
    # group gives back after its session would stand still for the rest of it.
    "socket.timeout.ms": 10_000,
    # Only the end itself tells that all was read: after the last record there may be transaction markers.
    "enable.partition.eof": True,
    # Of each partition: the client fetches equal bytes of all until it holds so many messages, and hands them out as they
    # came. With a large number here the small messages, such as payments, run ahead of the orders that they belong to and
    # fill what is looked over; with a small one as many come of each partition.
    "queued.min.messages": 500,
    "queued.max.messages.kbytes": 65_536,
    # The default of 1000 leaves a full queue standing still for a second after it was emptied.
    "fetch.queue.backoff.ms": 20,
    "fetch.wait.max.ms": 100,
    "fetch.min.bytes": 1,
    "fetch.max.bytes": 16_777_216,
    # Little of each partition at a time, so that a worker that is behind gets all of them side by side (intake.AHEAD).
    "max.partition.fetch.bytes": 65_536,
    "receive.message.max.bytes": 100_000_000,
    "check.crcs": True,
    "socket.keepalive.enable": True,
}


def consumer_settings(properties: Mapping[str, str], *, group_id: str, client_id: str) -> dict[str, Any]:
    """`properties`: librdkafka's, `bootstrap.servers` among them; they win where they speak of what a consumer takes."""
    return {**_SETTINGS, "group.id": group_id, "client.id": client_id, **for_consumer(properties)}


def hands_over_singly(properties: Mapping[str, Any]) -> bool:
    """Whether a rebalance under these settings gives and takes single partitions, not all of them at once."""
    return properties.get("partition.assignment.strategy") == "cooperative-sticky"
