"""How much may still go back, and over which payments: the four ceilings and the plan of legs (domain.md 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.identity import Ids
from domain.orders import MoneyFile, Snapshot, left_of_line, snapshot
from domain.payments import Payment
from domain.policy import RefundPolicy
from domain.refunds import Leg, RefundLine


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What is left, all at the same moment, minor units. `order`: of all money; `lines` and `payments` one by one."""

    order: int
    lines: dict[int, int]
    payments: dict[str, int]

    @property
    def paid(self) -> int:
        """What the payments together can still give: never more than one of them has is taken from it."""
        return sum(self.payments.values())

    def allows(self, lines: Sequence[RefundLine]) -> int:
        """The most that may be given for these lines."""
        by_line: dict[int, int] = {}
        for line in lines:
            by_line[line.line_number] = by_line.get(line.line_number, 0) + line.gross_minor
        fitting = sum(min(gross, self.lines.get(number, 0)) for number, gross in by_line.items())
        return min(fitting, self.order, self.paid)


def ceilings(file: MoneyFile) -> Ceilings:
    """The ceilings of an order with money. Pending and unanswered money counts as gone, failed money does not."""
    money = snapshot(file)
    payments = {ref: p.left(money.pending_by_payment.get(ref, 0)) for ref, p in money.payments.items()}
    return Ceilings(money.left, {number: left_of_line(file, number) for number in file.lines}, payments)


def in_leg_order(payments: Sequence[Payment], policy: RefundPolicy) -> list[Payment]:
    """Captured payments in the order in which they are asked to give back: newest capture first (tie: payment_ref), those of
    the newest capture's method before the others, unless the policy says otherwise."""
    captured = sorted((p for p in payments if p.captured), key=lambda p: p.payment_ref)
    newest_first = sorted(captured, key=lambda p: -(p.captured_at or 0))
    if not newest_first:
        return []
    method = newest_first[0].method
    ordered = newest_first
    if "oldest" in policy.leg_order:
        ordered = sorted(captured, key=lambda p: p.captured_at or 0)
    elif "largest" in policy.leg_order:
        ordered = sorted(captured, key=lambda p: -p.captured)
    if "same_method" in policy.leg_order:
        ordered = sorted(ordered, key=lambda p: p.method != method)
    return ordered


def plan_legs(money: Snapshot, amount: int, policy: RefundPolicy, ids: Ids) -> tuple[Leg, ...]:
    """`amount` spread over the payments, each at most what it has left. The sum may be less where they have less."""
    legs = []
    for payment in in_leg_order(list(money.payments.values()), policy):
        part = min(amount, payment.left(money.pending_by_payment.get(payment.payment_ref, 0)))
        if part > 0:
            legs.append(_leg(payment, part, ids))
            amount -= part
    return tuple(legs)


def plan_voids(money: Snapshot, asked: dict[str, int], amount: int, ids: Ids) -> tuple[Leg, ...]:
    """Authorised money to let go, newest authorisation first. `asked`: voids under way or done, per payment, beyond what
    the fold counts."""
    legs = []
    payments = sorted(money.payments.values(), key=lambda p: (-(p.authorized_at or 0), p.payment_ref))
    for payment in payments:
        rest = payment.authorized - payment.captured - payment.voided - asked.get(payment.payment_ref, 0)
        part = min(amount, max(0, rest))
        if part > 0:
            legs.append(_leg(payment, part, ids))
            amount -= part
    return tuple(legs)


def _leg(payment: Payment, amount: int, ids: Ids) -> Leg:
    return Leg(
        leg_id=ids.new("leg"),
        payment_ref=payment.payment_ref,
        gateway=payment.gateway,
        method=payment.method,
        amount_minor=amount,
    )
