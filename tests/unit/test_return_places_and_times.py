"""Where a return goes, until when it may be asked for, and what it pays (domain.md 6)."""

import pytest

from domain import commands as c
from domain import facts as f
from domain.policy import DAY, DEFAULT, AutoRelease, Policies
from domain.vocabulary import (
    PaymentKind,
    ReceiptOutcome,
    RefundState,
    ReturnSettlement,
    ReturnState,
    Verdict,
)
from domain.world import Reply
from tests.builders.delivered_goods import AT_RECEIVED, decides, sold
from tests.builders.desk import CHANNEL, MANAGER, MINUTE, START, Desk, line, shipping, with_policy
from tests.builders.readings import amounts, newest_return
from tests.builders.refused import refuses

GOOD, DAMAGED = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED


# Where to


def chooses(desk: Desk, source: str | None) -> Reply:
    wanted = (c.ReturnLineInput(line_number=1, quantity=1, reason="FIT", return_to_source=source),)
    return desk.send(c.CreateReturn, lines=wanted, comment="x")


def source(desk: Desk, source_id: str, accepts: bool, *channels: str) -> None:
    desk.feed(
        f.Source(
            source_id=source_id, name=source_id, accepts_returns=accepts, sales_channels=channels, updated_at=desk.at
        )
    )


def test_with_the_choice_on_only_sources_that_take_returns_of_the_channel_may_be_chosen() -> None:
    desk = sold(with_policy(DEFAULT, "returns", choose_source=True))
    source(desk, "SHOP", True)
    source(desk, "MINE", True, CHANNEL, "other")
    source(desk, "THEIRS", True, "other")
    source(desk, "CLOSED", False)
    assert refuses(chooses(desk, "CLOSED"), "source_refuses_returns", "'CLOSED'")
    assert refuses(chooses(desk, "THEIRS"), "source_refuses_returns", "'THEIRS'")
    assert refuses(chooses(desk, "W8"), "unknown_source", "'W8'")
    for chosen in ("SHOP", "MINE", "W1"):
        assert chooses(desk, chosen).accepted
        assert (newest_return(desk).source_id, newest_return(desk).lines[0].source_id) == (chosen, chosen)


def test_the_original_source_is_no_choice_either_when_it_takes_no_returns() -> None:
    desk = sold(with_policy(DEFAULT, "returns", choose_source=True))
    source(desk, "W1", False)
    assert chooses(desk, "W1").code == "source_refuses_returns"
    assert chooses(desk, None).accepted
    assert newest_return(desk).source_id == "W1"


@pytest.mark.parametrize(
    ("parcels", "where"),
    [
        ([("A", 1), ("B", 2)], "B"),
        ([("A", 1), ("B", 1)], "A"),
        ([("B", 1), ("A", 1), ("A", 1)], "A"),
    ],
)
def test_goods_go_back_to_who_sent_most_of_them_or_sent_first(parcels: list[tuple[str, int]], where: str) -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000, source_id="SHELF"), captured=3000)
    for sender, units in parcels:
        desk.ships(units, source_id=sender)
    desk.returns((1, 1))
    assert newest_return(desk).source_id == where


def test_goods_that_nobody_is_known_to_have_sent_go_to_the_lines_own_source() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000, source_id="SHELF"), line(2, 1, 1000), captured=2000)
    desk.delivers(1)
    desk.delivers(1, 2)
    desk.returns((1, 1))
    assert newest_return(desk).source_id == "SHELF"
    desk.returns((2, 1))
    assert newest_return(desk).source_id is None


def test_lines_that_go_to_different_sources_leave_the_header_without_one() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000), captured=2000)
    desk.ships(1, source_id="A")
    desk.ships(1, 2, source_id="B")
    desk.returns((1, 1), (2, 1))
    assert (newest_return(desk).source_id, [made.source_id for made in newest_return(desk).lines]) == (None, ["A", "B"])


# Until when

WINDOW = with_policy(DEFAULT, "returns", window=10 * DAY, transit=2 * DAY)


def asked_at(desk: Desk, at: int) -> Reply:
    desk.at = at - MINUTE
    return desk.returns((1, 1), issued_at=at)


def test_a_window_runs_from_the_last_delivery() -> None:
    for late, code in ((0, None), (1, "return_window_over")):
        desk = Desk(WINDOW)
        desk.place(line(1, 2, 2000), captured=2000)
        desk.ships(2, occurred_at=START)
        desk.delivers(1, occurred_at=START + 1 * DAY)
        desk.delivers(1, occurred_at=START + 3 * DAY)
        assert asked_at(desk, START + 13 * DAY + late).code == code


def test_a_window_runs_from_the_last_shipment_and_its_transit_when_nothing_was_delivered() -> None:
    for late, code in ((0, None), (1, "return_window_over")):
        desk = Desk(WINDOW)
        desk.place(line(1, 2, 2000), captured=2000)
        desk.ships(1, occurred_at=START)
        desk.ships(1, occurred_at=START + 1 * DAY)
        assert asked_at(desk, START + 13 * DAY + late).code == code


def test_a_return_after_its_window_says_so() -> None:
    desk = sold(WINDOW)
    assert refuses(asked_at(desk, START + 60 * DAY), "return_window_over", "line 1")


@pytest.mark.parametrize(("ahead", "code"), [(5 * MINUTE, "return_window_over"), (5 * MINUTE + 1, None)])
def test_a_command_dated_too_far_ahead_counts_as_sent_now(ahead: int, code: str | None) -> None:
    desk = Desk(WINDOW)
    desk.place(line(1, 1, 1000), captured=1000)
    desk.ships(1, occurred_at=START)
    desk.delivers(1, occurred_at=START)
    desk.at = START + 10 * DAY - MINUTE
    assert desk.returns((1, 1), issued_at=START + 10 * DAY + ahead).code == code


def test_without_a_window_a_return_is_never_too_late() -> None:
    assert asked_at(sold(), START + 9999 * DAY).accepted


# Money of a return


def test_an_unsent_refund_goes_with_its_cancelled_return_and_its_shipping_is_worth_something_again() -> None:
    manual = with_policy(DEFAULT, "refunds", auto_release=AutoRelease(False, False, False, False))
    desk = Desk(manual)
    desk.place(line(1, 1, 1000), shipping(9, 500), captured=1500)
    desk.ships(1)
    for amount in (1500, 1500):
        desk.returns((1, 1))
        assert amounts(desk)[-1] == amount
        assert desk.send(c.CancelReturn, return_id=newest_return(desk).return_id).accepted
    assert {refund.state for refund in desk.file().refunds.values()} == {RefundState.CANCELLED}


def test_a_fee_larger_than_the_worth_leaves_no_refund() -> None:
    for fee, expected in ((999, [1]), (1000, []), (1001, [])):
        desk = sold(with_policy(DEFAULT, "returns", restocking_fee={"EUR": fee}))
        desk.returns((1, 1))
        assert amounts(desk) == expected
        settlement = ReturnSettlement.REFUND if expected else ReturnSettlement.NONE
        assert newest_return(desk).lines[0].settlement is settlement


def test_a_fee_is_taken_once_a_return_whatever_comes_in_parts() -> None:
    desk = sold(with_policy(AT_RECEIVED, "returns", restocking_fee={"EUR": 300}))
    desk.returns((1, 2))
    desk.receives("RMA-1", (1, 1, GOOD), (1, 1, DAMAGED))
    decides(desk, Verdict.ACCEPT)
    assert amounts(desk) == [700, 1000]
    assert [refund.fee_minor for refund in desk.file().refunds.values()] == [300, 0]
    assert newest_return(desk).fee_taken


def test_a_return_is_settled_when_its_money_went_or_was_given_up_or_paid_by_hand() -> None:
    def received(policies: Policies = DEFAULT) -> Desk:
        desk = sold(policies)
        desk.returns((1, 1))
        desk.receives("RMA-1", (1, 1, GOOD))
        assert newest_return(desk).state is ReturnState.RECEIVED
        return desk

    released = received()
    released.gateway_answers()
    assert newest_return(released).state is ReturnState.SETTLED
    by_hand = received()
    by_hand.gateway_answers(PaymentKind.REFUND_FAILED)
    assert newest_return(by_hand).state is ReturnState.RECEIVED
    refund_id = next(iter(by_hand.file().refunds))
    by_hand.send(c.ReleaseRefundOffline, MANAGER, refund_id=refund_id, reference="cash")
    assert newest_return(by_hand).state is ReturnState.SETTLED
    given_up = received(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=False)))
    given_up.send(c.CancelRefund, refund_id=next(iter(given_up.file().refunds)))
    assert newest_return(given_up).state is ReturnState.SETTLED
