"""Paid orders of which some units are at the warehouse already, for what is cancelled of them."""

from typing import Any

from domain.policy import DEFAULT
from domain.vocabulary import UnitStatus
from tests.builders.desk import Desk, line, with_policy


def placed(*quantities: int, at_warehouse: int = 0, **policy: Any) -> Desk:
    """Lines 1, 2, … with so many units of 1000 each, all paid; `at_warehouse` units of each line are there."""
    desk = Desk(with_policy(DEFAULT, "cancel", **policy))
    lines = [line(number, units, 1000 * units, source_id=f"W{number}") for number, units in enumerate(quantities, 1)]
    desk.place(*lines, captured=1000 * sum(quantities))
    for number in range(1, len(quantities) + 1):
        if at_warehouse:
            desk.warehouse(UnitStatus.RECEIVED, at_warehouse, number)
    return desk
