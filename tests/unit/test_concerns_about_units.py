"""Worries about units, the cases they open, and those of checkouts (domain.md 4)."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import commands as c
from domain.order_events import ConcernHealed, ConcernOpened
from domain.policy import DAY
from domain.vocabulary import (
    ActorKind,
    CaseLineState,
    CaseOrigin,
    CaseScope,
    CaseState,
    CheckoutKind,
    PaymentKind,
    ProductType,
    ReceiptOutcome,
    UnitStatus,
    Verdict,
)
from tests.builders.checkouts import checkout, starts
from tests.builders.desk import CHANNEL, Desk, line
from tests.builders.readings import cases, first, standing
from tests.builders.two_lines import placed

K = PaymentKind


# Units


def lost(quantity: int = 1) -> Desk:
    desk = placed(captured=2500)
    desk.ships(2)
    desk.warehouse(UnitStatus.LOST, quantity)
    return desk


def reships(desk: Desk, quantity: int) -> None:
    again = (c.ReshipmentLineInput(line_number=1, quantity=quantity, reason="LOST"),)
    assert desk.send(c.CreateReshipment, lines=again).accepted
    desk.ships(quantity, order_id="1001R")


def test_lost_units_are_a_worry_until_as_many_arrived_again() -> None:
    desk = lost(2)
    assert standing(desk) == {"shipment_lost"}
    reships(desk, 1)
    desk.delivers(1, order_id="1001R")
    assert standing(desk) == {"shipment_lost"}
    both = lost(2)
    reships(both, 2)
    assert standing(both) == {"shipment_lost"}
    both.delivers(2, order_id="1001R")
    assert standing(both) == set()


def test_lost_units_are_no_worry_once_they_are_found_or_their_line_is_paid_back() -> None:
    found = lost()
    found.delivers(1)
    assert standing(found) == {"shipment_lost"}
    found.delivers(1)
    assert standing(found) == set()
    paid = lost()
    paid.appeases((1, 1999), amount_includes_tax=True)
    assert standing(paid) == {"shipment_lost"}
    paid.appeases((1, 1), amount_includes_tax=True)
    assert standing(paid) == set()


@pytest.mark.parametrize("outcome", [ReceiptOutcome.LOST, ReceiptOutcome.WRONG_ITEM, ReceiptOutcome.SHORT])
def test_units_of_a_return_that_were_written_off_are_no_lost_parcel(outcome: ReceiptOutcome) -> None:
    desk = placed(captured=2500)
    desk.ships(2)
    desk.delivers(2)
    desk.returns((1, 1))
    desk.receives("RMA-1", (1, 1, outcome))
    decided: dict[str, Any] = {
        "return_id": first(desk.file().returns).return_id,
        "line_number": 1,
        "verdict": Verdict.ACCEPT,
    }
    assert desk.send(c.DecideReturnLine, **decided).accepted
    assert desk.buckets()["lost"] == 1
    assert standing(desk) == set()
    desk.warehouse(UnitStatus.LOST, 1)
    assert standing(desk) == {"shipment_lost"}


def test_a_further_line_joins_the_case_and_a_line_that_has_one_does_not() -> None:
    desk = lost()
    desk.warehouse(UnitStatus.LOST, 1)
    [case] = cases(desk)
    assert [(made.order_id, made.line_number, made.number) for made in case.lines.values()] == [("1001", 1, 1)]
    desk.warehouse(UnitStatus.LOST, 1, 2)
    [case] = cases(desk)
    assert [(made.line_number, made.number, made.state) for made in case.lines.values()] == [
        (1, 1, CaseLineState.NEW),
        (2, 2, CaseLineState.NEW),
    ]
    assert desk.events(ConcernOpened) == [ConcernOpened("shipment_lost", case.case_id)]


def test_the_case_of_a_concern_is_the_systems_and_heals_as_a_whole() -> None:
    desk = lost()
    [case] = cases(desk)
    assert (case.case_number, case.state, case.version, case.service) == ("CASE0000001", CaseState.NEW, 1, "DISPUTE")
    assert (case.scope, case.origin, str(case.channel), case.priority) == (
        CaseScope.SPECIFIC_LINES,
        CaseOrigin.SYSTEM,
        "SYSTEM",
        2,
    )
    assert (case.sales_channel, case.order_id, case.checkout_id, case.account_id) == (CHANNEL, "1001", None, "C-1")
    assert (case.created_by.kind, case.created_at, case.sla_due_at) == (ActorKind.SYSTEM, desk.at, desk.at + DAY // 3)
    assert (case.opened_because, case.lines_made, case.policy_version, case.related_case_id) == (
        "shipment_lost",
        1,
        "default",
        None,
    )
    assert case.short_description
    desk.delivers(2)
    [case] = cases(desk)
    assert (case.state, case.resolution_code) == (CaseState.RESOLVED, "HEALED")
    assert [made.state for made in case.lines.values()] == [CaseLineState.RESOLVED_ACCEPTED]
    assert desk.events(ConcernHealed) == [ConcernHealed("shipment_lost")]


def test_a_worry_that_comes_again_after_its_case_is_over_opens_another() -> None:
    desk = placed(captured=2500)
    for number in range(2):
        desk.pays(K.CAPTURE_FAILED, 5, gateway_reference=f"c{number}")
        desk.pays(K.CAPTURED, 5, gateway_reference=f"c{number}")
    assert [case.case_number for case in cases(desk)] == ["CASE0000001", "CASE0000002"]


@pytest.mark.parametrize(
    ("because", "cause"),
    [
        ("cancellation_refused", lambda d: d.answers(first(d.file().cancellations).cancellation_id, (1, 0, 1))),
        ("return_unmatched", lambda d: d.receives(None, (2, 1, ReceiptOutcome.GOOD))),
        ("fact_conflict", lambda d: d.ships(9, 2)),
    ],
)
def test_what_happened_is_a_worry_that_only_a_person_ends(because: str, cause: Callable[[Desk], Any]) -> None:
    desk = placed(captured=2500)
    desk.warehouse(UnitStatus.RECEIVED, 2)
    desk.cancels((1, 1))
    cause(desk)
    assert because in standing(desk)
    assert [case.opened_because for case in cases(desk)] == [because]
    desk.pays(K.CAPTURED, 1, "P9")
    assert because in standing(desk)


def test_a_refused_cancellation_is_about_its_lines() -> None:
    desk = placed()
    desk.warehouse(UnitStatus.RECEIVED, 2)
    desk.warehouse(UnitStatus.RECEIVED, 1, 2)
    desk.cancels((1, 1), (2, 1))
    desk.answers(first(desk.file().cancellations).cancellation_id, (1, 0, 1), (2, 0, 1))
    [case] = cases(desk)
    assert [made.line_number for made in case.lines.values()] == [1, 2]


def test_goods_make_the_worry_about_standing_still_and_not_what_comes_by_wire() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 10, product_type=ProductType.VIRTUAL), line(3, 1, 1000))
    desk.ships(1)
    desk.wait(8 * DAY)
    [case] = cases(desk)
    assert (case.opened_because, [made.line_number for made in case.lines.values()]) == ("not_shipped", [3])
    desk.ships(1, 3)
    assert standing(desk) == set()


# Checkouts


def test_a_checkout_has_worries_of_its_own() -> None:
    desk = Desk()
    starts(desk, CheckoutKind.STARTED)
    desk.pays(K.AUTHORIZATION_FAILED, 1000, order_id=None, checkout_id="CO-1")
    assert set(checkout(desk).concerns) == {"authorization_failed"}
    [case] = cases(desk)
    assert (case.scope, case.order_id, case.checkout_id, case.account_id) == (CaseScope.CHECKOUT, None, "CO-1", "C-1")
    assert [(made.order_id, made.line_number) for made in case.lines.values()] == [(None, None)]
    desk.pays(K.AUTHORIZED, 999, "P2", order_id=None, checkout_id="CO-1")
    assert set(checkout(desk).concerns) == {"authorization_failed"}
    desk.pays(K.AUTHORIZED, 1, "P3", order_id=None, checkout_id="CO-1")
    assert set(checkout(desk).concerns) == set()
