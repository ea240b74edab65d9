"""What a dry run shows of the state and the money that a command would bring about (domain.md 9)."""

from domain import commands as c
from domain.policy import DEFAULT
from domain.vocabulary import (
    PaymentKind,
    ReceiptOutcome,
    UnitStatus,
    Verdict,
)
from domain.world import PreviewLine
from tests.builders.desk import Desk, line, with_policy
from tests.builders.replies import about, only, paid

K = PaymentKind


# Trying


def told(shown: PreviewLine) -> tuple[int, int, int, int, int]:
    return shown.line_number, shown.quantity, shown.net_minor, shown.tax_minor, shown.gross_minor


def test_a_dry_run_of_a_return_shows_its_money_line_by_line() -> None:
    desk = paid()
    before = dict(desk.things)
    reply = desk.returns((1, 2), dry_run=True)
    shown = reply.preview
    assert shown is not None
    assert (shown.state, shown.amount_minor, shown.currency, shown.left_minor) == ("APPROVED", 4500, "EUR", 0)
    assert (shown.shipping_minor, shown.fee_minor, shown.legs) == (500, 0, (("P1", 4500),))
    assert [told(shown_line) for shown_line in shown.lines] == [(1, 2, 3362, 638, 4000), (9, 1, 500, 0, 500)]
    assert (reply.dry_run, reply.version, desk.things) == (True, None, before)
    assert reply.message.startswith("Would be done: ")


def test_a_dry_run_of_a_return_that_is_paid_when_it_comes_shows_what_it_will_pay() -> None:
    shown = paid(at="RECEIVED").returns((1, 1), dry_run=True).preview
    assert shown is not None
    assert (shown.amount_minor, shown.left_minor, shown.legs) == (2000, 2500, (("P1", 2000),))
    assert [told(shown_line) for shown_line in shown.lines] == [(1, 1, 1681, 319, 2000)]


def test_a_dry_run_shows_a_fee_and_what_is_left_after_it() -> None:
    desk = Desk(with_policy(DEFAULT, "returns", restocking_fee={"EUR": 300}))
    desk.place(line(1, 2, 4000), captured=4000)
    desk.ships(2)
    desk.appeases((1, 400), amount_includes_tax=True)
    shown = desk.returns((1, 1), dry_run=True).preview
    assert shown is not None
    assert (shown.amount_minor, shown.fee_minor, shown.left_minor) == (1500, 300, 2100)
    assert shown.legs == (("P1", 1500),)


def test_a_dry_run_of_a_cancellation_shows_refund_and_voids() -> None:
    desk = Desk()
    desk.place(line(1, 2, 4000))
    desk.pays(K.AUTHORIZED, 4000)
    desk.pays(K.CAPTURED, 3000)
    shown = desk.cancels((1, 2), dry_run=True).preview
    assert shown is not None
    assert (shown.state, shown.amount_minor) == ("CONFIRMED", 3000)
    assert sorted(shown.legs) == [("P1", 1000), ("P1", 3000)]
    desk.warehouse(UnitStatus.RECEIVED, 1)
    asked = desk.cancels((1, 2), dry_run=True).preview
    assert asked is not None
    assert (asked.state, asked.amount_minor) == ("ASKED_WAREHOUSE", 3000)


def test_a_dry_run_of_a_checkouts_refund_shows_its_leg() -> None:
    desk = Desk()
    desk.pays(K.CAPTURED, 1000, order_id=None, checkout_id="CO-1")
    reply = desk.send(c.RefundPayment, checkout_id="CO-1", payment_ref="P1", amount_minor=400, reason="X", dry_run=True)
    shown = reply.preview
    assert shown is not None
    assert (shown.state, shown.amount_minor, shown.currency, shown.legs) == (
        "PENDING_RELEASE",
        400,
        "EUR",
        (("P1", 400),),
    )
    assert about(reply)[2] is None


def test_a_dry_run_of_a_verdict_shows_its_part() -> None:
    desk = paid(at="RECEIVED")
    desk.returns((1, 1))
    desk.receives("RMA-1", (1, 1, ReceiptOutcome.DAMAGED))
    decided = desk.send(
        c.DecideReturnLine,
        return_id=only(desk.file().returns),
        line_number=1,
        verdict=Verdict.ACCEPT_PART,
        percent=25,
        dry_run=True,
    )
    assert decided.preview is not None
    assert (decided.preview.state, decided.preview.amount_minor) == ("RECEIVED", 500)
    assert desk.file().refunds == {}
