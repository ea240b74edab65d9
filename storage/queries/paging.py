"""Keyset paging: a page is found by the last row of the one before, so its cost does not grow with its number."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, or_

PAGES: Final = (10, 20, 50, 100)
"""The page sizes that one may ask for."""

STREAM: Final = 1000

Record = dict[str, Any]


class BadPage(Exception):
    """A sort or a place to go on from that is not understood. The message says what is."""


@dataclass(frozen=True, slots=True)
class Sort:
    """`column` is never null where it is used; ties go by `key`, a text. Both must stand in the select."""

    name: str
    column: ColumnElement[Any]
    key: ColumnElement[str]
    falling: bool


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: where the next page starts, None on the last one."""

    rows: list[Record]
    after: str | None


def sort_of(text: str, sorts: Mapping[str, ColumnElement[Any]], key: ColumnElement[str]) -> Sort:
    """`"placed"` rises, `"-placed"` falls. Raises BadPage for a name that is not in `sorts`."""
    name = text.removeprefix("-")
    if name not in sorts:
        raise BadPage(f"cannot sort by {name!r}; there are {', '.join(sorts)}, each with - before it for falling")
    return Sort(name, sorts[name], key, text.startswith("-"))


def page(connection: Connection, select: Select[Any], sort: Sort, limit: int, after: str | None) -> Page:
    """Rows of the select in the order of `sort`, from the row after `after`, at most `limit`. Raises BadPage."""
    shaped = _sorted(select, sort, after).limit(limit + 1)
    rows = [dict(row) for row in connection.execute(shaped).mappings()]
    places = [(row.pop("_sort"), row.pop("_key")) for row in rows]
    if len(rows) <= limit:
        return Page(rows, None)
    text = json.dumps([sort.name, *places[limit - 1]], separators=(",", ":"))
    return Page(rows[:limit], base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def stream(connection: Connection, select: Select[Any], sort: Sort) -> Iterator[Record]:
    """Every row in the order of `sort`, fetched as it is used, so that an export of any size takes little memory."""
    shaped = _sorted(select, sort, None).execution_options(yield_per=STREAM)
    for row in connection.execute(shaped).mappings():
        record = dict(row)
        del record["_sort"], record["_key"]
        yield record


def _sorted(select: Select[Any], sort: Sort, after: str | None) -> Select[Any]:
    shaped = select.add_columns(sort.column.label("_sort"), sort.key.label("_key"))
    if after is not None:
        value, key = _place(after, sort)
        beyond = sort.column < value if sort.falling else sort.column > value
        beyond_key = sort.key < key if sort.falling else sort.key > key
        shaped = shaped.where(or_(beyond, and_(sort.column == value, beyond_key)))
    if sort.falling:
        return shaped.order_by(sort.column.desc(), sort.key.desc())
    return shaped.order_by(sort.column.asc(), sort.key.asc())


def _place(after: str, sort: Sort) -> tuple[Any, str]:
    try:
        name, value, key = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (ValueError, binascii.Error):
        raise BadPage("--after is not a place that a page before has given") from None
    if name != sort.name or type(value) is not sort.column.type.python_type or not isinstance(key, str):
        raise BadPage(f"--after belongs to another sort than {sort.name!r}; start again without it")
    return value, key
