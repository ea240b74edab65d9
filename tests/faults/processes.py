"""Workers and relays that are killed, stand still and come back, at any moment and at the worst one."""

import threading
import time
from random import Random
from signal import SIGCONT, SIGSTOP

from schemas.topics import REPLIES
from tests.faults.faults import fault
from tests.faults.moments import Strike, struck
from tests.faults.proxy import Connection
from tests.faults.scene import Scene
from tests.faults.systems import wait_until
from tests.faults.workers import Worker


def _kill(worker: Worker, connection: Connection, _data: bytes, hit: threading.Event) -> bool:
    worker.process.kill()
    connection.reset()
    hit.set()
    return False


def _killed(scene: Scene, which: str, arm: str) -> None:
    """Kills whoever comes to a moment of this kind first; another takes its place at once."""
    victim = struck(scene, which, arm, _kill)
    if victim is not None:
        scene.let_go(victim)
        scene.hire(victim.slot)


def leader(scene: Scene) -> Worker:
    """The worker that publishes; waits until there is one."""
    wait_until(lambda: scene.leader() is not None, "somebody publishes", 40, 0.2)
    return scene.leader() or scene.workers[0]


@fault("worker killed", "kill -9 of a worker at any moment")
def worker_killed(scene: Scene, chance: Random) -> None:
    victim = chance.choice(scene.workers)
    scene.let_go(victim)
    scene.hire(victim.slot)


@fault("relay killed", "kill -9 of who publishes at any moment")
def relay_killed(scene: Scene, _chance: Random) -> None:
    victim = leader(scene)
    scene.let_go(victim)
    scene.hire(victim.slot)


@fault("worker killed at COMMIT", "kill -9 when it says COMMIT, before PostgreSQL hears it")
def worker_killed_at_commit(scene: Scene, _chance: Random) -> None:
    _killed(scene, "commits", "asked")


@fault("worker killed after COMMIT", "kill -9 when PostgreSQL has committed, before the worker hears it")
def worker_killed_after_commit(scene: Scene, _chance: Random) -> None:
    _killed(scene, "commits", "answered")


@fault("relay killed at commit", "kill -9 of who publishes when it ends its transaction, before Kafka hears it")
def relay_killed_at_commit(scene: Scene, _chance: Random) -> None:
    leader(scene)
    _killed(scene, "transactions", "asked")


@fault("relay killed after commit", "kill -9 of who publishes when Kafka has ended its transaction, before it hears it")
def relay_killed_after_commit(scene: Scene, _chance: Random) -> None:
    leader(scene)
    _killed(scene, "transactions", "answered")


@fault("worker frozen", "SIGSTOP of a worker for one to three seconds")
def worker_frozen(scene: Scene, chance: Random) -> None:
    victim = chance.choice(scene.workers)
    victim.signal(SIGSTOP)
    time.sleep(chance.uniform(1, 3))
    victim.signal(SIGCONT)


def _freeze(held: bool) -> Strike:
    """What it said arrives at once, and it does not hear the answer; or, held, only when it wakes, too late."""

    def freeze(worker: Worker, connection: Connection, _data: bytes, hit: threading.Event) -> bool:
        worker.signal(SIGSTOP)
        connection.link.silent = held
        hit.set()
        while connection.link.silent:
            time.sleep(0.05)
        return True

    return freeze


@fault("zombie worker", "SIGSTOP in the middle of a batch until its partitions are another's and read on, then SIGCONT")
def zombie_worker(scene: Scene, chance: Random) -> None:
    held = chance.random() < 0.5
    scene.note("held" if held else "let through")
    # A command that is answered twice is heard.
    victim = struck(scene, "commits", "asked", _freeze(held), only=REPLIES.encode())
    if victim is None:
        return
    before = scene.positions()
    # At most twenty seconds for a batch, then its locks are gone (storage/connections.py).
    wait_until(lambda: scene.passed(before, victim), "another reads on", 60, 0.5)
    scene.systems.doors[victim.slot].database.heal()
    victim.signal(SIGCONT)


@fault(
    "zombie relay",
    "SIGSTOP when it ends its transaction; the request arrives, and it wakes, after its successor has begun",
)
def zombie_relay(scene: Scene, _chance: Random) -> None:
    leader(scene)
    victim = struck(scene, "transactions", "asked", _freeze(held=True))
    if victim is None:
        return
    wait_until(lambda: (scene.leader() or victim) is not victim, "another publishes", 60, 0.5)
    time.sleep(1)
    for link in scene.systems.doors[victim.slot].kafka:
        link.heal()
    victim.signal(SIGCONT)


@fault("rebalance storm", "workers come and go every second or two, orderly or not, for ten seconds")
def rebalance_storm(scene: Scene, chance: Random) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if len([one for one in scene.workers if one.running]) < 3:
            scene.hire()
        else:
            leaves = chance.choice(scene.workers)
            if chance.random() < 0.5:
                scene.let_go(leaves)
            else:
                scene.dismiss(leaves)
        time.sleep(chance.uniform(1, 2))
    while len(scene.workers) > 2:
        scene.dismiss(scene.workers[0])
