"""Runs hostile messages in processes that may die of them, and says what became of each."""

import multiprocessing
import os
import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

from schemas.framing import confluent_prefix
from schemas.registry import Registry
from tests.fuzz.hostile import Hostile, hostile
from tests.fuzz.judge import judged
from tests.fuzz.lying_registry import lying_registry

SLOW: Final = 5.0
"""Seconds of this process's time after which a message counts as one that holds up the loop."""

HANGS: Final = 120.0
"""Seconds without any message done after which the process is given up."""

ASKS_EVERY: Final = 1_000
"""One of so many messages asks a registry over HTTP, which costs as much as a hundred others."""

DIES_AT: Final = "ORDERCASE_TEST_FUZZ_DIES_AT"
"""A message at which a process dies as of a fault in C: shows that it would be noticed."""

SPAWN: Final = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class Found:
    """What a range of messages came to. `peak_mb`: the most memory the process ever had, `started_mb` before the first."""

    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slowest: float = 0.0
    peak_mb: int = 0
    started_mb: int = 0

    def add(self, other: "Found") -> None:
        self.outcomes += other.outcomes
        self.broken += other.broken
        self.slowest = max(self.slowest, other.slowest)
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        self.started_mb = max(self.started_mb, other.started_mb)


def peak_mb() -> int:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run_range(seed: int, first: int, last: int, at: Any = None) -> Found:
    """The messages first … last - 1, in this process; `at.value` is set to the number of the present one."""
    found = Found(started_mb=peak_mb())
    with ExitStack() as open_ones:
        asked = open_ones.enter_context(Registry(open_ones.enter_context(lying_registry())))
        for number in range(first, last):
            if at is not None:
                at.value = number
            _one(seed, number, asked, found)
    found.peak_mb = peak_mb()
    return found


def _one(seed: int, number: int, asked: Registry, found: Found) -> None:
    began = time.process_time()
    way = "making it"
    try:
        made = hostile(seed, number)
        if number % ASKS_EVERY == 0:
            made = _over_http(made, number, asked)
        way = made.way
        began = time.process_time()
        outcome = judged(made)
    except Exception as error:  # noqa: BLE001  (whatever escapes is what is looked for)
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
        found.broken.append(f"{seed}:{number} ({way}): {type(error).__name__} in {where}: {str(error)[:200]}")
        outcome = "BROKEN"
    spent = time.process_time() - began
    if spent > SLOW:
        found.broken.append(f"{seed}:{number} ({way}): took {spent:.1f} s")
    found.slowest = max(found.slowest, spent)
    found.outcomes[outcome] += 1


def _over_http(made: Hostile, number: int, asked: Registry) -> Hostile:
    return Hostile("registry", made.topic, made.key, confluent_prefix(number % 2**32) + b"\2\2", [], asked)


def _child(seed: int, first: int, last: int, at: Any, answer: Connection) -> None:
    dies_at = os.environ.get(DIES_AT)
    if dies_at and first <= int(dies_at) < last:
        run_range(seed, first, int(dies_at), at)
        at.value = int(dies_at)
        os.kill(os.getpid(), signal.SIGSEGV)
    answer.send(run_range(seed, first, last, at))


def in_process(seed: int, first: int, last: int) -> Found:
    """The same in a process of its own: a message that kills or stops it is named, and those after it still run."""
    found = Found()
    while first < last:
        at = SPAWN.Value("q", first, lock=False)
        here, there = SPAWN.Pipe(duplex=False)
        child = SPAWN.Process(target=_child, args=(seed, first, last, at, there), daemon=True)
        child.start()
        there.close()
        ended = _awaited(here, at)
        if isinstance(ended, Found):
            child.join()
            found.add(ended)
            return found
        child.kill()
        child.join()
        found.broken.append(f"{seed}:{at.value}: the process {ended} (exit code {child.exitcode})")
        found.outcomes["KILLED"] += 1
        found.outcomes["done before that"] += at.value - first
        first = at.value + 1
    return found


def _awaited(here: Connection, at: Any) -> "Found | str":
    seen, until = at.value, time.monotonic() + HANGS
    while True:
        try:
            if here.poll(1.0):
                answer: Found = here.recv()
                return answer
        except EOFError:
            return "died"
        if at.value != seen:
            seen, until = at.value, time.monotonic() + HANGS
        elif time.monotonic() > until:
            return f"hung for {HANGS:.0f} s"


def ranges(inputs: int, size: int) -> Iterator[tuple[int, int]]:
    """0 … inputs - 1 in pieces."""
    for first in range(0, inputs, size):
        yield first, min(inputs, first + size)
