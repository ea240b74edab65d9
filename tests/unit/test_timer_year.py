"""A year of every kind of timer, in seconds: the clock is handed in, nothing fires twice, nothing is left ringing (domain.md 9)."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from domain import commands as c
from domain import facts as f
from domain.cases import Case
from domain.order_file import OrderFile
from domain.policy import DAY, DEFAULT
from domain.timer_rules import RULES
from domain.timers import Timer, timers
from domain.vocabulary import (
    CaseOrigin,
    CaseScope,
    CaseState,
    ContactChannel,
    Outcome,
    PaymentKind,
    ReceiptOutcome,
    UnitStatus,
)
from tests.builders.desk import AGENT, CHANNEL, Desk, line, uid, with_policy

YEAR = 365 * DAY
POLICIES = with_policy(DEFAULT, "refunds", at="RECEIVED")
Life = Callable[[Desk, str], None]


def _waits_for_the_warehouse(desk: Desk, order_id: str) -> None:
    desk.place(line(1, 2, 2000), captured=2000, order_id=order_id)
    desk.warehouse(UnitStatus.RECEIVED, 2, order_id=order_id)
    desk.cancels((1, 1), order_id=order_id)
    desk.send(c.ChangeOrder, AGENT, order_id=order_id, shipping_method="express", reason="HURRY")


def _is_declined(desk: Desk, order_id: str) -> None:
    desk.place(line(1, 1, 1000), order_id=order_id)
    desk.warehouse(UnitStatus.DECLINED, 1, order_id=order_id)


def _is_cancelled_before_its_capture(desk: Desk, order_id: str) -> None:
    desk.place(line(1, 1, 1000), order_id=order_id)
    desk.pays(PaymentKind.AUTHORIZED, 1000, order_id=order_id)
    desk.cancels((1, 1), order_id=order_id)


def _comes_back_or_not(desk: Desk, order_id: str) -> None:
    desk.place(line(1, 2, 2000), captured=2000, order_id=order_id)
    desk.ships(2, order_id=order_id)
    for _ in range(2):
        desk.returns((1, 1), order_id=order_id)
    first, _ = desk.file(order_id).returns.values()
    desk.receives(first.rma, (1, 1, ReceiptOutcome.GOOD), order_id=order_id)


def _is_exchanged(desk: Desk, order_id: str) -> None:
    desk.feed(f.Product(sku="BLUE", parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=999, updated_at=desk.at))
    desk.place(line(1, 1, 2000, sku="RED", parent_sku="SHIRT"), captured=2000, order_id=order_id)
    desk.ships(1, order_id=order_id)
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
    desk.send(c.CreateExchange, order_id=order_id, lines=(wish,))
    desk.ships(1, order_id=f"{order_id}E")


def _is_sent_again(desk: Desk, order_id: str) -> None:
    desk.place(line(1, 2, 2000), captured=2000, order_id=order_id)
    desk.ships(2, order_id=order_id)
    for taken in (True, False):
        wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
        desk.send(c.CreateReshipment, order_id=order_id, lines=(wish,), take_back=taken)
    for follow in (f"{order_id}R", f"{order_id}R2"):
        desk.ships(1, order_id=follow)


def _has_a_case(desk: Desk, order_id: str) -> None:
    desk.place(line(1), order_id=order_id)
    desk.ships(1, order_id=order_id)
    case_id = uid(f"case {order_id}")
    opening: dict[str, Any] = {
        "service": "RETURN",
        "scope": CaseScope.SPECIFIC_LINES,
        "channel": ContactChannel.PHONE,
        "origin": CaseOrigin.ORDER_LINES,
        "short_description": "Wrong size",
    }
    lines = (c.CaseLineInput(case_line_id=uid(f"line {order_id}"), line_number=1),)
    desk.send(c.OpenCase, AGENT, case_id=case_id, sales_channel=CHANNEL, order_id=order_id, lines=lines, **opening)
    desk.send(c.SubmitCase, AGENT, case_id=case_id)


def _has_a_case_that_is_solved(desk: Desk, order_id: str) -> None:
    _has_a_case(desk, order_id)
    case_id = uid(f"case {order_id}")
    desk.send(c.AssignCase, AGENT, case_id=case_id, assignee="ann")
    desk.send(c.ResolveCase, AGENT, case_id=case_id, outcome=Outcome.ACCEPTED)


LIVES: tuple[Life, ...] = (
    _waits_for_the_warehouse,
    _is_declined,
    _is_cancelled_before_its_capture,
    _comes_back_or_not,
    _is_exchanged,
    _is_sent_again,
    _has_a_case,
    _has_a_case_that_is_solved,
)


def a_year(step: int, orders: int) -> tuple[Desk, list[Timer]]:
    """Orders that come one after the other through a year, each with one of the lives; time goes on in steps."""
    desk = Desk(POLICIES)
    end, fired = desk.at + YEAR, []
    for n in range(orders):
        LIVES[n % len(LIVES)](desk, f"T{n}")
        fired += desk.wait(YEAR // (2 * orders))
    while desk.at < end:
        fired += desk.wait(min(step, end - desk.at))
    return desk, fired


def ends(desk: Desk) -> dict[str, object]:
    """What all came to in the end, whatever the ids."""
    found: dict[str, object] = {}
    for ref, thing in desk.things.items():
        if isinstance(thing, OrderFile):
            remedies = (
                thing.cancellations,
                thing.changes,
                thing.returns,
                thing.refunds,
                thing.exchanges,
                thing.reshipments,
            )
            states = [sorted(remedy.state for remedy in group.values()) for group in remedies]
            found[ref.key] = (states, thing.attention, [line.units.public() for line in thing.lines.values()])
        if isinstance(thing, Case):
            found[ref.key] = (thing.state, thing.attention)
    return found


def test_a_year_of_every_kind_of_timer_ends_with_nothing_left_ringing() -> None:
    desk, fired = a_year(YEAR, 40)
    assert {timer.name for timer in fired} == set(RULES)
    assert [timer for timer, times in Counter(fired).items() if times > 1] == []
    left = [timer for thing in desk.things.values() for timer in timers(thing, desk.policies)]
    assert [timer for timer in left if timer.due_at <= desk.at] == []
    cases = [thing for thing in desk.things.values() if isinstance(thing, Case) and thing.opened_because is None]
    assert {case.state: case.attention for case in cases} == {CaseState.CLOSED: (), CaseState.NEW: ("sla_breached",)}


def test_it_makes_no_difference_how_often_somebody_looks_at_the_clock() -> None:
    at_once, all_at_once = a_year(YEAR, 16)
    daily, one_by_one = a_year(DAY, 16)
    assert one_by_one == all_at_once
    assert ends(daily) == ends(at_once)
