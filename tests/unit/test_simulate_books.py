"""The simulator's own reckoning: whatever is split, the parts sum to what was paid."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercase.simulate.basket import CATALOGUE, MARKETS, Basket, fill, in_words, item
from ordercase.simulate.books import OrderBooks, legs

baskets = st.builds(lambda seed, market: fill(Random(seed), market), st.integers(0, 10_000), st.sampled_from(MARKETS))


@given(baskets)
def test_a_basket_adds_up(basket: Basket) -> None:
    for line in basket.items:
        tax = sum(amount for _, _, amount in line.taxes)
        asked = line.price * line.quantity - line.discount
        assert line.total == asked if basket.market.tax_included else asked + tax
    assert 0 <= basket.order_discount < sum(line.total for line in basket.items if line.kind != "SHIPPING")


@given(baskets)
def test_values_of_the_lines_sum_to_what_is_paid(basket: Basket) -> None:
    books = OrderBooks(basket)
    assert sum(line.value for line in books.lines.values()) == basket.total


@given(baskets, st.randoms(use_true_random=False))
def test_any_split_gives_back_every_cent_and_every_tax(basket: Basket, chance: Random) -> None:
    books = OrderBooks(basket)
    units = [number for number, quantity in basket.units().items() for _ in range(quantity)]
    chance.shuffle(units)
    parts = [part for number in units for part in books.worth({number: 1})]
    assert books.refund(parts) == basket.total
    for number, line in books.lines.items():
        if line.item.kind in ("PHYSICAL", "SHIPPING"):
            taxes = [sum(amounts) for amounts in zip(*(p.taxes for p in parts if p.number == number), strict=True)]
            assert tuple(taxes) == line.taxes


@given(baskets, st.integers(1, 400), st.booleans())
def test_an_appeasement_leaves_the_rest_to_the_units(basket: Basket, amount: int, includes_tax: bool) -> None:
    books = OrderBooks(basket)
    given_before = books.lines[1].appease(amount, includes_tax)
    rest = books.worth(basket.units())
    assert given_before.gross + sum(part.gross for part in rest) == basket.total


def test_shipping_comes_back_with_the_last_goods() -> None:
    books = OrderBooks(fill(Random(1), MARKETS[0], quantities=(2,), shipping=True))
    assert [part.number for part in books.worth({1: 1})] == [1]
    assert [part.number for part in books.worth({1: 1})] == [1, 2]


def test_the_worked_example_of_the_appeasement() -> None:
    """Net 10.00 on a line with 19 % gives 1.90 tax and 11.90 gross."""
    market = MARKETS[0]
    shirt = ("SHIRT-S", "SHIRT", "shirt", "shirts", "PHYSICAL")
    books = OrderBooks(Basket(market, (item(market, 1, shirt, 1, 11_900),)))
    part = books.lines[1].appease(1_000, includes_tax=False)
    assert (part.net, part.taxes, part.gross) == (1_000, (190,), 1_190)


@pytest.mark.parametrize(
    ("amount", "wanted"),
    [(50, [("card", 50)]), (100, [("card", 80), ("card-2", 20)]), (150, [("card", 80), ("card-2", 40), ("gift", 30)])],
)
def test_legs_take_the_newest_capture_then_its_method(amount: int, wanted: list[tuple[str, int]]) -> None:
    captures = [("card-2", "CARD", 40), ("gift", "GIFT_CARD", 60), ("card", "CARD", 80)]
    assert legs(amount, captures) == wanted


def test_money_in_words() -> None:
    assert [in_words(1995, "EUR"), in_words(5, "EUR"), in_words(500, "JPY"), in_words(1995, "BHD")] == [
        "19.95 EUR",
        "0.05 EUR",
        "500 JPY",
        "1.995 BHD",
    ]


def test_every_family_has_a_sibling_to_exchange_for() -> None:
    assert all(len(family.variants) > 1 for family in CATALOGUE)
