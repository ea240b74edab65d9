"""Three brokers and a controller from the official jars: what is written is on two of them at least."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from confluent_kafka import ElectionType, KafkaException

from tests.real.java import KAFKA_VERSION
from tests.real.kafka import READY_WITHIN, Kafka, RealKafka

BROKERS: Final = 3
_CONTROLLER: Final = 100
_SAFE: Final = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    # A broker that does not answer is no leader any more after so long; the machine may be busy.
    "broker.session.timeout.ms": "6000",
    "broker.heartbeat.interval.ms": "1000",
    "replica.lag.time.max.ms": "6000",
    # Three logs share a small file system.
    "log.segment.bytes": "16777216",
    "log.index.size.max.bytes": "262144",
    # Leaders move when a test moves them.
    "auto.leader.rebalance.enable": "false",
}


class _Node(RealKafka):
    heap = "512m"

    def __init__(self, folder: Path, settings: Mapping[str, str], doors: Mapping[str, tuple[int, int]],
                 node_id: int, controller_port: int) -> None:  # fmt: skip
        super().__init__(folder, settings, doors)
        self.node_id = node_id
        self._controller_port = controller_port

    def _properties(self) -> dict[str, str]:
        voters = f"{_CONTROLLER}@127.0.0.1:{self._controller_port}"
        return super()._properties() | {"process.roles": self._role(), "controller.quorum.voters": voters}

    def _role(self) -> str:
        return "broker"

    def _listeners(self, broker: str, controller: str) -> dict[str, str]:
        found = super()._listeners(broker, controller)
        return found | {"listeners": found["listeners"].replace(f",CONTROLLER://{controller}", "")}


class _Controller(_Node):
    def _role(self) -> str:
        return "controller"

    def _listeners(self, broker: str, controller: str) -> dict[str, str]:
        found = super()._listeners(broker, controller)
        del found["inter.broker.listener.name"]
        return found | dict.fromkeys(("listeners", "advertised.listeners"), f"CONTROLLER://{controller}")

    def wait(self) -> None:
        """The brokers do: they answer only when it does."""


class RealCluster:
    """`doors`: for each broker its further listeners, as RealKafka has them. Each node may be hurt by itself."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str], doors: Sequence[Mapping[str, tuple[int, int]]]
    ) -> None:
        self.controller = _Controller(folder / "controller", {**_SAFE, **settings}, {}, _CONTROLLER, 0)
        port = self.controller._controller_port = self.controller.port
        self.brokers = tuple(
            _Node(folder / f"broker-{n + 1}", {**_SAFE, **settings}, doors[n], n + 1, port) for n in range(BROKERS)
        )

    @property
    def kafka(self) -> Kafka:
        servers = ",".join(one.kafka.bootstrap_servers for one in self.brokers)
        return Kafka(servers, f"Apache Kafka {KAFKA_VERSION}, {BROKERS} brokers and a controller", replication=BROKERS)

    def start(self) -> Kafka:
        """Starts whatever does not run; returns once every broker answers and has all that it should have."""
        for node in (self.controller, *self.brokers):
            if not node.running:
                node.launch()
        for broker in self.brokers:
            broker.wait()
        self.wait_whole()
        return self.kafka

    def wait_whole(self) -> None:
        """Returns once all three know each other, every replica is in sync and leaders are where they belong."""
        admin = self.kafka.admin()
        until = time.monotonic() + READY_WITHIN
        while not self._whole(admin.list_topics(timeout=10)):
            if time.monotonic() > until:
                raise TimeoutError("the three brokers do not come together again")
            time.sleep(0.2)
        with suppress(KafkaException):  # there is nothing to elect
            admin.elect_leaders(ElectionType.PREFERRED).result(20)

    @staticmethod
    def _whole(known) -> bool:  # type: ignore[no-untyped-def]
        partitions = [one for topic in known.topics.values() for one in topic.partitions.values()]
        return len(known.brokers) == BROKERS and all(len(one.isrs) == len(one.replicas) for one in partitions)

    def close(self) -> None:
        """Ends all and removes their data. Idempotent."""
        for node in (*self.brokers, self.controller):
            node.close()
