"""Worked examples: the state of a payment is a fold over everything that the gateway said."""

from domain.orders import snapshot
from domain.vocabulary import PaymentKind
from tests.builders.desk import Desk, line
from tests.builders.readings import refunds
from tests.unit.reference.reading import all_legs, confirms, delivered

K = PaymentKind


def asked_for_11() -> Desk:
    """100 captured; 11 of it asked back and not answered yet."""
    desk = delivered(line(1, 1, 100))
    assert desk.appeases((1, 11)).accepted
    return desk


def test_E63_what_was_asked_back_is_gone_from_what_is_left_and_pending() -> None:
    money = snapshot(asked_for_11().file())
    assert (money.left, money.pending, money.refunded) == (89, 11, 0)


def test_E64_what_was_paid_back_is_refunded_and_not_pending() -> None:
    desk = asked_for_11()
    confirms(desk, all_legs(desk)[0])
    money = snapshot(desk.file())
    assert (money.left, money.pending, money.refunded) == (89, 0, 11)


def test_E71_the_same_word_again_counts_once_and_with_another_amount_is_recorded_only() -> None:
    desk = asked_for_11()
    [leg] = all_legs(desk)
    for _ in range(2):
        confirms(desk, leg, gateway_reference="G-1")
    assert snapshot(desk.file()).refunded == 11
    assert desk.file().attention == ()
    desk.pays(K.REFUNDED, 12, operation_reference=leg.leg_id, gateway_reference="G-1")
    assert snapshot(desk.file()).refunded == 11
    assert desk.file().attention == ("other_amount",)
    assert len([op for op in desk.file().operations if op.kind is K.REFUNDED]) == 3
    assert refunds(desk)[0].amount_minor == 11
