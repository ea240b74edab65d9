"""What holds after every input: the invariants of the domain's own page (section 14), each under its words there.

`Watch()` is handed to a `WatchedWorker`. It keeps what must not change and what must not come twice, and raises
AssertionError with the invariant's name and what broke it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from domain.cases import Case
from domain.checkouts import CheckoutFile
from domain.commands import Command
from domain.order_file import OrderFile, OrderLine
from domain.orders import given_by_line, payment_groups
from domain.payments import fold
from domain.quantities import Bucket
from domain.refunds import PENDING_LEGS, Leg, Refund, RefundRequested, RefundRetried
from domain.vocabulary import (
    CancellationState,
    ExchangeState,
    LegState,
    RefundState,
    RefundType,
    ReshipmentState,
    ReturnState,
)
from domain.world import Effect, Outcome, Step
from tests.builders.records import Records
from tests.builders.watched_worker import WatchedWorker

B = Bucket
OPEN_RETURN: Final = (ReturnState.REQUESTED, ReturnState.APPROVED, ReturnState.PARTLY_RECEIVED, ReturnState.RECEIVED)
CALLED_OFF: Final = (ExchangeState.CANCELLED, ExchangeState.CONVERTED_TO_REFUND, ReshipmentState.CANCELLED)
"""The originals of these are nobody's replacement any more."""


def buckets_sum_to_the_quantity(file: OrderFile) -> None:
    """Buckets of a line sum to its quantity and none is negative."""
    for number, line in file.lines.items():
        units = line.units
        assert all(count > 0 for count in units.buckets.values()), (number, units.buckets)
        assert sum(units.buckets.values()) == line.sold.quantity, (number, units.buckets)
        assert sum(units.public().values()) == line.sold.quantity, (number, units.public())
        assert all(0 < count <= units.at(bucket) for bucket, count in units.spent.items()), (number, units)
        assert 0 <= units.shop_cancelled <= units.at(B.CANCELLED), (number, units)
        assert min(units.left, units.arrived, units.implied) >= 0, (number, units)


def splitting_never_changes_totals(file: OrderFile) -> None:
    """Splitting a refund never changes its totals · a full refund is the paid total exactly, per tax rate.

    What units gave and what the others still are worth sum to the line's value, to the cent and per rate; appeasements
    come off it, and only they do.
    """
    appeased = {
        line.line_number
        for refund in file.refunds.values()
        if refund.refund_type is RefundType.APPEASEMENT
        for line in refund.lines
    }
    for number, line in file.lines.items():
        rest = line.worth.of(line.worth.units - line.worth.spent)
        assert rest.gross >= 0, (number, line.worth)
        if number not in appeased:
            assert line.worth.given + rest == line.value, (number, line.worth, line.value)


def amounts_fit(refund: Refund) -> None:
    """Net + tax = gross everywhere; amount = Σ lines − fee − shortfall − voided = Σ legs that are not replaced."""
    for line in refund.lines:
        assert line.net_minor + line.tax_minor == line.gross_minor, line
        assert sum(tax.amount_minor for tax in line.taxes) == line.tax_minor, line
        assert line.gross_minor > 0, line
    off = refund.fee_minor + refund.shortfall_minor + refund.voided_minor
    assert min(refund.fee_minor, refund.shortfall_minor, refund.voided_minor) >= 0, refund
    assert refund.amount_minor > 0, refund
    if refund.refund_type is not RefundType.CHECKOUT:
        assert refund.amount_minor == sum(line.gross_minor for line in refund.lines) - off, refund
    live = [leg for leg in refund.legs if leg.state is not LegState.REPLACED]
    assert sum(leg.amount_minor for leg in live) == refund.amount_minor, refund
    assert all(leg.amount_minor > 0 for leg in refund.legs), refund


def payments_fold_in_any_order(file: OrderFile | CheckoutFile) -> None:
    """The fold of payments is independent of arrival order and duplicates."""
    said = file.operations
    again = fold((*reversed(said), *said[::2], *said[1::2]), file.currency)
    assert again == fold(said, file.currency), said


def released_only_if_confirmed(file: OrderFile | CheckoutFile) -> None:
    """RELEASED only if every leg is confirmed, by a success of the gateway that stands."""
    counted = {group.reference: group.counted for group in payment_groups(file)}
    for refund in file.refunds.values():
        if refund.state is RefundState.RELEASED:
            live = [leg for leg in refund.legs if leg.state is not LegState.REPLACED]
            assert live, refund
            assert all(leg.state is LegState.CONFIRMED for leg in live), refund
            assert all(counted.get(leg.leg_id, 0) > 0 for leg in live), (refund, counted)


def held_by_one_remedy(file: OrderFile) -> None:
    """A unit is held by at most one open remedy · a failed or cancelled remedy gives back all it held.

    What lies in return_announced, is spent, or is asked of the warehouse is exactly what open remedies account for.
    """
    announced: Counter[int] = Counter()
    replaced: Counter[int] = Counter()
    for found in file.returns.values():
        exchange = file.exchanges.get(found.exchange_id or "")
        reshipment = file.reshipments.get(found.reshipment_id or "")
        called_off = (exchange and exchange.state in CALLED_OFF) or (reshipment and reshipment.state in CALLED_OFF)
        for item in found.lines:
            replaced[item.line_number] += 0 if called_off else item.replaced
            assert 0 <= item.decided <= item.received <= item.quantity, found
            if found.state in OPEN_RETURN:
                announced[item.line_number] += item.quantity - item.decided
    for made in file.reshipments.values():
        if made.state is not ReshipmentState.CANCELLED and not made.take_back:
            for each in made.lines:
                replaced[each.line_number] += each.quantity
    asked: Counter[int] = Counter()
    for cancellation in file.cancellations.values():
        if cancellation.state is CancellationState.ASKED_WAREHOUSE:
            for part in cancellation.lines:
                asked[part.line_number] += part.waiting
    for number, line in file.lines.items():
        assert line.units.at(B.RETURN_ANNOUNCED) == announced[number], (number, line.units, file.returns)
        assert sum(line.units.spent.values()) == replaced[number], (number, line.units, file.reshipments)
        assert line.units.at(B.CANCEL_ASKED) <= asked[number], (number, line.units, file.cancellations)


def _frozen(line: OrderLine) -> tuple[object, ...]:
    sold = line.sold
    return sold.quantity, sold.unit_price_minor, sold.discount_minor, sold.total_minor, sold.taxes, line.value


def _promised(refund: Refund) -> tuple[object, ...]:
    return (refund.refund_type, refund.amount_minor, refund.currency, refund.lines, refund.fee_minor,
            refund.shortfall_minor, refund.voided_minor, refund.created_at)  # fmt: skip


def nothing_is_repriced(step: Step) -> None:
    """No action re-prices anything else: what was sold, and what was promised, stays as it was."""
    was, now = step.before, step.after
    if isinstance(was, OrderFile) and isinstance(now, OrderFile):
        for number, line in was.lines.items():
            assert now.lines[number] is line or _frozen(now.lines[number]) == _frozen(line), (step.event, number)
    if isinstance(was, OrderFile | CheckoutFile) and isinstance(now, OrderFile | CheckoutFile):
        for refund_id, refund in was.refunds.items():
            after = now.refunds[refund_id]
            assert after is refund or _promised(after) == _promised(refund), (step.event, refund, after)
            assert refund.credit_note_number in (None, after.credit_note_number), (step.event, refund, after)


def asked_at_most_what_was_paid(step: Step) -> None:
    """What we ask for ≤ paid per line, shipping line, order, payment, at the moment when it is asked for."""
    file = step.after
    if not isinstance(step.event, RefundRequested | RefundRetried) or not isinstance(file, OrderFile | CheckoutFile):
        return
    refund = file.refunds[step.event.refund_id]
    money = fold(file.operations, file.currency)
    pending = _pending(file)
    again = isinstance(step.event, RefundRetried)
    new = {leg.payment_ref for leg in refund.legs if not again or _came_back(step, leg)}
    for ref in new:
        assert money[ref].raw_left(pending[ref]) >= 0, (ref, money[ref], pending[ref], refund)
    if new:
        captured = sum(payment.captured - payment.refunded - payment.charged_back for payment in money.values())
        assert captured - sum(pending.values()) - _offline(file) >= 0, (money, pending, refund)
    if isinstance(file, OrderFile) and not again:
        given = given_by_line(file)
        per_line = Counter[int]()
        for line in refund.lines:
            per_line[line.line_number] += line.gross_minor
        fits = sum(
            max(0, min(gross, file.lines[number].value.gross - given.get(number, 0) + gross))
            for number, gross in per_line.items()
        )
        assert refund.amount_minor <= fits, (refund, given)


def _came_back(step: Step, leg: Leg) -> bool:
    """Whether a leg's money did not count before the step, and does now."""
    before = step.before.refunds.values() if isinstance(step.before, OrderFile | CheckoutFile) else ()
    was = {each.leg_id: each.state for refund in before for each in refund.legs}
    return leg.state in PENDING_LEGS and was.get(leg.leg_id) not in PENDING_LEGS


def _pending(file: OrderFile | CheckoutFile) -> Counter[str]:
    pending: Counter[str] = Counter()
    for refund in file.refunds.values():
        if refund.state not in (RefundState.CANCELLED, RefundState.RELEASED_OFFLINE):
            for leg in refund.legs:
                pending[leg.payment_ref] += leg.amount_minor if leg.state in PENDING_LEGS else 0
    return pending


def _offline(file: OrderFile | CheckoutFile) -> int:
    return sum(
        leg.amount_minor
        for refund in file.refunds.values()
        if refund.state is RefundState.RELEASED_OFFLINE
        for leg in refund.legs
        if leg.state not in (LegState.CONFIRMED, LegState.REPLACED)
    )


def legs_of(file: OrderFile | CheckoutFile) -> Iterator[Leg]:
    """Everything ever asked of a gateway for this file: legs of refunds, and voids."""
    for refund in file.refunds.values():
        yield from refund.legs
    for cancellation in file.cancellations.values():
        yield from cancellation.voids


class Watch:
    """All of it after each input. Remembers keys, gateway references, ids, versions and answers over a whole life."""

    def __init__(self) -> None:
        self._records = Records()
        self._leg_of: dict[str, tuple[str, str, int]] = {}
        self._answered_by: dict[str, str] = {}
        self._answers: Counter[str] = Counter()
        self.seen: defaultdict[str, int] = defaultdict(int)

    def __call__(self, worker: WatchedWorker, message: Any, outcome: Outcome) -> None:
        self.seen[type(message).__name__] += 1
        self._once_answered(message, outcome)
        for step in outcome.steps:
            self.seen[type(step.event).__name__] += 1
            nothing_is_repriced(step)
            asked_at_most_what_was_paid(step)
        for thing in outcome.changed.values():
            if isinstance(thing, OrderFile):
                buckets_sum_to_the_quantity(thing)
                splitting_never_changes_totals(thing)
                held_by_one_remedy(thing)
            if isinstance(thing, OrderFile | CheckoutFile):
                payments_fold_in_any_order(thing)
                released_only_if_confirmed(thing)
                self._one_key_a_leg(thing)
                for refund in thing.refunds.values():
                    amounts_fit(refund)
            if isinstance(thing, Case):
                assert len({(line.number) for line in thing.lines.values()}) == len(thing.lines), thing
        self._records(worker, outcome)

    def _once_answered(self, message: Any, outcome: Outcome) -> None:
        """At most one reply per command; one that is refused or only tried changes nothing."""
        if not isinstance(message, Command):
            assert outcome.reply is None
            return
        assert outcome.reply is not None
        assert outcome.reply.command_id == message.command_id
        if not message.dry_run:
            self._answers[message.command_id] += 1
            assert self._answers[message.command_id] == 1, message
        if outcome.effect is not Effect.APPLIED:
            assert not outcome.changed, message
            assert not outcome.steps, message
        if outcome.reply.code:
            self.seen[outcome.reply.code] += 1

    def _one_key_a_leg(self, file: OrderFile | CheckoutFile) -> None:
        """One leg, one key, at most one gateway reference."""
        for leg in legs_of(file):
            fixed = (file.key, leg.payment_ref, leg.amount_minor)
            assert self._leg_of.setdefault(leg.leg_id, fixed) == fixed, leg
            if leg.gateway_reference:
                owner = self._answered_by.setdefault(leg.gateway_reference, leg.leg_id)
                assert owner == leg.leg_id, (leg, owner)
