"""Worked examples: units that are cancelled give back what they are worth."""

from tests.builders.desk import Desk, line
from tests.builders.readings import amounts


def test_E43_one_of_two_gives_5_00_and_the_other_the_rest_of_10_00() -> None:
    """The row takes 10.00 for the last unit of a line whose other unit was cancelled before without money. Here every
    cancelled unit gives its own worth, so that the two sum to 10.00."""
    desk = Desk()
    desk.place(line(1, 2, 1000), captured=1000)
    desk.cancels((1, 1))
    assert amounts(desk) == [500]
    desk.cancels((1, 1))
    assert amounts(desk) == [500, 500]


def test_E45_a_line_of_1_67_cancelled_unit_by_unit_gives_84_then_83() -> None:
    desk = Desk()
    desk.place(line(1, 2, 167), captured=167)
    desk.cancels((1, 1))
    desk.cancels((1, 1))
    assert amounts(desk) == [84, 83]


def test_E47_a_line_without_units_left_has_nothing_to_cancel() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000), captured=2000)
    desk.cancels((1, 1))
    assert desk.cancels((1, 1)).code == "quantity_not_available"
    desk.cancels((2, 1))
    assert desk.cancels((1, 1)).code == "not_cancellable"
    assert amounts(desk) == [1000, 1000]
