"""What the broker says of the inbound topics: whether they are there, which incarnation, from where to where."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from typing import Any, Final

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from consumers.faults import MissingTopic, Stop, TryAgain
from schemas.client_properties import for_admin
from storage.positions import Partition, Position

TIMEOUT: Final = 10.0
SOON: Final = 1.0
"""Seconds for questions that are asked while batches wait; they will be asked again."""

_NO_ID: Final = ("", "AAAAAAAAAAAAAAAAAAAAAA")


def partitions(consumer: Consumer, topics: Collection[str]) -> frozenset[Partition]:
    """Every partition of these topics. Raises MissingTopic, TryAgain."""
    try:
        found = consumer.list_topics(timeout=TIMEOUT).topics
    except KafkaException as error:
        raise TryAgain("Kafka does not say which topics there are") from error
    missing = [name for name in topics if name not in found or found[name].error is not None]
    if missing:
        raise MissingTopic(missing)
    return frozenset((name, number) for name in topics for number in found[name].partitions)


def incarnations(consumer: Consumer, properties: Mapping[str, Any], topics: Collection[str]) -> dict[str, str]:
    """Topic → its id, which a recreated topic does not keep; "" where the broker tells none. Raises TryAgain, MissingTopic.

    `properties`: the consumer's own.
    """
    try:
        cluster = consumer.list_topics(topic=next(iter(topics)), timeout=TIMEOUT)
        if cluster.controller_id not in cluster.brokers:
            # The embedded broker: no controller to ask, and no topic outlives it.
            return dict.fromkeys(topics, "")
        admin = AdminClient(for_admin(properties))
        asked = admin.describe_topics(TopicCollection(list(topics)), request_timeout=TIMEOUT)
        missing = [name for name, future in asked.items() if _is_unknown(future)]
        if missing:
            raise MissingTopic(missing)
        ids = {name: str(future.result().topic_id) for name, future in asked.items()}
    except KafkaException as error:
        raise TryAgain("Kafka does not describe the topics") from error
    return {name: "" if topic_id in _NO_ID else topic_id for name, topic_id in ids.items()}


def _is_unknown(asked: "Future[Any]") -> bool:
    """Whether the broker has no such topic."""
    error = asked.exception()
    return isinstance(error, KafkaException) and error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART


def look(
    properties: Mapping[str, Any], topics: Collection[str], names: Collection[Partition]
) -> tuple[dict[str, str], dict[Partition, tuple[int, int]]]:
    """(`incarnations` of the topics, `ends` of these partitions), asked by a client of its own.

    For callbacks: a client that waits for an answer in its own callback ends the process when another callback follows
    in the same call (`CallState_get: Assertion 'cs != NULL'`, confluent-kafka 2.16). Raises TryAgain.
    """
    asking = Consumer(dict(properties))
    try:
        return incarnations(asking, properties, topics), {name: ends(asking, name) for name in names}
    finally:
        asking.close()


def ends(consumer: Consumer, partition: Partition) -> tuple[int, int]:
    """(first offset there is, the one after the last). Raises TryAgain."""
    try:
        found: Any = consumer.get_watermark_offsets(TopicPartition(*partition), timeout=TIMEOUT)
    except KafkaException as error:
        raise TryAgain("Kafka does not say where a partition begins and ends") from error
    if found is None:
        raise TryAgain("Kafka does not say where a partition begins and ends")
    return int(found[0]), int(found[1])


def ends_of(consumer: Consumer, names: Collection[Partition]) -> dict[Partition, int]:
    """The offset after the last that may be read of each, asked of Kafka now; without those whose leader does not say.

    Raises TryAgain.
    """
    asked = [TopicPartition(*name, OFFSET_END) for name in sorted(names)]
    try:
        found = consumer.offsets_for_times(asked, timeout=SOON)
    except KafkaException as error:
        raise TryAgain("Kafka does not say where partitions end") from error
    return {(one.topic, one.partition): one.offset for one in found if one.error is None and one.offset >= 0}


def check(partition: Partition, position: Position, topic_id: str, low: int, high: int) -> None:
    """Raises Stop when what is on Kafka is not what this group was reading."""
    topic, number = partition
    where = f"{topic} partition {number}"
    if position.topic_id and topic_id and position.topic_id != topic_id:
        raise Stop(
            "topic_recreated",
            f"{topic} is not the topic that was read before: it was deleted and made again, or this is another cluster"
            f" (id {topic_id}, was {position.topic_id}). Its offsets mean other messages. With every worker stopped,"
            " `ordercase rebuild --from-topics` reads it from its first message (deploy/recovery.md); known messages have"
            " no effect.",
        )
    if position.next_offset > high:
        raise Stop(
            "topic_truncated",
            f"{where} ends at offset {high}, but was read up to {position.next_offset}: messages are gone from Kafka"
            " (an unclean leader election, a restored broker). What was read stays read. To go on, set next_offset of"
            f" its row in input_position to {high} after finding out what was lost.",
        )
    if position.next_offset < low:
        raise Stop(
            "retention_overtook",
            f"{where} begins at offset {low}, but {position.next_offset} was to be read next: retention deleted"
            f" {low - position.next_offset} offsets unread. Get their messages sent again by their sender, then set"
            f" next_offset of its row in input_position to {low}.",
        )
