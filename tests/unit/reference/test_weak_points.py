"""Weak points read in the sources of other systems: what must not happen here."""

import pytest

from domain import commands as c
from domain import facts as f
from domain.ceilings import ceilings
from domain.order_events import LegsSent, NoticeAsked
from domain.orders import snapshot
from domain.policy import DEFAULT
from domain.vocabulary import (
    CaseLineState,
    PaymentKind,
    ReceiptOutcome,
    RefundState,
    ReturnState,
)
from tests.builders.case_on_order import CASE, LINE, submitted_case
from tests.builders.desk import CHANNEL, Desk, line, with_policy
from tests.builders.readings import amounts, newest_return, refunds
from tests.unit.reference.reading import all_legs, confirms, delivered, left, taxed

K = PaymentKind
GOOD = ReceiptOutcome.GOOD


def test_W1_received_units_cannot_be_returned_again() -> None:
    desk = delivered(line(1, 3, 3000))
    desk.returns((1, 3))
    desk.receives(newest_return(desk).rma, (1, 3, GOOD))
    assert desk.returns((1, 1)).code == "quantity_not_available"


def test_W2_a_second_part_receipt_adds_to_the_first() -> None:
    desk = delivered(line(1, 2, 2000))
    desk.returns((1, 2))
    rma = newest_return(desk).rma
    desk.receives(rma, (1, 1, GOOD))
    assert newest_return(desk).state is ReturnState.PARTLY_RECEIVED
    desk.receives(rma, (1, 1, GOOD))
    assert (newest_return(desk).state, newest_return(desk).lines[0].good) == (ReturnState.RECEIVED, 2)


def test_W3_a_leg_that_failed_frees_what_it_held_and_hides_nothing_else() -> None:
    desk = delivered(line(1, 1, 1000), line(2, 1, 500))
    desk.appeases((1, 1000))
    desk.appeases((2, 500))
    first, second = all_legs(desk)
    confirms(desk, first, K.REFUND_FAILED)
    confirms(desk, second)
    assert (left(desk, 1), left(desk, 2), snapshot(desk.file()).left) == (1000, 0, 1000)
    assert desk.appeases((1, 1000)).accepted


def test_W4_nothing_is_sent_unless_all_of_it_can_be() -> None:
    desk = delivered(line(1, 1, 2000), captured=0)
    desk.pays(K.CAPTURED, 500, "P1")
    desk.pays(K.CAPTURED, 400, "P2")
    assert desk.appeases((1, 1000)).code == "exceeds_order"
    assert not desk.events(LegsSent)
    assert desk.appeases((1, 900)).accepted
    [sent] = desk.events(LegsSent)
    assert [leg.amount_minor for leg, _ in sent.legs] == [400, 500]


def test_W5_order_payments_and_preview_say_the_same_of_what_is_left() -> None:
    desk = delivered(line(1, 1, 10000))
    desk.appeases((1, 1000))
    desk.gateway_answers()
    desk.appeases((1, 2000))
    limits = ceilings(desk.file())
    preview = desk.appeases((1, 500), dry_run=True).preview
    assert preview is not None
    assert (limits.order, limits.paid, limits.lines[1], snapshot(desk.file()).left) == (7000, 7000, 7000, 7000)
    assert preview.left_minor == 6500


def test_W6_a_refund_of_which_a_part_failed_is_not_released_and_the_part_can_be_sent_again() -> None:
    desk = delivered(line(1, 1, 10000), captured=0)
    desk.pays(K.CAPTURED, 4000, "P1")
    desk.pays(K.CAPTURED, 6000, "P2")
    desk.returns((1, 1))
    newest, older = all_legs(desk)
    confirms(desk, newest)
    confirms(desk, older, K.REFUND_FAILED)
    assert refunds(desk)[0].state is RefundState.PARTLY_RELEASED
    assert desk.send(c.RetryRefund, refund_id=refunds(desk)[0].refund_id).accepted
    confirms(desk, older, gateway_reference="G-9", occurred_at=desk.at + 1)
    assert refunds(desk)[0].state is RefundState.RELEASED


def test_W7_returns_and_exchanges_take_from_the_same_units() -> None:
    desk = Desk()
    desk.feed(f.Product(sku="BLUE", parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=9, updated_at=desk.at))
    delivered(line(1, 2, 2000, parent_sku="SHIRT"), desk=desk)
    desk.returns((1, 1))

    def exchange(quantity: int) -> str | None:
        wish = c.ExchangeLineInput(line_number=1, quantity=quantity, new_sku="BLUE", reason="COLOUR")
        return desk.send(c.CreateExchange, lines=(wish,)).code

    assert exchange(2) == "already_held"
    assert exchange(1) is None
    assert desk.returns((1, 1)).code == "already_held"


def test_W8_one_cap_over_all_remedies_and_nothing_is_resolved_before_the_gateway_answers() -> None:
    desk = delivered(line(1, 2, 2000))
    tie = submitted_case(desk, service="DISPUTE")
    assert desk.appeases((1, 1500), **tie).accepted
    assert desk.appeases((1, 501)).code == "exceeds_line"
    desk.returns((1, 2))
    assert amounts(desk) == [1500, 500]
    assert desk.case(CASE).lines[LINE].state is CaseLineState.NEW
    desk.gateway_answers()
    assert desk.case(CASE).lines[LINE].state is CaseLineState.RESOLVED_ACCEPTED


def test_W9_a_line_of_100_with_20_percent_off_offers_80_and_no_claim_goes_above() -> None:
    desk = delivered(taxed(1, 1, 10000, 0, discount=2000), tax_included=False)
    assert desk.appeases((1, 8001)).code == "exceeds_line"
    desk.returns((1, 1))
    assert amounts(desk) == [8000]


@pytest.mark.parametrize(("answer", "may_give_again"), [(K.REFUND_FAILED, True), (None, False)])
def test_W10_what_failed_is_free_again_and_what_is_pending_is_not(answer: K | None, may_give_again: bool) -> None:
    desk = delivered(line(1, 1, 1000))
    desk.appeases((1, 1000))
    if answer:
        desk.gateway_answers(answer)
    assert desk.appeases((1, 1000)).accepted is may_give_again


def test_W11_what_cannot_be_given_is_said_and_never_clipped_in_silence() -> None:
    desk = delivered(line(1, 1, 1000), captured=700)
    desk.returns((1, 1))
    [refund] = refunds(desk)
    assert (refund.amount_minor, refund.shortfall_minor) == (700, 300)
    assert "shortfall" in desk.file().attention


def test_W12_three_thirds_of_12_30_give_back_all_2_30_of_its_tax() -> None:
    desk = delivered(taxed(1, 1, 1000, 23), tax_included=False)
    for _ in range(3):
        desk.appeases((1, 410), amount_includes_tax=True)
    taxes = [refund.lines[0].tax_minor for refund in refunds(desk)]
    assert (taxes, sum(amounts(desk))) == ([77, 76, 77], 1230)


def given_back_whole(desk: Desk, currency: str) -> None:
    """An order of three units for 290 minor units, all of them refunded one by one."""
    desk.place(line(1, 3, 290), currency=currency)
    desk.pays(K.CAPTURED, 290, currency=currency)
    desk.ships(3)
    for _ in range(3):
        desk.returns((1, 1))
        confirms(desk, all_legs(desk)[-1], currency=currency)


@pytest.mark.parametrize(("currency", "words"), [("JPY", "97 JPY"), ("EUR", "0.97 EUR"), ("BHD", "0.097 BHD")])
def test_W13_units_sum_exactly_in_every_currency(currency: str, words: str) -> None:
    desk = Desk()
    given_back_whole(desk, currency)
    assert (amounts(desk), sum(amounts(desk))) == ([97, 96, 97], 290)
    mails = [notice.facts["amount"] for notice in desk.events(NoticeAsked) if notice.kind == "REFUND_RELEASED"]
    assert (len(mails), mails[0]) == (3, words)


def test_W14_a_received_return_cannot_be_cancelled() -> None:
    for outcome, code in ((ReceiptOutcome.DAMAGED, "already_received"), (GOOD, "wrong_state")):
        desk = delivered(line(1, 2, 2000), desk=Desk(with_policy(DEFAULT, "refunds", at="RECEIVED")))
        desk.returns((1, 2))
        desk.receives(newest_return(desk).rma, (1, 2, outcome))
        assert newest_return(desk).state is ReturnState.RECEIVED
        assert desk.send(c.CancelReturn, return_id=newest_return(desk).return_id).code == code
        assert "delivered" not in desk.buckets()
