"""The real systems as containers, where a Docker engine answers. The images are those of docker-compose.yml."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from ordercase.postgres_files import free_port

KAFKA_IMAGE: Final = "apache/kafka:4.3.1"
REGISTRY_IMAGE: Final = "apicurio/apicurio-registry:3.3.1"
POSTGRES_IMAGE: Final = "postgres:18"


@cache
def answers() -> bool:
    """Whether a Docker engine can be reached from here; asked once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a refused client leaves its socket to the collector, which warns
        there = _pings()
        gc.collect()
    return there


def _pings() -> bool:
    from docker import from_env  # type: ignore[import-untyped, unused-ignore]
    from docker.errors import DockerException  # type: ignore[import-untyped, unused-ignore]
    from requests.exceptions import RequestException

    try:
        client = from_env(timeout=5)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except (DockerException, RequestException):
        return False


@contextmanager
def kafka() -> Iterator[str]:
    """Bootstrap servers of a broker in a container. It listens on the port that it advertises, so that one must be ours."""
    from testcontainers.core.container import DockerContainer

    port = free_port()
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port)
    host = container.get_container_host_ip()
    for name, value in {
        "PROCESS_ROLES": "broker,controller",
        "NODE_ID": "1",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:29093",
        "LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:29093",
        "ADVERTISED_LISTENERS": f"PLAINTEXT://{host}:{port}",
        "LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
    }.items():
        container.with_env(f"KAFKA_{name}", value)
    with container:
        yield f"{host}:{port}"


@contextmanager
def registry() -> Iterator[str]:
    """The URL of a registry in a container."""
    from testcontainers.core.container import DockerContainer

    with DockerContainer(REGISTRY_IMAGE).with_exposed_ports(8080) as container:
        yield f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8080)}/apis/ccompat/v7"


@contextmanager
def postgres() -> Iterator[str]:
    """A libpq URI of a superuser on a server in a container."""
    from testcontainers.community.postgres import PostgresContainer

    with PostgresContainer(POSTGRES_IMAGE, driver=None) as container:
        yield container.get_connection_url()
