"""A dry run shows what a command would come to, to the cent, and writes nothing (contract.md 4, domain.md 9)."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.policy import DEFAULT, AutoRelease, Policies
from domain.vocabulary import PaymentKind, ReceiptOutcome, UnitStatus
from domain.world import Effect, Preview, PreviewLine, Reply
from tests.builders.desk import AGENT, CHANNEL, Desk, line, shipping, with_policy

AT_RECEIVED = with_policy(DEFAULT, "refunds", at="RECEIVED")


def shop(policies: Policies = DEFAULT) -> Desk:
    desk = Desk(policies)
    desk.place(line(1, 3, 3570, tax=570, sku="RED", parent_sku="SHIRT"), shipping(9, 500), captured=4070)
    return desk


def back(units: int, **fields: Any) -> tuple[type[c.Command], dict[str, Any]]:
    wanted = (c.ReturnLineInput(line_number=1, quantity=units, reason="FIT"),)
    return c.CreateReturn, {"lines": wanted, "comment": "too small", **fields}


def cancel(units: int) -> tuple[type[c.Command], dict[str, Any]]:
    return c.CancelOrder, {"lines": (c.LineQuantity(line_number=1, quantity=units),), "reason": "MIND"}


def shown(desk: Desk, record: type[c.Command], fields: dict[str, Any]) -> Preview:
    before = dict(desk.things)
    reply: Reply = desk.send(record, dry_run=True, **fields)
    assert desk.things == before
    assert desk.outcomes[-1].effect is Effect.DRY_RUN
    assert reply.preview, reply.message
    return reply.preview


def money(preview: Preview) -> tuple[int | None, int | None, int | None, tuple[tuple[str, int], ...], int | None]:
    return preview.amount_minor, preview.shipping_minor, preview.fee_minor, preview.legs, preview.left_minor


@pytest.mark.parametrize("policies", [DEFAULT, AT_RECEIVED, with_policy(AT_RECEIVED, "returns", auto_approve=False)],
                         ids=["at approval", "at receipt", "by hand, at receipt"])  # fmt: skip
@pytest.mark.parametrize(("units", "amount", "with_shipping"), [(1, 1190, 0), (3, 4070, 500)])
def test_a_return_shows_the_money_that_it_comes_to(
    policies: Policies, units: int, amount: int, with_shipping: int
) -> None:
    desk = shop(
        with_policy(
            policies, "returns", restocking_fee={"EUR": 100}, auto_approve=policies.default.returns.auto_approve
        )
    )
    desk.ships(3)
    preview = shown(desk, *back(units))
    assert preview.state == ("APPROVED" if policies.default.returns.auto_approve else "REQUESTED")
    assert money(preview) == (amount - 100, with_shipping, 100, (("P1", amount - 100),), 4070 - amount + 100)
    assert preview.lines[0] == PreviewLine(
        line_number=1, quantity=units, net_minor=1000 * units, tax_minor=190 * units, gross_minor=1190 * units,
        available=3, missing=0,
    )  # fmt: skip


@pytest.mark.parametrize("policies", [DEFAULT, AT_RECEIVED], ids=["at approval", "at receipt"])
def test_the_preview_of_a_return_is_what_is_given_in_the_end(policies: Policies) -> None:
    desk = shop(policies)
    desk.ships(3)
    record, fields = back(2)
    preview = shown(desk, record, fields)
    desk.send(record, **fields)
    (found,) = desk.file().returns.values()
    desk.receives(found.rma, (1, 2, ReceiptOutcome.GOOD))
    (refund,) = desk.file().refunds.values()
    assert money(preview)[:3] == (refund.amount_minor, refund.shipping_minor, refund.fee_minor)
    assert preview.legs == tuple((leg.payment_ref, leg.amount_minor) for leg in refund.legs)


def test_a_cancellation_that_the_warehouse_must_answer_shows_the_money_of_a_yes() -> None:
    desk = shop()
    desk.warehouse(UnitStatus.RECEIVED, 2)
    preview = shown(desk, *cancel(3))
    assert preview.state == "ASKED_WAREHOUSE"
    assert money(preview) == (4070, 500, 0, (("P1", 4070),), 0)
    assert (preview.lines[0].available, preview.lines[0].missing) == (3, 0)


def test_a_cancellation_of_what_is_only_authorised_shows_the_void() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.pays(PaymentKind.AUTHORIZED, 2000)
    preview = shown(desk, *cancel(1))
    assert (preview.amount_minor, preview.legs) == (0, (("P1", 1000),))
    assert preview.lines == (PreviewLine(line_number=1, quantity=1, available=2, missing=0),)


def test_an_appeasement_shows_its_tax() -> None:
    desk = shop()
    wish = c.AppeasementLineInput(line_number=1, amount_minor=100, reason="LATE")
    preview = shown(desk, c.CreateAppeasement, {"lines": (wish,)})
    assert money(preview) == (119, 0, 0, (("P1", 119),), 4070 - 119)
    assert (preview.lines[0].net_minor, preview.lines[0].tax_minor, preview.lines[0].available) == (100, 19, None)


def test_an_exchange_shows_its_units_and_moves_no_money() -> None:
    desk = shop()
    desk.ships(3)
    desk.feed(f.Product(sku="BLUE", parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=5, updated_at=desk.at))
    wish = c.ExchangeLineInput(line_number=1, quantity=2, new_sku="BLUE", reason="COLOUR")
    preview = shown(desk, c.CreateExchange, {"lines": (wish,)})
    assert (preview.state, preview.amount_minor, preview.legs, preview.left_minor) == ("ORDER_CREATED", 0, (), 4070)
    assert preview.lines == (PreviewLine(line_number=1, quantity=2, available=3, missing=0),)


def test_a_refund_that_waits_for_approval_counts_as_given_in_the_preview() -> None:
    desk = shop(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=False)))
    desk.ships(3)
    assert money(shown(desk, *back(1))) == (1190, 0, 0, (("P1", 1190),), 4070 - 1190)


def test_what_is_refused_is_refused_in_a_dry_run_alike_and_an_accepted_command_shows_no_preview() -> None:
    desk = shop()
    desk.ships(3)
    record, fields = back(4)
    assert (
        desk.send(record, dry_run=True, **fields).code == desk.send(record, **fields).code == "quantity_not_available"
    )
    record, fields = back(1)
    assert desk.send(record, AGENT, **fields).preview is None
