"""Answers and people that do not come: a time runs out, and something is done about it."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.basket import Value
from ordercase.simulate.stories.cases import opened_by_agent, worked_on
from ordercase.simulate.stories.changes import ELSEWHERE, asked_to_change
from ordercase.simulate.stories.returns import NOTICES, announced, settled
from ordercase.simulate.stories.steps import (
    CANCELLATION,
    CASE,
    CHANGE,
    REFUND,
    at_the_door,
    authorised,
    delivered,
    ends,
    in_warehouse,
    lines_of,
    named,
    one_back,
    opened,
    owed,
    paid,
    released,
    shipped,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import good

WHY = "changed my mind"


def warehouse_answers_late(s: Story) -> Script[None]:
    """A cancellation times out and its units go on; the late yes of the warehouse still cancels them."""
    yield from paid(s)
    yield from in_warehouse(s)
    reply = yield from s.agent.does("CancelOrder", lines=lines_of({1: 1}), reason=WHY)
    asking = yield from s.shows(CANCELLATION, reply["entity_id"], state="TIMED_OUT")
    yield from s.order_shows(lines={1: {"buckets": {"cancel_asked": 0, "at_warehouse": s.basket.units()[1]}}})
    yield from opened(s, "cancellation_unanswered")
    due = owed(s, {1: 1})
    s.warehouse.answers(asking, {1: 1})
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED", lines={1: {"confirmed": 1}})
    yield from released(s, due, kind="CANCELLATION", cancellation_id=reply["entity_id"])
    rest = s.basket.units()
    rest[1] -= 1
    yield from shipped(s, {n: q for n, q in rest.items() if q}, "delivered")
    s.begin_with(f"cancellation of {named(s, {1: 1})} answered after its time")
    buckets = {number: {"delivered": quantity} for number, quantity in rest.items()}
    buckets[1]["cancelled"] = 1
    yield from ends(s, "COMPLETE", buckets, "ORDER_LINES_CANCELLED", "REFUND_RELEASED",
                    cases={"cancellation_unanswered": "RESOLVED"})  # fmt: skip


def shop_never_answers(s: Story) -> Script[None]:
    """Another address was asked for and nobody said anything: the parcel goes where it was to go, which is an answer."""
    yield from paid(s)
    change = yield from asked_to_change(s, of="SHOP", field="ADDRESS", shipping_address=ELSEWHERE)
    yield from s.shows(CHANGE, change["change_id"], state="TIMED_OUT")
    yield from shipped(s, None, "delivered")
    yield from s.shows(CHANGE, change["change_id"], state="REFUSED")
    s.tell("another address, and no answer")
    yield from ends(s, "COMPLETE", at_the_door(s), "CHANGE_REFUSED")


def _unanswered(s: Story) -> Script[Value]:
    """A refund of a return about which the gateway says nothing in time; returns the return."""
    s.gateway.answers.append("silent")
    made = yield from announced(s, {1: 1})
    yield from s.only(REFUND, state="PENDING_RELEASE", return_id=made["return_id"])
    yield from s.order_shows(needs_attention=True, attention=["leg_unanswered"])
    refund = yield from s.only(REFUND, return_id=made["return_id"])
    yield from s.shows(REFUND, refund.id, legs=[{"state": "UNANSWERED", "attempt": 1}])
    return made


def gateway_answers_late(s: Story) -> Script[None]:
    """The gateway says after its time that it has paid: nothing was paid twice."""
    yield from delivered(s)
    due = owed(s, {1: 1})
    made = yield from _unanswered(s)
    s.gateway.speaks()
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    if len(s.seen.requests) != 1:
        s.wrong(f"{len(s.seen.requests)} payment requests, not 1")
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})}, the gateway answered late")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES)


def gateway_never_answers(s: Story) -> Script[None]:
    """Asked again under the same key the gateway is silent too; a manager pays by transfer, and it counts."""
    yield from delivered(s)
    due = owed(s, {1: 1})
    made = yield from _unanswered(s)
    refund = yield from s.only(REFUND, return_id=made["return_id"])
    s.gateway.answers.append("silent")
    yield from s.agent.does("RetryRefund", refund_id=refund.id)
    yield from s.until("the request again", lambda: len(s.seen.requests) == 2)
    first, again = s.seen.requests
    if (again["operation_reference"], again["attempt"]) != (first["operation_reference"], 2):
        s.wrong(f"the second request is {again}")
    yield from s.shows(REFUND, refund.id, legs=[{"state": "UNANSWERED", "attempt": 2}])
    yield from s.agent.is_refused("not_permitted", "ReleaseRefundOffline", refund_id=refund.id, reference="T-1")
    given = s.gateway.pays_by_transfer()
    yield from Agent(s, "manager").does("ReleaseRefundOffline", refund_id=refund.id, reference="T-1")
    done = yield from s.shows(REFUND, refund.id, state="RELEASED_OFFLINE")
    s.check("refund by transfer", done, {"amount_minor": due.amount})
    s.check("paid by transfer", given, due.amount)
    s.books.refund(due.parts)
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})}, paid by transfer because the gateway never answered")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES)


def void_unanswered(s: Story) -> Script[None]:
    """Nothing was charged yet, everything is cancelled: the gateway lets the money go at the second asking."""
    yield from authorised(s)
    payment = s.gateway.payments[0]
    s.gateway.answers.append("silent")
    reply = yield from s.agent.does("CancelOrder", lines=[], reason=WHY)
    void = {"payment_ref": payment.reference, "amount_minor": payment.amount}
    yield from s.shows(CANCELLATION, reply["entity_id"], voids=[void | {"state": "UNANSWERED"}])
    yield from s.agent.does("RetryVoid", cancellation_id=reply["entity_id"])
    yield from s.shows(CANCELLATION, reply["entity_id"], voids=[void | {"state": "CONFIRMED", "attempt": 2}])
    s.tell("cancelled as a whole", "let go at the second asking")
    buckets = {item.number: {"cancelled": item.quantity} for item in s.basket.items}
    yield from ends(s, "CANCELLED", buckets, "ORDER_CANCELLED", money=False)


def case_closes_by_itself(s: Story) -> Script[None]:
    """Resolved, and the customer says nothing: reminded once, then closed."""
    yield from delivered(s)
    case_id, _ = yield from opened_by_agent(s, "INQUIRY", "OTHER", "How is it washed?")
    yield from worked_on(s, case_id)
    yield from s.agent.does("ResolveCase", case_id=case_id, outcome="ACCEPTED", notes="Cold.")
    yield from s.shows(
        CASE, case_id, state="CLOSED", accepted_by="AUTOMATIC", lines={1: {"state": "RESOLVED_ACCEPTED"}}
    )
    s.tell("case closed by itself")
    yield from ends(s, "COMPLETE", at_the_door(s), "CASE_OPENED", "CASE_RESOLVED", "CASE_REMINDER", "CASE_CLOSED")


def nobody_works_on_it(s: Story) -> Script[None]:
    """A case of the highest priority that is left alone breaks its promise, which nothing takes back."""
    yield from delivered(s)
    case_id, _ = yield from opened_by_agent(s, "INQUIRY", "OTHER", "It is on fire", priority=1)
    yield from s.shows(CASE, case_id, sla_state="BREACHED", needs_attention=True, attention=["sla_breached"])
    yield from worked_on(s, case_id, sla_state="BREACHED")
    yield from s.agent.does("ResolveCase", case_id=case_id, outcome="ACCEPTED")
    yield from s.shows(CASE, case_id, state="RESOLVED", sla_state="BREACHED")
    yield from s.agent.does("CloseCase", case_id=case_id, accepted_by="AGENT")
    yield from s.shows(CASE, case_id, state="CLOSED", sla_state="BREACHED")
    s.tell("worked on too late")
    yield from ends(s, "COMPLETE", at_the_door(s), "CASE_OPENED", "CASE_RESOLVED", "CASE_CLOSED")


def not_sent_for_days(s: Story) -> Script[None]:
    """Paid and not sent: a case opens, and heals when the parcel leaves."""
    yield from paid(s)
    case = yield from opened(s, "not_shipped")
    s.check("lines concerned", sorted(line["line_number"] for line in case.latest["lines"]), sorted(s.basket.units()))
    yield from shipped(s, None, "delivered")
    s.tell("sent late")
    yield from ends(s, "COMPLETE", at_the_door(s), cases={"not_shipped": "RESOLVED"})


def declined_for_days(s: Story) -> Script[None]:
    """A warehouse does not have it and nobody does anything: a case opens; another warehouse sends it in the end."""
    yield from paid(s)
    units = s.basket.units()
    s.warehouse.says("DECLINED", {1: units[1]})
    yield from s.order_shows(lines={1: {"buckets": {"declined": units[1]}}})
    case = yield from opened(s, "declined")
    s.check("lines concerned", [line["line_number"] for line in case.latest["lines"]], [1])
    s.warehouse.ships(units)
    s.warehouse.says("DELIVERED", units)
    s.tell("declined by one warehouse, sent by another")
    yield from ends(s, "COMPLETE", at_the_door(s), cases={"declined": "RESOLVED"})
