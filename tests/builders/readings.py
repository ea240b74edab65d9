"""What a desk's order has, each in one word: its refunds, returns, cancellations and concerns, the cases."""

from collections.abc import Mapping
from typing import TypeVar

from domain.cancellations import Cancellation
from domain.cases import Case
from domain.refunds import Refund
from domain.returns import Return
from tests.builders.desk import Desk

T = TypeVar("T")


def first(things: Mapping[str, T]) -> T:
    """The oldest of an order's exchanges, changes, …"""
    return next(iter(things.values()))


def refunds(desk: Desk, order_id: str = "1001") -> list[Refund]:
    return list(desk.file(order_id).refunds.values())


def first_refund(desk: Desk) -> Refund:
    return first(desk.file().refunds)


def amounts(desk: Desk) -> list[int]:
    """What each refund and appeasement of the order gives, in their order."""
    return [refund.amount_minor for refund in refunds(desk)]


def returns(desk: Desk, order_id: str = "1001") -> list[Return]:
    return list(desk.file(order_id).returns.values())


def newest_return(desk: Desk, order_id: str = "1001") -> Return:
    return returns(desk, order_id)[-1]


def cancellations(desk: Desk) -> list[Cancellation]:
    return list(desk.file().cancellations.values())


def newest_cancellation(desk: Desk) -> Cancellation:
    return cancellations(desk)[-1]


def standing(desk: Desk) -> set[str]:
    """What the order is worried about now."""
    return set(desk.file().concerns)


def cases(desk: Desk) -> list[Case]:
    return [thing for thing in desk.things.values() if isinstance(thing, Case)]
