"""Bugs that people hit: money that is lost, or that is the wrong amount."""

from domain import commands as c
from domain.orders import snapshot
from domain.policy import DEFAULT
from domain.vocabulary import OrderEventKind, PaymentKind, ReceiptOutcome, RefundState, ReturnState, UnitStatus, Verdict
from tests.builders.desk import Desk, line, shipping, with_policy
from tests.builders.readings import amounts, newest_return, refunds
from tests.unit.reference.reading import all_legs, confirms, delivered, freight, left, legs, taxed
from tests.unit.reference.shirts import exchange, shirts

K = PaymentKind


def test_B13_what_is_left_counts_every_return_of_the_payment() -> None:
    desk = delivered(line(1, 2, 2000), line(2, 1, 500))
    desk.returns((1, 1))
    desk.returns((2, 1))
    assert snapshot(desk.file()).left == 1000
    confirms(desk, all_legs(desk)[0])
    assert snapshot(desk.file()).left == 1000
    assert (left(desk, 1), left(desk, 2)) == (1000, 0)


def test_B15_tax_goes_back_with_its_goods_and_never_makes_more_than_was_paid() -> None:
    on_top = delivered(taxed(1, 3, 333, 19), tax_included=False)
    inside = delivered(line(1, 3, 1189, tax=190))
    for desk in (on_top, inside):
        for _ in range(3):
            desk.returns((1, 1))
        given = [made for refund in refunds(desk) for made in refund.lines]
        assert sum(made.gross_minor for made in given) == 1189
        assert sum(made.tax_minor for made in given) == 190
        assert all(made.net_minor + made.tax_minor == made.gross_minor for made in given)
        assert desk.appeases((1, 1)).code == "exceeds_line"


def test_B16_a_discounted_order_over_two_payments_is_planned_whole_before_anything_is_sent() -> None:
    desk = delivered(line(1, 1, 10000), order_discount_minor=2000, captured=0)
    desk.pays(K.CAPTURED, 3000, "P1", method="giftcard")
    desk.pays(K.CAPTURED, 5000, "P2")
    desk.returns((1, 1))
    assert amounts(desk) == [8000]
    assert legs(desk) == [("P2", 5000), ("P1", 3000)]


def test_B18_a_discount_of_40_percent_stays_40_percent_when_20_units_become_2() -> None:
    desk = Desk()
    desk.place(line(1, 20, 12000, price=1000, discount_minor=8000), captured=12000)
    desk.cancels((1, 18))
    assert amounts(desk) == [10800]
    desk.ships(2)
    desk.returns((1, 2))
    assert amounts(desk) == [10800, 1200]


def test_B19_a_cancellation_below_a_threshold_reprices_nothing_and_keeps_the_paid_shipping() -> None:
    desk = Desk()
    desk.place(line(1, 1, 9000), line(2, 1, 1000), shipping(9, 500), order_discount_minor=1000, captured=9500)
    desk.cancels((1, 1))
    assert amounts(desk) == [8100]
    assert {number: sold.value.gross for number, sold in desk.file().lines.items()} == {1: 8100, 2: 900, 9: 500}
    assert desk.buckets(9) == {"open": 1}
    assert snapshot(desk.file()).due == 0


def test_B21_a_line_that_was_added_and_never_paid_gives_nothing_when_it_is_cancelled() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 1, 1000), line(2, 1, 500))
    assert snapshot(desk.file()).due == 500
    desk.cancels((2, 1))
    assert amounts(desk) == []
    assert snapshot(desk.file()).due == 0


def test_B22_a_voucher_counts_for_a_part_of_the_order_too() -> None:
    desk = delivered(line(1, 1, 2000), line(2, 1, 8000), order_discount_minor=5000)
    desk.returns((1, 1))
    assert amounts(desk) == [1000]
    assert desk.appeases((1, 1)).code == "exceeds_line"


def test_B23_pending_and_refunded_money_are_each_taken_off_once() -> None:
    desk = delivered(line(1, 1, 10000))
    desk.appeases((1, 4000))
    desk.gateway_answers()
    desk.appeases((1, 3000))
    assert snapshot(desk.file()).left == 3000
    assert left(desk) == 3000
    assert desk.appeases((1, 3000), dry_run=True).preview.left_minor == 0  # type: ignore[union-attr]
    assert desk.appeases((1, 3000)).accepted
    assert (snapshot(desk.file()).left, left(desk)) == (0, 0)


def test_B26_a_discount_on_one_of_three_is_given_once_over_all_parts() -> None:
    desk = delivered(line(1, 3, 2700, price=1000, discount_minor=300))
    for _ in range(3):
        desk.returns((1, 1))
    assert amounts(desk) == [900, 900, 900]


def test_B27_only_the_tax_of_the_lines_that_are_named_goes_back() -> None:
    desk = delivered(line(1, 1, 1190, tax=190), line(2, 1, 2380, tax=380))
    desk.returns((1, 1))
    [refund] = refunds(desk)
    assert [(made.line_number, made.tax_minor) for made in refund.lines] == [(1, 190)]
    assert refund.amount_minor == 1190


def test_B28_a_return_of_12_of_17_leaves_5_that_can_come_back() -> None:
    desk = delivered(line(1, 17, 17000))
    desk.returns((1, 12))
    desk.gateway_answers()
    desk.receives(newest_return(desk).rma, (1, 12, ReceiptOutcome.GOOD))
    assert newest_return(desk).state is ReturnState.SETTLED
    assert left(desk) == 5000
    assert desk.returns((1, 6)).code == "quantity_not_available"
    assert desk.returns((1, 5)).accepted
    assert amounts(desk) == [12000, 5000]


def test_B31_each_shipping_line_has_its_own_tax_discount_and_rest() -> None:
    first, second = freight(8, 1000, 19), freight(9, 2000, 7, discount=500)
    desk = delivered(line(1, 1, 1000), first, second, tax_included=False)
    assert desk.appeases((8, 500)).accepted
    desk.returns((1, 1))
    back = {made.line_number: (made.net_minor, made.tax_minor) for made in refunds(desk)[-1].lines if made.shipping}
    assert back == {8: (500, 95), 9: (1500, 105)}


def test_B32_several_units_in_one_command_are_worth_what_they_are_one_by_one() -> None:
    together, singly = (Desk(), Desk())
    for desk in (together, singly):
        desk.place(line(1, 3, 1000), line(2, 2, 167), captured=1167)
        desk.warehouse(UnitStatus.DECLINED, 3)
    together.cancels((1, 3), (2, 2))
    for number in (1, 1, 1, 2, 2):
        singly.cancels((number, 1))
    assert sum(amounts(together)) == sum(amounts(singly)) == 1167

    short = delivered(line(1, 3, 1000), desk=Desk(with_policy(DEFAULT, "refunds", at="RECEIVED")))
    short.returns((1, 3))
    short.receives(newest_return(short).rma, (1, 1, ReceiptOutcome.GOOD), complete=True)
    assert newest_return(short).lines[0].short == 2
    short.send(c.DecideReturnLine, return_id=newest_return(short).return_id, line_number=1, verdict=Verdict.ACCEPT)
    assert amounts(short) == [333, 667]


def test_B33_a_cancellation_contains_the_tax_once() -> None:
    desk = Desk()
    desk.place(taxed(1, 2, 1000, 20), captured=2400, tax_included=False)
    desk.cancels((1, 1))
    [made] = refunds(desk)[0].lines
    assert (made.net_minor, made.tax_minor, made.gross_minor) == (1000, 200, 1200)
    assert amounts(desk) == [1200]


def test_B34_the_parts_of_a_kit_sum_to_the_price_of_the_kit() -> None:
    """A kit comes as the lines of its parts; what it is cheaper by is a discount on the order, spread once."""
    desk = delivered(line(1, 1, 9199), line(2, 1, 7759), line(3, 1, 1), order_discount_minor=0)
    desk.returns((1, 1))
    desk.returns((2, 1))
    desk.returns((3, 1))
    assert sum(amounts(desk)) == 16959

    cheaper = delivered(line(1, 1, 10000), line(2, 1, 8437), order_discount_minor=1478)
    cheaper.returns((1, 1))
    cheaper.returns((2, 1))
    assert sum(amounts(cheaper)) == 16959


def test_B35_a_credit_note_has_a_number_when_the_money_is_back_and_not_before() -> None:
    desk = delivered(line(1, 1, 1000))
    desk.returns((1, 1))
    desk.gateway_answers(K.REFUND_FAILED)
    [refund] = refunds(desk)
    assert (refund.state, refund.credit_note_number) == (RefundState.EXCEPTION, None)
    desk.send(c.RetryRefund, refund_id=refund.refund_id)
    assert refunds(desk)[0].credit_note_number is None
    desk.gateway_answers()
    [refund] = refunds(desk)
    assert (refund.state, refund.credit_note_number) == (RefundState.RELEASED, "web-de-CN-00000001")


def test_B37_an_even_exchange_moves_the_difference_of_two_equal_values_which_is_nothing() -> None:
    desk = shirts()
    preview = exchange(desk, dry_run=True).preview
    assert preview is not None
    assert not preview.amount_minor
    exchange(desk)
    assert (snapshot(desk.file()).due, snapshot(desk.file("1001E")).due, amounts(desk)) == (0, 0, [])
    assert snapshot(desk.file()).order_total == 2000
