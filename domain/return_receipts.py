"""Goods coming back: what a warehouse found, what is decided about it, and what that moves (domain.md 6)."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final

from domain.commands import DecideReturnLine
from domain.copying import replace
from domain.facts import ReceiptLine, ReturnReceipt
from domain.order_events import AttentionRaised, ConcernRaised, Noted, ReceiptSeen, UnitsMoved
from domain.order_file import OrderFile
from domain.quantities import Bucket, Move
from domain.refusals import Findings
from domain.return_requests import Terms, Wanted, find_return, make_return, window_over
from domain.returns import Return, ReturnApproved, ReturnLine, ReturnLineDecided, ReturnReceived
from domain.run import Run
from domain.vocabulary import (
    ReceiptOutcome,
    ReturnDecision,
    ReturnSettlement,
    ReturnState,
    ReturnTransport,
    Verdict,
)
from domain.warehouse import given_back
from domain.world import Ref

B = Bucket
O = ReceiptOutcome  # noqa: E741 - read as O.GOOD
RECEIVABLE: Final = (ReturnState.APPROVED, ReturnState.PARTLY_RECEIVED)
_COUNT: Final = {O.GOOD: "good", O.DAMAGED: "damaged", O.WRONG_ITEM: "wrong", O.SHORT: "short", O.LOST: "lost"}


@dataclass(frozen=True, slots=True)
class Decided:
    """A return line after a decision, with the units that it moves."""

    line: ReturnLine
    moves: tuple[Move, ...]


def _with_status(line: ReturnLine) -> ReturnLine:
    """The line with its transport (the worst of its units) and decision, derived from its counts."""
    transport = ReturnTransport.ANNOUNCED
    if line.received:
        transport = ReturnTransport.RECEIVED
    for count, worse in ((line.wrong, ReturnTransport.WRONG_ITEM), (line.lost, ReturnTransport.LOST), (line.short, ReturnTransport.SHORT)):  # fmt: skip
        transport = worse if count else transport
    decision = ReturnDecision.PENDING
    if line.undecided:
        decision = ReturnDecision.NEEDS_PERSON
    elif line.decided >= line.quantity:
        if line.rejected == line.decided:
            decision = ReturnDecision.REJECTED
        else:
            part = line.accepted_part or line.rejected
            decision = ReturnDecision.ACCEPTED_PART if part else ReturnDecision.ACCEPTED
    return replace(line, transport=transport, decision=decision)


def _judge(line: ReturnLine, file: OrderFile, outcome: ReceiptOutcome, units: int, verdict: Verdict, percent: int | None) -> Decided:  # fmt: skip
    """Decides `units` with one outcome: where they go, and how they count (the table of domain.md 6)."""
    number = line.line_number
    accept = verdict is not Verdict.REJECT
    moves: tuple[Move, ...] = ()
    match outcome:
        case O.GOOD:
            moves = (Move(number, B.RETURN_ANNOUNCED, B.BACK_GOOD if accept else B.RETURN_REJECTED, units),)
        case O.DAMAGED:
            moves = (Move(number, B.RETURN_ANNOUNCED, B.BACK_DAMAGED if accept else B.RETURN_REJECTED, units),)
        case O.LOST:
            moves = (Move(number, B.RETURN_ANNOUNCED, B.LOST, units),)
        case _ if accept:
            moves = (Move(number, B.RETURN_ANNOUNCED, B.LOST, units),)
        case _:
            moves = tuple(given_back(file.lines[number], line.held, units))
    if verdict is Verdict.ACCEPT_PART:
        line = replace(line, accepted_part=line.accepted_part + units, percent=percent)
    elif accept:
        line = replace(line, accepted=line.accepted + units)
    else:
        line = replace(line, rejected=line.rejected + units)
    return Decided(line, moves)


def _counted(line: ReturnLine, file: OrderFile, outcome: ReceiptOutcome, units: int, damaged: str) -> Decided:
    """`units` arrived with this outcome: decided at once where rules can, else waiting for a person."""
    if outcome is O.GOOD:
        return _judge(_arrived(line, outcome, units), file, outcome, units, Verdict.ACCEPT, None)
    if outcome is O.DAMAGED and damaged != "person":
        verdicts = {"accept": Verdict.ACCEPT, "reject": Verdict.REJECT}
        percent = int(damaged.partition(":")[2]) if damaged.startswith("part:") else None
        verdict = verdicts.get(damaged, Verdict.ACCEPT_PART)
        return _judge(_arrived(line, outcome, units), file, outcome, units, verdict, percent)
    return Decided(_waiting(line, outcome, units), ())


def _arrived(line: ReturnLine, outcome: ReceiptOutcome, units: int) -> ReturnLine:
    name = _COUNT[outcome]
    changes: dict[str, Any] = {name: getattr(line, name) + units}
    return replace(line, **changes)


def _waiting(line: ReturnLine, outcome: ReceiptOutcome, units: int) -> ReturnLine:
    """Units whose outcome a person must judge."""
    waiting = dict(line.undecided)
    waiting[outcome] = waiting.get(outcome, 0) + units
    return replace(_arrived(line, outcome, units), undecided=tuple(waiting.items()))


def _find(found: Return, said: ReceiptLine) -> ReturnLine | None:
    """The return line that a receipt line speaks of: by number, else by SKU (one with units to come first)."""
    if said.line_number is not None:
        return next((line for line in found.lines if line.line_number == said.line_number), None)
    fitting = [line for line in found.lines if line.sku == said.sku]
    return next((line for line in fitting if line.received < line.quantity), fitting[0] if fitting else None)


@dataclass(frozen=True, slots=True)
class Rest:
    """Units of a receipt that its return does not account for."""

    said: ReceiptLine
    quantity: int


def received(receipt: ReturnReceipt, ref: Ref, run: Run) -> Iterator[object]:
    """What a receipt does to its order. Yields events; each is folded before the next is asked for."""
    file = run.order(ref)
    if receipt.receipt_id in file.receipts:
        yield Noted("warehouse", f"receipt {receipt.receipt_id} came a second time; nothing was changed")
        return
    named = f" for {receipt.rma}" if receipt.rma else " without an RMA"
    yield ReceiptSeen(receipt.receipt_id, receipt.rma, receipt.source_id, f"goods arrived{named}")
    found = next((item for item in file.returns.values() if receipt.rma and item.rma == receipt.rma), None)
    if found and found.state is ReturnState.REQUESTED:
        yield ReturnApproved(found.return_id)
        found = run.order(ref).returns[found.return_id]
    rests = [Rest(line, line.quantity) for line in receipt.lines]
    if found and found.state in RECEIVABLE:
        rests = yield from _into(found, receipt, ref, run)
    if rests:
        yield from _blind(rests, receipt, ref, run)


def _into(found: Return, receipt: ReturnReceipt, ref: Ref, run: Run) -> Generator[object, None, list[Rest]]:
    """Counts a receipt into its return; answers the units that exceed what was announced."""
    file = run.order(ref)
    damaged = run.policy(file.sales_channel, found.policy_version).returns.damaged
    lines = {line.line_number: line for line in found.lines}
    moves: list[Move] = []
    rests: list[Rest] = []
    for said in receipt.lines:
        line = _find(found, said)
        fitting = min(said.quantity, lines[line.line_number].quantity - lines[line.line_number].received) if line else 0
        if line and fitting:
            decided = _counted(lines[line.line_number], file, said.outcome, fitting, damaged)
            lines[line.line_number] = decided.line
            moves += decided.moves
        if said.quantity > fitting:
            rests.append(Rest(said, said.quantity - fitting))
    if receipt.complete:
        for number, line in lines.items():
            missing = line.quantity - line.received
            if missing:
                lines[number] = _counted(line, file, O.SHORT, missing, damaged).line
    if moves:
        yield UnitsMoved(tuple(moves))
    after = tuple(_with_status(lines[line.line_number]) for line in found.lines)
    yield ReturnReceived(found.return_id, receipt.receipt_id, after, receipt.complete)
    if found.refunded_at_approval and any(
        line.rejected > old.rejected for line, old in zip(after, found.lines, strict=True)
    ):
        yield AttentionRaised("action_partial", f"units of {found.rma} were rejected after they had been refunded")
    return rests


def _match(rests: list[Rest], file: OrderFile) -> tuple[dict[int, list[tuple[ReceiptOutcome, int]]], list[Rest]]:
    """Whose units an unannounced parcel holds, per line number: first those with the customer, then lost ones; and what
    matches nothing."""
    matched: dict[int, list[tuple[ReceiptOutcome, int]]] = {}
    taken: dict[tuple[int, Bucket], int] = {}
    unmatched: list[Rest] = []
    for rest in rests:
        left = rest.quantity
        for bucket in (B.SHIPPED, B.DELIVERED, B.LOST):
            for number, line in file.lines.items():
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


def _blind(rests: list[Rest], receipt: ReturnReceipt, ref: Ref, run: Run) -> Iterator[object]:
    """A parcel, or a part of one, that nobody announced: one return for all of it that matches, approved at once."""
    matched, unmatched = _match(rests, run.order(ref))
    if matched:
        terms = Terms(comment="", asked_by=run.stamp.actor.id, blind=True)
        wanted = [
            Wanted(number, sum(units for _, units in found), "BLIND", receipt.source_id)
            for number, found in matched.items()
        ]
        yield from make_return(wanted, run.order(ref), run, terms, B.SHIPPED, B.DELIVERED, B.LOST)
        made = list(run.order(ref).returns.values())[-1]
        yield ReturnApproved(made.return_id)
        yield from _receive_blind(made, matched, receipt, ref, run)
    for rest in unmatched:
        said = rest.said
        what = f"line {said.line_number}" if said.line_number is not None else f"SKU {said.sku}"
        words = f"{rest.quantity} returned units of {what} match nothing that the customer has"
        yield Noted("warehouse", words)
        yield ConcernRaised("return_unmatched", (said.line_number,) if said.line_number is not None else ())


def _receive_blind(
    made: Return,
    matched: dict[int, list[tuple[ReceiptOutcome, int]]],
    receipt: ReturnReceipt,
    ref: Ref,
    run: Run,
) -> Iterator[object]:
    """All of it has come. Units of a final sale, or past their time, wait for a person whatever they look like."""
    file = run.order(ref)
    policy = run.policy(file.sales_channel).returns
    lines: list[ReturnLine] = []
    moves: list[Move] = []
    for made_line in made.lines:
        line = made_line
        sold = file.lines[line.line_number]
        doubtful = sold.sold.final_sale or window_over(sold, policy, receipt.occurred_at, run.at)
        for outcome, units in matched[line.line_number]:
            if doubtful:
                line = _waiting(line, outcome, units)
            else:
                decided = _counted(line, file, outcome, units, policy.damaged)
                line = decided.line
                moves += decided.moves
        lines.append(_with_status(line))
    if moves:
        yield UnitsMoved(tuple(moves))
    yield ReturnReceived(made.return_id, receipt.receipt_id, tuple(lines), complete=True)


def decide_line(command: DecideReturnLine, file: OrderFile, run: Run) -> list[object]:
    """A person's verdict on all undecided units of a line."""
    del run
    found = find_return(file, command.return_id)
    findings = Findings()
    line = next((item for item in found.lines if item.line_number == command.line_number), None)
    if line is None:
        findings.add("unknown_line", f"{found.rma} has no line {command.line_number}.")
    if command.verdict is Verdict.ACCEPT_PART:
        if command.percent is None or not 1 <= command.percent <= 99:
            findings.add("invalid_command", "ACCEPT_PART needs a percent from 1 to 99.")
        if line and line.settlement in (ReturnSettlement.EXCHANGE, ReturnSettlement.RESHIP):
            findings.add("wrong_state", "Goods that were exchanged or sent again are accepted or rejected whole.")
    overdue = found.exchange_id and found.state is ReturnState.APPROVED and _is_overdue(found, file)
    if line and not line.undecided and not overdue:
        findings.add("wrong_state", f"No unit of line {command.line_number} of {found.rma} waits for a decision.")
    findings.raise_first()
    if line is None:
        return []
    waiting = line.undecided or ((O.SHORT, line.quantity - line.received),)
    if not line.undecided:
        line = replace(line, short=line.short + line.quantity - line.received)
    line = replace(line, undecided=())
    moves: list[Move] = []
    for outcome, units in waiting:
        decided = _judge(line, file, outcome, units, command.verdict, command.percent)
        line = decided.line
        moves += decided.moves
    events: list[object] = [UnitsMoved(tuple(moves))] if moves else []
    events.append(ReturnLineDecided(found.return_id, _with_status(line)))
    if found.refunded_at_approval and command.verdict is Verdict.REJECT:
        events.append(
            AttentionRaised("action_partial", f"units of {found.rma} were rejected after they had been refunded")
        )
    return events


def _is_overdue(found: Return, file: OrderFile) -> bool:
    exchange = file.exchanges.get(found.exchange_id or "")
    return exchange is not None and exchange.state == "OVERDUE"
