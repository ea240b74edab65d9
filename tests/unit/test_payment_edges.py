"""The payment fold, the four ceilings and the plan of legs where payments differ (domain.md 3)."""

from itertools import permutations

import pytest

from domain.ceilings import Ceilings, in_leg_order, plan_legs, plan_voids
from domain.identity import Ids
from domain.money import Amounts
from domain.orders import Snapshot
from domain.payments import Group, Operation, Payment, conflicts, fold, groups
from domain.policy import DEFAULT, RefundPolicy
from domain.refunds import Leg, RefundLine
from domain.vocabulary import LegState, PaymentKind
from domain.worth import part
from tests.builders.desk import uid, with_policy

K = PaymentKind
CAUSE = uid("cause")


def op(kind: PaymentKind, amount: int, at: int, payment_ref: str = "P1", **fields: str) -> Operation:
    fields = {"gateway": "gate", "method": "card", "currency": "EUR", **fields}
    event_id = fields.pop("event_id", f"{at:02}{kind}{amount}{payment_ref}")
    return Operation(
        event_id=event_id, occurred_at=at, payment_ref=payment_ref, kind=kind, amount_minor=amount, **fields
    )


def every_way(history: list[Operation]) -> dict[str, Payment]:
    """The fold, which must be the same for every order of arrival."""
    first = fold(history, "EUR")
    assert all(fold(arrival, "EUR") == first for arrival in permutations(history))
    return first


def test_a_payment_tells_whose_it_is_what_happened_and_when() -> None:
    history = [
        op(K.AUTHORIZED, 500, 1, gateway="stripe", method="visa"),
        op(K.CAPTURED, 200, 2),
        op(K.CAPTURED, 100, 4),
        op(K.VOIDED, 50, 5),
        op(K.REFUNDED, 30, 6),
        op(K.CHARGED_BACK, 20, 7),
    ]
    assert fold(history, "EUR") == {
        "P1": Payment(
            payment_ref="P1",
            gateway="stripe",
            method="visa",
            authorized=500,
            captured=300,
            voided=50,
            refunded=30,
            charged_back=20,
            authorized_at=1,
            captured_at=4,
        )
    }


def test_what_is_left_of_a_payment_is_what_nobody_took_and_never_below_nothing() -> None:
    payment = Payment(payment_ref="P", gateway="g", method="m", captured=100, refunded=30, charged_back=20)
    assert (payment.left(10), payment.raw_left(10)) == (40, 40)
    assert (payment.left(60), payment.raw_left(60)) == (0, -10)


def test_an_undo_without_a_name_undoes_the_newest_earlier_success_of_its_amount() -> None:
    history = [
        op(K.REFUNDED, 40, 1, gateway_reference="a"),
        op(K.REFUNDED, 40, 3, gateway_reference="b"),
        op(K.REFUNDED, 40, 6, gateway_reference="c"),
        op(K.REFUND_FAILED, 40, 4),
    ]
    assert every_way(history)["P1"].refunded == 80
    undone = [group.reference for group in groups(history, "EUR") if group.undone]
    assert undone == ["b"]


def test_an_undo_at_the_very_time_of_the_success_undoes_it() -> None:
    for reference in ({}, {"gateway_reference": "a"}):
        history = [op(K.REFUNDED, 40, 3, gateway_reference="a"), op(K.REFUND_FAILED, 40, 3, **reference)]
        assert every_way(history)["P1"].refunded == 0


def test_an_undo_older_than_the_success_undoes_nothing() -> None:
    history = [op(K.REFUNDED, 40, 3, gateway_reference="a"), op(K.REFUND_FAILED, 40, 2, gateway_reference="a")]
    assert every_way(history)["P1"].refunded == 40


def test_two_undos_without_a_name_undo_two_successes_and_a_third_none() -> None:
    history = [
        op(K.REFUNDED, 40, 1),
        op(K.REFUNDED, 40, 2),
        op(K.REFUND_FAILED, 40, 3),
        op(K.REFUND_FAILED, 40, 4),
        op(K.REFUND_FAILED, 40, 5),
    ]
    assert every_way(history)["P1"].refunded == 0


def test_a_failure_repeated_under_one_name_counts_once_but_a_reversal_beside_it_counts_too() -> None:
    name = {"gateway_reference": "a"}
    twice = [op(K.REFUNDED, 40, 1, **name), op(K.REFUND_FAILED, 10, 2, **name), op(K.REFUND_FAILED, 10, 3, **name)]
    assert every_way(twice)["P1"].refunded == 30
    both = [op(K.REFUNDED, 40, 1, **name), op(K.REFUND_FAILED, 10, 2, **name), op(K.REFUND_REVERSED, 5, 3, **name)]
    assert every_way(both)["P1"].refunded == 25


def test_a_group_tells_its_newest_success_and_its_newest_failure() -> None:
    name = {"gateway_reference": "a"}
    history = [op(K.CAPTURED, 40, 1, **name), op(K.CAPTURED, 40, 5, **name), op(K.CAPTURE_FAILED, 40, 3, **name)]
    assert groups(history, "EUR") == [Group("P1", "capture", "a", amount=40, at=5, undone=0, failed_at=3)]
    failed = [op(K.CAPTURE_FAILED, 40, 3, **name), op(K.CAPTURE_FAILED, 40, 7, **name)]
    assert groups(failed, "EUR") == [Group("P1", "capture", "a", failed_at=7)]


def test_a_gateways_name_means_the_request_that_it_was_first_told_with() -> None:
    history = [
        op(K.REFUNDED, 40, 2, operation_reference="leg-1", gateway_reference="g"),
        op(K.REFUNDED, 40, 3, operation_reference="leg-2", gateway_reference="g"),
        op(K.REFUND_FAILED, 40, 4, gateway_reference="g"),
    ]
    assert {group.reference: group.counted for group in groups(history, "EUR")} == {"leg-1": 0, "leg-2": 40}
    assert every_way(history)["P1"].refunded == 40


def test_the_same_name_with_another_payment_kind_or_amount_is_another_operation() -> None:
    known = [op(K.CAPTURED, 40, 1, gateway_reference="a"), op(K.CAPTURED, 10, 1, gateway_reference="u", currency="USD")]
    assert conflicts(known, op(K.CAPTURED, 41, 2, gateway_reference="a"))
    assert not conflicts(known, op(K.CAPTURED, 40, 2, gateway_reference="a"))
    assert not conflicts(known, op(K.CAPTURED, 41, 2, "P2", gateway_reference="a"))
    assert not conflicts(known, op(K.CAPTURE_FAILED, 41, 2, gateway_reference="a"))
    assert not conflicts(known, op(K.CAPTURED, 41, 2, gateway_reference="b"))
    assert not conflicts(known, op(K.CAPTURED, 11, 2, gateway_reference="u"))
    assert not conflicts([op(K.CAPTURED, 40, 1)], op(K.CAPTURED, 41, 2))


# Ceilings


def refund_line(number: int, gross: int) -> RefundLine:
    return RefundLine(line_number=number, sku="S", quantity=1, net_minor=gross, tax_minor=0, gross_minor=gross)


def test_no_more_than_the_least_of_lines_order_and_payments_may_be_given() -> None:
    wanted = [refund_line(1, 60), refund_line(1, 60), refund_line(2, 50)]
    assert Ceilings(1000, {1: 100, 2: 80}, {"P": 1000}).allows(wanted) == 150
    assert Ceilings(140, {1: 100, 2: 80}, {"P": 1000}).allows(wanted) == 140
    assert Ceilings(1000, {1: 100, 2: 80}, {"P": 60, "Q": 70}).allows(wanted) == 130
    assert Ceilings(1000, {1: 300}, {"P": 1000}).allows(wanted) == 120
    assert Ceilings(1000, {1: 300}, {"P": 1000}).allows([]) == 0


def paid(ref: str, captured: int, at: int, method: str = "card", **sums: int) -> Payment:
    return Payment(payment_ref=ref, gateway=f"gate-{ref}", method=method, captured=captured, captured_at=at, **sums)


PAYMENTS = [
    paid("A", 10, 5, "giftcard"),
    paid("B", 40, 9),
    paid("C", 30, 9, "giftcard"),
    paid("D", 20, 1),
    paid("E", 0, 99),
]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (("newest",), "BCAD"),
        (("newest", "same_method"), "BDCA"),
        (("oldest",), "DABC"),
        (("oldest", "same_method"), "DBAC"),
        (("largest",), "BCDA"),
        (("largest", "same_method"), "BDCA"),
    ],
)
def test_payments_give_back_in_the_order_that_the_policy_says(order: tuple[str, ...], expected: str) -> None:
    policy = with_policy(DEFAULT, "refunds", leg_order=order).default.refunds
    for arrival in permutations(PAYMENTS):
        assert "".join(payment.payment_ref for payment in in_leg_order(arrival, policy)) == expected


def test_without_a_captured_payment_none_gives_back() -> None:
    assert in_leg_order([paid("E", 0, 99)], RefundPolicy()) == []


def money(*payments: Payment, **pending: int) -> Snapshot:
    return Snapshot(
        order_total=0,
        captured=0,
        refunded=0,
        pending=0,
        charged_back=0,
        due=0,
        left=0,
        payments={payment.payment_ref: payment for payment in payments},
        pending_by_payment=pending,
    )


def test_legs_take_from_each_payment_what_it_has_left_until_the_amount_is_reached() -> None:
    snapshot = money(paid("A", 100, 9, refunded=20), paid("B", 51, 8), paid("C", 1, 7), paid("D", 60, 6), B=51)
    legs = plan_legs(snapshot, 100, RefundPolicy(), Ids(CAUSE))
    assert [(leg.payment_ref, leg.amount_minor) for leg in legs] == [("A", 80), ("C", 1), ("D", 19)]
    assert legs[0] == Leg(
        leg_id=Ids(CAUSE).new("leg"),
        payment_ref="A",
        gateway="gate-A",
        method="card",
        amount_minor=80,
        state=LegState.PLANNED,
    )


def test_where_payments_have_less_the_legs_are_less() -> None:
    legs = plan_legs(money(paid("A", 100, 9), A=30), 100, RefundPolicy(), Ids(CAUSE))
    assert [leg.amount_minor for leg in legs] == [70]


def authorised(ref: str, amount: int, at: int | None, captured: int = 0, voided: int = 0) -> Payment:
    return Payment(
        payment_ref=ref, gateway="g", method="m", authorized=amount, authorized_at=at, captured=captured, voided=voided
    )


def test_voids_let_go_what_is_neither_captured_nor_voided_nor_asked_newest_first() -> None:
    snapshot = money(
        authorised("A", 100, 1, captured=60),
        authorised("D", 100, 5, captured=10, voided=30),
        authorised("C", 100, 5, captured=100),
        authorised("B", 100, 5, captured=99),
        authorised("E", 7, None),
    )
    legs = plan_voids(snapshot, {"D": 15}, 80, Ids(CAUSE))
    assert [(leg.payment_ref, leg.amount_minor) for leg in legs] == [("B", 1), ("D", 45), ("A", 34)]
    assert [leg.amount_minor for leg in plan_voids(snapshot, {"D": 15}, 1000, Ids(CAUSE))] == [1, 45, 40, 7]
    assert plan_voids(snapshot, {"A": 50, "B": 1, "D": 60, "E": 9}, 80, Ids(CAUSE)) == ()


def test_a_percent_of_a_worth_is_rounded_for_the_whole_and_for_each_rate() -> None:
    assert part(Amounts(999, (150, 5)), 50) == Amounts(500, (75, 3))
    assert part(Amounts(999, (150, 5)), 1) == Amounts(10, (2, 0))
