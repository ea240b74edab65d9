"""Goods that nobody announced: whose units they are, and the return that is made for them (domain.md 6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.facts import ReceiptLine, ReturnReceipt
from domain.order_events import ConcernRaised, Noted, UnitsMoved
from domain.order_file import OrderFile
from domain.quantities import Bucket, Move
from domain.return_requests import Terms, make_return
from domain.return_verdicts import counted, waits_for_a_person, with_status
from domain.return_window import free_units, in_time
from domain.returns import Return, ReturnApproved, ReturnLine, ReturnReceived
from domain.run import Run
from domain.vocabulary import (
    ReceiptOutcome,
)
from domain.wanted_units import Wanted
from domain.world import Ref

B = Bucket
_NEVER: Final = (2**63, 0)


@dataclass(frozen=True, slots=True)
class Rest:
    """Units of a receipt that its return does not account for."""

    said: ReceiptLine
    quantity: int


def _match(rests: list[Rest], file: OrderFile) -> tuple[dict[int, list[tuple[ReceiptOutcome, int]]], list[Rest]]:
    """Whose units an unannounced parcel holds, per line number: first those with the customer, then lost ones; and what
    matches nothing."""
    matched: dict[int, list[tuple[ReceiptOutcome, int]]] = {}
    taken: dict[tuple[int, Bucket], int] = {}
    unmatched: list[Rest] = []
    oldest_first = sorted(file.lines.items(), key=lambda item: min(item[1].units.shipments, default=_NEVER))
    for rest in rests:
        left = rest.quantity
        for bucket in (B.SHIPPED, B.DELIVERED, B.LOST):
            for number, line in oldest_first:
                named = rest.said.line_number
                if named not in (None, number) or (named is None and rest.said.sku != line.sold.sku):
                    continue
                units = min(left, line.units.free(bucket) - taken.get((number, bucket), 0))
                if units > 0:
                    taken[number, bucket] = taken.get((number, bucket), 0) + units
                    matched.setdefault(number, []).append((rest.said.outcome, units))
                    left -= units
        if left:
            unmatched.append(Rest(rest.said, left))
    return matched, unmatched


def came_blind(rests: list[Rest], receipt: ReturnReceipt, ref: Ref, run: Run) -> Iterator[object]:
    """A parcel, or a part of one, that nobody announced: one return for all of it that matches, approved at once."""
    matched, unmatched = _match(rests, run.order(ref))
    if matched:
        doubtful = {number: _doubtful(run.order(ref), number, receipt, run) for number in matched}
        terms = Terms(comment="", asked_by=run.stamp.actor.id, blind=True)
        wanted = [
            Wanted(number, sum(units for _, units in found), "BLIND", receipt.source_id)
            for number, found in matched.items()
        ]
        yield from make_return(wanted, run.order(ref), run, terms, B.SHIPPED, B.DELIVERED, B.LOST)
        made = list(run.order(ref).returns.values())[-1]
        yield ReturnApproved(made.return_id)
        yield from _receive(made, matched, doubtful, receipt, ref, run)
    for rest in unmatched:
        said = rest.said
        what = f"line {said.line_number}" if said.line_number is not None else f"SKU {said.sku}"
        words = f"{rest.quantity} returned units of {what} match nothing that the customer has"
        yield Noted("warehouse", words)
        known = said.line_number is not None and said.line_number in run.order(ref).lines
        yield ConcernRaised("return_unmatched", (said.line_number,) if known and said.line_number is not None else ())


def _doubtful(file: OrderFile, number: int, receipt: ReturnReceipt, run: Run) -> int:
    """How many units of a line, oldest first, a person must judge whatever they look like: of a final sale, or too late."""
    line = file.lines[number]
    if line.sold.final_sale:
        return line.units.quantity
    policy = run.policy(file.sales_channel).returns
    return free_units(line, lost=True) - in_time(file, line, policy, receipt.occurred_at, run.at, lost=True)


def _receive(
    made: Return,
    matched: dict[int, list[tuple[ReceiptOutcome, int]]],
    doubtful: dict[int, int],
    receipt: ReturnReceipt,
    ref: Ref,
    run: Run,
) -> Iterator[object]:
    """All of it has come. The first `doubtful` units of a line wait for a person."""
    file = run.order(ref)
    policy = run.policy(file.sales_channel).returns
    lines: list[ReturnLine] = []
    moves: list[Move] = []
    for made_line in made.lines:
        line = made_line
        waits = doubtful[line.line_number]
        for outcome, units in matched[line.line_number]:
            late = min(units, waits)
            waits -= late
            line = waits_for_a_person(line, outcome, late) if late else line
            if units > late:
                decided = counted(line, file, outcome, units - late, policy.damaged)
                line = decided.line
                moves += decided.moves
        lines.append(with_status(line))
    if moves:
        yield UnitsMoved(tuple(moves))
    yield ReturnReceived(made.return_id, receipt.receipt_id, tuple(lines), complete=True)
