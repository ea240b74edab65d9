"""The outlet, whose switches stand the other way than the defaults: what the ordinary stories show, it does oppositely."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.seen import Record
from ordercase.simulate.shop import RETURNS as OTHER_SOURCE
from ordercase.simulate.stories.cases import opened_by_agent, worked_on
from ordercase.simulate.stories.replacements import exchange_made, goes_out, made_record
from ordercase.simulate.stories.returns import WHY, announced, settled, went
from ordercase.simulate.stories.steps import (
    CANCELLATION,
    CASE,
    EXCHANGE,
    RETURN,
    Owed,
    Units,
    at_the_door,
    delivered,
    ends,
    in_warehouse,
    lines_of,
    named,
    one_back,
    owed_for,
    paid,
    released,
    shipped,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import good

FEE = 300
"""What the outlet keeps of a return."""
NOTICES = ("RETURN_APPROVED", "REFUND_RELEASED")


def _owed(s: Story, units: Units, *, fee: int = FEE) -> Owed:
    """Nothing of the shipping, less the fee, the oldest payment first."""
    due = owed_for(s, s.books.worth(units, shipping=False), fee)
    left, legs = due.amount, []
    for reference, _, free in s.gateway.captures():
        part = min(left, free)
        if part:
            legs.append((reference, part))
        left -= part
    return Owed(due.parts, tuple(legs), fee)


def _nothing_asked(s: Story) -> None:
    if s.seen.requests:
        s.wrong("money was asked for before the goods were seen")


def paid_when_seen(s: Story) -> Script[None]:
    """No money at the approval; when the goods have come, their worth less the fee, and no shipping."""
    yield from delivered(s)
    units = s.basket.units()
    made = yield from announced(s, units)
    yield from s.pause(0.2)
    _nothing_asked(s)
    due = _owed(s, units)
    s.warehouse.gets_back(made["rma"], good(units))
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from settled(s, made["return_id"], units)
    s.begin_with(f"return of {named(s, units)}, paid when it was seen")
    yield from ends(s, "COMPLETE", {number: {"back_good": q} for number, q in units.items()}, *NOTICES)


def paid_once_all_are_here(s: Story) -> Script[None]:
    """Two parcels of one return: nothing is paid until both are here, and the fee is taken once."""
    yield from delivered(s)
    made = yield from announced(s, {1: 2})
    s.warehouse.gets_back(made["rma"], good({1: 1}), complete=False)
    yield from s.shows(RETURN, made["return_id"], state="PARTLY_RECEIVED")
    _nothing_asked(s)
    due = _owed(s, {1: 2})
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from settled(s, made["return_id"], {1: 2}, "REQUESTED", "APPROVED", "PARTLY_RECEIVED", "RECEIVED", "SETTLED")
    s.begin_with(f"return of {named(s, {1: 2})} in two parcels")
    buckets = at_the_door(s)
    buckets[1] = {"delivered": buckets[1]["delivered"] - 2, "back_good": 2}
    yield from ends(s, "COMPLETE", buckets, *NOTICES)


def half_for_damaged(s: Story) -> Script[None]:
    """Damaged goods are worth half, without anybody being asked."""
    yield from delivered(s)
    made = yield from announced(s, {1: 1})
    half = [part.percent(50) for part in s.books.worth({1: 1}, shipping=False)]
    s.warehouse.gets_back(made["rma"], good({1: 1}, "DAMAGED"))
    wanted = {"decision": "ACCEPTED_PART", "damaged": 1, "accepted_part": 1, "percent": 50}
    pays = sum(part.gross for part in half) > FEE
    if pays:
        yield from released(s, owed_for(s, half, FEE), kind="RETURN", return_id=made["return_id"])
    yield from s.shows(RETURN, made["return_id"], state="SETTLED",
                       lines={1: wanted | {"settlement": "REFUND" if pays else "NONE"}})  # fmt: skip
    s.begin_with(f"{named(s, {1: 1})} came back damaged, {'half' if pays else 'nothing'} paid")
    yield from ends(s, "COMPLETE", one_back(s, "back_damaged"), *NOTICES[: 1 + pays])


def to_the_other_warehouse(s: Story) -> Script[None]:
    """Where to send it back may be chosen; a warehouse that is not known may not."""
    yield from delivered(s)
    lines = lines_of({1: 1}, reason="TOO_SMALL", return_to_source=OTHER_SOURCE)
    while True:
        reply = yield from s.agent.ask("CreateReturn", lines=lines, comment=WHY)
        if reply["code"] not in ("unknown_source", "source_refuses_returns"):
            break
        yield from s.pause(0.25)  # the warehouse has not been heard of yet
    if reply["status"] != "ACCEPTED":
        s.fail(f"CreateReturn was refused: {reply['code']} {reply['message']}")
    made = yield from s.shows(RETURN, reply["entity_id"], state="APPROVED", source_id=OTHER_SOURCE)
    nowhere = lines_of({1: 1}, reason="TOO_SMALL", return_to_source="WH-NOWHERE")
    yield from s.agent.is_refused("unknown_source", "CreateReturn", lines=nowhere, comment=WHY)
    yield from s.agent.is_refused(
        "reason_not_allowed", "CreateReturn", lines=lines_of({2: 1}, reason="BORED"), comment=WHY
    )
    due = _owed(s, {1: 1})
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})} to {OTHER_SOURCE}")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES)


def cancelled_at_the_warehouse(s: Story) -> Script[None]:
    """What a warehouse has not picked is cancelled without asking it."""
    yield from paid(s)
    yield from in_warehouse(s)
    due = _owed(s, {1: 1}, fee=0)
    reply = yield from s.agent.does("CancelOrder", lines=lines_of({1: 1}), reason=WHY)
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED", lines={1: {"confirmed": 1, "refused": 0}})
    entity = s.seen.entity(CANCELLATION, reply["entity_id"])
    if entity and "ASKED_WAREHOUSE" in entity.states:
        s.wrong("the warehouse was asked")
    yield from released(s, due, kind="CANCELLATION", cancellation_id=reply["entity_id"])
    rest = s.basket.units()
    rest[1] -= 1
    yield from shipped(s, {n: q for n, q in rest.items() if q}, "delivered")
    s.begin_with(f"{named(s, {1: 1})} cancelled at the warehouse")
    buckets = {number: {"delivered": quantity} for number, quantity in rest.items()}
    buckets[1]["cancelled"] = 1
    yield from ends(s, "COMPLETE", buckets, "ORDER_LINES_CANCELLED", "REFUND_RELEASED")


def cancelled_by_the_shop(s: Story) -> Script[None]:
    """The shop cancels a paid order itself, and the money goes back without a person."""
    yield from paid(s)
    s.shop.cancel()
    buckets = {item.number: {"cancelled": item.quantity} for item in s.basket.items}
    yield from s.order_shows(status="CANCELLED", refunded_minor=s.basket.total, captured_minor=s.basket.total, due_minor=0,
                             lines={number: {"buckets": b} for number, b in buckets.items()})  # fmt: skip
    s.tell("cancelled by the shop, money given back at once")
    yield from ends(s, "CANCELLED", buckets, "REFUND_RELEASED", money=False)


def _held(s: Story, units: Units) -> Script[tuple[str, str, str]]:
    """An exchange whose order waits for the goods: ids of the exchange, its return's RMA, its order."""
    exchange, order = yield from exchange_made(s, units, mode="HOLD")
    back = yield from s.until("the return of the originals", lambda: s.seen.entity(RETURN, exchange["return_id"]))
    return exchange["exchange_id"], back.latest["rma"], order["order_id"]


def held_until_back(s: Story) -> Script[None]:
    """The new one may go out only when the old one is here."""
    yield from delivered(s)
    exchange_id, rma, order_id = yield from _held(s, {1: 1})
    s.warehouse.gets_back(rma, good({1: 1}))
    out: Record = yield from s.until("the release", lambda: made_record(s, "postsales.OrderReleased"))
    s.check("release", out.value, {"order_id": order_id, "original_order_id": s.order_id, "exchange_id": exchange_id})
    yield from s.shows(EXCHANGE, exchange_id, state="ORDER_CREATED")
    yield from goes_out(s, order_id, {1: 1})
    yield from s.shows(EXCHANGE, exchange_id, state="COMPLETED")
    entity = s.seen.entity(EXCHANGE, exchange_id)
    way = ["REQUESTED", "APPROVED", "WAITING_GOODS", "ORDER_CREATED", "SHIPPED", "COMPLETED"]
    if entity and entity.states != way:
        s.wrong(f"the exchange went {entity.states}, not {way}")
    yield from s.shows(RETURN, entity.latest["return_id"] if entity else "", state="SETTLED")
    _nothing_asked(s)
    s.tell(f"{named(s, {1: 1})} exchanged once it was back")
    yield from ends(s, "COMPLETE", one_back(s), "RETURN_APPROVED", "EXCHANGE_CREATED")


def refused_and_refunded(s: Story) -> Script[None]:
    """One of two originals is something else: no exchange any more, money for the other."""
    yield from delivered(s)
    exchange_id, rma, order_id = yield from _held(s, {1: 2})
    lines = [*good({1: 1}), *good({1: 1}, "WRONG_ITEM")]
    due = _owed(s, {1: 1})
    s.warehouse.gets_back(rma, lines)
    entity = s.seen.entity(EXCHANGE, exchange_id)
    return_id = entity.latest["return_id"] if entity else ""
    yield from s.shows(
        RETURN, return_id, state="RECEIVED", lines={1: {"good": 1, "wrong": 1, "decision": "NEEDS_PERSON"}}
    )
    yield from Agent(s, "approver").does("DecideReturnLine", return_id=return_id, line_number=1, verdict="REJECT")
    yield from s.shows(EXCHANGE, exchange_id, state="CONVERTED_TO_REFUND")
    gone = yield from s.until("the withdrawal", lambda: made_record(s, "postsales.OrderWithdrawn"))
    s.check("withdrawal", gone.value, {"order_id": order_id, "exchange_id": exchange_id})
    yield from released(s, due, kind="RETURN", return_id=return_id)
    yield from s.shows(
        RETURN, return_id, state="SETTLED", lines={1: {"accepted": 1, "rejected": 1, "settlement": "REFUND"}}
    )
    went(s, return_id, "REQUESTED", "APPROVED", "RECEIVED", "SETTLED")
    s.begin_with(f"exchange of {named(s, {1: 2})} turned into a refund of one")
    yield from ends(s, "COMPLETE", one_back(s), "RETURN_APPROVED", "EXCHANGE_CREATED", "REFUND_RELEASED")


def case_waits_for_a_person(s: Story) -> Script[None]:
    """The return is settled, and its case line is still for a person to resolve."""
    yield from delivered(s)
    case_id, line_id = yield from opened_by_agent(s, "RETURN", "OTHER", "Does not fit")
    yield from worked_on(s, case_id)
    made = yield from announced(s, {1: 1}, case_id=case_id, case_line_id=line_id)
    due = _owed(s, {1: 1})
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from settled(s, made["return_id"], {1: 1})
    action = {"entity_type": "return", "entity_id": made["return_id"], "state": "SETTLED"}
    case = yield from s.only(CASE)
    yield from s.until("the case to hear of it", lambda: action in case.latest["lines"][0]["actions"])
    s.check("case", case.latest, {"state": "WORK_IN_PROGRESS", "lines": {1: {"state": "WORK_IN_PROGRESS"}}})
    yield from s.agent.does("ResolveCase", case_id=case_id, outcome="ACCEPTED")
    yield from s.agent.does("CloseCase", case_id=case_id, accepted_by="AGENT")
    yield from s.shows(CASE, case_id, state="CLOSED")
    s.begin_with(f"return of {named(s, {1: 1})}, its case resolved by a person")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES, "CASE_OPENED", "CASE_RESOLVED", "CASE_CLOSED")
