"""`ordercase parked replay|discard|add`: what people do with messages that could not be applied."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated

import psycopg
from cyclopts import Parameter

from consumers import parking
from consumers.client import consumer_settings
from consumers.faults import Poison, Stop, TryAgain
from consumers.parked_replay import ParkedReplay, Replayed, replaying
from consumers.rules import Rules
from ordercase import database, kafka, logs, policies, policy_history, registry, settings, terminal, wiring
from ordercase.commands.options import Json
from ordercase.errors import Exit, UserError, environment, refused, usage
from ordercase.settings import Settings
from storage.parking import Fault
from storage.queries import messages

PARTLY = "Not everything is done; what is not stays parked"
By = Annotated[str, Parameter(help="Who wants it; kept with what was done.")]


def replay(
    *ids: int,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="Everything that may be tried again.")] = False,
    topic: str | None = None,
    reason: str | None = None,
    by: By = "cli",
    json: Json = False,
) -> int:
    """Tries parked messages again, each with all that came behind it (exit 1 when one stays parked).

    By id, or --all of a --topic or --reason. Begin with the first of a topic and key, those without "behind".
    """
    read = settings.load()
    if bool(ids) == (all_ or topic is not None or reason is not None):
        raise usage("usage", "Name the ids, or give --all, --topic or --reason; not both and not neither.")
    chosen = list(ids)
    if not ids:
        with database.snapshot(read) as connection:
            chosen = messages.parked_heads(connection, topic=topic, reason=reason)
    logs.configure("warning", read.log_format)
    told = _rules(read)
    connecting = wiring.connecting(read, "ordercase-parked")
    done: list[Replayed] = []
    try:
        with _in_words(PARTLY), replaying(connecting, told, read.group_id, by) as again:
            done.extend(again.each(chosen, partial(_tried, again)))
    finally:
        _print_all(done, json=json)
    return Exit.REFUSED if any(one.left for one in done) else Exit.DONE


def discard(parked_id: int, *, reason: str, by: By = "cli", json: Json = False) -> None:
    """Takes a parked message out for good; who did it and why is kept. Those behind it stay until a replay."""
    read = settings.load()
    logs.configure("warning", read.log_format)
    with _in_words():
        gone = parking.discard(
            wiring.connecting(read, "ordercase-parked"), _rules(read), read.group_id, parked_id, reason, by
        )
    place = {"topic": gone.topic, "partition": gone.partition, "offset": gone.offset}
    if json:
        terminal.print_json({"id": parked_id, **place})
    else:
        terminal.print_line(f"Discarded {parked_id}: {gone.topic} {gone.partition} {gone.offset}.")


def add(topic: str, partition: int, offset: int, *, by: By = "cli", json: Json = False) -> None:
    """Puts a message aside that nobody has read yet: one that would kill the worker. Stop the worker before."""
    read = settings.load()
    logs.configure("warning", read.log_format)
    # It joins no group; but a worker's login may name the worker's alone, and Kafka is asked about it all the same.
    properties = consumer_settings(read.kafka_properties, group_id=read.group_id, client_id="ordercase-parked")
    with kafka.in_words(), _in_words():
        connecting = wiring.connecting(read, "ordercase-parked")
        kept = parking.add(connecting, properties, _rules(read), read.group_id, (topic, partition, offset), by)
    if json:
        terminal.print_json({"id": kept.id, "topic": topic, "partition": partition, "offset": offset})
    else:
        terminal.print_line(f"Put aside {topic} {partition} {offset} as {kept.id}; start the worker again.")


def _rules(read: Settings) -> Rules:
    return wiring.rules(read, policy_history.with_past(read, policies.of(read)), registry.of(read))


def _tried(again: ParkedReplay, parked_id: int) -> Replayed:
    """What became of one; what cannot be tried stays parked and does not keep the others from it."""
    try:
        with _in_words(PARTLY):
            return again.key(parked_id)
    except UserError as error:
        if error.status is not Exit.REFUSED:
            raise
        return Replayed((), (parked_id,), Fault(error.code, error.sentence, type(error).__name__))


@contextmanager
def _in_words(done: str = "Nothing was changed") -> Iterator[None]:
    """What keeps work on parked messages from being done, as a sentence and an exit status."""
    try:
        yield
    except parking.CannotPark as error:
        raise refused(error.code, str(error)) from None
    except TryAgain as error:
        raise environment("try_again", f"{done}: {error.what}. Try again later.") from None
    except Poison as error:
        raise refused("refused_by_database", f"PostgreSQL refuses what it leads to: {error}.") from None
    except Stop as error:
        raise environment(error.code, str(error)) from None
    except psycopg.Error as error:
        raise database.driver_in_words(error) from None


def _why(one: Replayed) -> dict[str, str | None]:
    fault = one.fault
    return {"reason": fault.reason if fault else None, "sentence": fault.sentence if fault else None}


def _print_all(done: list[Replayed], *, json: bool) -> None:
    if json:
        terminal.print_json([{"gone": one.gone, "left": one.left, **_why(one)} for one in done])
        return
    for one in done:
        _print_replayed(one)


def _print_replayed(one: Replayed) -> None:
    if one.gone:
        terminal.print_line(f"Through: {', '.join(map(str, one.gone))}.")
    if one.left:
        why = f" ({one.fault.reason}: {one.fault.sentence})" if one.fault else ""
        terminal.print_line(f"Still parked: {', '.join(map(str, one.left))}{why}.")
