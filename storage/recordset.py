"""Set-based statements: one JSON parameter in, any number of rows written, the same statement for every batch size.

Each statement takes its rows as a JSON array of objects; the long texts among their values come beside it (octets.py).
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from psycopg import sql
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from storage.documents import to_json
from storage.octets import Octets, cut, definitions
from storage.tables import BUCKETS

Row = dict[str, Any]

LONG: Final = frozenset({"document", "data"})
"""Columns whose text travels beside the JSON of the rows; rows hold it as `documents.raw`, or None."""

JSON_TEXT: Final = frozenset({"related", "reply"})
"""Columns whose text is JSON, and short: it stands in the JSON of the rows as it is."""

COUNTS: Final = frozenset(BUCKETS)
"""Columns that are 0 where a row leaves them out. Nearly all of them are, and the server reads no zeros for nothing."""

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]


def parameter(rows: Iterable[object]) -> str:
    """The rows as the parameter of a statement."""
    return to_json(list(rows)).decode()


def arguments(rows: Iterable[Row]) -> dict[str, str | bytes]:
    """The parameters of a statement that `insert` or `upsert` made. Uses the rows up: long texts are taken out of them."""
    octets = Octets()
    records = list(rows)
    for record in records:
        for name in LONG:
            if name in record:
                text = record.pop(name)
                record.update(octets.add(name, None if text is None else bytes(text)))
    return {"rows": parameter(records), "octets": octets.parameter}


def _as_records(table: Table, columns: Sequence[str]) -> sql.Composable:
    """`json_to_recordset(…) AS r (…)` with the types of the table's columns."""
    types = [
        sql.SQL("{} {}").format(
            sql.Identifier(name), sql.SQL("json" if name in JSON_TEXT else table.c[name].type.compile(_DIALECT))
        )
        for name in columns
        if name not in LONG
    ]
    places = [sql.SQL(definition) for name in columns if name in LONG for definition in definitions(name)]
    return sql.SQL("json_to_recordset(%(rows)s::json) AS r ({})").format(sql.SQL(", ").join([*types, *places]))


def _value(name: str) -> sql.Composable:
    if name in LONG:
        return sql.SQL("convert_from({}, 'UTF8')").format(cut(name))
    if name in COUNTS:
        return sql.SQL("coalesce(r.{}, 0)").format(sql.Identifier(name))
    return sql.SQL("r.{}::text" if name in JSON_TEXT else "r.{}").format(sql.Identifier(name))


def _names(columns: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(name) for name in columns)


def insert(table: Table, columns: Sequence[str]) -> str:
    """Adds the rows, in their order. Takes `arguments`."""
    return (
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}")
        .format(
            sql.Identifier(table.name),
            _names(columns),
            sql.SQL(", ").join(_value(name) for name in columns),
            _as_records(table, columns),
        )
        .as_string()
    )


def upsert(table: Table, columns: Sequence[str], special: dict[str, str] | None = None) -> str:
    """Adds the rows, or replaces those whose primary key is there. `special`: SQL for a column's value when replaced.

    Takes `arguments`.
    """
    key = [column.name for column in table.primary_key]
    changes = [
        sql.SQL("{} = {}").format(
            sql.Identifier(name),
            sql.SQL((special or {}).get(name, f'excluded."{name}"')),
        )
        for name in columns
        if name not in key
    ]
    return (
        sql.SQL("{} ON CONFLICT ({}) DO UPDATE SET {}")
        .format(sql.SQL(insert(table, columns)), _names(key), sql.SQL(", ").join(changes))
        .as_string()
    )


def all_columns(table: Table) -> tuple[str, ...]:
    """The names of the columns that a row has to bring: all but those that the database numbers itself."""
    return tuple(column.name for column in table.columns if column.identity is None)
