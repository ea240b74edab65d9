"""What the intake hands out of what a client has fetched: the first sent first, a partition's order untouched."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError

from consumers.assignment import Assignment
from consumers.faults import TryAgain
from consumers.intake import AHEAD, AHEAD_BYTES, Intake
from schemas.refusal import RegistryUnavailable

ORDERS, PAYMENTS = ("orders", 0), ("payments", 0)


class Raw:
    """A message, or with `code` an event of the client, as confluent_kafka hands them out."""

    def __init__(self, name: tuple[str, int], offset: int, sent: int, code: int | None = None) -> None:
        self._name, self._offset, self._sent, self._code = name, offset, sent, code

    def topic(self) -> str:
        return self._name[0]

    def partition(self) -> int:
        return self._name[1]

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return (0, -1) if self._code is not None else (1, self._sent)

    def key(self) -> bytes:
        return b"k"

    def value(self) -> bytes:
        return b"v"

    def headers(self) -> None:
        return None

    def error(self) -> KafkaError | None:
        return None if self._code is None else KafkaError(self._code)


class Fetching:
    """A client that has fetched all of `raws` in this order."""

    def __init__(self, raws: Sequence[Raw]) -> None:
        self.raws = list(raws)

    def consume(self, count: int, _wait: float) -> list[Raw]:
        given, self.raws = self.raws[:count], self.raws[count:]
        return given


class Everything:
    """All partitions are this worker's, from their first message."""

    def __init__(self) -> None:
        self.expected = {ORDERS: 0, PAYMENTS: 0}

    def owns(self, message: Any) -> bool:
        return (message.topic, message.partition) in self.expected

    def aside(self, _message: Any) -> int:
        return 0


def decode(_topic: str, _key: bytes | None, _value: bytes | None) -> object:
    return object()


def intake(raws: Sequence[Raw], size: int, decoding: Any = decode) -> Intake:
    return Intake(cast("Consumer", Fetching(raws)), cast("Assignment", Everything()), decoding, size)


def places(reading: Intake) -> list[tuple[str, int]]:
    return [(one.message.topic, one.message.offset) for one in reading.fetch().inputs]


def test_of_many_fetched_messages_the_first_sent_come_first() -> None:
    raws = [Raw(PAYMENTS, n, 100 + 10 * n) for n in range(4)] + [Raw(ORDERS, n, 95 + 10 * n) for n in range(4)]
    reading = intake(raws, 3)
    assert places(reading) == [("orders", 0), ("payments", 0), ("orders", 1)]
    assert places(reading) == [("payments", 1), ("orders", 2), ("payments", 2)]
    assert places(reading) == [("orders", 3), ("payments", 3)]
    assert places(reading) == []


def test_of_large_messages_no_more_are_held_than_the_bytes_allow() -> None:
    class Large(Raw):
        def value(self) -> bytes:
            return b"v" * (AHEAD_BYTES // 8)

    client = Fetching([Large(ORDERS, n, n) for n in range(40)])
    reading = Intake(cast("Consumer", client), cast("Assignment", Everything()), decode, 2)
    taken = []
    for _ in range(20):
        taken += places(reading)
        assert 40 - len(client.raws) - len(taken) <= 8
    assert [offset for _, offset in taken] == list(range(40))


def test_a_partition_keeps_its_order_whatever_its_messages_times_say() -> None:
    raws = [
        Raw(PAYMENTS, 0, 500),
        Raw(PAYMENTS, 1, 100),
        Raw(PAYMENTS, 2, 300),
        Raw(ORDERS, 0, 200),
        Raw(ORDERS, 1, 400),
    ]
    assert places(intake(raws, 10)) == [("orders", 0), ("orders", 1), *(("payments", n) for n in range(3))]


def test_what_comes_later_does_not_pass_what_is_held_of_its_partition() -> None:
    later = [Raw(PAYMENTS, AHEAD + n, 1) for n in range(AHEAD)]
    reading = intake([*(Raw(PAYMENTS, n, 1000 - n) for n in range(AHEAD)), *later], 1)
    assert [places(reading)[0][1] for _ in range(2 * AHEAD)] == list(range(2 * AHEAD))


def test_the_end_of_a_partition_counts_after_its_messages() -> None:
    end = Raw(PAYMENTS, 2, 0, KafkaError._PARTITION_EOF)
    reading = intake([Raw(PAYMENTS, 0, 100), Raw(PAYMENTS, 1, 300), end, Raw(ORDERS, 0, 200)], 2)
    first, second = reading.fetch(), reading.fetch()
    assert (len(first.inputs), first.ends) == (2, {})
    assert [one.message.offset for one in second.inputs] == [1]
    assert second.ends[PAYMENTS].offset == 2


def test_partitions_that_are_let_go_take_what_is_held_of_them_along() -> None:
    reading = intake([Raw(PAYMENTS, 0, 900), Raw(ORDERS, 0, 100), Raw(PAYMENTS, 1, 901), Raw(ORDERS, 1, 101)], 1)
    assert places(reading) == [("orders", 0)]
    reading.let_go([PAYMENTS])
    assert places(reading) == [("orders", 1)]
    assert places(reading) == []


def test_nothing_is_lost_when_decoding_has_to_wait() -> None:
    away = [True]

    def decoding(topic: str, key: bytes | None, value: bytes | None) -> object:
        if away[0] and topic == "payments":
            raise RegistryUnavailable("the registry does not answer")
        return decode(topic, key, value)

    reading = intake([Raw(ORDERS, 0, 1), Raw(PAYMENTS, 0, 2), Raw(ORDERS, 1, 3)], 5, decoding)
    assert places(reading) == [("orders", 0)]
    with pytest.raises(TryAgain):
        reading.fetch()
    away.clear()
    away.append(False)
    assert places(reading) == [("payments", 0), ("orders", 1)]
