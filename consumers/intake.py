"""What comes out of Kafka, decoded, and nothing lost when decoding has to wait."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from time import perf_counter, time_ns
from typing import Any, Final

import structlog
from confluent_kafka import Consumer, KafkaError

from consumers import inputs
from consumers.assignment import Assignment, End
from consumers.faults import MissingTopic, Stop, of_registry
from consumers.inputs import Input
from consumers.rules import Decode
from schemas.refusal import RegistryUnavailable
from storage.positions import Partition

log: Final = structlog.get_logger(__name__)

WAIT: Final = 0.1
"""Seconds that an empty hand waits for a first message. Also how late a stop is noticed."""

AHEAD: Final = 32
"""Batches that are looked over for what was sent first. A client that is behind hands out one partition after the other,
as many bytes of each: taken like that, what happened to orders comes before the orders, and has to wait for them.
"""

AHEAD_BYTES: Final = 32 * 1024 * 1024
"""No further batch is looked over while so much is in hand: of messages of a megabyte each only a few."""

PASSING: Final = frozenset({
    KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE, KafkaError._TIMED_OUT,
    KafkaError._MAX_POLL_EXCEEDED, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.REBALANCE_IN_PROGRESS, KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID,
})  # fmt: skip
"""Errors that the client gets over by itself; the group's are followed by a rebalance."""


@dataclass(slots=True)
class Fetched:
    """Inputs in the order of their partitions. `ends`: partitions of which this is all there was.

    `seconds`: what it took to get and decode them, without waiting for a first one.
    """

    inputs: list[Input] = field(default_factory=list)
    ends: dict[Partition, End] = field(default_factory=dict)
    seconds: float = 0.0


class Intake:
    """Fetches at most `size` messages at a time from one consumer, of those that are here the ones first sent.

    Within a partition the order is Kafka's, whatever the messages' times say: a time counts from no earlier than the
    one before it.
    """

    def __init__(self, consumer: Consumer, assignment: Assignment, decode: Decode, size: int) -> None:
        self._consumer = consumer
        self._assignment = assignment
        self._decode = decode
        self._size = size
        self._raw: list[tuple[int, Any]] = []
        self._bytes = 0
        self._times: dict[tuple[str | None, int | None], int] = {}

    def fetch(self, wait: float = WAIT) -> Fetched:
        """What there is, after waiting for the first of it at most `wait` seconds.

        consume(n, t) itself would wait for n messages or the whole of t. Raises TryAgain when the registry is away:
        what was consumed is kept for the next call. Raises Stop for what the client cannot get over.
        """
        if not self._raw:
            self._consume(1, wait)
        started = perf_counter()
        while self._raw and len(self._raw) < AHEAD * self._size and self._bytes < AHEAD_BYTES:
            if not self._consume(self._size, 0):
                break
        fetched = self._decoded()
        fetched.seconds = perf_counter() - started
        return fetched

    def stay_alive(self) -> None:
        """Lets the client do its work for a moment while no batch can be carried out; what arrives is kept."""
        self._consume(1, WAIT)

    def forget(self) -> None:
        """Drops what was consumed and not decoded: it will come again."""
        self._raw.clear()
        self._bytes = 0
        self._times.clear()

    def let_go(self, names: Collection[Partition]) -> None:
        """The same of these partitions alone. Called in the middle of a consume(), whose messages are still to come."""
        self._raw = [(at, raw) for at, raw in self._raw if (raw.topic(), raw.partition()) not in names]
        self._bytes = sum(length(raw) for _, raw in self._raw)
        for name in names:
            self._times.pop(name, None)

    def _consume(self, count: int, wait: float) -> bool:
        """Whether anything came."""
        came = self._consumer.consume(count, wait)
        if came:
            self._raw += [(self._time(raw), raw) for raw in came]
            self._raw.sort(key=itemgetter(0))
            self._bytes += sum(map(length, came))
        return bool(came)

    def _time(self, raw: Any) -> int:
        """When it was sent; what is no message, such as an end, counts with the message before it."""
        name = raw.topic(), raw.partition()
        before = self._times.get(name, 0)
        at: int = max(before, raw.timestamp()[1])
        if at > before:
            self._times[name] = at
        return at

    def _decoded(self) -> Fetched:
        fetched = Fetched()
        done = 0
        try:
            for _, raw in islice(self._raw, self._size):
                if raw.error() is not None:
                    self._event(raw, fetched)
                else:
                    self._message(raw, fetched)
                done += 1
        except RegistryUnavailable as error:
            if not fetched.inputs and not fetched.ends:
                raise of_registry(error) from error
        finally:
            self._bytes -= sum(length(raw) for _, raw in self._raw[:done])
            del self._raw[:done]
        return fetched

    def _message(self, raw: Any, fetched: Fetched) -> None:
        message = inputs.as_received(raw)
        if not self._assignment.owns(message):
            return
        aside = self._assignment.aside(message)
        fetched.inputs.append(inputs.put_aside(message, aside) if aside else inputs.read(self._decode, message))
        fetched.ends.pop((message.topic, message.partition), None)

    def _event(self, raw: Any, fetched: Fetched) -> None:
        error = raw.error()
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            if (raw.topic(), raw.partition()) in self._assignment.expected:
                fetched.ends[raw.topic(), raw.partition()] = End(raw.offset(), time_ns() // 1000)
        elif code in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
            raise MissingTopic([raw.topic() or "?"])
        elif code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise Stop(
                "offset_out_of_range",
                f"{raw.topic()} partition {raw.partition()} does not have the offset that is to be read next: the topic"
                " was recreated or truncated, or retention deleted what was not read. Start again to hear which.",
            )
        elif code in PASSING and not error.fatal():
            log.warning("kafka", code=error.name())
        else:
            raise Stop("kafka_refuses", f"Kafka refuses to go on: {error.name()}. {error.str()}")


def length(raw: Any) -> int:
    """Bytes of a message that are held because of it."""
    return len(raw.value() or b"") + len(raw.key() or b"")
