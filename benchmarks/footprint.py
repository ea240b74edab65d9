"""What a running worker holds, as curves: memory, threads, open files, connections to PostgreSQL, and how far it is behind.

The lag that it tells is compared with the truth at the same moment: the ends as Kafka tells them to somebody else, less
the positions in PostgreSQL. The three are not read at one instant, so the truth is a range.
"""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import ceil, nan
from typing import Any, Final, Self

import psutil
import psycopg
from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from benchmarks.systems import Systems, Worker
from schemas.topics import INBOUND

MIB: Final = 1024 * 1024
FLAT: Final = 0.05
"""A fitted line that changes by less than this share of its mean from end to end is flat."""

_TAKEN: Final = "SELECT coalesce(sum(next_offset), 0)::bigint FROM input_position WHERE group_id = %s"
_REST: Final = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'ordercase%%'),
    (SELECT seq FROM outbox_head) + 1 - coalesce((SELECT position FROM relay_position WHERE group_id = %s), 1)
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """`at`: seconds since the watch began. `pending`: events decided and not published. `lag`: as the worker tells it;
    the truth lies between `least` and `most`."""

    at: float
    memory: float
    threads: int
    files: int
    connections: int
    taken: int
    pending: int
    lag: int
    least: int
    most: int

    @property
    def wrong(self) -> int:
        """By how much the lag that is told lies outside of the truth."""
        return max(self.least - self.lag, self.lag - self.most, 0)


class Watch:
    """Takes a sample now and then, in a thread of its own, until its `with` ends."""

    def __init__(self, on: Systems, running: Worker, every: float) -> None:
        self.samples: list[Sample] = []
        self.missed = 0
        self._running, self._every = running, every
        self._process = psutil.Process(running.process.pid)
        self._connection = psycopg.connect(on.database, autocommit=True)
        self._group = on.group
        self._kafka = Consumer({"bootstrap.servers": on.kafka, "group.id": "bench-ends", "log_level": 0})
        topics = self._kafka.list_topics(timeout=30).topics
        self._partitions = [(name, number) for name in INBOUND for number in topics[name].partitions]
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._take()  # how it ended
        self._connection.close()
        self._kafka.close()

    def _watch(self) -> None:
        while not self._stop.is_set() and self._running.process.poll() is None:
            self._take()
            self._stop.wait(self._every)

    def _take(self) -> None:
        try:
            self.samples.append(self._sample())
        except (
            OSError,
            KafkaException,
            psutil.Error,
        ):  # a page or a broker too slow to answer now, a worker that ended
            self.missed += 1

    def _sample(self) -> Sample:
        ends, taken = self._ends(), self._one(_TAKEN)
        lag = self._running.lag()
        taken_after, ends_after = self._one(_TAKEN), self._ends()
        connections, pending = self._connection.execute(_REST, (self._group,)).fetchone() or (0, 0)
        with self._process.oneshot():
            memory, threads = self._process.memory_info().rss / MIB, self._process.num_threads()
        return Sample(
            at=time.monotonic() - self._began, memory=memory, threads=threads, files=self._process.num_fds(),
            connections=connections, taken=taken_after, pending=int(pending), lag=lag,
            least=max(0, ends - taken_after), most=ends_after - taken,
        )  # fmt: skip

    def _one(self, query: str) -> int:
        row = self._connection.execute(query, (self._group,)).fetchone()
        return int(row[0]) if row else 0

    def _ends(self) -> int:
        wanted = [TopicPartition(*name, OFFSET_END) for name in self._partitions]
        return sum(one.offset for one in self._kafka.offsets_for_times(wanted, timeout=30))


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through a curve: its mean, and by how much it rises from the first sample to the last."""

    mean: float
    rise: float

    @property
    def flat(self) -> bool:
        return abs(self.rise) <= FLAT * abs(self.mean)

    def __str__(self) -> str:
        return f"mean {self.mean:.1f}, {self.rise:+.2f} from end to end: {'flat' if self.flat else 'NOT flat'}"


def line(samples: Sequence[Sample], value: Callable[[Sample], float]) -> Line:
    """The least squares line through at least two samples."""
    times, values = [one.at for one in samples], [value(one) for one in samples]
    slope = statistics.linear_regression(times, values).slope
    return Line(statistics.fmean(values), slope * (times[-1] - times[0]))


def rate(samples: Sequence[Sample], first: float, last: float) -> float:
    """Inputs per second between two shares of what was taken in all: 0.0 and 0.1 are the first tenth. With no sample
    between them: not a number."""
    begin, end = samples[0].taken, samples[-1].taken
    bounds = [begin + share * (end - begin) for share in (first, last)]
    reached = [next(one for one in samples if one.taken >= bound) for bound in bounds]
    if reached[0] is reached[1]:
        return nan
    return (reached[1].taken - reached[0].taken) / (reached[1].at - reached[0].at)


def curve(samples: Sequence[Sample], points: int = 10) -> str:
    """A table of some samples, evenly spread."""
    step = max(1, ceil((len(samples) - 1) / max(1, points - 1)))
    head = "  seconds   MiB  threads  files  connections     taken  pending       lag      true lag"
    rows = [
        f"  {one.at:7.0f} {one.memory:5.0f} {one.threads:8} {one.files:6} {one.connections:12} {one.taken:9} {one.pending:8}"
        f" {one.lag:9}  {one.least} … {one.most}"
        for one in [*samples[:-1:step], samples[-1]]
    ]
    return "\n".join([head, *rows])


def told(watch: Watch) -> str:
    """How honest the lag was."""
    right = sum(one.wrong == 0 for one in watch.samples)
    worst = max(one.wrong for one in watch.samples)
    return (
        f"lag told in /metrics within the truth in {right} of {len(watch.samples)} samples, at worst {worst} off"
        f" (a worker hears of its own COMMIT a moment later: up to a batch); {watch.missed} samples got no answer"
    )


def as_rows(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    return [{field.name: getattr(one, field.name) for field in fields(one)} for one in samples]
