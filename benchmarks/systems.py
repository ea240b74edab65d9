"""The real systems beside a worker, and the worker as it is deployed: `ordercase run` in a process of its own."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from ordercase.postgres_files import free_port
from tests.real.kafka import any_kafka
from tests.real.postgres import any_postgres
from tests.real.registry import any_registry

READY_WITHIN: Final = 180.0
ROOM: Final = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
"""What whoever runs PostgreSQL for more than a trial gives it: of its defaults (128 MB) an eighth more CPU goes into moving
pages in and out."""
SAMPLE: Final = re.compile(r'(?m)^ordercase_stage_seconds_sum\{[^}]*stage="([a-z_]+)"[^}]*\} (\S+)$')
LAG: Final = re.compile(r"(?m)^ordercase_consumer_lag_records\{[^}]*\} (\S+)$")
BATCHES: Final = re.compile(r"(?m)^ordercase_batch_inputs_count (\S+)$")


@dataclass(frozen=True)
class Systems:
    """Where everything listens, and what it is, for the head of the report."""

    kafka: str
    registry: str
    database: str
    group: str
    origins: tuple[str, ...]
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further settings of every process."""

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of an `ordercase` process against these systems, free of settings from outside."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ORDERCASE_")}
        ours = {
            "DATABASE_URL": self.database,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "SCHEMA_REGISTRY_URL": self.registry,
            "GROUP_ID": self.group,
            "LOG_FORMAT": "json",
        }
        return inherited | {f"ORDERCASE_{name}": value for name, value in {**ours, **self.settings, **more}.items()}


@contextmanager
def systems(**settings: str) -> Iterator[Systems]:
    """Kafka, registry and PostgreSQL as the tests find or start them, topics, schemas and tables made."""
    with TemporaryDirectory(prefix="ordercase-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        with (
            any_kafka(folder / "kafka") as kafka,
            any_registry(folder / "registry") as registry,
            any_postgres(folder / "postgres", ROOM) as postgres,
            postgres.database() as database,
        ):
            origins = (kafka.origin, registry.origin, postgres.origin)
            group = f"bench-{uuid4().hex[:8]}"
            made = Systems(kafka.bootstrap_servers, registry.url, database, group, origins, folder, settings)
            for command in (["migrate"], ["topics", "apply"], ["schemas", "register"]):
                subprocess.run(
                    [sys.executable, "-m", "ordercase", *command],
                    env=made.environment(),
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
            yield made


class Worker:
    """One running `ordercase run` of one or more processes; its log is kept in the folder of the systems."""

    def __init__(self, on: Systems, batch_size: int, processes: int = 1) -> None:
        self._ports = free_ports(processes)
        self._port = self._ports[0]
        self.log = on.folder / "worker.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ordercase", "run", "--processes", str(processes)],
                env=on.environment(HTTP_PORT=str(self._port), BATCH_SIZE=str(batch_size)),
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        """Returns once it has its partitions and its relay; raises with the end of its log when it does not."""
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(OSError):
                _fetched(self._port, "health/ready")
                return
            time.sleep(0.1)
        raise RuntimeError(f"the worker is not ready; the end of its log:\n{self.tail()}")

    def tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8").splitlines()[-20:])

    def stages(self) -> dict[str, float]:
        """Seconds spent so far in each stage of a batch, by all of its processes."""
        spent = defaultdict[str, float](float)
        for stage, seconds in SAMPLE.findall(self._metrics()):
            spent[stage] += float(seconds)
        return spent

    def batches(self) -> int:
        """How many batches it has committed so far."""
        return round(sum(map(float, BATCHES.findall(self._metrics()))))

    def lag(self) -> int:
        """How many offsets it says that it is behind, all partitions together."""
        return round(sum(map(float, LAG.findall(self._metrics()))))

    def _metrics(self) -> str:
        """The figures of its processes, one after the other."""
        return "\n".join(_fetched(port, "metrics") for port in self._ports)

    def stop(self) -> int:
        """Stops it as a supervisor would; its exit status."""
        self.process.terminate()
        return self.process.wait(timeout=30)


def _fetched(port: int, page: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=5) as answer:
        return str(answer.read().decode())


def free_ports(count: int) -> range:
    """As many loopback TCP ports, one after the other, that were free a moment ago."""
    while True:
        first = free_port()
        with suppress(OSError), ExitStack() as probes:
            for port in range(first, first + count):
                probes.enter_context(socket.create_server(("127.0.0.1", port)))
            return range(first, first + count)


@contextmanager
def worker(on: Systems, batch_size: int, processes: int = 1) -> Iterator[Worker]:
    running = Worker(on, batch_size, processes)
    try:
        running.wait_until_ready()
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
