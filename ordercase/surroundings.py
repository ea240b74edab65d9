"""What a worker needs around it, looked at before anything starts: a database of this version, Kafka, its topics."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg
from alembic.util.exc import CommandError
from confluent_kafka.admin import AdminClient
from sqlalchemy.exc import DBAPIError

from ordercase import database, kafka, logs
from ordercase.errors import environment
from ordercase.settings import Settings
from producers.reaching import Reach
from schemas.client_properties import for_admin
from schemas.refusal import NotRegistered, RegistryUnavailable
from schemas.topics import INBOUND, OUTBOUND, OUTBOX_POSITION, TOPICS
from storage import migrate

if TYPE_CHECKING:
    from schemas.registry import Registry

ANSWER_WITHIN: Final = 10.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """What Kafka says of itself. `transactional` False: librdkafka's own broker, which has no transactions."""

    transactional: bool
    brokers: int
    topics: frozenset[str]


def cluster(settings: Settings) -> Cluster:
    """Asks the broker. Raises UserError `kafka_missing`, `kafka_unreachable`, `kafka_refused`, `kafka_tls`, `bad_settings`."""
    reach = Reach()
    properties: dict[str, Any] = {
        **for_admin(settings.kafka_properties),
        "client.id": "ordercase-look",
        "logger": logs.kafka_logger(),
        **reach.configuration(),
    }
    with kafka.in_words():
        found = reach.metadata(AdminClient(properties), ANSWER_WITHIN)
    named = frozenset(name for name, topic in found.topics.items() if topic.error is None)
    return Cluster(not str(found.cluster_id or "").startswith(kafka.MOCK_CLUSTER), len(found.brokers), named)


def required_topics(found: Cluster, *, consumers: bool, relay: bool) -> None:
    """Raises UserError `missing_topic` (status 4) that names every topic the worker needs and that is not there."""
    needed = [*(INBOUND if consumers else ()), *((*OUTBOUND, OUTBOX_POSITION) if relay else ())]
    if relay and not found.transactional:
        needed.remove(OUTBOX_POSITION)
    missing = [name for name in needed if name not in found.topics]
    if missing:
        raise environment(
            "missing_topic",
            f"Kafka has no topic {', '.join(missing)}, or hides it from this login. Create what is missing:"
            " `ordercase topics apply`; `ordercase doctor` names the rights.",
        )


def required_schemas(known: "Registry | None") -> None:
    """Raises UserError `not_registered` or `registry_unreachable` (status 4) when a record could not be published."""
    if known is None:
        return
    try:
        for topic in OUTBOUND:
            for record in TOPICS[topic].records:
                known.schema_id(topic, record)
    except NotRegistered as error:
        raise environment("not_registered", f"{error}.") from None
    except RegistryUnavailable as error:
        raise environment("registry_unreachable", f"{error} Check ORDERCASE_SCHEMA_REGISTRY_URL.") from None


def current_database(url: str) -> None:
    """Raises UserError `database_behind`, `database_newer` or `database_unreachable` (status 4)."""
    try:
        current, needed = migrate.is_current(url)
    except psycopg.OperationalError as error:
        raise database.unreachable(error) from None
    except DBAPIError as error:
        raise database.in_words(error) or error from None
    except CommandError as error:
        raise environment("database_newer", f"The database is newer than this ordercase: {error}.") from None
    if current != needed:
        raise environment(
            "database_behind",
            f"The database is at {current or 'nothing'}, this version needs {needed}. Run `ordercase migrate`.",
        )
