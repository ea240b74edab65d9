"""What a warehouse's word means for the ledger: which units move, and what it cannot take (domain.md 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.copying import replace
from domain.ledger import after, difference, is_late, remade
from domain.making import quickly_made
from domain.order_events import AttentionRaised, LineWord, Noted, UnitsMoved, UnitsSpent, WarehouseSaid
from domain.order_file import OrderLine
from domain.quantities import LEFT_THE_HOUSE, STAGES, Bucket, LedgerBroken, Move, Told, Units, take
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


@quickly_made
@dataclass(frozen=True, slots=True)
class Effect:
    """What one status of one line does: ledger moves with their counters, units that found no place, attention codes.

    `spent`: units that a reshipment replaces and that lie in another bucket now, as UnitsSpent has them.
    """

    moved: UnitsMoved
    unplaced: int = 0
    attention: tuple[str, ...] = ()
    spent: tuple[tuple[int, str, int], ...] = ()

    def events(self, word: LineWord) -> list[object]:
        """What came of a word beside the moves."""
        made: list[object] = []
        if self.spent:
            made.append(UnitsSpent(self.spent))
        if self.unplaced:
            words = f"line {word.line_number}: {self.unplaced} of {word.quantity} units {word.status} cannot be true"
            made += [Noted("warehouse", words), AttentionRaised("fact_conflict", words)]
        made += [AttentionRaised(code, f"line {word.line_number}: {word.status}") for code in self.attention]
        return made


def said(words: tuple[LineWord, ...], lines: Mapping[int, OrderLine], at: int, cause_id: str) -> list[object]:
    """What a warehouse's word about lines, each named once, comes to: one event for all its moves, then what else came of
    it. `at` (µs) is when it happened, `cause_id` the id of the fact."""
    effects = [
        arrived(lines[word.line_number], Told(at, cause_id, word.status, word.quantity, word.source_id or ""))
        for word in words
    ]
    made: list[object] = [WarehouseSaid(words, _together(effects), at, cause_id)]
    for word, effect in zip(words, effects, strict=True):
        made += effect.events(word)
    return made


def _together(effects: list[Effect]) -> UnitsMoved:
    """The moves of several lines as one."""
    if len(effects) == 1:
        return effects[0].moved
    moved = [effect.moved for effect in effects]
    return UnitsMoved(
        moves=tuple([move for one in moved for move in one.moves]),
        left=tuple([row for one in moved for row in one.left]),
        arrived=tuple([row for one in moved for row in one.arrived]),
        implied=tuple([row for one in moved for row in one.implied]),
        shop_cancelled=tuple([row for one in moved for row in one.shop_cancelled]),
        shipped=tuple([row for one in moved for row in one.shipped]),
        delivered=tuple([row for one in moved for row in one.delivered]),
        fact=True,
    )


def arrived(line: OrderLine, told: Told) -> Effect:
    """What a word of a warehouse means for the line, at the place in time where it belongs: when later things were told
    before, the ledger is folded again with it in between, and the effect is the difference."""
    now = _effect(line, told)
    if not is_late(line.units, told):
        return now
    history = sorted((*line.units.told, told), key=lambda one: one.place)
    again = _folded(line, history)
    if again is None:
        return now
    units, unplaced = again
    number = line.sold.line_number
    change = replace(
        difference(number, line.units, units), shipped=now.moved.shipped, delivered=_once(number, line.units, units)
    )
    return Effect(change, unplaced, now.attention)


def _once(number: int, before: Units, now: Units) -> tuple[tuple[int, int, int], ...]:
    """Deliveries that the new fold knows and the old did not."""
    known = list(before.deliveries)
    new = []
    for at, quantity in now.deliveries:
        if (at, quantity) in known:
            known.remove((at, quantity))
        else:
            new.append((number, quantity, at))
    return tuple(new)


def _folded(line: OrderLine, history: list[Told]) -> tuple[Units, int] | None:
    """The units after everything in `history`, and how many of it found no place; None when a remedy's move cannot be made
    again: then it counts as it was made."""
    units = Units({B.OPEN: line.sold.quantity})
    unplaced = 0
    for one in history:
        try:
            if one.kind == "MOVES":
                for move in one.moves:
                    units = remade(units, move)
                continue
        except LedgerBroken:
            return None
        effect = _effect(replace(line, units=units), one)
        units = after(units, line.sold.line_number, effect.moved, one.at)
        unplaced += effect.unplaced
    return units, unplaced


def _effect(line: OrderLine, told: Told) -> Effect:
    if told.kind == "SHIPPED":
        return shipped(line, told.quantity, told.source or None, told.at)
    if told.kind == "SHOP_CANCELLED":
        number = line.sold.line_number
        moves, _ = take(line.units, number, B.CANCELLED, line.units.quantity, *FROM_THE_HOUSE)
        count = sum(move.quantity for move in moves)
        return Effect(UnitsMoved(tuple(moves), shop_cancelled=((number, count),) if count else (), fact=True))
    return effect(line, UnitStatus(told.kind), told.quantity, told.at)


def effect(line: OrderLine, status: UnitStatus, quantity: int, at: int) -> Effect:
    """What `quantity` units with this status mean for the line as it is; `at` is when it happened (µs)."""
    if status in _STAGE:
        return _at_stage(line, _STAGE[status], quantity)
    match status:
        case UnitStatus.BACKORDERED:
            moves, missing = take(line.units, line.sold.line_number, B.OPEN, quantity, *STAGES)
            return Effect(
                UnitsMoved(tuple(moves), fact=True), max(0, missing - line.units.at(B.OPEN, B.DECLINED, B.CANCEL_ASKED))
            )
        case UnitStatus.DECLINED:
            moves, missing = take(
                line.units, line.sold.line_number, B.DECLINED, quantity, B.OPEN, *STAGES, B.CANCEL_ASKED
            )
            return Effect(UnitsMoved(tuple(moves), fact=True), max(0, missing - line.units.at(B.DECLINED, B.CANCELLED)))
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
    beyond = line.units.at(*STAGES[STAGES.index(stage) :], B.CANCEL_ASKED, B.CANCELLED, *LEFT_THE_HOUSE)
    return Effect(UnitsMoved(tuple(moves), fact=True), max(0, missing - beyond))


@quickly_made
@dataclass(frozen=True, slots=True)
class _Leaving:
    """Units that leave the house now. `revived`: those of them that the shop had cancelled; `unplaced`: those that are
    nowhere."""

    moves: list[Move]
    revived: int
    unplaced: int
    line: OrderLine

    @property
    def shop_cancelled(self) -> tuple[tuple[int, int], ...]:
        return ((self.line.sold.line_number, -self.revived),) if self.revived else ()

    @property
    def attention(self) -> tuple[str, ...]:
        """A person must look when the money of units went back that leave the house after all."""
        paid = self.line.cancelled_spent > self.line.units.at(B.CANCELLED) - self.revived
        return ("fact_conflict",) if self.revived and paid else ()


def _leaving(line: OrderLine, target: Bucket, quantity: int) -> _Leaving:
    """Units that leave the house though nobody said so before: those in it, then those that only the shop cancelled. What
    a warehouse cancelled for us stays where it is."""
    number = line.sold.line_number
    moves, missing = take(line.units, number, target, quantity, *FROM_THE_HOUSE)
    revived = min(missing, line.units.shop_cancelled)
    if revived:
        moves.append(Move(number, B.CANCELLED, target, revived))
    return _Leaving(moves, revived, missing - revived, line)


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
    leaving = _leaving(line, B.DELIVERED, quantity - arriving)
    now = quantity - arriving - leaving.unplaced
    arrived = arriving + now
    moved = UnitsMoved(
        tuple(moves + leaving.moves),
        fact=True,
        left=((number, now),) if now else (),
        arrived=((number, arrived),) if arrived else (),
        implied=((number, now),) if now else (),
        shop_cancelled=leaving.shop_cancelled,
        delivered=((number, arrived, at),) if arrived else (),
    )
    attention = ("first_parcel_arrived",) if respent else ()
    return Effect(moved, leaving.unplaced, (*attention, *leaving.attention), tuple(respent))


def _lost(line: OrderLine, quantity: int) -> Effect:
    """Shipped, then delivered units; what exceeds leaves the house now and is lost."""
    number = line.sold.line_number
    moves, rest = _take_free(line, B.LOST, quantity, B.SHIPPED, B.DELIVERED)
    already = min(rest, line.units.spent.get(B.SHIPPED, 0) + line.units.spent.get(B.DELIVERED, 0))
    leaving = _leaving(line, B.LOST, rest - already)
    now = rest - already - leaving.unplaced
    counters = ((number, now),) if now else ()
    moved = UnitsMoved(
        tuple(moves + leaving.moves),
        left=counters,
        implied=counters,
        shop_cancelled=leaving.shop_cancelled,
        fact=True,
    )
    return Effect(moved, leaving.unplaced, leaving.attention)


def shipped(line: OrderLine, quantity: int, source_id: str | None, at: int) -> Effect:
    """Units in a parcel. First those that a DELIVERED or LOST implied before (tracking only); the others leave now."""
    number, units = line.sold.line_number, line.units
    known = min(quantity, units.implied)
    leaving = _leaving(line, B.SHIPPED, quantity - known)
    now = quantity - known - leaving.unplaced
    moved = UnitsMoved(
        tuple(leaving.moves),
        fact=True,
        left=((number, now),) if now else (),
        implied=((number, -known),) if known else (),
        shop_cancelled=leaving.shop_cancelled,
        shipped=((number, quantity - leaving.unplaced, source_id or line.sold.source_id or "", at),)
        if quantity > leaving.unplaced
        else (),
    )
    return Effect(moved, leaving.unplaced, leaving.attention)


def given_back(line: OrderLine, held: tuple[tuple[Bucket, int], ...], quantity: int) -> list[Move]:
    """Announced units that a remedy lets go: lost ones are lost again, others delivered as far as arrivals cover them,
    else shipped."""
    number, units = line.sold.line_number, line.units
    lost = min(quantity, dict(held).get(B.LOST, 0))
    here = units.at(B.DELIVERED, B.BACK_GOOD, B.BACK_DAMAGED, B.RETURN_REJECTED)
    delivered = min(quantity - lost, max(0, units.arrived - here))
    parts = ((B.LOST, lost), (B.DELIVERED, delivered), (B.SHIPPED, quantity - lost - delivered))
    return [Move(number, B.RETURN_ANNOUNCED, target, part) for target, part in parts if part]
