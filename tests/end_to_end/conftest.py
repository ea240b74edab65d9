"""Fixtures of tests that play with workers as processes: a cluster with topics and schemas, and plain clients of it."""

from pathlib import Path

import pytest

from tests.end_to_end.outside import Reader
from tests.end_to_end.sending import Sender
from tests.integration.processes import Shell
from tests.real.kafka import Kafka
from tests.real.registry import Registry


@pytest.fixture(name="shell")
def _shell(kafka: Kafka, registry: Registry, database_url: str, group_id: str, tmp_path: Path) -> Shell:
    """`ordercase` for this test's own group and database, topics made and schemas registered; no worker runs yet."""
    shell = Shell(tmp_path, DATABASE_URL=database_url, KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap_servers,
                  SCHEMA_REGISTRY_URL=registry.url, GROUP_ID=group_id, TOPICS__PARTITIONS="3", LOG_FORMAT="json",
                  # The shortest that a broker allows: what a killed worker had is somebody else's the sooner.
                  KAFKA__SESSION_TIMEOUT_MS="6000")  # fmt: skip
    for command in (("topics", "apply"), ("schemas", "register")):
        assert shell(*command).status == 0
    return shell


@pytest.fixture(name="reader")
def _reader(kafka: Kafka, registry: Registry) -> Reader:
    return Reader(kafka.bootstrap_servers, registry.url)


@pytest.fixture(name="sender")
def _sender(kafka: Kafka, registry: Registry) -> Sender:
    return Sender(kafka.bootstrap_servers, registry.url)
