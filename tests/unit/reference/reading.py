"""What the tests of the reference's rows build with: lines with tax on top, delivered orders, the legs of their refunds."""

from typing import Any

from domain import facts as f
from domain.money import divide
from domain.orders import left_of_line
from domain.policy import DAY
from domain.refunds import Leg
from domain.vocabulary import LegState, PaymentKind, ProductType
from tests.builders.desk import Desk, line
from tests.builders.readings import refunds


def taxed(number: int, quantity: int, price: int, percent: int, discount: int = 0, **changes: Any) -> f.Line:
    """A line whose price is net: `percent` tax comes on top of price × quantity − discount."""
    net = price * quantity - discount
    tax = divide(net * percent, 100)
    return f.Line(
        line_number=number,
        sku=changes.pop("sku", f"SKU-{number}"),
        product_type=changes.pop("product_type", ProductType.PHYSICAL),
        quantity=quantity,
        unit_price_minor=price,
        discount_minor=discount,
        total_minor=net + tax,
        taxes=(f.Tax(type="VAT", rate=f"0.{percent:02d}", amount_minor=tax),),
        **changes,
    )


def freight(number: int, price: int, percent: int = 0, discount: int = 0) -> f.Line:
    """A shipping line whose price is net."""
    return taxed(number, 1, price, percent, discount, product_type=ProductType.SHIPPING, sku="SHIPPING")


def delivered(*lines: f.Line, **changes: Any) -> Desk:
    """A paid order whose goods are with the customer. `desk=` for a policy of its own, `captured=` for another amount."""
    desk = changes.pop("desk", None) or Desk()
    discount = changes.get("order_discount_minor", 0)
    changes.setdefault("captured", sum(sold.total_minor for sold in lines) - discount)
    if not changes["captured"]:
        del changes["captured"]
    desk.place(*lines, **changes)
    for sold in lines:
        if sold.product_type is ProductType.PHYSICAL:
            desk.ships(sold.quantity, sold.line_number)
            desk.delivers(sold.quantity, sold.line_number)
    return desk


def legs(desk: Desk) -> list[tuple[str, int]]:
    """(payment, amount) of every leg of every refund, in their order."""
    return [(leg.payment_ref, leg.amount_minor) for leg in all_legs(desk)]


def all_legs(desk: Desk) -> list[Leg]:
    return [leg for refund in refunds(desk) for leg in refund.legs]


def left(desk: Desk, number: int = 1) -> int:
    """What may still be given back of a line."""
    return left_of_line(desk.file(), number)


def confirms(desk: Desk, leg: Leg, kind: PaymentKind = PaymentKind.REFUNDED, **fields: Any) -> None:
    """The gateway answers this very leg."""
    desk.pays(kind, leg.amount_minor, leg.payment_ref, operation_reference=leg.leg_id, **fields)


def unanswered() -> Desk:
    """A refund whose gateway paid, but whose answer never came."""
    desk = delivered(line(1, 1, 1000))
    desk.returns((1, 1))
    desk.wait(2 * DAY)
    assert all_legs(desk)[0].state is LegState.UNANSWERED
    return desk
