"""Changes in flight field by field: who is asked, with which present values, and what each answer makes of them (domain.md 5a)."""

from datetime import date
from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.actors import ActorRef
from domain.changes import FieldChange, OrderChange
from domain.identity import Ids
from domain.order_events import AttentionRaised, Noted
from domain.policy import DEFAULT
from domain.vocabulary import (
    ActorKind,
    AskedOf,
    ChangeField,
    OrderChangeState,
    OrderEventKind,
    ProductType,
    UnitStatus,
)
from domain.world import Reply
from tests.builders.desk import AGENT, CHANNEL, Desk, line, uid, with_policy
from tests.builders.refused import refuses

F, S = ChangeField, OrderChangeState
HOME = f.Address(name="Ada", street="1 Road", city="Town", country="DE")
AWAY = f.Address(name="Ada", street="2 Lane", city="Port", country="DE")
SOON, LATER = date(2026, 6, 1), date(2026, 7, 1)


def placed(*, stock: int | None = 5, parcels: tuple[f.Shipping, ...] = (), **policy: Any) -> Desk:
    """Two lines of two units each, the first promised soon; standard delivery to the home address."""
    desk = Desk(with_policy(DEFAULT, "changes", **policy))
    if stock is not None:
        desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="SKU-1", available=stock, updated_at=desk.at))
    desk.place(
        line(1, 2, 2000, promised_date=SOON),
        line(2, 2, 2000),
        shipping_address=HOME,
        shipping_method="standard",
        shippings=parcels,
    )
    return desk


def asks(desk: Desk, *lines: tuple[int, int | None, date | None], **fields: Any) -> Reply:
    wanted = tuple(c.ChangeLine(line_number=n, new_quantity=units, delivery_date=day) for n, units, day in lines)
    return desk.send(c.ChangeOrder, lines=wanted, reason=fields.pop("reason", "CUSTOMER"), **fields)


def change(desk: Desk) -> OrderChange:
    return list(desk.file().changes.values())[-1]


def answers(desk: Desk, *said: f.ChangeAnswerField, change_id: str | None = None) -> None:
    named = {"sales_channel": CHANNEL, "order_id": "1001", "change_id": change_id or change(desk).change_id}
    desk.feed(desk.fact(f.ChangeAnswer, answers=said, **named))


def yes(field: ChangeField, number: int | None = None, *, confirmed: bool = True, **fields: Any) -> f.ChangeAnswerField:
    return f.ChangeAnswerField(field=field, confirmed=confirmed, line_number=number, **fields)


def answered(desk: Desk) -> list[bool | None]:
    return [field.confirmed for field in change(desk).fields]


def test_the_record_of_a_change_has_each_field_with_what_is_and_what_is_wanted() -> None:
    desk = placed()
    reply = asks(desk, (1, 4, LATER), (2, None, SOON), actor=AGENT, reason="HURRY", shipping_address=AWAY, shipping_method="express")  # fmt: skip
    assert change(desk) == OrderChange(
        change_id=Ids(reply.command_id).new("change"),
        state=S.ASKED,
        version=2,
        created_at=desk.at,
        created_by=ActorRef("ann", ActorKind.AGENT),
        asked_by="ann",
        fields=(
            FieldChange(field=F.QUANTITY, asked_of=AskedOf.SHOP, line_number=1, current_quantity=2, requested_quantity=4),
            FieldChange(field=F.DELIVERY_DATE, asked_of=AskedOf.SHOP, line_number=1, current_date=SOON, requested_date=LATER),
            FieldChange(field=F.DELIVERY_DATE, asked_of=AskedOf.SHOP, line_number=2, requested_date=SOON),
            FieldChange(field=F.ADDRESS, asked_of=AskedOf.SHOP, current_address=HOME, requested_address=AWAY),
            FieldChange(field=F.SHIPPING_METHOD, asked_of=AskedOf.SHOP, current_method="standard", requested_method="express"),
        ),
        reason="HURRY",
        policy_version="default",
    )  # fmt: skip
    assert refuses(reply, None, "ASKED")


def test_who_has_the_units_is_asked_but_the_shop_always_about_more_of_them() -> None:
    desk = placed()
    desk.warehouse(UnitStatus.RECEIVED, 1, 2)
    asks(desk, (1, 3, LATER), (2, None, LATER), shipping_method="express")
    assert [(field.field, field.line_number, field.asked_of) for field in change(desk).fields] == [
        (F.QUANTITY, 1, AskedOf.SHOP),
        (F.DELIVERY_DATE, 1, AskedOf.SHOP),
        (F.DELIVERY_DATE, 2, AskedOf.WAREHOUSE),
        (F.SHIPPING_METHOD, None, AskedOf.WAREHOUSE),
    ]


@pytest.mark.parametrize(("stock", "units", "code"), [(2, 4, None), (1, 4, "out_of_stock"), (None, 3, "out_of_stock")])
def test_more_of_a_line_needs_stock_for_the_difference_only(stock: int | None, units: int, code: str | None) -> None:
    assert asks(placed(stock=stock), (1, units, None)).code == code


def test_a_change_is_refused_with_what_is_there() -> None:
    desk = placed(reasons=("CUSTOMER",))
    assert refuses(asks(desk, (1, 1, None)), "invalid_command", "line 1", "2", "CancelOrder")
    assert refuses(asks(desk, (7, 3, None)), "unknown_line", "1001", "line 7")
    assert refuses(asks(desk, (1, 3, None), (1, None, LATER)), "invalid_command", "line 1")
    assert refuses(asks(desk, (1, 2, SOON), shipping_address=HOME, shipping_method="standard"), "nothing_to_change", "1001")  # fmt: skip
    assert asks(desk).code == "nothing_to_change"
    assert refuses(asks(desk, (1, 8, None)), "out_of_stock", "SKU-1", "5", CHANNEL)
    assert refuses(asks(desk, (1, 3, None), reason="MOOD"), "reason_not_allowed", "MOOD", "changes.reasons", "CUSTOMER")
    assert asks(desk, (7, 3, None), (1, 1, None)).code == "invalid_command"
    desk.ships(2)
    assert refuses(asks(desk, (1, None, LATER)), "not_changeable", "line 1")
    assert asks(desk, (2, None, LATER)).accepted
    assert asks(desk, shipping_method="express").accepted
    desk.ships(2, 2)
    assert refuses(asks(desk, shipping_method="express"), "not_changeable", "1001")


def test_cancelled_units_are_not_there_to_be_more_of() -> None:
    desk = placed()
    desk.cancels((1, 1))
    asks(desk, (1, 2, None))
    [field] = change(desk).fields
    assert (field.current_quantity, field.requested_quantity) == (1, 2)


def test_a_line_that_the_shop_added_for_another_counts_with_it() -> None:
    desk = placed()
    asks(desk, (1, 3, None))
    more = line(3, 1, 1000, sku="SKU-1", original_line_number=1)
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 2, 2000), line(2, 2, 2000), more)
    assert (change(desk).state, answered(desk)) == (S.CONFIRMED, [True])
    asks(desk, (1, 4, None))
    assert change(desk).fields[0].current_quantity == 3


TWO = (
    f.Shipping(shipping_id="A", method="standard", address=HOME),
    f.Shipping(shipping_id="B", method="bulky", address=AWAY),
)


def test_of_several_shippings_one_is_named() -> None:
    desk = placed(parcels=TWO)
    assert refuses(asks(desk, shipping_method="express"), "invalid_command", "shipping_id")
    assert refuses(asks(desk, shipping_method="express", shipping_id="C"), "invalid_command", "'C'")
    assert asks(desk, shipping_method="bulky", shipping_id="B").code == "nothing_to_change"
    asks(desk, shipping_method="express", shipping_address=HOME, shipping_id="B")
    address, method = change(desk).fields
    assert (address.current_address, address.requested_address, address.shipping_id) == (AWAY, HOME, "B")
    assert (method.current_method, method.requested_method, method.shipping_id) == ("bulky", "express", "B")


def test_one_shipping_needs_no_name() -> None:
    assert asks(placed(parcels=TWO[:1]), shipping_method="express").accepted


# Answers


def test_answers_come_in_parts_and_only_what_was_open_is_answered() -> None:
    desk = placed()
    asks(desk, (1, None, LATER), (2, None, LATER), shipping_method="express")
    answers(desk, yes(F.DELIVERY_DATE, 1, approved_date=date(2026, 7, 9), reason="truck"))
    assert (change(desk).state, answered(desk)) == (S.ASKED, [True, None, None])
    assert (change(desk).fields[0].approved_date, change(desk).fields[0].reason) == (date(2026, 7, 9), "truck")
    answers(desk, yes(F.DELIVERY_DATE, 1, confirmed=False), yes(F.SHIPPING_METHOD, confirmed=False, reason="no"))
    assert (change(desk).state, answered(desk)) == (S.ASKED, [True, None, False])
    assert change(desk).fields[2].reason == "no"
    answers(desk, yes(F.DELIVERY_DATE, 2))
    assert change(desk).state is S.PARTLY_CONFIRMED


def test_an_answer_without_a_line_is_for_all_of_them() -> None:
    desk = placed()
    asks(desk, (1, None, LATER), (2, None, LATER))
    answers(desk, yes(F.DELIVERY_DATE, confirmed=False))
    assert (change(desk).state, answered(desk)) == (S.REFUSED, [False, False])


def test_a_refused_field_grants_nothing() -> None:
    desk = placed()
    asks(desk, (1, 3, LATER))
    answers(desk, yes(F.QUANTITY, 1, confirmed=False, approved_quantity=3), yes(F.DELIVERY_DATE, 1, confirmed=False, approved_date=LATER))  # fmt: skip
    assert [(field.approved_quantity, field.approved_date) for field in change(desk).fields] == [(None, None)] * 2


def test_an_answer_about_what_was_not_asked_changes_nothing() -> None:
    desk = placed()
    asks(desk, (1, None, LATER))
    before = change(desk)
    answers(desk, yes(F.ADDRESS), yes(F.DELIVERY_DATE, 2))
    assert change(desk) == before


def test_an_answer_to_an_unknown_change_needs_attention_and_one_to_an_ended_change_does_not() -> None:
    desk = placed()
    asks(desk, (1, None, LATER))
    answers(desk, yes(F.DELIVERY_DATE, 1), change_id=uid("other"))
    assert desk.file().attention == ("unknown_reference",)
    assert uid("other") in desk.events(AttentionRaised)[0].why
    assert [noted.kind for noted in desk.events(Noted)] == ["warehouse"]
    answers(desk, yes(F.DELIVERY_DATE, 1))
    ended = change(desk)
    answers(desk, yes(F.DELIVERY_DATE, 1, confirmed=False))
    assert change(desk) == ended
    assert "CONFIRMED" in desk.events(Noted)[-1].words


# The shop's own order, and parcels


@pytest.mark.parametrize(
    ("asked", "shown", "confirmed"),
    [
        ({"shipping_address": AWAY}, {"shipping_address": AWAY}, True),
        ({"shipping_address": AWAY}, {"shipping_address": HOME}, None),
        ({"shipping_method": "express"}, {"shipping_method": "express"}, True),
        ({"shipping_method": "express"}, {"shipping_method": "bulky"}, None),
        ({"lines": (1, None, LATER)}, {"first": {"promised_date": LATER}}, True),
        ({"lines": (1, None, LATER)}, {"first": {"promised_date": SOON}}, None),
    ],
)
def test_an_order_that_shows_what_was_asked_confirms_it(
    asked: dict[str, Any], shown: dict[str, Any], confirmed: bool | None
) -> None:
    desk = placed()
    wanted = [asked.pop("lines")] if "lines" in asked else []
    asks(desk, *wanted, **dict(asked))
    shown = dict(shown)
    first = line(1, 2, 2000, **{"promised_date": SOON, **shown.pop("first", {})})
    header = {"shipping_address": HOME, "shipping_method": "standard", **shown}
    desk.shop(OrderEventKind.UPDATED, 2, first, line(2, 2, 2000), **header)
    assert answered(desk) == [confirmed]
    assert change(desk).state is (S.CONFIRMED if confirmed else S.ASKED)


def test_a_named_shipping_shows_it_too() -> None:
    desk = placed(parcels=TWO)
    asks(desk, shipping_method="express", shipping_address=HOME, shipping_id="B")
    shown = (TWO[0], f.Shipping(shipping_id="B", method="express", address=AWAY))
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 2, 2000), line(2, 2, 2000), shipping_address=AWAY, shipping_method="standard", shippings=shown)  # fmt: skip
    assert answered(desk) == [None, True]


def test_a_parcel_refuses_what_it_leaves_no_unit_for_and_nothing_else() -> None:
    desk = placed()
    asks(desk, (1, None, LATER), (2, None, LATER), shipping_method="express")
    desk.ships(1)
    assert answered(desk) == [None, None, None]
    desk.ships(1)
    assert answered(desk) == [False, None, None]
    assert change(desk).fields[0].reason is not None
    desk.ships(2, 2)
    assert answered(desk) == [False, False, False]
    assert change(desk).state is S.REFUSED


def test_units_that_somebody_would_like_to_cancel_are_in_the_house_still() -> None:
    desk = placed()
    desk.warehouse(UnitStatus.RECEIVED, 1)
    asks(desk, (1, None, LATER))
    desk.cancels((1, 1), force=True)
    desk.cancels((1, 1), force=True)
    desk.delivers(1, 2)
    assert answered(desk) == [None]


def test_goods_alone_say_whether_an_order_can_be_changed() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 100, product_type=ProductType.VIRTUAL), shipping_method="standard")
    desk.ships(1)
    assert asks(desk, shipping_method="express").code == "not_changeable"


# Withdrawing


def test_a_change_is_withdrawn_before_any_answer_and_by_its_id() -> None:
    desk = placed()
    asks(desk, (1, None, LATER), (2, None, LATER))
    assert refuses(desk.send(c.WithdrawOrderChange, change_id=uid("none")), "unknown_entity", "1001", uid("none"))
    first = change(desk).change_id
    answers(desk, yes(F.DELIVERY_DATE, 1))
    assert refuses(desk.send(c.WithdrawOrderChange, change_id=first), "wrong_state", "ASKED")
    asks(desk, shipping_method="express")
    assert desk.send(c.WithdrawOrderChange, change_id=change(desk).change_id).accepted
    assert (change(desk).state, change(desk).version) == (S.WITHDRAWN, 3)
    assert refuses(desk.send(c.WithdrawOrderChange, change_id=change(desk).change_id), "wrong_state", "WITHDRAWN")
