"""What must be looked at again at a certain time: computed from the state after every change, never remembered beside it.

A remedy, and a case, has the times of the policy that it began under; an order that stands still those of the one in force.

A timer that comes due is put through the same way as any input (architecture.md 2). It decides nothing by itself: what it
does is checked against the state as it is then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from domain.cases import Case
from domain.checkouts import CheckoutFile
from domain.memo import once
from domain.order_file import OrderFile
from domain.orders import judged_lines
from domain.policy import Policies
from domain.quantities import STAGES, Bucket
from domain.refunds import Leg
from domain.run import case_ref, checkout_ref, order_ref
from domain.vocabulary import (
    CancellationState,
    CaseState,
    ExchangeState,
    LegState,
    OrderChangeState,
    ReshipmentState,
    ReturnSettlement,
    ReturnState,
    SlaState,
)
from domain.world import Aggregate, Ref

_NAMES: Final = UUID("6f4c6a0b-6c7e-4b7e-9a25-4f6d1c0e7a11")


@dataclass(frozen=True, slots=True, order=True)
class Timer:
    """`name` says what is looked at, `entity_id` of what ("" of the thing itself). At most one a (ref, name, entity_id).
    `due_at` in µs UTC."""

    ref: Ref
    name: str
    entity_id: str
    due_at: int

    @property
    def cause_id(self) -> str:
        """The root id of what the timer brings about: uuid5(timer id, due) (contract.md 4)."""
        timer_id = uuid5(_NAMES, f"{self.ref.kind} {self.ref.key} {self.name} {self.entity_id}")
        return str(uuid5(timer_id, str(self.due_at)))


@dataclass(frozen=True, slots=True)
class TimerDue:
    """The input that a timer becomes when its time has come."""

    timer: Timer


Due = tuple[str, str, int]


def timers(thing: Aggregate, policies: Policies) -> tuple[Timer, ...]:
    """All timers that the thing wants now, in a stable order; those it wanted before and does not name any more are off."""
    if isinstance(thing, Case):
        ref, found = case_ref(thing.case_id), _of_case(thing, policies)
    elif isinstance(thing, CheckoutFile):
        ref, found = checkout_ref(thing.sales_channel, thing.checkout_id), _of_refunds(thing, policies)
    elif isinstance(thing, OrderFile) and thing.known:
        ref, found = order_ref(thing.sales_channel, thing.order_id), _of_order(thing, policies)
    else:
        return ()
    wanted = sorted(found)
    return tuple([Timer(ref, *due) for due in wanted]) if wanted else ()


def _of_case(case: Case, policies: Policies) -> Iterator[Due]:
    policy = policies.of(case.sales_channel, case.policy_version).cases
    if case.sla_state is SlaState.RUNNING and case.sla_due_at is not None:
        yield "sla", "", case.sla_due_at
    if case.state is CaseState.RESOLVED and case.resolved_at is not None and not case.attention:
        if not case.reminded:
            yield "reminder", "", case.resolved_at + policy.reminder
        yield "close", "", case.resolved_at + policy.close


def _of_refunds(file: OrderFile | CheckoutFile, policies: Policies) -> Iterator[Due]:
    """Legs that the gateway owes an answer for, refunds and voids alike."""
    legs: list[tuple[str, Leg, str]] = []
    for refund in file.refunds.values():
        legs += [("refund_leg", leg, refund.policy_version) for leg in refund.legs]
    for cancellation in file.cancellations.values():
        legs += [("void_leg", leg, cancellation.policy_version) for leg in cancellation.voids]
    for name, leg, version in legs:
        if leg.state is LegState.SENT and leg.sent_at is not None:
            yield name, leg.leg_id, leg.sent_at + policies.of(file.sales_channel, version).refunds.answer


def _of_order(file: OrderFile, policies: Policies) -> Iterator[Due]:
    if file.cancellations or file.changes:
        yield from _answers(file, policies)
    if file.returns or file.exchanges or file.reshipments:
        yield from _returns(file, policies)
        yield from _reshipments(file, policies)
    if file.refunds or file.cancellations:
        yield from _of_refunds(file, policies)
    yield from _standstill(file, policies)


def _answers(file: OrderFile, policies: Policies) -> Iterator[Due]:
    for cancellation in file.cancellations.values():
        if cancellation.state is CancellationState.ASKED_WAREHOUSE:
            answer = policies.of(file.sales_channel, cancellation.policy_version).cancel.answer
            yield "cancellation", cancellation.cancellation_id, cancellation.created_at + answer
    for change in file.changes.values():
        if change.state is OrderChangeState.ASKED:
            answer = policies.of(file.sales_channel, change.policy_version).changes.answer
            yield "change", change.change_id, change.created_at + answer


def _returns(file: OrderFile, policies: Policies) -> Iterator[Due]:
    """Goods that do not come: a return for money expires, one for an exchange or reshipment is overdue."""
    for found in file.returns.values():
        waits = found.state in (ReturnState.REQUESTED, ReturnState.APPROVED)
        money = all(line.settlement in (ReturnSettlement.REFUND, ReturnSettlement.NONE) for line in found.lines)
        if waits and money and found.return_id not in file.overdue:
            expire = policies.of(file.sales_channel, found.policy_version).returns.expire
            yield "return", found.return_id, found.created_at + expire
    for exchange in file.exchanges.values():
        if exchange.state in (ExchangeState.ORDER_CREATED, ExchangeState.SHIPPED) and is_out(file, exchange.return_id):
            overdue = policies.of(file.sales_channel, exchange.policy_version).exchanges.overdue
            yield "exchange", exchange.exchange_id, exchange.created_at + overdue
    for reshipment in file.reshipments.values():
        told = reshipment.return_id in file.overdue
        if reshipment.take_back and is_out(file, reshipment.return_id) and not told:
            overdue = policies.of(file.sales_channel, reshipment.policy_version).exchanges.overdue
            yield "take_back", reshipment.reshipment_id, reshipment.created_at + overdue


def is_out(file: OrderFile, return_id: str | None) -> bool:
    """Whether goods of the return are still on their way."""
    found = file.returns.get(return_id or "")
    return found is not None and found.state in (
        ReturnState.REQUESTED,
        ReturnState.APPROVED,
        ReturnState.PARTLY_RECEIVED,
    )


def _reshipments(file: OrderFile, policies: Policies) -> Iterator[Due]:
    """R orders of which nobody hears that they arrived."""
    for reshipment in file.reshipments.values():
        if reshipment.state is ReshipmentState.SHIPPED and reshipment.shipped_at is not None:
            complete = policies.of(file.sales_channel, reshipment.policy_version).reshipments.complete
            yield "reshipment", reshipment.reshipment_id, reshipment.shipped_at + complete


IN_HOUSE: Final = (Bucket.OPEN, *STAGES, Bucket.CANCEL_ASKED)


@once("lines")
def _standing_still(file: OrderFile) -> tuple[bool, int | None]:
    """Whether units are in the house, and since when (µs) the first of those that were declined are."""
    lines = judged_lines(file)
    since = [line.units.declined_at for line in lines if line.units.declined_at is not None]
    return any(not line.units.buckets.keys().isdisjoint(IN_HOUSE) for line in lines), min(since, default=None)


def _standstill(file: OrderFile, policies: Policies) -> Iterator[Due]:
    """Units that do not leave, and units that a warehouse declined and nobody dealt with."""
    policy = policies.of(file.sales_channel).cases
    in_house, declined_at = _standing_still(file)
    if in_house and "not_shipped" not in file.concerns:
        yield "not_shipped", "", max(file.facts.placed_at, file.healed.get("not_shipped", 0)) + policy.not_shipped
    if declined_at is not None and "declined" not in file.concerns:
        yield "declined", "", max(declined_at, file.healed.get("declined", 0)) + policy.declined
