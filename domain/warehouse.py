"""What a warehouse's word means for the ledger: which units move, and what it cannot take (domain.md 2)."""

from dataclasses import dataclass
from typing import Final

from domain.order_events import AttentionRaised, Noted, UnitsMoved, UnitsSpent, WarehouseSaid
from domain.order_file import OrderLine
from domain.quantities import LEFT_THE_HOUSE, STAGES, Bucket, Move, take
from domain.vocabulary import UnitStatus

B = Bucket
FROM_THE_HOUSE: Final = (B.PACKED, B.PICKED, B.ONHOLD, B.RECEIVED, B.OPEN, B.CANCEL_ASKED, B.DECLINED)
"""Where a unit that leaves the house comes from, most likely first."""

_STAGE: Final = {
    UnitStatus.RECEIVED: B.RECEIVED,
    UnitStatus.ONHOLD: B.ONHOLD,
    UnitStatus.PICKED: B.PICKED,
    UnitStatus.PACKED: B.PACKED,
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What one status of one line does: ledger moves with their counters, units that found no place, attention.

    `spent`: units that a reshipment replaces and that lie in another bucket now, as UnitsSpent has them.
    """

    moved: UnitsMoved
    unplaced: int = 0
    attention: str | None = None
    spent: tuple[tuple[int, str, int], ...] = ()

    def events(self, said: WarehouseSaid) -> list[object]:
        """The effect as domain events, first what was said."""
        made: list[object] = [said]
        if self.moved != UnitsMoved(()):
            made.append(self.moved)
        if self.spent:
            made.append(UnitsSpent(self.spent))
        if self.unplaced:
            words = f"line {said.line_number}: {self.unplaced} of {said.quantity} units {said.status} cannot be true"
            made += [Noted("warehouse", words), AttentionRaised("fact_conflict", words)]
        if self.attention:
            made.append(AttentionRaised(self.attention, f"line {said.line_number}: {said.status}"))
        return made


def effect(line: OrderLine, status: UnitStatus, quantity: int, at: int) -> Effect:
    """What `quantity` units with this status mean for the line; `at` is when it happened (µs)."""
    if status in _STAGE:
        return _at_stage(line, _STAGE[status], quantity)
    match status:
        case UnitStatus.BACKORDERED:
            moves, missing = take(line.units, line.sold.line_number, B.OPEN, quantity, *STAGES)
            return Effect(UnitsMoved(tuple(moves)), max(0, missing - line.units.at(B.OPEN, B.DECLINED, B.CANCEL_ASKED)))
        case UnitStatus.DECLINED:
            moves, missing = take(
                line.units, line.sold.line_number, B.DECLINED, quantity, B.OPEN, *STAGES, B.CANCEL_ASKED
            )
            return Effect(UnitsMoved(tuple(moves)), max(0, missing - line.units.at(B.DECLINED, B.CANCELLED)))
        case UnitStatus.DELIVERED:
            return _delivered(line, quantity, at)
        case UnitStatus.LOST:
            return _lost(line, quantity)
    raise ValueError(status)


def _at_stage(line: OrderLine, stage: Bucket, quantity: int) -> Effect:
    """First units at the warehouse in a lower stage (for RECEIVED: those on hold), then open, then declined ones; those at
    the stage or beyond satisfy the rest silently."""
    lower = (B.ONHOLD,) if stage is B.RECEIVED else STAGES[: STAGES.index(stage)]
    moves, missing = take(line.units, line.sold.line_number, stage, quantity, *lower, B.OPEN, B.DECLINED)
    beyond = line.units.at(*STAGES[STAGES.index(stage) :], B.CANCEL_ASKED, *LEFT_THE_HOUSE)
    return Effect(UnitsMoved(tuple(moves)), max(0, missing - beyond))


def _leaving(line: OrderLine, target: Bucket, quantity: int) -> tuple[list[Move], int]:
    """Units that leave the house now, though nobody said so before."""
    return take(line.units, line.sold.line_number, target, quantity, *FROM_THE_HOUSE)


def _take_free(line: OrderLine, target: Bucket, quantity: int, *sources: Bucket) -> tuple[list[Move], int]:
    """Like `take`, but first units that no reshipment replaces."""
    moves = []
    for source in sources:
        found = min(quantity, line.units.free(source))
        if found > 0:
            moves.append(Move(line.sold.line_number, source, target, found))
            quantity -= found
    return moves, quantity


def _delivered(line: OrderLine, quantity: int, at: int) -> Effect:
    """Units that left and have not arrived; what exceeds them leaves the house now and counts as implied."""
    number, units = line.sold.line_number, line.units
    arriving = min(quantity, max(0, units.left - units.arrived))
    moves, rest = _take_free(line, B.DELIVERED, arriving, B.SHIPPED, B.LOST)
    respent: list[tuple[int, str, int]] = []
    for source in (B.SHIPPED, B.LOST):
        replaced = min(rest, units.spent.get(source, 0))
        if replaced:
            moves.append(Move(number, source, B.DELIVERED, replaced))
            respent += [(number, source, -replaced), (number, B.DELIVERED, replaced)]
            rest -= replaced
    leaving, unplaced = _leaving(line, B.DELIVERED, quantity - arriving)
    now = quantity - arriving - unplaced
    arrived = arriving + now
    moved = UnitsMoved(
        tuple(moves + leaving),
        left=((number, now),) if now else (),
        arrived=((number, arrived),) if arrived else (),
        implied=((number, now),) if now else (),
        delivered=((number, arrived, at),) if arrived else (),
    )
    return Effect(moved, unplaced, "first_parcel_arrived" if respent else None, tuple(respent))


def _lost(line: OrderLine, quantity: int) -> Effect:
    """Shipped, then delivered units; what exceeds leaves the house now and is lost."""
    number = line.sold.line_number
    moves, rest = _take_free(line, B.LOST, quantity, B.SHIPPED, B.DELIVERED)
    already = min(rest, line.units.spent.get(B.SHIPPED, 0) + line.units.spent.get(B.DELIVERED, 0))
    leaving, unplaced = _leaving(line, B.LOST, rest - already)
    now = rest - already - unplaced
    counters = ((number, now),) if now else ()
    return Effect(UnitsMoved(tuple(moves + leaving), left=counters, implied=counters), unplaced)


def shipped(line: OrderLine, quantity: int, source_id: str | None, at: int) -> Effect:
    """Units in a parcel. First those that a DELIVERED or LOST implied before (tracking only); then from the house, then
    units that only the shop cancelled."""
    number, units = line.sold.line_number, line.units
    known = min(quantity, units.implied)
    moves, missing = _leaving(line, B.SHIPPED, quantity - known)
    back = min(missing, units.shop_cancelled)
    if back:
        moves.append(Move(number, B.CANCELLED, B.SHIPPED, back))
    unplaced = missing - back
    now = quantity - known - unplaced
    moved = UnitsMoved(
        tuple(moves),
        left=((number, now),) if now else (),
        implied=((number, -known),) if known else (),
        shop_cancelled=((number, -back),) if back else (),
        shipped=((number, quantity - unplaced, source_id or line.sold.source_id or "", at),)
        if quantity > unplaced
        else (),
    )
    return Effect(moved, unplaced)


def given_back(line: OrderLine, held: tuple[tuple[Bucket, int], ...], quantity: int) -> list[Move]:
    """Announced units that a remedy lets go: lost ones are lost again, others delivered as far as arrivals cover them,
    else shipped."""
    number, units = line.sold.line_number, line.units
    lost = min(quantity, dict(held).get(B.LOST, 0))
    here = units.at(B.DELIVERED, B.BACK_GOOD, B.BACK_DAMAGED, B.RETURN_REJECTED)
    delivered = min(quantity - lost, max(0, units.arrived - here))
    parts = ((B.LOST, lost), (B.DELIVERED, delivered), (B.SHIPPED, quantity - lost - delivered))
    return [Move(number, B.RETURN_ANNOUNCED, target, part) for target, part in parts if part]
