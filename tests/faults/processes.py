"""Workers and relays that are killed, stand still and come back, at any moment and at the worst one."""

import threading
import time
from random import Random
from signal import SIGCONT, SIGSTOP
from typing import Final

from schemas.topics import REPLIES
from tests.faults.faults import fault
from tests.faults.proxy import Connection
from tests.faults.scene import Scene
from tests.faults.systems import wait_until
from tests.faults.workers import Worker

MOMENT_WITHIN: Final = 20.0
"""Seconds in which the moment that is waited for has to come: stories are told all the time."""


def _killed(scene: Scene, victim: Worker, arm: str, kind: str) -> None:
    """Kills a worker at the next moment of this kind in its slot; another takes its place at once."""
    hit = threading.Event()
    doors = scene.systems.doors[victim.slot]
    watch = doors.transactions if kind == "transactions" else doors.commits

    def kill(connection: Connection, _data: bytes) -> bool:
        victim.process.kill()
        connection.reset()
        hit.set()
        return False

    setattr(watch, arm, kill)
    hit.wait(MOMENT_WITHIN)
    watch.forget()
    scene.note(f"{arm} {'hit' if hit.is_set() else 'missed'}")
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
def worker_killed_at_commit(scene: Scene, chance: Random) -> None:
    _killed(scene, chance.choice(scene.workers), "asked", "commits")


@fault("worker killed after COMMIT", "kill -9 when PostgreSQL has committed, before the worker hears it")
def worker_killed_after_commit(scene: Scene, chance: Random) -> None:
    _killed(scene, chance.choice(scene.workers), "answered", "commits")


@fault("relay killed at commit", "kill -9 of who publishes when it ends its transaction, before Kafka hears it")
def relay_killed_at_commit(scene: Scene, _chance: Random) -> None:
    _killed(scene, leader(scene), "asked", "transactions")


@fault("relay killed after commit", "kill -9 of who publishes when Kafka has ended its transaction, before it hears it")
def relay_killed_after_commit(scene: Scene, _chance: Random) -> None:
    _killed(scene, leader(scene), "answered", "transactions")


@fault("worker frozen", "SIGSTOP of a worker for one to three seconds")
def worker_frozen(scene: Scene, chance: Random) -> None:
    victim = chance.choice(scene.workers)
    victim.signal(SIGSTOP)
    time.sleep(chance.uniform(1, 3))
    victim.signal(SIGCONT)


@fault("zombie worker", "SIGSTOP in the middle of a batch until its partitions are another's and read on, then SIGCONT")
def zombie_worker(scene: Scene, chance: Random) -> None:
    victim = chance.choice(scene.workers)
    hit = threading.Event()
    commits = scene.systems.doors[victim.slot].commits

    held = chance.random() < 0.5

    def freeze(connection: Connection, _data: bytes) -> bool:
        """What it said arrives at once, and it does not hear the answer; or only when it wakes, too late."""
        victim.signal(SIGSTOP)
        connection.link.silent = held
        hit.set()
        while connection.link.silent:
            time.sleep(0.05)
        return True

    commits.only = REPLIES.encode()  # a command that is answered twice is heard
    commits.asked = freeze
    if not hit.wait(MOMENT_WITHIN / 4):
        commits.only = b""
    if not hit.wait(MOMENT_WITHIN):
        victim.signal(SIGSTOP)
    commits.forget()
    before = scene.positions()
    # At most twenty seconds for a batch, then its locks are gone (storage/connections.py).
    wait_until(lambda: scene.passed(before, victim), "another reads on", 60, 0.5)
    scene.systems.doors[victim.slot].database.heal()
    victim.signal(SIGCONT)
    scene.note(f"COMMIT {'held' if held else 'let through'} {'hit' if hit.is_set() else 'missed'}")


@fault(
    "zombie relay",
    "SIGSTOP when it ends its transaction; the request arrives, and it wakes, after its successor has begun",
)
def zombie_relay(scene: Scene, _chance: Random) -> None:
    victim = leader(scene)
    doors = scene.systems.doors[victim.slot]
    hit = threading.Event()

    def freeze(connection: Connection, _data: bytes) -> bool:
        victim.signal(SIGSTOP)
        connection.link.silent = True
        hit.set()
        while connection.link.silent:
            time.sleep(0.05)
        return True

    doors.transactions.asked = freeze
    if not hit.wait(MOMENT_WITHIN):
        victim.signal(SIGSTOP)
    wait_until(lambda: (scene.leader() or victim) is not victim, "another publishes", 60, 0.5)
    time.sleep(1)
    doors.kafka.heal()
    victim.signal(SIGCONT)
    scene.note("hit" if hit.is_set() else "missed")


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
