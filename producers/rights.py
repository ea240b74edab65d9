"""What a worker must be allowed to do on Kafka, and which of it its login is not: as `deploy/rights.md` tells an operator."""

import time
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient  # type: ignore[attr-defined]

from producers.client import Properties
from schemas.client_properties import for_admin
from schemas.topics import INBOUND, OUTBOUND, OUTBOX_POSITION

ANSWER_WITHIN: Final = 10.0
_REFUSED: Final = frozenset({KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED})
_NOT_THERE: Final = frozenset({KafkaError.GROUP_ID_NOT_FOUND, KafkaError.UNKNOWN_TOPIC_OR_PART})
"""What Kafka says of what does not exist, to those who might see it if it did."""
_SOON: Final = frozenset({
    KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
})  # fmt: skip
"""What a broker says of a group when it has just begun to keep groups."""

PAUSE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Right:
    """`resource` is `topic` or `group`; `operation` as Kafka's ACL tool calls it: Read or Write."""

    resource: str
    name: str
    operation: str

    def __str__(self) -> str:
        return f"{self.operation} on the {self.resource} {self.name}"

    def command(self, principal: str) -> str:
        """What an administrator types to give it."""
        return (
            f"kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal {principal}"
            f" --operation {self.operation} --{self.resource} {self.name}"
        )


def needed(group_id: str) -> tuple[Right, ...]:
    """All that can be looked up. The transactional id `<group>-relay` is needed beside: Kafka tells nobody about it."""
    return (
        *(Right("topic", name, "Read") for name in (*INBOUND, OUTBOX_POSITION)),
        *(Right("topic", name, "Write") for name in OUTBOUND),
        *(Right("group", name, "Read") for name in (group_id, f"{group_id}-relay")),
    )


def principal_of(properties: Properties) -> str:
    """Who Kafka takes the login for, as far as the settings say."""
    user = properties.get("sasl.username")
    return f"User:{user}" if user else "User:PRINCIPAL"


def lacking(properties: Properties, group_id: str) -> list[Right]:
    """The rights that this login does not have. Raises KafkaException when Kafka does not answer."""
    rights = needed(group_id)
    admin = AdminClient({**for_admin(properties), "client.id": "ordercase-rights"})
    until = time.monotonic() + ANSWER_WITHIN
    while True:
        try:
            return list(_lacking(rights, _asked(admin, rights)))
        except KafkaException as error:
            if error.args[0].code() not in _SOON or time.monotonic() > until:
                raise
            time.sleep(PAUSE)


def _asked(admin: AdminClient, rights: Collection[Right]) -> "dict[str, Future[Any]]":
    topics = TopicCollection([right.name for right in rights if right.resource == "topic"])
    groups = [right.name for right in rights if right.resource == "group"]
    how = {"include_authorized_operations": True, "request_timeout": ANSWER_WITHIN}
    return {**admin.describe_topics(topics, **how), **admin.describe_consumer_groups(groups, **how)}


def _lacking(rights: Collection[Right], asked: "dict[str, Future[Any]]") -> Iterator[Right]:
    for right in rights:
        allowed = _allowed(asked[right.name])
        if allowed is not None and AclOperation[right.operation.upper()] not in allowed:
            yield right


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
