"""The quantity ledger, the order's status and the payment fold, in any order of arrival (domain.md 2, 3, 10)."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import Amounts, Worth, divide, share_out
from domain.orders import line_status, snapshot, status
from domain.payments import Operation, fold
from domain.vocabulary import OrderEventKind, OrderStatus, PaymentKind, UnitStatus
from domain.world import Effect
from tests.builders.desk import START, Desk, line, shipping, uid


def test_an_event_of_an_unknown_order_waits_and_is_applied_when_it_comes() -> None:
    desk = Desk()
    assert desk.ships(1).effect is Effect.WAITS
    desk.place(line(1, 2, 2000))
    assert desk.buckets() == {"shipped": 1, "open": 1}


def test_an_event_of_an_unknown_line_waits_for_the_line() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    assert desk.ships(1, 2).effect is Effect.WAITS
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 1, 1000), line(2, 1, 500))
    assert desk.buckets(2) == {"shipped": 1}


def test_a_lower_revision_is_recorded_and_changes_nothing() -> None:
    desk = Desk()
    desk.shop(OrderEventKind.PLACED, 5, line(1, 1, 1000))
    version = desk.file().version
    outcome = desk.shop(OrderEventKind.UPDATED, 4, line(1, 1, 1000), status=OrderStatus.ONHOLD)
    assert outcome.effect is Effect.STALE
    assert (desk.file().version, desk.file().facts.status) == (version, OrderStatus.NEW)


def test_frozen_lines_are_not_repriced() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 1, 900))
    assert desk.file().lines[1].value.gross == 1000
    assert desk.file().attention == ("line_changed",)


def test_a_repeated_parcel_moves_nothing() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    for _ in range(2):
        desk.ships(1, shipment_id="S-1", box="A")
    assert desk.buckets() == {"shipped": 1, "open": 1}


def test_more_units_than_ordered_are_a_conflict_and_move_nothing_more() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.ships(1)
    desk.ships(1)
    assert desk.buckets() == {"shipped": 1}
    assert desk.file().attention == ("fact_conflict",)


def test_delivered_before_shipped_ends_the_same() -> None:
    for first in (True, False):
        desk = Desk()
        desk.place(line(1, 2, 2000))
        if first:
            desk.delivers(2)
            desk.ships(2)
        else:
            desk.ships(2)
            desk.delivers(2)
        assert desk.buckets() == {"delivered": 2}
        assert (desk.file().lines[1].units.left, desk.file().lines[1].units.implied) == (2, 0)


@pytest.mark.parametrize("order_of_arrival", list(permutations(("RECEIVED", "PICKED", "SHIPPED", "DELIVERED"))))
def test_buckets_are_the_same_for_every_order_of_arrival(order_of_arrival: tuple[str, ...]) -> None:
    desk = Desk()
    for said in order_of_arrival:
        if said == "SHIPPED":
            desk.ships(2)
        else:
            desk.warehouse(UnitStatus(said), 3 if said != "DELIVERED" else 1)
    desk.place(line(1, 3, 3000))
    assert desk.buckets() == {"at_warehouse": 1, "shipped": 1, "delivered": 1}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((), ("NEW", "NEW")),
        ((("RECEIVED", 2),), ("RECEIVED", "RECEIVED")),
        ((("ONHOLD", 1),), ("ONHOLD", "ONHOLD")),
        ((("PICKED", 1),), ("LOGISTICS", "PICKED")),
        ((("BACKORDERED", 1),), ("NEW", "BACKORDERED")),
        ((("DECLINED", 1),), ("NEW", "DECLINED")),
        ((("DELIVERED", 2),), ("COMPLETE", "DELIVERED")),
        ((("DELIVERED", 1),), ("PARTIALLY_COMPLETE", "PARTLY_SHIPPED")),
        ((("RECEIVED", 2), ("DELIVERED", 1)), ("LOGISTICS", "PARTLY_SHIPPED")),
        ((("LOST", 1),), ("PARTIALLY_COMPLETE", "LOST")),
    ],
)
def test_order_and_line_status_are_computed_from_the_units(
    said: tuple[tuple[str, int], ...], expected: tuple[str, str]
) -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), shipping())
    for word, units in said:
        desk.warehouse(UnitStatus(word), units)
    assert (status(desk.file()), line_status(desk.file().lines[1])) == expected


LIVES = [
    (("RECEIVED", 3), ("PICKED", 3), ("SHIPPED", 3), ("DELIVERED", 2), ("LOST", 1)),
    (("RECEIVED", 3), ("BACKORDERED", 1), ("RECEIVED", 1), ("SHIPPED", 2), ("DELIVERED", 2)),
    (("DECLINED", 2), ("RECEIVED", 3), ("PACKED", 3), ("SHIPPED", 1)),
    (("RECEIVED", 3), ("ONHOLD", 2), ("RECEIVED", 2), ("DECLINED", 1)),
    (("SHIPPED", 2), ("LOST", 2), ("DELIVERED", 1), ("SHIPPED", 1)),
    (("RECEIVED", 2), ("SHIPPED", 1), ("CANCELLED", 0), ("DELIVERED", 1)),
]  # fmt: skip
"""What a line of three units hears in its life, in the order it happened."""


@pytest.mark.parametrize("life", LIVES)
def test_N7_the_ledger_is_the_same_for_every_order_of_arrival(life: tuple[tuple[str, int], ...]) -> None:
    ends = set()
    for arrival in permutations(range(len(life))):
        desk = Desk()
        desk.place(line(1, 3, 3000))
        for happened in arrival:
            word, units = life[happened]
            at = START + happened * 1000
            if word == "SHIPPED":
                desk.ships(units, shipment_id=f"S{happened}", occurred_at=at)
            elif word == "CANCELLED":
                desk.shop(OrderEventKind.CANCELLED, 2, line(1, 3, 3000), occurred_at=at)
            else:
                desk.warehouse(UnitStatus(word), units, occurred_at=at)
        file = desk.file()
        counters = (file.lines[1].units.left, file.lines[1].units.arrived, file.lines[1].units.implied)
        ends.add((tuple(desk.buckets().items()), counters, line_status(file.lines[1]), status(file)))
    assert len(ends) == 1


def test_a_late_word_does_not_take_units_away_from_a_return() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000), captured=3000)
    desk.ships(3, occurred_at=START + 1)
    desk.delivers(3, occurred_at=START + 5)
    desk.returns((1, 2))
    desk.warehouse(UnitStatus.LOST, 1, occurred_at=START + 3)
    assert desk.buckets()["return_announced"] == 2
    assert sum(desk.buckets().values()) == 3


# Money


@given(st.integers(-10_000, 10_000), st.lists(st.integers(0, 5000), min_size=1, max_size=8))
def test_shares_always_sum(total: int, weights: list[int]) -> None:
    assert sum(share_out(total, weights)) == total


@given(st.integers(0, 100_000), st.integers(1, 30), st.data())
def test_N3_any_split_of_the_units_gives_the_same_money_per_rate(gross: int, units: int, data: st.DataObject) -> None:
    tax = data.draw(st.integers(0, gross))
    worth = Worth(Amounts(gross, (tax,)), units, given=Amounts(0, (0,)))
    given_, left = Amounts(0, (0,)), units
    while left:
        part = data.draw(st.integers(1, left))
        given_ += worth.of(part)
        worth, left = worth.spend(part), left - part
    assert given_ == Amounts(gross, (tax,))


def test_half_goes_away_from_zero() -> None:
    assert [divide(5, 2), divide(-5, 2), divide(4, 3), divide(-4, 3)] == [3, -3, 1, -1]


def op(kind: PaymentKind, amount: int, at: int, **fields: str) -> Operation:
    return Operation(
        event_id=uid((kind, amount, at, tuple(fields.items()))),
        occurred_at=START + at,
        payment_ref="P1",
        gateway="g",
        method="card",
        kind=kind,
        amount_minor=amount,
        currency="EUR",
        **fields,
    )


K = PaymentKind
HISTORIES = [
    [op(K.CAPTURED, 100, 1, gateway_reference="c"), op(K.REFUNDED, 40, 2, gateway_reference="r"),
     op(K.REFUND_REVERSED, 40, 3, gateway_reference="r")],
    [op(K.CAPTURED, 100, 1), op(K.REFUNDED, 40, 2), op(K.REFUND_FAILED, 40, 3)],
    [op(K.CAPTURED, 100, 1), op(K.CHARGED_BACK, 100, 2, gateway_reference="b"),
     op(K.CHARGEBACK_WON, 100, 5, gateway_reference="b")],
    [op(K.REFUNDED, 40, 2, operation_reference="leg", gateway_reference="r"),
     op(K.REFUND_REVERSED, 40, 4, gateway_reference="r"), op(K.CAPTURED, 100, 1)],
    [op(K.CAPTURED, 60, 1), op(K.CAPTURED, 40, 2), op(K.REFUND_FAILED, 10, 1, operation_reference="x"),
     op(K.REFUNDED, 10, 2, operation_reference="x")],
]  # fmt: skip


@pytest.mark.parametrize("history", HISTORIES)
def test_N7_the_payment_fold_is_the_same_for_every_permutation_and_duplication(history: list[Operation]) -> None:
    expected = fold(history, "EUR")
    for arrival in permutations(history):
        assert fold(arrival, "EUR") == expected
        assert fold([*arrival, arrival[0]], "EUR") == expected


@pytest.mark.parametrize(
    ("history", "captured", "refunded", "charged_back"),
    list(zip(HISTORIES, (100, 100, 100, 100, 100), (0, 0, 0, 0, 10), (0, 0, 0, 0, 0), strict=True)),
)
def test_what_is_undone_does_not_count(
    history: list[Operation], captured: int, refunded: int, charged_back: int
) -> None:
    payment = fold(history, "EUR")["P1"]
    assert (payment.captured, payment.refunded, payment.charged_back) == (captured, refunded, charged_back)


def test_the_same_operation_with_another_amount_is_recorded_and_not_counted() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.CAPTURED, 1000, gateway_reference="c1")
    desk.pays(K.CAPTURED, 900, gateway_reference="c1")
    assert snapshot(desk.file()).captured == 1000
    assert desk.file().attention == ("other_amount",)


def test_another_currency_is_left_out() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.CAPTURED, 1000, currency="USD")
    assert snapshot(desk.file()).captured == 0
    assert desk.file().attention == ("other_currency",)


@settings(max_examples=40)
@given(st.permutations(list(range(5))))
def test_a_whole_story_ends_the_same_for_every_order_of_arrival(arrival: list[int]) -> None:
    desk = Desk()
    events = [
        lambda: desk.place(line(1, 3, 3000)),
        lambda: desk.pays(K.AUTHORIZED, 3000, event_id=uid("a"), occurred_at=START + 1),
        lambda: desk.pays(K.CAPTURED, 3000, event_id=uid("b"), occurred_at=START + 2),
        lambda: desk.ships(3, shipment_id="S1"),
        lambda: desk.delivers(2),
    ]
    for index in arrival:
        events[index]()
    assert desk.buckets() == {"delivered": 2, "shipped": 1}
    assert status(desk.file()) == "COMPLETE"
    assert snapshot(desk.file()).captured == 3000
