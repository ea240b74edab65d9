"""Changes of an order in flight: asked field by field, answered, shown by the shop, or beaten by the parcel (domain.md 5a)."""

from datetime import date
from typing import Any

from domain import commands as c
from domain import facts as f
from domain.changes import OrderChange
from domain.order_events import NoticeAsked
from domain.vocabulary import AskedOf, ChangeField, OrderChangeState, OrderEventKind, UnitStatus
from domain.world import Reply
from schemas.outbound import project
from tests.builders.desk import CHANNEL, Desk, line

HOME = f.Address(name="Ada", street="1 Road", city="Town", country="DE")
AWAY = f.Address(name="Ada", street="2 Lane", city="Port", country="DE")


def desk_with_order() -> Desk:
    desk = Desk()
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="SKU-1", available=2, updated_at=desk.at))
    desk.place(line(1, 2, 2000), shipping_address=HOME, shipping_method="standard")
    return desk


def change(desk: Desk, *lines: c.ChangeLine, **fields: Any) -> Reply:
    return desk.send(c.ChangeOrder, lines=lines, reason=fields.pop("reason", "CUSTOMER"), **fields)


def the_change(desk: Desk) -> OrderChange:
    return list(desk.file().changes.values())[-1]


def answer(desk: Desk, field: ChangeField, *, confirmed: bool = True, by: Any = f.ChangeAnswer, **fields: Any) -> None:
    said = f.ChangeAnswerField(field=field, confirmed=confirmed, **fields)
    desk.feed(
        desk.fact(by, sales_channel=CHANNEL, order_id="1001", change_id=the_change(desk).change_id, answers=(said,))
    )


def test_s31_more_of_a_line_is_asked_of_the_shop_and_confirmed_by_its_answer() -> None:
    desk = desk_with_order()
    assert change(desk, c.ChangeLine(line_number=1, new_quantity=3)).accepted
    [field] = the_change(desk).fields
    assert (the_change(desk).state, field.asked_of, field.current_quantity) == (OrderChangeState.ASKED, AskedOf.SHOP, 2)
    answer(desk, ChangeField.QUANTITY, line_number=1, approved_quantity=3)
    assert the_change(desk).state is OrderChangeState.CONFIRMED
    assert [notice.kind for notice in desk.events(NoticeAsked)] == ["CHANGE_CONFIRMED"]


def test_more_than_the_stock_of_the_channel_is_refused() -> None:
    assert change(desk_with_order(), c.ChangeLine(line_number=1, new_quantity=5)).code == "out_of_stock"


def test_fewer_units_are_a_cancellation_not_a_change() -> None:
    assert change(desk_with_order(), c.ChangeLine(line_number=1, new_quantity=1)).code == "invalid_command"


def test_s32_the_warehouse_that_has_the_units_is_asked_and_may_approve_another_date() -> None:
    desk = desk_with_order()
    desk.warehouse(UnitStatus.RECEIVED, 2)
    change(desk, c.ChangeLine(line_number=1, delivery_date=date(2026, 12, 1)))
    assert the_change(desk).fields[0].asked_of is AskedOf.WAREHOUSE
    day = date(2026, 12, 3)
    answer(desk, ChangeField.DELIVERY_DATE, by=f.WarehouseChangeAnswer, line_number=1, approved_date=day)
    assert (the_change(desk).state, the_change(desk).fields[0].approved_date) == (OrderChangeState.CONFIRMED, day)


def test_s33_a_parcel_that_leaves_first_refuses_the_address() -> None:
    desk = desk_with_order()
    change(desk, shipping_address=AWAY)
    desk.ships(2)
    assert the_change(desk).state is OrderChangeState.REFUSED
    assert change(desk, shipping_address=AWAY).code == "not_changeable"


def test_s34_a_shop_that_shows_what_was_asked_confirms_it() -> None:
    desk = desk_with_order()
    change(desk, shipping_method="express", shipping_address=AWAY)
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 2, 2000), shipping_address=HOME, shipping_method="express")
    assert the_change(desk).state is OrderChangeState.ASKED
    answer(desk, ChangeField.ADDRESS, confirmed=False, reason="label printed")
    assert the_change(desk).state is OrderChangeState.PARTLY_CONFIRMED


def test_what_is_so_already_is_nothing_to_change() -> None:
    assert change(desk_with_order(), shipping_address=HOME).code == "nothing_to_change"


def test_a_change_is_withdrawn_before_an_answer_only() -> None:
    desk = desk_with_order()
    change(desk, shipping_address=AWAY, shipping_method="express")
    answer(desk, ChangeField.ADDRESS)
    assert desk.send(c.WithdrawOrderChange, change_id=the_change(desk).change_id).code == "wrong_state"
    change(desk, shipping_method="courier")
    assert desk.send(c.WithdrawOrderChange, change_id=the_change(desk).change_id).accepted


def test_the_record_of_a_change_names_what_is_asked_and_of_whom() -> None:
    desk = desk_with_order()
    change(desk, shipping_address=AWAY)
    made = [out for out in project(desk.outcomes[-1], "ordercase") if out.record == "postsales.OrderChangeChanged"]
    assert [(out.value["version"], out.value["state"]) for out in made] == [(1, "REQUESTED"), (2, "ASKED")]
    [field] = made[-1].value["fields"]
    assert (field["field"], field["asked_of"], field["requested_address"]["city"]) == ("ADDRESS", "SHOP", "Port")


def test_an_answer_for_the_whole_order_answers_each_line_that_was_asked_about() -> None:
    desk = Desk()
    desk.place(line(1), line(2))
    day = date(2026, 12, 24)
    lines = tuple(c.ChangeLine(line_number=number, delivery_date=day) for number in (1, 2))
    assert change(desk, *lines).accepted
    answer(desk, ChangeField.DELIVERY_DATE)
    assert the_change(desk).state is OrderChangeState.CONFIRMED


def test_units_that_only_arrive_or_wait_to_be_cancelled_do_not_refuse_a_change() -> None:
    desk = Desk()
    desk.place(line(1), line(2))
    desk.ships(1)
    desk.warehouse(UnitStatus.RECEIVED, 1, 2)
    assert change(desk, shipping_method="express").accepted
    desk.cancels((2, 1), force=True)
    desk.delivers(1)
    assert the_change(desk).state is OrderChangeState.ASKED
    desk.ships(1, 2)
    assert the_change(desk).state is OrderChangeState.REFUSED
