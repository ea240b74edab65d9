"""Goods that do not leave and units that were declined: the timers of an order that stands still (domain.md 4)."""

from dataclasses import replace

import pytest

from domain.order_events import ConcernRaised
from domain.timers import TimerDue, timers
from domain.vocabulary import (
    ProductType,
    UnitStatus,
)
from tests.builders.desk import START, Desk, line
from tests.builders.readings import first
from tests.builders.timed_orders import HOUR, due, policies

# Units that stand still


@pytest.mark.parametrize("word", [None, *(UnitStatus(word) for word in ("RECEIVED", "ONHOLD", "PICKED", "PACKED"))])
def test_goods_that_do_not_leave_the_house(word: UnitStatus | None) -> None:
    desk = Desk(policies())
    desk.place(line(1, 2, 2000), line(2, 1, 10, product_type=ProductType.VIRTUAL))
    desk.ships(1)
    if word:
        desk.warehouse(word, 1)
    assert due(desk) == {("not_shipped", ""): START + 800 * HOUR}
    assert desk.wait(900 * HOUR)[0].name == "not_shipped"
    assert [raised.because for raised in desk.events(ConcernRaised)] == ["not_shipped"]
    assert due(desk) == {}


def test_only_goods_stand_still() -> None:
    desk = Desk(policies())
    desk.place(line(1, 1, 1000), line(2, 1, 10, product_type=ProductType.VIRTUAL))
    desk.ships(1)
    assert due(desk) == {}


def test_declined_units_that_nobody_deals_with_since_the_first_of_them() -> None:
    desk = Desk(policies())
    desk.place(line(1, 1, 1000), line(2, 1, 1000))
    desk.warehouse(UnitStatus.DECLINED, 1, 2, occurred_at=START + 50 * HOUR)
    desk.warehouse(UnitStatus.DECLINED, 1, 1, occurred_at=START + 40 * HOUR)
    assert due(desk) == {("declined", ""): START + 49 * HOUR}
    desk.wait(60 * HOUR)
    assert [(raised.because, raised.lines) for raised in desk.events(ConcernRaised)] == [("declined", (1, 2))]
    assert due(desk) == {}


def test_units_that_a_warehouse_takes_after_all_are_not_declined() -> None:
    desk = Desk(policies())
    desk.place(line(1, 1, 1000))
    desk.warehouse(UnitStatus.DECLINED, 1)
    desk.warehouse(UnitStatus.RECEIVED, 1)
    assert list(due(desk)) == [("not_shipped", "")]


def test_a_timer_that_nobody_wants_any_more_does_nothing() -> None:
    desk = Desk(policies())
    desk.place(line(1, 1, 1000))
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.cancels((1, 1))
    made = first(desk.file().cancellations)
    wanted = next(timer for timer in timers(desk.file(), desk.in_force()) if timer.name == "cancellation")
    desk.answers(made.cancellation_id, (1, 1, 0))
    before = desk.file()
    desk.feed(TimerDue(wanted))
    assert desk.file() == before


def test_two_timers_of_one_name_have_causes_of_their_own() -> None:
    desk = Desk(policies())
    desk.place(line(1, 2, 2000), captured=2000)
    for _ in range(2):
        desk.appeases((1, 100), amount_includes_tax=True)
    made = [timer for timer in timers(desk.file(), desk.in_force()) if timer.name == "refund_leg"]
    later = replace(made[0], due_at=made[0].due_at + 1)
    assert len({made[0].cause_id, made[1].cause_id, later.cause_id}) == 3
