"""Set-based statements: one JSON parameter in, any number of rows written, the same statement for every batch size.

Each statement takes its rows as a JSON array of objects. JSON that a `text` column keeps goes in as JSON, not as a
string (see documents.raw), so that it is escaped by nobody.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from psycopg import sql
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from storage.documents import to_json

JSON_TEXT: Final = frozenset({"document", "related", "data", "reply"})
"""Columns whose text is JSON."""

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]


def parameter(rows: Iterable[object]) -> str:
    """The rows as the one parameter of a statement made here."""
    return to_json(list(rows)).decode()


def as_records(table: Table, columns: Sequence[str], more: Sequence[str] = ()) -> sql.Composable:
    """`json_to_recordset(%s) AS r (…)` with the types of the table's columns; `more` are definitions beside them."""
    types = {name: "json" if name in JSON_TEXT else table.c[name].type.compile(_DIALECT) for name in columns}
    definitions: list[sql.Composable] = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in types.items()
    ]
    definitions += [sql.SQL(definition) for definition in more]
    return sql.SQL("json_to_recordset(%s::json) AS r ({})").format(sql.SQL(", ").join(definitions))


def _value(name: str) -> sql.Composable:
    return sql.SQL("r.{}::text" if name in JSON_TEXT else "r.{}").format(sql.Identifier(name))


def _names(columns: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(name) for name in columns)


def insert(table: Table, columns: Sequence[str]) -> str:
    """Adds the rows, in their order."""
    return (
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}")
        .format(
            sql.Identifier(table.name),
            _names(columns),
            sql.SQL(", ").join(_value(name) for name in columns),
            as_records(table, columns),
        )
        .as_string()
    )


def upsert(table: Table, columns: Sequence[str], special: dict[str, str] | None = None) -> str:
    """Adds the rows, or replaces those whose primary key is there. `special`: SQL for a column's value when replaced."""
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


Row = dict[str, Any]
