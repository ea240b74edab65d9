"""Business customers: nothing is approved and no money leaves without a person, and not the one who asked."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.basket import Value, in_words
from ordercase.simulate.stories.returns import WHY, settled, went
from ordercase.simulate.stories.steps import (
    CANCELLATION,
    REFUND,
    RETURN,
    Owed,
    Units,
    at_the_door,
    delivered,
    ends,
    lines_of,
    named,
    one_back,
    owed,
    owed_for,
    paid,
    released,
    told_amount,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import good

DEAR = 10_000
"""Above this another than who asked must pay (`channels.toml`)."""
RETRIED = ("REQUESTED", "PENDING_RELEASE", "EXCEPTION", "PENDING_RELEASE", "RELEASED")


def _asked(s: Story, units: Units) -> Script[Value]:
    reply = yield from s.agent.does("CreateReturn", lines=lines_of(units, reason="TOO_SMALL"), comment=WHY)
    return (yield from s.shows(RETURN, reply["entity_id"], state="REQUESTED"))


def _approved(s: Story, made: Value) -> Script[str]:
    """Somebody else approves the return; returns the id of its refund, which waits too."""
    yield from Agent(s, "approver").does("ApproveReturn", return_id=made["return_id"])
    yield from s.shows(RETURN, made["return_id"], state="APPROVED")
    refund = yield from s.only(REFUND, state="REQUESTED", return_id=made["return_id"])
    s.check("legs of a refund that waits", refund.latest["legs"], [{"state": "PLANNED"}])
    return refund.id


def _paid_back(s: Story, due: Owed, made: Value, refund_id: str) -> Script[None]:
    yield from Agent(s, "approver").does("ApproveRefund", refund_id=refund_id)
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])


def returned(s: Story) -> Script[None]:
    """Asked, approved by another, paid by another."""
    yield from delivered(s)
    made = yield from _asked(s, {1: 1})
    same = Agent(s, "manager")
    same.actor["id"] = s.agent.actor["id"]
    yield from same.is_refused("self_approval", "ApproveReturn", return_id=made["return_id"])
    due = owed(s, {1: 1})
    refund_id = yield from _approved(s, made)
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from s.shows(RETURN, made["return_id"], state="RECEIVED")
    if s.seen.requests:
        s.wrong("money was asked for before anybody approved it")
    yield from _paid_back(s, due, made, refund_id)
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})}, approved and paid by another")
    yield from ends(s, "COMPLETE", one_back(s), "RETURN_APPROVED", "RETURN_RECEIVED", "REFUND_RELEASED")


def denied(s: Story) -> Script[None]:
    """The approver says no: the units are the customer's again, and may be asked for once more."""
    yield from delivered(s)
    made = yield from _asked(s, {1: 1})
    yield from Agent(s, "approver").does("DenyReturn", return_id=made["return_id"], reason="worn")
    yield from s.shows(RETURN, made["return_id"], state="DENIED", reason="worn")
    yield from s.agent.is_refused("wrong_state", "CancelReturn", return_id=made["return_id"])
    again = yield from _asked(s, s.basket.units())
    yield from s.agent.does("CancelReturn", return_id=again["return_id"], reason="keeps it")
    yield from s.shows(RETURN, again["return_id"], state="CANCELLED")
    s.tell(f"return of {named(s, {1: 1})} denied")
    yield from ends(s, "COMPLETE", at_the_door(s), "RETURN_DENIED")


def refund_called_off(s: Story) -> Script[None]:
    """The return goes on without its money."""
    yield from delivered(s)
    made = yield from _asked(s, {1: 1})
    s.books.worth({1: 1})
    refund_id = yield from _approved(s, made)
    yield from s.agent.is_refused("not_permitted", "CancelRefund", refund_id=refund_id)
    yield from Agent(s, "approver").does("CancelRefund", refund_id=refund_id)
    yield from s.shows(REFUND, refund_id, state="CANCELLED")
    yield from Agent(s, "approver").is_refused("wrong_state", "ApproveRefund", refund_id=refund_id)
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from s.shows(RETURN, made["return_id"], state="SETTLED", lines={1: {"settlement": "NONE"}})
    s.tell(f"return of {named(s, {1: 1})} without money")
    yield from ends(s, "COMPLETE", one_back(s), "RETURN_APPROVED", "RETURN_RECEIVED")


def damaged_is_rejected(s: Story) -> Script[None]:
    """Damaged goods are rejected by rule; the money was paid already, so a person must look."""
    yield from delivered(s)
    made = yield from _asked(s, {1: 1})
    due = owed(s, {1: 1})
    refund_id = yield from _approved(s, made)
    yield from _paid_back(s, due, made, refund_id)
    s.warehouse.gets_back(made["rma"], good({1: 1}, "DAMAGED"))
    yield from s.shows(RETURN, made["return_id"], state="SETTLED", lines={1: {"decision": "REJECTED", "rejected": 1}})
    went(s, made["return_id"], "REQUESTED", "APPROVED", "RECEIVED", "SETTLED")
    yield from s.order_shows(attention=["action_partial"])
    yield from s.agent.does("ClearAttention", attention=["action_partial"], note="let it be")
    s.begin_with(f"{named(s, {1: 1})} came back damaged and was rejected")
    notices = "RETURN_APPROVED", "REFUND_RELEASED", "RETURN_RECEIVED"
    yield from ends(s, "COMPLETE", one_back(s, "return_rejected"), *notices)


def appeased(s: Story) -> Script[None]:
    """An agent may promise so much and no more, and another must pay it."""
    yield from delivered(s)
    line = s.books.lines[1]
    net = 500 + s.chance.randrange(50)
    dear = [{"line_number": 1, "amount_minor": 1000, "reason": "LATE"}]
    yield from s.agent.is_refused("not_permitted", "CreateAppeasement", lines=dear, comment="much")
    due = owed_for(s, [line.appease(net, False)])
    wish = [{"line_number": 1, "amount_minor": net, "reason": "LATE"}]
    reply = yield from s.agent.does("CreateAppeasement", lines=wish, comment="sorry")
    yield from s.shows(REFUND, reply["entity_id"], state="REQUESTED")
    yield from Agent(s, "approver").does("ApproveRefund", refund_id=reply["entity_id"])
    yield from s.shows(REFUND, reply["entity_id"], state="RELEASED", amount_minor=due.amount)
    s.books.refund(due.parts)
    s.tell(f"{in_words(due.amount, s.market.currency)} for the trouble, paid by another")
    yield from ends(s, "COMPLETE", at_the_door(s), "APPEASEMENT_RELEASED")
    told_amount(s, "APPEASEMENT_RELEASED", due.amount)


def cancelled(s: Story) -> Script[None]:
    """Cancelled at once, paid back when somebody else says so; the gateway fails first, and people are told."""
    yield from paid(s)
    units = {item.number: item.quantity for item in s.basket.items}
    due = owed(s, units)
    reply = yield from s.agent.does("CancelOrder", lines=[], reason=WHY)
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED")
    refund = yield from s.only(REFUND, state="REQUESTED", cancellation_id=reply["entity_id"])
    yield from s.order_shows(due_minor=0, pending_minor=due.amount)
    s.gateway.answers.append("fail")
    yield from Agent(s, "approver").does("ApproveRefund", refund_id=refund.id)
    yield from s.shows(REFUND, refund.id, state="EXCEPTION")
    yield from s.agent.does("RetryRefund", refund_id=refund.id)
    yield from released(s, due, kind="CANCELLATION", way=RETRIED, cancellation_id=reply["entity_id"])
    s.begin_with("cancelled as a whole, paid back at the second try")
    buckets = {number: {"cancelled": quantity} for number, quantity in units.items()}
    yield from ends(s, "CANCELLED", buckets, "ORDER_CANCELLED", "REFUND_FAILED_INTERNAL", "REFUND_RELEASED",
                    cases={"refund_failed": "RESOLVED"})  # fmt: skip


def second_person(s: Story) -> Script[None]:
    """Who asked for a return may not pay it when it is dear; another may."""
    yield from delivered(s)
    asker = Agent(s, "manager")
    units = s.basket.units()
    reply = yield from asker.does("CreateReturn", lines=lines_of(units, reason="TOO_SMALL"), comment=WHY)
    made = yield from s.shows(RETURN, reply["entity_id"], state="REQUESTED")
    due = owed(s, units)
    refund_id = yield from _approved(s, made)
    if due.amount > DEAR:
        yield from asker.is_refused("self_approval", "ApproveRefund", refund_id=refund_id)
        yield from _paid_back(s, due, made, refund_id)
    else:
        yield from asker.does("ApproveRefund", refund_id=refund_id)
        yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    s.warehouse.gets_back(made["rma"], good(units))
    yield from settled(s, made["return_id"], units)
    s.begin_with(f"return of {named(s, units)}, paid by {'another' if due.amount > DEAR else 'the same'}")
    buckets = {number: {"back_good": quantity} for number, quantity in units.items()}
    yield from ends(s, "COMPLETE", buckets, "RETURN_APPROVED", "RETURN_RECEIVED", "REFUND_RELEASED")


def approved_by_its_parcel(s: Story) -> Script[None]:
    """Nobody has approved the return, and its parcel does; the money still waits for a person."""
    yield from delivered(s)
    due = owed(s, {1: 1})
    made = yield from _asked(s, {1: 1})
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    refund = yield from s.only(REFUND, state="REQUESTED", return_id=made["return_id"])
    yield from _paid_back(s, due, made, refund.id)
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})}, approved by its parcel")
    yield from ends(s, "COMPLETE", one_back(s), "RETURN_APPROVED", "RETURN_RECEIVED", "REFUND_RELEASED")
