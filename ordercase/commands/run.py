"""`ordercase run`: the worker, until a signal or until it cannot go on."""

import threading
from contextlib import ExitStack
from typing import Annotated

import psycopg
import structlog
from confluent_kafka import KafkaException
from cyclopts import Parameter

from consumers.faults import Stop
from ordercase import database, kafka, logs, policies, policy_history, registry, settings, surroundings, wiring
from ordercase.errors import Exit, UserError, refused, usage
from ordercase.health import HealthServer
from ordercase.run import run_parts, stopped_by_signals
from producers.position import RelayAlarm

log = structlog.get_logger("ordercase.run")

Only = Annotated[bool, Parameter(negative="")]

Processes = Annotated[int, Parameter(help="How many read, each in a process of its own: at most one a core pays.")]

ENVIRONMENT = frozenset({"missing_topic", "topic_missing", "database_unusable", "cannot_begin"})
"""Codes of parts that died because something around them is missing or away."""


def run(*, consumers_only: Only = False, relay_only: Only = False, processes: Processes = 1) -> None:
    """Runs until SIGTERM or SIGINT: the batch under way is finished, exit 0 within 10 s.

    Needs a migrated database and the topics; says which is missing (exit 4). Serves /health/live, /health/ready and
    /metrics on ORDERCASE_HTTP_HOST:ORDERCASE_HTTP_PORT, those of further processes on the ports after it.
    """
    if consumers_only and relay_only:
        raise usage("usage", "--consumers-only and --relay-only leave nothing to run; give one of them or none.")
    if processes < 1 or (relay_only and processes > 1):
        raise usage("usage", "--processes is how many read: at least one, and not with --relay-only.")
    read = settings.load()
    in_force = policies.of(read)
    logs.configure(read.log_level, read.log_format)
    stop = threading.Event()
    with stopped_by_signals(stop), ExitStack() as running:
        surroundings.current_database(read.database)
        found = surroundings.cluster(read)
        surroundings.required_topics(found, consumers=not relay_only, relay=not consumers_only)
        surroundings.same_outbox(read, found)
        known = registry.of(read)
        if not relay_only:
            surroundings.required_schemas(known)
        in_force = policy_history.take_effect(read, in_force)
        worker = wiring.worker(
            read,
            in_force,
            transactional=found.transactional,
            consumers=not relay_only,
            relay=not consumers_only,
            known=known,
            processes=processes,
        )
        if read.http_port:
            server = HealthServer(read.http_host, read.http_port, worker.health)
            running.callback(server.close)
        log.info("started", group_id=read.group_id, policy_version=in_force.version, port=read.http_port,
                 profile="exactly_once" if found.transactional else "at_least_once")  # fmt: skip
        try:
            run_parts(worker.parts, stop)
        except (Stop, RelayAlarm, KafkaException, psycopg.Error) as error:
            raise _in_words(error) from None
    log.info("stopped")


def _in_words(error: Stop | RelayAlarm | KafkaException | psycopg.Error) -> UserError:
    """What a part died of, as a sentence and an exit status."""
    if isinstance(error, KafkaException):
        return kafka.meaning(error.args[0])
    if isinstance(error, psycopg.Error):
        return database.unreachable(error)
    sentence = error.sentence if isinstance(error, RelayAlarm) else str(error)
    if error.code in ENVIRONMENT:
        return UserError(error.code, sentence, Exit.ENVIRONMENT)
    return refused(error.code, sentence)
