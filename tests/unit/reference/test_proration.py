"""Worked examples: how an amount spreads over lines. Shares of the order's discount, and the function that makes them."""

import pytest

from domain.money import share_out
from tests.builders.desk import Desk, line
from tests.builders.readings import amounts
from tests.unit.reference.reading import delivered


def shares_of_discount(discount: int, *totals: int) -> list[int]:
    """What each line of an order with these totals bears of its discount."""
    desk = Desk()
    desk.place(*(line(n, 1, total) for n, total in enumerate(totals, 1)), order_discount_minor=discount)
    return [sold.sold.total_minor - sold.value.gross for sold in desk.file().lines.values()]


def test_E1_a_share_of_3_00_by_4000_2000_2000_and_its_mirror() -> None:
    assert shares_of_discount(300, 4000, 2000, 2000) == [150, 75, 75]
    assert share_out(-300, (4000, 2000, 2000)) == (-150, -75, -75)


def test_E2_a_share_of_2_99_by_4300_1400_2300_loses_no_cent() -> None:
    assert shares_of_discount(299, 4300, 1400, 2300) == [161, 52, 86]


@pytest.mark.parametrize(
    ("total", "count", "parts"),
    [
        (299, 3, (100, 100, 99)),
        (22, 7, (4, 3, 3, 3, 3, 3, 3)),
        (1000, 3, (334, 333, 333)),
        (-1000, 3, (-334, -333, -333)),
    ],
)
def test_E4_equal_weights_give_the_missing_units_to_the_first(total: int, count: int, parts: tuple[int, ...]) -> None:
    assert share_out(total, [7000] * count) == parts
    if total > 0:
        assert shares_of_discount(total, *[7000] * count) == list(parts)


def test_E5_one_unit_less_is_taken_from_the_smallest_remainders() -> None:
    weights = (10, 20, 10, 30, 50, 20, 10, 40)
    assert shares_of_discount(95, *weights) == [5, 10, 5, 15, 25, 10, 5, 20]
    assert shares_of_discount(93, *weights) == [5, 10, 5, 15, 24, 10, 5, 19]


def test_E6_weights_of_zero_share_alike() -> None:
    assert share_out(40, (10, 0)) == (40, 0)
    assert share_out(10, (0, 0)) == (5, 5)
    assert share_out(0, (0, 0)) == (0, 0)


def test_E10_three_of_33_68_less_1_89_on_the_order_give_99_15_back() -> None:
    desk = delivered(line(1, 3, 10104), order_discount_minor=189)
    desk.returns((1, 3))
    assert amounts(desk) == [9915]
