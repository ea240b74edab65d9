"""Which customers were erased: a hash of each, so that what comes of them later is known again (architecture.md 5a).

The hash is plain: whoever has the customer id can ask whether it was erased, and so must the worker be able to. It tells
nothing to somebody who does not have the id, unless ids can be guessed; so only worker and migrator may read the table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import psycopg

from storage.recordset import parameter

Connection = psycopg.Connection[Any]

_ASK: Final = (
    "SELECT customer FROM erasures"
    " WHERE customer = ANY (ARRAY(SELECT decode(h, 'hex') FROM json_array_elements_text(%s::json) AS h))"
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """`since_at` (µs): since when what comes is blanked. `outbox_head`: see `finish`, None: not finished yet."""

    since_at: int
    outbox_head: int | None


def digest(sales_channel: str, customer_id: str) -> bytes:
    """How a customer of a channel is remembered."""
    return blake2b(f"{sales_channel}\0{customer_id}".encode(), digest_size=32).digest()


def ask(connection: Connection, customers: Iterable[bytes]) -> "psycopg.Cursor[Any]":
    """Which of these customers were erased: rows (customer)."""
    return connection.execute(_ASK, (parameter(sorted(one.hex() for one in customers)),))


def begin(connection: Connection, customer: bytes, at: int) -> Erasure:
    """Remembers the customer from now on; what an earlier erasure left stays. Keep batches out meanwhile (parking.own)."""
    connection.execute(
        "INSERT INTO erasures (customer, since_at) VALUES (%s, %s) ON CONFLICT DO NOTHING", (customer, at)
    )
    row = connection.execute("SELECT since_at, outbox_head FROM erasures WHERE customer = %s", (customer,)).fetchone()
    if row is None:
        raise LookupError("an erasure that was just begun is not there")
    return Erasure(*row)


def finish(connection: Connection, customer: bytes, outbox_head: int) -> None:
    """Everything stored is done; messages in the outbox before `outbox_head` may hold the person until they are published."""
    connection.execute("UPDATE erasures SET outbox_head = %s WHERE customer = %s", (outbox_head, customer))
