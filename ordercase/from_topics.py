"""A database brought up to what is on Kafka: after a restore, on a new cluster, or from nothing (deploy/recovery.md)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from consumers.client import consumer_settings
from consumers.faults import Poison, Stop, TryAgain
from consumers.topic_replay import TopicReplay, TopicsRead
from ordercase import database, kafka, logs, policies, policy_history, registry, surroundings, wiring
from ordercase.errors import environment, refused
from ordercase.settings import Settings
from producers.position import RelayAlarm
from producers.publishing import Doubt, InTransactions
from producers.resuming import Resumed, resume
from schemas.client_properties import for_admin
from schemas.codec import Codec
from schemas.topics import OUTBOUND
from storage.documents import DocumentBroken
from storage.leadership import session, try_lead

ANSWER_WITHIN: Final = 10.0
_NO_GROUP: Final = (KafkaError.GROUP_ID_NOT_FOUND, KafkaError.COORDINATOR_NOT_AVAILABLE)


@dataclass(frozen=True, slots=True)
class Report:
    """`resumed` None: the broker has no transactions, so that the relay's position is the database's own."""

    resumed: Resumed | None
    replayed: TopicsRead


def from_topics(settings: Settings, tell: Callable[[int], None]) -> Report:
    """Brings the relay's position in order, then reads what there is to read. Raises UserError; may be called again."""
    with _in_words():
        surroundings.current_database(settings.database)
        found = surroundings.cluster(settings)
        surroundings.required_topics(found, consumers=True, relay=True)
        _nobody_reads(settings)
        known = registry.of(settings)
        surroundings.required_schemas(known)
        in_force = policy_history.take_effect(settings, policies.of(settings))
        resumed = _resumed(settings) if found.transactional else None
        properties = consumer_settings(
            settings.kafka_properties, group_id=settings.group_id, client_id="ordercase-rebuild"
        )
        replay = TopicReplay(
            {**properties, "logger": logs.kafka_logger()},
            wiring.connecting(settings, "ordercase-rebuild"),
            wiring.rules(settings, in_force, known),
            settings.group_id,
            Codec(known),
            batch_size=settings.batch_size,
        )
        return Report(resumed, replay.run(tell))


def _nobody_reads(settings: Settings) -> None:
    """Raises UserError `worker_runs` when the group has members."""
    properties: dict[str, Any] = {**for_admin(settings.kafka_properties), "logger": logs.kafka_logger()}
    admin = AdminClient(properties)
    asked = admin.describe_consumer_groups([settings.group_id], request_timeout=ANSWER_WITHIN)
    try:
        members = len(asked[settings.group_id].result().members)
    except KafkaException as error:
        if error.args[0].code() in _NO_GROUP:
            return
        raise
    if members:
        raise _worker_runs(settings)


def _worker_runs(settings: Settings) -> Exception:
    return refused(
        "worker_runs",
        f"A worker of the group {settings.group_id} runs, or one was killed and Kafka waits for it still (some seconds)."
        " Stop every worker first: two that read the same messages would only hinder each other.",
    )


def _resumed(settings: Settings) -> Resumed:
    publisher = InTransactions(settings.kafka_properties, settings.group_id, OUTBOUND)
    try:
        with session(settings.database, "ordercase-rebuild") as connection:
            if not try_lead(connection, settings.group_id):
                raise _worker_runs(settings)
            with suppress(Doubt):
                return resume(connection, publisher, settings.group_id)
            return resume(connection, publisher, settings.group_id)
    finally:
        publisher.close()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except TryAgain as error:
        raise environment("try_again", f"Not everything is done: {error.what}. Call it again; it goes on.") from None
    except Doubt as error:
        raise environment(
            "try_again", f"Kafka did not say what became of the relay's position: {error.code}. Call it again."
        ) from None
    except Poison as error:
        raise refused("refused_by_database", f"PostgreSQL refuses what it leads to: {error}.") from None
    except Stop as error:
        raise refused(error.code, str(error)) from None
    except RelayAlarm as error:
        raise refused(error.code, error.sentence) from None
    except KafkaException as error:
        raise kafka.meaning(error.args[0]) from None
    except DocumentBroken as error:
        raise database.newer(error) from None
    except psycopg.Error as error:
        raise database.driver_in_words(error) from None
