"""`make bench`: what one worker does end to end on a real Kafka, registry and PostgreSQL.

An input counts as done when a `read_committed` reader has seen every event that it caused. Everything runs on this
machine beside the worker, the producer and the reader too. The ratio to the floor, taken in the same run, is what can
be compared between machines; the other numbers depend on the machine. Prints; asserts nothing about time.

Measured is the steady state: as much traffic as `--warm-up` says goes through before the clock runs, because a Java
process that has just started spends a third of its time on compiling what it will run, and caches are empty.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import psycopg

from benchmarks import processor
from benchmarks.floor import floor, written
from benchmarks.reader import Reader
from benchmarks.systems import Systems, Worker, systems, worker
from benchmarks.traffic import placements, traffic
from benchmarks.wire import encoded, flood, pace, producer
from schemas.codec import Codec
from schemas.registry import Registry

SETTLED_WITHIN = 600.0


class Progress:
    """How far the worker is, asked of its database on a connection of its own."""

    def __init__(self, on: Systems) -> None:
        self._connection = psycopg.connect(on.database, autocommit=True)
        self._group = on.group

    def taken(self) -> int:
        """Inputs that a transaction of the worker has taken."""
        row = self._connection.execute(
            "SELECT coalesce(sum(next_offset), 0)::bigint FROM input_position WHERE group_id = %s", (self._group,)
        ).fetchone()
        return int(row[0]) if row else 0

    def written(self) -> int:
        """Rows that were ever put into the outbox: its sequence has no hole."""
        row = self._connection.execute("SELECT seq FROM outbox_head").fetchone()
        return int(row[0]) if row else 0

    def pending(self) -> int:
        """Rows of it that the relay has not published yet."""
        row = self._connection.execute(
            "SELECT coalesce(max(position), 1) FROM relay_position WHERE group_id = %s", (self._group,)
        ).fetchone()
        return self.written() + 1 - (int(row[0]) if row else 1)

    def close(self) -> None:
        self._connection.close()


class Crew:
    """The workers that share the partitions, as one."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self.workers = workers

    def stages(self) -> dict[str, float]:
        """Seconds spent so far in each stage, of all loops together."""
        spent = defaultdict[str, float](float)
        for one in self.workers:
            for stage, seconds in one.stages().items():
                spent[stage] += seconds
        return spent

    def batches(self) -> int:
        return sum(one.batches() for one in self.workers)

    @property
    def ended(self) -> bool:
        """Whether one of them has."""
        return any(one.process.poll() is not None for one in self.workers)

    def tail(self) -> str:
        return self.workers[0].tail()  # one log for all


def wait_until_settled(progress: Progress, reader: Reader, inputs: int, running: Crew) -> None:
    """Returns when all inputs were taken and all that they caused is visible. Raises when that takes too long."""
    until = time.monotonic() + SETTLED_WITHIN
    while progress.taken() < inputs or reader.seen.count < progress.written():
        if time.monotonic() > until or running.ended:
            raise RuntimeError(
                f"not settled: {progress.taken()} of {inputs} inputs taken, {reader.seen.count} of "
                f"{progress.written()} events visible; the end of the worker's log:\n{running.tail()}"
            )
        time.sleep(0.1)


def throughput(on: Systems, codec: Codec, options: argparse.Namespace) -> dict[str, Any]:
    """A flood of a day's traffic against a worker that waits for it."""
    inputs = encoded(codec, traffic("flood", options.seed, options.events, time.time_ns() // 1000))
    progress, reader, to = Progress(on), Reader(on.kafka), producer(on.kafka, linger_ms=50)
    try:
        with ExitStack() as stack:
            running = Crew(
                [stack.enter_context(worker(on, options.batch_size, options.processes)) for _ in range(options.workers)]
            )
            warm = encoded(codec, traffic("warm", options.seed + 1, options.warm_up, time.time_ns() // 1000))
            flood(to, warm)
            wait_until_settled(progress, reader, len(warm), running)
            before, spent_before, stages_before = reader.seen.count, processor.spent(), running.stages()
            batches_before = running.batches()
            started = time.monotonic()
            flood(to, inputs)
            published = time.monotonic() - started
            wait_until_settled(progress, reader, len(warm) + len(inputs), running)
            took = reader.seen.last_at - started
            batches = running.batches() - batches_before
            spent = processor.each(spent_before, processor.spent(), len(inputs))
            stages = {name: now - stages_before.get(name, 0.0) for name, now in running.stages().items()}
            delays = latency(on, codec, options, (progress, reader, running), len(warm) + len(inputs))
        with psycopg.connect(on.database) as connection:
            rows = written(connection, reader.seen.rows)
            parked = len(connection.execute("SELECT 1 FROM parked").fetchall())
        return {
            "inputs": len(inputs),
            "outputs": reader.seen.count - before,
            "twice": reader.seen.count - len(reader.seen.event_ids),
            "parked": parked,
            "seconds": round(took, 2),
            "producing_seconds": round(published, 2),
            "inputs_per_second": round(len(inputs) / took),
            "processes": options.workers * options.processes,
            "batch_size": options.batch_size,
            "inputs_per_batch": round(len(inputs) / max(1, batches)),
            "cpu_us_per_input": spent,
            "stages": shares(stages, took * options.workers * options.processes),
            "latency": delays,
            "floor_inputs_per_second": round(floor(on.database, codec, [*warm, *inputs], rows, options.batch_size)),
        }
    finally:
        reader.close()
        progress.close()


def latency(
    on: Systems, codec: Codec, options: argparse.Namespace, at: tuple[Progress, Reader, Crew], before: int
) -> dict[str, Any]:
    """Milliseconds from handing an order to the producer to its first visible effect, at a steady rate."""
    progress, reader, running = at
    count = int(options.rate * options.latency_seconds)
    orders = encoded(codec, placements("steady", options.seed, count, time.time_ns() // 1000))
    handed = pace(producer(on.kafka), orders, options.rate)
    wait_until_settled(progress, reader, before + count, running)
    seen = reader.seen.by_cause
    delays = sorted(1000 * (seen[cause] - at) for cause, at in handed.items() if cause in seen)
    return {"rate": options.rate, "measured": len(delays), "of": count} | percentiles(delays)


def percentiles(delays: Sequence[float]) -> dict[str, float]:
    if len(delays) < 2:
        return {}
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    return {f"p{n}_ms": round(cuts[n - 1], 1) for n in (50, 95, 99)}


def shares(stages: dict[str, float], took: float) -> dict[str, float]:
    """Stage → its share of the time that the run took, the largest first; at the end what no batch has used."""
    used = {name: round(spent / took, 3) for name, spent in sorted(stages.items(), key=lambda s: -s[1])}
    return used | {"no batch in hand": round(1 - sum(used.values()), 3)}


def report(result: dict[str, Any]) -> str:
    ratio = result["inputs_per_second"] / result["floor_inputs_per_second"]
    delays = result["latency"]
    lines = [
        f"{os.cpu_count()} cores (load {result['load_before']:.1f} before), everything on them: "
        + " · ".join(result["systems"]),
        f"{result['inputs']} inputs → {result['outputs']} events visible in {result['seconds']} s",
        f"  ({result['producing_seconds']} s to produce them; {result['twice']} came twice, {result['parked']} parked)",
        f"  {result['inputs_per_second']} inputs/s end to end",
        f"  {result['processes']} processes, {result['inputs_per_batch']} inputs a batch of at most {result['batch_size']}",
        f"  {ratio:.2f} of the floor: {result['floor_inputs_per_second']} inputs/s (decode, COPY of the same rows, commit)",
        "CPU per input: " + " · ".join(f"{part} {spent} µs" for part, spent in result["cpu_us_per_input"].items()),
        "share of the time per stage of the loop: "
        + (" · ".join(f"{name} {share:.0%}" for name, share in result["stages"].items()) or "not measured"),
        f"latency at {delays['rate']:g} inputs/s ({delays['measured']} of {delays['of']} seen): "
        + " · ".join(f"p{n} {delays.get(f'p{n}_ms', '–')} ms" for n in (50, 95, 99)),
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make bench BENCH_ARGS=…", description=__doc__)
    parser.add_argument("--events", type=int, default=30_000, help="inputs of the flood")
    parser.add_argument("--warm-up", type=int, default=60_000, help="inputs before them, which are not measured")
    parser.add_argument("--workers", type=int, default=1, help="how many `ordercase run` share the work")
    parser.add_argument(
        "--processes",
        type=int,
        default=(os.cpu_count() or 1) + 1,
        help="`ordercase run --processes` of each; one more than cores, for each waits for COMMIT and for locks",
    )
    parser.add_argument("--batch-size", type=int, default=1000, help="ORDERCASE_BATCH_SIZE of each worker")
    parser.add_argument("--rate", type=float, default=100.0, help="inputs a second of the latency part")
    parser.add_argument("--latency-seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    with systems() as on:
        print("measuring on " + " · ".join(on.origins), file=sys.stderr)
        result = throughput(on, Codec(Registry(on.registry)), options)
    result |= {"systems": on.origins, "load_before": load}
    print(json.dumps(result) if options.json else report(result))


if __name__ == "__main__":
    main()
