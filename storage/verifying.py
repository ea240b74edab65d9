"""Stored things page by page, each with its history and the rows made of it, for whoever compares them.

Each page is one snapshot, so that it can be done on a database that is written to; no page holds more than some dozen
things.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.rows import dict_row

from domain.case_file import Case
from domain.checkouts import CheckoutFile
from domain.folding import KINDS, Folded, Written
from domain.order_file import OrderFile
from domain.world import Kind, Ref
from storage import histories
from storage.connections import connect
from storage.documents import DocumentBroken, from_json
from storage.recordset import Row

Connection = psycopg.Connection[Any]

PAGE: Final = 100

_TABLES: Final[Mapping[Kind, tuple[str, str, Any]]] = {
    Kind.CHECKOUT: ("checkouts", "checkout_key", CheckoutFile),
    Kind.ORDER: ("orders", "order_key", OrderFile),
    Kind.CASE: ("cases", "case_id", Case),
}
_PARTS: Final[Mapping[Kind, tuple[tuple[str, str], ...]]] = {
    Kind.CHECKOUT: (("post_sales", "order_key"), ("legs", "order_key")),
    Kind.ORDER: (
        ("order_search", "order_key"),
        ("order_lines", "order_key"),
        ("post_sales", "order_key"),
        ("legs", "order_key"),
    ),
    Kind.CASE: (("case_lines", "case_id"), ("tasks", "case_id")),
}
"""The tables whose rows are made of a thing, with the column that holds its key."""
_WRITTEN_OVER: Final = frozenset({"order_search"})
"""Parts with one row for a thing, which knows more than the thing: the warehouses that ever had to do with it."""

Parts = Mapping[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Stored:
    """`thing` None: only a row to lock, or `broken`, which says why it, or an entry of its history, cannot be read.

    `row`: its columns. `parts`: the rows of other tables that are made of it.
    """

    ref: Ref
    thing: Folded | None
    row: Row
    parts: Parts
    history: list[Written]
    broken: str = ""


@contextmanager
def reader(url: str) -> Iterator[Connection]:
    """A connection that cannot write and whose transactions each see one state."""
    with connect(url, "ordercase-verify", default_transaction_read_only="on") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        yield connection


def count(connection: Connection, kind: Kind) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(_TABLES[kind][0]))
    return int((connection.execute(query).fetchone() or (0,))[0])


def stored(connection: Connection, kind: Kind) -> Iterator[Stored]:
    """All things of a kind, by key."""
    after = ""
    while True:
        with connection.transaction():
            found = page(connection, kind, after)
        if not found:
            return
        yield from found
        after = found[-1].ref.key


def page(connection: Connection, kind: Kind, after: str) -> list[Stored]:
    """The next things of a kind, by key; none when that was the last."""
    table, key, _ = _TABLES[kind]
    query = sql.SQL("SELECT * FROM {table} WHERE {key} > %s ORDER BY {key} LIMIT %s")
    rows = _rows(connection, query.format(table=sql.Identifier(table), key=sql.Identifier(key)), after, PAGE)
    return list(_whole(connection, kind, rows))


def missing(connection: Connection, ref: Ref) -> Stored:
    """A thing that is not there, with the history that it has."""
    written = histories.of(connection, ref.kind, [ref.key])
    return Stored(ref, None, {}, {}, [entry for _, entry in written.get(ref.key, ())])


def clear_parts(connection: Connection, ref: Ref) -> None:
    """Takes out the rows of other tables that are made of a thing alone, and its timers; whoever does so writes them anew."""
    parts = [part for part in _PARTS[ref.kind] if part[0] not in _WRITTEN_OVER]
    for name, column in (*parts, ("timers", "ref_key")):
        query = sql.SQL("DELETE FROM {table} WHERE {key} = %s").format(
            table=sql.Identifier(name), key=sql.Identifier(column)
        )
        if name == "timers":
            query += sql.SQL(" AND ref_kind = {}").format(sql.Literal(str(ref.kind)))
        connection.execute(query, (ref.key,))


def _rows(connection: Connection, query: sql.Composed, *values: Any) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()


def _whole(connection: Connection, kind: Kind, page: Iterable[Row]) -> Iterator[Stored]:
    _, key, made = _TABLES[kind]
    rows = {row[key]: row for row in page}
    parts: defaultdict[str, dict[str, list[Row]]] = defaultdict(dict)
    for name, column in _PARTS[kind]:
        query = sql.SQL("SELECT * FROM {table} WHERE {key} = ANY (%s)")
        for part in _rows(connection, query.format(table=sql.Identifier(name), key=sql.Identifier(column)), list(rows)):
            parts[part[column]].setdefault(name, []).append(part)
    broken: dict[str, str] = {}
    written = histories.of(connection, kind, list(rows), broken) if rows else {}
    for name, row in rows.items():
        thing = None
        try:
            thing = None if row["document"] is None else cast("Folded", from_json(made, row["document"]))
        except DocumentBroken as error:
            broken[name] = str(error)
        history = [entry for _, entry in written.get(name, ())]
        yield Stored(Ref(kind, name), thing, row, parts[name], history, broken.get(name, ""))


def without_things(connection: Connection) -> list[Ref]:
    """What has a history and is not there; at most some dozen."""
    found = []
    for kind in KINDS:
        table, key, _ = _TABLES[kind]
        query = sql.SQL(
            "SELECT DISTINCT entity_key FROM history h WHERE entity_kind = %s"
            " AND NOT EXISTS (SELECT FROM {table} WHERE {key} = h.entity_key) LIMIT 50"
        ).format(table=sql.Identifier(table), key=sql.Identifier(key))
        found += [Ref(kind, row[0]) for row in connection.execute(query, (kind,))]
    return found


@dataclass(frozen=True, slots=True)
class OutboxRows:
    """`head`: last number given. `position`: next to publish, 1 when nothing ever was. `last`: of the rows there are;
    `pending`: rows from the position on. Published ones are taken out as it suits the relay, and erasures."""

    head: int
    position: int
    last: int | None
    pending: int


def outbox_rows(connection: Connection, group_id: str) -> OutboxRows:
    row = connection.execute(
        "WITH p AS (SELECT coalesce((SELECT position FROM relay_position WHERE group_id = %s), 1) AS position)"
        " SELECT h.seq, p.position, (SELECT max(seq) FROM outbox),"
        " (SELECT count(*) FROM outbox WHERE seq >= p.position) FROM outbox_head h, p",
        (group_id,),
    ).fetchone()
    if row is None:
        raise LookupError("the table outbox_head has no row")
    return OutboxRows(*row)


def positions(connection: Connection, group_id: str) -> dict[tuple[str, int], int]:
    """(topic, partition) → the next offset that the group reads."""
    query = "SELECT topic, partition, next_offset FROM input_position WHERE group_id = %s"
    return {(row[0], row[1]): row[2] for row in connection.execute(query, (group_id,))}
