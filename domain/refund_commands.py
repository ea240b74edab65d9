"""What people may do with a refund: approve, cancel, send again, pay by hand; and the appeasement (domain.md 7)."""

from collections.abc import Iterator

from domain.beginnings import beginning
from domain.cancellations import VoidsSent
from domain.ceilings import ceilings
from domain.checkouts import CheckoutFile
from domain.commands import (
    ApproveRefund,
    CancelRefund,
    CreateAppeasement,
    RefundPayment,
    ReleaseRefundOffline,
    RetryRefund,
    RetryVoid,
)
from domain.copying import replace
from domain.give_back import Claim, planned
from domain.machine import may
from domain.money import Amounts, divide
from domain.order_file import OrderFile, OrderLine
from domain.orders import live_share, snapshot
from domain.policy import RefundPolicy
from domain.refunds import (
    NEXT,
    Leg,
    Refund,
    RefundCancelled,
    RefundLine,
    RefundReleasedOffline,
    RefundRequested,
    RefundRetried,
    RefundSent,
)
from domain.refusals import Findings, Refused
from domain.rights import has_right
from domain.run import Run
from domain.vocabulary import EntityType, LegState, ProductType, RefundState, RefundType
from domain.wishes import check_reason, duplicate_lines
from domain.worth import refund_line

MoneyHolder = OrderFile | CheckoutFile


def find_refund(file: MoneyHolder, refund_id: str) -> Refund:
    """The refund that this order's money pays. Raises Refused unknown_entity."""
    found = file.refunds.get(refund_id)
    if found is None:
        raise Refused("unknown_entity", f"{file.key} has no refund {refund_id}; check the id.")
    return found


def needs_second_person(refund: Refund, policy: RefundPolicy) -> bool:
    """Whether the amount is above what one person may give."""
    limit = policy.second_person_above.get(refund.currency)
    return limit is not None and refund.amount_minor > limit


def auto_released(refund: Refund, policy: RefundPolicy) -> bool:
    """Whether the refund is sent without anybody's approval."""
    switch = {
        RefundType.RETURN: policy.auto_release.return_,
        RefundType.CANCELLATION: policy.auto_release.cancellation,
        RefundType.APPEASEMENT: policy.auto_release.appeasement,
        RefundType.CHECKOUT: policy.auto_release.checkout,
    }[refund.refund_type]
    return switch and not needs_second_person(refund, policy)


def _only(findings: Findings, found: Refund, event: type, act: str) -> None:
    if not may(NEXT, found.state, event):
        states = sorted({str(state) for (state, kind) in NEXT if kind is event and state})
        findings.add("wrong_state", f"The refund is {found.state}; it can be {act} while {' or '.join(states)}.")


def decide_approve(command: ApproveRefund, file: MoneyHolder, run: Run) -> list[object]:
    found = find_refund(file, command.refund_id)
    findings = Findings()
    policy = run.policy(file.sales_channel, found.policy_version).refunds
    if needs_second_person(found, policy) and found.asked_by == command.actor.id:
        findings.add(
            "self_approval",
            f"A refund of this amount needs another person than {found.asked_by} to approve it; ask a colleague.",
        )
    _only(findings, found, RefundSent, "approved")
    findings.raise_first()
    return [RefundSent(found.refund_id)]


def decide_cancel(command: CancelRefund, file: MoneyHolder, run: Run) -> list[object]:
    del run
    found = find_refund(file, command.refund_id)
    findings = Findings()
    _only(findings, found, RefundCancelled, "cancelled")
    findings.raise_first()
    return [RefundCancelled(found.refund_id)]


def decide_retry(command: RetryRefund, file: MoneyHolder, run: Run) -> list[object]:
    """Failed and unanswered legs go again with their keys; a reversed one is replaced by a new leg with a new key."""
    found = find_refund(file, command.refund_id)
    again = tuple(leg.leg_id for leg in found.legs if leg.state in (LegState.FAILED, LegState.UNANSWERED))
    reversed_ = [leg for leg in found.legs if leg.state is LegState.REVERSED]
    findings = Findings()
    _only(findings, found, RefundRetried, "sent again")
    if not again and not reversed_:
        findings.add("wrong_state", "No leg of the refund failed, was reversed or is unanswered; wait for the gateway.")
    _check_legs(findings, file, [leg for leg in found.legs if leg.state in (LegState.FAILED, LegState.REVERSED)])
    _check_lines(findings, found, file)
    findings.raise_first()
    return [RefundRetried(found.refund_id, again, tuple((leg.leg_id, _renewed(leg, run)) for leg in reversed_))]


def _check_legs(findings: Findings, file: MoneyHolder, legs: list[Leg]) -> None:
    """Money that stopped counting when it failed must still be there when it is sent again."""
    limits = ceilings(file)
    if sum(leg.amount_minor for leg in legs) > limits.order:
        findings.add(
            "exceeds_order",
            f"Only {limits.order} minor units are left of {file.key}; release the rest offline if it is owed.",
        )
    for leg in legs:
        left = limits.payments.get(leg.payment_ref, 0)
        if leg.amount_minor > left:
            findings.add(
                "exceeds_payment",
                f"Only {left} minor units are left of payment {leg.payment_ref}; release the rest offline if it is owed.",
            )


def _check_lines(findings: Findings, refund: Refund, file: MoneyHolder) -> None:
    """What a failed part of a refund gave back to its lines must still be there when it is to be paid after all."""
    limits = ceilings(file)
    for line, live in zip(refund.lines, live_share(refund), strict=True):
        left = limits.lines[line.line_number]
        if line.gross_minor - live > left:
            code = "exceeds_shipping" if line.shipping else "exceeds_line"
            findings.add(
                code,
                f"Line {line.line_number}: {left} minor units are left, others were given meanwhile; leave the refund as it is.",
            )


def _renewed(leg: Leg, run: Run) -> Leg:
    return replace(
        leg, leg_id=run.ids.new("leg"), state=LegState.PLANNED, attempt=0, gateway_reference=None, reason=None
    )


def decide_offline(command: ReleaseRefundOffline, file: MoneyHolder, run: Run) -> list[object]:
    findings = Findings()
    if not command.reference.strip():
        findings.add("invalid_command", "The reference is empty; give the one under which the money was paid.")
        findings.raise_first()
    found = find_refund(file, command.refund_id)
    unanswered = any(leg.state is LegState.UNANSWERED for leg in found.legs)
    _only(findings, found, RefundReleasedOffline, "released by hand")
    if found.state is RefundState.PENDING_RELEASE and not unanswered:
        findings.add("wrong_state", "The gateway has not answered yet; wait for it or for its time to be over.")
    _check_lines(findings, found, file)
    findings.raise_first()
    number = found.credit_note_number or credit_note(file, run)
    return [RefundReleasedOffline(found.refund_id, command.reference, command.reason, number)]


def credit_note(file: MoneyHolder, run: Run) -> str:
    """The next credit note of the channel: `<channel>-CN-<8 digits>`."""
    return f"{file.sales_channel}-CN-{run.number(f'credit_note:{file.sales_channel}'):08d}"


def decide_payment(command: RefundPayment, file: CheckoutFile, run: Run) -> list[object]:
    """Money captured for a checkout that never became an order; at most what that payment has left."""
    findings = Findings()
    if file.order_id:
        words = f"Checkout {file.checkout_id} became order {file.order_id}; return, cancel or appease on that."
        findings.add("wrong_state", words)
    check_reason(findings, command.reason, (), "reason")
    if command.amount_minor <= 0:
        findings.add(
            "amount_not_positive", "The amount must be more than 0; leave the command out when nothing is to be given."
        )
    left = ceilings(file).payments.get(command.payment_ref)
    if left is None:
        findings.add(
            "unknown_entity", f"Checkout {file.checkout_id} has no payment {command.payment_ref}; name one that it has."
        )
    elif command.amount_minor > left:
        findings.add(
            "exceeds_payment", f"{left} minor units are left of payment {command.payment_ref}; give no more than that."
        )
    findings.raise_first()
    payment = snapshot(file).payments[command.payment_ref]
    leg = Leg(
        leg_id=run.ids.new("leg"),
        payment_ref=payment.payment_ref,
        gateway=payment.gateway,
        method=payment.method,
        amount_minor=command.amount_minor,
    )
    refund = Refund(
        refund_id=run.ids.new(EntityType.REFUND),
        refund_type=RefundType.CHECKOUT,
        state=RefundState.REQUESTED,
        amount_minor=command.amount_minor,
        currency=file.currency,
        lines=(),
        legs=(leg,),
        comment=command.reason,
        checkout_id=file.checkout_id,
        **beginning(command, run),
    )
    return [RefundRequested(refund.refund_id, refund)]


def decide_retry_void(command: RetryVoid, file: OrderFile, run: Run) -> list[object]:
    del run
    found = file.cancellations.get(command.cancellation_id)
    if found is None:
        raise Refused(
            "unknown_entity", f"Order {file.order_id} has no cancellation {command.cancellation_id}; check the id."
        )
    again = tuple(leg.leg_id for leg in found.voids if leg.state in (LegState.FAILED, LegState.UNANSWERED))
    if not again:
        raise Refused("wrong_state", "No void of the cancellation failed or is unanswered; wait for the gateway.")
    return [VoidsSent(found.cancellation_id, again=again)]


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
    policy = run.policy(file.sales_channel)
    limits = ceilings(file)
    duplicate_lines(findings, [line.line_number for line in command.lines])
    if not command.lines:
        findings.add("no_lines", "No line is named; name at least one with its amount.")
    lines: list[RefundLine] = []
    for wish in command.lines:
        check_reason(findings, wish.reason, policy.appeasements.reasons, "appeasements.reasons")
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
    total = sum(line.gross_minor for line in lines)
    _check_agent(findings, command, file, total, run)
    if total and not limits.order:
        findings.add("nothing_to_refund", f"No captured money is left on order {file.order_id}; see its payments.")
    elif total > limits.order or total > limits.paid:
        code = "exceeds_payment" if total > limits.paid and total <= limits.order else "exceeds_order"
        findings.add(
            code,
            f"{min(limits.order, limits.paid)} minor units are left of order {file.order_id}; give no more than that.",
        )
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


def _check_agent(findings: Findings, command: CreateAppeasement, file: OrderFile, total: int, run: Run) -> None:
    limit = run.policy(file.sales_channel).appeasements.agent_limit.get(file.facts.currency)
    if (
        limit is not None
        and total > limit
        and not has_right("appeasements.any_amount", command.actor.roles, run.policies.roles)
    ):
        findings.add("not_permitted", f"An agent may give up to {limit} minor units; ask a manager for more.")


def sent_legs(before: Refund | None, after: Refund) -> Iterator[Leg]:
    """Legs that went to their gateway with this step: their attempt has risen."""
    known = {leg.leg_id: leg.attempt for leg in before.legs} if before else {}
    for leg in after.legs:
        if leg.state is LegState.SENT and leg.attempt > known.get(leg.leg_id, 0):
            yield leg
