"""Every refusal that a command on the wire can meet: its code, its sentence, and that nothing comes of it (domain.md 9)."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.policy import DAY, DEFAULT, Policies
from domain.refusals import CODES
from domain.vocabulary import (
    CaseOrigin,
    CaseScope,
    CheckoutKind,
    ContactChannel,
    PaymentKind,
    ReceiptOutcome,
)
from tests.builders.desk import AGENT, APPROVER, CHANNEL, MANAGER, Desk, line, shipping, uid, with_policy

CUSTOMER = c.Actor(id="C-1", roles=("customer",), channels=("*",), accounts=("C-1",))
VIEWER = c.Actor(id="vic", roles=("viewer",), channels=("*",))
STRANGER = c.Actor(id="sue", roles=("manager",), channels=("web-fr",))
CASE, LINE = uid("case"), uid("case line")

Last = tuple[type[c.Command], dict[str, Any]]
"""The command that is refused, with its fields."""

Scene = Callable[[Desk], Last]


def policy(section: str, **changes: Any) -> Policies:
    return with_policy(DEFAULT, section, **changes)


def placed(desk: Desk, *lines: f.Line, captured: int | None = 2000) -> None:
    desk.place(*(lines or (line(1, 2, 2000),)), captured=captured)


def shipped(desk: Desk, *lines: f.Line) -> None:
    placed(desk, *lines)
    desk.ships(2)


def back(*lines: tuple[int, int], **more: Any) -> Last:
    named = more.pop("named", {})
    wanted = tuple(c.ReturnLineInput(line_number=n, quantity=units, reason="FIT", **named) for n, units in lines)
    return c.CreateReturn, {"lines": wanted, "comment": "too small", **more}


def cancel(*lines: tuple[int, int], **more: Any) -> Last:
    wanted = tuple(c.LineQuantity(line_number=n, quantity=units) for n, units in lines)
    return c.CancelOrder, {"lines": wanted, "reason": "MIND", **more}


def appease(number: int, amount: int) -> Last:
    wish = c.AppeasementLineInput(line_number=number, amount_minor=amount, reason="LATE")
    return c.CreateAppeasement, {"lines": (wish,), "amount_includes_tax": True}


def swap(desk: Desk, new_sku: str, **product: Any) -> Last:
    shipped(desk, line(1, 2, 2000, sku="RED", parent_sku="SHIRT"))
    if product:
        stock = product.pop("stock", 5)
        said = {"parent_sku": "SHIRT", "sellable": True, "updated_at": desk.at, **product}
        desk.feed(f.Product(sku=new_sku, **said))
        desk.feed(f.StockLevel(sales_channel=CHANNEL, sku=new_sku, available=stock, updated_at=desk.at))
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku=new_sku, reason="COLOUR")
    return c.CreateExchange, {"lines": (wish,)}


def opening(**changes: Any) -> Last:
    fields = {
        "case_id": CASE,
        "service": "RETURN",
        "scope": CaseScope.SPECIFIC_LINES,
        "sales_channel": CHANNEL,
        "order_id": "1001",
        "channel": ContactChannel.WEB,
        "origin": CaseOrigin.ORDER_LINES,
        "short_description": "Wrong size",
        "lines": (c.CaseLineInput(case_line_id=LINE, order_id="1001", line_number=1),),
    }
    return c.OpenCase, fields | changes


def with_case(desk: Desk, *, submitted: bool = True, **changes: Any) -> None:
    record, fields = opening(**changes)
    assert desk.send(record, **fields).accepted
    if submitted:
        desk.send(c.SubmitCase, case_id=CASE)
        desk.send(c.AssignCase, case_id=CASE, assignee="ann")


def asked_back(desk: Desk, **fields: Any) -> str:
    record, wanted = back((1, 1), **fields)
    return desk.send(record, **wanted).entity_id or ""


def paid_checkout(desk: Desk, amount: int) -> Last:
    desk.pays(PaymentKind.CAPTURED, 1000, order_id=None, checkout_id="CO-1")
    refund = {"sales_channel": CHANNEL, "checkout_id": "CO-1", "payment_ref": "P1", "reason": "NEVER_ORDERED"}
    return c.RefundPayment, {**refund, "amount_minor": amount}


# One scene a code: what is there before, and the command that is refused.


def _invalid_command(desk: Desk) -> Last:
    placed(desk)
    return cancel((1, 1), (1, 1))


def _unknown_order(_: Desk) -> Last:
    return cancel((1, 1))


def _channel_not_permitted(desk: Desk) -> Last:
    placed(desk)
    return cancel((1, 1), actor=STRANGER)


def _not_permitted(desk: Desk) -> Last:
    placed(desk)
    return cancel((1, 1), actor=VIEWER)


def _not_your_account(desk: Desk) -> Last:
    placed(desk)
    return opening(actor=replace(CUSTOMER, accounts=("C-2",)))


def _unknown_case(_: Desk) -> Last:
    return c.SubmitCase, {"case_id": CASE}


def _unknown_entity(desk: Desk) -> Last:
    placed(desk)
    return c.ApproveReturn, {"return_id": uid("nothing")}


def _unknown_line(desk: Desk) -> Last:
    shipped(desk)
    return back((9, 1))


def _already_exists(desk: Desk) -> Last:
    placed(desk)
    with_case(desk)
    return opening()


def _version_conflict(desk: Desk) -> Last:
    placed(desk)
    return cancel((1, 1), expected_version=99)


def _self_approval(desk: Desk) -> Last:
    desk.policies = policy("returns", auto_approve=False)
    shipped(desk)
    return c.ApproveReturn, {"return_id": asked_back(desk), "actor": MANAGER}


def _wrong_state(desk: Desk) -> Last:
    shipped(desk)
    return c.ApproveReturn, {"return_id": asked_back(desk), "actor": APPROVER}


def _not_cancellable(desk: Desk) -> Last:
    shipped(desk)
    return cancel((1, 1))


def _not_changeable(desk: Desk) -> Last:
    shipped(desk)
    return c.ChangeOrder, {"shipping_method": "express", "reason": "HURRY"}


def _already_received(desk: Desk) -> Last:
    desk.policies = policy("refunds", at="RECEIVED")
    shipped(desk, line(1, 1, 1000), line(2, 1, 1000))
    desk.ships(1, 2)
    return_id = asked_back(desk)
    desk.receives(desk.file().returns[return_id].rma, (1, 1, ReceiptOutcome.DAMAGED))
    return c.CancelReturn, {"return_id": return_id}


def _action_open(desk: Desk) -> Last:
    shipped(desk)
    with_case(desk)
    asked_back(desk, case_id=CASE, case_line_id=LINE)
    return c.CancelCaseLine, {"case_id": CASE, "case_line_id": LINE, "reason": "MISTAKE"}


def _wrong_account(desk: Desk) -> Last:
    placed(desk)
    return opening(account_id="C-2")


def _wrong_scope(desk: Desk) -> Last:
    placed(desk)
    return opening(scope=CaseScope.MULTIPLE_ORDERS)


def _order_required(_: Desk) -> Last:
    return opening(order_id=None, lines=())


def _checkout_required(_: Desk) -> Last:
    return opening(scope=CaseScope.CHECKOUT, order_id=None, lines=())


def _service_not_offered(desk: Desk) -> Last:
    placed(desk)
    return opening(service="GARDENING")


def _not_in_group(desk: Desk) -> Last:
    desk.policies = policy("cases", groups={"money": ("eve",)})
    placed(desk)
    with_case(desk)
    return c.AssignCase, {"case_id": CASE, "assignee": "ann", "group": "money"}


def _duplicate_case_line(desk: Desk) -> Last:
    placed(desk)
    with_case(desk)
    again = c.CaseLineInput(case_line_id=uid("another line"), order_id="1001", line_number=1)
    return c.AddCaseLines, {"case_id": CASE, "lines": (again,)}


def _outcome_required(desk: Desk) -> Last:
    placed(desk)
    with_case(desk)
    return c.ResolveCase, {"case_id": CASE}


def _no_lines(desk: Desk) -> Last:
    shipped(desk)
    return back()


def _comment_required(desk: Desk) -> Last:
    shipped(desk)
    return back((1, 1), comment=" ")


def _comment_too_long(desk: Desk) -> Last:
    shipped(desk)
    return back((1, 1), comment="x" * 1001)


def _reason_not_allowed(desk: Desk) -> Last:
    desk.policies = policy("returns", reasons=("BROKEN",))
    shipped(desk)
    return back((1, 1))


def _source_choice_off(desk: Desk) -> Last:
    shipped(desk)
    return back((1, 1), named={"return_to_source": "W2"})


def _unknown_source(desk: Desk) -> Last:
    desk.policies = policy("returns", choose_source=True)
    shipped(desk)
    return back((1, 1), named={"return_to_source": "W2"})


def _source_refuses_returns(desk: Desk) -> Last:
    desk.policies = policy("returns", choose_source=True)
    shipped(desk)
    desk.feed(f.Source(source_id="W2", accepts_returns=False, updated_at=desk.at))
    return back((1, 1), named={"return_to_source": "W2"})


def _final_sale(desk: Desk) -> Last:
    shipped(desk, line(1, 2, 2000, final_sale=True))
    return back((1, 1))


def _not_shipped(desk: Desk) -> Last:
    placed(desk)
    return back((1, 1))


def _already_held(desk: Desk) -> Last:
    shipped(desk)
    asked_back(desk)
    return back((1, 2))


def _quantity_not_available(desk: Desk) -> Last:
    shipped(desk)
    return back((1, 3))


def _return_window_over(desk: Desk) -> Last:
    desk.policies = policy("returns", window=DAY, transit=0)
    shipped(desk)
    desk.wait(2 * DAY)
    return back((1, 1))


def _unknown_sku(desk: Desk) -> Last:
    return swap(desk, "BLUE")


def _not_same_parent(desk: Desk) -> Last:
    return swap(desk, "HAT", parent_sku="HATS")


def _same_product(desk: Desk) -> Last:
    return swap(desk, "RED", stock=5)


def _not_sellable(desk: Desk) -> Last:
    return swap(desk, "BLUE", sellable=False)


def _out_of_stock(desk: Desk) -> Last:
    return swap(desk, "BLUE", stock=0)


def _nothing_to_change(desk: Desk) -> Last:
    placed(desk)
    return c.ChangeOrder, {"reason": "HURRY"}


def _nothing_to_refund(desk: Desk) -> Last:
    placed(desk, captured=None)
    return appease(1, 100)


def _amount_not_positive(desk: Desk) -> Last:
    return paid_checkout(desk, 0)


def _exceeds_line(desk: Desk) -> Last:
    placed(desk)
    return appease(1, 2001)


def _exceeds_shipping(desk: Desk) -> Last:
    placed(desk, line(1, 2, 1500), shipping(9, 500))
    return appease(9, 501)


def _exceeds_payment(desk: Desk) -> Last:
    return paid_checkout(desk, 1001)


def _exceeds_order(desk: Desk) -> Last:
    placed(desk, captured=1000)
    return appease(1, 1001)


SCENES: dict[str, Scene] = {
    name.removeprefix("_"): scene for name, scene in list(globals().items()) if name.removeprefix("_") in CODES
}
ELSEWHERE = {"bad_criteria": "no command has criteria; `orders find` answers it (test_queries_orders.py)"}


def test_every_code_has_its_scene() -> None:
    assert set(SCENES) | set(ELSEWHERE) == set(CODES)


@pytest.mark.parametrize("code", SCENES)
def test_a_refused_command_says_why_and_changes_nothing(code: str) -> None:
    desk = Desk()
    record, fields = SCENES[code](desk)
    before, told = dict(desk.things), len(desk.steps)
    tried = desk.send(record, dry_run=True, **fields)
    refused = desk.send(record, **fields)
    assert (refused.code, refused.accepted, refused.version, refused.preview) == (code, False, None, None)
    assert (tried.code, tried.message, tried.dry_run) == (code, refused.message, True)
    assert desk.things == before
    assert len(desk.steps) == told
    # what and why; what to do. Never only one of them
    assert re.fullmatch(r".{12,}(; \w|[.] [A-Z]).{8,}[.]", refused.message), refused.message


# Of several refusals the first of the table is given


FAULTS: tuple[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]], ...] = (
    ("channel_not_permitted", lambda _: {"actor": replace(VIEWER, channels=("web-fr",))}),
    ("not_permitted", lambda _: {"actor": VIEWER}),
    ("unknown_case", lambda _: {"case_id": uid("no case")}),
    ("unknown_line", lambda fields: {"lines": (*fields["lines"], replace(fields["lines"][0], line_number=9))}),
    ("version_conflict", lambda _: {"expected_version": 99}),
    ("comment_required", lambda _: {"comment": ""}),
    ("reason_not_allowed", lambda fields: {"lines": (*fields["lines"][:-1], replace(fields["lines"][-1], reason=""))}),
    (
        "source_choice_off",
        lambda fields: {"lines": (replace(fields["lines"][0], return_to_source="W2"), *fields["lines"][1:])},
    ),
)
"""What can be wrong with one CreateReturn, in the order of the codes; the line itself cannot be had either."""


@pytest.mark.parametrize("first", range(len(FAULTS)), ids=[code for code, _ in FAULTS])
def test_of_everything_that_is_wrong_the_first_of_the_table_is_told(first: int) -> None:
    desk = Desk()
    shipped(desk, line(1, 2, 2000, final_sale=True))
    record, fields = back((1, 3))
    assert desk.send(record, **fields).code == "final_sale"
    for _, fault in reversed(FAULTS[first:]):
        fields |= fault(fields)
    assert desk.send(record, **fields).code == FAULTS[first][0]
    assert list(CODES).index(FAULTS[first][0]) < list(CODES).index("final_sale")


def test_a_command_without_reference_and_refund_is_nonsense_first() -> None:
    desk = Desk()
    placed(desk)
    assert desk.send(c.ReleaseRefundOffline, refund_id=uid("none"), reference=" ").code == "invalid_command"


def test_an_amount_of_nothing_on_a_checkout_that_nobody_knows_is_a_checkout_that_nobody_knows() -> None:
    desk = Desk()
    refund = {"sales_channel": CHANNEL, "checkout_id": "CO-9", "payment_ref": "P1", "reason": "NEVER_ORDERED"}
    for actor, code in ((MANAGER, "unknown_entity"), (AGENT, "not_permitted")):
        assert desk.send(c.RefundPayment, actor, amount_minor=0, **refund).code == code


def test_a_customer_may_open_a_case_on_a_checkout_of_the_own_account_only() -> None:
    desk = Desk()
    told = f.CheckoutEvent(
        event_id=uid("checkout"),
        occurred_at=desk.at,
        kind=CheckoutKind.FAILED,
        revision=1,
        sales_channel=CHANNEL,
        checkout_id="CO-1",
        currency="EUR",
        customer=f.Customer(customer_id="C-1"),
        lines=(line(1),),
    )
    desk.feed(told)
    record, fields = opening(
        scope=CaseScope.CHECKOUT, order_id=None, checkout_id="CO-1", lines=(c.CaseLineInput(case_line_id=LINE),)
    )
    other = replace(CUSTOMER, accounts=("C-2",))
    assert desk.send(record, other, **fields).code == "not_your_account"
    assert desk.send(record, other, account_id="C-2", **fields).code == "not_your_account"
    assert desk.send(record, account_id="C-2", **fields).code == "wrong_account"
    assert desk.send(record, CUSTOMER, **fields).accepted
    assert desk.case(CASE).account_id == "C-1"


def test_the_expected_version_is_that_of_what_the_command_names() -> None:
    """Of the order for what is made on it, of the return, refund or case for what is done to one."""
    desk = Desk(policy("returns", auto_approve=False))
    shipped(desk)
    version = desk.file().version
    record, fields = back((1, 1))
    assert desk.send(record, expected_version=version - 1, **fields).code == "version_conflict"
    return_id = desk.send(record, expected_version=version, **fields).entity_id
    assert desk.send(c.ApproveReturn, APPROVER, expected_version=2, return_id=return_id).code == "version_conflict"
    assert desk.send(c.ApproveReturn, APPROVER, expected_version=1, return_id=return_id).accepted
    with_case(desk)
    now = desk.case(CASE).version
    assert desk.send(c.EditCase, case_id=CASE, priority=1, expected_version=now + 1).code == "version_conflict"
    assert desk.send(c.EditCase, case_id=CASE, priority=1, expected_version=now).accepted
