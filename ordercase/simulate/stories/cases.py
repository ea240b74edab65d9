"""Cases: what an agent does from the first call to the closed case, and how the order moves the case along."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.basket import Value
from ordercase.simulate.seen import differences
from ordercase.simulate.stories.returns import NOTICES, sent_back
from ordercase.simulate.stories.steps import (
    CANCELLATION,
    CASE,
    RETURN,
    TASK,
    at_the_door,
    delivered,
    ends,
    lines_of,
    named,
    owed,
    paid,
    released,
)
from ordercase.simulate.story import Script, Story

FULL_WAY = ["DRAFT", "NEW", "WORK_IN_PROGRESS", "AWAITING_INFO", "WORK_IN_PROGRESS", "RESOLVED", "CLOSED"]
CASE_NOTICES = ("CASE_OPENED", "CASE_RESOLVED", "CASE_CLOSED")


def opened_by_agent(s: Story, service: str, request: str, short: str, by: Agent | None = None,
                    channel: str = "PHONE", priority: int = 2) -> Script[tuple[str, str]]:  # fmt: skip
    """A case on line 1, submitted: its id and the id of its line."""
    case_id, line_id, who = s.new_case(), s.new_id(), by or s.agent
    contact = {"name": s.customer["first_name"], "email": s.customer["email"], "language": s.market.language}
    yield from who.does(
        "OpenCase", case_id=case_id, service=service, scope="SPECIFIC_LINES", sales_channel=s.market.channel,
        order_id=s.order_id, channel=channel, contact=contact, origin="ORDER_LINES", priority=priority, short_description=short,
        lines=[{"case_line_id": line_id, "order_id": s.order_id, "line_number": 1, "request": {"kind": request}}],
    )  # fmt: skip
    line: Value = {"case_line_id": line_id, "order_id": s.order_id, "line_number": 1, "request": {"kind": request}}
    yield from s.shows(CASE, case_id, state="DRAFT", version=1, account_id=s.account, orders=[s.order_id],
                       lines={1: line | {"state": "DRAFT"}})  # fmt: skip
    yield from who.does("SubmitCase", case_id=case_id, expected_version=1)
    yield from s.shows(CASE, case_id, state="NEW", sla_state="RUNNING", lines={1: {"state": "NEW"}})
    return case_id, line_id


def worked_on(s: Story, case_id: str, **more: object) -> Script[None]:
    yield from s.agent.does("AssignCase", case_id=case_id, assignee=s.agent.actor["id"])
    yield from s.shows(CASE, case_id, state="WORK_IN_PROGRESS", assignee=s.agent.actor["id"],
                       lines={1: {"state": "WORK_IN_PROGRESS"}}, **more)  # fmt: skip


def _asked_and_answered(s: Story, case_id: str) -> Script[None]:
    yield from s.agent.does("RequestInformation", case_id=case_id, question="Which size would fit?")
    yield from s.shows(CASE, case_id, state="AWAITING_INFO", sla_state="PAUSED", blocked_by="CUSTOMER_INFO",
                       lines={1: {"state": "AWAITING_INFO"}})  # fmt: skip
    yield from s.agent.does("InformationReceived", case_id=case_id, answer="None, thank you.")
    yield from s.shows(CASE, case_id, state="WORK_IN_PROGRESS", sla_state="RUNNING")


def _closed(s: Story, case_id: str, action: Value, way: list[str]) -> Script[None]:
    """The order's remedy has resolved the line, and with it the case; the agent closes it."""
    resolved = yield from s.shows(
        CASE, case_id, state="RESOLVED", sla_state="MET", lines={1: {"state": "RESOLVED_ACCEPTED"}}
    )
    actions = resolved["lines"][0]["actions"]
    if action not in actions:
        s.wrong(f"the case line names {actions}, not {action}")
    yield from s.agent.does("CloseCase", case_id=case_id, accepted_by="AGENT")
    yield from s.shows(CASE, case_id, state="CLOSED", accepted_by="AGENT", needs_attention=False, blocked_by=None)
    entity = s.seen.entity(CASE, case_id)
    if entity and entity.states != way:
        s.wrong(f"the case went {entity.states}, not {way}")
    s.tell("case closed")


def about_a_return(s: Story) -> Script[None]:
    """A customer calls; the case asks back, the goods return, the money follows, the case closes."""
    yield from delivered(s)
    case_id, line_id = yield from opened_by_agent(s, "RETURN", "OTHER", "Does not fit")
    yield from worked_on(s, case_id)
    yield from _asked_and_answered(s, case_id)
    s.tell(f"return of {named(s, {1: 1})}")
    yield from sent_back(s, {1: 1}, case_id=case_id, case_line_id=line_id)
    made = s.seen.all(RETURN)[0]
    action = {"entity_type": "return", "entity_id": made.id, "state": "SETTLED"}
    yield from _closed(s, case_id, action, FULL_WAY)
    units = s.basket.units()
    buckets = {number: {"delivered": quantity} for number, quantity in units.items()}
    buckets[1] = {"delivered": units[1] - 1, "back_good": 1}
    yield from ends(s, "COMPLETE", buckets, *NOTICES, *CASE_NOTICES, "INFORMATION_REQUESTED")


def about_a_cancellation(s: Story) -> Script[None]:
    """A case with a task and a comment; the cancellation it leads to resolves its line."""
    yield from paid(s)
    case_id, line_id = yield from opened_by_agent(s, "CHANGE_REQUEST", "CANCELLATION", "Ordered twice")
    yield from worked_on(s, case_id)
    task = yield from s.agent.does("AddTask", case_id=case_id, case_line_id=line_id, short_description="Call back")
    yield from s.shows(TASK, task["entity_id"], state="OPEN", case_id=case_id, case_line_id=line_id)
    yield from s.agent.does("CompleteTask", case_id=case_id, task_id=task["entity_id"], notes="done")
    yield from s.shows(TASK, task["entity_id"], state="DONE", version=2)
    yield from s.agent.does("AddComment", case_id=case_id, text="We are on it.", public=True)
    due = owed(s, {1: 1})
    reply = yield from s.agent.does("CancelOrder", lines=lines_of({1: 1}), reason="ordered twice",
                                    case_id=case_id, case_line_id=line_id)  # fmt: skip
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED", case_id=case_id)
    s.tell(f"{named(s, {1: 1})} cancelled")
    yield from released(s, due, kind="CANCELLATION", cancellation_id=reply["entity_id"], case_id=case_id)
    action = {"entity_type": "cancellation", "entity_id": reply["entity_id"], "state": "CONFIRMED"}
    yield from _closed(s, case_id, action, FULL_WAY[:3] + FULL_WAY[5:])
    buckets = {number: {"open": quantity} for number, quantity in s.basket.units().items()}
    buckets[1] = {"open": buckets[1]["open"] - 1, "cancelled": 1}
    yield from ends(s, "NEW", buckets, "ORDER_LINES_CANCELLED", "REFUND_RELEASED", "CASE_COMMENT", *CASE_NOTICES)


def solution_rejected(s: Story) -> Script[None]:
    """The customer does not accept the answer; the case goes on, and is denied and closed in the end."""
    yield from delivered(s)
    case_id, line_id = yield from opened_by_agent(s, "INQUIRY", "OTHER", "Where is the invoice?")
    yield from worked_on(s, case_id)
    yield from s.agent.is_refused("outcome_required", "ResolveCase", case_id=case_id)
    yield from s.agent.does("ResolveCase", case_id=case_id, outcome="ACCEPTED", notes="It was in the parcel.")
    yield from s.shows(CASE, case_id, state="RESOLVED", lines={1: {"state": "RESOLVED_ACCEPTED"}})
    yield from s.agent.does("RejectSolution", case_id=case_id, reason="It was not.")
    yield from s.shows(CASE, case_id, state="WORK_IN_PROGRESS", lines={1: {"state": "WORK_IN_PROGRESS"}})
    yield from s.agent.is_refused("wrong_state", "CloseCase", case_id=case_id, accepted_by="AGENT")
    yield from s.agent.does("ResolveCaseLine", case_id=case_id, case_line_id=line_id, outcome="DENIED")
    yield from s.shows(CASE, case_id, state="RESOLVED", lines={1: {"state": "RESOLVED_DENIED"}})
    yield from s.agent.does("CloseCase", case_id=case_id, accepted_by="CUSTOMER")
    yield from s.shows(CASE, case_id, state="CLOSED", accepted_by="CUSTOMER")
    yield from s.agent.is_refused("wrong_state", "AssignCase", case_id=case_id, assignee="agent-1")
    s.tell("solution rejected once", "case closed")
    buckets = {number: {"delivered": quantity} for number, quantity in s.basket.units().items()}
    yield from ends(s, "COMPLETE", buckets, "CASE_OPENED", "CASE_RESOLVED", "CASE_RESOLVED", "CASE_CLOSED")


def by_the_customer(s: Story) -> Script[None]:
    """The customer opens a case on the site, sees the answer, and accepts it. Nobody else's customer can."""
    yield from delivered(s)
    customer = Agent(s, "customer", account=s.account)
    stranger = Agent(s, "customer", account="A-SOMEBODY-ELSE")
    case_id, _ = yield from opened_by_agent(s, "OTHER", "OTHER", "A button is missing", customer, "WEB")
    yield from stranger.is_refused("not_your_account", "AddComment", case_id=case_id, text="Mine!", public=True)
    yield from customer.is_refused("not_permitted", "AssignCase", case_id=case_id, assignee="agent-1")
    yield from worked_on(s, case_id)
    yield from customer.does("AddComment", case_id=case_id, text="Any news?", public=True)
    yield from s.agent.does("AddComment", case_id=case_id, text="A button is in the post.", public=True)
    yield from s.agent.does("ResolveCase", case_id=case_id, outcome="ACCEPTED")
    yield from s.shows(CASE, case_id, state="RESOLVED")
    yield from customer.does("CloseCase", case_id=case_id, accepted_by="AGENT")
    yield from s.shows(CASE, case_id, state="CLOSED", accepted_by="CUSTOMER")
    s.tell("opened and closed by the customer")
    buckets = {number: {"delivered": quantity} for number, quantity in s.basket.units().items()}
    yield from ends(s, "COMPLETE", buckets, *CASE_NOTICES, "CASE_COMMENT")


def about_two_orders(s: Story) -> Script[None]:
    """Ordered twice: one case on both orders; the second is cancelled for it, the first stays."""
    yield from paid(s)
    second = f"{s.order_id}-B"
    s.shop.place_another(second)
    yield from s.order_shows(second, status="NEW")
    case_id, lines = s.new_case(), {s.order_id: s.new_id(), second: s.new_id()}
    contact = {"name": s.customer["first_name"], "email": s.customer["email"], "language": s.market.language}
    yield from s.agent.does(
        "OpenCase", case_id=case_id, service="INQUIRY", scope="MULTIPLE_ORDERS", sales_channel=s.market.channel,
        channel="PHONE", contact=contact, origin="LIST", priority=3, short_description="Ordered twice",
        lines=[{"case_line_id": line_id, "order_id": order_id} for order_id, line_id in lines.items()],
    )  # fmt: skip
    yield from s.agent.does("SubmitCase", case_id=case_id)
    yield from s.shows(CASE, case_id, state="NEW", order_id=None, account_id=s.account, orders=[s.order_id, second])
    yield from s.agent.does("AssignCase", case_id=case_id, assignee=s.agent.actor["id"])
    reply = yield from s.agent.does("CancelOrder", order_id=second, lines=[], reason="ordered twice", case_id=case_id,
                                    case_line_id=lines[second])  # fmt: skip
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED", order_id=second, case_id=case_id)
    yield from s.order_shows(second, status="CANCELLED", captured_minor=0, due_minor=0)
    states = {lines[s.order_id]: {"state": "WORK_IN_PROGRESS"}, lines[second]: {"state": "RESOLVED_ACCEPTED"}}
    case = yield from s.only(CASE)
    yield from s.until("the line of the second order", lambda: not differences(
        {line["case_line_id"]: line for line in case.latest["lines"]}, states))  # fmt: skip
    yield from s.agent.does("ResolveCaseLine", case_id=case_id, case_line_id=lines[s.order_id], outcome="DENIED")
    yield from s.shows(CASE, case_id, state="RESOLVED")
    yield from s.agent.does("CloseCase", case_id=case_id, accepted_by="CUSTOMER")
    yield from s.shows(CASE, case_id, state="CLOSED")
    yield from delivered(s)
    s.tell("ordered twice, one of them cancelled")
    yield from ends(s, "COMPLETE", at_the_door(s), "ORDER_CANCELLED", *CASE_NOTICES)
