"""`make load`: what becomes of a worker under far too much, a long backlog, one endless order, and for a long time.

Five parts, all by default: `burst` (ten times what it can keep up with, for some seconds), `backlog` (so many messages
before it starts), `order` (one order with thousands of events), `replay` (thousands of parked messages tried again),
`soak` (an ordinary rate for some minutes). Everything
on a real Kafka, registry and PostgreSQL on this machine, beside the worker, the producer and the watch. What counts are
the curves and the ratios inside one run: the first tenth against the last, the memory at the end against the beginning,
the lag that the worker tells against what Kafka says. Prints; asserts nothing about time.

`--long` is the profile for a quiet machine: a backlog of a million messages, half an hour of soak after half a million
inputs, by which time the memory has been through its largest batches.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
from confluent_kafka import Producer

from benchmarks import processor, put_aside
from benchmarks.footprint import Sample, Watch, as_rows, curve, line, rate, told
from benchmarks.one_order import lifelong
from benchmarks.systems import Systems, Worker, systems, worker
from benchmarks.throughput import Progress
from benchmarks.traffic import traffic
from benchmarks.wire import Wire, encoded, flood, pace, producer
from schemas.codec import Codec
from schemas.registry import Registry

PATIENCE: Final = 3600.0
CHUNK: Final = 20_000
"""So many messages are made at a time: a million of them at once would fill the memory of the one who sends them."""

WARM_UP: Final = 3_000
TENTHS: Final = 10
HELD: Final[dict[str, Callable[[Sample], float]]] = {
    "memory, MiB": lambda one: one.memory,
    "threads": lambda one: one.threads,
    "open files": lambda one: one.files,
    "connections to PostgreSQL": lambda one: one.connections,
}


class Bench:
    """One part's systems: sends traffic and waits for it."""

    def __init__(self, on: Systems, options: argparse.Namespace) -> None:
        self.on, self.options = on, options
        self.codec = Codec(Registry(on.registry))
        self.progress = Progress(on)
        self.to: Producer = producer(on.kafka, linger_ms=20)
        self.sent = 0
        self._runs = 0

    def made(self, count: int) -> list[Wire]:
        """At least so many messages of orders that nobody has seen before."""
        self._runs += 1
        seed = self.options.seed + self._runs
        return encoded(self.codec, traffic(f"age{self._runs}", seed, count, time.time_ns() // 1000))

    def flood(self, messages: Sequence[Wire]) -> None:
        flood(self.to, messages)
        self.sent += len(messages)

    def pace(self, messages: Sequence[Wire], a_second: float) -> None:
        pace(self.to, messages, a_second)
        self.sent += len(messages)

    def settle(self, running: Worker) -> None:
        """Returns when everything that was sent was taken, and what it caused was published."""
        until = time.monotonic() + PATIENCE
        while self.progress.taken() < self.sent or self.progress.pending():
            if time.monotonic() > until or running.process.poll() is not None:
                raise RuntimeError(f"{self.progress.taken()} of {self.sent} taken; the log ends:\n{running.tail()}")
            time.sleep(0.05)

    def warm_up(self, running: Worker, inputs: int = WARM_UP) -> None:
        """Past the first start, caches and the Java compilers of Kafka and registry."""
        for first in range(0, inputs, CHUNK):
            self.flood(self.made(min(CHUNK, inputs - first)))
            self.settle(running)


def burst(bench: Bench) -> dict[str, Any]:
    """Ten times what it can keep up with, and how long it takes until it has caught up."""
    with worker(bench.on, bench.options.batch_size) as running:
        bench.warm_up(running)
        began = time.monotonic()
        bench.flood(bench.made(bench.options.events))
        bench.settle(running)
        sustained = bench.options.events / (time.monotonic() - began)
        wanted = bench.options.times * sustained
        messages = bench.made(round(wanted * bench.options.burst_seconds))
        with Watch(bench.on, running, 0.25) as watch:
            began = time.monotonic()
            bench.pace(messages, wanted)
            sending = time.monotonic() - began
            bench.settle(running)
            took = time.monotonic() - began
    samples = watch.samples
    before, most = samples[0].memory, max(one.memory for one in samples)
    return {"says": [
        (
            f"kept up with {sustained:.0f} inputs/s; then {len(messages)} came in {sending:.1f} s,"
            f" {len(messages) / sending / sustained:.1f} times that: all done and published after {took:.1f} s"
        ),
        (
            f"memory {before:.0f} MiB before, {most:.0f} at most, {samples[-1].memory:.0f} after;"
            f" the values of the burst alone are {sum(len(one.value) for one in messages) / 2**20:.0f} MiB"
        ),
        f"lag at most {max(one.lag for one in samples)}; {told(watch)}",
    ], "samples": samples}  # fmt: skip


def backlog(bench: Bench) -> dict[str, Any]:
    """So many messages are there before it starts: is the last tenth as quick as the first?"""
    with worker(bench.on, bench.options.batch_size) as running:
        bench.warm_up(running)  # the first start of a group reads commands last
    before = bench.sent
    while bench.sent - before < bench.options.backlog:
        bench.flood(bench.made(min(CHUNK, bench.options.backlog - (bench.sent - before))))
        print(f"{bench.sent - before} sent", file=sys.stderr, flush=True)
    with worker(bench.on, bench.options.batch_size) as running, Watch(bench.on, running, bench.options.every) as watch:
        bench.settle(running)
    samples = watch.samples
    first, last = rate(samples, 0.0, 0.1), rate(samples, 0.9, 1.0)
    tail = samples[len(samples) // 10 :]
    return {"says": [
        f"{bench.sent - before} messages drained and published in {samples[-1].at:.0f} s",
        f"first tenth {first:.0f} inputs/s, last tenth {last:.0f}: {last / first:.2f} of the first",
        (
            f"most at a time: {max(one.memory for one in samples):.0f} MiB, {max(one.pending for one in samples)} events to"
            f" publish; {told(watch)}"
        ),
        *held(tail),
    ], "samples": samples}  # fmt: skip


def order(bench: Bench) -> dict[str, Any]:
    """One order to which something happens thousands of times: is the last event as cheap as the first?"""
    events = encoded(bench.codec, lifelong("age", bench.options.order_events, time.time_ns() // 1000))
    size = len(events) // TENTHS
    costs, lengths = [], []
    with worker(bench.on, bench.options.order_batch) as running, Watch(bench.on, running, 1.0) as watch:
        bench.warm_up(running)
        for tenth in range(TENTHS):
            spent = processor.spent()
            bench.flood(events[tenth * size : (tenth + 1) * size])
            bench.settle(running)
            costs.append(processor.each(spent, processor.spent(), size))
            lengths.append(length(bench.on))
    both = [cost.get("worker", 0) + cost.get("PostgreSQL", 0) for cost in costs]
    return {"says": [
        f"{size * TENTHS} events of one order, {bench.options.order_batch} a transaction at most",
        f"CPU µs an event, worker and PostgreSQL, tenth by tenth: {' · '.join(map(str, both))}",
        f"last tenth: {both[-1] / max(1, both[0]):.2f} of the first, {both[-1] / max(1, both[1]):.2f} of the second",
        f"bytes of its document after each tenth: {' · '.join(map(str, lengths))}",
    ], "samples": watch.samples}  # fmt: skip


def length(on: Systems) -> int:
    with psycopg.connect(on.database) as connection:
        row = connection.execute("SELECT max(octet_length(document)) FROM orders WHERE order_id = 'age'").fetchone()
    return int(row[0]) if row else 0


def soak(bench: Bench) -> dict[str, Any]:
    """An ordinary rate for a long time: does anything grow? The first fifth does not count."""
    until = bench.options.minutes * 60
    with worker(bench.on, bench.options.batch_size) as running:
        bench.warm_up(running, bench.options.warm_up)
        with Watch(bench.on, running, bench.options.every) as watch:
            began = time.monotonic()
            while time.monotonic() - began < until:
                bench.pace(bench.made(max(100, round(bench.options.rate * 10))), bench.options.rate)
            bench.settle(running)
    samples = watch.samples
    settled = samples[len(samples) // 5 :]
    return {"says": [
        f"{samples[-1].taken - samples[0].taken} inputs in {samples[-1].at / 60:.1f} minutes; {told(watch)}",
        *held(settled),
    ], "samples": samples}  # fmt: skip


def replay(bench: Bench) -> dict[str, Any]:
    """Thousands of parked messages, most under a key of their own, tried again with one command."""
    with worker(bench.on, bench.options.batch_size) as running, Watch(bench.on, running, 1.0) as watch:
        bench.warm_up(running)
        messages = bench.made(bench.options.parked)
        heads = put_aside.park(bench.on, messages)
        gone, took = put_aside.replayed(bench.on)
    return {"says": [
        (f"{gone} of {len(messages)} parked messages, {heads} topics and keys, went through in {took:.1f} s beside a worker:"
        f" {gone / took:.0f}/s, the command's start included"),
    ], "samples": watch.samples}  # fmt: skip


def held(samples: Sequence[Sample]) -> list[str]:
    """What it holds, as a line through each curve."""
    return [f"{name}: {line(samples, value)}" for name, value in HELD.items()]


PARTS: Final[dict[str, Callable[[Bench], dict[str, Any]]]] = {
    "burst": burst, "backlog": backlog, "order": order, "replay": replay, "soak": soak,
}  # fmt: skip


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make load LOAD_ARGS=…", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which; none: all")
    parser.add_argument("--long", action="store_true", help="--backlog 1000000 --warm-up 500000 --minutes 30")
    parser.add_argument("--events", type=int, default=15_000, help="inputs by which burst learns what it keeps up with")
    parser.add_argument("--times", type=float, default=10.0, help="how many times that the burst is")
    parser.add_argument("--burst-seconds", type=float, default=10.0)
    parser.add_argument("--backlog", type=int, default=50_000, help="messages before the worker starts")
    parser.add_argument("--order-events", type=int, default=10_000)
    parser.add_argument("--order-batch", type=int, default=50, help="ORDERCASE_BATCH_SIZE in the part order")
    parser.add_argument("--parked", type=int, default=5_000, help="messages of replay")
    parser.add_argument("--warm-up", type=int, default=WARM_UP, help="inputs before the clock of soak runs")
    parser.add_argument("--minutes", type=float, default=3.0, help="of soak")
    parser.add_argument("--rate", type=float, default=200.0, help="inputs a second of soak")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between samples of backlog and soak")
    parser.add_argument("--batch-size", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", metavar="FILE", type=Path, help="keeps every sample there too")
    options = parser.parse_args(arguments)
    if options.long:
        options.backlog, options.minutes, options.warm_up = 1_000_000, 30.0, 500_000
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    options = options_of(arguments)
    kept: dict[str, Any] = {}
    for name in options.parts or PARTS:
        load = os.getloadavg()[0]
        with systems() as on:
            found = PARTS[name](Bench(on, options))
        print(f"\n{name}: {(PARTS[name].__doc__ or '').strip()}")
        print(f"  {os.cpu_count()} cores (load {load:.1f} before): " + " · ".join(on.origins))
        print("\n".join(f"  {said}" for said in found["says"]))
        print(curve(found["samples"]), flush=True)
        kept[name] = {"says": found["says"], "samples": as_rows(found["samples"])}
    if options.json:
        options.json.write_text(json.dumps(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
