"""Returns: announced, approved, paid back, received and settled."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.basket import Value, in_words
from ordercase.simulate.stories.steps import (
    RETURN,
    Owed,
    Units,
    delivered,
    ends,
    lines_of,
    named,
    owed,
    released,
    told_amount,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import SOURCE, good

WHY = "does not fit"
NOTICES = ("RETURN_APPROVED", "REFUND_RELEASED", "RETURN_RECEIVED")


def announced(s: Story, units: Units, **more: object) -> Script[Value]:
    """The agent announces a return, which is approved by itself; returns its published state."""
    reply = yield from s.agent.does("CreateReturn", lines=lines_of(units, reason="TOO_SMALL"), comment=WHY, **more)
    lines = {n: {"quantity": q, "reason": "TOO_SMALL", "settlement": "REFUND"} for n, q in units.items()}
    made = yield from s.shows(RETURN, reply["entity_id"], state="APPROVED", lines=lines, blind=False, comment=WHY)
    s.check("return", made, {"source_id": SOURCE, "order_id": more.get("order_id", s.order_id)})
    return made


def settled(s: Story, return_id: str, units: Units, *way: str) -> Script[None]:
    """The goods came back well, and the return is over."""
    lines = {n: {"good": q, "accepted": q, "rejected": 0, "transport": "RECEIVED", "decision": "ACCEPTED"}
             for n, q in units.items()}  # fmt: skip
    yield from s.shows(RETURN, return_id, state="SETTLED", lines=lines)
    went(s, return_id, *(way or ("REQUESTED", "APPROVED", "RECEIVED", "SETTLED")))


def went(s: Story, return_id: str, *way: str) -> None:
    entity = s.seen.entity(RETURN, return_id)
    if entity and tuple(entity.states) != way:
        s.wrong(f"the return went {entity.states}, not {list(way)}")


def sent_back(s: Story, units: Units, **case: object) -> Script[Owed]:
    """A whole return without trouble: money first or parcel first, as it happens. Returns what it was worth."""
    due = owed(s, units)
    made = yield from announced(s, units, **case)
    parcel_first = s.chance.random() < 0.5
    if parcel_first:
        s.warehouse.gets_back(made["rma"], good(units))
    yield from released(s, due, kind="RETURN", return_id=made["return_id"], case_id=case.get("case_id"))
    if not parcel_first:
        s.warehouse.gets_back(made["rma"], good(units))
    yield from settled(s, made["return_id"], units)
    return due


def some_of_it(s: Story) -> Script[None]:
    """One unit of a line comes back; the customer keeps the others."""
    yield from delivered(s)
    units = s.basket.units()
    s.tell(f"return of {named(s, {1: 1})}")
    due = yield from sent_back(s, {1: 1})
    buckets = {number: {"delivered": quantity} for number, quantity in units.items()}
    buckets[1] = {"delivered": units[1] - 1, "back_good": 1}
    yield from ends(s, "COMPLETE", buckets, *NOTICES)
    yield from s.order_shows(lines={1: {"status": "PARTLY_RETURNED" if units[1] > 1 else "RETURNED"}})
    told_amount(s, "REFUND_RELEASED", due.amount)


def one_after_the_other(s: Story) -> Script[None]:
    """Every unit comes back in a return of its own: together they are worth what was paid, shipping included."""
    yield from delivered(s)
    units = s.basket.units()
    for _ in range(units[1]):
        yield from sent_back(s, {1: 1})
    if s.gateway.refunded != s.basket.total:
        s.wrong(f"{s.gateway.refunded} of {s.basket.total} came back")
    s.begin_with(f"all {units[1]} units returned one by one")
    yield from ends(s, "COMPLETE", {1: {"back_good": units[1]}}, *NOTICES * units[1])


def in_two_parcels(s: Story) -> Script[None]:
    """What was announced as one return arrives in two parcels."""
    yield from delivered(s)
    units = s.basket.units()
    due = owed(s, units)
    made = yield from announced(s, units)
    s.warehouse.gets_back(made["rma"], good({1: 1}), complete=False)
    yield from s.shows(RETURN, made["return_id"], state="PARTLY_RECEIVED", lines={1: {"good": 1}})
    s.warehouse.gets_back(made["rma"], good(units | {1: units[1] - 1}), complete=False)
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from settled(s, made["return_id"], units, "REQUESTED", "APPROVED", "PARTLY_RECEIVED", "RECEIVED", "SETTLED")
    s.begin_with(f"return of {named(s, units)} in two parcels")
    yield from ends(s, "COMPLETE", {number: {"back_good": quantity} for number, quantity in units.items()}, *NOTICES)


def damaged(s: Story) -> Script[None]:
    """The goods come back damaged: a person decides."""
    yield from delivered(s)
    units = s.basket.units()
    due = owed(s, {1: 1})
    made = yield from announced(s, {1: 1})
    s.warehouse.gets_back(made["rma"], good({1: 1}, "DAMAGED"))
    yield from s.shows(
        RETURN, made["return_id"], state="RECEIVED", lines={1: {"decision": "NEEDS_PERSON", "damaged": 1}}
    )
    approver = Agent(s, "approver")
    yield from approver.does("DecideReturnLine", return_id=made["return_id"], line_number=1, verdict="ACCEPT")
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from s.shows(RETURN, made["return_id"], state="SETTLED", lines={1: {"decision": "ACCEPTED", "accepted": 1}})
    s.begin_with(f"return of {named(s, {1: 1})} arrived damaged and was accepted")
    buckets = {number: {"delivered": quantity} for number, quantity in units.items()}
    buckets[1] = {"delivered": units[1] - 1, "back_damaged": 1}
    yield from ends(s, "COMPLETE", buckets, *NOTICES)


def unannounced(s: Story) -> Script[None]:
    """A parcel comes back without an RMA: the worker finds out what it is, and pays it back."""
    yield from delivered(s)
    units = s.basket.units()
    due = owed(s, {1: 1})
    s.warehouse.gets_back(None, good({1: 1}))
    made = yield from s.only(RETURN, blind=True)
    yield from released(s, due, kind="RETURN", return_id=made.id)
    yield from settled(s, made.id, {1: 1})
    s.begin_with(f"{named(s, {1: 1})} came back unannounced")
    buckets = {number: {"delivered": quantity} for number, quantity in units.items()}
    buckets[1] = {"delivered": units[1] - 1, "back_good": 1}
    yield from ends(s, "COMPLETE", buckets, *NOTICES)


def looked_at_first(s: Story) -> Script[None]:
    """The agent asks what a return would bring, tells the customer, and then makes it with the same id."""
    yield from delivered(s)
    before = yield from s.order_shows(pending_minor=0)
    due = owed(s, {1: 1})
    command_id = s.new_id()
    fields = {"lines": lines_of({1: 1}, reason="TOO_SMALL"), "comment": WHY, "command_id": command_id}
    seen = yield from s.agent.does("CreateReturn", dry_run=True, **fields)
    s.check("preview", seen, {"dry_run": True, "version": None, "preview": {
        "amount_minor": due.amount, "currency": s.market.currency,
        "legs": [{"payment_ref": ref, "amount_minor": amount} for ref, amount in due.legs],
    }})  # fmt: skip
    after = yield from s.order_shows(pending_minor=0)
    s.check("order after a preview", after["version"], before["version"])
    reply = yield from s.agent.does("CreateReturn", **fields)
    s.check("the id that the preview promised", reply["entity_id"], seen["entity_id"])
    made = yield from s.shows(RETURN, reply["entity_id"], state="APPROVED")
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})}, previewed at {in_words(due.amount, s.market.currency)}")
    units = s.basket.units()
    buckets = {number: {"delivered": quantity} for number, quantity in units.items()}
    buckets[1] = {"delivered": units[1] - 1, "back_good": 1}
    yield from ends(s, "COMPLETE", buckets, *NOTICES)


def one_missing(s: Story) -> Script[None]:
    """Two are announced, one is in the parcel: a person takes the customer's word for the other."""
    yield from delivered(s)
    units = {1: 2}
    due = owed(s, units)
    made = yield from announced(s, units)
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from s.shows(RETURN, made["return_id"], state="RECEIVED",
                       lines={1: {"good": 1, "short": 1, "transport": "SHORT", "decision": "NEEDS_PERSON"}})  # fmt: skip
    yield from Agent(s, "approver").does(
        "DecideReturnLine", return_id=made["return_id"], line_number=1, verdict="ACCEPT"
    )
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from s.shows(RETURN, made["return_id"], state="SETTLED", lines={1: {"decision": "ACCEPTED", "accepted": 2}})
    s.begin_with(f"return of {named(s, units)}, one of them missing")
    kept = s.basket.item(1).quantity - 2
    yield from ends(s, "COMPLETE", {1: {"delivered": kept, "back_good": 1, "lost": 1}}, *NOTICES)
