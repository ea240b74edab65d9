"""What a worker measures of itself, as Prometheus metrics. No labels but topics, stages and outcomes: never a key.

Times are exported as timestamps where a stopped process should still show them growing old.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from storage.positions import Partition

STAGE_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH_INPUTS: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500)
APART: Final = frozenset({"inputs", "published"})
"""Counts of a batch that say nothing of what became of an input."""

TIMER_OUTCOMES: Final = frozenset({"fired", "off", "put_off"})

Figures = Mapping[Any, float | None]
"""By label, or tuple of labels."""


class Metrics:
    """The loop's observer. Every method may be called from the loop's thread; reading them is any thread's."""

    def __init__(self, version: str, beat: Callable[[], None] = lambda: None) -> None:
        self.registry = CollectorRegistry()
        self._beat = beat
        self.partitions = 0
        """How many partitions are this worker's at present."""
        r = self.registry
        self._inputs = Counter("ordercase_inputs", "Messages read and committed.", registry=r)
        self._outcomes = Counter("ordercase_outcomes", "What became of inputs.", ["outcome"], registry=r)
        self._published = Counter("ordercase_records", "Records put into the outbox.", registry=r)
        self._stages = Histogram(
            "ordercase_stage_seconds", "Seconds of a batch per stage.", ["stage"], buckets=STAGE_SECONDS, registry=r
        )
        self._batches = Histogram("ordercase_batch_inputs", "Inputs of a batch.", buckets=BATCH_INPUTS, registry=r)
        self._retries = Counter("ordercase_batch_retries", "Batches that had to be tried again.", ["why"], registry=r)
        self._owned = Gauge("ordercase_partitions_owned", "Partitions that this worker reads.", registry=r)
        self._rebalances = Counter("ordercase_assignment_changes", "Changes of what this worker reads.", registry=r)
        self._halted = Counter("ordercase_partitions_halted", "Partitions left alone: too much parked.", registry=r)
        self._timers_due = Gauge(
            "ordercase_timers_due", "Timers that are due at this moment, at most a batch of them.", registry=r
        )
        self._timers = Counter("ordercase_timers", "What became of timers that came due.", ["outcome"], registry=r)
        self._done_at = Gauge(
            "ordercase_last_batch_timestamp_seconds", "When the last batch was committed.", registry=r
        )
        Gauge("ordercase_build_info", "Which version runs.", ["version"], registry=r).labels(version).set(1)

    def batch_done(self, counts: Mapping[str, int], seconds: Mapping[str, float]) -> None:
        self._beat()
        self._inputs.inc(counts.get("inputs", 0))
        self._published.inc(counts.get("published", 0))
        self._batches.observe(counts.get("inputs", 0))
        self._done_at.set_to_current_time()
        for outcome, count in counts.items():
            if outcome not in APART and count:
                self._outcomes.labels(outcome).inc(count)
        for stage, spent in seconds.items():
            self._stages.labels(stage).observe(spent)

    def transient(self, what: str) -> None:
        self._beat()
        self._retries.labels(what).inc()

    def owned(self, partitions: int) -> None:
        self._beat()
        self.partitions = partitions
        self._owned.set(partitions)
        self._rebalances.inc()

    def turned(self) -> None:
        self._beat()

    def halted(self, partition: Partition, sentence: str) -> None:
        del partition, sentence  # the loop logs them
        self._halted.inc()

    def timers_due(self, count: int) -> None:
        self._timers_due.set(count)

    def timers_done(self, counts: Mapping[str, int]) -> None:
        self._published.inc(counts.get("published", 0))
        for outcome in TIMER_OUTCOMES & counts.keys():
            self._timers.labels(outcome).inc(counts[outcome])

    def also(self, name: str, help_text: str, figures: Callable[[], Figures], *labels: str) -> None:
        """A gauge that is asked for at every scrape: a value for each label, or tuple of them, or one under "" without.

        None: no value.
        """
        self.registry.register(_Asked(f"ordercase_{name}", help_text, figures, labels))


class _Asked(Collector):
    """Reads its figures when it is scraped, so that what nobody looks at costs nothing."""

    def __init__(self, name: str, help_text: str, figures: Callable[[], Figures], labels: Sequence[str]) -> None:
        self._name = name
        self._help = help_text
        self._figures = figures
        self._labels = list(labels)

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(self._name, self._help, labels=self._labels)
        for key, value in self._figures().items():
            if value is not None:
                family.add_metric(([key] if isinstance(key, str) else key) if self._labels else [], value)
        yield family

    def describe(self) -> Iterator[Metric]:
        """Without asking: registering must not need the database."""
        yield GaugeMetricFamily(self._name, self._help, labels=self._labels)
