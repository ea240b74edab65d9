"""Asking for goods back: who may, which units, where to, and the commands on a return that exists (domain.md 6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.commands import ApproveReturn, CancelReturn, CreateReturn, DenyReturn
from domain.order_events import UnitsMoved
from domain.order_file import OrderFile, OrderLine
from domain.policy import ReturnPolicy
from domain.quantities import Bucket, Move
from domain.refusals import Findings, Refused
from domain.returns import Return, ReturnApproved, ReturnCancelled, ReturnDenied, ReturnLine, ReturnRequested
from domain.run import Run
from domain.vocabulary import EntityType, RefundState, ReturnSettlement, ReturnState
from domain.warehouse import given_back
from domain.wishes import check_comment, check_reason, duplicate_lines

B = Bucket
CLOCK_SLACK = 5 * 60 * 1_000_000
"""A command dated further ahead of our own time than this (µs) counts as sent now (domain.md 6)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of one line that a remedy wants, and why; `source` where they shall go."""

    line_number: int
    quantity: int
    reason: str
    source: str | None = None


def check_units(findings: Findings, file: OrderFile, wanted: Wanted, *buckets: Bucket) -> None:
    """Units that a remedy may take: in these buckets, free of every other remedy."""
    line = file.lines.get(wanted.line_number)
    if line is None:
        findings.add("unknown_line", f"Order {file.order_id} has no line {wanted.line_number}.")
        return
    units = line.units
    free = sum(units.free(bucket) for bucket in buckets)
    if wanted.quantity <= free:
        return
    if not units.left:
        findings.add("not_shipped", f"Line {wanted.line_number} has not been shipped; cancel it instead.")
    elif wanted.quantity <= free + held(file, wanted.line_number, buckets):
        words = f"Line {wanted.line_number}: {free} units are free, the others are in another open remedy; end that one first."
        findings.add("already_held", words)
    else:
        words = f"Line {wanted.line_number}: {free} such units are with the customer, {wanted.quantity} were asked for."
        findings.add("quantity_not_available", words)


def held(file: OrderFile, line_number: int, buckets: tuple[Bucket, ...]) -> int:
    """Units of a line that an open return or a reshipment holds."""
    units = file.lines[line_number].units
    return units.at(B.RETURN_ANNOUNCED) + sum(units.spent.get(bucket, 0) for bucket in buckets)


def take_free(line: OrderLine, quantity: int, *buckets: Bucket) -> tuple[list[Move], tuple[tuple[Bucket, int], ...]]:
    """Moves of free units into return_announced, and from which buckets they came."""
    moves: list[Move] = []
    for bucket in buckets:
        part = min(quantity, line.units.free(bucket))
        if part > 0:
            moves.append(Move(line.sold.line_number, bucket, B.RETURN_ANNOUNCED, part))
            quantity -= part
    return moves, tuple((move.source, move.quantity) for move in moves)


def shipping_source(line: OrderLine) -> str | None:
    """Who shipped most of the line's units (tie: who shipped first), else the line's own source."""
    named = {source: units for source, units in line.units.shipped_by.items() if source}
    return max(named, key=lambda source: named[source]) if named else line.sold.source_id


def window_over(line: OrderLine, policy: ReturnPolicy, issued_at: int, now: int) -> bool:
    """Whether every unit's time to be returned is over: from its delivery, else from its shipment + transit."""
    if not policy.window:
        return False
    asked_at = now if issued_at > now + CLOCK_SLACK else issued_at
    starts = [at for at, _ in line.units.deliveries] or [at + policy.transit for at, _ in line.units.shipments]
    return bool(starts) and asked_at > max(starts) + policy.window


def _check_source(findings: Findings, wanted: Wanted, line: OrderLine, file: OrderFile, run: Run) -> None:
    if wanted.source is None:
        return
    if not run.policy(file.sales_channel).returns.choose_source:
        findings.add("source_choice_off", "Where a return goes cannot be chosen here; leave return_to_source out.")
        return
    source, original = run.source(wanted.source), shipping_source(line)
    if source is None:
        if wanted.source != original:
            findings.add("unknown_source", f"No source {wanted.source!r} is known.")
    elif not source.accepts_returns or (source.sales_channels and file.sales_channel not in source.sales_channels):
        findings.add(
            "source_refuses_returns", f"Source {wanted.source!r} does not take returns of {file.sales_channel}."
        )


def check_return(findings: Findings, command: CreateReturn, file: OrderFile, run: Run) -> list[Wanted]:
    """Every refusal that applies to CreateReturn; the wanted units."""
    policy = run.policy(file.sales_channel).returns
    wanted = [Wanted(line.line_number, line.quantity, line.reason, line.return_to_source) for line in command.lines]
    if not wanted:
        findings.add("no_lines", "Name at least one line to return.")
    duplicate_lines(findings, [item.line_number for item in wanted])
    check_comment(findings, command.comment)
    for item in wanted:
        check_reason(findings, item.reason, policy.reasons, "returns.reasons")
        check_units(findings, file, item, B.DELIVERED, B.SHIPPED)
        line = file.lines.get(item.line_number)
        if line is None:
            continue
        _check_source(findings, item, line, file, run)
        if line.sold.final_sale:
            findings.add("final_sale", f"Line {item.line_number} was sold as final sale and cannot be returned.")
        if window_over(line, policy, command.issued_at, run.at):
            findings.add("return_window_over", f"The time to return line {item.line_number} is over.")
    return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a new return is for, beside its units."""

    comment: str
    asked_by: str
    settlement: ReturnSettlement = ReturnSettlement.REFUND
    blind: bool = False
    case_id: str | None = None
    case_line_id: str | None = None
    exchange_id: str | None = None
    reshipment_id: str | None = None


def make_return(wanted: list[Wanted], file: OrderFile, run: Run, terms: Terms, *buckets: Bucket) -> list[object]:
    """A new return that holds the wanted units of these buckets. The caller has checked that they are there."""
    moves: list[Move] = []
    lines: list[ReturnLine] = []
    for item in wanted:
        line = file.lines[item.line_number]
        taken, came_from = take_free(line, item.quantity, *buckets)
        moves += taken
        lines.append(
            ReturnLine(
                line_number=item.line_number,
                sku=line.sold.sku,
                quantity=item.quantity,
                reason=item.reason,
                held=came_from,
                source_id=item.source or shipping_source(line),
                settlement=terms.settlement,
            )
        )
    sources = {line.source_id for line in lines}
    made = Return(
        return_id=run.ids.new(EntityType.RETURN),
        rma=f"RMA-{run.number('rma')}",
        state=ReturnState.REQUESTED,
        version=1,
        created_at=run.at,
        created_by=run.stamp.actor,
        asked_by=terms.asked_by,
        comment=terms.comment,
        lines=tuple(lines),
        source_id=sources.pop() if len(sources) == 1 else None,
        blind=terms.blind,
        exchange_id=terms.exchange_id,
        reshipment_id=terms.reshipment_id,
        case_id=terms.case_id,
        case_line_id=terms.case_line_id,
        policy_version=run.policies.version,
    )
    return [ReturnRequested(made.return_id, made), UnitsMoved(tuple(moves))]


def decide_create(command: CreateReturn, file: OrderFile, run: Run) -> list[object]:
    findings = Findings()
    wanted = check_return(findings, command, file, run)
    findings.raise_first()
    terms = Terms(
        comment=command.comment.strip(),
        asked_by=command.actor.id,
        case_id=command.case_id,
        case_line_id=command.case_line_id,
    )
    return make_return(wanted, file, run, terms, B.DELIVERED, B.SHIPPED)


def find_return(file: OrderFile, return_id: str) -> Return:
    """The return of this order. Raises Refused unknown_entity."""
    found = file.returns.get(return_id)
    if found is None:
        raise Refused("unknown_entity", f"Order {file.order_id} has no return {return_id}.")
    return found


def _in_state(findings: Findings, found: Return, states: tuple[ReturnState, ...], act: str) -> None:
    if found.state not in states:
        findings.add("wrong_state", f"{found.rma} is {found.state}; it can be {act} while {' or '.join(states)}.")


def decide_approve(command: ApproveReturn, file: OrderFile, run: Run) -> list[object]:
    found = find_return(file, command.return_id)
    findings = Findings()
    policy = run.policy(file.sales_channel, found.policy_version).returns
    if found.asked_by == command.actor.id and not policy.self_approval:
        findings.add(
            "self_approval", f"{found.rma} was asked for by {command.actor.id}; somebody else must approve it."
        )
    _in_state(findings, found, (ReturnState.REQUESTED,), "approved")
    findings.raise_first()
    return [ReturnApproved(found.return_id)]


def let_go(file: OrderFile, found: Return, open_units: Mapping[int, int] | None = None) -> list[object]:
    """The units that a return still holds go back to where they are: delivered, shipped or lost."""
    moves: list[Move] = []
    for line in found.lines:
        units = line.quantity - line.received if open_units is None else open_units.get(line.line_number, 0)
        if units:
            moves += given_back(file.lines[line.line_number], line.held, units)
    return [UnitsMoved(tuple(moves))] if moves else []


def decide_deny(command: DenyReturn, file: OrderFile, run: Run) -> list[object]:
    del run
    found = find_return(file, command.return_id)
    findings = Findings()
    _in_state(findings, found, (ReturnState.REQUESTED,), "denied")
    if not command.reason.strip():
        findings.add("reason_not_allowed", "Say why the return is denied.")
    findings.raise_first()
    return [ReturnDenied(found.return_id, command.reason), *let_go(file, found)]


def decide_cancel(command: CancelReturn, file: OrderFile, run: Run) -> list[object]:
    found = find_return(file, command.return_id)
    findings = Findings()
    if found.state in (ReturnState.PARTLY_RECEIVED, ReturnState.RECEIVED, ReturnState.SETTLED):
        findings.add("already_received", f"Goods of {found.rma} have arrived; decide its lines instead.")
    else:
        _in_state(findings, found, (ReturnState.REQUESTED, ReturnState.APPROVED), "cancelled")
    if found.exchange_id or found.reshipment_id:
        findings.add("wrong_state", f"{found.rma} belongs to an exchange or reshipment; cancel that one instead.")
    refunds = [run.root(file).refunds[refund_id] for refund_id in found.refund_ids]
    if any(refund.state not in (RefundState.REQUESTED, RefundState.CANCELLED) for refund in refunds):
        findings.add(
            "wrong_state", f"The refund of {found.rma} has been sent already; the return can only be received now."
        )
    findings.raise_first()
    return [ReturnCancelled(found.return_id, command.reason), *let_go(file, found)]
