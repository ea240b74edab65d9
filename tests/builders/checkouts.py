"""The checkout CO-1: how the shop tells of it, how it is paid, and what is kept of it."""

from typing import Any

from domain import facts as f
from domain.checkouts import CheckoutFile
from domain.run import checkout_ref
from domain.vocabulary import CheckoutKind, PaymentKind
from tests.builders.desk import CHANNEL, Desk, line


def starts(desk: Desk, kind: CheckoutKind = CheckoutKind.STARTED, revision: int = 1) -> None:
    event = desk.fact(
        f.CheckoutEvent,
        kind=kind,
        revision=revision,
        sales_channel=CHANNEL,
        checkout_id="CO-1",
        currency="EUR",
        customer=f.Customer(customer_id="C-1", email="c1@example.org"),
        lines=(line(1, 1, 1000),),
    )
    desk.feed(event)


def pays(desk: Desk, kind: PaymentKind, amount: int, **fields: Any) -> None:
    desk.pays(kind, amount, order_id=fields.pop("order_id", None), checkout_id="CO-1", **fields)


def checkout(desk: Desk) -> CheckoutFile:
    found = desk.things[checkout_ref(CHANNEL, "CO-1")]
    assert isinstance(found, CheckoutFile)
    return found
