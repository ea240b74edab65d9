"""What the loop tells of itself; `ordercase/metrics.py` turns it into metrics."""

from collections.abc import Mapping
from typing import Protocol

from storage.positions import Partition


class Observer(Protocol):
    """Called from the loop's thread; must be quick and must not raise."""

    def batch_done(self, counts: Mapping[str, int], seconds: Mapping[str, float]) -> None:
        """A batch was committed. `counts`: inputs, published, and what became of the inputs: applied, refused, dry_run,
        waits, stale, ignored, repeated, conflicts, parked, behind, awakened. `seconds` per stage: fetch (with decoding),
        known, locks, rules, rows (until they are sent), commit (what is left to wait for)."""

    def transient(self, what: str) -> None:
        """A batch has to be tried again, `what` is why."""

    def owned(self, partitions: int) -> None:
        """So many partitions are this worker's from now on."""

    def turned(self) -> None:
        """The loop goes round, about once a second, also when there is nothing to do."""

    def halted(self, partition: Partition, sentence: str) -> None:
        """Alarm: a partition is left alone because too much is parked; tried again later."""

    def timers_due(self, count: int) -> None:
        """So many timers are due at this moment; at most as many as one transaction takes."""

    def timers_done(self, counts: Mapping[str, int]) -> None:
        """Timers were committed. `counts`: fired, off (their reason is gone), put_off (something broke: tried again in
        an hour), and `published` records."""


class Silent:
    """Nobody listens."""

    def batch_done(self, counts: Mapping[str, int], seconds: Mapping[str, float]) -> None:
        pass

    def transient(self, what: str) -> None:
        pass

    def owned(self, partitions: int) -> None:
        pass

    def turned(self) -> None:
        pass

    def halted(self, partition: Partition, sentence: str) -> None:
        pass

    def timers_due(self, count: int) -> None:
        pass

    def timers_done(self, counts: Mapping[str, int]) -> None:
        pass
