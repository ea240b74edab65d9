"""A seeded outside world: shop, warehouse, gateway, notifier and agents that play whole stories through Kafka, and judge.

It knows the worker by its contract alone: Kafka and the schemas, never the database and never the rules. What should come
out it reckons by itself (`books.py`), so a run is a second opinion on the worker.
"""

import json as json_lines
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Final, TextIO

from ordercase import policies
from ordercase.errors import Exit
from ordercase.settings import Settings
from ordercase.simulate.kafka import Kafka
from ordercase.simulate.stories import chosen, told
from ordercase.simulate.verdict import Ending, Figures, Verdict
from ordercase.simulate.world import PATIENCE, World

__all__ = ["Ending", "Figures", "Verdict", "run_simulate", "simulate"]

SHOWN: Final = 20
"""So many wrong stories are printed in full."""


def simulate(
    settings: Settings,
    *,
    orders: int,
    seed: int,
    rate: float | None = None,
    chaos: bool = False,
    patience: float = PATIENCE,
    prefix: str | None = None,
    watch: Callable[[Figures], None] = lambda _: None,
) -> Verdict:
    """Plays `orders` stories against the running worker and says how they ended.

    The same seed plays the same stories under the same policy; with `chaos` most of them are about trouble. Order ids begin with `prefix`: by default the seed and how much was sent to this
    cluster before, so that a fresh cluster sees the same ids again and a second run never meets the first.
    `patience`: seconds without news after which a story is given up. Raises UserError (status 4) without a broker.
    """
    kafka = Kafka(settings)
    try:
        named = prefix if prefix is not None else f"S{seed}-{kafka.written()}-"
        world = World(kafka, prefix=named, seed=seed, chaos=chaos, exactly_once=kafka.exactly_once,
                      patience=patience, watch=watch)  # fmt: skip
        chance = Random(seed)  # noqa: S311 - the same seed must tell the same stories
        return world.play(chosen(chance, orders, told(policies.of(settings)), evenly=chaos), rate)
    finally:
        kafka.close()


def run_simulate(
    settings: Settings,
    *,
    orders: int,
    seed: int,
    rate: float | None = None,
    chaos: bool = False,
    json: bool = False,
    patience: float = PATIENCE,
    progress: TextIO | None = None,
    out: TextIO | None = None,
) -> int:
    """The command: prints progress to stderr, the books by currency and the endings to stdout; returns the exit status.

    With `json` one object a wrong story, and last `{"stories": n, "right": n, "wrong": n}`. Status 1 when a story is
    wrong, 3 when nothing at all came back.
    """
    progress, out = progress or sys.stderr, out or sys.stdout
    verdict = simulate(
        settings, orders=orders, seed=seed, rate=rate, chaos=chaos, patience=patience, watch=_printer(progress)
    )
    wrong = [ending for ending in verdict.details if not ending.right]
    for ending in wrong if json else wrong[:SHOWN]:
        _print_wrong(ending, out, json=json)
    if json:
        out.write(json_lines.dumps(verdict.figures()) + "\n")
    else:
        out.writelines(f"{sums.sentence}\n" for sums in verdict.books)
        out.write(f"{verdict.stories} stories: {verdict.right} right, {verdict.wrong} wrong"
                  f" ({verdict.seconds:.1f} s, {verdict.published} records published, {verdict.seen} seen)\n")  # fmt: skip
    out.flush()
    if verdict.silent:
        progress.write("ordercase: nothing came back; is a worker running (`ordercase run`) on this broker?\n")
        return Exit.NO_ANSWER
    return Exit.REFUSED if wrong else Exit.DONE


def _print_wrong(ending: Ending, out: TextIO, *, json: bool) -> None:
    if json:
        shown = {"story": ending.story, "order_id": ending.order_id, "wrong": ending.wrongs}
        out.write(json_lines.dumps(shown, ensure_ascii=False) + "\n")
        return
    out.write(f"wrong: {ending.story}, {ending.sentence}\n")
    for wrong in ending.wrongs:
        out.write(f"  - {wrong}\n")


def _printer(progress: TextIO) -> Callable[[Figures], None]:
    """A line every five seconds; on a terminal one line that changes."""
    terminal, last = progress.isatty(), time.monotonic()

    def show(figures: Figures) -> None:
        nonlocal last
        if terminal:
            progress.write(f"\r\x1b[K{figures.sentence}")
        elif time.monotonic() - last > 5:
            last = time.monotonic()
            progress.write(figures.sentence + "\n")
        progress.flush()

    return show
