"""Appeasements up to the cent: limits, refusals, and the tax of many small ones (domain.md 7)."""

from domain import commands as c
from domain.appeasements import appeasement_of
from domain.orders import snapshot
from domain.policy import DEFAULT
from domain.vocabulary import PaymentKind
from tests.builders.desk import AGENT, MANAGER, Desk, line, shipping, with_policy
from tests.builders.paid_orders import paid
from tests.builders.readings import first_refund, refunds
from tests.builders.refused import refuses

K = PaymentKind


# Appeasements


def test_an_appeasement_is_refused_in_words() -> None:
    policies = with_policy(DEFAULT, "appeasements", reasons=("LATE", "SORRY"))
    desk = paid(policies, line(1, 1, 4000), shipping(9, 500), captured=4500)
    assert refuses(desk.appeases(), "no_lines")
    assert refuses(desk.appeases((1, 1), (1, 1)), "invalid_command", "Line 1")
    assert refuses(desk.appeases((1, 0)), "amount_not_positive", "Line 1", "0")
    assert refuses(desk.appeases((5, 1)), "unknown_line", "1001", "line 5")
    assert refuses(desk.appeases((1, 4001)), "exceeds_line", "Line 1", "4000")
    assert refuses(desk.appeases((9, 501)), "exceeds_shipping", "Line 9", "500")
    wish = (c.AppeasementLineInput(line_number=1, amount_minor=1, reason="MOOD"),)
    assert refuses(
        desk.send(c.CreateAppeasement, lines=wish),
        "reason_not_allowed",
        "'MOOD'",
        "appeasements.reasons",
        "LATE",
        "SORRY",
    )
    assert desk.appeases((1, 1)).accepted


def test_every_wrong_line_of_an_appeasement_is_looked_at() -> None:
    desk = paid(DEFAULT, line(1, 1, 1000), line(2, 1, 1000), captured=2000)
    assert desk.appeases((1, 5000), (7, 1)).code == "unknown_line"
    assert desk.appeases((7, 1), (2, -1)).code == "unknown_line"
    assert desk.appeases((1, 5000), (2, -1)).code == "amount_not_positive"


def test_an_appeasement_is_refused_by_what_is_left_of_the_order_and_of_its_payments() -> None:
    desk = Desk()
    desk.place(line(1, 1, 4000), captured=1000)
    assert refuses(desk.appeases((1, 1001)), "exceeds_order", "1000", "order 1001")
    desk.appeases((1, 1000))
    assert refuses(desk.appeases((1, 1)), "nothing_to_refund", "order 1001")


def test_an_appeasement_is_refused_when_the_order_has_enough_and_its_payments_have_not() -> None:
    desk = Desk()
    desk.place(line(1, 1, 4000))
    desk.pays(K.CAPTURED, 1000, "P1")
    desk.pays(K.CAPTURED, 500, "P2")
    desk.appeases((1, 500), amount_includes_tax=True)
    desk.gateway_answers(K.REFUND_FAILED)
    desk.send(c.ReleaseRefundOffline, refund_id=first_refund(desk).refund_id, reference="cash")
    desk.pays(K.CHARGED_BACK, 200, "P2")
    left = snapshot(desk.file()).left
    assert left == 800
    assert refuses(desk.appeases((1, 801)), "exceeds_order", "800", "order 1001")
    assert desk.appeases((1, 800)).accepted


def test_an_agent_gives_up_to_the_limit_and_a_manager_more() -> None:
    desk = paid(with_policy(DEFAULT, "appeasements", agent_limit={"EUR": 500}))
    assert refuses(desk.appeases((1, 501), actor=AGENT), "not_permitted", "500")
    assert desk.appeases((1, 500), actor=AGENT).accepted
    assert desk.appeases((1, 501), actor=MANAGER).accepted


def test_the_limit_of_an_agent_is_for_all_lines_together_and_tax_included() -> None:
    desk = paid(
        with_policy(DEFAULT, "appeasements", agent_limit={"EUR": 500}),
        line(1, 1, 1190, tax=190),
        line(2, 1, 1000),
        captured=2190,
    )
    assert desk.appeases((1, 430), actor=AGENT).code == "not_permitted"
    assert desk.appeases((1, 200), (2, 270), actor=AGENT).code == "not_permitted"
    assert desk.appeases((1, 200), (2, 262), actor=AGENT).accepted


def test_a_line_without_net_value_gives_nothing_in_net() -> None:
    desk = paid(DEFAULT, line(1, 1, 0), line(2, 1, 1000), captured=1000)
    assert refuses(desk.appeases((1, 10)), "exceeds_line", "Line 1", "0")
    assert desk.appeases((1, 10), amount_includes_tax=True).code == "exceeds_line"


def test_many_small_appeasements_give_the_tax_of_one_large_one() -> None:
    for includes_tax in (False, True):
        desk = paid(DEFAULT, line(1, 1, 11900, tax=1900), captured=11900)
        for _ in range(3):
            assert desk.appeases((1, 333), amount_includes_tax=includes_tax).accepted
        taxes = [refund.lines[0].tax_minor for refund in refunds(desk)]
        assert taxes == ([53, 53, 54] if includes_tax else [63, 64, 63])
        assert sum(taxes) == (160 if includes_tax else 190)


def test_a_failed_appeasement_gives_its_tax_back_too() -> None:
    desk = paid(DEFAULT, line(1, 1, 11900, tax=1900), captured=11900)
    desk.appeases((1, 333))
    desk.gateway_answers(K.REFUND_FAILED)
    desk.appeases((1, 333))
    assert [refund.lines[0].tax_minor for refund in refunds(desk)] == [63, 63]


def test_a_value_of_nothing_has_no_appeasement() -> None:
    desk = paid(DEFAULT, line(1, 1, 0), captured=1000)
    sold = desk.file().lines[1]
    assert appeasement_of(sold, sold.value, 5, includes_tax=True) is None
    assert appeasement_of(sold, sold.value, 5, includes_tax=False) is None


def test_what_was_returned_before_does_not_hide_an_appeasement() -> None:
    desk = paid(DEFAULT, line(1, 3, 3000), captured=3000)
    desk.returns((1, 1))
    desk.appeases((1, 600), amount_includes_tax=True)
    desk.returns((1, 2))
    assert [(made.amount_minor, made.shortfall_minor) for made in refunds(desk)] == [(1000, 0), (600, 0), (1400, 0)]
