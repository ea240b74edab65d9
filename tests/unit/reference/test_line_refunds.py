"""Worked examples: what units and parts of a line are worth when they come back."""

from domain import commands as c
from domain import facts as f
from domain.vocabulary import ReturnSettlement
from tests.builders.desk import CHANNEL, Desk, line
from tests.builders.readings import amounts, newest_return, refunds
from tests.unit.reference.reading import delivered, freight, left, taxed


def test_E14_three_units_of_290_00_split_without_losing_a_cent() -> None:
    desk = delivered(line(1, 3, 30000), order_discount_minor=1000)
    for _ in range(3):
        desk.returns((1, 1))
    assert amounts(desk) == [9667, 9666, 9667]
    assert sum(amounts(desk)) == 29000


def test_E15_a_discount_on_the_shipping_touches_no_goods() -> None:
    desk = delivered(line(1, 3, 30000), freight(9, 10000, discount=5000))
    desk.returns((1, 1))
    assert amounts(desk) == [10000]


def test_E16_a_unit_in_an_exchange_and_a_unit_of_price_0_give_no_money() -> None:
    desk = Desk()
    desk.feed(f.Product(sku="BLUE", parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=1, updated_at=desk.at))
    delivered(line(1, 1, 10000, parent_sku="SHIRT"), line(2, 1, 0), desk=desk)
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(wish,)).accepted
    assert newest_return(desk).lines[0].settlement is ReturnSettlement.EXCHANGE
    assert desk.returns((2, 1)).accepted
    assert newest_return(desk).lines[0].settlement is ReturnSettlement.NONE
    assert amounts(desk) == []


def test_E17_a_unit_of_10_00_with_1_00_off_gives_9_00() -> None:
    desk = delivered(line(1, 2, 1800, price=1000, discount_minor=200))
    desk.returns((1, 1))
    assert amounts(desk) == [900]


def test_E18_tax_on_top_of_the_price_is_part_of_what_goes_back() -> None:
    desk = delivered(taxed(1, 2, 1000, 10), tax_included=False)
    desk.returns((1, 1))
    [refund] = refunds(desk)
    [made] = refund.lines
    assert (made.net_minor, made.tax_minor, made.gross_minor, refund.amount_minor) == (1000, 100, 1100, 1100)


def test_E19_a_part_of_5_00_and_then_the_rest_is_12_30_and_all_of_its_tax() -> None:
    """In money the two parts of a unit sum to the cent, tax too. A part that is given without goods is an appeasement of
    the *line* here, so the worth of what is left spreads over both units that may still come back (domain.md 3)."""
    desk = delivered(taxed(1, 1, 1000, 23), freight(9, 2000), tax_included=False)
    for amount in (500, 730):
        assert desk.appeases((1, amount), amount_includes_tax=True).accepted
    assert amounts(desk) == [500, 730]
    assert sum(refund.lines[0].tax_minor for refund in refunds(desk)) == 230

    desk = delivered(taxed(1, 2, 1000, 23), freight(9, 2000), tax_included=False)
    desk.appeases((1, 500), amount_includes_tax=True)
    desk.returns((1, 1))
    desk.returns((1, 1))
    assert [refund.lines[0].gross_minor for refund in refunds(desk)] == [500, 980, 980]
    assert sum(refund.lines[0].gross_minor for refund in refunds(desk)) == 2 * 1230
    assert sum(refund.lines[0].tax_minor for refund in refunds(desk)) == 2 * 230


def test_E21_more_than_is_left_after_a_part_is_refused() -> None:
    """The ceiling is the line's, so the unit of the row is a line of its own."""
    desk = delivered(taxed(1, 1, 1000, 23), tax_included=False)
    assert desk.appeases((1, 500), amount_includes_tax=True).accepted
    refused = desk.appeases((1, 1000), amount_includes_tax=True)
    assert refused.code == "exceeds_line"
    assert "730" in refused.message
    assert (amounts(desk), left(desk)) == ([500], 730)


def test_E22_an_amount_that_is_not_above_zero_is_refused() -> None:
    desk = delivered(line(1, 1, 1000))
    for amount in (-800, 0):
        assert desk.appeases((1, amount)).code == "amount_not_positive"
    assert amounts(desk) == []


def test_E24_half_of_11_00_with_10_percent_inside_is_5_00_and_0_50() -> None:
    desk = delivered(line(1, 1, 1100, tax=100))
    desk.appeases((1, 550), amount_includes_tax=True)
    [made] = refunds(desk)[0].lines
    assert (made.net_minor, made.tax_minor, made.gross_minor) == (500, 50, 550)


def test_E28_two_of_three_bought_for_270_give_180() -> None:
    on_the_line = delivered(line(1, 3, 27000, price=10000, discount_minor=3000))
    on_the_order = delivered(line(1, 3, 30000), order_discount_minor=3000)
    for desk in (on_the_line, on_the_order):
        desk.returns((1, 2))
        assert amounts(desk) == [18000]


def test_E30_the_item_of_6_in_an_order_with_10_percent_off_gives_5_40() -> None:
    desk = delivered(line(1, 1, 600, tax=96), line(2, 1, 400), order_discount_minor=100)
    desk.returns((1, 1))
    assert (amounts(desk), refunds(desk)[0].lines[0].tax_minor) == ([540], 86)
    desk.returns((2, 1))
    assert sum(amounts(desk)) == 900
