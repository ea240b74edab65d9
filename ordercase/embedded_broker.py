"""The broker that librdkafka carries, for the demo and quick tests: Kafka's protocol, in memory, in this process.

What it does not have, so that nobody expects it: anything kept after the process; CreateTopics (a topic appears with
four partitions when it is first asked for); an isolation level and stored transactional offsets (so the relay runs in
its profile without transactions); fencing; compaction; more than 5 MiB a partition (the oldest records go); ACLs.
Exactly once can be shown on a real Kafka only.
"""

from types import TracebackType
from typing import Final, Self

from confluent_kafka import KafkaException, Producer

PARTITIONS: Final = 4


class EmbeddedBroker:
    """`with EmbeddedBroker() as broker: Producer({"bootstrap.servers": broker.bootstrap_servers})`.

    Other processes of this machine can use it too, over loopback TCP, as long as this object lives.
    """

    def __init__(self) -> None:
        self._client: Producer | None = None
        self._servers = ""

    @property
    def bootstrap_servers(self) -> str:
        """Raises RuntimeError while it is not started."""
        if self._client is None:
            raise RuntimeError("the embedded broker is not running; start it")
        return self._servers

    def start(self) -> Self:
        """Returns once it listens. Raises KafkaException when it cannot."""
        # The client that asks for the mock cluster carries it; log_level keeps its notice about that from the terminal.
        self._client = Producer({"test.mock.num.brokers": 1, "log_level": 3})
        brokers = self._client.list_topics(timeout=10).brokers.values()
        self._servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
        if not self._servers:
            raise KafkaException("the embedded broker named no address")
        return self

    def make_topic(self, name: str) -> None:
        """Makes the topic by asking for it: consumers that subscribe to it then find it at once. Idempotent."""
        if self._client is None:
            raise RuntimeError("the embedded broker is not running; start it")
        self._client.list_topics(name, timeout=10)

    def stop(self) -> None:
        """Ends the broker and everything that was in it. Idempotent."""
        self._client = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
