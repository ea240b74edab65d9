"""One stage for a fault: topics, a database and a group of its own, two workers, and the simulator's world before them."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Final
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil

from domain.policy import Policies
from ordercase import child_process, settings
from ordercase.postgres_files import free_port
from ordercase.simulate import Verdict
from ordercase.simulate.kafka import Kafka as Line
from ordercase.simulate.stories import chosen, told
from ordercase.simulate.world import World
from storage.migrate import upgrade
from tests.end_to_end.sending import Sender
from tests.faults import records
from tests.faults.progress import Places, Progress
from tests.faults.systems import SLOTS, Systems, wait_until
from tests.faults.workers import Worker
from tests.real.kafka import Kafka

ROOT: Final = Path(__file__).resolve().parents[2]
SETTLED_WITHIN: Final = 120.0
COMMAND_WITHIN: Final = 240.0
STOPS_WITHIN: Final = 20.0
"""Twice what is promised: the machine may be busy."""
PARTITIONS: Final = 3

_groups = itertools.count(1)


@dataclass
class Scene(Progress):
    """What a fault is played on. `chance` is the run's own; `program` runs the worker (a mutant's is another)."""

    systems: Systems
    group: str
    database: str
    folder: Path
    program: tuple[str, ...] = ("-m", "ordercase")
    workers: list[Worker] = field(default_factory=list)
    world: World | None = None
    told: int = 0
    anew: set[str] = field(default_factory=set)
    """Topics that were made again since the judge looked: it has to read them from their beginning."""
    notes: list[str] = field(default_factory=list)
    expected: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Of orders that a fault told of itself: the customer's e-mail address and the captured amount that must come of it."""
    _every: list[Worker] = field(default_factory=list)

    # The systems, reached directly

    @property
    def url(self) -> str:
        return self.systems.postgres.url_of(self.database)

    @property
    def servers(self) -> str:
        return self.kafka.bootstrap_servers

    @property
    def kafka(self) -> Kafka:
        return self.systems.address

    @cached_property
    def sender(self) -> Sender:
        """For what a fault tells beside the stories."""
        return Sender(self.servers, self.systems.registry.url)

    def settings(self, slot: str) -> dict[str, str]:
        given = self.systems.surroundings(slot, self.database)
        given |= {"GROUP_ID": self.group, "TOPICS__PARTITIONS": str(PARTITIONS), "LOG_FORMAT": "json"}
        # The shortest that make sense: what a dead worker had is somebody else's the sooner.
        given |= {"KAFKA__SESSION_TIMEOUT_MS": "4000", "KAFKA__HEARTBEAT_INTERVAL_MS": "1000"}
        return given | {"KAFKA__TOPIC_METADATA_REFRESH_INTERVAL_MS": "5000"}

    # The workers

    def hire(self, slot: str | None = None, *arguments: str, program: tuple[str, ...] | None = None,
             more: Mapping[str, str] | None = None) -> Worker:  # fmt: skip
        """One more, in a slot that is free; returns at once."""
        taken = {one.slot for one in self.workers if one.running}
        slot = slot or next(one for one in SLOTS if one not in taken)
        port = free_port()
        path = self.folder / f"worker-{slot}-{len(self._every)}.log"
        command = [sys.executable, *(program or self.program), "run", *arguments]
        with path.open("wb") as log:
            process = child_process.start(
                command, dies_by=signal.SIGKILL, folder=self.folder, output=log,
                environment=self._environment(slot, {**(more or {}), "HTTP_PORT": str(port)}),
            )  # fmt: skip
        worker = Worker(slot, process, path, port)
        self.workers.append(worker)
        self._every.append(worker)
        return worker

    def _environment(self, slot: str, more: Mapping[str, str]) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("ORDERCASE_")}
        ours = {f"ORDERCASE_{name}": value for name, value in {**self.settings(slot), **more}.items()}
        return {**plain, **ours, "PYTHONPATH": str(ROOT)}

    def command(self, *arguments: str, slot: str = "C") -> "subprocess.CompletedProcess[str]":
        """Another command of ours, to its end."""
        return subprocess.run([sys.executable, "-m", "ordercase", *arguments], env=self._environment(slot, {}),
                              cwd=self.folder, capture_output=True, text=True, timeout=COMMAND_WITHIN, check=False)  # fmt: skip

    def let_go(self, worker: Worker) -> None:
        """kill -9."""
        worker.kill()
        self.workers.remove(worker)

    def dismiss(self, worker: Worker) -> None:
        """An orderly stop, within the ten seconds that are promised."""
        worker.signal(signal.SIGCONT)
        worker.signal(signal.SIGTERM)
        try:
            worker.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{worker.log_path.name} did not stop within {STOPS_WITHIN:.0f} s") from None
        self.workers.remove(worker)

    def dismiss_all(self) -> None:
        """An orderly stop of every worker."""
        for one in list(self.workers):
            self.dismiss(one)

    def said(self, event: str) -> int:
        """How often this is in the logs of those who work now."""
        return sum(one.said(event) for one in self.workers)

    def note(self, said: str) -> None:
        """For the reader of a run: what became of a strike."""
        self.notes.append(said)

    def passed(self, before: Places, sleeper: Worker) -> bool:
        """Whether somebody else has read on in every partition that had anything to read."""
        assert sleeper.running
        ends, now = self.ends(), self.positions()
        return all(now.get(name, 0) > at for name, at in before.items() if ends.get(name, 0) > at)

    def ready(self) -> bool:
        """Whether every worker that runs has its partitions and a relay that publishes or stands by."""
        return all(_answers_well(one.port) for one in self.workers)

    def wait_ready(self, seconds: float = 90.0) -> None:
        wait_until(lambda: self.ready() or self.dead(), "the workers are ready", seconds, 0.2)
        assert not self.dead(), self.last_words()

    def dead(self) -> list[Worker]:
        """Workers that ended by themselves."""
        return [one for one in self.workers if not one.running]

    def last_words(self) -> str:
        return "\n".join(f"{one.log_path.name}: {one.stopped_with() or one.log[-1500:]}" for one in self.dead())

    def await_stop(self, code: str, workers: list[Worker], seconds: float = 60.0) -> str:
        """Waits until these have ended by themselves, for this reason and no other; the sentence that they said."""
        wait_until(lambda: all(not one.running for one in workers), f"a stop with {code}", seconds)
        said = [one.stopped_with() for one in workers]
        codes = {one[0] if one else "nothing" for one in said}
        assert codes == {code}, f"stopped with {sorted(codes)}, not with {code}: {workers[0].log[-1500:]}"
        self.workers = [one for one in self.workers if one not in workers]
        return said[0][1] if said[0] else ""

    def connections(self, worker: Worker, name: str, condition: str = "true") -> list[int]:
        """PostgreSQL's sessions of this worker under this name for which the condition holds.

        The proxy is between: a session is known by the proxy's port that its connection came from.
        """
        pairs = self.systems.doors[worker.slot].database.ports()
        with suppress(psutil.NoSuchProcess):
            own = {one.laddr.port for one in psutil.Process(worker.process.pid).net_connections("tcp") if one.laddr}
            theirs = [server for client, server in pairs if client in own]
            where = f"application_name = %s AND client_port = ANY (%s) AND {condition}"
            return [pid for (pid,) in self.sql(f"SELECT pid FROM pg_stat_activity WHERE {where}", name, theirs)]
        return []

    def leader(self) -> Worker | None:
        """The worker whose relay publishes."""
        locks = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"
        return next((one for one in self.workers if self.connections(one, "ordercase-relay", locks)), None)

    # The world

    def play(self, at_once: ThreadPoolExecutor, stories: int, seed: int, rate: float) -> "Future[Verdict]":
        """Begins to tell so many stories, with repeats and late messages among them."""
        world = self.world
        assert world is not None
        plots = chosen(Random(f"{seed}:plots"), stories, told(Policies()), evenly=True)
        self.told += stories
        return at_once.submit(world.play, plots, rate)

    def delete(self, topic: str) -> None:
        """Returns once the broker does not know it any more."""
        admin = self.kafka.admin()
        for future in admin.delete_topics([topic]).values():
            future.result(20)
        wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, f"{topic} is gone", 30, 0.2)

    def recreate(self, topic: str) -> None:
        """Deletes a topic and makes it again, empty."""
        self.delete(topic)
        self.kafka.create_topics([topic], partitions=PARTITIONS)
        self.anew.add(topic)

    def caught_up(self) -> float:
        """Seconds until all that had come in by now is applied, and all that it led to is published."""
        began = time.monotonic()
        ends = self.ends()

        def applied() -> bool:
            at = self.positions()
            return all(at.get(name, 0) >= end for name, end in ends.items() if end)

        def stuck() -> str:
            return f"unread: {self.unread()}; {self.last_words()}"

        try:
            wait_until(lambda: applied() or self._all_dead(), "what came in is applied", SETTLED_WITHIN, 0.1)
        except AssertionError as late:
            raise AssertionError(f"{late}; {stuck()}") from None
        assert not self._all_dead(), self.last_words()
        ((head,),) = self.sql("SELECT seq FROM outbox_head")
        wait_until(
            lambda: self.published_to() > head, f"what it led to is published, up to {head}", SETTLED_WITHIN, 0.1
        )
        return time.monotonic() - began

    def _all_dead(self) -> bool:
        return bool(self.workers) and len(self.dead()) == len(self.workers)

    def close(self) -> None:
        for one in self._every:
            if one.running:
                one.signal(signal.SIGCONT)
                one.kill()


def _answers_well(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2):
            return True
    except HTTPError as error:
        error.close()
        return False
    except OSError:  # nobody listens yet
        return False


@contextmanager
def scene(systems: Systems, folder: Path, *, seed: int, program: tuple[str, ...] = ("-m", "ordercase"),
          patience: float = 100.0, workers: int = 2) -> Iterator[Scene]:  # fmt: skip
    """Empty topics, an empty database, so many workers that are ready, and a world that nothing was told of yet."""
    number = next(_groups)
    systems.heal()
    systems.address.delete_topics()
    with systems.postgres_of(f"faults_{os.getpid()}_{number}") as name:
        upgrade(systems.postgres.url_of(name))
        records.keep_a_copy(systems.postgres.url_of(name))
        made = Scene(systems, f"faults-{os.getpid()}-{number}", name, folder, program)
        folder.mkdir(parents=True, exist_ok=True)
        line: Line | None = None
        try:
            for command in (("topics", "apply"), ("schemas", "register")):
                done = made.command(*command)
                assert done.returncode == 0, done.stderr
            for _ in range(workers):
                made.hire()
            made.wait_ready()
            read = settings.load(None, kafka_bootstrap_servers=made.servers,
                                 schema_registry_url=systems.registry.url, group_id=made.group,
                                 # The world outside is patient: a broker that is started again is none of its faults.
                                 kafka={"MESSAGE_TIMEOUT_MS": "120000"})  # fmt: skip
            line = Line(read)
            made.world = World(line, prefix=f"F{number}-", seed=seed, chaos=True, exactly_once=True, patience=patience)
            yield made
        finally:
            made.close()
            if line is not None:
                line.close()
            systems.heal()
