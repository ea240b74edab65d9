"""The floor: decoding the same inputs and copying the same rows, and nothing else. No worker can be faster."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from benchmarks.wire import Wire
from schemas.codec import Codec

TABLES = """
CREATE TABLE floor_orders (order_key text PRIMARY KEY, document text) WITH (toast_tuple_target = 8160);
ALTER TABLE floor_orders ALTER document SET STORAGE MAIN;
CREATE TABLE floor_history (id bigint PRIMARY KEY, entity_kind text, entity_key text, words text, data text);
CREATE TABLE floor_outbox (seq bigint PRIMARY KEY, topic text, key bytea, value bytea);
CREATE TABLE floor_inbox (message_id text PRIMARY KEY);
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a run wrote, to be written again."""

    orders: Sequence[tuple[str, str]]
    history: Sequence[tuple[int, str, str, str, str]]
    outbox: Sequence[tuple[str, bytes, bytes]]


def written(connection: psycopg.Connection, outbox: Sequence[tuple[str, bytes, bytes]]) -> Rows:
    """The rows that the run left; `outbox` as its reader saw it, since published rows are deleted."""
    orders = connection.execute("SELECT order_key, document FROM orders WHERE document IS NOT NULL").fetchall()
    history = connection.execute("SELECT id, entity_kind, entity_key, words, data FROM history").fetchall()
    return Rows(orders, history, outbox)


def floor(database: str, codec: Codec, inputs: Sequence[Wire], rows: Rows, batch_size: int) -> float:
    """Inputs per second when each batch is decoded and its share of the rows copied and committed."""
    batches = max(1, len(inputs) // batch_size)
    with psycopg.connect(database) as connection:
        connection.execute(TABLES)
        connection.commit()
        started = time.perf_counter()
        for n in range(batches):
            taken = inputs[n::batches]
            for message in taken:
                codec.decode(message.topic, message.key, message.value)
            _copy(connection, "floor_inbox", [(message.message_id,) for message in taken])
            _copy(connection, "floor_orders", rows.orders[n::batches])
            _copy(connection, "floor_history", rows.history[n::batches])
            published = enumerate(rows.outbox[n::batches])
            _copy(connection, "floor_outbox", [(n + i * batches, *row) for i, row in published])
            connection.commit()
        return len(inputs) / (time.perf_counter() - started)


def _copy(connection: psycopg.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
