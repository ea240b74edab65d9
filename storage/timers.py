"""Timers as rows: whoever changes a thing writes what it wants now, whoever fires a timer takes its row first.

Rows of a thing are written only by who has the thing locked, so that a row taken under that lock is the only one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

import psycopg
from psycopg import sql

from domain.cases import Case
from domain.checkouts import CheckoutFile
from domain.order_file import OrderFile
from domain.timers import Timer
from domain.world import Aggregate, Kind, Ref
from storage import tables as t
from storage.recordset import Row, all_columns, arguments, parameter, upsert

Connection = psycopg.Connection[Any]
Changed = Mapping[Ref, tuple[Aggregate | None, Aggregate]]
Wanted = Callable[[Aggregate], Iterable[Timer]]
Key = tuple[Ref, str, str]
"""At most one timer is kept a (thing, name, entity id)."""

PUT_OFF: Final = 3_600_000_000
"""µs after which a timer that went wrong is tried again."""

_HAVE_TIMERS: Final = (OrderFile, CheckoutFile, Case)
_DUE: Final = """
SELECT ref_kind, ref_key, name, entity_id, due_at FROM timers WHERE try_at <= %s
ORDER BY try_at, ref_kind, ref_key, name, entity_id LIMIT %s
"""


def _each(statement: str) -> str:
    """`{rows}`: the timers of a JSON parameter as `r`; `{same}`: the row of one of them in `t`."""
    columns = "ref_kind text, ref_key text, name text, entity_id text, due_at bigint"
    same = " AND ".join(f"t.{name} = r.{name}" for name in ("ref_kind", "ref_key", "name", "entity_id"))
    rows = sql.SQL("json_to_recordset(%s::json) AS r ({})").format(sql.SQL(columns))
    return sql.SQL(statement).format(rows=rows, same=sql.SQL(same)).as_string()


_TAKE: Final = _each("""
DELETE FROM timers t USING {rows} WHERE {same} AND t.due_at = r.due_at AND t.try_at <= %s
RETURNING t.ref_kind, t.ref_key, t.name, t.entity_id, t.due_at
""")
_PUT_OFF: Final = _each("UPDATE timers t SET try_at = %s FROM {rows} WHERE {same} AND t.due_at = r.due_at")
_MOVE: Final = "UPDATE timers SET due_at = due_at + %s, try_at = try_at + %s WHERE ref_kind = 'order' AND name = %s"
_CHANNEL: Final = "split_part(ref_key, ':', 1)"
_CLEAR: Final = _each("DELETE FROM timers t USING {rows} WHERE {same}")
_SET: Final = upsert(t.timers, all_columns(t.timers))


def due(connection: Connection, at: int, limit: int) -> list[Timer]:
    """The timers whose time has come at `at` (µs), the longest due first."""
    return [_timer(row) for row in connection.execute(_DUE, (at, limit))]


def take(connection: Connection, timers: Iterable[Timer], at: int) -> Callable[[], list[Timer]]:
    """Takes out the rows of those timers that are still there and still due; the call gives these, in the order given.

    Run after everything that they are about was locked: what is not there any more was fired, moved or dropped.
    """
    asked = list(timers)
    cursor = connection.execute(_TAKE, (parameter(map(_row, asked)), at))

    def answer() -> list[Timer]:
        taken = {_timer(row) for row in cursor.fetchall()}
        return [timer for timer in asked if timer in taken]

    return answer


def put_off(connection: Connection, timers: Iterable[Timer], at: int) -> None:
    """Lets timers be as they are, to be tried again an hour after `at`."""
    connection.execute(_PUT_OFF, (at + PUT_OFF, parameter(map(_row, timers))))


def move(connection: Connection, name: str, by: int, *, of: str | None, but: Collection[str]) -> None:
    """Moves the timers of this name of one sales channel's orders by so many µs; `of` None: of all channels but `but`."""
    where, channels = (f"{_CHANNEL} = ANY (%s)", [of]) if of else (f"{_CHANNEL} <> ALL (%s)", list(but))
    connection.execute(f"{_MOVE} AND {where}", (by, by, name, channels))


def write(
    connection: Connection,
    changed: Changed,
    wanted: Wanted,
    fired: Collection[tuple[Timer, Aggregate | None]] = (),
    spoiled: Collection[Timer] = (),
    at: int = 0,
) -> None:
    """Brings the rows of what a batch changed up to what is wanted now: at most two statements, none without a change.

    `fired`: timers that were taken and handled, each with its thing as it is now. `spoiled`: timers that were taken and
    could not be handled; they are tried again an hour after `at` (µs).
    """
    gone, rows = _differences(changed, wanted)
    for timer in spoiled:
        if _key(timer) not in gone:
            rows.setdefault(_key(timer), _row(timer, at + PUT_OFF))
    for timer, thing in fired:
        now = _find(wanted(thing), _key(timer)) if isinstance(thing, _HAVE_TIMERS) else None
        if now == timer:
            # It was handled at this very time; once more would be for ever.
            rows.pop(_key(timer), None)
        elif now is not None:
            # The row was older than the policy that says when it is due.
            rows[_key(timer)] = _row(now)
    if gone:
        connection.execute(_CLEAR, (parameter(gone.values()),))
    if rows:
        connection.execute(_SET, arguments(rows.values()))


def _differences(changed: Changed, wanted: Wanted) -> tuple[dict[Key, Row], dict[Key, Row]]:
    """(what nobody wants any more, what is wanted anew or at another time)."""
    gone: dict[Key, Row] = {}
    rows: dict[Key, Row] = {}
    for before, now in changed.values():
        if not isinstance(now, _HAVE_TIMERS):
            continue
        then = () if before is None else tuple(wanted(before))
        wants = tuple(wanted(now))
        if then != wants:
            rows |= {_key(timer): _row(timer) for timer in wants if timer not in then}
            keys = {_key(timer) for timer in wants}
            gone |= {_key(timer): _row(timer) for timer in then if _key(timer) not in keys}
    return gone, rows


def _find(timers: Iterable[Timer], key: Key) -> Timer | None:
    return next((timer for timer in timers if _key(timer) == key), None)


def _key(timer: Timer) -> Key:
    return timer.ref, timer.name, timer.entity_id


def _row(timer: Timer, try_at: int | None = None) -> Row:
    return {
        "ref_kind": timer.ref.kind,
        "ref_key": timer.ref.key,
        "name": timer.name,
        "entity_id": timer.entity_id,
        "due_at": timer.due_at,
        "try_at": timer.due_at if try_at is None else try_at,
    }


def _timer(row: tuple[Any, ...]) -> Timer:
    return Timer(Ref(Kind(row[0]), row[1]), *row[2:])
