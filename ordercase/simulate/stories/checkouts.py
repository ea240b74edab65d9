"""Checkouts: money that comes before the order, and money for an order that never comes."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.basket import Value, in_words
from ordercase.simulate.stories.steps import CASE, REFUND, delivered, ends
from ordercase.simulate.story import Script, Story

NOT_YET = ("unknown_entity", "exceeds_payment", "nothing_to_refund")
"""Refusals that only say that the checkout or its payment has not been heard of yet."""


def paid_before_the_order(s: Story) -> Script[None]:
    """The money is captured for the checkout; when the order comes, it is the order's."""
    s.begins_as_checkout()
    s.shop.starts_checkout()
    s.gateway.authorises()
    s.gateway.takes()
    s.shop.place()
    yield from s.order_shows(captured_minor=s.basket.total, due_minor=0)
    yield from delivered(s)
    s.tell("paid before it was an order")
    buckets = {number: {"delivered": quantity} for number, quantity in s.basket.units().items()}
    yield from ends(s, "COMPLETE", buckets)


def failed_then_an_order(s: Story) -> Script[None]:
    """The card is declined at the checkout: a case opens on it, and heals when the customer pays and the order comes."""
    s.begins_as_checkout()
    s.shop.starts_checkout()
    payment = s.gateway.payments[0]
    s.gateway.tells(payment, "AUTHORIZATION_FAILED", payment.amount, gateway_reference=f"{payment.reference}-first")
    case = yield from s.only(CASE, opened_because="authorization_failed", checkout_id=s.checkout_id)
    s.check("case of a checkout", case.latest, {"state": "NEW", "scope": "CHECKOUT", "service": "DISPUTE"})
    s.gateway.authorises()
    yield from s.shows(CASE, case.id, state="RESOLVED", resolution_code="HEALED")
    s.gateway.takes()
    s.shop.place()
    yield from s.order_shows(captured_minor=s.basket.total, due_minor=0)
    yield from s.shows(CASE, case.id, orders=[s.order_id])
    yield from delivered(s)
    s.tell("paid at the second try, before it was an order")
    yield from s.order_shows(status="COMPLETE", captured_minor=s.basket.total, refunded_minor=0, pending_minor=0)
    yield from s.notices_are()


def worked_on_as_a_case(s: Story) -> Script[None]:
    """A case on a checkout that never became an order: the money goes back for it, in two parts."""
    s.begins_as_checkout()
    s.shop.starts_checkout()
    s.gateway.authorises()
    s.gateway.takes()
    payment, manager = s.gateway.payments[0], Agent(s, "manager")
    case_id, line_id = s.new_case(), s.new_id()
    contact = {"name": s.customer["first_name"], "email": s.customer["email"], "language": s.market.language}
    fields = {
        "case_id": case_id, "service": "INQUIRY", "scope": "CHECKOUT", "sales_channel": s.market.channel,
        "checkout_id": s.checkout_id, "channel": "PHONE", "contact": contact, "origin": "SITE", "priority": 3,
        "short_description": "Charged, and no order", "lines": [{"case_line_id": line_id}],
    }  # fmt: skip
    yield from accepted_at_last(s, s.agent, "OpenCase", NOT_YET, **fields)
    yield from s.agent.does("SubmitCase", case_id=case_id)
    yield from s.agent.does("AssignCase", case_id=case_id, assignee=s.agent.actor["id"])
    yield from s.shows(CASE, case_id, state="WORK_IN_PROGRESS", checkout_id=s.checkout_id, order_id=None)
    first = payment.amount // 3
    about = {"case_id": case_id, "case_line_id": line_id, "payment_ref": payment.reference, "reason": "no order"}
    for amount in (first, payment.amount - first):
        reply = yield from accepted_at_last(
            s, manager, "RefundPayment", NOT_YET, checkout_id=s.checkout_id, amount_minor=amount, **about
        )
        yield from s.shows(REFUND, reply["entity_id"], state="RELEASED", amount_minor=amount, case_id=case_id)
    more = {"checkout_id": s.checkout_id, "amount_minor": 1} | about
    yield from manager.is_refused("exceeds_payment", "RefundPayment", **more)
    yield from s.shows(CASE, case_id, state="RESOLVED", lines=[{"state": "RESOLVED_ACCEPTED"}])
    yield from s.agent.does("CloseCase", case_id=case_id, accepted_by="AGENT")
    yield from s.shows(CASE, case_id, state="CLOSED")
    s.notices_are_among("CASE_OPENED", "CASE_RESOLVED", "CASE_CLOSED", "REFUND_RELEASED", "REFUND_RELEASED")
    s.tell("it never became an order", "given back in two parts for a case")


def accepted_at_last(s: Story, who: Agent, command: str, not_yet: tuple[str, ...], **fields: object) -> Script[Value]:
    """Asks until what the command rests on has been heard of; returns the reply."""
    while True:
        reply = yield from who.ask(command, **fields)
        if reply["code"] not in not_yet:
            break
        yield from s.pause(0.25)
    if reply["status"] != "ACCEPTED":
        s.fail(f"{command} was refused: {reply['code']} {reply['message']}")
    return reply


def never_an_order(s: Story) -> Script[None]:
    """Captured, and then the checkout fails: a manager gives the money back."""
    s.begins_as_checkout()
    s.shop.starts_checkout()
    s.gateway.authorises()
    s.gateway.takes()
    s.shop.fails_checkout()
    payment = s.gateway.payments[0]
    manager = Agent(s, "manager")
    reply = yield from accepted_at_last(
        s, manager, "RefundPayment", NOT_YET, checkout_id=s.checkout_id, payment_ref=payment.reference,
        amount_minor=payment.amount, reason="no order came of it",
    )  # fmt: skip
    refund = yield from s.shows(REFUND, reply["entity_id"], state="RELEASED")
    s.check("refund of a checkout", refund, {
        "refund_type": "CHECKOUT", "amount_minor": payment.amount, "order_id": None, "checkout_id": s.checkout_id,
        "legs": [{"payment_ref": payment.reference, "amount_minor": payment.amount, "state": "CONFIRMED"}],
    })  # fmt: skip
    yield from manager.is_refused(
        "exceeds_payment", "RefundPayment", checkout_id=s.checkout_id, payment_ref=payment.reference, amount_minor=1,
        reason="again",
    )  # fmt: skip
    # Topics have no order among themselves: the money may be back before the worker reads whose checkout it was, and then
    # there is nobody to write to.
    s.notices_are_among("REFUND_RELEASED")
    s.tell("it never became an order", f"{in_words(payment.amount, s.market.currency)} given back")
