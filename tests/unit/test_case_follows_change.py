"""How a case line follows a change in flight, and what the answers fill in (domain.md 4, 5a)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.vocabulary import (
    ChangeField,
    RequestedChangeKind,
    UnitStatus,
)
from tests.builders.case_on_order import (
    ACCEPTED,
    CASE,
    DENIED,
    LINE,
    OPEN,
    PARTIAL,
    TIE,
    case_in_progress,
    story,
)
from tests.builders.desk import CHANNEL, Desk
from tests.builders.readings import first

DAY = 24 * 3_600_000_000


# Changes in flight


def answers(*said: f.ChangeAnswerField) -> Callable[[Desk], Any]:
    def answer(made: Desk) -> None:
        named = {"sales_channel": CHANNEL, "order_id": "1001", "change_id": first(made.file().changes).change_id}
        made.feed(made.fact(f.ChangeAnswer, answers=said, **named))

    return answer


def field(
    name: ChangeField, number: int | None = None, *, confirmed: bool = True, **values: Any
) -> f.ChangeAnswerField:
    return f.ChangeAnswerField(field=name, line_number=number, confirmed=confirmed, **values)


SOON = date(2026, 6, 1)
HOME = f.Address(name="Ada", street="1 Road", city="Town", country="DE")


@pytest.mark.parametrize(
    ("kind", "asked", "said", "approved"),
    [
        ("QUANTITY", {"new_quantity": 4}, {"field": ChangeField.QUANTITY, "number": 1}, {"approved_quantity": 4}),
        ("QUANTITY", {"new_quantity": 4}, {"field": ChangeField.QUANTITY, "number": 1, "approved_quantity": 3}, {"approved_quantity": 3}),
        ("DELIVERY_DATE", {"delivery_date": SOON}, {"field": ChangeField.DELIVERY_DATE, "number": 1}, {"approved_date": SOON}),
        ("DELIVERY_DATE", {"delivery_date": SOON}, {"field": ChangeField.DELIVERY_DATE, "number": 1, "approved_date": date(2026, 6, 9)}, {"approved_date": date(2026, 6, 9)}),
        ("ADDRESS", {"shipping_address": HOME}, {"field": ChangeField.ADDRESS}, {"approved_address": HOME}),
        ("SHIPPING_METHOD", {"shipping_method": "express"}, {"field": ChangeField.SHIPPING_METHOD}, {"approved_shipping_method": "express"}),
    ],
)  # fmt: skip
def test_a_change_fills_in_what_was_granted(
    kind: str, asked: dict[str, Any], said: dict[str, Any], approved: dict[str, Any]
) -> None:
    made = case_in_progress(request=c.ChangeRequest(kind=RequestedChangeKind(kind)), shipped=False)
    lines = (c.ChangeLine(line_number=1, **asked),) if said.get("number") else ()
    header = {} if lines else asked
    answer = field(said["field"], said.get("number"), **{k: v for k, v in said.items() if k.startswith("approved")})
    told = story(
        made,
        lambda d: d.send(c.ChangeOrder, lines=lines, reason="HURRY", **header, **TIE),
        answers(answer),
    )
    assert told == [(OPEN, "SHOP", ()), (ACCEPTED, None, ())]
    request = made.case(CASE).lines[LINE].request
    filled = {name: getattr(request, name) for name in ("approved_quantity", "approved_date", "approved_address", "approved_shipping_method")}  # fmt: skip
    assert {name: value for name, value in filled.items() if value is not None} == approved


def test_a_change_that_the_warehouse_refuses_in_part_or_whole_or_leaves_unanswered() -> None:
    def both(made: Desk) -> Any:
        wanted = (c.ChangeLine(line_number=1, new_quantity=3, delivery_date=SOON),)
        return made.send(c.ChangeOrder, lines=wanted, reason="HURRY", **TIE)

    def at_warehouse() -> Desk:
        made = case_in_progress(shipped=False)
        made.warehouse(UnitStatus.RECEIVED, 1)
        return made

    quantity, day = ChangeField.QUANTITY, ChangeField.DELIVERY_DATE
    assert story(at_warehouse(), both, answers(field(day, 1)), answers(field(quantity, 1, confirmed=False))) == [
        (OPEN, "WAREHOUSE", ()),
        (OPEN, "SHOP", ()),
        (OPEN, None, PARTIAL),
    ]
    refused = answers(field(day, 1, confirmed=False), field(quantity, 1, confirmed=False))
    assert story(at_warehouse(), both, refused)[-1] == (DENIED, None, ())
    assert story(at_warehouse(), both, lambda d: d.wait(DAY))[-1] == (OPEN, None, ("sla_breached", *PARTIAL))
