"""What the system itself opens a case for, one per cause, and when it heals (domain.md 4, "Opened automatically")."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from domain.checkouts import CheckoutFile
from domain.order_file import OrderFile
from domain.orders import (
    Snapshot,
    cancellation_refunds,
    cancelled_worth,
    judged_lines,
    left_of_line,
    order_total,
    payment_groups,
    snapshot,
    status,
)
from domain.payments import AUTHORISE, CAPTURE, Group
from domain.quantities import Bucket
from domain.refunds import PENDING_LEGS
from domain.timers import IN_HOUSE, is_out
from domain.vocabulary import (
    CancellationState,
    LegState,
    OrderStateName,
    OrderStatus,
    RefundState,
    RefundType,
    ReshipmentState,
)

MoneyFile = OrderFile | CheckoutFile


@dataclass(frozen=True, slots=True)
class _Money:
    """What several rules read of a file's payments, computed once."""

    snapshot: Snapshot
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Concern:
    """`lines`: the order lines concerned, none for the whole order or checkout."""

    because: str
    lines: tuple[int, ...] = ()


def _total(file: MoneyFile) -> int:
    return file.total_minor if isinstance(file, CheckoutFile) else order_total(file)


def _cancelled(file: MoneyFile) -> bool:
    return isinstance(file, OrderFile) and status(file) is OrderStateName.CANCELLED


def _authorization_failed(file: MoneyFile, money: _Money) -> bool:
    """A failure exists, and what is authorised and captured does not cover the total."""
    failed = any(
        group.action == AUTHORISE and group.failed_at is not None and not group.counted for group in money.groups
    )
    if not failed or _cancelled(file):
        return False
    payments = money.snapshot.payments.values()
    live = sum(max(0, payment.authorized - payment.captured - payment.voided) for payment in payments)
    return live + sum(payment.captured for payment in payments) < _total(file)


def _capture_failed(file: MoneyFile, money: _Money) -> bool:
    return not _cancelled(file) and any(
        group.action == CAPTURE and group.failed_at is not None and not group.counted for group in money.groups
    )


def _void_failed(file: MoneyFile, _money: _Money | None = None) -> bool:
    return any(leg.state is LegState.FAILED for found in file.cancellations.values() for leg in found.voids)


def _refund_failed(file: MoneyFile, _money: _Money | None = None) -> bool:
    return _has_leg(file, LegState.FAILED)


def _refund_reversed(file: MoneyFile, _money: _Money | None = None) -> bool:
    return _has_leg(file, LegState.REVERSED)


def _has_leg(file: MoneyFile, state: LegState) -> bool:
    over = (RefundState.RELEASED_OFFLINE, RefundState.CANCELLED)
    return any(
        leg.state is state for refund in file.refunds.values() if refund.state not in over for leg in refund.legs
    )


def _charged_back(_file: MoneyFile, money: _Money) -> bool:
    return any(payment.charged_back for payment in money.snapshot.payments.values())


def _amount_mismatch(file: MoneyFile, money: _Money) -> bool:
    """The shop calls the order complete, and yet something is due or overcharged, with no money of a cancellation open."""
    if not isinstance(file, OrderFile) or file.root_id or file.facts.status is not OrderStatus.COMPLETE:
        return False
    voids = any(leg.state in PENDING_LEGS for found in file.cancellations.values() for leg in found.voids)
    refunds = any(
        refund.refund_type is RefundType.CANCELLATION
        and refund.state in (RefundState.REQUESTED, RefundState.PENDING_RELEASE)
        for refund in file.refunds.values()
    )
    return not voids and not refunds and money.snapshot.due != 0


def _cancelled_by_shop(file: MoneyFile, money: _Money) -> bool:
    """The shop cancelled after money was captured, and it is not back yet."""
    if not isinstance(file, OrderFile) or not file.shop_cancelled:
        return False
    now = money.snapshot
    back = max(now.refunded, cancellation_refunds(file))
    return now.captured - back > now.order_total - cancelled_worth(file)


def _cancellation_unanswered(file: MoneyFile, _money: _Money | None = None) -> bool:
    return any(found.state is CancellationState.TIMED_OUT for found in file.cancellations.values())


def _shipment_lost(file: MoneyFile) -> tuple[int, ...]:
    """Lines with units lost on the way that were neither sent again and delivered nor given back in money."""
    if not isinstance(file, OrderFile) or not any(Bucket.LOST in line.units.buckets for line in file.lines.values()):
        return ()
    replaced: dict[int, int] = {}
    for reshipment in file.reshipments.values():
        if reshipment.state is ReshipmentState.COMPLETED:
            for line in reshipment.lines:
                held = dict(line.held).get(Bucket.LOST, 0)
                replaced[line.line_number] = replaced.get(line.line_number, 0) + held
    written_off: dict[int, int] = {}
    for found in file.returns.values():
        for back in found.lines:
            gone = back.lost + max(0, back.wrong + back.short - back.rejected)
            written_off[back.line_number] = written_off.get(back.line_number, 0) + gone
    return tuple(
        number
        for number, order_line in file.lines.items()
        if order_line.units.at(Bucket.LOST) > replaced.get(number, 0) + written_off.get(number, 0)
        and (left_of_line(file, number) or not order_line.value.gross)
    )


def _declined(file: OrderFile) -> tuple[int, ...]:
    return tuple(line.sold.line_number for line in judged_lines(file) if line.units.at(Bucket.DECLINED))


def _not_shipped(file: OrderFile) -> tuple[int, ...]:
    return tuple(line.sold.line_number for line in judged_lines(file) if line.units.at(*IN_HOUSE))


_MONEY: Final[dict[str, Callable[[MoneyFile, _Money], bool]]] = {
    "authorization_failed": _authorization_failed,
    "capture_failed": _capture_failed,
    "void_failed": _void_failed,
    "refund_failed": _refund_failed,
    "refund_reversed": _refund_reversed,
    "charged_back": _charged_back,
    "amount_mismatch": _amount_mismatch,
    "cancelled_by_shop": _cancelled_by_shop,
    "cancellation_unanswered": _cancellation_unanswered,
}
"""Concerns that stand as long as they can be read from the state."""

TIMED: Final[dict[str, Callable[[OrderFile], tuple[int, ...]]]] = {"declined": _declined, "not_shipped": _not_shipped}
"""Concerns that a timer raises; they stand while such units are left."""

NEVER_HEALS: Final = frozenset({"cancellation_refused", "return_unmatched", "fact_conflict"})
"""Concerns about something that happened; a person ends them."""


def money_is_the_same(before: MoneyFile, after: MoneyFile) -> bool:
    """Whether nothing has changed that a concern about money could be read from."""
    if before.operations is not after.operations or before.refunds is not after.refunds:
        return False
    if before.cancellations != after.cancellations:
        return False
    if isinstance(before, CheckoutFile) or isinstance(after, CheckoutFile):
        return getattr(before, "total_minor", None) == getattr(after, "total_minor", None)
    if before.order is not after.order or before.shop_cancelled is not after.shop_cancelled:
        return False
    return before.lines is after.lines or _as_many_cancelled(before, after)


def _as_many_cancelled(before: OrderFile, after: OrderFile) -> bool:
    if before.lines.keys() != after.lines.keys():
        return False
    for number, line in after.lines.items():
        was = before.lines[number]
        if was is not line and was.units.at(Bucket.CANCELLED) != line.units.at(Bucket.CANCELLED):
            return False
    return True


def standing(file: MoneyFile, before: MoneyFile | None = None) -> Iterator[Concern]:
    """Every concern that the state gives cause for, with those that a timer raised and that still hold.

    `before`: the file as it was; concerns about money stand as they did when nothing about money has changed since.
    """
    if isinstance(file, OrderFile) and not file.known:
        return
    if before is not None and money_is_the_same(before, file):
        yield from (Concern(because) for because in file.concerns if because in _MONEY)
    elif file.operations or file.refunds or file.cancellations or _is_complete(file):
        money = _Money(snapshot(file), payment_groups(file))
        yield from (Concern(because) for because, holds in _MONEY.items() if holds(file, money))
    if lost := _shipment_lost(file):
        yield Concern("shipment_lost", lost)
    if isinstance(file, OrderFile) and file.concerns:
        for because, lines_of in TIMED.items():
            if because in file.concerns and (lines := lines_of(file)):
                yield Concern(because, lines)


def lines_of_concern(file: MoneyFile | None, because: str) -> tuple[int, ...]:
    """The lines that a concern was about in an earlier state; none for one about the whole."""
    if not isinstance(file, OrderFile) or not file.known:
        return ()
    if because == "shipment_lost":
        return _shipment_lost(file)
    return TIMED[because](file) if because in TIMED else ()


def _is_complete(file: MoneyFile) -> bool:
    return isinstance(file, OrderFile) and file.facts.status is OrderStatus.COMPLETE


_SELF_HEALING: Final[dict[str, Callable[[MoneyFile], bool]]] = {
    "refund_reversed": _refund_reversed,
    "leg_unanswered": lambda file: (
        _has_leg(file, LegState.UNANSWERED)
        or any(leg.state is LegState.UNANSWERED for found in file.cancellations.values() for leg in found.voids)
    ),
}
"""Attention codes that come and go with the state."""


def _goods_late(file: MoneyFile) -> bool:
    """Whether goods of which a person was told that they are late are still not back."""
    return isinstance(file, OrderFile) and any(is_out(file, return_id) for return_id in file.overdue)


def attention_moves(file: MoneyFile) -> tuple[list[str], tuple[str, ...]]:
    """Attention codes to raise and to clear, as the state is now."""
    if not (file.attention or file.refunds or file.cancellations):
        return [], ()
    holds = {code: rule(file) for code, rule in _SELF_HEALING.items()} if file.refunds or file.cancellations else {}
    raised = [code for code, holding in holds.items() if holding and code not in file.attention]
    cleared = tuple(code for code in file.attention if code in _SELF_HEALING and not holds.get(code))
    if "overdue" in file.attention and not _goods_late(file):
        cleared += ("overdue",)
    return raised, cleared
