"""What networks do between a worker and Kafka or PostgreSQL: reset, silence, half-open connections, slow and narrow ways."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

from schemas.topics import REPLIES
from tests.faults.faults import Act, fault
from tests.faults.moments import come, struck
from tests.faults.packets import lost
from tests.faults.processes import leader
from tests.faults.proxy import Connection, Link
from tests.faults.scene import Scene
from tests.faults.taps import TXN_OFFSET_COMMIT
from tests.faults.workers import Worker

COPIES: Final = 30
"""Of a late request: a transaction is open for a moment only."""
LOST_FOR: Final = 8
"""Seconds at most."""
EVENTS_OUT: Final = 1.0
"""Seconds in which the events of a transaction have reached the broker, while its position is held back."""


def _links(scene: Scene, which: str) -> list[Link]:
    return [link for one in scene.workers for link in scene.systems.doors[one.slot].to(which)]


def _resets(which: str) -> Act:
    def act(scene: Scene, chance: Random) -> None:
        for _ in range(chance.randint(2, 5)):
            for link in _links(scene, which):
                link.reset()
            time.sleep(chance.uniform(0.2, 1.2))

    return act


def _half_open(which: str) -> Act:
    def act(scene: Scene, chance: Random) -> None:
        chance.choice(_links(scene, which)).leave_half_open()
        # Long enough for the group to give its partitions away, and back.
        time.sleep(chance.uniform(6, 9))

    return act


def _silent(which: str) -> Act:
    def act(scene: Scene, chance: Random) -> None:
        link = chance.choice(_links(scene, which))
        link.silent = True
        time.sleep(chance.uniform(4, 9))
        link.heal()

    return act


def _slow(which: str) -> Act:
    def act(scene: Scene, chance: Random) -> None:
        for link in _links(scene, which):
            link.delay = chance.uniform(0.05, 0.2)
        time.sleep(chance.uniform(3, 6))
        for link in _links(scene, which):
            link.heal()

    return act


def _narrow(which: str) -> Act:
    def act(scene: Scene, chance: Random) -> None:
        for link in _links(scene, which):
            link.rate = chance.randint(20_000, 80_000)
        time.sleep(chance.uniform(3, 6))
        for link in _links(scene, which):
            link.heal()

    return act


def _lossy(which: str) -> Act:
    def act(scene: Scene, chance: Random) -> None:
        with lost(_links(scene, which), chance.randint(10, 30), LOST_FOR) as by:
            scene.note(f"lost by {by}")
            time.sleep(chance.uniform(4, LOST_FOR))

    return act


for _where, _which in (("Kafka", "kafka"), ("PostgreSQL", "database")):
    fault(f"{_where} reset", f"RST of every connection to {_where}, two to five times")(_resets(_which))
    fault(f"{_where} half open", f"{_where} has forgotten one worker's connections, and the worker is not told")(
        _half_open(_which)
    )
    fault(
        f"{_where} silent", f"nothing passes between one worker and {_where} for four to nine seconds, then all of it"
    )(_silent(_which))
    fault(f"{_where} slow", f"50 to 200 ms each way for each piece to and from {_where}")(_slow(_which))
    fault(f"{_where} narrow", f"20 to 80 kB/s to and from {_where}")(_narrow(_which))
    fault(f"{_where} packets lost", f"10 to 30 % of the packets to and from {_where}, for four to eight seconds")(
        _lossy(_which)
    )


def _cut(_worker: Worker, connection: Connection, _data: bytes, hit: threading.Event) -> bool:
    connection.reset()
    hit.set()
    return False


def _cuts(which: str, arm: str) -> Act:
    """Cuts the connection at three moments of a kind, in whichever worker's door they come."""

    def act(scene: Scene, _chance: Random) -> None:
        if which == "transactions":
            leader(scene)
        # Where commands are answered a batch that is carried out twice would be heard.
        for only in (REPLIES.encode(), b"", REPLIES.encode()):
            struck(scene, which, arm, _cut, only)

    return act


for _name, _told, _which, _arm in (
    ("COMMIT lost", "at a batch's COMMIT, PostgreSQL never hears it", "commits", "asked"),
    (
        "reply to COMMIT lost",
        "when PostgreSQL has committed a batch, before the worker hears it",
        "commits",
        "answered",
    ),
    ("Kafka commit lost", "at the end of a Kafka transaction, the broker never hears it", "transactions", "asked"),
    (
        "reply to Kafka commit lost",
        "when the broker has ended a transaction, before the relay hears it",
        "transactions",
        "answered",
    ),
):
    fault(_name, f"the connection breaks {_told}; three times")(_cuts(_which, _arm))


def _unanswered(scene: Scene, heard: Callable[[Connection, bytes], None]) -> bool:
    """Cuts the connection at the answer to the next end of a transaction; `heard` gets its request before that."""

    def ask(worker: Worker, connection: Connection, frame: bytes, hit: threading.Event) -> bool:
        heard(connection, frame)
        watch = scene.systems.doors[worker.slot].transactions
        watch.answered = lambda connection, data: _cut(worker, connection, data, hit)
        return True

    leader(scene)
    return struck(scene, "transactions", "asked", ask) is not None


@fault(
    "late Kafka commit",
    "the same, and copies of the request arrive for up to three seconds, in later transactions (KIP-890); three times",
)
def late_end(scene: Scene, chance: Random) -> None:
    for _ in range(3):
        late = chance.uniform(0.5, 3)

        def heard(connection: Connection, frame: bytes, late: float = late) -> None:
            threading.Thread(target=_say_later, args=(connection.link.target, frame, late), daemon=True).start()

        if _unanswered(scene, heard):
            time.sleep(late)


def _say_later(target: tuple[str, int], frame: bytes, seconds: float) -> None:
    """The same request again and again over another connection, for so many seconds."""
    with suppress(OSError), socket.create_connection(target, timeout=5) as late:
        for _ in range(COPIES):
            time.sleep(seconds / COPIES)
            late.sendall(frame)
            late.recv(4096)


@fault(
    "late Kafka commit, relay killed",
    "a copy of a request that ends a transaction arrives in the next one, after its events and before its position, and"
    " then the relay is killed",
)
def late_end_and_kill(scene: Scene, _chance: Random) -> None:
    frames: list[tuple[tuple[str, int], bytes]] = []
    if not _unanswered(scene, lambda connection, frame: frames.append((connection.link.target, frame))):
        return
    victim = leader(scene)
    watch = scene.systems.doors[victim.slot].transactions
    watch.watched = TXN_OFFSET_COMMIT
    hit = threading.Event()

    def end_early() -> None:
        time.sleep(EVENTS_OUT)
        code = _error_of(*frames[0])
        scene.note("the copy ended it" if code == 0 else f"the copy was refused with {code}")
        victim.process.kill()
        hit.set()

    def hold_back(_connection: Connection, _frame: bytes) -> bool:
        if watch.events:
            threading.Thread(target=end_early, daemon=True).start()
            return False
        watch.asked = hold_back
        return True

    watch.asked = hold_back
    scene.note("hit" if come(scene, hit) else "missed")
    watch.forget()
    scene.let_go(victim)
    scene.hire(victim.slot)


def _error_of(target: tuple[str, int], frame: bytes) -> int:
    """Sends a request that ends a transaction; the error code of its answer."""
    with socket.create_connection(target, timeout=5) as late:
        late.sendall(frame)
        answer = late.recv(4096)
    (code,) = struct.unpack_from(">h", answer, 12)  # size, correlation id, throttle time
    return int(code)
