"""Messages put aside as if a worker had parked them, and the command that tries them all again."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence

import psycopg

from benchmarks.systems import Systems
from benchmarks.wire import Wire
from storage import parking
from storage.messages import AsReceived
from storage.parking import Fault, Parked

WHY = Fault("undecodable", "Put aside by hand.", "Bench")


def park(on: Systems, messages: Sequence[Wire]) -> int:
    """Parks them all, those of one topic and key behind the first. Answers how many heads that makes."""
    heads: set[tuple[str, bytes]] = set()
    rows = []
    for offset, one in enumerate(messages):
        behind = (one.topic, one.key) in heads
        heads.add((one.topic, one.key))
        rows.append(Parked(0, AsReceived(one.topic, 0, offset, one.key, one.value), WHY, behind=behind, blocks=True))
    with psycopg.connect(on.database) as connection:
        parking.add(connection, rows, time.time_ns() // 1000)
    return len(heads)


def replayed(on: Systems) -> tuple[int, float]:
    """`ordercase parked replay --all`: how many messages went through, and in how many seconds."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "ordercase", "parked", "replay", "--all", "--json"],
        env=on.environment(), check=False, capture_output=True, text=True,
    )  # fmt: skip
    took = time.monotonic() - began
    if not done.stdout.startswith("["):
        raise RuntimeError(f"the replay failed: {done.stderr[-2000:]}")
    return sum(len(one["gone"]) for one in json.loads(done.stdout)), took
