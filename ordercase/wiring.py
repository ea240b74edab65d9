"""A worker put together from its settings: the one place that knows all parts. Nothing runs yet when it is done."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError

from consumers.client import consumer_settings
from consumers.loop import Loop
from consumers.rules import Decode, Rules
from domain import handling, history
from domain.commands import Command
from domain.policy import Policies
from domain.timers import timers
from ordercase import logs, users
from ordercase.further_process import FurtherProcess
from ordercase.health import Check, Health, Heartbeat
from ordercase.metrics import Figures, Metrics
from ordercase.run import Part
from ordercase.settings import Settings
from producers.relay import Relay, RelayState
from schemas.bare import bare_with
from schemas.codec import Codec
from schemas.keys import standstill
from schemas.outbound import project
from storage.connections import connect
from storage.queries import messages, progress, reading

if TYPE_CHECKING:
    from schemas.registry import Registry

ASKED_AGAIN_AFTER: Final = 5.0
"""Seconds for which figures from the database are shown again to whoever asks for metrics."""

READY: Final = frozenset({RelayState.PUBLISHING, RelayState.STANDING_BY})

log = structlog.get_logger("ordercase.wiring")


@dataclass(frozen=True, slots=True)
class Worker:
    """All parts of one process. `loop` or `relay` None: not asked for."""

    loop: Loop | None
    relay: Relay | None
    metrics: Metrics
    health: Health
    parts: tuple[Part, ...]


def worker(
    settings: Settings,
    policies: Policies,
    *,
    transactional: bool,
    consumers: bool = True,
    relay: bool = True,
    known: "Registry | None" = None,
    processes: int = 1,
) -> Worker:
    """Builds a worker. Raises UserError for missing settings and a wrong users file; connects to nothing.

    `transactional` False: the relay works in its at-least-once profile. `known`: the schema registry, None without one.
    `processes`: how many loops there are in all, each in a process.
    """
    heart = Heartbeat()
    metrics = Metrics(version("ordercase"), heart.beat)
    publishing = _relay(settings, transactional) if relay else None
    reads = _loop(settings, rules(settings, policies, known), metrics, publishing) if consumers else None
    ready: dict[str, Callable[[], Check]] = {}
    parts = []
    if reads is not None:
        ready["consumers"] = lambda: Check(reads.ready, _share(metrics.partitions, ready=reads.ready))
        metrics.also("consumer_lag_records", "Offsets between position and end, by partition of this worker.",
                     lambda: _behind(reads), "topic", "partition")  # fmt: skip
        parts.append(Part("consumers", reads.run))
    if publishing is not None:
        ready["relay"] = lambda: Check(publishing.state in READY, str(publishing.state))
        parts.append(Part("relay", publishing.run))
        _relay_figures(metrics, publishing)
    further = [FurtherProcess(number, settings) for number in range(2, processes + 1)]
    parts += [Part(one.name, one.run) for one in further]
    _database_figures(metrics, settings)
    hearts = {"consumers": heart} if reads is not None else {}
    health = Health(metrics.registry, ready, hearts, {one.name: one.check for one in further})
    return Worker(reads, publishing, metrics, health, tuple(parts))


def rules(settings: Settings, policies: Policies, known: "Registry | None") -> Rules:
    """What the loop, and whoever works on parked messages, is told of the domain and the schemas."""
    codec = Codec(known)
    return domain_rules(codec, policies, _decode(settings, codec))


def domain_rules(codec: Codec, policies: Policies, decode: Decode) -> Rules:
    """The domain's rules, and the codec's schemas, as the loop asks for them."""
    return Rules(
        decode=decode,
        encode=codec.encode,
        refs=handling.refs,
        related=handling.related,
        handle=handling.handle,
        project=project,
        entries=history.entries,
        timers=timers,
        policies=policies,
        bare=bare_with(codec),
        standstill=standstill,
    )


def connecting(settings: Settings, name: str) -> Callable[[], psycopg.Connection[Any]]:
    """Opens a writer's connection whenever it is called."""
    return partial(connect, settings.database, name)


def _loop(settings: Settings, told: Rules, metrics: Metrics, relay: Relay | None) -> Loop:
    properties = consumer_settings(settings.kafka_properties, group_id=settings.group_id, client_id="ordercase-loop")
    return Loop(
        {**properties, "logger": logs.kafka_logger()},
        connecting(settings, "ordercase-loop"),
        told,
        settings.group_id,
        batch_size=settings.batch_size,
        wake=relay.wake if relay else lambda: None,
        observer=metrics,
    )


def _share(partitions: int, *, ready: bool) -> str:
    return f"{partitions} partitions" + (": others of the group have them all" if ready and not partitions else "")


def _behind(reads: Loop) -> Figures:
    return {(topic, str(partition)): offsets for (topic, partition), offsets in reads.lag().items()}


def _relay(settings: Settings, transactional: bool) -> Relay:
    return Relay(
        database_url=settings.database,
        kafka=settings.kafka_properties,
        group_id=settings.group_id,
        transactional=transactional,
    )


def _decode(settings: Settings, codec: Codec) -> Decode:
    """Decoding, and with ORDERCASE_ACTORS=users_file what the users file says in place of what a command claims."""
    if settings.actors == "message" or settings.console_users_file is None:
        return codec.decode
    listed = users.from_file(settings.console_users_file)

    def decode(topic: str, key: bytes | None, value: bytes | None) -> object:
        message = codec.decode(topic, key, value)
        if isinstance(message, Command):
            return replace(message, actor=users.as_listed(listed, message.actor))
        return message

    return decode


def _relay_figures(metrics: Metrics, relay: Relay) -> None:
    metrics.also("relay_position", "Number of the next event to publish.", lambda: {"": relay.position})
    metrics.also("relay_published", "Events published by this process.", lambda: {"": relay.published})
    metrics.also("relay_restarts", "New starts of the relay after a doubt.", lambda: {"": relay.restarts})
    metrics.also(
        "relay_state",
        "1 for the state the relay is in.",
        lambda: {str(state): float(state is relay.state) for state in RelayState},
        "state",
    )


def _database_figures(metrics: Metrics, settings: Settings) -> None:
    """Queues as the database has them, the same for every worker of the group."""
    asked = _Remembered(lambda: _queues(settings))

    def figure(name: str) -> Callable[[], Figures]:
        return lambda: {"": asked.get().get(name)}

    metrics.also("outbox_pending", "Events decided and not published yet.", figure("pending"))
    metrics.also("outbox_oldest_created_timestamp_seconds", "When the oldest of them was decided.", figure("oldest"))
    metrics.also("waiting_open", "Messages that wait for an order.", figure("waiting"))
    metrics.also("waiting_oldest_timestamp_seconds", "Since when the oldest waits.", figure("waiting_since"))
    metrics.also("parked_open", "Messages that could not be applied.", figure("parked"))
    metrics.also("parked_oldest_timestamp_seconds", "Since when the oldest is parked.", figure("parked_since"))


def _queues(settings: Settings) -> Mapping[str, float | None]:
    with reading.snapshot(reading.engine(settings.database, "ordercase-metrics")) as connection:
        outbox = progress.outbox_of(connection, settings.group_id)
        totals = messages.totals(connection)
    return {
        "pending": outbox.pending,
        "oldest": _seconds(outbox.oldest_at),
        **{name: count for name, (count, _) in totals.items()},
        **{f"{name}_since": _seconds(since) for name, (_, since) in totals.items()},
    }


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / 1_000_000


class _Remembered:
    """Asks the database at most every few seconds; while it does not answer there are no figures."""

    def __init__(self, ask: Callable[[], Mapping[str, float | None]]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._until = 0.0
        self._figures: Mapping[str, float | None] = {}

    def get(self) -> Mapping[str, float | None]:
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    self._figures = self._ask()
                except (DBAPIError, psycopg.Error) as error:
                    log.warning("no_figures", error_class=type(error).__name__)
                    self._figures = {}
                self._until = time.monotonic() + ASKED_AGAIN_AFTER
            return self._figures
