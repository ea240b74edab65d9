"""What a warehouse found of a return, and what is decided about it (domain.md 6)."""

from typing import Any

import pytest

from domain import facts as f
from domain.order_events import AttentionRaised, Noted, ReceiptSeen
from domain.policy import DEFAULT
from domain.vocabulary import (
    ReceiptOutcome,
    ReturnDecision,
    ReturnState,
    ReturnTransport,
    Verdict,
)
from tests.builders.delivered_goods import ASKED, AT_RECEIVED, decides, sold
from tests.builders.desk import CHANNEL, Desk, line, with_policy
from tests.builders.readings import amounts, newest_return, returns
from tests.builders.refused import refuses

GOOD, DAMAGED, WRONG = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED, ReceiptOutcome.WRONG_ITEM
SHORT, LOST = ReceiptOutcome.SHORT, ReceiptOutcome.LOST


# Goods that come


def test_a_receipt_says_what_came_and_a_second_one_with_its_id_changes_nothing() -> None:
    desk = sold()
    desk.returns((1, 1))
    desk.receives("RMA-1", (1, 1, GOOD), receipt_id="REC", source_id="W1")
    assert desk.events(ReceiptSeen) == [ReceiptSeen("REC", "RMA-1", "W1", "goods arrived for RMA-1")]
    before = desk.file()
    desk.receives("RMA-1", (1, 1, GOOD), receipt_id="REC", source_id="W1")
    words = "receipt REC is a duplicate: it came before, nothing was changed"
    assert Noted("warehouse", words) in desk.events(Noted)
    assert (desk.buckets(), desk.file().returns) == ({"delivered": 2, "back_good": 1}, before.returns)
    desk.receives(None, (1, 1, GOOD), receipt_id="REC-2")
    assert desk.events(ReceiptSeen)[-1].words == "goods arrived without an RMA"


def test_a_receipt_approves_a_return_that_waits() -> None:
    desk = sold(ASKED)
    desk.returns((1, 2))
    desk.receives("RMA-1", (1, 1, GOOD))
    assert (newest_return(desk).state, len(returns(desk))) == (ReturnState.PARTLY_RECEIVED, 1)


@pytest.mark.parametrize(
    ("came", "transport", "decision"),
    [
        (((GOOD, 1),), "RECEIVED", "PENDING"),
        (((GOOD, 3),), "RECEIVED", "ACCEPTED"),
        (((GOOD, 2), (DAMAGED, 1)), "RECEIVED", "NEEDS_PERSON"),
        (((GOOD, 2), (WRONG, 1)), "WRONG_ITEM", "NEEDS_PERSON"),
        (((LOST, 1), (WRONG, 1)), "LOST", "NEEDS_PERSON"),
        (((SHORT, 1), (LOST, 1), (WRONG, 1)), "SHORT", "NEEDS_PERSON"),
    ],
)
def test_a_line_shows_the_worst_of_its_units(
    came: tuple[tuple[ReceiptOutcome, int], ...], transport: str, decision: str
) -> None:
    desk = sold(AT_RECEIVED)
    desk.returns((1, 3))
    assert newest_return(desk).lines[0].transport is ReturnTransport.ANNOUNCED
    desk.receives("RMA-1", *((1, units, outcome) for outcome, units in came))
    [made] = newest_return(desk).lines
    assert (made.transport, made.decision) == (transport, decision)


@pytest.mark.parametrize(
    ("outcome", "verdict", "buckets", "counts"),
    [
        (DAMAGED, Verdict.ACCEPT, {"back_damaged": 2}, (2, 0, 0)),
        (DAMAGED, Verdict.REJECT, {"return_rejected": 2}, (0, 0, 2)),
        (DAMAGED, Verdict.ACCEPT_PART, {"back_damaged": 2}, (0, 2, 0)),
        (LOST, Verdict.ACCEPT, {"lost": 2}, (2, 0, 0)),
        (LOST, Verdict.REJECT, {"lost": 2}, (0, 0, 2)),
        (SHORT, Verdict.ACCEPT, {"lost": 2}, (2, 0, 0)),
        (SHORT, Verdict.REJECT, {"delivered": 2}, (0, 0, 2)),
        (WRONG, Verdict.ACCEPT, {"lost": 2}, (2, 0, 0)),
        (WRONG, Verdict.REJECT, {"delivered": 2}, (0, 0, 2)),
        (WRONG, Verdict.ACCEPT_PART, {"lost": 2}, (0, 2, 0)),
    ],
)
def test_each_outcome_and_verdict_puts_the_units_where_they_are(
    outcome: ReceiptOutcome, verdict: Verdict, buckets: dict[str, int], counts: tuple[int, int, int]
) -> None:
    desk = sold(AT_RECEIVED, 2)
    desk.returns((1, 2))
    desk.receives("RMA-1", (1, 2, outcome))
    assert desk.buckets() == {"return_announced": 2}
    percent = 30 if verdict is Verdict.ACCEPT_PART else None
    assert decides(desk, verdict, percent=percent).accepted
    [made] = newest_return(desk).lines
    assert desk.buckets() == buckets
    assert (made.accepted, made.accepted_part, made.rejected, made.percent) == (*counts, percent)
    assert made.undecided == ()
    decision = {2: ReturnDecision.REJECTED}.get(counts[2], ReturnDecision.ACCEPTED)
    assert made.decision is (ReturnDecision.ACCEPTED_PART if counts[1] else decision)
    assert amounts(desk) == {2: [2000]}.get(counts[0], [600] if counts[1] else [])


@pytest.mark.parametrize(
    ("damaged", "buckets", "amount"),
    [
        ("accept", {"back_good": 1, "back_damaged": 2}, 3000),
        ("reject", {"back_good": 1, "return_rejected": 2}, 1000),
        ("part:25", {"back_good": 1, "back_damaged": 2}, 1500),
    ],
)
def test_a_policy_decides_damaged_goods_by_itself(damaged: str, buckets: dict[str, int], amount: int) -> None:
    policies = with_policy(AT_RECEIVED, "returns", damaged=damaged)
    desk = sold(policies)
    desk.returns((1, 3))
    desk.receives("RMA-1", (1, 1, GOOD), (1, 2, DAMAGED))
    assert desk.buckets() == buckets
    assert amounts(desk) == [amount]
    [made] = newest_return(desk).lines
    assert (made.good, made.damaged) == (1, 2)
    assert made.decision is (ReturnDecision.ACCEPTED if damaged == "accept" else ReturnDecision.ACCEPTED_PART)
    blind = sold(policies)
    blind.receives(None, (1, 1, GOOD), (1, 2, DAMAGED))
    assert (blind.buckets(), amounts(blind)) == (buckets, [amount])


def test_units_that_wait_for_a_person_add_up_over_receipts() -> None:
    desk = sold(AT_RECEIVED)
    desk.returns((1, 3))
    desk.receives("RMA-1", (1, 1, WRONG))
    desk.receives("RMA-1", (1, 1, WRONG), (1, 1, DAMAGED))
    assert newest_return(desk).lines[0].undecided == ((WRONG, 2), (DAMAGED, 1))
    assert decides(desk, Verdict.ACCEPT).accepted
    assert desk.buckets() == {"back_damaged": 1, "lost": 2}


def test_a_receipt_finds_its_line_by_sku_when_it_names_no_number() -> None:
    desk = Desk(AT_RECEIVED)
    desk.place(line(1, 1, 1000), line(2, 1, 1000, sku="S"), line(3, 1, 1000, sku="S"), captured=3000)
    for number in (1, 2, 3):
        desk.ships(1, number)
    desk.returns((1, 1), (2, 1), (3, 1))
    for receipt in ("A", "B"):
        came = (f.ReceiptLine(sku="S", quantity=1, outcome=GOOD),)
        desk.feed(
            desk.fact(
                f.ReturnReceipt, sales_channel=CHANNEL, order_id="1001", rma="RMA-1", receipt_id=receipt, lines=came
            )
        )
    assert [made.good for made in newest_return(desk).lines] == [0, 1, 1]
    assert newest_return(desk).state is ReturnState.PARTLY_RECEIVED


def test_a_rejection_after_the_refund_needs_attention() -> None:
    rejects = with_policy(DEFAULT, "returns", damaged="reject")
    for policies in (DEFAULT, rejects):
        desk = sold(policies)
        desk.returns((1, 2))
        desk.receives("RMA-1", (1, 1, GOOD), (1, 1, DAMAGED))
        if policies is DEFAULT:
            assert "action_partial" not in desk.file().attention
            assert decides(desk, Verdict.REJECT).accepted
        words = "units of RMA-1 were rejected after they had been refunded"
        assert AttentionRaised("action_partial", words) in desk.events(AttentionRaised)
        assert desk.file().attention == ("action_partial",)


def test_a_rejection_before_any_refund_and_an_acceptance_after_it_need_none() -> None:
    for policies, verdict in ((AT_RECEIVED, Verdict.REJECT), (DEFAULT, Verdict.ACCEPT)):
        desk = sold(policies)
        desk.returns((1, 1))
        desk.receives("RMA-1", (1, 1, DAMAGED))
        assert decides(desk, verdict).accepted
        assert desk.file().attention == ()


@pytest.mark.parametrize(
    ("verdict", "fields", "code", "facts"),
    [
        (Verdict.ACCEPT, {"line_number": 7}, "unknown_line", ("RMA-1", "line 7")),
        (Verdict.ACCEPT_PART, {}, "invalid_command", ("1", "99")),
        (Verdict.ACCEPT_PART, {"percent": 0}, "invalid_command", ("1", "99")),
        (Verdict.ACCEPT_PART, {"percent": 100}, "invalid_command", ("1", "99")),
    ],
)
def test_a_verdict_is_refused_in_words(
    verdict: Verdict, fields: dict[str, Any], code: str, facts: tuple[str, ...]
) -> None:
    desk = sold(AT_RECEIVED)
    desk.returns((1, 1))
    desk.receives("RMA-1", (1, 1, DAMAGED))
    assert refuses(decides(desk, verdict, **fields), code, *facts)
    assert newest_return(desk).lines[0].undecided


@pytest.mark.parametrize(("percent", "amount"), [(1, 10), (99, 990)])
def test_a_part_may_be_from_1_to_99_percent(percent: int, amount: int) -> None:
    desk = sold(AT_RECEIVED)
    desk.returns((1, 1))
    desk.receives("RMA-1", (1, 1, DAMAGED))
    assert decides(desk, Verdict.ACCEPT_PART, percent=percent).accepted
    assert amounts(desk) == [amount]


def test_a_verdict_on_what_does_not_wait_is_refused() -> None:
    desk = sold()
    desk.returns((1, 1))
    assert refuses(decides(desk, Verdict.ACCEPT), "wrong_state", "line 1", "RMA-1")
