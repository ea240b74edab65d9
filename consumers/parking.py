"""What people do with parked messages: discard them, put one aside before it is read; try them again: parked_replay.py.

Plain functions for the command line. Each is one transaction that keeps the batches out for as long as it lasts.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import Any, Final

import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from consumers import inputs
from consumers.attempt import Attempt
from consumers.batch import BatchWriter, now
from consumers.rules import Rules
from domain.world import Ref
from storage import parking, positions
from storage.messages import AsReceived, Place
from storage.parking import Parked

Connection = psycopg.Connection[Any]
Connect = Callable[[], Connection]

TIMEOUT: Final = 10.0


class CannotPark(Exception):
    """The wish cannot be carried out; nothing was changed. `code` is stable."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def first_of_key(connection: Connection, parked_id: int) -> Parked:
    """Raises CannotPark `not_parked`, and `not_first` where others of its topic and key come before it."""
    head = parking.get(connection, parked_id)
    if head is None:
        raise CannotPark("not_parked", f"No message is parked under {parked_id}. See: ordercase parked list")
    ahead = parking.ahead_of(connection, parked_id)
    if ahead:
        raise CannotPark(
            "not_first",
            f"{ahead} messages of the same topic and key are parked before {parked_id}: begin with the first of them,"
            " which has behind = false in: ordercase parked list",
        )
    return head


def discard(connect: Connect, rules: Rules, group_id: str, parked_id: int, reason: str, by: str) -> AsReceived:
    """Takes a parked message out for good; those behind it stay until the first of them is replayed.

    Only the first of its topic and key can go, so that the others keep their order. `reason` and `by` are kept.
    Raises CannotPark, and as `replay`.
    """
    if not reason.strip():
        raise CannotPark("reason_required", "Say why the message is discarded: it will never be applied.")
    with closing(BatchWriter(connect, rules, group_id)) as writer:
        return writer.locking_more(partial(_discarded, rules, group_id, parked_id, reason, by))


def _discarded(
    rules: Rules, group_id: str, parked_id: int, reason: str, by: str, more: frozenset[Ref], connection: Connection
) -> tuple[AsReceived, Callable[[], None]]:
    """Without it the order that it was about may be up to date again."""
    connection.execute("BEGIN")
    parking.own(connection)
    head = first_of_key(connection, parked_id)
    at = now()
    parking.remove(connection, [parked_id])
    parking.audit(connection, "discarded", parked_id, head.message.place, reason, by, at)
    tried = [head.message.topic_key] if head.message.topic_key is not None else []
    _, write = Attempt(rules, group_id, at, tried=tried).run(connection, [], more=more, begun=True)
    return head.message, write


def add(connect: Connect, properties: Mapping[str, Any], rules: Rules, group_id: str, place: Place, by: str) -> Parked:
    """Puts aside a message that nobody has read yet, so that the worker passes it by without looking inside.

    For a message that kills the process; the worker reads the list when a partition is assigned to it, so stop it
    before, or start it again after. `properties`: a consumer's settings. Later messages of its key park behind it, and
    the order that its key names stands still from now on, as if the worker had parked it.
    Raises CannotPark when it was read or parked already or is not on Kafka, and as `replay`.
    """
    message = _fetch(properties, *place)
    with closing(BatchWriter(connect, rules, group_id)) as writer:
        writer.locking_more(partial(_added, rules, group_id, message, by))
        kept = writer.alone(partial(parking.at_place, place=place))
    if kept is None:
        raise LookupError(f"{_where(place)} was parked and is not there")
    return kept


def _added(
    rules: Rules, group_id: str, message: AsReceived, by: str, more: frozenset[Ref], connection: Connection
) -> tuple[None, Callable[[], None]]:
    connection.execute("BEGIN")
    parking.own(connection)
    topic, partition, offset = message.place
    ahead = positions.step_over(connection, group_id, (topic, partition), offset)
    if ahead is None or ahead > offset:
        said = "has never read this partition" if ahead is None else f"goes on at offset {ahead}, after it"
        raise CannotPark("not_ahead", f"{_where(message.place)} cannot be put aside: group {group_id} {said}.")
    there = parking.at_place(connection, message.place)
    if there is not None:
        raise CannotPark("already_parked", f"{_where(message.place)} is parked already, as {there.id}.")
    at = now()
    one = inputs.put_aside(message)
    _, write = Attempt(rules, group_id, at).run(connection, [one], more=more, begun=True)

    def write_all() -> None:
        write()
        parking.audit_at(connection, "added", message.place, "put_aside", by, at)

    return None, write_all


def _where(place: Place) -> str:
    topic, partition, offset = place
    return f"{topic} partition {partition} offset {offset}"


def _fetch(properties: Mapping[str, Any], topic: str, partition: int, offset: int) -> AsReceived:
    """The message at this very place."""
    consumer = Consumer({**properties, "enable.partition.eof": True})
    where = _where((topic, partition, offset))
    try:
        consumer.assign([TopicPartition(topic, partition, offset)])
        for raw in consumer.consume(1, TIMEOUT):
            error = raw.error()
            if error is None and raw.offset() == offset:
                return inputs.as_received(raw)
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise CannotPark("not_on_kafka", f"{where} cannot be read: {error.name()}.")
    except KafkaException as error:
        raise CannotPark("not_on_kafka", f"{where} cannot be read: {error.args[0].name()}.") from error
    finally:
        consumer.close()
    raise CannotPark("not_on_kafka", f"There is no message at {where}.")
