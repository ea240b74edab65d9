"""Checkouts: money that comes before the order, and money for an order that never comes."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.basket import in_words
from ordercase.simulate.stories.steps import REFUND, delivered, ends
from ordercase.simulate.story import Script, Story

NOT_YET = ("unknown_entity", "exceeds_payment")
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


def never_an_order(s: Story) -> Script[None]:
    """Captured, and then the checkout fails: a manager gives the money back."""
    s.begins_as_checkout()
    s.shop.starts_checkout()
    s.gateway.authorises()
    s.gateway.takes()
    s.shop.fails_checkout()
    payment = s.gateway.payments[0]
    manager = Agent(s, "manager")
    while True:
        reply = yield from manager.ask(
            "RefundPayment", checkout_id=s.checkout_id, payment_ref=payment.reference, amount_minor=payment.amount,
            reason="no order came of it",
        )  # fmt: skip
        if reply["code"] not in NOT_YET:
            break
        yield from s.pause(0.25)
    if reply["status"] != "ACCEPTED":
        s.fail(f"RefundPayment was refused: {reply['code']} {reply['message']}")
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
