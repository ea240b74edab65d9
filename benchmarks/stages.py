"""What each step of one input costs in Python alone: no Kafka, no database, one process, the same traffic.

`.venv/bin/python -m benchmarks.stages` prints µs of CPU per input; `--profile FILE` keeps a profile for pstats. What
`make bench` measures beside this is waiting, the server's work and the client libraries'.
"""

import argparse
import cProfile
import gc
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from time import process_time

from benchmarks.traffic import traffic
from benchmarks.wire import Wire, encoded
from consumers.loop import GARBAGE_THRESHOLD
from domain import policy
from domain.handling import handle, related
from domain.history import entries
from domain.world import Aggregate, Ref, World
from schemas.codec import Codec
from schemas.outbound import project
from storage.documents import from_json, to_json

GROUP = "bench"


class Everything(World):
    """A world in memory in which nothing is missing."""

    def __init__(self) -> None:
        self.things: dict[Ref, Aggregate] = {}

    def get(self, ref: Ref) -> Aggregate | None:
        return self.things.get(ref)


class Stopwatch:
    """CPU seconds per stage."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = process_time()
        yield
        self.spent[name] += process_time() - started


def work_through(inputs: Sequence[Wire], codec: Codec, batch_size: int) -> Stopwatch:
    """All inputs in batches: each stage for the whole batch, documents once a batch as the worker writes them."""
    world, watch, at = Everything(), Stopwatch(), time.time_ns() // 1000
    for first in range(0, len(inputs), batch_size):
        batch = inputs[first : first + batch_size]
        with watch.stage("decode"):
            messages = [codec.decode(one.topic, one.key, one.value) for one in batch]
        outcomes, changed = [], dict[Ref, Aggregate]()
        with watch.stage("handle"):
            for message in messages:
                outcome = handle(message, world, policy.DEFAULT, at)
                world.things.update(outcome.changed)
                changed.update(outcome.changed)
                outcomes.append(outcome)
        with watch.stage("history"):
            kept = [entry for outcome in outcomes for step in outcome.steps for entry in entries(step)]
            for entry in kept:
                to_json(entry.data)
        with watch.stage("project"):
            out = [one for outcome in outcomes for one in project(outcome, GROUP)]
        with watch.stage("encode"):
            for one in out:
                codec.encode(one.topic, one.record, one.value)
        with watch.stage("documents written"):
            texts = [(type(thing), to_json(thing)) for thing in changed.values()]
        with watch.stage("related"):
            for thing in changed.values():
                related(thing)
        with watch.stage("documents read"):
            for kind, text in texts:
                from_json(kind, text)
    return watch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--batch-size", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--profile", metavar="FILE")
    options = parser.parse_args()
    codec = Codec()
    inputs = encoded(codec, traffic("stages", options.seed, options.events, time.time_ns() // 1000))
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)  # as the worker does
    profile = cProfile.Profile() if options.profile else None
    with profile or nullcontext():
        watch = work_through(inputs, codec, options.batch_size)
    if profile is not None:
        profile.dump_stats(options.profile)
    each = {name: 1e6 * spent / len(inputs) for name, spent in watch.spent.items()}
    for name, spent in sorted(each.items(), key=lambda stage: -stage[1]):
        print(f"{spent:7.1f} µs  {name}")
    print(f"{sum(each.values()):7.1f} µs  all, of {len(inputs)} inputs")


if __name__ == "__main__":
    main()
