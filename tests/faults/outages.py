"""Kafka, PostgreSQL and the registry killed, restarted, frozen, locked and full; and clocks that jump."""

import os
import time
from collections.abc import Callable
from random import Random
from typing import Final

import psycopg
from confluent_kafka.schema_registry import SchemaRegistryClient

from ordercase.postgres_files import unprivileged_user
from tests.faults.disks import filled, small_disk
from tests.faults.faults import NotHere, fault
from tests.faults.scene import Scene
from tests.faults.systems import wait_until


@fault("broker killed", "kill -9 of the only broker, started again after up to three seconds")
def broker_killed(scene: Scene, chance: Random) -> None:
    scene.systems.kafka.kill9()
    time.sleep(chance.uniform(0, 3))
    scene.systems.kafka.start()


@fault("broker restarted", "SIGTERM of the only broker, started again")
def broker_restarted(scene: Scene, _chance: Random) -> None:
    scene.systems.kafka.stop()
    scene.systems.kafka.start()


@fault("broker frozen", "SIGSTOP of the broker for three to eight seconds")
def broker_frozen(scene: Scene, chance: Random) -> None:
    scene.systems.kafka.pause()
    time.sleep(chance.uniform(3, 8))
    scene.systems.kafka.resume()


@fault("PostgreSQL killed", "kill -9 of the whole server, started again after up to three seconds")
def database_killed(scene: Scene, chance: Random) -> None:
    scene.systems.postgres.kill9()
    time.sleep(chance.uniform(0, 3))
    scene.systems.postgres.start_again()
    scene.systems.lead_to_database()


@fault("PostgreSQL crash recovery", "kill -9 of one worker's session: PostgreSQL throws out everybody and recovers")
def backend_killed(scene: Scene, chance: Random) -> None:
    victim = chance.choice(scene.workers)
    sessions: list[int] = []

    def connected() -> bool:
        """Workers that were struck a moment ago come back first."""
        sessions[:] = scene.connections(victim, "ordercase-loop") or [
            pid for (pid,) in scene.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'ordercase-loop'")
        ]
        return bool(sessions)

    wait_until(connected, "a worker is connected", 30, 0.2)
    scene.systems.postgres.kill_backend(sessions[0])
    wait_until(lambda: _answers(scene), "PostgreSQL has recovered", 30, 0.2)


def _answers(scene: Scene) -> bool:
    try:
        return bool(scene.sql("SELECT 1"))
    except psycopg.OperationalError:
        return False


@fault("PostgreSQL frozen", "SIGSTOP of the whole server for three to eight seconds")
def database_frozen(scene: Scene, chance: Random) -> None:
    scene.systems.postgres.pause()
    time.sleep(chance.uniform(3, 8))
    scene.systems.postgres.resume()


@fault(
    "tables locked",
    "somebody holds the orders and the outbox locked for six to nine seconds, longer than a batch waits",
)
def tables_locked(scene: Scene, chance: Random) -> None:
    with psycopg.connect(scene.url) as connection:
        connection.execute("LOCK TABLE orders, outbox IN ACCESS EXCLUSIVE MODE")
        time.sleep(chance.uniform(6, 9))
        connection.rollback()


@fault("registry frozen", "SIGSTOP of the registry; a worker is replaced meanwhile")
def registry_frozen(scene: Scene, chance: Random) -> None:
    scene.systems.registry.pause()
    _replaced_meanwhile(scene, chance, scene.systems.registry.resume)


@fault(
    "registry killed", "kill -9 of the registry; a worker is replaced meanwhile. It comes back with all that it held"
)
def registry_killed(scene: Scene, chance: Random) -> None:
    doors = [scene.systems.doors[one.slot].registry for one in scene.workers]
    with SchemaRegistryClient({"url": scene.systems.registry.url}) as registry:
        held = [
            registry.get_version(subject, version)
            for subject in registry.get_subjects()
            for version in registry.get_versions(subject)
        ]
    scene.systems.registry.kill9()
    for door in doors:
        door.refusing = True

    def start_again() -> None:
        # It keeps its schemas in memory only: they are put back, under the same ids, before a worker reaches it.
        scene.systems.registry.start()
        with SchemaRegistryClient({"url": scene.systems.registry.url}) as registry:
            for one in sorted(held, key=lambda one: one.schema_id):
                assert registry.register_schema(one.subject, one.schema) == one.schema_id
        for door in doors:
            door.heal()

    _replaced_meanwhile(scene, chance, start_again)


def _replaced_meanwhile(scene: Scene, chance: Random, heal: Callable[[], None]) -> None:
    try:
        victim = chance.choice(scene.workers)
        scene.let_go(victim)
        replaced = scene.hire(victim.slot)
        time.sleep(chance.uniform(4, 7))
    finally:
        heal()
    wait_until(lambda: scene.ready() or not replaced.running, "the new worker is ready or has ended", 90, 0.2)
    if not replaced.running:
        # It may say that it cannot start without a registry; who keeps it running starts it again.
        scene.note(str(replaced.stopped_with()))
        scene.workers.remove(replaced)
        scene.hire(victim.slot)


ROOM: Final = 24
"""MiB for the index that runs out of room."""
FULL_WITHIN: Final = 20.0
"""Seconds in which a broker without room has to have written something."""


@fault("PostgreSQL full", "no room for what an index of the outbox needs, for five to nine seconds")
def database_full(scene: Scene, chance: Random) -> None:
    name = f"{scene.database}_small"
    with small_disk(ROOM) as disk:
        inside = disk / "table"
        inside.mkdir()
        os.chown(inside, *(unprivileged_user() or (0, 0)))
        scene.sql(f"CREATE TABLESPACE {name} LOCATION '{inside}'")
        try:
            scene.sql(f"CREATE INDEX {name} ON outbox (seq) INCLUDE (event_id, headers) TABLESPACE {name}")
            before = scene.said("trying again")
            with filled(disk):
                time.sleep(chance.uniform(5, 9))
                refused = scene.said("trying again") - before
            scene.note(f"refused {refused} times" if refused else "missed")
        finally:
            scene.sql(f"DROP INDEX IF EXISTS {name}")
            scene.sql(f"DROP TABLESPACE {name}")


@fault("broker full", "no room for the broker's log until it gives up; started again when there is room")
def broker_full(scene: Scene, _chance: Random) -> None:
    room = scene.systems.kafka_room
    if room is None:
        raise NotHere("a small file system for the broker can be mounted by root on Linux only")
    with filled(room):
        until = time.monotonic() + FULL_WITHIN
        while scene.systems.kafka.running and time.monotonic() < until:
            time.sleep(0.2)
        scene.note("gave up" if not scene.systems.kafka.running else "stood still")
    scene.systems.kafka.kill9()
    scene.systems.kafka.start()


@fault("clock forward and back", "the workers' clocks jump five minutes forward, ten back, and five forward again")
def clock_jumps(scene: Scene, chance: Random) -> None:
    file = scene.folder / "clock"
    file.write_text("0")
    before = scene.program
    scene.program = ("-m", "tests.faults.entry", f"clock={file}")
    try:
        for worker in list(scene.workers):
            scene.dismiss(worker)
            scene.hire(worker.slot)
        scene.wait_ready()
        for seconds in (300, -300, 0):
            file.write_text(str(seconds))
            time.sleep(chance.uniform(1.5, 3))
    finally:
        scene.program = before
