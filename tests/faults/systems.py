"""Kafka, PostgreSQL and a registry to be hurt, each worker with doors of its own to all three."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg

from ordercase.embedded_postgres import EmbeddedPostgres
from ordercase.postgres_files import clear_leftovers, free_port
from tests.faults.disks import small_disk
from tests.faults.faults import NotHere
from tests.faults.proxy import Link
from tests.faults.taps import DatabaseWatch, KafkaWatch
from tests.real.cluster import RealCluster
from tests.real.kafka import Kafka, RealKafka
from tests.real.registry import Apicurio, apicurio

SLOTS: Final = ("A", "B", "C")
"""A worker lives in a slot; its connections go through the slot's doors."""

BROKER: Final = {
    # A dead worker's partitions shall be somebody else's soon.
    "group.min.session.timeout.ms": "1000",
    # A dead relay's transaction too, should nobody follow it.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "log.retention.check.interval.ms": "1000",
}


KAFKA_ROOM: Final = 1024
"""MiB for the broker's log: an hour of stories needs less."""


class HurtPostgres(EmbeddedPostgres):
    """The server that is killed, stopped and started again. Its port changes over that; the doors know it."""

    def kill9(self) -> None:
        """As a crash ends it: the postmaster first, so that nobody tidies up."""
        for one in self._family():
            with suppress(psutil.NoSuchProcess):
                one.kill()
        assert self._process is not None
        self._process.wait(20)

    def start_again(self) -> None:
        """After kill9: the same data, recovered from the log."""
        assert self._place is not None
        clear_leftovers(self._place.data)
        self._run(self._place)

    def kill_backend(self, pid: int) -> None:
        """One session of it: PostgreSQL then throws out all others and recovers by itself."""
        os.kill(pid, signal.SIGKILL)

    def pause(self) -> None:
        for one in self._family():
            with suppress(psutil.NoSuchProcess):
                one.suspend()

    def resume(self) -> None:
        for one in reversed(self._family()):
            with suppress(psutil.NoSuchProcess):
                one.resume()

    def _family(self) -> list[psutil.Process]:
        assert self._process is not None
        postmaster = psutil.Process(self._process.pid)
        return [postmaster, *postmaster.children(recursive=True)]


@dataclass
class Doors:
    """One slot's way to each system. `kafka`: to each broker."""

    kafka: tuple[Link, ...]
    database: Link
    registry: Link
    transactions: KafkaWatch
    commits: DatabaseWatch

    def to(self, which: str) -> tuple[Link, ...]:
        """The links to the system of this name."""
        found: Link | tuple[Link, ...] = getattr(self, which)
        return found if isinstance(found, tuple) else (found,)

    def all(self) -> tuple[Link, ...]:
        return *self.kafka, self.database, self.registry


@dataclass
class Systems:
    """What the workers depend on. Kafka and `postgres` are also reached directly, by the world outside and the judge."""

    nodes: tuple[RealKafka, ...]
    address: Kafka
    """Of all brokers."""
    postgres: HurtPostgres
    registry: Apicurio
    cluster: RealCluster | None = None
    """None: there is one broker only."""
    kafka_room: Path | None = None
    """A file system that the broker's log has for itself, where one could be had."""
    doors: dict[str, Doors] = field(default_factory=dict)

    @property
    def kafka(self) -> RealKafka:
        """The only broker."""
        (only,) = self.nodes
        return only

    def heal(self) -> None:
        """No door does anything any more."""
        for doors in self.doors.values():
            for link in doors.all():
                link.heal()

    def fallen(self) -> list[str]:
        """A sentence for each broker that does not run, with the end of what it said."""
        return [f"broker {one.node_id} has ended: {one.tail()}" for one in self.nodes if not one.running]

    def lead_to_database(self) -> None:
        """After PostgreSQL has come up on another port."""
        for doors in self.doors.values():
            doors.database.target = ("127.0.0.1", self.postgres.port)

    @contextmanager
    def postgres_of(self, name: str, template: str = "template1") -> Iterator[str]:
        """A database of this name, a copy of `template`; dropped at the end."""
        self._do(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            self._do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _do(self, statement: Any) -> None:
        with psycopg.connect(self.postgres.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def surroundings(self, slot: str, database: str) -> dict[str, str]:
        """Settings of a worker in this slot, whose database has this name."""
        doors = self.doors[slot]
        return {
            "DATABASE_URL": _through(self.postgres.url_of(database), doors.database.port),
            "KAFKA_BOOTSTRAP_SERVERS": ",".join(f"127.0.0.1:{link.port}" for link in doors.kafka),
            "SCHEMA_REGISTRY_URL": _through(self.registry.url, doors.registry.port),
        }


def _through(url: str, port: int) -> str:
    parts = urlsplit(url)
    login, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{login}{at}127.0.0.1:{port}"))


def _room(running: ExitStack) -> Path | None:
    with suppress(NotHere):
        return running.enter_context(small_disk(KAFKA_ROOM))
    return None


@contextmanager
def systems(folder: Path, brokers: int = 1) -> Iterator[Systems]:
    """All three, started. Raises Missing where one cannot be had; end with the thread that called."""
    with ExitStack() as running:
        watches = {slot: KafkaWatch() for slot in SLOTS}
        inner = [{slot: free_port() for slot in SLOTS} for _ in range(brokers)]
        links = [{slot: Link(("127.0.0.1", ports[slot]), watches[slot]) for slot in SLOTS} for ports in inner]
        doors = [{slot: (inner[n][slot], links[n][slot].port) for slot in SLOTS} for n in range(brokers)]
        room = _room(running)
        place = (room or folder) / "kafka"
        cluster = RealCluster(place, BROKER, doors) if brokers > 1 else None
        nodes = cluster.brokers if cluster else (RealKafka(place, BROKER, doors[0]),)
        kafka = cluster or nodes[0]
        running.callback(kafka.close)
        kafka.start()
        postgres = running.enter_context(HurtPostgres(folder / "postgres", keep=False))
        registry = running.enter_context(apicurio(folder / "registry"))
        made = Systems(nodes, kafka.kafka, postgres, registry, cluster, room)
        for slot in SLOTS:
            commits = DatabaseWatch()
            to_database, to_registry = Link(("127.0.0.1", postgres.port), commits), Link(("127.0.0.1", registry.port))
            to_kafka = tuple(each[slot] for each in links)
            made.doors[slot] = Doors(to_kafka, to_database, to_registry, watches[slot], commits)
            for link in made.doors[slot].all():
                running.callback(link.close)
        yield made


def wait_until(holds, what: str, seconds: float = 60.0, pause: float = 0.05) -> float:  # type: ignore[no-untyped-def]
    """The seconds that it took. Raises AssertionError with `what` when it takes longer than it may."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"not within {seconds:.0f} s: {what}"
        time.sleep(pause)
    return time.monotonic() - began
