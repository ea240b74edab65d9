"""Asking for goods back: who may, which units, where to, and the commands on a return that exists (domain.md 6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.commands import (
    ApproveReturn,
    CancelReturn,
    CreateExchange,
    CreateReshipment,
    CreateReturn,
    DenyReturn,
)
from domain.follow_orders import has_shipped
from domain.order_events import UnitsMoved
from domain.order_file import OrderFile, OrderLine
from domain.quantities import Bucket, Move
from domain.refusals import Findings, Refused
from domain.return_window import free_units, in_time
from domain.returns import Return, ReturnApproved, ReturnCancelled, ReturnDenied, ReturnLine, ReturnRequested
from domain.run import Run
from domain.vocabulary import EntityType, RefundState, ReturnSettlement, ReturnState
from domain.wanted_units import Reasons, Wanted, check_wanted, take_free, written_off
from domain.warehouse import given_back
from domain.wishes import check_comment

B = Bucket


def shipping_source(line: OrderLine) -> str | None:
    """Who shipped most of the line's units (tie: who shipped first), else the line's own source."""
    named = {source: units for source, units in line.units.shipped_by.items() if source}
    return max(named, key=lambda source: named[source]) if named else line.sold.source_id


def check_line(findings: Findings, file: OrderFile, wanted: Wanted, issued_at: int, run: Run) -> None:
    """What keeps units of a line from being returned or exchanged, whether they are there or not."""
    line = file.lines.get(wanted.line_number)
    if line is None:
        return
    if line.sold.final_sale:
        words = f"Line {wanted.line_number} was sold as final sale; it can be neither returned nor exchanged."
        findings.add("final_sale", words)
    timely = in_time(file, line, run.policy(file.sales_channel).returns, issued_at, run.at)
    if min(wanted.quantity, free_units(line)) > timely:
        words = f"Line {wanted.line_number}: the time to return is over for all but {timely} units; appease the customer instead."
        findings.add("return_window_over", words)


def _check_source(findings: Findings, wanted: Wanted, line: OrderLine, file: OrderFile, run: Run) -> None:
    if wanted.source is None:
        return
    if not run.policy(file.sales_channel).returns.choose_source:
        findings.add("source_choice_off", "Where a return goes cannot be chosen here; leave return_to_source out.")
        return
    source, original = run.source(wanted.source), shipping_source(line)
    if source is None:
        if wanted.source != original:
            findings.add(
                "unknown_source",
                f"No source {wanted.source!r} is known; choose another, or leave return_to_source out.",
            )
    elif not source.accepts_returns or (source.sales_channels and file.sales_channel not in source.sales_channels):
        findings.add(
            "source_refuses_returns",
            f"Source {wanted.source!r} does not take returns of {file.sales_channel}; choose another one.",
        )


def check_return(findings: Findings, command: CreateReturn, file: OrderFile, run: Run) -> list[Wanted]:
    """Every refusal that applies to CreateReturn; the wanted units."""
    policy = run.policy(file.sales_channel).returns
    wanted = [Wanted(line.line_number, line.quantity, line.reason, line.return_to_source) for line in command.lines]
    check_comment(findings, command.comment)
    check_wanted(findings, wanted, file, Reasons(policy.reasons, "returns.reasons"), B.DELIVERED, B.SHIPPED)
    for item in wanted:
        line = file.lines.get(item.line_number)
        if line is None:
            continue
        _check_source(findings, item, line, file, run)
        check_line(findings, file, item, command.issued_at, run)
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


def terms_of(
    command: CreateExchange | CreateReshipment,
    settlement: ReturnSettlement,
    exchange_id: str | None = None,
    reshipment_id: str | None = None,
) -> Terms:
    """The return of the units that an exchange or reshipment replaces. The case follows that one, not the return."""
    return Terms(
        comment=(command.comment or "").strip(),
        asked_by=command.actor.id,
        settlement=settlement,
        exchange_id=exchange_id,
        reshipment_id=reshipment_id,
        case_id=command.case_id,
    )


def make_return(
    wanted: list[Wanted], file: OrderFile, run: Run, terms: Terms, *buckets: Bucket
) -> tuple[ReturnRequested, UnitsMoved]:
    """A new return that holds the wanted units of these buckets. The caller has checked that they are there."""
    moves: list[Move] = []
    lines: list[ReturnLine] = []
    for item in wanted:
        line = file.lines[item.line_number]
        taken, came_from = take_free(line, item.quantity, *buckets)
        moves += taken
        recovered = min(dict(came_from).get(B.LOST, 0), written_off(file, item.line_number)) if terms.blind else 0
        lines.append(
            ReturnLine(
                line_number=item.line_number,
                sku=line.sold.sku,
                quantity=item.quantity,
                reason=item.reason,
                held=came_from,
                recovered=recovered,
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
    return ReturnRequested(made.return_id, made), UnitsMoved(tuple(moves))


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
    return [*make_return(wanted, file, run, terms, B.DELIVERED, B.SHIPPED)]


def find_return(file: OrderFile, return_id: str) -> Return:
    """The return of this order. Raises Refused unknown_entity."""
    found = file.returns.get(return_id)
    if found is None:
        raise Refused("unknown_entity", f"Order {file.order_id} has no return {return_id}; check the id.")
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
    found = find_return(file, command.return_id)
    findings = Findings()
    _in_state(findings, found, (ReturnState.REQUESTED,), "denied")
    reshipment = file.reshipments.get(found.reshipment_id or "")
    if reshipment and reshipment.new_order_id and has_shipped(run.sibling(file, reshipment.new_order_id)):
        words = (
            f"{reshipment.new_order_id} has shipped in place of the goods of {found.rma}; approve it and wait for them."
        )
        findings.add("wrong_state", words)
    if not command.reason.strip():
        findings.add("reason_not_allowed", "The reason is empty; say why the return is denied.")
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
