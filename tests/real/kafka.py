"""A real Apache Kafka: one that is named, one in Docker, or the official jars under the Java of this machine."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from ordercase import child_process
from ordercase.postgres_files import free_port
from tests.real import docker
from tests.real.java import KAFKA_VERSION, cache, java, kafka_jars
from tests.real.missing import Missing

READY_WITHIN: Final = 120.0


@dataclass(frozen=True)
class Kafka:
    """A cluster to test against. `origin` is what the summary of the run says of it."""

    bootstrap_servers: str
    origin: str
    replication: int = field(default=1, kw_only=True)
    """Of the topics that are made here."""

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})

    def create_topics(
        self, names: Iterable[str], *, partitions: int = 6, config: Mapping[str, str] | None = None
    ) -> None:
        """Makes the topics; one that exists is left as it is."""
        topics = [NewTopic(name, partitions, self.replication, config=dict(config or {})) for name in names]
        admin = self.admin()  # kept in a name: its answers come only while it lives
        for future in admin.create_topics(topics).values():
            try:
                future.result(30)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
        until = time.monotonic() + READY_WITHIN
        while not {topic.topic for topic in topics} <= set(admin.list_topics(timeout=10).topics):
            if time.monotonic() > until:
                raise TimeoutError("topics that were made do not appear")

    def delete_topics(self) -> None:
        """Deletes every topic but Kafka's own, and returns once they are gone."""
        admin = self.admin()
        until = time.monotonic() + READY_WITHIN
        while names := [name for name in admin.list_topics(timeout=10).topics if not name.startswith("__")]:
            if time.monotonic() > until:
                raise TimeoutError(f"topics do not go away: {names}")
            for future in admin.delete_topics(names).values():
                with suppress(KafkaException):  # deleted by the round before, not yet gone from the list
                    future.result(30)


class RealKafka:
    """One node (broker and controller) from the official jars, on loopback, which a test may hurt.

    `folder` holds its data; the ports stay the same over stop and start. It ends with the thread that started it.
    `doors`: further listeners by name (upper case), each (port that it listens on, port that it tells its clients).
    """

    heap = "1g"
    node_id = 1

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        doors: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        self.folder = folder
        self._doors = dict(doors or {})
        self.port, self._controller_port = free_port(), free_port()
        self._settings = dict(settings or {})
        self._jars = kafka_jars()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def kafka(self) -> Kafka:
        return Kafka(f"127.0.0.1:{self.port}", f"Apache Kafka {KAFKA_VERSION}, official jars through Maven")

    @property
    def log_path(self) -> Path:
        return self.folder / "kafka.log"

    def tail(self) -> str:
        """The last lines of its log."""
        return _tail(self.log_path)

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended since."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Kafka:
        """Returns once it answers. Raises Missing with the end of its log when it does not."""
        self.launch()
        self.wait()
        return self.kafka

    def launch(self) -> None:
        """Starts it and returns at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "server.properties"
        properties.write_text("".join(f"{key}={value}\n" for key, value in self._properties().items()))
        if not (self.folder / "data").exists():
            self._format(properties)
        with self.log_path.open("ab") as log:
            self._process = child_process.start(
                java(f"-Xmx{self.heap}", "-cp", f"{self._jars}/*", "kafka.Kafka", properties),
                dies_by=signal.SIGKILL,
                output=log,
            )

    def wait(self) -> None:
        """Returns once it answers. Raises Missing with the end of its log when it does not."""
        wait_for_kafka(self.kafka, lambda: self.running, self.log_path)

    def stop(self) -> None:
        """An orderly shutdown. The data stays."""
        self._end(signal.SIGTERM)

    def kill9(self) -> None:
        """As a crash ends it. The data stays (the page cache survives: this does not prove power loss)."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Stops it without ending it: connections stay open and nobody answers."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Ends it and removes its data. Idempotent."""
        if self._process is not None:
            self.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def console_consumer(self, topic: str, *, isolation: str = "read_committed", quiet_ms: int = 3000) -> list[str]:
        """The topic from its beginning as Kafka's own console consumer prints it: `key<TAB>value` lines."""
        arguments = ["--bootstrap-server", self.kafka.bootstrap_servers, "--topic", topic, "--from-beginning"]
        arguments += ["--isolation-level", isolation, "--timeout-ms", str(quiet_ms)]
        arguments += ["--formatter-property", "print.key=true"]
        tool = "org.apache.kafka.tools.consumer.ConsoleConsumer"
        command = java("-cp", f"{self._jars}/*", tool, *arguments)
        # It ends with an error when nothing more comes, which is how it is told to end.
        printed = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return [line for line in printed.stdout.splitlines() if "\t" in line]  # the rest is its log

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("this Kafka is not started")
        return self._process

    def _end(self, how: signal.Signals) -> None:
        process = self._running()
        process.send_signal(signal.SIGCONT)
        process.send_signal(how)
        process.wait(60)
        self._process = None

    def _properties(self) -> dict[str, str]:
        broker, controller = f"127.0.0.1:{self.port}", f"127.0.0.1:{self._controller_port}"
        return {
            "process.roles": "broker,controller",
            "node.id": str(self.node_id),
            "controller.quorum.voters": f"{self.node_id}@{controller}",
            **self._listeners(broker, controller),
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": "0",
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            **self._settings,
        }

    def _listeners(self, broker: str, controller: str) -> dict[str, str]:
        doors = self._doors.items()
        listens = "".join(f",{name}://127.0.0.1:{port}" for name, (port, _) in doors)
        tells = "".join(f",{name}://127.0.0.1:{port}" for name, (_, port) in doors)
        return {
            "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}{listens}",
            "advertised.listeners": f"PLAINTEXT://{broker}{tells}",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": ",".join(
                f"{name}:PLAINTEXT" for name in ("PLAINTEXT", "CONTROLLER", *self._doors)
            ),
        }

    def _format(self, properties: Path) -> None:
        """A formatted folder holds no address, so one is kept in the cache: formatting costs a second each time."""
        formatted = cache() / f"kafka-{KAFKA_VERSION}-formatted"
        if formatted.exists():
            shutil.copytree(formatted, self.folder / "data")
            self._label()
            return
        tool = java("-cp", f"{self._jars}/*", "kafka.tools.StorageTool")
        with self.log_path.open("ab") as log:
            subprocess.run(
                [*tool, "format", "-t", "b3JkZXJjYXNlLXRlc3RzLQ", "-c", str(properties)],
                check=True,
                stdout=log,
                stderr=log,
            )
        coming = formatted.with_name(f"{formatted.name}.{os.getpid()}")
        shutil.copytree(self.folder / "data", coming)
        with suppress(OSError):  # another run was first; its copy is as good
            coming.rename(formatted)
        shutil.rmtree(coming, ignore_errors=True)

    def _label(self) -> None:
        """Makes a copy of another node's folder this one's."""
        meta = self.folder / "data" / "meta.properties"
        own = urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).decode().rstrip("=")
        text = re.sub(r"(?m)^node\.id=.*$", f"node.id={self.node_id}", meta.read_text())
        meta.write_text(re.sub(r"(?m)^directory\.id=.*$", f"directory.id={own}", text))


def wait_for_kafka(kafka: Kafka, alive: Callable[[], bool], log: Path) -> None:
    """Returns once a broker has named itself. Raises Missing."""
    admin = kafka.admin()
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and alive():
        with suppress(KafkaException):
            if admin.list_topics(timeout=1).brokers:
                return
        time.sleep(0.05)
    raise Missing(f"Kafka at {kafka.bootstrap_servers} does not answer: {_tail(log)}")


def _tail(log: Path) -> str:
    return " / ".join(log.read_text(errors="replace").splitlines()[-3:]) if log.exists() else "it has no log"


@contextmanager
def any_kafka(folder: Path) -> Iterator[Kafka]:
    """The Kafka of ORDERCASE_TEST_KAFKA, else one in Docker, else the jars in `folder`. Raises Missing.

    Tests delete every topic of the cluster that they get: name none that anybody else uses.
    """
    named = os.environ.get("ORDERCASE_TEST_KAFKA")
    if named:
        kafka = Kafka(named, f"Kafka at {named} (ORDERCASE_TEST_KAFKA)")
        wait_for_kafka(kafka, lambda: True, folder / "none")
        yield kafka
    elif docker.answers():
        with docker.kafka() as servers:
            kafka = Kafka(servers, f"{docker.KAFKA_IMAGE} in Docker")
            wait_for_kafka(kafka, lambda: True, folder / "none")
            yield kafka
    else:
        real = RealKafka(folder)
        try:
            yield real.start()
        finally:
            real.close()
