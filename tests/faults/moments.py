"""Waits for the moment at which a fault strikes, and sees to it that it comes: something goes on for as long as it takes.

The stories alone do not: a fault that strikes three times, or a machine that is busy, outlives them, and then no batch is
committed and nothing is published any more.
"""

import itertools
import threading
import time
from collections.abc import Callable
from typing import Final

from schemas.topics import COMMANDS, ORDERS
from tests.end_to_end.sending import command, order_event
from tests.faults.proxy import Connection
from tests.faults.scene import Scene
from tests.faults.taps import Hook, Watch
from tests.faults.workers import Worker

MOMENT_WITHIN: Final = 45.0
"""Seconds in which the moment that is waited for has to come, on a machine that is busy with other things too."""
STIRRED_EVERY: Final = 1.0
STIRRED: Final = 6
"""Orders at a time: some for each partition."""

_numbers = itertools.count(1)


Strike = Callable[[Worker, Connection, bytes, threading.Event], bool]
"""What is done at the moment, in the door's thread: it sets the event when it is done, and says whether the bytes pass."""


def struck(scene: Scene, which: str, arm: str, strike: Strike, only: bytes = b"") -> Worker | None:
    """Strikes the worker in whose door (`commits` or `transactions`) such a moment comes first: who has no partitions of
    the topics that are stirred has no batch. None, and noted, when the moment did not come to any."""
    hit, first = threading.Event(), threading.Lock()
    victims: list[Worker] = []

    def armed(worker: Worker) -> Hook:
        def hook(connection: Connection, data: bytes) -> bool:
            with first:
                if victims:
                    return True
                victims.append(worker)
            return strike(worker, connection, data, hit)

        return hook

    watches: list[Watch] = []
    for worker in scene.workers:
        watches.append(getattr(scene.systems.doors[worker.slot], which))
        watches[-1].only = only
        setattr(watches[-1], arm, armed(worker))
    come(scene, hit)
    scene.note(f"{arm} hit" if victims else f"{arm} missed")
    for watch in watches:
        watch.forget()
    return victims[0] if victims else None


def come(scene: Scene, hit: threading.Event) -> bool:
    """Whether it has come. While it does not, workers get batches with commands to answer, and the relay something to
    publish."""
    until = time.monotonic() + MOMENT_WITHIN
    while not hit.wait(STIRRED_EVERY):
        if time.monotonic() > until:
            return False
        stir(scene)
    return True


def stir(scene: Scene) -> None:
    """Orders that no story is about, and a comment on each; some comments come before their order and are refused."""
    for _ in range(STIRRED):
        order_id = f"stirred-{scene.told}-{next(_numbers)}"
        key = f"web:{order_id}"
        said = command(sales_channel="web", order_id=order_id, text="Anybody there?", public=False)
        scene.sender.send(COMMANDS, "commands.AddComment", key, said)
        scene.sender.send(ORDERS, "commerce.OrderEvent", key, order_event(order_id))
