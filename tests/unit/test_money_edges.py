"""Money where it is least comfortable: no units, no rates, one cent, half a cent, negative amounts (domain.md 3)."""

import pytest

from domain.money import Amounts, Worth, divide, exponent, in_words, nothing, share_out, tax_of_value


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (1995, "EUR", "19.95 EUR"),
        (5, "EUR", "0.05 EUR"),
        (50, "EUR", "0.50 EUR"),
        (0, "EUR", "0.00 EUR"),
        (-1995, "EUR", "-19.95 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (500, "JPY", "500 JPY"),
        (0, "JPY", "0 JPY"),
        (-7, "JPY", "-7 JPY"),
        (1234, "BHD", "1.234 BHD"),
        (34, "BHD", "0.034 BHD"),
    ],
)
def test_an_amount_is_said_with_the_digits_of_its_currency(minor: int, currency: str, said: str) -> None:
    assert in_words(minor, currency) == said


def test_a_currency_that_is_not_listed_has_two_digits() -> None:
    assert [exponent(currency) for currency in ("JPY", "EUR", "XYZ", "BHD", "CLF")] == [0, 2, 2, 3, 4]


@pytest.mark.parametrize("by", [0, -1])
def test_nothing_is_divided_by_what_is_not_positive(by: int) -> None:
    with pytest.raises(ValueError, match=f"cannot divide by {by}"):
        divide(10, by)


def test_nothing_is_nothing_of_every_rate() -> None:
    assert nothing(2) == Amounts(0, (0, 0))
    assert share_out(5, []) == ()


def test_amounts_add_and_take_away_per_rate() -> None:
    assert Amounts(100, (10, 5)) + Amounts(1, (2, 3)) == Amounts(101, (12, 8))
    assert Amounts(100, (10, 5)) - Amounts(1, (2, 3)) == Amounts(99, (8, 2))
    assert (Amounts(100, (10, 5)).net, Amounts(100, (10, 5)).tax) == (85, 15)


def test_amounts_of_different_rates_do_not_mix() -> None:
    with pytest.raises(ValueError, match="zip"):
        Amounts(100, (10, 5)) + Amounts(1, (2,))
    with pytest.raises(ValueError, match="zip"):
        Amounts(100, (10,)) - Amounts(1, (2, 3))


@pytest.mark.parametrize(
    ("value", "total", "taxes", "expected"),
    [
        (0, 0, (5, 6), (0, 0)),
        (1, 1, (1,), (1,)),
        (500, 1000, (0, 0), (0, 0)),
        (500, 1000, (), ()),
        (900, 1000, (100, 60), (90, 54)),
        (500, 1000, (7, 4), (4, 2)),
        (500, 1000, (-10, 30), (0, 10)),
        (500, 1000, (0, 21), (0, 11)),
    ],
)
def test_the_tax_of_a_value_is_its_part_of_the_stored_tax_per_rate(
    value: int, total: int, taxes: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert tax_of_value(value, total, taxes) == expected


def worth(gross: int, *taxes: int, units: int) -> Worth:
    return Worth(Amounts(gross, taxes), units, given=nothing(len(taxes)))


def test_a_line_without_units_is_worth_nothing_of_every_rate() -> None:
    assert worth(100, 10, 5, units=0).of(1) == Amounts(0, (0, 0))


def test_more_units_than_are_left_are_worth_what_is_left() -> None:
    line = worth(1000, 160, units=3).spend(1)
    assert line.of(9) == Amounts(667, (107,))
    assert line.of(0) == line.of(-1) == Amounts(0, (0,))


def test_spending_says_what_was_given_and_unspending_takes_it_back() -> None:
    line = worth(1000, 160, units=3)
    once = line.spend(1)
    assert (once.spent, once.given) == (1, Amounts(333, (53,)))
    twice = once.spend(1)
    assert (twice.spent, twice.given) == (2, Amounts(667, (107,)))
    assert twice.unspend(1) == once
    assert twice.unspend(2) == line


def test_spending_more_than_there_is_spends_what_there_is() -> None:
    line = worth(1000, 160, units=3).spend(5)
    assert (line.spent, line.given) == (3, Amounts(1000, (160,)))


def test_a_new_base_is_what_neither_units_nor_appeasements_took() -> None:
    line = worth(1000, 160, units=4).spend(1).rebase(Amounts(1000, (160,)), Amounts(150, (24,)))
    assert (line.base, line.units, line.spent) == (Amounts(600, (96,)), 3, 0)
    assert line.given == Amounts(250, (40,))
    assert line.of(3) == Amounts(600, (96,))


def test_a_new_base_is_never_below_nothing_and_its_tax_never_above_it() -> None:
    line = worth(1000, 160, units=2)
    assert line.rebase(Amounts(1000, (160,)), Amounts(1200, (0,))).base == Amounts(0, (0,))
    assert line.rebase(Amounts(1000, (160,)), Amounts(900, (0,))).base == Amounts(100, (100,))
    assert line.rebase(Amounts(1000, (160,)), Amounts(0, (200,))).base == Amounts(1000, (0,))


def test_units_given_back_after_a_new_base_join_it() -> None:
    line = worth(1000, 160, units=4).spend(2).rebase(Amounts(1000, (160,)), Amounts(100, (16,)))
    assert (line.units, line.spent, line.base) == (2, 0, Amounts(400, (64,)))
    back = line.unspend(1)
    assert (back.units, back.spent, back.given) == (3, 0, Amounts(500, (80,)))
    half = line.spend(1).unspend(2)
    assert (half.units, half.spent, half.given) == (3, 0, Amounts(500, (80,)))
