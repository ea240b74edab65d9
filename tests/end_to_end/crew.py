"""Several workers of one group, each a process, killed and replaced while they work."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Final, LiteralString, Self

import psutil
import psycopg
from confluent_kafka import Consumer, TopicPartition

from ordercase import settings
from ordercase.simulate import Verdict, simulate
from schemas.topics import INBOUND, ORDER_STATES, OUTBOX_POSITION
from tests.integration.processes import Shell, Worker

SETTLED_WITHIN: Final = 60.0
AT_WORK_WITHIN: Final = 12.0
"""Seconds: longer than the group's session, after which a killed worker's partitions are somebody else's."""
AIM: Final = 1.5
"""Seconds for which the right moment is waited for before a worker is killed anyhow."""
LOOP: Final = "ordercase-loop"
"""The name under which a worker's batches are seen in PostgreSQL."""


@dataclass(slots=True)
class Toll:
    """What was done to the workers: kills in all; those in the middle of a database transaction, and of a Kafka one."""

    kills: int = 0
    in_batch: int = 0
    in_publication: int = 0
    heads: list[int] = field(default_factory=list)
    """The outbox's last number at each kill: whether anything went on between them."""


class Crew:
    """Starts workers; whoever is left is killed at the end."""

    def __init__(self, shell: Shell, running: ExitStack) -> None:
        self._shell = shell
        self._running = running
        self.workers: list[Worker] = []

    def hire(self) -> Worker:
        """One more; returns at once."""
        worker = self._running.enter_context(self._shell.worker())
        self.workers.append(worker)
        return worker

    def kill(self, worker: Worker, toll: Toll, caught: Callable[[], bool]) -> bool:
        """kill -9, in the moment when this holds if it soon does; whether it did. It is asked while the worker is stopped."""
        process = worker.process
        until = time.monotonic() + AIM
        hit = False
        while not hit and time.monotonic() < until and process.poll() is None:
            process.send_signal(SIGSTOP)
            hit = caught()
            if not hit:
                process.send_signal(SIGCONT)
                time.sleep(0.005)
        process.send_signal(SIGKILL)
        process.wait()
        self.workers.remove(worker)
        toll.kills += 1
        return hit

    @contextmanager
    def being_killed(self, seconds: float, every: float, seed: int) -> Iterator[Toll]:
        """For so many seconds one worker is killed every so many, and another started in its place at once.

        A kill waits (not for ever) until the crew has published something since the one before: it must find it at work.
        """
        toll, over, chance = Toll(), threading.Event(), random.Random(seed)
        died_of: list[BaseException] = []

        def kill_on() -> None:
            until = time.monotonic() + seconds
            try:
                with Moments(self._shell) as moments:
                    while not over.wait(every * chance.uniform(0.7, 1.3)) and time.monotonic() < until:
                        self._wait_for_work(toll, over, moments)
                        self._kill_one(chance, toll, moments)
                        self.hire()
            except BaseException as error:
                died_of.append(error)
                raise

        killer = threading.Thread(target=kill_on, daemon=True)
        killer.start()
        try:
            yield toll
        finally:
            over.set()
            killer.join()
        assert not died_of, died_of

    def _kill_one(self, chance: random.Random, toll: Toll, moments: "Moments") -> None:
        """By turns anybody in the middle of a batch, and the one who publishes in the middle of that."""
        if toll.kills % 2:
            leader = next((one for one in self.workers if moments.leads(one)), self.workers[0])
            toll.in_publication += self.kill(leader, toll, moments.publishing)
        else:
            victim = chance.choice(self.workers)
            toll.in_batch += self.kill(victim, toll, lambda: moments.in_batch(victim))
        toll.heads.append(moments.head())

    def _wait_for_work(self, toll: Toll, over: threading.Event, moments: "Moments") -> None:
        until = time.monotonic() + AT_WORK_WITHIN
        while toll.heads and moments.head() == toll.heads[-1] and time.monotonic() < until:
            if over.wait(0.1):
                return


@contextmanager
def crew(shell: Shell, size: int) -> Iterator[Crew]:
    """So many workers, ready."""
    with ExitStack() as running:
        made = Crew(shell, running)
        for _ in range(size):
            made.hire()
        for worker in made.workers:
            worker.wait_ready()
        yield made


class Moments:
    """What the workers of one group are in the middle of, as PostgreSQL and Kafka see it."""

    def __init__(self, shell: Shell) -> None:
        servers = shell.settings["KAFKA_BOOTSTRAP_SERVERS"]
        self._connection = psycopg.connect(shell.settings["DATABASE_URL"], autocommit=True)
        self._all, self._committed = (
            Consumer({"bootstrap.servers": servers, "group.id": "looks", "isolation.level": level, "log_level": 3})
            for level in ("read_uncommitted", "read_committed")
        )
        known = self._all.list_topics(ORDER_STATES, timeout=10).topics[ORDER_STATES].partitions
        self._partitions = [TopicPartition(ORDER_STATES, partition) for partition in known]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._all.close()
        self._committed.close()

    def in_batch(self, worker: Worker) -> bool:
        """The worker's batch has begun its transaction and not ended it."""
        return self._is(worker, LOOP, "xact_start IS NOT NULL")

    def blocked(self, worker: Worker) -> bool:
        """The worker's batch waits for somebody's lock."""
        return self._is(worker, LOOP, "wait_event_type = 'Lock'")

    def leads(self, worker: Worker) -> bool:
        """The worker is the one that publishes."""
        locks = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"
        return self._is(worker, "ordercase-relay", locks)

    def publishing(self) -> bool:
        """Order states have been sent to Kafka and are not committed yet."""
        return any(_end(self._all, one) != _end(self._committed, one) for one in self._partitions)

    def head(self) -> int:
        """How many messages the outbox was given to publish."""
        return outbox_head(self._connection)

    def _is(self, worker: Worker, name: str, condition: LiteralString) -> bool:
        """Whether this holds for a connection of this name and process."""
        with suppress(psutil.NoSuchProcess):
            ports = [one.laddr.port for one in psutil.Process(worker.process.pid).net_connections("tcp") if one.laddr]
            found = self._connection.execute(
                f"SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND client_port = ANY (%s) AND {condition}",
                (name, ports),
            )
            return found.fetchone() is not None
        return False


def _end(consumer: Consumer, partition: TopicPartition) -> int:
    limits: tuple[int, int] = consumer.get_watermark_offsets(partition, timeout=10)
    return limits[1]


def outbox_head(connection: psycopg.Connection) -> int:
    (head,) = connection.execute("SELECT seq FROM outbox_head").fetchone() or (0,)
    return int(head)


def play(shell: Shell, *, orders: int, seed: int, prefix: str, rate: float | None = None) -> Verdict:
    """The outside world of the simulator against the shell's cluster, in this process."""
    named = ("kafka_bootstrap_servers", "schema_registry_url", "group_id", "database_url")
    read = settings.load(None, **{name: shell.settings[name.upper()] for name in named})
    return simulate(read, orders=orders, seed=seed, rate=rate, prefix=prefix)


def settled(shell: Shell) -> int:
    """Waits until all that came in was read and all that it led to is published; how many messages that were in all."""
    servers, group = shell.settings["KAFKA_BOOTSTRAP_SERVERS"], shell.settings["GROUP_ID"]
    until = time.monotonic() + SETTLED_WITHIN
    properties = {"bootstrap.servers": servers, "group.id": f"{group}-relay", "log_level": 3}
    with psycopg.connect(shell.settings["DATABASE_URL"], autocommit=True) as connection:
        consumer = Consumer(properties)
        try:
            while True:
                unread = _unread(connection, consumer, group)
                head = outbox_head(connection)
                (at,) = consumer.committed([TopicPartition(OUTBOX_POSITION, 0)], timeout=10)
                if not unread and at.offset == head + 1:
                    return head
                assert time.monotonic() < until, f"unread: {unread}; outbox at {head}, published before {at.offset}"
                time.sleep(0.2)
        finally:
            consumer.close()


def _unread(connection: psycopg.Connection, consumer: Consumer, group: str) -> dict[str, int]:
    """Topic and partition → messages that no batch has taken yet."""
    rows = connection.execute(
        "SELECT topic, partition, next_offset FROM input_position WHERE group_id = %s", (group,)
    ).fetchall()
    positions = {(topic, partition): at for topic, partition, at in rows}
    found = {}
    for topic in INBOUND:
        for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            left = end - positions.get((topic, partition), 0)
            if left:
                found[f"{topic} {partition}"] = left
    return found
