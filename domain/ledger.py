"""The ledger of a line as a fold over what it was told, in the order it happened, whatever the order it came in (domain.md 10)."""

from bisect import insort
from typing import Any, Final

from domain.copying import replace
from domain.order_events import LineWord, UnitsMoved, WarehouseSaid
from domain.quantities import STAGES, Bucket, LedgerBroken, Move, Told, Units, moved

B = Bucket
REMEMBERED: Final = 64
"""How much a line remembers of what it was told. A line is told a dozen things in its life; who tells it hundreds repeats
himself, and late news about the oldest of them no longer re-orders what came after."""

_COUNTERS: Final = ("left", "arrived", "implied", "shop_cancelled")


def after(units: Units, line_number: int, event: UnitsMoved, at: int) -> Units:
    """The units of one line after the moves and counters of an event; `at` (µs) is when it happened."""
    for move in event.of(line_number):
        units = moved(units, move)
    for name in _COUNTERS:
        change = sum(row[1] for row in getattr(event, name) if row[0] == line_number)
        if change:
            units = replace(units, **{name: getattr(units, name) + change})
    for number, quantity, source, when in event.shipped:
        if number == line_number:
            by = {**units.shipped_by, source: units.shipped_by.get(source, 0) + quantity}
            units = replace(units, shipped_by=by, shipments=(*units.shipments, (when, quantity)))
    for number, quantity, when in event.delivered:
        if number == line_number:
            units = replace(units, deliveries=(*units.deliveries, (when, quantity)))
    if not units.at(B.DECLINED):
        return units if units.declined_at is None else replace(units, declined_at=None)
    return units if units.declined_at is not None else replace(units, declined_at=at)


def told(units: Units, one: Told) -> Units:
    """The units, with one thing more that they were told, at its place in time."""
    history = list(units.told)
    insort(history, one, key=lambda each: each.place)
    over = len(history) - REMEMBERED
    return replace(units, told=tuple(history[max(0, over) :]), settled=units.settled or over > 0)


_NO_STATUS: Final = frozenset({"MOVES", "SHIPPED", "SHOP_CANCELLED"})
"""What a line is told that is no status of a warehouse."""


def heard(units: Units, word: LineWord, said: WarehouseSaid) -> Units:
    """The units of a line after a warehouse's word about it, with the moves that followed from it."""
    units = after(units, word.line_number, said.moved, said.at)
    units = told(units, Told(said.at, said.cause_id, word.status, word.quantity, word.source_id or ""))
    statuses = (one.kind for one in reversed(units.told) if one.kind not in _NO_STATUS)
    return replace(units, warehouse_word=next(statuses, None))


def is_late(units: Units, one: Told) -> bool:
    """Whether something that happened later was told before, so that the fold must be made again."""
    return bool(units.told) and one.place < units.told[-1].place and not units.settled and not units.spent


_OUT: Final = (B.SHIPPED, B.DELIVERED, B.LOST)
_IN: Final = (*STAGES, B.OPEN, B.CANCEL_ASKED, B.DECLINED)


def remade(units: Units, move: Move) -> Units:
    """A remedy's move made again: from where the units lay then or, known better now, from where they lie on the same side
    of the door. Raises LedgerBroken when they are on the other."""
    side = _OUT if move.source in _OUT else _IN if move.source in _IN else (move.source,)
    left = move.quantity
    for source in (move.source, *(bucket for bucket in side if bucket is not move.source)):
        part = min(left, units.at(source))
        if part and source is not move.target:
            units = moved(units, Move(move.line_number, source, move.target, part))
            left -= part
    if left:
        raise LedgerBroken(f"line {move.line_number}: {move.quantity} from {move.source} cannot be taken again")
    return units


def difference(line_number: int, before: Units, now: Units) -> UnitsMoved:
    """The moves and counters that lead from one state of a line to another."""
    gone = {bucket: before.at(bucket) - now.at(bucket) for bucket in B if before.at(bucket) > now.at(bucket)}
    come = {bucket: now.at(bucket) - before.at(bucket) for bucket in B if now.at(bucket) > before.at(bucket)}
    moves: list[Move] = []
    for source, count in gone.items():
        left = count
        for target, room in list(come.items()):
            part = min(left, room)
            if part:
                moves.append(Move(line_number, source, target, part))
                left -= part
                come[target] = room - part
    changes = {name: getattr(now, name) - getattr(before, name) for name in _COUNTERS}
    counters: dict[str, Any] = {name: ((line_number, change),) for name, change in changes.items() if change}
    return UnitsMoved(tuple(moves), **counters, fact=True)
