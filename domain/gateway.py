"""What a gateway's word does: the fold first, then the leg of ours that it answers (domain.md 3, 7)."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.cancellations import VoidConfirmed, VoidFailed
from domain.checkouts import CheckoutFile
from domain.copying import replace
from domain.facts import PaymentEvent
from domain.order_events import AttentionCleared, AttentionRaised, PaymentHeard
from domain.order_file import OrderFile
from domain.orders import snapshot
from domain.payments import Group, Operation, conflicts, groups
from domain.refund_commands import credit_note
from domain.refunds import NEXT, Leg, LegConfirmed, LegFailed, LegReversed, Refund
from domain.run import Run
from domain.vocabulary import LegState, PaymentKind, RefundState
from domain.world import Ref


def operation(event: PaymentEvent) -> Operation:
    return Operation(
        event_id=event.event_id,
        occurred_at=event.occurred_at,
        payment_ref=event.payment_ref,
        gateway=event.gateway,
        method=event.method,
        kind=event.kind,
        amount_minor=event.amount_minor,
        currency=event.currency,
        gateway_reference=event.gateway_reference,
        operation_reference=event.operation_reference,
        reason=event.reason,
        response=event.response,
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """The leg of ours that an event answers, with the refund or the cancellation that it belongs to."""

    leg: Leg
    refund: Refund | None = None
    cancellation_id: str | None = None


REFUND_KINDS = (PaymentKind.REFUNDED, PaymentKind.REFUND_FAILED, PaymentKind.REFUND_REVERSED)
VOID_KINDS = (PaymentKind.VOIDED, PaymentKind.VOID_FAILED)


def _legs(file: OrderFile | CheckoutFile, kind: PaymentKind) -> list[Answered]:
    if kind in REFUND_KINDS:
        return [Answered(leg, refund=refund) for refund in file.refunds.values() for leg in refund.legs]
    if kind in VOID_KINDS:
        return [
            Answered(leg, cancellation_id=cancellation.cancellation_id)
            for cancellation in file.cancellations.values()
            for leg in cancellation.voids
        ]
    return []


def answered_leg(file: OrderFile | CheckoutFile, event: PaymentEvent) -> Answered | None:
    """By our key; else by the gateway's id; else, with nothing but payment and amount, when exactly one leg fits."""
    legs = _legs(file, event.kind)
    for answered in legs:
        if answered.leg.leg_id == event.operation_reference:
            return answered
    if event.operation_reference:
        return None
    for answered in legs:
        if event.gateway_reference and answered.leg.gateway_reference == event.gateway_reference:
            return answered
    fitting = [
        answered
        for answered in legs
        if answered.leg.state is LegState.SENT
        and (answered.leg.payment_ref, answered.leg.amount_minor) == (event.payment_ref, event.amount_minor)
    ]
    return fitting[0] if len(fitting) == 1 else None


def heard(event: PaymentEvent, ref: Ref, run: Run) -> Iterator[object]:
    """The events of a payment event on an order that is known. Each is folded before the next is asked for."""
    file = run.holder(ref)
    said = operation(event)
    if event.currency != (file.currency or event.currency):
        yield PaymentHeard(said, "other_currency")
        yield AttentionRaised(
            "other_currency", f"the gateway spoke of {event.currency}, the order is in {file.currency}"
        )
        return
    if conflicts(file.operations, said):
        yield PaymentHeard(said, "other_amount")
        yield AttentionRaised("other_amount", "the gateway named another amount for the same operation before")
        yield from _follow_the_fold(event, ref, run)
        return
    answered = answered_leg(file, event)
    if answered and not event.operation_reference:
        # The gateway's own id is tied to our request here, so that whatever repeats it later is understood.
        said = operation(_with_reference(event, answered.leg.leg_id))
    yield PaymentHeard(said)
    if (
        event.kind in _UNDOES
        and not (event.operation_reference or event.gateway_reference)
        and _undid_nothing(event, ref, run)
    ):
        yield AttentionRaised("unknown_reference", f"{event.kind} names nothing and fits no earlier operation")
    if answered is None:
        if event.operation_reference and event.kind in (*REFUND_KINDS, *VOID_KINDS):
            yield AttentionRaised(
                "unknown_reference", f"the gateway answered {event.operation_reference}, which we never asked"
            )
    else:
        if event.amount_minor != answered.leg.amount_minor and event.kind in (PaymentKind.REFUNDED, PaymentKind.VOIDED):
            yield AttentionRaised("other_amount", "the gateway gave back another amount than we asked for")
        yield from _move_leg(answered, event, ref, run)
    yield from _follow_the_fold(event, ref, run)
    yield from overpaid(run.holder(ref))


def _follow_the_fold(event: PaymentEvent, ref: Ref, run: Run) -> Iterator[object]:
    """Legs of which the fold says something else now than they do move too, though the event did not name them: an undo
    without a reference means the newest success, and which one that is may change with what is heard later; and what the
    gateway did may have been heard before the leg went out."""
    for other in _otherwise_now(event, ref, run):
        yield from _move_leg(other, replace(event, gateway_reference=other.leg.gateway_reference), ref, run)


_ASKED = (LegState.SENT, LegState.UNANSWERED, LegState.FAILED, LegState.CONFIRMED, LegState.REVERSED)


def _otherwise_now(event: PaymentEvent, ref: Ref, run: Run) -> list[Answered]:
    file = run.holder(ref)
    legs = [
        answered
        for answered in _legs(file, event.kind)
        if answered.leg.state in _ASKED
        and not (answered.refund and answered.refund.state is RefundState.RELEASED_OFFLINE)
    ]
    if not legs:
        return []
    counted = {group.reference: group.counted > 0 for group in groups(file.operations, file.currency)}
    return [each for each in legs if counted.get(each.leg.leg_id, False) != (each.leg.state is LegState.CONFIRMED)]


_UNDOES = (PaymentKind.REFUND_REVERSED, PaymentKind.CHARGEBACK_WON)


def _undid_nothing(event: PaymentEvent, ref: Ref, run: Run) -> bool:
    file = run.holder(ref)
    return any(group.reference == event.event_id for group in groups(file.operations, file.currency))


def _with_reference(event: PaymentEvent, leg_id: str) -> PaymentEvent:
    return replace(event, operation_reference=leg_id)


_TAKE_BACK = (PaymentKind.REFUNDED, PaymentKind.CHARGED_BACK)


def overpaid(file: OrderFile | CheckoutFile) -> Iterator[object]:
    """More went back than ever came: a person must look, until it is no longer so."""
    if not (file.refunds or "overpaid" in file.attention or any(op.kind in _TAKE_BACK for op in file.operations)):
        return
    money = snapshot(file)
    over = [ref for ref, p in money.payments.items() if p.raw_left(money.pending_by_payment.get(ref, 0)) < 0]
    if over and "overpaid" not in file.attention:
        yield AttentionRaised("overpaid", f"more was given back on payment {', '.join(over)} than was captured")
    elif not over and "overpaid" in file.attention:
        yield AttentionCleared(("overpaid",))


def _group_of(file: OrderFile | CheckoutFile, leg: Leg) -> Group | None:
    found = [group for group in groups(file.operations, file.currency) if group.reference == leg.leg_id]
    return found[0] if found else None


def _move_leg(answered: Answered, event: PaymentEvent, ref: Ref, run: Run) -> Iterator[object]:
    """The leg follows what the fold says of its group now: a success stands, is undone, or never was."""
    file = run.holder(ref)
    leg = answered.leg
    group = _group_of(file, leg)
    if group is None:
        return
    stands = group.amount > 0 and group.counted > 0
    if answered.cancellation_id:
        if stands and leg.state is not LegState.CONFIRMED:
            yield VoidConfirmed(answered.cancellation_id, leg.leg_id, event.gateway_reference)
        elif not stands and leg.state in (LegState.SENT, LegState.UNANSWERED, LegState.CONFIRMED):
            yield VoidFailed(answered.cancellation_id, leg.leg_id, event.reason)
        return
    refund = answered.refund
    if refund is None:
        return
    step = _refund_step(refund, leg, group, event, stands=stands)
    if step is None or (refund.state, type(step)) not in NEXT:
        if refund.state is RefundState.RELEASED_OFFLINE and stands:
            yield AttentionRaised("fact_conflict", "the gateway paid what was already released by hand")
        return
    if isinstance(step, LegConfirmed):
        after = tuple(LegState.CONFIRMED if item.leg_id == leg.leg_id else item.state for item in refund.legs)
        released = all(state in (LegState.CONFIRMED, LegState.REPLACED) for state in after)
        number = credit_note(file, run) if released and not refund.credit_note_number else None
        step = LegConfirmed(refund.refund_id, leg.leg_id, event.gateway_reference, number)
    yield step


def _refund_step(refund: Refund, leg: Leg, group: Group, event: PaymentEvent, *, stands: bool) -> object | None:
    open_leg = leg.state in (LegState.SENT, LegState.UNANSWERED, LegState.FAILED)
    if stands:
        again = leg.state is LegState.REVERSED
        return LegConfirmed(refund.refund_id, leg.leg_id, event.gateway_reference) if open_leg or again else None
    if group.amount and (group.at is not None) and not (group.failed_at is not None and group.failed_at == group.at):
        reversible = leg.state in (LegState.CONFIRMED, LegState.SENT, LegState.UNANSWERED)
        return LegReversed(refund.refund_id, leg.leg_id, event.reason) if reversible else None
    if leg.state is LegState.CONFIRMED:
        return LegReversed(refund.refund_id, leg.leg_id, event.reason)
    if leg.state in (LegState.SENT, LegState.UNANSWERED):
        return LegFailed(refund.refund_id, leg.leg_id, event.reason)
    return None
