"""Looks at everything that a worker needs; each finding is green, yellow or red, and a red one says what mends it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from domain.policy import CasePolicy
from ordercase import database, kafka, policies, registry, surroundings
from ordercase.errors import UserError
from ordercase.settings import Settings
from ordercase.surroundings import Cluster
from producers import rights
from producers.topics import FORBIDDEN, SHAPE, Action, TopicAdmin, TopicPlan, TopicsRefused, wanted
from schemas.refusal import RegistryUnavailable
from schemas.topics import INBOUND, OUTBOX_POSITION, TOPICS
from storage import migrate, roles
from storage.queries import messages, progress
from storage.queries.times import iso

OLDEST_SERVER: Final = 160_000
"""PostgreSQL 16; older ones are not tested."""

CLOCKS_APART: Final = 2_000_000
"""µs by which the clocks of this machine and of PostgreSQL may differ."""

AT: Final = "--bootstrap-server HOST:PORT"
"""As Kafka's own tools are called."""

OUTBOX_LATE: Final = 60_000_000


class Colour(StrEnum):
    """YELLOW: works, and somebody should know. GREY: cannot be looked at because of a red line before."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend`: the command or setting that puts it right, "" when there is nothing to do."""

    what: str
    colour: Colour
    says: str
    mend: str = ""


Look = Callable[[], Iterator[Finding]]


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, as they are made; a look that fails becomes a red finding and never ends the others."""
    alarm = CasePolicy().waiting_alarm
    try:
        read = policies.of(settings)
        alarm = read.default.cases.waiting_alarm
        says = f"version {read.version}, {len(read.channels)} channels with rules of their own"
        yield Finding("policy", Colour.GREEN, says)
    except UserError as error:
        yield Finding("policy", Colour.RED, error.sentence, "ordercase policy check FILE")
    yield from _guarded("database", lambda: _database(settings, alarm))
    found: list[Cluster] = []
    yield from _guarded("kafka", lambda: _kafka(settings, found))
    if found:
        yield from _guarded("kafka rights", lambda: _kafka_rights(settings, found[0]))
        yield from _guarded("topics", lambda: _topics(settings, found[0]))
    else:
        yield Finding("topics", Colour.GREY, "not looked at: Kafka does not answer")
    yield from _guarded("registry", lambda: _registry(settings))


def _guarded(what: str, look: Look) -> Iterator[Finding]:
    try:
        yield from look()
    except UserError as error:
        yield Finding(what, Colour.RED, error.sentence)
    except TopicsRefused as error:
        yield Finding(what, Colour.RED, error.sentence)
    except DBAPIError as error:
        known = database.in_words(error)
        yield Finding(what, Colour.RED, known.sentence if known else f"{type(error.orig).__name__}")


def _database(settings: Settings, alarm: int) -> Iterator[Finding]:
    with database.snapshot(settings) as connection:
        version, clock = progress.server(connection)
        apart = abs(clock - time.time_ns() // 1000)
        yield from server(version, apart)
    surroundings.current_database(settings.database)
    yield _migrations(settings)
    with database.snapshot(settings) as connection:
        yield from _roles(connection)
        yield _database_rights(connection)
        yield from _queues(connection, alarm)
        yield from _outbox(connection, settings.group_id)


def _migrations(settings: Settings) -> Finding:
    found = migrate.shape(settings.database)
    if found.newer:
        says = f"at {found.has}, newer than this version's {found.needed}, which may still work on it"
        return Finding("migrations", Colour.YELLOW, says, "upgrade this ordercase as well")
    return Finding("migrations", Colour.GREEN, f"at {found.has}")


def server(version: int, apart: int) -> Iterator[Finding]:
    """`version` as PostgreSQL numbers it (180006), `apart`: µs between its clock and ours."""
    shown = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < OLDEST_SERVER:
        yield Finding("database", Colour.RED, f"{shown} is too old", "use PostgreSQL 16 or newer, best 18")
    else:
        yield Finding("database", Colour.GREEN, shown)
    says = f"PostgreSQL's clock differs by {apart / 1_000_000:.1f} s"
    if apart > CLOCKS_APART:
        yield Finding("clocks", Colour.RED, says, "synchronise the clocks of both machines (NTP)")
    else:
        yield Finding("clocks", Colour.GREEN, says)


def _roles(connection: Connection) -> Iterator[Finding]:
    missing = roles.missing(connection)
    if missing:
        mend = "let a superuser run `ordercase migrate` once, or create them (NOLOGIN) and migrate again"
        yield Finding("roles", Colour.YELLOW, f"missing: {', '.join(missing)}", mend)
    else:
        yield Finding("roles", Colour.GREEN, ", ".join(roles.ROLES))


def _database_rights(connection: Connection) -> Finding:
    lacking = roles.lacking(connection)
    if not lacking:
        return Finding("database rights", Colour.GREEN, "this login may do what a worker does")
    mend = f'GRANT {roles.WORKER} TO "{roles.login(connection)}"; if that is done: ordercase migrate'
    return Finding("database rights", Colour.RED, f"a worker could not {', '.join(lacking)}", mend)


def _queues(connection: Connection, alarm: int) -> Iterator[Finding]:
    totals = messages.totals(connection)
    parked, _ = totals["parked"]
    if parked:
        yield Finding("parked", Colour.RED, f"{parked} messages", "ordercase parked list, then replay or discard")
    else:
        yield Finding("parked", Colour.GREEN, "none")
    waiting, oldest = totals["waiting"]
    late = oldest is not None and oldest < time.time_ns() // 1000 - alarm
    says = f"{waiting} messages, the oldest since {iso(oldest)}" if waiting else "none"
    if late:
        yield Finding("waiting", Colour.RED, says, "ordercase waiting list; ask the shop for these orders")
    else:
        yield Finding("waiting", Colour.GREEN, says)


def _outbox(connection: Connection, group_id: str) -> Iterator[Finding]:
    outbox = progress.outbox_of(connection, group_id)
    says = f"{outbox.pending} of {outbox.head} events not published"
    if outbox.pending and outbox.oldest_at is not None and outbox.oldest_at < time.time_ns() // 1000 - OUTBOX_LATE:
        yield Finding("outbox", Colour.RED, f"{says}, the oldest since {iso(outbox.oldest_at)}",
                      "start `ordercase run`; if it runs, its log says why the relay does not publish")  # fmt: skip
    else:
        yield Finding("outbox", Colour.GREEN, says)


def _kafka(settings: Settings, found: list[Cluster]) -> Iterator[Finding]:
    cluster = surroundings.cluster(settings)
    found.append(cluster)
    yield Finding("kafka", Colour.GREEN, f"{cluster.brokers} brokers")
    if cluster.transactional:
        yield Finding("transactions", Colour.GREEN, "events are published exactly once")
    else:
        yield Finding("transactions", Colour.YELLOW, "this broker has none: events are published at least once",
                      "set ORDERCASE_KAFKA_BOOTSTRAP_SERVERS to an Apache Kafka")  # fmt: skip


def _kafka_rights(settings: Settings, cluster: Cluster) -> Iterator[Finding]:
    if not cluster.transactional:
        return
    with kafka.in_words():
        lacking = rights.lacking(settings.kafka_properties, settings.group_id)
    if lacking:
        principal = rights.principal_of(settings.kafka_properties)
        mend = "; ".join(rights.commands(principal, lacking))
        yield Finding("kafka rights", Colour.RED, f"not allowed: {', '.join(map(str, lacking))}", mend)
    else:
        yield Finding("kafka rights", Colour.GREEN, "this login may read and write what a worker does")


def _topics(settings: Settings, cluster: Cluster) -> Iterator[Finding]:
    if not cluster.transactional:
        missing = [name for name in INBOUND if name not in cluster.topics]
        yield Finding(
            "topics", Colour.RED if missing else Colour.GREEN, f"missing: {missing}" if missing else "all there"
        )
        return
    try:
        plans = _plans(settings)
    except TopicsRefused as error:
        if error.code != FORBIDDEN:
            raise
        yield _uncompared(settings, cluster)
        return
    todo = [plan.name for plan in plans if plan.action is Action.CREATE]
    if todo:
        yield _missing(todo)
    else:
        yield Finding("topics", Colour.GREEN, f"all {len(plans)} are there")
    for plan in plans:
        if plan.differences:
            says = ", ".join(f"{each.what} is {each.found}, not {each.wanted}" for each in plan.differences)
            yield Finding(f"topic {plan.name}", Colour.YELLOW, says, "; ".join(_mends(plan)))


def _mends(plan: TopicPlan) -> Iterator[str]:
    """What puts each difference right; of a topic that is not ours, what its owner types."""
    config = ",".join(f"{each.what}={each.wanted}" for each in plan.differences if each.what not in SHAPE)
    if config and plan.action is Action.CHANGE:
        yield "ordercase topics apply"
    elif config:
        yield f"kafka-configs.sh {AT} --alter --entity-type topics --entity-name {plan.name} --add-config {config}"
    for each in plan.differences:
        if each.what == "partitions" and int(each.found) < int(each.wanted):
            yield f"before anything is on it, kafka-topics.sh {AT} --alter --topic {plan.name} --partitions {each.wanted}"
        elif each.what in SHAPE and plan.name != OUTBOX_POSITION:  # of which the first partition alone is used
            yield f"ORDERCASE_TOPICS__{each.what.upper()}={each.found}, if that is meant"


def _missing(names: list[str]) -> Finding:
    """Kafka does not tell a topic that is not there from one that the login may not see."""
    says = f"missing, or hidden from this login: {', '.join(names)}"
    return Finding("topics", Colour.RED, says, "ordercase topics apply")


def _plans(settings: Settings) -> list[TopicPlan]:
    shape = settings.topics
    with kafka.in_words():
        return TopicAdmin(settings.kafka_properties).plan(
            wanted(partitions=shape.partitions, replication=shape.replication, retention_days=shape.retention_days)
        )


def _uncompared(settings: Settings, cluster: Cluster) -> Finding:
    """What can be said of the topics by a login that may not see their settings."""
    missing = sorted(set(TOPICS) - cluster.topics)
    if missing:
        return _missing(missing)
    says = f"all {len(TOPICS)} are there; their settings are not compared, since this login may not see them"
    (mend,) = rights.commands(rights.principal_of(settings.kafka_properties), rights.described())
    return Finding("topics", Colour.YELLOW, says, f"look as who administers Kafka, or: {mend}")


def _registry(settings: Settings) -> Iterator[Finding]:
    known = registry.of(settings)
    if known is None:
        yield Finding("registry", Colour.GREEN, "none is set: values are framed as single objects")
        return
    try:
        checked = known.check()
    except RegistryUnavailable as error:
        yield Finding("registry", Colour.RED, str(error), "check ORDERCASE_SCHEMA_REGISTRY_URL and the registry")
        return
    wrong = [one.subject for one in checked if one.problems]
    new = [one.subject for one in checked if not one.registered and not one.problems]
    if wrong:
        yield Finding("registry", Colour.RED, f"incompatible: {', '.join(wrong)}", "ordercase schemas check")
    elif new:
        yield Finding("registry", Colour.RED, f"{len(new)} schemas are not registered", "ordercase schemas register")
    else:
        yield Finding("registry", Colour.GREEN, f"all {len(checked)} schemas are registered")
