"""Money and units where two rules meet: what was given is not given twice, what was asked for is not asked for again."""

from domain import commands as c
from domain.policy import DAY, DEFAULT
from domain.vocabulary import PaymentKind, ProductType, ReceiptOutcome
from tests.builders.case_on_order import CASE, LINE, submitted_case
from tests.builders.desk import Desk, line, shipping, uid, with_policy
from tests.builders.readings import cancellations, first_refund
from tests.builders.refused import refuses


def test_a_void_takes_of_what_was_reserved_what_those_under_way_leave() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.pays(PaymentKind.AUTHORIZED, 2000)
    desk.cancels((1, 1))
    desk.cancels((1, 1))
    assert [[leg.amount_minor for leg in found.voids] for found in cancellations(desk)] == [[1000], [1000]]


def test_shipping_that_was_cancelled_and_paid_back_goes_no_second_time_with_the_last_goods() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), shipping(9, 500), captured=1500)
    assert desk.cancels((9, 1)).accepted
    assert desk.cancels((1, 1)).accepted
    assert [refund.amount_minor for refund in desk.file().refunds.values()] == [500, 1000]
    assert desk.file().lines[9].cancelled_spent == 1


def test_the_rest_of_a_shipping_line_of_two_is_one() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(9, 2, 800, product_type=ProductType.SHIPPING, sku="SHIPPING"), captured=1800)
    assert desk.cancels((9, 1)).accepted
    desk.ships(1)
    desk.returns((1, 1))
    refund = list(desk.file().refunds.values())[-1]
    assert [(each.line_number, each.quantity, each.gross_minor) for each in refund.lines] == [(1, 1, 1000), (9, 1, 400)]
    assert first_refund(desk).amount_minor == 400


def test_goods_that_nobody_announced_are_the_oldest_of_all_and_leave_the_others_their_time() -> None:
    desk = Desk(with_policy(DEFAULT, "returns", window=14 * DAY))
    desk.place(line(1, 2, 2000), captured=2000)
    for _ in range(2):
        desk.ships(1)
        desk.delivers(1)
        desk.wait(10 * DAY)
    desk.receives(None, (1, 1, ReceiptOutcome.GOOD))
    assert desk.returns((1, 1)).accepted


def test_a_refused_reason_is_told_with_the_list_that_it_is_missing_from() -> None:
    desk = Desk(with_policy(DEFAULT, "cancel", reasons=("TOO_LATE",)))
    desk.place(line(1, 1, 1000))
    assert refuses(desk.cancels((1, 1), reason="ODD"), "reason_not_allowed", "'ODD'", " of cancel.reasons;", "TOO_LATE")


def test_an_order_keeps_its_lines_and_payments_once() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    order = desk.file().order
    assert order is not None
    assert (order.lines, order.payments) == ((), ())
    assert list(desk.file().lines) == [1]


def test_a_line_that_is_added_to_a_case_may_leave_out_the_order_that_the_case_names() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 500))
    submitted_case(desk, description="The left sleeve")
    more = c.CaseLineInput(case_line_id=uid("more"), line_number=2)
    assert desk.send(c.AddCaseLines, case_id=CASE, lines=(more,)).accepted
    case = desk.case(CASE)
    assert [(each.order_id, each.line_number) for each in (case.lines[LINE], case.lines[uid("more")])] == [
        ("1001", 1),
        ("1001", 2),
    ]
    assert case.description == "The left sleeve"
