"""What networks do between a worker and Kafka or PostgreSQL: reset, silence, half-open connections, slow and narrow ways."""

import socket
import threading
import time
from contextlib import suppress
from random import Random
from typing import Final

from schemas.topics import REPLIES
from tests.faults.faults import Act, fault
from tests.faults.processes import MOMENT_WITHIN, leader
from tests.faults.proxy import Connection, Link
from tests.faults.scene import Scene
from tests.faults.taps import Watch

COPIES: Final = 30
"""Of a late request: a transaction is open for a moment only."""


def _links(scene: Scene, which: str) -> list[Link]:
    return [getattr(scene.systems.doors[one.slot], which) for one in scene.workers]


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


def _cut_at(scene: Scene, watches: list[Watch], arm: str, times: int) -> None:
    """Cuts the connection at so many moments of a kind, in any of these doors."""
    for _ in range(times):
        hit = threading.Event()

        def cut(connection: Connection, _data: bytes, hit: threading.Event = hit) -> bool:
            connection.reset()
            hit.set()
            return False

        for watch in watches:
            setattr(watch, arm, cut)
        scene.note("hit" if hit.wait(MOMENT_WITHIN) else "missed")
        for watch in watches:
            watch.forget()


@fault("COMMIT lost", "the connection breaks at a batch's COMMIT, PostgreSQL never hears it; three times")
def commit_lost(scene: Scene, _chance: Random) -> None:
    _cut_at(scene, [scene.systems.doors[one.slot].commits for one in scene.workers], "asked", 3)


@fault(
    "reply to COMMIT lost",
    "PostgreSQL commits a batch and the connection breaks before the worker hears it; three times",
)
def commit_reply_lost(scene: Scene, _chance: Random) -> None:
    watches = [scene.systems.doors[one.slot].commits for one in scene.workers]
    # Where commands are answered a batch that is carried out twice would be heard.
    for only in (REPLIES.encode(), b"", REPLIES.encode()):
        for watch in watches:
            watch.only = only
        _cut_at(scene, list(watches), "answered", 1)


@fault(
    "Kafka commit lost",
    "the connection breaks at the end of a Kafka transaction, the broker never hears it; three times",
)
def end_lost(scene: Scene, _chance: Random) -> None:
    leader(scene)
    _cut_at(scene, [scene.systems.doors[one.slot].transactions for one in scene.workers], "asked", 3)


@fault(
    "reply to Kafka commit lost",
    "the broker ends a transaction and the connection breaks before the relay hears it; three times",
)
def end_reply_lost(scene: Scene, _chance: Random) -> None:
    leader(scene)
    _cut_at(scene, [scene.systems.doors[one.slot].transactions for one in scene.workers], "answered", 3)


@fault(
    "late Kafka commit",
    "the same, and copies of the request arrive for up to three seconds, in later transactions (KIP-890); three times",
)
def late_end(scene: Scene, chance: Random) -> None:
    leader(scene)
    watches = [scene.systems.doors[one.slot].transactions for one in scene.workers]
    for _ in range(3):
        late = chance.uniform(0.5, 3)
        copied = threading.Event()

        def copy(connection: Connection, frame: bytes, late: float = late, copied: threading.Event = copied) -> bool:
            arguments = (connection.link.target, frame, late)
            threading.Thread(target=_say_later, args=arguments, daemon=True).start()
            copied.set()
            return True

        for watch in watches:
            watch.asked = copy
        _cut_at(scene, list(watches), "answered", 1)
        scene.note("copied" if copied.is_set() else "not copied")
        time.sleep(late)


def _say_later(target: tuple[str, int], frame: bytes, seconds: float) -> None:
    """The same request again and again over another connection, for so many seconds."""
    with suppress(OSError), socket.create_connection(target, timeout=5) as late:
        for _ in range(COPIES):
            time.sleep(seconds / COPIES)
            late.sendall(frame)
            late.recv(4096)
