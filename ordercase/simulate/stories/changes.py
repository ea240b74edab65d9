"""Changes of an order on its way: asked of the shop or of the warehouse, and done only when they say so."""

from dataclasses import replace

from ordercase.simulate.basket import Value
from ordercase.simulate.books import OrderBooks
from ordercase.simulate.stories.steps import CHANGE, at_the_door, delivered, ends, lines_of, paid, shipped
from ordercase.simulate.story import Script, Story

WHY = "the customer called"
ELSEWHERE: Value = {
    "name": "Sasha",
    "street": "2 Short Street",
    "city": "Springfield",
    "postcode": "10001",
    "country": "DE",
}


def asked_to_change(s: Story, *, of: str, field: str, **wish: object) -> Script[Value]:
    reply = yield from s.agent.does("ChangeOrder", reason=WHY, **wish)
    return (yield from s.shows(CHANGE, reply["entity_id"], state="ASKED", fields=[{"field": field, "asked_of": of}]))


def another_address(s: Story) -> Script[None]:
    """Nobody has the goods yet: the shop is asked, says yes, and the parcel goes elsewhere."""
    yield from paid(s)
    change = yield from asked_to_change(s, of="SHOP", field="ADDRESS", shipping_address=ELSEWHERE)
    s.shop.answers(change, confirmed=True)
    yield from _confirmed(s, change)
    s.tell("sent to another address")
    yield from delivered(s)
    yield from ends(s, "COMPLETE", at_the_door(s), "CHANGE_CONFIRMED")


def address_refused(s: Story) -> Script[None]:
    """The warehouse has the goods and cannot change the label any more."""
    yield from paid(s)
    units = s.basket.units()
    s.warehouse.says("RECEIVED", units)
    yield from s.order_shows(lines={number: {"buckets": {"at_warehouse": q}} for number, q in units.items()})
    change = yield from asked_to_change(s, of="WAREHOUSE", field="ADDRESS", shipping_address=ELSEWHERE)
    s.warehouse.answers_change(change, confirmed=False)
    yield from s.shows(CHANGE, change["change_id"], state="REFUSED", fields=[{"confirmed": False}])
    s.tell("another address came too late")
    yield from shipped(s, None, "delivered")
    yield from ends(s, "COMPLETE", at_the_door(s), "CHANGE_REFUSED")


def faster(s: Story) -> Script[None]:
    """A faster parcel: the shop shows it by an event of its own, which is an answer too."""
    yield from paid(s)
    change = yield from asked_to_change(s, of="SHOP", field="SHIPPING_METHOD", shipping_method="express")
    s.shop.update(shipping_method="express")
    yield from _confirmed(s, change)
    s.tell("sent by express")
    yield from delivered(s)
    yield from ends(s, "COMPLETE", at_the_door(s), "CHANGE_CONFIRMED")


def one_more(s: Story) -> Script[None]:
    """One unit more of line 1: the shop adds a line, charges it itself, and everything is delivered."""
    yield from paid(s)
    item = s.basket.item(1)
    lines = [{"line_number": 1, "new_quantity": item.quantity + 1}]
    while True:
        reply = yield from s.agent.ask("ChangeOrder", reason=WHY, lines=lines)
        if reply["code"] != "out_of_stock":
            break
        yield from s.pause(0.25)
    if reply["status"] != "ACCEPTED":
        s.fail(f"ChangeOrder was refused: {reply['code']} {reply['message']}")
    wanted = {"field": "QUANTITY", "asked_of": "SHOP", "line_number": 1, "requested_quantity": item.quantity + 1}
    change = yield from s.shows(CHANGE, reply["entity_id"], state="ASKED", fields=[wanted])
    more = s.shop.adds_units(1, 1)
    s.shop.answers(change, confirmed=True, quantity=item.quantity + 1)
    yield from _confirmed(s, change)
    s.basket = replace(s.basket, items=(*s.basket.items, more))
    s.books = OrderBooks(s.basket)
    payment = s.gateway.payments[0]
    s.gateway.tells(payment, "CAPTURED", more.total, gateway_reference=f"{payment.reference}-more")
    yield from s.order_shows(order_total_minor=s.basket.total, due_minor=0)
    yield from shipped(s, None, "delivered")
    s.tell(f"one {item.words[0]} more")
    yield from ends(s, "COMPLETE", at_the_door(s), "CHANGE_CONFIRMED")


def withdrawn(s: Story) -> Script[None]:
    """The customer thinks better of it before anybody has answered."""
    yield from paid(s)
    change = yield from asked_to_change(s, of="SHOP", field="ADDRESS", shipping_address=ELSEWHERE)
    yield from s.agent.does("WithdrawOrderChange", change_id=change["change_id"])
    yield from s.shows(CHANGE, change["change_id"], state="WITHDRAWN")
    yield from s.agent.is_refused("nothing_to_change", "ChangeOrder", reason=WHY, shipping_method="standard")
    less = [{"line_number": 1, "new_quantity": s.basket.item(1).quantity - 1}]
    yield from s.agent.is_refused("invalid_command", "ChangeOrder", reason=WHY, lines=less)
    s.tell("a change withdrawn")
    yield from delivered(s)
    yield from s.agent.is_refused("not_changeable", "ChangeOrder", reason=WHY, shipping_address=ELSEWHERE)
    yield from s.agent.is_refused("not_cancellable", "CancelOrder", reason=WHY, lines=lines_of({1: 1}))
    yield from ends(s, "COMPLETE", at_the_door(s))


def _confirmed(s: Story, change: Value) -> Script[None]:
    yield from s.shows(CHANGE, change["change_id"], state="CONFIRMED", fields=[{"confirmed": True}])
    entity = s.seen.entity(CHANGE, change["change_id"])
    if entity and entity.states != ["REQUESTED", "ASKED", "CONFIRMED"]:
        s.wrong(f"the change went {entity.states}")
