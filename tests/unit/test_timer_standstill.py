"""Goods that do not leave and units that were declined: the timers of an order that stands still (domain.md 4)."""

from dataclasses import replace
from typing import Any

import pytest

from domain import commands as c
from domain.order_events import ConcernRaised
from domain.policy import DEFAULT, Policies
from domain.run import order_ref
from domain.timers import TimerDue, timers
from domain.vocabulary import (
    ProductType,
    UnitStatus,
)
from tests.builders.desk import CHANNEL, MINUTE, START, Desk, line, with_policy

HOUR = 60 * MINUTE
ANSWER = 5 * HOUR


def policies(**sections: dict[str, Any]) -> Policies:
    """Times that differ from each other; some sections changed further."""
    times: dict[str, dict[str, Any]] = {
        "cancel": {"answer": 2 * HOUR},
        "changes": {"answer": 3 * HOUR},
        "returns": {"expire": 4 * HOUR},
        "refunds": {"answer": ANSWER},
        "exchanges": {"overdue": 6 * HOUR},
        "reshipments": {"complete": 7 * HOUR},
        "cases": {"not_shipped": 800 * HOUR, "declined": 9 * HOUR},
    }
    made = DEFAULT
    for section, changes in times.items():
        made = with_policy(made, section, **changes, **sections.get(section, {}))
    return made


def due(desk: Desk, order_id: str = "1001") -> dict[tuple[str, str], int]:
    """The order's timers: (name, of what) → when."""
    made = timers(desk.file(order_id), desk.in_force())
    assert {timer.ref for timer in made} <= {order_ref(CHANNEL, order_id)}
    return {(timer.name, timer.entity_id): timer.due_at for timer in made}


def exchanges(desk: Desk) -> None:
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(wish,)).accepted


def first(things: dict[str, Any]) -> Any:
    return next(iter(things.values()))


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
