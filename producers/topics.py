"""The topics that must be there, compared with those that are, and made: `ordercase topics plan|apply`.

Inbound topics belong to others: one that exists is never touched. Partitions of a topic that exists are never added,
not to ours either: keys would move, and with them the order of events.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from producers.client import Properties
from schemas.client_properties import for_admin
from schemas.topics import DEAD_LETTERS, OUTBOX_POSITION, TOPICS, Topic

ANSWER_WITHIN: Final = 30.0
FORBIDDEN: Final = "topic_forbidden"
"""The code of what the login may not do or see."""

SHAPE: Final = frozenset({"partitions", "replication"})
"""The differences that are never mended from here."""

DAY_MS: Final = 86_400_000
BROKERS_DEFAULT: Final = -1

_MAX_MESSAGE: Final = {"out": 2 * 1024 * 1024, DEAD_LETTERS: 8 * 1024 * 1024}
"""A dead letter carries a whole message of somebody else's, and headers."""


class TopicsRefused(Exception):
    """Kafka did not do or say what was asked. `code` is stable; the sentence names the topic and Kafka's reason."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class Action(StrEnum):
    """What is to be done about a topic. TELL: it differs, and changing it is left to who owns it."""

    NONE = "none"
    CREATE = "create"
    CHANGE = "change"
    TELL = "tell"


@dataclass(frozen=True, slots=True)
class Difference:
    """One property of a topic that is not as it should be; numbers as text, as Kafka says them."""

    what: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """What is to be done about one topic, and why."""

    name: str
    direction: str
    action: Action
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a topic should be. `replication` −1: as the broker likes."""

    topic: Topic
    partitions: int
    replication: int
    config: Mapping[str, str]


def wanted(*, partitions: int, replication: int, retention_days: int) -> tuple[Wanted, ...]:
    """All topics of the contract as the settings ask for them."""
    return tuple(
        Wanted(
            topic,
            1 if topic.name == OUTBOX_POSITION else partitions,
            replication,
            _config(topic, retention_days),
        )
        for topic in TOPICS.values()
    )


def _config(topic: Topic, retention_days: int) -> dict[str, str]:
    if topic.compact:
        return {"cleanup.policy": "compact"}
    config = {"cleanup.policy": "delete", "retention.ms": str(retention_days * DAY_MS)}
    largest = _MAX_MESSAGE.get(topic.name) or _MAX_MESSAGE.get(topic.direction)
    return config if largest is None else {**config, "max.message.bytes": str(largest)}


class TopicAdmin:
    """Plans and makes topics on one cluster. Its methods raise TopicsRefused."""

    def __init__(self, kafka: Properties) -> None:
        self._admin = AdminClient({"client.id": "ordercase-topics", **for_admin(kafka)})

    def plan(self, topics: Iterable[Wanted]) -> list[TopicPlan]:
        """What `apply` would do, one entry a topic in the given order. Nothing to do: only NONE and TELL."""
        topics = list(topics)
        there = self._there()
        configs = self._configs([want.topic.name for want in topics if want.topic.name in there])
        return [self._planned(want, there.get(want.topic.name), configs) for want in topics]

    def apply(self, topics: Iterable[Wanted]) -> list[TopicPlan]:
        """Does what `plan` says and answers that plan, once the brokers know of it.

        May be repeated; a topic that another made meanwhile is no error.
        """
        topics = list(topics)
        plans = self.plan(topics)
        new = [want for want, plan in zip(topics, plans, strict=True) if plan.action is Action.CREATE]
        changed = [plan for plan in plans if plan.action is Action.CHANGE]
        if new:
            self._create(new)
        if changed:
            self._change(changed)
        self._come_round(topics)
        return plans

    def _come_round(self, topics: list[Wanted]) -> None:
        until = time.monotonic() + ANSWER_WITHIN
        while late := [plan.name for plan in self.plan(topics) if plan.action in {Action.CREATE, Action.CHANGE}]:
            if time.monotonic() > until:
                raise TopicsRefused(
                    "topics_late", f"Kafka took the change, but does not show it yet: {', '.join(late)}"
                )
            time.sleep(0.1)

    def _there(self) -> dict[str, tuple[int, int]]:
        """Name → (partitions, replicas of the first)."""
        try:
            found = self._admin.list_topics(timeout=ANSWER_WITHIN).topics
        except KafkaException as error:
            raise TopicsRefused("kafka_unreachable", f"Kafka does not answer: {error.args[0].str()}") from error
        return {
            name: (len(topic.partitions), len(topic.partitions[0].replicas) if topic.partitions else 0)
            for name, topic in found.items()
        }

    def _configs(self, names: list[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        asked = self._admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names])
        return {
            resource.name: {entry.name: entry.value for entry in _answer(resource.name, future).values()}
            for resource, future in asked.items()
        }

    def _planned(self, want: Wanted, there: tuple[int, int] | None, configs: dict[str, dict[str, str]]) -> TopicPlan:
        name, direction = want.topic.name, want.topic.direction
        if there is None:
            return TopicPlan(name, direction, Action.CREATE)
        shape = [("partitions", there[0], want.partitions)]
        if want.replication != BROKERS_DEFAULT:
            shape.append(("replication", there[1], want.replication))
        fixed = [Difference(what, str(found), str(should)) for what, found, should in shape if found != should]
        config = [
            Difference(what, configs[name].get(what, "unknown"), should)
            for what, should in want.config.items()
            if configs[name].get(what) != should
        ]
        if config and direction != "in":
            return TopicPlan(name, direction, Action.CHANGE, (*fixed, *config))
        return TopicPlan(name, direction, Action.TELL if fixed or config else Action.NONE, (*fixed, *config))

    def _create(self, topics: list[Wanted]) -> None:
        new = [
            NewTopic(want.topic.name, want.partitions, want.replication, config=dict(want.config)) for want in topics
        ]
        for name, future in self._admin.create_topics(new, operation_timeout=ANSWER_WITHIN).items():
            _answer(name, future, fine="TOPIC_ALREADY_EXISTS")

    def _change(self, plans: list[TopicPlan]) -> None:
        resources = [
            ConfigResource(
                ResourceType.TOPIC,
                plan.name,
                incremental_configs=[
                    ConfigEntry(change.what, change.wanted, incremental_operation=AlterConfigOpType.SET)
                    for change in plan.differences
                    if change.what not in SHAPE
                ],
            )
            for plan in plans
        ]
        for resource, future in self._admin.incremental_alter_configs(resources).items():
            _answer(resource.name, future)


def _answer(name: str, future: "Future[Any]", fine: str = "") -> Any:
    try:
        return future.result(ANSWER_WITHIN)
    except KafkaException as error:
        reason = error.args[0]
        if reason.name() == fine:
            return None
        code = FORBIDDEN if reason.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED else "topic_refused"
        raise TopicsRefused(code, f"topic {name}: {reason.str()} ({reason.name()})") from error
    except TimeoutError as error:
        raise TopicsRefused("kafka_unreachable", f"Kafka did not answer about topic {name} in time") from error
