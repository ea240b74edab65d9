"""CPU time by part: the worker, PostgreSQL, Kafka, and this harness with its producer and reader."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress

import psutil

PARTS = ("worker", "PostgreSQL", "Kafka", "harness")


def part_of(process: psutil.Process) -> str:
    """What a process below this one belongs to; "" for what does not count."""
    command = " ".join(process.cmdline())
    if "kafka.Kafka" in command:
        return "Kafka"
    if "postgres" in process.name():
        return "PostgreSQL"
    return "worker" if "ordercase run" in command else ""


def spent() -> dict[str, float]:
    """CPU seconds that each part has used so far. Systems that were not started here are not seen."""
    here = psutil.Process()
    found = defaultdict[str, float](float, harness=seconds(here))
    for process in here.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # ended since it was listed: it is not one of those that stay
            found[part_of(process)] += seconds(process)
    return found


def seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def each(before: Mapping[str, float], after: Mapping[str, float], inputs: int) -> dict[str, int]:
    """µs of CPU per input, by part."""
    return {part: round(1e6 * (after[part] - before.get(part, 0.0)) / inputs) for part in PARTS if part in after}
