"""What a worker must be allowed to do on Kafka, and which of it its login is not: as `deploy/rights.md` tells an operator."""

import logging
import time
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient  # type: ignore[attr-defined]

from producers.client import Properties, producer_settings
from schemas.client_properties import for_admin
from schemas.topics import INBOUND, OUTBOUND, OUTBOX_POSITION, TOPICS

ANSWER_WITHIN: Final = 10.0
NAME: Final = "ordercase-rights"
_REFUSED: Final = frozenset({KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED})
_NOT_THERE: Final = frozenset({KafkaError.GROUP_ID_NOT_FOUND, KafkaError.UNKNOWN_TOPIC_OR_PART})
"""What Kafka says of what does not exist, to those who might see it if it did."""
_SOON: Final = frozenset({
    KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
})  # fmt: skip
"""What a broker says of a group when it has just begun to keep groups."""

PAUSE: Final = 0.2

_UNHEARD: Final = logging.getLogger("librdkafka.rights")
_UNHEARD.setLevel(logging.CRITICAL + 1)


LONGER_THAN_ALLOWED: Final = 2_000_000_000
"""ms that a broker grants no transaction: transaction.max.timeout.ms is a quarter of an hour where nobody changed it."""


@dataclass(frozen=True, slots=True)
class Right:
    """`resource` is `topic`, `group` or `transactional-id`; `operation` Read, Write …: as Kafka's ACL tool has them."""

    resource: str
    name: str
    operation: str

    def __str__(self) -> str:
        return f"{self.operation} on the {self.resource} {self.name}"


def needed(group_id: str) -> tuple[Right, ...]:
    """All that a worker does: what it reads, then what it writes."""
    return (
        *(Right("topic", name, "Read") for name in (*INBOUND, OUTBOX_POSITION)),
        *(Right("group", name, "Read") for name in (group_id, f"{group_id}-relay")),
        *(Right("topic", name, "Write") for name in OUTBOUND),
        Right("transactional-id", f"{group_id}-relay", "Write"),
    )


def described() -> tuple[Right, ...]:
    """What whoever compares the topics' settings needs beside: a worker does without."""
    return tuple(Right("topic", name, "DescribeConfigs") for name in TOPICS)


def commands(principal: str, rights: Collection[Right]) -> list[str]:
    """What an administrator types to give them: one line an operation."""
    lines = []
    for operation in dict.fromkeys(right.operation for right in rights):
        names = "".join(f" --{right.resource} {right.name}" for right in rights if right.operation == operation)
        lines.append(
            f"kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal {principal}"
            f" --operation {operation}{names}"
        )
    return lines


def principal_of(properties: Properties) -> str:
    """Who Kafka takes the login for, as far as the settings say; with a certificate it is the subject's whole name."""
    user = properties.get("sasl.username")
    return f"User:{user}" if user else "User:PRINCIPAL"


def lacking(properties: Properties, group_id: str) -> list[Right]:
    """The rights that this login does not have. Raises KafkaException when Kafka does not answer."""
    rights = needed(group_id)
    admin = AdminClient({**for_admin(properties), "client.id": NAME})
    until = time.monotonic() + ANSWER_WITHIN
    while True:
        try:
            return list(_lacking(properties, rights, _asked(admin, rights)))
        except KafkaException as error:
            if error.args[0].code() not in _SOON or time.monotonic() > until:
                raise
            time.sleep(PAUSE)


def _asked(admin: AdminClient, rights: Collection[Right]) -> "dict[str, Future[Any]]":
    topics = TopicCollection([right.name for right in rights if right.resource == "topic"])
    groups = [right.name for right in rights if right.resource == "group"]
    how = {"include_authorized_operations": True, "request_timeout": ANSWER_WITHIN}
    return {**admin.describe_topics(topics, **how), **admin.describe_consumer_groups(groups, **how)}


def _lacking(properties: Properties, rights: Collection[Right], asked: "dict[str, Future[Any]]") -> Iterator[Right]:
    for right in rights:
        if right.resource == "transactional-id":
            if not _may_write(properties, right.name):
                yield right
            continue
        allowed = _allowed(asked[right.name])
        if allowed is not None and AclOperation[right.operation.upper()] not in allowed:
            yield right


def _may_write(properties: Properties, transactional_id: str) -> bool:
    """Kafka describes nobody's transactional ids, so one is asked for, with a timeout that it must refuse: it looks at
    the right first and at the timeout next, and only then would it fence off a relay that is at work."""
    settings = producer_settings(properties, client_id=NAME, transactional_id=transactional_id)
    producer = Producer({**settings, "transaction.timeout.ms": LONGER_THAN_ALLOWED, "logger": _UNHEARD})
    try:
        producer.init_transactions(ANSWER_WITHIN)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            return False
        if error.args[0].code() != KafkaError.INVALID_TRANSACTION_TIMEOUT:
            raise
    return True


def _allowed(answer: "Future[Any]") -> Collection[AclOperation] | None:
    """What Kafka lets this login do with it; nothing where it refuses to say; None where it does not know of rights."""
    try:
        operations = answer.result(ANSWER_WITHIN).authorized_operations
    except KafkaException as error:
        if error.args[0].code() in _REFUSED:
            return ()
        if error.args[0].code() in _NOT_THERE:
            return None
        raise
    return operations or None
