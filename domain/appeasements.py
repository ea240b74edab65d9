"""The appeasement: part of what was paid for a line is given back, and no unit moves (domain.md 7)."""

from domain.ceilings import Ceilings, ceilings
from domain.commands import (
    CreateAppeasement,
)
from domain.give_back import Claim, planned
from domain.money import Amounts, divide
from domain.order_file import OrderFile, OrderLine
from domain.orders import live_share
from domain.refunds import (
    RefundLine,
    RefundRequested,
)
from domain.refusals import Findings
from domain.rights import has_right
from domain.run import Run
from domain.vocabulary import ProductType, RefundType
from domain.wishes import check_reason, duplicate_lines
from domain.worth import refund_line


def given(file: OrderFile, line_number: int) -> Amounts:
    """All live refunds and appeasements of a line, with their tax per rate."""
    return _live(file, line_number, tuple(RefundType))


def appeased(file: OrderFile, line_number: int) -> Amounts:
    """The live appeasements of a line alone."""
    return _live(file, line_number, (RefundType.APPEASEMENT,))


def _live(file: OrderFile, line_number: int, types: tuple[RefundType, ...]) -> Amounts:
    sold = file.lines[line_number].sold
    gross, taxes = 0, [0] * len(sold.taxes)
    for refund in file.refunds.values():
        if refund.refund_type not in types:
            continue
        for line, share in zip(refund.lines, live_share(refund), strict=True):
            if line.line_number == line_number and line.gross_minor:
                gross += share
                for index, tax in enumerate(line.taxes):
                    taxes[index] += divide(tax.amount_minor * share, line.gross_minor)
    return Amounts(gross, tuple(taxes))


def appeasement_of(line: OrderLine, before: Amounts, amount: int, *, includes_tax: bool) -> Amounts | None:
    """Gross and tax per rate of an appeasement, so that many small ones sum to the tax of one large one (domain.md 7).

    None when the value's net is 0: then nothing can be given in net.
    """
    value = line.value
    if includes_tax:
        if not value.gross:
            return None
        taxes = [divide(tax * (before.gross + amount), value.gross) for tax in value.taxes]
        made = tuple(tax - was for tax, was in zip(taxes, before.taxes, strict=True))
        return Amounts(amount, made)
    if not value.net:
        return None
    taxes = [divide(tax * (before.net + amount), value.net) for tax in value.taxes]
    made = tuple(tax - was for tax, was in zip(taxes, before.taxes, strict=True))
    return Amounts(amount + sum(made), made)


def decide_appeasement(command: CreateAppeasement, file: OrderFile, run: Run) -> list[object]:
    """Part of what was paid for a line, given back without moving a unit; at most what is left of the line."""
    findings = Findings()
    limits = ceilings(file)
    duplicate_lines(findings, [line.line_number for line in command.lines])
    if not command.lines:
        findings.add("no_lines", "No line is named; name at least one with its amount.")
    lines = _appeased_lines(findings, command, file, limits, run.policy(file.sales_channel).appeasements.reasons)
    total = sum(line.gross_minor for line in lines)
    _check_agent(findings, command, file, total, run)
    _check_left(findings, file, total, limits)
    findings.raise_first()
    claim = Claim(
        refund_type=RefundType.APPEASEMENT,
        lines=tuple(lines),
        comment=command.comment,
        asked_by=command.actor.id,
        case_id=command.case_id,
        case_line_id=command.case_line_id,
    )
    refund = planned(claim, file, run, cut=False)
    return [RefundRequested(refund.refund_id, refund)] if refund else []


def _appeased_lines(
    findings: Findings, command: CreateAppeasement, file: OrderFile, limits: Ceilings, reasons: tuple[str, ...]
) -> list[RefundLine]:
    """What each line gives, of those that the order has and that have as much left."""
    lines: list[RefundLine] = []
    for wish in command.lines:
        check_reason(findings, wish.reason, reasons, "appeasements.reasons")
        if wish.amount_minor <= 0:
            findings.add(
                "amount_not_positive",
                f"Line {wish.line_number}: the amount must be more than 0; leave the line out instead.",
            )
        line = file.lines.get(wish.line_number)
        if line is None:
            findings.add("unknown_line", f"Order {file.order_id} has no line {wish.line_number}; name one that it has.")
            continue
        before = given(file, wish.line_number)
        worth = appeasement_of(line, before, wish.amount_minor, includes_tax=command.amount_includes_tax)
        left = limits.lines[wish.line_number]
        if worth is None or worth.gross > left:
            code = "exceeds_shipping" if line.sold.product_type is ProductType.SHIPPING else "exceeds_line"
            findings.add(
                code, f"Line {wish.line_number}: {left} minor units are left, tax included; give no more than that."
            )
            continue
        lines.append(refund_line(line, worth, 0, wish.reason))
    return lines


def _check_left(findings: Findings, file: OrderFile, total: int, limits: Ceilings) -> None:
    """Whether the order and its payments have as much left as all lines give together."""
    if total and not limits.order:
        findings.add("nothing_to_refund", f"No captured money is left on order {file.order_id}; see its payments.")
    elif total > limits.order or total > limits.paid:
        code = "exceeds_payment" if total > limits.paid and total <= limits.order else "exceeds_order"
        findings.add(
            code,
            f"{min(limits.order, limits.paid)} minor units are left of order {file.order_id}; give no more than that.",
        )


def _check_agent(findings: Findings, command: CreateAppeasement, file: OrderFile, total: int, run: Run) -> None:
    limit = run.policy(file.sales_channel).appeasements.agent_limit.get(file.facts.currency)
    if (
        limit is not None
        and total > limit
        and not has_right("appeasements.any_amount", command.actor.roles, run.policies.roles)
    ):
        findings.add("not_permitted", f"An agent may give up to {limit} minor units; ask a manager for more.")
