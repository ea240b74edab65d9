"""What a worker needs around it, looked at before anything starts: a database of this version, Kafka, its topics."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg
import structlog
from confluent_kafka.admin import AdminClient
from sqlalchemy.exc import DBAPIError

from ordercase import database, kafka, logs
from ordercase.errors import UserError, environment, refused
from ordercase.settings import Settings
from producers import preflight
from producers.position import RelayAlarm
from producers.reaching import Reach
from schemas.client_properties import for_admin
from schemas.refusal import NotRegistered, RegistryUnavailable
from schemas.topics import INBOUND, OUTBOUND, OUTBOX_POSITION, TOPICS
from storage import migrate
from storage.connections import connect

if TYPE_CHECKING:
    from schemas.registry import Registry

ANSWER_WITHIN: Final = 10.0

log: Final = structlog.get_logger("ordercase.surroundings")


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


def same_outbox(settings: Settings, found: Cluster) -> None:
    """Raises UserError with the relay's own code when the database is not the one that was published from."""
    if not found.transactional:
        return
    try:
        with connect(settings.database, "ordercase-look") as connection:
            preflight.look(settings.kafka_properties, connection, settings.group_id)
    except psycopg.Error as error:
        raise database.driver_in_words(error) from None
    except RelayAlarm as alarm:
        raise refused(alarm.code, alarm.sentence) from None


def required_schemas(known: "Registry | None") -> None:
    """Raises UserError `not_registered` or `registry_unreachable` (status 4) when a record could not be published.

    Asks for the others too, so that nobody has to wait later for what this version's own schemas are.
    """
    if known is None:
        return
    try:
        for name, topic in TOPICS.items():
            for record in topic.records:
                _ask_for(known, name, record)
    except RegistryUnavailable as error:
        raise environment("registry_unreachable", f"{error} Check ORDERCASE_SCHEMA_REGISTRY_URL.") from None


def _ask_for(known: "Registry", topic: str, record: str) -> None:
    try:
        known.schema_id(topic, record)
    except NotRegistered as error:
        if topic in OUTBOUND:
            raise environment("not_registered", f"{error}.") from None


def current_database(url: str) -> None:
    """Raises UserError `database_behind`, `database_newer` or `database_unreachable` (status 4).

    A newer database will do if it says so: in an upgrade the migration comes first, and workers one after the other.
    """
    try:
        found = migrate.shape(url)
    except psycopg.OperationalError as error:
        raise database.unreachable(error) from None
    except DBAPIError as error:
        raise database.in_words(error) or error from None
    if found.fits:
        if found.newer:
            log.warning("database_newer", has=found.has, needed=found.needed, still_fit=found.still_fit)
        return
    if found.newer:
        raise database_newer(found)
    raise environment(
        "database_behind",
        f"The database is at {found.has or 'nothing'}, this version needs {found.needed}. Run `ordercase migrate`.",
    )


def database_newer(found: migrate.Shape) -> UserError:
    """The shape is a later version's, and nothing says that this one may work on it."""
    oldest = f" It is fit for workers from {found.still_fit} on." if found.still_fit else ""
    return environment(
        "database_newer",
        f"The database is at {found.has}, newer than this version, which needs {found.needed}.{oldest}"
        " Use a newer ordercase.",
    )
