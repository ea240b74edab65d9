"""The money of a cancellation: refunded, voided, captured too late, cut by the ceilings (domain.md 3)."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.order_events import AttentionRaised, Noted, WorthSpent
from domain.orders import snapshot
from domain.policy import DEFAULT
from domain.refunds import Refund
from domain.vocabulary import CancellationState, PaymentKind, RefundType, UnitStatus
from tests.builders.desk import AGENT, Desk, line, shipping, with_policy
from tests.builders.readings import newest_cancellation, refunds

K = PaymentKind


def money(desk: Desk) -> list[tuple[int, int, int]]:
    """Of each refund: amount, voided, shortfall."""
    return [(made.amount_minor, made.voided_minor, made.shortfall_minor) for made in refunds(desk)]


def lines(refund: Refund) -> list[tuple[int, int, int]]:
    return [(made.line_number, made.quantity, made.gross_minor) for made in refund.lines]


def ordered(captured: int | None = None, **fields: Any) -> Desk:
    desk = Desk()
    desk.place(line(1, 2, 2000, tax=319), line(2, 1, 500), shipping(9, 300), captured=captured, **fields)
    return desk


def test_the_refund_of_a_cancellation_tells_its_units_and_what_it_is_for() -> None:
    desk = ordered(captured=2800)
    desk.cancels((1, 1), actor=AGENT, reason="TOO_LATE")
    [made] = refunds(desk)
    assert (made.refund_type, made.cancellation_id) == (
        RefundType.CANCELLATION,
        newest_cancellation(desk).cancellation_id,
    )
    assert (made.comment, made.asked_by, made.order_id, made.policy_version) == ("TOO_LATE", "ann", "1001", "default")
    assert lines(made) == [(1, 1, 1000)]
    assert made.lines[0].taxes == (f.Tax(type="VAT", rate="0.19", amount_minor=160),)
    assert desk.events(WorthSpent)[0] == WorthSpent(((1, 1),), cancelled=True)
    assert newest_cancellation(desk).refund_ids == (made.refund_id,)


def test_shipping_goes_back_with_the_last_goods_where_the_policy_says_so() -> None:
    for rule, amount in (("all_lines", 2800), ("none", 2500)):
        desk = Desk(with_policy(DEFAULT, "refunds", shipping=rule))
        desk.place(line(1, 2, 2000), line(2, 1, 500), shipping(9, 300), captured=2800)
        desk.ships(1)
        desk.returns((1, 1))
        desk.cancels((1, 1), (2, 1), force=True)
        assert sum(made.amount_minor for made in refunds(desk)) == amount


def test_shipping_is_given_back_once_however_its_order_is_cancelled() -> None:
    desk = ordered(captured=2800)
    desk.cancels((9, 1))
    desk.cancels((1, 2))
    desk.cancels((2, 1))
    assert [made.amount_minor for made in refunds(desk)] == [300, 2000, 500]


@pytest.mark.parametrize(
    ("authorised", "captured", "expected", "voided"),
    [
        (2800, 0, [], [1000]),
        (2800, 1800, [], [1000]),
        (2800, 2000, [(200, 800, 0)], [800]),
        (2800, 2800, [(1000, 0, 0)], []),
        (0, 2800, [(1000, 0, 0)], []),
        (0, 1800, [], []),
        (0, 1801, [(1, 999, 0)], []),
    ],
)
def test_what_is_captured_beyond_the_rest_goes_back_and_what_is_only_authorised_is_let_go(
    authorised: int, captured: int, expected: list[tuple[int, int, int]], voided: list[int]
) -> None:
    desk = ordered()
    if authorised:
        desk.pays(K.AUTHORIZED, authorised)
    if captured:
        desk.pays(K.CAPTURED, captured)
    desk.cancels((1, 1))
    assert money(desk) == expected
    assert [leg.amount_minor for leg in newest_cancellation(desk).voids] == voided


def test_each_capture_that_comes_too_late_makes_a_refund_of_what_it_brought_too_much() -> None:
    desk = ordered()
    desk.cancels((1, 1), reason="TOO_LATE", actor=AGENT)
    desk.pays(K.CAPTURED, 1800, "P1")
    assert money(desk) == []
    desk.pays(K.CAPTURED, 400, "P2")
    desk.pays(K.CAPTURED, 600, "P3")
    assert [made.amount_minor for made in refunds(desk)] == [400, 600]
    assert [made.voided_minor for made in refunds(desk)] == [600, 400]
    for made in refunds(desk):
        assert lines(made) == [(1, 1, 1000)]
        assert (made.cancellation_id, made.comment, made.asked_by) == (
            newest_cancellation(desk).cancellation_id,
            "TOO_LATE",
            "ann",
        )
    assert newest_cancellation(desk).refund_ids == tuple(made.refund_id for made in refunds(desk))
    assert (snapshot(desk.file()).due, snapshot(desk.file()).left) == (0, 1800)


def test_a_late_capture_is_for_the_newest_cancellation_that_has_ended_and_then_for_others() -> None:
    desk = ordered()
    desk.cancels((2, 1))
    desk.cancels((1, 1))
    newest = newest_cancellation(desk)
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.cancels((1, 1))
    assert newest_cancellation(desk).state is CancellationState.ASKED_WAREHOUSE
    desk.pays(K.CAPTURED, 2800)
    [made] = refunds(desk)
    assert made.cancellation_id == newest.cancellation_id
    assert (made.amount_minor, lines(made)) == (1500, [(1, 1, 1000), (2, 1, 500)])


def test_money_that_came_back_by_itself_is_not_given_twice() -> None:
    desk = ordered(captured=2800)
    desk.cancels((1, 1))
    desk.pays(K.CAPTURED, 100, "P2")
    assert [made.amount_minor for made in refunds(desk)] == [1000, 100]
    desk.pays(K.REFUNDED, 5, "P2")
    assert len(refunds(desk)) == 2


def test_a_cancellation_after_an_appeasement_gives_only_the_rest() -> None:
    desk = ordered(captured=2800)
    desk.appeases((1, 500), amount_includes_tax=True)
    desk.cancels((1, 2))
    assert [made.amount_minor for made in refunds(desk)] == [500, 1500]
    assert sum(tax.amount_minor for made in refunds(desk) for part in made.lines for tax in part.taxes) == 319


def test_what_the_ceilings_cut_is_told_and_nothing_is_given_where_nothing_is_left() -> None:
    desk = ordered(captured=2800)
    desk.pays(K.CHARGED_BACK, 2000)
    desk.cancels((1, 1))
    assert money(desk) == [(800, 0, 200)]
    assert any("200" in raised.why for raised in desk.events(AttentionRaised) if raised.code == "shortfall")
    gone = ordered(captured=2800)
    gone.pays(K.CHARGED_BACK, 2800)
    gone.cancels((1, 1))
    assert money(gone) == []
    assert "shortfall" in gone.file().attention
    assert any(noted.kind == "post-sales" for noted in gone.events(Noted))


def test_units_whose_worth_is_spent_are_not_given_again() -> None:
    desk = ordered(captured=2800)
    desk.warehouse(UnitStatus.RECEIVED, 2)
    desk.cancels((1, 2))
    desk.answers(newest_cancellation(desk).cancellation_id, (1, 1, 0))
    assert money(desk) == []
    desk.answers(newest_cancellation(desk).cancellation_id, (1, 1, 0))
    assert [made.amount_minor for made in refunds(desk)] == [2000]
    assert desk.file().lines[1].cancelled_spent == 2
    assert desk.file().lines[1].cancelled_worth == 2000


def test_a_cancelled_refund_leaves_the_money_due_to_the_customer() -> None:
    manual = with_policy(DEFAULT, "refunds", second_person_above={"EUR": 10})
    desk = Desk(manual)
    desk.place(line(1, 2, 2000), captured=2000)
    desk.cancels((1, 1))
    assert snapshot(desk.file()).due == 0
    desk.send(c.CancelRefund, refund_id=refunds(desk)[0].refund_id)
    assert (snapshot(desk.file()).due, snapshot(desk.file()).left) == (-1000, 2000)


def test_an_order_that_cost_nothing_gives_nothing() -> None:
    desk = Desk()
    desk.place(line(1, 1, 0), captured=100)
    desk.cancels((1, 1))
    assert newest_cancellation(desk).state is CancellationState.CONFIRMED
    assert money(desk) == []
    assert "shortfall" not in desk.file().attention


def test_a_late_capture_names_only_as_many_lines_as_it_pays() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 500), line(3, 1, 300), line(4, 1, 2000))
    for number in (1, 2, 3):
        desk.cancels((number, 1))
    desk.pays(K.CAPTURED, 2000 + 800)
    [made] = refunds(desk)
    assert (made.amount_minor, made.voided_minor) == (800, 500)
    assert lines(made) == [(3, 1, 300), (1, 1, 1000)]
