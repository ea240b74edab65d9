"""Worked examples: shipping is a line of its own with a ceiling of its own."""

from domain.policy import DEFAULT
from domain.vocabulary import RefundType
from tests.builders.desk import Desk, line, with_policy
from tests.builders.readings import amounts, refunds
from tests.unit.reference.reading import delivered, freight, left


def with_the_last_goods(*shippings: object) -> tuple[int, list[int]]:
    """(shipping of the refund of all goods, its tax per shipping line) of an order with these shipping lines."""
    desk = delivered(line(1, 1, 5000), *shippings, tax_included=False)  # type: ignore[arg-type]
    desk.returns((1, 1))
    [refund] = refunds(desk)
    return refund.shipping_minor, [made.tax_minor for made in refund.lines if made.shipping]


def test_E35_shipping_of_10_00_and_23_percent_gives_12_30() -> None:
    assert with_the_last_goods(freight(9, 1000, 23)) == (1230, [230])


def test_E36_two_shippings_give_each_its_own() -> None:
    assert with_the_last_goods(freight(8, 2000), freight(9, 1000, 23)) == (3230, [0, 230])


def test_E37_a_discount_on_shipping_is_not_given_back() -> None:
    half, half_taxed = freight(8, 2000, discount=1000), freight(9, 1000, 23, discount=500)
    assert with_the_last_goods(half) == (1000, [0])
    assert with_the_last_goods(half_taxed) == (615, [115])
    assert with_the_last_goods(half, half_taxed) == (1615, [0, 115])


def test_E38_shipping_that_was_free_has_nothing_to_give() -> None:
    free = freight(9, 2000, 23, discount=2000)
    assert with_the_last_goods(free) == (0, [])
    desk = delivered(line(1, 1, 5000), free, tax_included=False)
    assert desk.appeases((9, 1)).code == "exceeds_shipping"


def test_E40_shipping_is_given_back_once() -> None:
    desk = delivered(line(1, 2, 2000), freight(9, 500))
    assert desk.appeases((9, 500)).accepted
    assert desk.appeases((9, 500)).code == "exceeds_shipping"
    desk.returns((1, 2))
    assert [(refund.amount_minor, refund.shipping_minor) for refund in refunds(desk)] == [(500, 500), (2000, 0)]


def test_E41_shipping_made_free_after_payment_is_an_appeasement_of_the_shipping_line() -> None:
    """Prices are frozen when the order is first seen: no coupon changes them, a person gives the money back."""
    desk = delivered(line(1, 1, 5000), freight(9, 1000, 23), tax_included=False)
    assert desk.appeases((9, 1000)).accepted
    [refund] = refunds(desk)
    assert (refund.refund_type, refund.amount_minor, left(desk, 9)) == (RefundType.APPEASEMENT, 1230, 0)
    assert left(desk) == 5000


def test_E42_an_order_that_was_free_has_no_refund() -> None:
    desk = delivered(line(1, 1, 0), freight(9, 0))
    assert desk.appeases((1, 1)).code == "exceeds_line"
    assert desk.returns((1, 1)).accepted
    assert amounts(desk) == []


def test_where_the_policy_keeps_shipping_no_return_gives_it_back() -> None:
    desk = delivered(line(1, 1, 5000), freight(9, 500), desk=Desk(with_policy(DEFAULT, "refunds", shipping="never")))
    desk.returns((1, 1))
    assert amounts(desk) == [5000]
