"""Three brokers, each message on two of them at least: killed, frozen, cut off, and leaders that change."""

import threading
import time
from random import Random
from typing import Final

from tests.faults.faults import fault
from tests.faults.moments import struck
from tests.faults.processes import leader
from tests.faults.proxy import Connection
from tests.faults.scene import Scene
from tests.faults.systems import Systems
from tests.faults.workers import Worker
from tests.real.cluster import BROKERS, RealCluster

DEPOSED_AFTER: Final = 10.0
"""Seconds after which a broker that does not answer leads nothing any more (tests/real/cluster.py has six)."""


def _whole(systems: Systems) -> RealCluster:
    """The cluster, once everything in it is as it should be."""
    assert systems.cluster is not None
    systems.cluster.start()
    return systems.cluster


@fault("one broker killed", "kill -9 of one broker of three, started again after one to six seconds", brokers=BROKERS)
def one_broker_killed(scene: Scene, chance: Random) -> None:
    victim = chance.choice(_whole(scene.systems).brokers)
    victim.kill9()
    time.sleep(chance.uniform(1, 6))
    victim.start()


def _kill_where_it_ends(scene: Scene, arm: str) -> None:
    """Kills the broker that ends the relay's transactions, at such a moment; another takes over. Started again."""
    cluster = _whole(scene.systems)
    leader(scene)

    def kill(worker: Worker, connection: Connection, _data: bytes, hit: threading.Event) -> bool:
        cluster.brokers[scene.systems.doors[worker.slot].kafka.index(connection.link)].kill9()
        hit.set()
        return False

    struck(scene, "transactions", arm, kill)
    time.sleep(1)
    for broker in cluster.brokers:
        if not broker.running:
            broker.start()


@fault("coordinator killed at commit", "kill -9 of the broker that ends the relay's transactions, before it hears that it shall", brokers=BROKERS)  # fmt: skip
def coordinator_killed_at_commit(scene: Scene, _chance: Random) -> None:
    _kill_where_it_ends(scene, "asked")


@fault("coordinator killed after commit", "kill -9 of the broker that has just ended a transaction of the relay, before the relay hears it", brokers=BROKERS)  # fmt: skip
def coordinator_killed_after_commit(scene: Scene, _chance: Random) -> None:
    _kill_where_it_ends(scene, "answered")


@fault("two brokers killed", "kill -9 of two brokers of three: nothing can be written; started again after three to six seconds", brokers=BROKERS)  # fmt: skip
def two_brokers_killed(scene: Scene, chance: Random) -> None:
    victims = chance.sample(_whole(scene.systems).brokers, 2)
    for victim in victims:
        victim.kill9()
    time.sleep(chance.uniform(3, 6))
    for victim in victims:
        victim.launch()
    for victim in victims:
        victim.wait()


@fault("brokers restarted in turn", "SIGTERM of each broker, the next when all is in sync: every leader changes", brokers=BROKERS)  # fmt: skip
def brokers_in_turn(scene: Scene, _chance: Random) -> None:
    cluster = _whole(scene.systems)
    for broker in cluster.brokers:
        broker.stop()
        broker.start()
        cluster.wait_whole()


@fault("zombie leader", "SIGSTOP of one broker until others lead in its place, then SIGCONT", brokers=BROKERS)
def zombie_leader(scene: Scene, chance: Random) -> None:
    victim = chance.choice(_whole(scene.systems).brokers)
    victim.pause()
    time.sleep(DEPOSED_AFTER + chance.uniform(0, 2))
    victim.resume()


@fault("one broker out of reach", "one worker cannot reach one broker of three for eight to fourteen seconds; the broker leads on", brokers=BROKERS)  # fmt: skip
def one_out_of_reach(scene: Scene, chance: Random) -> None:
    _whole(scene.systems)
    link = chance.choice(scene.systems.doors[chance.choice(scene.workers).slot].kafka)
    link.refusing = True
    link.leave_half_open()
    time.sleep(chance.uniform(8, 14))
    link.heal()


@fault("controller killed", "kill -9 of the only controller, and of a broker while there is none; both started again", brokers=BROKERS)  # fmt: skip
def controller_killed(scene: Scene, chance: Random) -> None:
    cluster = _whole(scene.systems)
    cluster.controller.kill9()
    time.sleep(chance.uniform(1, 3))
    victim = chance.choice(cluster.brokers)
    victim.kill9()
    time.sleep(chance.uniform(1, 3))
    cluster.controller.launch()
    victim.start()
