"""Writes what a batch changed: a statement a table, whatever the number of things."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

import psycopg
from sqlalchemy import Table

from domain.case_file import Case
from domain.checkouts import CheckoutFile
from domain.history import Entry
from domain.order_file import OrderFile
from domain.reference_data import Interaction, Notice, ProductFile, SourceFile, StockFile
from domain.world import Aggregate, Ref
from storage import tables as t
from storage.case_rows import case_line_rows, case_row, lines_gone, task_rows
from storage.documents import raw, to_json
from storage.loading import related_names
from storage.order_rows import checkout_row, line_rows, order_row, search_rows
from storage.recordset import Row, all_columns, arguments, insert, upsert
from storage.reference_rows import (
    interaction_row,
    notice_row,
    product_row,
    source_row,
    stock_row,
)
from storage.remedy_rows import leg_rows, remedy_rows

Connection = psycopg.Connection[Any]
Related = Callable[[Aggregate], Iterable[Ref]]
Changed = Mapping[Ref, tuple[Aggregate | None, Aggregate]]
Rows = defaultdict[str, list[Row]]

# What a warehouse ever said of an order stays findable: sources are added, never taken away.
_SOURCES: Final = (
    "CASE WHEN excluded.sources <@ order_search.sources THEN order_search.sources ELSE "
    "(SELECT array_agg(DISTINCT s ORDER BY s) FROM unnest(order_search.sources || excluded.sources) AS s) END"
)

_WRITTEN: Final[tuple[Table, ...]] = (
    t.checkouts, t.orders, t.order_search, t.order_lines, t.post_sales, t.legs, t.cases, t.case_lines, t.tasks, t.interactions,
    t.notices, t.products, t.stock, t.sources,
)  # fmt: skip
_UPSERTS: Final = {
    table.name: upsert(table, all_columns(table), {"sources": _SOURCES} if table is t.order_search else None)
    for table in _WRITTEN
}
_HISTORY: Final = insert(t.history, all_columns(t.history))
_LINES_GONE: Final = (
    "DELETE FROM case_lines USING json_to_recordset(%(rows)s::json) AS r (case_id text, case_line_id text)"
    " WHERE case_lines.case_id = r.case_id AND case_lines.case_line_id = r.case_line_id"
)

_SIMPLE: Final[Mapping[type, tuple[str, Callable[[Any], Row]]]] = {
    Interaction: ("interactions", interaction_row),
    Notice: ("notices", notice_row),
    ProductFile: ("products", product_row),
    StockFile: ("stock", stock_row),
    SourceFile: ("sources", source_row),
}


def write(
    connection: Connection, changed: Changed, related: Related, sources: Mapping[Ref, Collection[str]], at: int
) -> None:
    """Writes every changed thing with its rows. `sources`: the warehouses that spoke of an order in this batch."""
    rows: Rows = defaultdict(list)
    for ref, (before, now) in changed.items():
        if isinstance(now, OrderFile):
            then = before if isinstance(before, OrderFile) else None
            rows["orders"].append(order_row(now, related_names(related(now)), at))
            rows["order_search"] += search_rows(now, then, sources.get(ref, ()))
            rows["order_lines"] += line_rows(now, then)
            rows["post_sales"] += remedy_rows(now, then, at)
            rows["legs"] += leg_rows(now, then, at)
        elif isinstance(now, CheckoutFile):
            rows["checkouts"].append(checkout_row(now, related_names(related(now)), at))
            rows["post_sales"] += remedy_rows(now, before if isinstance(before, CheckoutFile) else None, at)
            rows["legs"] += leg_rows(now, before if isinstance(before, CheckoutFile) else None, at)
        elif isinstance(now, Case):
            was = before if isinstance(before, Case) else None
            rows["cases"].append(case_row(now, related_names(related(now)), at))
            rows["case_lines"] += case_line_rows(now, was)
            rows["gone"] += lines_gone(now, was)
            rows["tasks"] += task_rows(now, was)
        else:
            name, row = _SIMPLE[type(now)]
            rows[name].append(row(now))
    for name, statement in (*_UPSERTS.items(), ("gone", _LINES_GONE)):
        if rows[name]:
            connection.execute(statement, arguments(rows[name]))


def append_history(connection: Connection, entries: Iterable[Entry]) -> None:
    """Adds the entries, in their order."""
    rows = [
        {
            "entity_kind": entry.entity.kind,
            "entity_key": entry.entity.key,
            "happened_at": entry.happened_at,
            "recorded_at": entry.recorded_at,
            "actor_id": entry.actor.id,
            "actor_kind": entry.actor.kind,
            "actor_name": entry.actor.name,
            "kind": entry.kind,
            "words": entry.words,
            "event": type(entry.data).__name__,
            "data": raw(to_json(entry.data)),
            "cause_id": entry.cause_id,
        }
        for entry in entries
    ]
    if rows:
        connection.execute(_HISTORY, arguments(rows))
