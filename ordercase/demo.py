"""`ordercase demo`: a day in a shop with nothing installed but this, then its stories told one by one.

It starts what is missing (database, broker), runs a worker, and plays the outside world through Kafka. The stories it
tells are judged like those of `ordercase simulate`: a sentence is printed only for what really came out.
"""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

from ordercase.demo_screen import READABLE, live
from ordercase.demo_stage import Stage, stage
from ordercase.errors import Exit
from ordercase.simulate.kafka import Kafka
from ordercase.simulate.stories import PLOTS, Plot, chosen
from ordercase.simulate.verdict import Verdict
from ordercase.simulate.world import World
from ordercase.terminal import print_line

FOLDER: Final = Path(".work/demo")
DAY: Final = 60.0
RATE: Final = 4.0
"""Orders a second in the day."""
SEED: Final = 1
TOLD: Final = (
    "deliveries.plain",
    "deliveries.out_of_order",
    "cancellations.whole_order",
    "cancellations.warehouse_refuses",
    "cancellations.parcel_was_faster",
    "returns.looked_at_first",
    "cases.about_a_return",
    "refunds.failed_then_paid",
    "refunds.reversed_by_the_bank",
    "refunds.two_payments",
    "refunds.appeased",
    "replacements.exchanged",
    "replacements.lost_and_sent_again",
    "changes.another_address",
    "troubles.card_declined",
    "checkouts.never_an_order",
    "refusals.too_early",
)
"""The stories told one by one after the day, in this order."""


def run_demo(*, once: bool = False, seconds: float = DAY, folder: Path = FOLDER) -> int:
    """The whole demo; returns the exit status (1 when a story came out wrong).

    `once` ends after the stories; otherwise everything stays up, to be looked at, until Ctrl-C. Whatever ends it, nothing
    keeps running and `folder` is gone. Raises UserError when something it needs cannot be had.
    """
    with _terminated_like_ctrl_c(), stage(folder) as up:
        kafka = Kafka(up.settings)
        try:
            wrong = _play(up, kafka, seconds)
        finally:
            kafka.close()
        _what_next(up, once=once)
        if not once:
            _wait_for_ctrl_c()
    return Exit.REFUSED if wrong else Exit.DONE


def _play(up: Stage, kafka: Kafka, seconds: float) -> int:
    """The day, then the stories; how many came out wrong."""
    for sentence in up.others:
        print_line(sentence)
    run = "" if up.own else f"{time.strftime('%m%d%H%M%S')}-"
    print_line(
        f"\nA day in a shop, in {seconds:.0f} seconds: orders, parcels, payments, and what goes wrong with them.\n"
    )
    with live(seconds) as show:
        day = World(kafka, prefix=f"{run}D", seed=SEED, watch=show)
        plots = chosen(Random(SEED), max(1, int(seconds * RATE)))  # noqa: S311 - the same day for everybody
        verdict = day.play(plots, RATE)
    print_line(f"\n{verdict.stories} orders, {verdict.right} as they should be.")
    wrong = _print_wrong(verdict)
    print_line("\nSome more, told one by one:\n")
    teller = World(kafka, prefix=run, seed=SEED, quiet=0.2)
    for plot in _told():
        told = teller.play([plot])
        for ending in told.details:
            print_line(f"  {ending.sentence}" if ending.right else f"  wrong: {ending.sentence}")
        sys.stdout.flush()
        wrong += _print_wrong(told)
    return wrong


def _told() -> list[Plot]:
    by_name = {plot.name: plot for plot in PLOTS}
    return [by_name[name] for name in TOLD]


def _print_wrong(verdict: Verdict) -> int:
    for ending in verdict.details:
        for reason in ending.wrongs:
            print_line(f"    {ending.story} {ending.order_id}: {reason}")
    return verdict.wrong


def _what_next(up: Stage, *, once: bool) -> None:
    print_line("\nWhat can be read, with any Kafka client:\n")
    width = max(map(len, READABLE))
    for topic, words in READABLE.items():
        print_line(f"  {topic.ljust(width)}  {words}")
    if once:
        print_line("\nWithout --once all of it stays up, to be looked at.")
        return
    print_line("\nWhat to try next, in a second terminal:\n")
    print_line(f"  set -a; . {up.environment_file}; set +a")
    order = "orders find --limit 10", "orders find --status COMPLETE", "cases list", "parked list", "waiting list"
    for command in (*order, "simulate --orders 200 --seed 7", "doctor"):
        print_line(f"  ordercase {command}")
    print_line(
        f"\nThe broker is {up.settings.kafka_bootstrap_servers}. Ctrl-C ends everything and leaves nothing behind."
    )
    sys.stdout.flush()


def _wait_for_ctrl_c() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print_line("\nGood night.")


@contextmanager
def _terminated_like_ctrl_c() -> Iterator[None]:
    """SIGTERM and a closed terminal end the demo as Ctrl-C does; what follows cannot interrupt the clearing up."""

    def once_only(_number: int, _frame: FrameType | None) -> None:
        for number in caught:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, once_only) for number in caught}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
