"""The providers themselves: what they start is what it says it is."""

import urllib.request

import psycopg

from tests.real.kafka import Kafka
from tests.real.postgres import Postgres
from tests.real.registry import Registry


def test_kafka_is_empty_for_each_test(kafka: Kafka) -> None:
    kafka.create_topics(["left-over"], partitions=2)
    assert len(kafka.admin().list_topics("left-over", timeout=10).topics["left-over"].partitions) == 2
    kafka.delete_topics()
    assert "left-over" not in kafka.admin().list_topics(timeout=10).topics


def test_registry_speaks_the_confluent_interface(registry: Registry) -> None:
    with urllib.request.urlopen(f"{registry.url}/subjects", timeout=10) as answer:
        assert answer.read().startswith(b"[")


def test_each_database_is_its_own(postgres: Postgres) -> None:
    with postgres.database() as one, postgres.database() as other:
        with psycopg.connect(one) as connection:
            connection.execute("CREATE TABLE only_here (n int)")
        with psycopg.connect(other) as connection:
            assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)
