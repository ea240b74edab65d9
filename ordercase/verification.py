"""The findings of `doctor --verify`: a line a kind of thing, and a line for each that cannot be true."""

from collections.abc import Iterable, Iterator
from typing import Final

import psycopg
from confluent_kafka import Consumer, TopicPartition

from domain.folding import KINDS
from ordercase import database, kafka, logs, verify
from ordercase.doctor import Colour, Finding
from ordercase.errors import UserError
from ordercase.settings import Settings
from ordercase.verify import Tell, Wrong
from schemas.client_properties import for_consumer
from storage import verifying

NAMED: Final = 200
"""So many wrong things are named, of each kind; the rest is counted."""

MEND: Final = "keep the database as it is, restore a copy beside it and compare; nothing here mends it"
WITHIN: Final = 10.0


def examine(settings: Settings, tell: Tell) -> Iterator[Finding]:
    """Everything compared, on a database in use; a look that fails is a red finding. `tell` hears how far it is."""
    read: dict[tuple[str, int], int] = {}
    try:
        with verifying.reader(settings.database) as connection:
            for kind in KINDS:
                yield from _findings(f"{kind}s", verify.things(connection, kind, tell))
            yield from _findings("histories", verify.histories(connection))
            yield from _findings("outbox numbers", verify.outbox(connection, settings.group_id))
            read = verifying.positions(connection, settings.group_id)
    except psycopg.Error as error:
        yield Finding("verify", Colour.RED, database.driver_in_words(error).sentence)
        return
    try:
        yield from _findings("read positions", verify.inputs(read, _ends(settings, read)))
    except UserError as error:
        yield Finding("verify read positions", Colour.RED, error.sentence)


def _findings(what: str, wrongs: Iterable[Wrong | int]) -> Iterator[Finding]:
    """The wrong ones by name, then the sum."""
    wrong, seen = 0, None
    for one in wrongs:
        if isinstance(one, int):
            seen = one
            continue
        wrong += 1
        if wrong <= NAMED:
            yield Finding(f"verify {one.what}", Colour.RED, one.says)
    counted = "" if seen is None else f"{seen} compared, "
    if wrong:
        yield Finding(f"verify {what}", Colour.RED, f"{counted}{wrong} differences", MEND)
    else:
        yield Finding(f"verify {what}", Colour.GREEN, f"{counted}no difference")


def _ends(settings: Settings, read: Iterable[tuple[str, int]]) -> dict[tuple[str, int], tuple[int, int]]:
    """(first, next) offset of each of these partitions; those that Kafka does not have are left out."""
    properties = {
        **for_consumer(settings.kafka_properties),
        "group.id": f"{settings.group_id}-look",
        "logger": logs.kafka_logger(),
    }
    with kafka.in_words():
        consumer = Consumer(properties)
        try:
            there = consumer.list_topics(timeout=WITHIN).topics
            known = {(name, part) for name, topic in there.items() for part in topic.partitions}
            return {
                name: consumer.get_watermark_offsets(TopicPartition(*name), timeout=WITHIN)
                for name in read
                if name in known
            }
        finally:
            consumer.close()
