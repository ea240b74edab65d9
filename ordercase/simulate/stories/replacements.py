"""Exchanges (E) and reshipments (R): another unit goes out, and no money moves."""

from ordercase.simulate.basket import CATALOGUE, Value
from ordercase.simulate.seen import Record
from ordercase.simulate.stories.returns import NOTICES, settled
from ordercase.simulate.stories.steps import (
    EXCHANGE,
    REFUND,
    RESHIPMENT,
    RETURN,
    Units,
    delivered,
    ends,
    lines_of,
    named,
    one_back,
    owed,
    paid,
    released,
    shipped,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import good

NOT_YET = ("unknown_sku", "out_of_stock")
"""Refusals that only say that products or stock have not been heard of yet: topics keep no order among each other."""


def sibling(s: Story, number: int = 1) -> str:
    """Another variant of the same product."""
    item = s.basket.item(number)
    family = next(family for family in CATALOGUE if family.parent == item.parent)
    return next(family.sku(variant) for variant in family.variants if family.sku(variant) != item.sku)


def exchange_made(s: Story, units: Units, mode: str = "ADVANCE") -> Script[tuple[Value, Value]]:
    """The agent exchanges these units of line 1; returns the published exchange and its new order."""
    lines = lines_of(units, new_sku=sibling(s), reason="TOO_SMALL")
    while True:
        reply = yield from s.agent.ask("CreateExchange", lines=lines, comment="one size up")
        if reply["code"] not in NOT_YET:
            break
        yield from s.pause(0.25)
    if reply["status"] != "ACCEPTED":
        s.fail(f"CreateExchange was refused: {reply['code']} {reply['message']}")
    exchange = yield from s.shows(EXCHANGE, reply["entity_id"], mode=mode,
                                  state="ORDER_CREATED" if mode == "ADVANCE" else "WAITING_GOODS",
                                  new_order_id=f"{s.order_id}E")  # fmt: skip
    made = yield from s.until("the exchange order", lambda: made_record(s, "postsales.ExchangeOrderCreated"))
    _new_order(s, made.value, units, "EXCHANGE", sibling(s), hold=mode == "HOLD")
    return exchange, made.value["order"]


def made_record(s: Story, name: str) -> Record | None:
    return next((record for record in s.seen.made if record.name == name), None)


def _new_order(s: Story, made: Value, units: Units, kind: str, sku: str, *, hold: bool = False) -> None:
    old = s.basket.item(1)
    s.check("the new order", made, {"hold": hold, "order": {
        "sales_channel": s.market.channel, "original_order_id": s.order_id, "order_type": kind, "status": "NEW",
        "currency": s.market.currency, "payments": [], "order_discount_minor": 0,
        "lines": [{
            "line_number": 1, "original_line_number": 1, "sku": sku, "quantity": units[1], "unit_price_minor": old.price,
            "discount_minor": old.price * units[1], "taxes": [], "total_minor": 0,
        }],
    }})  # fmt: skip


def goes_out(s: Story, order_id: str, units: Units) -> Script[None]:
    """The warehouse ships the new order, and it arrives."""
    s.warehouse.fulfils(units, order_id)
    yield from s.order_shows(order_id, status="COMPLETE", order_total_minor=0, due_minor=0, captured_minor=0,
                             lines={1: {"buckets": {"delivered": units[1]}}})  # fmt: skip


def _comes_back(s: Story, exchange: Value, units: Units) -> Script[None]:
    """The original goods arrive. Their return is settled once the exchange is over."""
    announced = yield from s.until("the return of the originals", lambda: s.seen.entity(RETURN, exchange["return_id"]))
    s.check("return of an exchange", announced.latest, {"exchange_id": exchange["exchange_id"],
                                                        "lines": {1: {"settlement": "EXCHANGE"}}})  # fmt: skip
    s.warehouse.gets_back(announced.latest["rma"], good(units))
    yield from s.shows(RETURN, announced.id, lines={1: {"good": units[1], "accepted": units[1]}})


def exchanged(s: Story) -> Script[None]:
    """One unit for another size: the new one goes out, the old one comes back."""
    yield from delivered(s)
    units = {1: 1}
    exchange, order = yield from exchange_made(s, units)
    back_first = s.chance.random() < 0.5
    if back_first:
        yield from _comes_back(s, exchange, units)
        yield from goes_out(s, order["order_id"], units)
    else:
        yield from goes_out(s, order["order_id"], units)
        yield from s.shows(EXCHANGE, exchange["exchange_id"], state="SHIPPED")
        yield from _comes_back(s, exchange, units)
    yield from _exchange_over(s, exchange, units)
    if s.seen.requests or s.seen.all(REFUND):
        s.wrong("an exchange moved money")
    s.tell(f"{named(s, units)} exchanged for {sibling(s)}")
    yield from ends(s, "COMPLETE", one_back(s), "EXCHANGE_CREATED", "RETURN_APPROVED", "RETURN_RECEIVED")


def _exchange_over(s: Story, exchange: Value, units: Units) -> Script[None]:
    yield from settled(s, exchange["return_id"], units)
    yield from s.shows(EXCHANGE, exchange["exchange_id"], state="COMPLETED")
    entity = s.seen.entity(EXCHANGE, exchange["exchange_id"])
    way = ["REQUESTED", "APPROVED", "ORDER_CREATED", "SHIPPED", "COMPLETED"]
    if entity and entity.states != way:
        s.wrong(f"the exchange went {entity.states}, not {way}")


def exchanged_then_returned(s: Story) -> Script[None]:
    """The exchanged unit does not please either: its return is paid from the first order's money."""
    yield from delivered(s)
    units = {1: 1}
    exchange, order = yield from exchange_made(s, units)
    yield from _comes_back(s, exchange, units)
    yield from goes_out(s, order["order_id"], units)
    yield from _exchange_over(s, exchange, units)
    due = owed(s, units)
    reply = yield from s.agent.does("CreateReturn", order_id=order["order_id"], comment="neither",
                                    lines=lines_of(units, reason="TOO_LARGE"))  # fmt: skip
    made = yield from s.shows(RETURN, reply["entity_id"], state="APPROVED", order_id=order["order_id"])
    refund = yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    s.check("refund of an exchanged unit", refund, {"for_order_id": order["order_id"], "order_id": s.order_id,
                                                    "lines": {1: {"sku": sibling(s)}}})  # fmt: skip
    s.warehouse.gets_back(made["rma"], good(units), order_id=order["order_id"])
    yield from settled(s, made["return_id"], units)
    yield from s.order_shows(order["order_id"], lines={1: {"buckets": {"back_good": 1}}})
    s.begin_with(f"{named(s, units)} exchanged, then returned")
    yield from ends(s, "COMPLETE", one_back(s), "EXCHANGE_CREATED", "RETURN_APPROVED", "RETURN_RECEIVED", *NOTICES)


def exchange_called_off(s: Story) -> Script[None]:
    """Before the new one ships the customer keeps the old one after all."""
    yield from delivered(s)
    units = {1: 1}
    exchange, order = yield from exchange_made(s, units)
    yield from s.agent.does("CancelExchange", exchange_id=exchange["exchange_id"], reason="keeps it")
    yield from s.shows(EXCHANGE, exchange["exchange_id"], state="CANCELLED")
    yield from s.shows(RETURN, exchange["return_id"], state="CANCELLED")
    withdrawn = yield from s.until(
        "the withdrawal of the new order", lambda: made_record(s, "postsales.OrderWithdrawn")
    )
    s.check("withdrawal", withdrawn.value, {"order_id": order["order_id"], "original_order_id": s.order_id,
                                            "exchange_id": exchange["exchange_id"]})  # fmt: skip
    s.tell(f"exchange of {named(s, units)} called off")
    buckets = {number: {"delivered": quantity} for number, quantity in s.basket.units().items()}
    yield from ends(s, "COMPLETE", buckets, "EXCHANGE_CREATED", "RETURN_APPROVED")


def sent_again(s: Story, units: Units, reason: str = "LOST", **more: object) -> Script[tuple[str, str]]:
    """The agent has these units of line 1 sent again; returns the ids of the reshipment and of its order."""
    reply = yield from s.agent.does(
        "CreateReshipment", lines=lines_of(units, reason=reason), comment="sent again", **more
    )
    made = yield from s.until("the reshipment order", lambda: made_record(s, "postsales.ReshipmentOrderCreated"))
    _new_order(s, made.value, units, "RESHIPMENT", s.basket.item(1).sku)
    order_id = made.value["order"]["order_id"]
    s.check("the new order's id", order_id, f"{s.order_id}R")
    wanted = {"state": "ORDER_CREATED", "new_order_id": order_id, "take_back": bool(more.get("take_back"))}
    yield from s.shows(RESHIPMENT, reply["entity_id"], **wanted)
    return str(reply["entity_id"]), str(order_id)


def reshipment_over(s: Story, reshipment_id: str) -> Script[None]:
    yield from s.shows(RESHIPMENT, reshipment_id, state="COMPLETED")
    entity = s.seen.entity(RESHIPMENT, reshipment_id)
    way = ["REQUESTED", "ORDER_CREATED", "SHIPPED", "COMPLETED"]
    if entity and entity.states != way:
        s.wrong(f"the reshipment went {entity.states}, not {way}")


def parcel_lost(s: Story) -> Script[None]:
    """Everything is on its way, and the parcel with line 1 is lost."""
    yield from paid(s)
    yield from shipped(s)
    units = s.basket.units()
    s.warehouse.says("LOST", {1: units[1]})
    yield from s.order_shows(lines={1: {"buckets": {"lost": units[1]}, "status": "LOST"}})


def lost_and_sent_again(s: Story) -> Script[None]:
    """The parcel is lost; another one goes out, free of charge, and arrives."""
    yield from parcel_lost(s)
    units = s.basket.units()
    again = {1: units[1]}
    reshipment_id, order_id = yield from sent_again(s, again)
    yield from goes_out(s, order_id, again)
    yield from reshipment_over(s, reshipment_id)
    s.tell(f"{named(s, again)} lost and sent again")
    buckets = {number: {"shipped": quantity} for number, quantity in units.items()}
    buckets[1] = {"lost": units[1]}
    yield from ends(s, "COMPLETE", buckets, "RESHIPMENT_CREATED", cases={"shipment_lost": "RESOLVED"})
