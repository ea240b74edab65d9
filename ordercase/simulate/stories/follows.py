"""Orders that follow from an order: called off late, taken back, undone, and the parcel that was lost and is not."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.stories.replacements import (
    exchange_made,
    goes_out,
    parcel_lost,
    reshipment_over,
    sent_again,
    sibling,
)
from ordercase.simulate.stories.returns import settled
from ordercase.simulate.stories.steps import (
    CANCELLATION,
    EXCHANGE,
    REFUND,
    RESHIPMENT,
    RETURN,
    at_the_door,
    delivered,
    ends,
    lines_of,
    named,
    one_back,
    owed,
    released,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import good

EXCHANGE_NOTICES = ("EXCHANGE_CREATED", "RETURN_APPROVED")


def first_parcel_comes_after_all(s: Story) -> Script[None]:
    """Sent again, and then the lost parcel arrives too: both are the customer's, and a person must look."""
    yield from parcel_lost(s)
    units = s.basket.units()
    again = {1: units[1]}
    reshipment_id, order_id = yield from sent_again(s, again)
    yield from goes_out(s, order_id, again)
    yield from reshipment_over(s, reshipment_id)
    s.warehouse.says("DELIVERED", units)
    yield from s.order_shows(attention=["first_parcel_arrived"], needs_attention=True)
    back = lines_of(again, reason="TOO_SMALL")
    yield from s.agent.is_refused("quantity_not_available", "CreateReturn", lines=back, comment="two of them")
    yield from s.agent.does("ClearAttention", attention=["first_parcel_arrived"], note="they may keep it")
    s.tell(f"{named(s, again)} sent again, and the first arrived after all")
    yield from ends(s, "COMPLETE", at_the_door(s), "RESHIPMENT_CREATED", cases={"shipment_lost": "RESOLVED"})


def wrong_thing_taken_back(s: Story) -> Script[None]:
    """The wrong thing was sent: the right one goes out, the wrong one comes back, no money moves."""
    yield from delivered(s)
    units = {1: 1}
    reshipment_id, order_id = yield from sent_again(s, units, "WRONG_ITEM", take_back=True)
    entity = s.seen.entity(RESHIPMENT, reshipment_id)
    return_id = entity.latest["return_id"] if entity else ""
    back = yield from s.until("the return of it", lambda: s.seen.entity(RETURN, return_id))
    s.check("return of it", back.latest, {"reshipment_id": reshipment_id, "lines": {1: {"settlement": "RESHIP"}}})
    parcel_first = s.chance.random() < 0.5
    if parcel_first:
        s.warehouse.gets_back(back.latest["rma"], good(units))
    yield from goes_out(s, order_id, units)
    yield from s.shows(RESHIPMENT, reshipment_id, state="COMPLETED")
    if not parcel_first:
        s.warehouse.gets_back(back.latest["rma"], good(units))
    yield from settled(s, return_id, units)
    _no_money(s)
    s.tell(f"{named(s, units)} replaced, the wrong one taken back")
    yield from ends(s, "COMPLETE", one_back(s), "RESHIPMENT_CREATED", "RETURN_APPROVED", "RETURN_RECEIVED")


def exchange_called_off_late(s: Story) -> Script[None]:
    """The old one is here already when the customer wants money instead."""
    yield from delivered(s)
    units = {1: 1}
    exchange, _ = yield from exchange_made(s, units)
    back = yield from s.until("the return", lambda: s.seen.entity(RETURN, exchange["return_id"]))
    s.warehouse.gets_back(back.latest["rma"], good(units))
    yield from s.shows(RETURN, back.id, lines={1: {"accepted": 1}})
    due = owed(s, units)
    yield from s.agent.does("CancelExchange", exchange_id=exchange["exchange_id"], reason="money, please")
    yield from s.shows(EXCHANGE, exchange["exchange_id"], state="CANCELLED")
    yield from released(s, due, kind="RETURN", return_id=back.id)
    yield from s.shows(RETURN, back.id, state="SETTLED", lines={1: {"settlement": "REFUND"}})
    s.begin_with(f"exchange of {named(s, units)} turned into money")
    yield from ends(s, "COMPLETE", one_back(s), *EXCHANGE_NOTICES, "RETURN_RECEIVED", "REFUND_RELEASED")


def new_one_cancelled(s: Story) -> Script[None]:
    """The new order is cancelled before it ships: no exchange any more, and the old one stays where it is."""
    yield from delivered(s)
    exchange, order = yield from exchange_made(s, {1: 1})
    yield from s.order_shows(order["order_id"], status="RECEIVED")
    reply = yield from s.agent.does("CancelOrder", order_id=order["order_id"], lines=[], reason="keeps it")
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED")
    yield from s.shows(EXCHANGE, exchange["exchange_id"], state="CANCELLED")
    yield from s.shows(RETURN, exchange["return_id"], state="CANCELLED")
    _no_money(s)
    s.tell(f"exchange of {named(s, {1: 1})} cancelled by its order")
    yield from ends(s, "COMPLETE", at_the_door(s), *EXCHANGE_NOTICES, "ORDER_CANCELLED")


def exchange_undone(s: Story) -> Script[None]:
    """The new one comes back before the old one does: the exchange is undone, and the customer keeps the old one."""
    yield from delivered(s)
    units = {1: 1}
    exchange, order = yield from exchange_made(s, units)
    yield from goes_out(s, order["order_id"], units)
    reply = yield from s.agent.does("CreateReturn", order_id=order["order_id"], comment="neither",
                                    lines=lines_of(units, reason="TOO_LARGE"))  # fmt: skip
    made = yield from s.shows(RETURN, reply["entity_id"], order_id=order["order_id"], state="APPROVED")
    s.warehouse.gets_back(made["rma"], good(units), order_id=order["order_id"])
    yield from s.shows(EXCHANGE, exchange["exchange_id"], state="CANCELLED")
    yield from s.shows(RETURN, exchange["return_id"], state="CANCELLED")
    yield from s.shows(RETURN, made["return_id"], state="SETTLED", lines={1: {"settlement": "NONE"}})
    yield from s.order_shows(order["order_id"], lines={1: {"buckets": {"back_good": 1}}})
    s.tell(f"exchange of {named(s, units)} undone")
    yield from ends(s, "COMPLETE", at_the_door(s), *EXCHANGE_NOTICES, "RETURN_APPROVED", "RETURN_RECEIVED")


def exchanged_twice(s: Story) -> Script[None]:
    """Two units, one after the other, each into an order of its own."""
    yield from delivered(s)
    for order_id in (f"{s.order_id}E", f"{s.order_id}E2"):
        lines = lines_of({1: 1}, new_sku=sibling(s), reason="TOO_SMALL")
        while True:
            reply = yield from s.agent.ask("CreateExchange", lines=lines)
            if reply["code"] not in ("unknown_sku", "out_of_stock"):
                break
            yield from s.pause(0.25)
        exchange = yield from s.shows(EXCHANGE, reply["entity_id"], state="ORDER_CREATED", new_order_id=order_id)
        back = yield from s.until("the return", lambda made=exchange: s.seen.entity(RETURN, made["return_id"]))  # type: ignore[misc]
        s.warehouse.gets_back(back.latest["rma"], good({1: 1}))
        yield from goes_out(s, order_id, {1: 1})
        yield from s.shows(EXCHANGE, exchange["exchange_id"], state="COMPLETED")
        yield from settled(s, back.id, {1: 1})
    _no_money(s)
    s.tell(f"{named(s, {1: 2})} exchanged one by one")
    buckets = at_the_door(s)
    buckets[1] = {"delivered": buckets[1]["delivered"] - 2, "back_good": 2}
    yield from ends(s, "COMPLETE", buckets, *(*EXCHANGE_NOTICES, "RETURN_RECEIVED") * 2)


def _no_money(s: Story) -> None:
    if s.seen.requests or s.seen.all(REFUND):
        s.wrong("goods were exchanged, and money moved")


def original_lost(s: Story) -> Script[None]:
    """The new one is with the customer and the old one is lost on its way back: a person takes it on the shop."""
    yield from delivered(s)
    exchange, order = yield from exchange_made(s, {1: 1})
    yield from goes_out(s, order["order_id"], {1: 1})
    back = yield from s.until("the return", lambda: s.seen.entity(RETURN, exchange["return_id"]))
    s.warehouse.gets_back(back.latest["rma"], good({1: 1}, "LOST"))
    yield from s.shows(RETURN, back.id, lines={1: {"decision": "NEEDS_PERSON"}})
    yield from Agent(s, "approver").does("DecideReturnLine", return_id=back.id, line_number=1, verdict="ACCEPT")
    yield from s.shows(EXCHANGE, exchange["exchange_id"], state="COMPLETED")
    yield from s.shows(RETURN, back.id, state="SETTLED")
    _no_money(s)
    s.tell(f"exchange of {named(s, {1: 1})}, the old one lost")
    yield from ends(s, "COMPLETE", one_back(s, "lost"), *EXCHANGE_NOTICES, "RETURN_RECEIVED")
