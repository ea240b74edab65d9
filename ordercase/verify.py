"""Whether what is stored can be true: `ordercase doctor --verify`, on a database that is in use.

Compared for every checkout, order and case: the stored document with the fold of its history, field by field, its version
and those of its remedies included; the rows of other tables, and the search columns, with what the document makes of
them; and the document with what must hold by itself (units, worth, money asked back, holds and their remedies).
Compared once: the outbox with its head (no number missing from the relay's position on), histories with the things they
are of, read positions with the ends of the topics.

Not compared: products, stock, sources, interactions and notices, which have no history of their own; timers, which are
made anew at every change; what is on Kafka already. A history that lacks an entry which changed no state (a mail, a
remark, a worry that healed again) is not found out. After an erasure the histories are blanked and so are the documents:
they are compared as they are; versions from before the erasure are taken from what it wrote down.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain import handling
from domain.cases import Case
from domain.checkouts import CheckoutFile
from domain.folding import CannotFold, Folded, fold
from domain.order_file import OrderFile
from domain.soundness import unsound
from domain.world import Kind, Ref
from ordercase.comparing import differences
from storage import verifying
from storage.case_rows import case_line_rows, case_row, task_rows
from storage.loading import related_names
from storage.order_rows import NO_UNITS, checkout_row, line_rows, order_row, search_rows
from storage.recordset import Row
from storage.remedy_rows import leg_rows, remedy_rows
from storage.verifying import Connection, Stored

TELL_EVERY: Final = 5_000

_OWN_TIME: Final = frozenset({"updated_at", "related", "document"})
"""Columns that say when a row was written, or are compared in another way."""

_KEY_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "order_search": (),
    "order_lines": ("line_number",),
    "post_sales": ("entity_id",),
    "legs": ("leg_id",),
    "case_lines": ("case_line_id",),
    "tasks": ("task_id",),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that cannot be true: `what` names the thing, `says` the field and both values."""

    what: str
    says: str


Tell = Callable[[str], None]


def things(connection: Connection, kind: Kind, tell: Tell) -> Iterator[Wrong | int]:
    """Everything wrong with the things of a kind; last, how many were looked at."""
    whole = verifying.count(connection, kind)
    seen = 0
    for one in verifying.stored(connection, kind):
        yield from wrong_with(one)
        seen += 1
        if seen % TELL_EVERY == 0:
            tell(f"{seen} of {whole} {kind}s compared")
    yield seen


def wrong_with(one: Stored) -> Iterator[Wrong]:
    """Everything wrong with one thing."""
    name = f"{one.ref.kind} {one.ref.key}"
    if one.broken:
        yield Wrong(name, one.broken)
        return
    for says in (*_folded(one), *_rows(one), *_itself(one)):
        yield Wrong(name, says)


def _folded(one: Stored) -> Iterator[str]:
    """The document and its history."""
    if not one.history:
        if one.thing is not None and one.thing != _empty(one.ref):
            yield "it has no history"
        return
    try:
        *_, last = fold(one.ref, one.history)
    except CannotFold as error:
        yield f"its history does not hold together: {error}"
        return
    if last.after == one.thing:
        return
    if one.thing is None:
        yield "it has a history and no document"
        return
    for field, told, kept in differences(last.after, one.thing):
        yield f"{field} is {kept}; its history leads to {told}"


def _empty(ref: Ref) -> Folded | None:
    """What a thing is that was only named so far."""
    channel, _, name = ref.key.partition(":")
    if ref.kind is Kind.ORDER:
        return OrderFile(sales_channel=channel, order_id=name)
    return CheckoutFile(sales_channel=channel, checkout_id=name) if ref.kind is Kind.CHECKOUT else None


def _itself(one: Stored) -> Iterator[str]:
    if isinstance(one.thing, OrderFile | CheckoutFile):
        for where, says in unsound(one.thing):
            yield f"{where}: {says}"


def _rows(one: Stored) -> Iterator[str]:
    """The search columns, and the rows of other tables."""
    if one.thing is None:
        return
    made, parts = _made(one.thing)
    yield from _columns("", made, one.row)
    names = related_names(handling.related(one.thing))
    if names != sorted(_json(one.row["related"])):
        yield "column related does not name what the document names"
    for table, wanted in parts.items():
        yield from _table(table, wanted, one.parts.get(table, []))


def _made(thing: Folded) -> tuple[Row, dict[str, list[Row]]]:
    """The row that the document makes, and those of other tables."""
    if isinstance(thing, OrderFile):
        # Warehouses that spoke of it stay, whatever the document names now.
        search = [{k: v for k, v in row.items() if k != "sources"} for row in search_rows(thing, None)]
        parts = {
            "order_search": search,
            "order_lines": [NO_UNITS | row for row in line_rows(thing, None)],
            "post_sales": list(remedy_rows(thing, None, 0)),
            "legs": list(leg_rows(thing, None, 0)),
        }
        return order_row(thing, (), 0), parts
    if isinstance(thing, Case):
        return case_row(thing, (), 0), {"case_lines": list(case_line_rows(thing, None)), "tasks": list(task_rows(thing, None))}  # fmt: skip
    return checkout_row(thing, [], 0), {"post_sales": list(remedy_rows(thing, None, 0)), "legs": list(leg_rows(thing, None, 0))}  # fmt: skip


def _table(table: str, wanted: Iterable[Row], there: Iterable[Row]) -> Iterator[str]:
    columns = _KEY_OF[table]

    def by_key(rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
        return {tuple(row[name] for name in columns): row for row in rows}

    made, kept = by_key(wanted), by_key(there)
    for key in [*made, *(key for key in kept if key not in made)]:
        name = " ".join((table, *map(str, key)))
        if key not in kept:
            yield f"{name} is missing"
        elif key not in made:
            yield f"{name} is of nothing in the document"
        else:
            yield from _columns(f"{name} ", made[key], kept[key])


def _columns(where: str, made: Row, kept: Row) -> Iterator[str]:
    for name in made.keys() - _OWN_TIME:
        if _plain(made[name]) == _plain(kept[name]):
            continue
        for field, one, other in differences({name: _plain(made[name])}, {name: _plain(kept[name])}):
            yield f"{where}column {field} is {other}; the document says {one}"
    if "document" in made and "document" in kept and bytes(made["document"]).decode() != kept["document"]:
        for field, one, other in differences(_json(bytes(made["document"])), _json(kept["document"])):
            yield f"{where}document: {field} is {other}; it should be {one}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | list) else value


def _json(text: str | bytes) -> Any:
    return json.loads(text)


def histories(connection: Connection) -> Iterator[Wrong]:
    for ref in verifying.without_things(connection):
        yield Wrong(f"{ref.kind} {ref.key}", "it has a history and is not there")


def outbox(connection: Connection, group_id: str) -> Iterator[Wrong]:
    """No number is missing from the relay's position on, and none was given that the head does not know."""
    rows = verifying.outbox_rows(connection, group_id)
    wanted = max(0, rows.head - rows.position + 1)
    if rows.pending != wanted:
        says = f"{rows.pending} events from {rows.position} on, the head {rows.head} makes that {wanted}"
        yield Wrong("outbox", says)
    if rows.last is not None and rows.last > rows.head:
        yield Wrong("outbox", f"event {rows.last} is there, the head is {rows.head}")
    if rows.position > rows.head + 1:
        yield Wrong("outbox", f"published up to {rows.position - 1}, the head is {rows.head}")


def inputs(read: Mapping[tuple[str, int], int], ends: Mapping[tuple[str, int], tuple[int, int]]) -> Iterator[Wrong]:
    """`ends`: (first, next) offset of each partition on Kafka. Nobody can have read what was never there."""
    for (topic, partition), at in sorted(read.items()):
        first, end = ends.get((topic, partition), (0, -1))
        if end < 0:
            yield Wrong("input", f"{topic} {partition} was read to {at} and does not exist")
        elif at > end:
            yield Wrong("input", f"{topic} {partition} was read to {at}, its log ends at {end}")
        elif at < first:
            yield Wrong("input", f"{topic} {partition} is to be read from {at}, its log begins at {first}")
