"""The real systems that tests run against, started when the first test asks and named in the summary of the run.

Fixtures: `kafka` (emptied of topics for each test), `own_kafka` (a broker of the test's own, to be hurt), `registry`,
`database_url` (a migrated database for each test), `empty_database_url`, `embedded_broker`, `group_id`.
Where they come from, and what happens without: tests/real/. Types for annotations: `from tests.real.kafka import Kafka`.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings

from ordercase.embedded_broker import EmbeddedBroker
from tests.real.kafka import Kafka, RealKafka, any_kafka
from tests.real.missing import NOT_PROVEN, REQUIRED, Missing, Report, give_up
from tests.real.postgres import Postgres, any_postgres
from tests.real.registry import Registry, any_registry
from tests.unit.reference.summary import tell_rows

# How long an example takes depends on what else the machine does; pytest's own time limit ends what hangs.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORT] = Report()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Of several processes each tells the one that prints what it used."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["real"] = asdict(session.config.stash[REPORT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """pytest-xdist's: one of several processes has ended."""
    report, told = node.config.stash[REPORT], getattr(node, "workeroutput", {}).get("real", {})
    report.used |= told.get("used", {})
    report.missing |= told.get("missing", {})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a real system carries its marker, so that `-m "not kafka"` holds without anybody's care."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if asked & {"kafka", "kafka_cluster", "own_kafka"}:
            item.add_marker("kafka")
        if "registry" in asked:
            item.add_marker("registry")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tell_rows(terminalreporter)
    report = config.stash[REPORT]
    for kind, origin in report.used.items():
        terminalreporter.write_line(f"real {kind}: {origin}", green=True)
    for kind, why in report.missing.items():
        terminalreporter.write_line(
            f"NOT PROVEN: {NOT_PROVEN[kind]}. No real {kind}: {why}", red=True, bold=True, yellow=not REQUIRED
        )


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Report:
    return pytestconfig.stash[REPORT]


@pytest.fixture(scope="session", name="kafka_cluster")
def _kafka_cluster(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    try:
        with any_kafka(tmp_path_factory.mktemp("kafka") / "node") as kafka:
            report.used["Kafka"] = kafka.origin
            yield kafka
    except Missing as why:
        give_up(report, "Kafka", why)


@pytest.fixture(name="kafka")
def _kafka(kafka_cluster: Kafka) -> Kafka:
    """The run's one cluster, without topics. Consumer groups stay: use `group_id` for one that nobody had."""
    kafka_cluster.delete_topics()
    return kafka_cluster


@pytest.fixture(name="own_kafka")
def _own_kafka(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    """A started broker for this test alone, which it may stop, kill and pause. Always from the official jars."""
    try:
        own = RealKafka(tmp_path_factory.mktemp("kafka") / "node")
        try:
            report.used["Kafka to be hurt"] = own.start().origin
            yield own
        finally:
            own.close()
    except Missing as why:
        give_up(report, "Kafka", why)


@pytest.fixture(scope="session", name="registry")
def _registry(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    try:
        with any_registry(tmp_path_factory.mktemp("registry")) as registry:
            report.used["Registry"] = registry.origin
            yield registry
    except Missing as why:
        give_up(report, "Registry", why)


@pytest.fixture(scope="session", name="postgres")
def _postgres(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    try:
        with any_postgres(tmp_path_factory.mktemp("postgres") / "server") as postgres:
            report.used["PostgreSQL"] = postgres.origin
            yield postgres
    except Missing as why:
        give_up(report, "PostgreSQL", why)


@pytest.fixture(scope="session", name="migrated_template")
def _migrated_template(postgres: Postgres) -> Iterator[str]:
    from storage.migrate import upgrade

    with postgres.template(upgrade) as name:
        yield name


@pytest.fixture(name="database_url")
def _database_url(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    """A libpq URI of a database that is migrated and empty, this test's alone."""
    with postgres.database(migrated_template) as url:
        yield url


@pytest.fixture(name="empty_database_url")
def _empty_database_url(postgres: Postgres) -> Iterator[str]:
    """A libpq URI of a database without anything in it, this test's alone."""
    with postgres.database() as url:
        yield url


@pytest.fixture(name="embedded_broker")
def _embedded_broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture(name="group_id")
def _group_id() -> str:
    """A worker group that nobody had before: its consumer offsets, relay and transactional id are its own."""
    return f"test-{uuid4().hex[:8]}"
