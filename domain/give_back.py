"""Making refunds: of cancelled units, of returned units, of money captured too late; always within the ceilings."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.cancellations import ENDED, Cancellation, CancellationRefundLinked, VoidsSent
from domain.ceilings import ceilings, plan_legs, plan_voids
from domain.checkouts import CheckoutFile
from domain.copying import replace
from domain.order_events import AttentionRaised, Noted, WorthSpent
from domain.order_file import OrderFile
from domain.orders import cancellation_refunds, cancelled_worth, order_total, snapshot
from domain.quantities import Bucket
from domain.refunds import Refund, RefundLine, RefundRequested
from domain.run import Run
from domain.vocabulary import CancellationState, EntityType, LegState, RefundState, RefundType
from domain.world import Kind, Ref
from domain.worth import lines_of, shipping_rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Money that ought to go back, before the ceilings: `amount` = Σ lines.gross − fee − voided.

    `policy_version`: of the return or cancellation that it is for; "" for one that begins now.
    """

    refund_type: RefundType
    lines: tuple[RefundLine, ...]
    fee: int = 0
    voided: int = 0
    comment: str | None = None
    asked_by: str
    case_id: str | None = None
    case_line_id: str | None = None
    return_id: str | None = None
    cancellation_id: str | None = None
    for_order_id: str | None = None
    policy_version: str = ""

    @property
    def amount(self) -> int:
        return sum(line.gross_minor for line in self.lines) - self.fee - self.voided


def planned(claim: Claim, root: OrderFile | CheckoutFile, run: Run, *, cut: bool) -> Refund | None:
    """The refund for a claim, with its legs. `cut`: down to what the ceilings allow (the rest is its shortfall), else the
    claim was checked before. None when nothing can be given."""
    limits = ceilings(root)
    amount = min(claim.amount, limits.allows(claim.lines)) if cut else claim.amount
    if amount <= 0:
        return None
    policy = run.policy(root.sales_channel, claim.policy_version).refunds
    legs = plan_legs(snapshot(root), amount, policy, run.ids)
    return Refund(
        refund_id=run.ids.new(EntityType.REFUND),
        refund_type=claim.refund_type,
        state=RefundState.REQUESTED,
        version=1,
        created_at=run.at,
        created_by=run.stamp.actor,
        asked_by=claim.asked_by,
        amount_minor=amount,
        currency=root.currency,
        lines=claim.lines,
        legs=legs,
        shipping_minor=sum(line.gross_minor for line in claim.lines if line.shipping),
        fee_minor=claim.fee,
        shortfall_minor=claim.amount - amount,
        voided_minor=claim.voided,
        comment=claim.comment,
        order_id=root.order_id if isinstance(root, OrderFile) else None,
        checkout_id=root.checkout_id if isinstance(root, CheckoutFile) else None,
        for_order_id=claim.for_order_id,
        return_id=claim.return_id,
        cancellation_id=claim.cancellation_id,
        case_id=claim.case_id,
        case_line_id=claim.case_line_id,
        policy_version=claim.policy_version or run.policies.version,
    )


def requested(claim: Claim, root: OrderFile, run: Run) -> list[object]:
    """RefundRequested for what the ceilings leave of a claim that we computed, with attention for what they cut."""
    refund = planned(claim, root, run, cut=True)
    if refund is None:
        if claim.amount <= 0:
            return []
        words = "nothing is left to give back for it"
        return [Noted("post-sales", words), AttentionRaised("shortfall", words)]
    events: list[object] = [RefundRequested(refund.refund_id, refund)]
    if refund.shortfall_minor:
        events.append(AttentionRaised("shortfall", f"{refund.shortfall_minor} minor units could not be given back"))
    return events


def _units_of(cancellation: Cancellation, file: OrderFile) -> dict[int, int]:
    """Confirmed units per line whose worth nobody has spent yet, and shipping cancelled along with the last goods."""
    units = {line.line_number: line.confirmed for line in cancellation.lines if line.confirmed}
    for number, line in file.lines.items():
        unspent = line.units.at(Bucket.CANCELLED) - line.cancelled_spent
        if number in units:
            units[number] = min(units[number], unspent)
        elif line.sold.product_type == "SHIPPING" and unspent > 0 and not line.units.shop_cancelled:
            units[number] = unspent
    return {number: quantity for number, quantity in units.items() if quantity > 0}


def surplus(file: OrderFile) -> int:
    """Money captured beyond what the order still is worth, less what cancellations already give back."""
    captured = snapshot(file).captured
    return max(0, captured - (order_total(file) - cancelled_worth(file)) - cancellation_refunds(file))


def for_cancellation(cancellation: Cancellation, file: OrderFile, run: Run) -> Iterator[object]:
    """The money of a cancellation at its end: its units spend their worth; what is captured beyond the rest of the order is
    refunded, what is only authorised is voided (domain.md 3). Yields events; each is folded before the next is asked for."""
    policy = run.policy(file.sales_channel, cancellation.policy_version)
    units = _units_of(cancellation, file)
    if not units:
        return
    shipping = shipping_rest(file, units, policy.refunds)
    lines = (*lines_of(file, units), *(line for line, _ in shipping))
    spent = (*units.items(), *((line.line_number, quantity) for line, quantity in shipping))
    over = snapshot(file).captured - order_total(file) - cancellation_refunds(file)
    worth = sum(line.gross_minor for line in lines)
    refund = min(worth, max(0, over + cancelled_worth(file) + sum(line.gross_minor for line, _ in shipping)))
    yield WorthSpent(spent, cancelled=True)
    file = run.order(_ref(file))
    for event in _voids(cancellation, file, worth - refund, run):
        yield event
        file = run.order(_ref(file))
    if refund > 0:
        claim = Claim(
            refund_type=RefundType.CANCELLATION,
            lines=lines,
            voided=worth - refund,
            comment=cancellation.reason,
            asked_by=cancellation.asked_by,
            case_id=cancellation.case_id,
            case_line_id=cancellation.case_line_id,
            cancellation_id=cancellation.cancellation_id,
            policy_version=cancellation.policy_version,
        )
        for event in requested(claim, file, run):
            yield event
            if isinstance(event, RefundRequested):
                yield CancellationRefundLinked(cancellation.cancellation_id, event.refund_id)


def _ref(file: OrderFile) -> Ref:
    return Ref(Kind.ORDER, file.key)


def _voids(cancellation: Cancellation, file: OrderFile, amount: int, run: Run) -> list[object]:
    """Authorised money to let go: `amount`, or the whole rest when no unit is left."""
    money = snapshot(file)
    if all(line.units.at(Bucket.CANCELLED) == line.units.quantity for line in file.lines.values()):
        amount = sum(p.authorized for p in money.payments.values())
    if amount <= 0:
        return []
    legs = plan_voids(money, voids_asked(file), amount, run.ids)
    return [VoidsSent(cancellation.cancellation_id, legs)] if legs else []


def voids_asked(file: OrderFile) -> dict[str, int]:
    """Per payment: voids sent or unanswered, which the fold of the gateway's words does not count yet."""
    asked: dict[str, int] = {}
    for cancellation in file.cancellations.values():
        for leg in cancellation.voids:
            if leg.state in (LegState.SENT, LegState.UNANSWERED):
                asked[leg.payment_ref] = asked.get(leg.payment_ref, 0) + leg.amount_minor
    return asked


def for_late_capture(file: OrderFile, run: Run) -> list[object]:
    """Money captured after units were cancelled: each positive surplus makes one refund for the newest cancellation."""
    amount = surplus(file)
    over = (*ENDED, CancellationState.TIMED_OUT)
    confirmed = [c for c in file.cancellations.values() if any(line.confirmed for line in c.lines)]
    ended = [c for c in confirmed if c.state in over]
    if not amount or not ended:
        return []
    newest = ended[-1]
    units = {line.line_number: line.confirmed for line in newest.lines if line.confirmed}
    lines = late_lines(file, units, amount)
    claim = Claim(
        refund_type=RefundType.CANCELLATION,
        lines=lines,
        voided=max(0, sum(line.gross_minor for line in lines) - amount),
        comment=newest.reason,
        asked_by=newest.asked_by,
        case_id=newest.case_id,
        case_line_id=newest.case_line_id,
        cancellation_id=newest.cancellation_id,
        policy_version=newest.policy_version,
    )
    events: list[object] = []
    for event in requested(claim, file, run):
        events.append(event)
        if isinstance(event, RefundRequested):
            events.append(CancellationRefundLinked(newest.cancellation_id, event.refund_id))
    return events


def late_lines(file: OrderFile, units: dict[int, int], amount: int) -> tuple[RefundLine, ...]:
    """Lines for worth that is spent already: the cancelled worth of each line, as it was when it was spent, up to amount."""
    made: list[RefundLine] = []
    for number in (*units, *(n for n in file.lines if n not in units)):
        line = file.lines[number]
        if amount <= 0 or not line.cancelled_worth:
            continue
        fresh = replace(line, worth=replace(line.worth, base=line.value, units=line.sold.quantity, spent=0))
        worth = lines_of(replace(file, lines={number: fresh}), {number: line.cancelled_spent})
        made += worth
        amount -= sum(item.gross_minor for item in worth)
    return tuple(made)
