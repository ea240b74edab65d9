"""Tries on a Kafka what a login may or may not; each answers Kafka's name of the refusal, "" where it was allowed."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

WITHIN: Final = 15.0
_PASSING: Final = frozenset({KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT})
"""What is said on the way, and not why."""
_OF_GROUP: Final = frozenset({"GROUP_AUTHORIZATION_FAILED"})
"""A consumer looks for its group's coordinator even where it reads as nobody's member."""

_PLAIN: Final[dict[str, Any]] = {"log_level": 0}


def written(properties: Mapping[str, str], topic: str, key: bytes = b"k", value: bytes = b"x") -> str:
    """Writes one message."""
    said: list[str] = []
    producer = Producer({
        **properties, **_PLAIN, "message.timeout.ms": int(WITHIN * 1000),
        "error_cb": lambda error: said.append(error.name()) if error.code() not in _PASSING else None,
    })  # fmt: skip
    producer.produce(topic, value, key, on_delivery=lambda error, _: said.append(error.name() if error else ""))
    until = time.monotonic() + WITHIN
    while not said and time.monotonic() < until:
        producer.poll(0.1)
    producer.purge()
    return said[0]


def read(properties: Mapping[str, str], topic: str, group: str = "reading") -> str:
    """Reads the topic from its start, as no member of the group, until one message comes."""
    return _heard(properties, group, lambda consumer: _all_of(consumer, topic), _OF_GROUP)


def joined(properties: Mapping[str, str], group: str, topic: str) -> str:
    """Becomes a member of the group."""
    return _heard(properties, group, lambda consumer: consumer.subscribe([topic]))


def begun(properties: Mapping[str, str], transactional_id: str) -> str:
    """Takes the transactional id for itself."""
    producer = Producer({**properties, **_PLAIN, "transactional.id": transactional_id})
    try:
        producer.init_transactions(WITHIN)
    except KafkaException as error:
        return str(error.args[0].name())
    return ""


def created(properties: Mapping[str, str], topic: str) -> str:
    """Makes a topic."""
    admin = AdminClient({**properties, "log_level": 0})
    (future,) = admin.create_topics([NewTopic(topic, 1, 1)]).values()
    try:
        future.result(WITHIN)
    except KafkaException as error:
        return str(error.args[0].name())
    return ""


def _all_of(consumer: Consumer, topic: str) -> None:
    """Assigns every partition; raises KafkaException where not even they may be known."""
    found = consumer.list_topics(topic, timeout=WITHIN).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    consumer.assign([TopicPartition(topic, number, 0) for number in found.partitions])


def _heard(
    properties: Mapping[str, str], group: str, begin: Callable[[Consumer], None], passing: frozenset[str] = frozenset()
) -> str:
    """What a consumer is told first that is not `passing`: the name of an error, or "" for a message."""
    consumer = Consumer({**properties, "log_level": 0, "group.id": group, "isolation.level": "read_committed"})
    until = time.monotonic() + WITHIN
    try:
        begin(consumer)
        while time.monotonic() < until:
            message = consumer.poll(1)
            if message is None:
                continue
            refusal = message.error()
            if refusal is None:
                return ""
            if refusal.name() not in passing:
                return str(refusal.name())
    except KafkaException as error:
        return str(error.args[0].name())
    finally:
        consumer.close()
    raise TimeoutError(f"Kafka neither refused nor gave anything in {WITHIN} s")
