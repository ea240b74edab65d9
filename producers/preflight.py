"""Whether the database is the one that was published from: asked before a worker reads anything.

The relay asks the same, and more, when it begins (position.verified). But that may come after batches, and batches that a
database which has lost commits takes in by itself are decided once more without what is known of the first time
(`ordercase rebuild --from-topics`).
"""

import time
from typing import Final

import psycopg
from confluent_kafka import KafkaError, KafkaException

from producers.client import Properties
from producers.kafka_position import KafkaPosition
from producers.position import Position, RelayAlarm, verified
from producers.publishing import kept
from storage import outbox

ANSWER_WITHIN: Final = 4.0
PATIENCE: Final = 8.0
"""Seconds in all, while Kafka is only just finding out who keeps the group's offsets."""
_SOON: Final = frozenset({
    KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError._TIMED_OUT, KafkaError._WAIT_COORD, KafkaError._TRANSPORT,
})  # fmt: skip


def look(properties: Properties, connection: "psycopg.Connection[object]", group_id: str) -> None:
    """Raises RelayAlarm when nothing may be read. Beside a relay that publishes it sees what was committed last.

    What cannot be known now is left to the relay: a Kafka that does not answer, a row that is published and taken out.
    """
    try:
        found = _asked(KafkaPosition(properties, f"{group_id}-relay", ANSWER_WITHIN))
    except KafkaException:
        return
    before = None if found is None else outbox.at(connection, found.next - 1)
    head = outbox.head(connection)  # after the position: who publishes has committed the rows before
    try:
        verified(found, head=head, before=before, published_before=kept(connection, group_id) is not None)
    except RelayAlarm as alarm:
        if alarm.code == "relay_event_differs" and before is None:
            return
        raise


def _asked(position: KafkaPosition) -> Position | None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return position.settled()
        except KafkaException as error:
            if error.args[0].code() not in _SOON or time.monotonic() >= until:
                raise
            time.sleep(0.2)
