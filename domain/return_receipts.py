"""Goods coming back: what a warehouse found in a return, and what a person decides about it (domain.md 6)."""

from collections.abc import Generator, Iterator
from typing import Final

from domain.blind_returns import Rest, came_blind
from domain.commands import DecideReturnLine
from domain.copying import replace
from domain.facts import ReceiptLine, ReturnReceipt
from domain.order_events import AttentionRaised, Noted, ReceiptSeen, UnitsMoved, UnitsSpent
from domain.order_file import OrderFile
from domain.quantities import Bucket, Move
from domain.refusals import Findings
from domain.return_requests import find_return
from domain.return_verdicts import counted, judge, with_status
from domain.returns import Return, ReturnApproved, ReturnLine, ReturnLineDecided, ReturnReceived
from domain.run import Run
from domain.vocabulary import (
    ExchangeState,
    ReceiptOutcome,
    ReshipmentState,
    ReturnSettlement,
    ReturnState,
    Verdict,
)
from domain.world import Ref

B = Bucket
O = ReceiptOutcome  # noqa: E741 - read as O.GOOD
_E_IS_OUT: Final = (ExchangeState.ORDER_CREATED, ExchangeState.SHIPPED, ExchangeState.OVERDUE, ExchangeState.COMPLETED)
_R_IS_OUT: Final = (ReshipmentState.ORDER_CREATED, ReshipmentState.SHIPPED, ReshipmentState.COMPLETED)
RECEIVABLE: Final = (ReturnState.APPROVED, ReturnState.PARTLY_RECEIVED)


def _find(found: Return, said: ReceiptLine) -> ReturnLine | None:
    """The return line that a receipt line speaks of: by number, else by SKU (one with units to come first)."""
    if said.line_number is not None:
        return next((line for line in found.lines if line.line_number == said.line_number), None)
    fitting = [line for line in found.lines if line.sku == said.sku]
    return next((line for line in fitting if line.received < line.quantity), fitting[0] if fitting else None)


def received(receipt: ReturnReceipt, ref: Ref, run: Run) -> Iterator[object]:
    """What a receipt does to its order. Yields events; each is folded before the next is asked for."""
    file = run.order(ref)
    if receipt.receipt_id in file.receipts:
        yield Noted("warehouse", f"receipt {receipt.receipt_id} is a duplicate: it came before, nothing was changed")
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
        yield from came_blind(rests, receipt, ref, run)


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
            decided = counted(lines[line.line_number], file, said.outcome, fitting, damaged)
            lines[line.line_number] = decided.line
            moves += decided.moves
        if said.quantity > fitting:
            rests.append(Rest(said, said.quantity - fitting))
    if receipt.complete:
        for number, line in lines.items():
            missing = line.quantity - line.received
            if missing:
                lines[number] = counted(line, file, O.SHORT, missing, damaged).line
    if moves:
        yield UnitsMoved(tuple(moves))
    after = tuple(with_status(lines[line.line_number]) for line in found.lines)
    yield ReturnReceived(found.return_id, receipt.receipt_id, after, receipt.complete)
    if found.refunded_at_approval and any(
        line.rejected > old.rejected for line, old in zip(after, found.lines, strict=True)
    ):
        yield AttentionRaised("action_partial", f"units of {found.rma} were rejected after they had been refunded")
    return rests


def decide_line(command: DecideReturnLine, file: OrderFile, run: Run) -> list[object]:
    """A person's verdict on all undecided units of a line; on those that are overdue too, when nothing else waits for one."""
    del run
    found = find_return(file, command.return_id)
    findings = Findings()
    line = next((item for item in found.lines if item.line_number == command.line_number), None)
    if line is None:
        findings.add("unknown_line", f"{found.rma} has no line {command.line_number}; name one that it has.")
    _check_verdict(findings, command, line)
    missing = line.quantity - line.received if line and _may_be_written_off(found, file) else 0
    if line and not line.undecided and not missing:
        findings.add(
            "wrong_state",
            f"No unit of line {command.line_number} of {found.rma} waits for a decision; wait for the warehouse.",
        )
    findings.raise_first()
    if line is None:
        return []
    waiting = line.undecided or ((O.SHORT, missing),)
    if not line.undecided:
        line = replace(line, short=line.short + missing)
    line = replace(line, undecided=())
    moves: list[Move] = []
    for outcome, units in waiting:
        decided = judge(line, file, outcome, units, command.verdict, command.percent)
        line = decided.line
        moves += decided.moves
    events: list[object] = [UnitsMoved(tuple(moves))] if moves else []
    stays = _stays_replaced(found, file, moves)
    if stays:
        events.append(UnitsSpent(tuple((move.line_number, str(move.target), move.quantity) for move in stays)))
        line = replace(line, replaced=line.replaced + sum(move.quantity for move in stays))
    events.append(ReturnLineDecided(found.return_id, with_status(line)))
    if found.refunded_at_approval and command.verdict is Verdict.REJECT:
        events.append(
            AttentionRaised("action_partial", f"units of {found.rma} were rejected after they had been refunded")
        )
    return events


def _check_verdict(findings: Findings, command: DecideReturnLine, line: ReturnLine | None) -> None:
    """Whether a part of the worth is something that this line can be paid."""
    if command.verdict is not Verdict.ACCEPT_PART:
        return
    if command.percent is None or not 1 <= command.percent <= 99:
        findings.add("invalid_command", "ACCEPT_PART has no percent from 1 to 99; say how much of the worth is paid.")
    if line and line.settlement in (ReturnSettlement.EXCHANGE, ReturnSettlement.RESHIP):
        findings.add(
            "wrong_state",
            "Goods that were exchanged or sent again are accepted or rejected whole; use ACCEPT or REJECT.",
        )


def _stays_replaced(found: Return, file: OrderFile, moves: list[Move]) -> list[Move]:
    """Units that are the customer's again, or lost, though an E or R order is out for them: no other remedy takes them."""
    exchange = file.exchanges.get(found.exchange_id or "")
    reshipment = file.reshipments.get(found.reshipment_id or "")
    out = (exchange and exchange.state in _E_IS_OUT) or (reshipment and reshipment.state in _R_IS_OUT)
    return [move for move in moves if out and move.target in (B.SHIPPED, B.DELIVERED, B.LOST)]


def _may_be_written_off(found: Return, file: OrderFile) -> bool:
    """Whether units that never came may be decided without a receipt: those of an exchange or reshipment that is overdue."""
    follows = found.exchange_id or found.reshipment_id
    return bool(follows) and found.return_id in file.overdue and found.state in RECEIVABLE
