"""Messages that did not go through: those that wait for an order, those that are parked."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, case, exists, func, not_, or_, select

from storage.tables import parked, waiting

LONGEST: Final = 10_000
"""At most so many rows of a list; a longer queue has to be narrowed by topic."""

_PLACE: Final = ("id", "topic", "partition", "offset", "key")


def parked_list(connection: Connection, *, topic: str | None, reason: str | None, limit: int) -> list[dict[str, Any]]:
    """id, topic, partition, offset, key (text), reason, since (µs), behind; in the order parked."""
    rows = _rows(connection, parked, ("reason", "since", "behind"), limit, topic=topic, reason=reason)
    return [{**row, "key": key_text(row["key"])} for row in rows]


def parked_one(connection: Connection, parked_id: int) -> dict[str, Any] | None:
    """Every column of one parked message, its bytes as they came; None when there is none."""
    row = connection.execute(select(parked).where(parked.c.id == parked_id)).mappings().one_or_none()
    return dict(row) if row else None


def parked_heads(connection: Connection, *, topic: str | None, reason: str | None) -> list[int]:
    """Ids of what may be tried again: the first of each topic and key, and what blocks nobody; in the order parked."""
    earlier = parked.alias("earlier")
    before = exists().where(
        earlier.c.topic == parked.c.topic,
        earlier.c.key == parked.c.key,
        earlier.c.blocks,
        case((earlier.c.partition == parked.c.partition, earlier.c.offset < parked.c.offset),
             else_=earlier.c.id < parked.c.id),
    )  # fmt: skip
    wanted = select(parked.c.id).where(or_(not_(parked.c.blocks), not_(before))).order_by(parked.c.id)
    clauses = [parked.c.topic == topic] if topic is not None else []
    clauses += [parked.c.reason == reason] if reason is not None else []
    return list(connection.execute(wanted.where(*clauses)).scalars())


def waiting_list(connection: Connection, *, topic: str | None, order: str | None, limit: int) -> list[dict[str, Any]]:
    """id, topic, partition, offset, key (text), waits_kind, waits_key, since (µs); in the order they came."""
    rows = _rows(connection, waiting, ("waits_kind", "waits_key", "since"), limit, topic=topic, waits_key=order)
    return [{**row, "key": key_text(row["key"])} for row in rows]


def counts_for(connection: Connection, order_key: str) -> tuple[int, int]:
    """(messages that wait for this order or came under its key, messages parked under its key)."""
    key = order_key.encode()
    waits = or_((waiting.c.waits_kind == "order") & (waiting.c.waits_key == order_key), waiting.c.key == key)
    return _count(connection, waiting, waits), _count(connection, parked, parked.c.key == key)


def totals(connection: Connection) -> dict[str, tuple[int, int | None]]:
    """Per queue ("waiting", "parked"): how many, and since when (µs) the oldest."""
    found = {}
    for table in (waiting, parked):
        count, oldest = connection.execute(select(func.count(), func.min(table.c.since)).select_from(table)).one()
        found[table.name] = (count, oldest)
    return found


def key_text(key: bytes | None) -> str | None:
    """A key as text; bytes that are no UTF-8 as \\x.. signs."""
    return None if key is None else key.decode(errors="backslashreplace")


def _rows(
    connection: Connection, table: Table, more: tuple[str, ...], limit: int, **wanted: str | None
) -> list[dict[str, Any]]:
    columns = [table.c[name] for name in (*_PLACE, *more)]
    clauses = [table.c[name] == value for name, value in wanted.items() if value is not None]
    rows = connection.execute(select(*columns).where(*clauses).order_by(table.c.id).limit(limit))
    return [dict(row) for row in rows.mappings()]


def _count(connection: Connection, table: Table, clause: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(clause)).scalar_one()
