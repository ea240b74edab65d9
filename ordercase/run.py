"""The running process: its parts in threads, and how it ends, by a signal or by a part that cannot go on."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

import structlog

from ordercase.errors import Exit, refused

PATIENCE: Final = 9.0
"""Seconds that all parts together have to end in: a stop is promised within ten."""

log = structlog.get_logger("ordercase.run")


@dataclass(slots=True)
class Part:
    """A loop in a thread of its own: `run(stop)` returns soon after `stop` is set, or raises what it died of."""

    name: str
    run: Callable[[threading.Event], None]
    died_of: BaseException | None = field(default=None, init=False)


def run_parts(parts: Sequence[Part], stop: threading.Event, patience: float = PATIENCE) -> None:
    """Runs the parts until `stop` is set or one of them ends, then lets the others finish what they are doing.

    Raises what the first part died of; UserError `stuck` when one does not end in time.
    """
    threads = [(part, threading.Thread(target=_run, args=(part, stop), name=part.name, daemon=True)) for part in parts]
    for _, thread in threads:
        thread.start()
    stop.wait()
    deadline = time.monotonic() + patience
    for _, thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    for part in parts:
        if part.died_of is not None:
            raise part.died_of
    stuck = [part.name for part, thread in threads if thread.is_alive()]
    if stuck:
        raise refused("stuck", f"{', '.join(stuck)} did not end within {patience:.0f} s and was left behind.")


def _run(part: Part, stop: threading.Event) -> None:
    try:
        part.run(stop)
        if not stop.is_set():
            part.died_of = refused("part_ended", f"{part.name} has ended by itself.")
    except BaseException as error:  # kept for the main thread, which raises it again
        part.died_of = error
        code = getattr(error, "code", None)  # UserError, Stop and RelayAlarm have one
        log.exception("part died", part=part.name, code=code)
    finally:
        stop.set()


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop`; a second one ends the process at once. Only in the main thread."""

    def handle(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise SystemExit(Exit.REFUSED)
        log.info("stopping", signal=signal.Signals(number).name)
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
