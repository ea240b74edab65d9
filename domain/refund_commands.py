"""What people may do with a refund: approve, cancel, send again, pay by hand (domain.md 7)."""

from collections.abc import Iterator

from domain.beginnings import beginning
from domain.cancellations import VoidsSent
from domain.ceilings import ceilings
from domain.checkouts import CheckoutFile
from domain.commands import (
    ApproveRefund,
    CancelRefund,
    RefundPayment,
    ReleaseRefundOffline,
    RetryRefund,
    RetryVoid,
)
from domain.copying import replace
from domain.machine import may
from domain.order_file import OrderFile
from domain.orders import live_share, snapshot
from domain.policy import RefundPolicy
from domain.refunds import (
    NEXT,
    Leg,
    Refund,
    RefundCancelled,
    RefundReleasedOffline,
    RefundRequested,
    RefundRetried,
    RefundSent,
)
from domain.refusals import Findings, Refused
from domain.run import Run
from domain.vocabulary import EntityType, LegState, RefundState, RefundType
from domain.wishes import check_reason

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
    _check_still_there(findings, found, file)
    findings.raise_first()
    return [RefundSent(found.refund_id)]


def _check_still_there(findings: Findings, refund: Refund, file: MoneyHolder) -> None:
    """What was free when the refund was planned may be charged back since: then less is there than is promised."""
    money = snapshot(file)
    short = money.refunded + money.pending + money.charged_back - money.captured
    if short > 0:
        findings.add(
            "exceeds_order",
            f"{short} minor units more are promised than {file.key} has; cancel this refund, or one that waits beside it.",
        )
    for payment_ref in sorted({leg.payment_ref for leg in refund.legs}):
        over = -money.payments[payment_ref].raw_left(money.pending_by_payment.get(payment_ref, 0))
        if over > 0:
            findings.add(
                "exceeds_payment",
                f"{over} minor units more are promised than payment {payment_ref} has; cancel this refund, or one that"
                " waits beside it.",
            )


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
    _check_payment(command, file)
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


def _check_payment(command: RefundPayment, file: CheckoutFile) -> None:
    """Raises Refused where the checkout has not as much to give over this payment."""
    findings = Findings()
    if file.order_id:
        words = f"Checkout {file.checkout_id} became order {file.order_id}; return, cancel or appease on that."
        findings.add("wrong_state", words)
    check_reason(findings, command.reason, (), "reason")
    if command.amount_minor <= 0:
        findings.add(
            "amount_not_positive", "The amount must be more than 0; leave the command out when nothing is to be given."
        )
    limits = ceilings(file)
    left = limits.payments.get(command.payment_ref)
    if left is None:
        findings.add(
            "unknown_entity", f"Checkout {file.checkout_id} has no payment {command.payment_ref}; name one that it has."
        )
    elif command.amount_minor > left:
        findings.add(
            "exceeds_payment", f"{left} minor units are left of payment {command.payment_ref}; give no more than that."
        )
    elif command.amount_minor > limits.order:
        findings.add(
            "exceeds_order",
            f"{limits.order} minor units are left of the money of checkout {file.checkout_id}; give no more than that.",
        )
    findings.raise_first()


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


def sent_legs(before: Refund | None, after: Refund) -> Iterator[Leg]:
    """Legs that went to their gateway with this step: their attempt has risen."""
    known = {leg.leg_id: leg.attempt for leg in before.legs} if before else {}
    for leg in after.legs:
        if leg.state is LegState.SENT and leg.attempt > known.get(leg.leg_id, 0):
            yield leg
