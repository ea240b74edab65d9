"""Parcels that do not come, or too late: a time runs out, and something is done about it."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.stories.replacements import exchange_made, goes_out, parcel_lost, sent_again
from ordercase.simulate.stories.returns import NOTICES, announced, settled
from ordercase.simulate.stories.steps import (
    EXCHANGE,
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

WHY = "changed my mind"


def goods_never_come(s: Story) -> Script[None]:
    """The money is back and the goods are not: a person must look; then they come after all."""
    yield from delivered(s)
    due = owed(s, {1: 1})
    made = yield from announced(s, {1: 1})
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from s.order_shows(attention=["overdue"])
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})} came late")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES)


def return_expires(s: Story) -> Script[None]:
    """Nothing comes back and nothing was paid: the return expires, and its units can be returned once more."""
    yield from delivered(s)
    for _ in range(2):
        made = yield from announced(s, {1: 1})
        yield from s.shows(RETURN, made["return_id"], state="EXPIRED")
    if s.seen.requests:
        s.wrong("an expired return moved money")
    s.tell(f"return of {named(s, {1: 1})} expired twice")
    yield from ends(s, "COMPLETE", at_the_door(s), "RETURN_APPROVED", "RETURN_APPROVED")


def exchange_overdue(s: Story) -> Script[None]:
    """The new one is out and the old one does not come; in the end it does, or is written off."""
    yield from delivered(s)
    units = {1: 1}
    exchange, order = yield from exchange_made(s, units)
    yield from goes_out(s, order["order_id"], units)
    yield from s.shows(EXCHANGE, exchange["exchange_id"], state="OVERDUE")
    yield from s.order_shows(attention=["overdue"])
    comes = s.chance.random() < 0.5
    if comes:
        back = yield from s.until("the return", lambda: s.seen.entity(RETURN, exchange["return_id"]))
        s.warehouse.gets_back(back.latest["rma"], good(units))
    else:
        approver = Agent(s, "approver")
        yield from approver.does("DecideReturnLine", return_id=exchange["return_id"], line_number=1, verdict="ACCEPT")
    yield from s.shows(EXCHANGE, exchange["exchange_id"], state="COMPLETED")
    yield from s.shows(RETURN, exchange["return_id"], state="SETTLED")
    s.tell(f"exchange of {named(s, units)} overdue", "then it came" if comes else "written off")
    buckets = at_the_door(s)
    buckets[1] = {"delivered": buckets[1]["delivered"] - 1, "back_good" if comes else "lost": 1}
    notices = ["EXCHANGE_CREATED", "RETURN_APPROVED", *(["RETURN_RECEIVED"] if comes else [])]
    yield from ends(s, "COMPLETE", buckets, *notices)


def nobody_says_delivered(s: Story) -> Script[None]:
    """What was sent again is on its way, and that is the last that is heard: some time later it counts as done."""
    yield from parcel_lost(s)
    units = s.basket.units()
    again = {1: units[1]}
    reshipment_id, order_id = yield from sent_again(s, again)
    s.warehouse.ships(again, order_id)
    yield from s.shows(RESHIPMENT, reshipment_id, state="COMPLETED")
    s.tell(f"{named(s, again)} sent again, and no more news")
    buckets = {number: {"shipped": quantity} for number, quantity in units.items()}
    buckets[1] = {"lost": units[1]}
    yield from ends(s, "COMPLETE", buckets, "RESHIPMENT_CREATED", cases={"shipment_lost": "RESOLVED"})


def wrong_thing_never_comes(s: Story) -> Script[None]:
    """The right thing is out, the wrong one is not back: a person must look; then it comes."""
    yield from delivered(s)
    reshipment_id, order_id = yield from sent_again(s, {1: 1}, "WRONG_ITEM", take_back=True)
    yield from goes_out(s, order_id, {1: 1})
    yield from s.shows(RESHIPMENT, reshipment_id, state="COMPLETED")
    yield from s.order_shows(attention=["overdue"])
    entity = s.seen.entity(RESHIPMENT, reshipment_id)
    return_id = entity.latest["return_id"] if entity else ""
    back = yield from s.until("the return of it", lambda: s.seen.entity(RETURN, return_id))
    s.warehouse.gets_back(back.latest["rma"], good({1: 1}))
    yield from settled(s, return_id, {1: 1})
    s.tell(f"{named(s, {1: 1})} replaced, the wrong one came late")
    yield from ends(s, "COMPLETE", one_back(s), "RESHIPMENT_CREATED", "RETURN_APPROVED", "RETURN_RECEIVED")


def returned_too_late(s: Story) -> Script[None]:
    """The time for returns is over; a parcel that comes all the same needs a person."""
    yield from delivered(s)
    yield from s.pause(2.2)
    lines = lines_of({1: 1}, reason="TOO_SMALL")
    yield from s.agent.is_refused("return_window_over", "CreateReturn", lines=lines, comment="too late?")
    s.warehouse.gets_back(None, good({1: 1}))
    made = yield from s.only(RETURN, blind=True)
    s.check("parcel that came too late", made.latest, {"lines": {1: {"decision": "NEEDS_PERSON", "good": 1}}})
    if s.seen.requests:
        s.wrong("money moved for a return that came too late")
    due = owed(s, {1: 1})
    approver = Agent(s, "approver")
    yield from approver.does("DecideReturnLine", return_id=made.id, line_number=1, verdict="ACCEPT")
    yield from released(s, due, kind="RETURN", return_id=made.id)
    yield from settled(s, made.id, {1: 1})
    s.begin_with(f"{named(s, {1: 1})} came back too late and was accepted")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES)
