"""The order file as it reads from outside: line and order status, the payments snapshot, what is left to give back."""

from dataclasses import dataclass
from typing import Final, Protocol

from domain.making import quickly_made
from domain.memo import once
from domain.money import share_out
from domain.order_file import OrderFile, OrderLine
from domain.payments import Group, Operation, Payment, fold, groups
from domain.quantities import LEFT_THE_HOUSE, STAGES, Bucket
from domain.refunds import LIVE_LEGS, PENDING_LEGS, Refund
from domain.vocabulary import (
    LegState,
    LineStatusName,
    OrderStateName,
    OrderStatus,
    ProductType,
    RefundState,
    RefundType,
)

B = Bucket


class MoneyFile(Protocol):
    """What payments and refunds belong to: an order, or a checkout without lines."""

    @property
    def currency(self) -> str: ...
    @property
    def lines(self) -> dict[int, OrderLine]: ...
    @property
    def operations(self) -> tuple[Operation, ...]: ...
    @property
    def refunds(self) -> dict[str, Refund]: ...


_BACK: Final = frozenset({B.BACK_GOOD, B.BACK_DAMAGED, B.RETURN_REJECTED})
_LEFT: Final = frozenset(LEFT_THE_HOUSE)
_WORD: Final = {
    "RECEIVED": LineStatusName.RECEIVED,
    "ONHOLD": LineStatusName.ONHOLD,
    "BACKORDERED": LineStatusName.BACKORDERED,
}


@once("units")
def line_status(line: OrderLine) -> LineStatusName:
    """The first that fits, in the order of domain.md 2."""
    buckets = line.units.buckets
    total = left = back = 0
    for bucket, quantity in buckets.items():
        total += quantity
        if bucket in _LEFT:
            left += quantity
            if bucket in _BACK:
                back += quantity
    live = total - buckets.get(B.CANCELLED, 0)
    if not live:
        return LineStatusName.CANCELLED
    if left:
        return _status_outside(buckets, live, left, back)
    return LineStatusName.DECLINED if buckets.get(B.DECLINED) else _stage_status(line)


def _status_outside(buckets: dict[Bucket, int], live: int, left: int, back: int) -> LineStatusName:
    """While some units have left the house."""
    if back:
        return LineStatusName.RETURNED if back == live else LineStatusName.PARTLY_RETURNED
    if buckets.get(B.RETURN_ANNOUNCED):
        return LineStatusName.RETURN_ANNOUNCED
    if buckets.get(B.LOST):
        return LineStatusName.LOST
    if left < live:
        return LineStatusName.PARTLY_SHIPPED
    return LineStatusName.DELIVERED if buckets.get(B.DELIVERED) == live else LineStatusName.SHIPPED


def _stage_status(line: OrderLine) -> LineStatusName:
    """While all units are in the house: ONHOLD if any is, else the lowest stage that has units, else the last word."""
    units = line.units
    if units.at(B.ONHOLD):
        return LineStatusName.ONHOLD
    for stage in STAGES:
        if units.at(stage):
            return LineStatusName(stage.name)
    if units.at(B.CANCEL_ASKED):
        return LineStatusName.RECEIVED
    return LineStatusName.BACKORDERED if units.warehouse_word == "BACKORDERED" else LineStatusName.NEW


def judged_lines(file: OrderFile) -> list[OrderLine]:
    """The lines that make the order's status: the PHYSICAL ones, all when there is none."""
    physical = [line for line in file.lines.values() if line.sold.product_type is ProductType.PHYSICAL]
    return physical or list(file.lines.values())


_PLACE: Final = {
    **dict.fromkeys(LEFT_THE_HOUSE, "left"),
    B.CANCELLED: "cancelled",
    B.OPEN: "open",
    B.DECLINED: "open",
    B.CANCEL_ASKED: "asked",
    B.RECEIVED: "received",
    B.ONHOLD: "held",
    B.PICKED: "ready",
    B.PACKED: "ready",
}
_PLACES: Final = tuple(dict.fromkeys(_PLACE.values()))


@once("lines", "order")
def status(file: OrderFile) -> OrderStateName:
    """The order's status, the first that holds, in the order of domain.md 2. The shop's own word only if nothing does."""
    shop = file.facts.status
    counts = dict.fromkeys(_PLACES, 0)
    for line in judged_lines(file):
        for bucket, quantity in line.units.buckets.items():
            counts[_PLACE[bucket]] += quantity
    total, cancelled, left, held = sum(counts.values()), counts["cancelled"], counts["left"], counts["held"]
    asked, ready = counts["asked"], counts["ready"]
    stages = counts["received"] + held + ready
    if total and cancelled == total:
        return OrderStateName.CANCELLED
    if total and not counts["open"] + asked + stages:
        return OrderStateName.COMPLETE
    if (left and stages) or ready:
        return OrderStateName.LOGISTICS
    if left:
        return OrderStateName.PARTIALLY_COMPLETE
    if held or shop is OrderStatus.ONHOLD:
        return OrderStateName.ONHOLD
    if stages or asked:
        return OrderStateName.RECEIVED
    return OrderStateName(shop)


def live_share(refund: Refund, states: tuple[LegState, ...] = LIVE_LEGS) -> tuple[int, ...]:
    """Per line of the refund, how much of its gross stands: all of it while its legs do, a share when some failed.

    A cancelled refund holds nothing; what was released offline stands whole.
    """
    gross = [line.gross_minor for line in refund.lines]
    if refund.state is RefundState.CANCELLED:
        return (0,) * len(gross)
    if refund.state is RefundState.RELEASED_OFFLINE:
        return tuple(gross)
    whole = sum(leg.amount_minor for leg in refund.legs if leg.state is not LegState.REPLACED)
    live = sum(leg.amount_minor for leg in refund.legs if leg.state in states)
    if live == whole:
        return tuple(gross)
    return share_out(sum(gross) * live // whole if whole else 0, gross)


def given_by_line(file: MoneyFile, states: tuple[LegState, ...] = LIVE_LEGS) -> dict[int, int]:
    """Gross that refunds and appeasements give (or gave) per line number; `states` says which legs count."""
    given: dict[int, int] = {}
    for refund in file.refunds.values():
        for line, share in zip(refund.lines, live_share(refund, states), strict=True):
            given[line.line_number] = given.get(line.line_number, 0) + share
    return given


def left_of_line(file: MoneyFile, line_number: int) -> int:
    """A line's ceiling: value − live refunds and appeasements, never below 0."""
    return max(0, file.lines[line_number].value.gross - given_by_line(file).get(line_number, 0))


def pending_by_payment(file: MoneyFile) -> dict[str, int]:
    """Per payment what is planned, sent or unanswered and so no longer free."""
    pending: dict[str, int] = {}
    for refund in file.refunds.values():
        if refund.state in (RefundState.CANCELLED, RefundState.RELEASED_OFFLINE):
            continue
        for leg in refund.legs:
            if leg.state in PENDING_LEGS:
                pending[leg.payment_ref] = pending.get(leg.payment_ref, 0) + leg.amount_minor
    return pending


def offline_minor(file: MoneyFile) -> int:
    """Money that people paid outside the gateways: it counts for lines and the order, for no payment."""
    if not file.refunds:
        return 0
    return sum(
        leg.amount_minor
        for refund in file.refunds.values()
        if refund.state is RefundState.RELEASED_OFFLINE
        for leg in refund.legs
        if leg.state not in (LegState.CONFIRMED, LegState.REPLACED)
    )


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The payments snapshot of an order, minor units of its currency."""

    order_total: int
    captured: int
    refunded: int
    pending: int
    charged_back: int
    due: int
    left: int
    payments: dict[str, Payment]
    pending_by_payment: dict[str, int]


def order_total(file: MoneyFile) -> int:
    """Σ line totals − the order's discount, as sold."""
    return sum([line.value.gross for line in file.lines.values()])


def cancelled_worth(file: MoneyFile) -> int:
    """The worth of all cancelled units, of those too whose money nobody gave back."""
    return sum(
        [
            line.cancelled_worth + line.worth.of(line.units.at(B.CANCELLED) - line.cancelled_spent).gross
            for line in file.lines.values()
            if line.cancelled_worth or B.CANCELLED in line.units.buckets
        ]
    )


def cancellation_refunds(file: MoneyFile) -> int:
    """What live refunds of cancellations give back, pending ones too, failed ones not."""
    if not file.refunds:
        return 0
    return sum(
        sum(leg.amount_minor for leg in refund.legs if leg.state in LIVE_LEGS)
        if refund.state is not RefundState.RELEASED_OFFLINE
        else refund.amount_minor
        for refund in file.refunds.values()
        if refund.refund_type is RefundType.CANCELLATION and refund.state is not RefundState.CANCELLED
    )


@once("operations", "order")
def _groups_of(file: OrderFile) -> tuple[Group, ...]:
    return tuple(groups(file.operations, file.currency))


def payment_groups(file: MoneyFile) -> tuple[Group, ...]:
    """The state of every operation that a gateway spoke of. Worked out once for the payments of an order."""
    return _groups_of(file) if isinstance(file, OrderFile) else tuple(groups(file.operations, file.currency))


@once("operations", "refunds", "lines", "order")
def _snapshot_of(file: OrderFile) -> Snapshot:
    return _snapshot(file)


def snapshot(file: MoneyFile) -> Snapshot:
    """The fold of the payments with what is pending and due. due < 0: overcharged."""
    return _snapshot_of(file) if isinstance(file, OrderFile) else _snapshot(file)


@once("operations", "order")
def _payments_of(file: OrderFile) -> dict[str, Payment]:
    return fold(file.operations, file.currency, payment_groups(file))


def _snapshot(file: MoneyFile) -> Snapshot:
    if isinstance(file, OrderFile):
        payments = _payments_of(file)
    else:
        payments = fold(file.operations, file.currency, payment_groups(file))
    pending = pending_by_payment(file)
    captured = charged_back = 0
    refunded = offline_minor(file)
    for payment in payments.values():
        captured += payment.captured
        refunded += payment.refunded
        charged_back += payment.charged_back
    total = order_total(file)
    due = total - cancelled_worth(file) - (captured - cancellation_refunds(file))
    return Snapshot(
        order_total=total,
        captured=captured,
        refunded=refunded,
        pending=sum(pending.values()),
        charged_back=charged_back,
        due=due,
        left=max(0, captured - refunded - sum(pending.values()) - charged_back),
        payments=payments,
        pending_by_payment=pending,
    )


def state_differs(before: OrderFile, after: OrderFile) -> bool:
    """Whether anything that OrderStateChanged shows, or the stored persons' data whose change it announces, is another."""
    if before.operations != after.operations or before.attention != after.attention:
        return True
    if before.lines is not after.lines and _lines_differ(before, after):
        return True
    if before.order is not after.order and _shown(before) != _shown(after):
        return True
    if before.lines is after.lines and before.refunds is after.refunds:
        return False
    return _money(before) != _money(after)


def _lines_differ(before: OrderFile, after: OrderFile) -> bool:
    if before.lines.keys() != after.lines.keys():
        return True
    for number, line in after.lines.items():
        was = before.lines[number]
        if was is line:
            continue
        if was.units.buckets != line.units.buckets or was.sold.promised_date != line.sold.promised_date:
            return True
        if line_status(was) is not line_status(line):
            return True
    return False


def _shown(file: OrderFile) -> tuple[object, ...]:
    order = file.facts
    return order.status, order.customer, order.billing_address, order.shipping_address, order.shippings


def _money(file: OrderFile) -> tuple[object, ...]:
    given = given_by_line(file), given_by_line(file, (LegState.CONFIRMED,))
    return given, pending_by_payment(file), offline_minor(file), cancelled_worth(file), cancellation_refunds(file)
