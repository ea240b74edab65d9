"""What goes wrong with money and shops: a case opens by itself, and heals when the world is right again."""

from ordercase.simulate.basket import in_words
from ordercase.simulate.stories.steps import at_the_door, delivered, ends, opened, paid, shipped
from ordercase.simulate.story import Script, Story


def card_declined(s: Story) -> Script[None]:
    """The first authorisation fails; the customer tries again, and it works."""
    s.shop.place()
    payment = s.gateway.payments[0]
    yield from s.order_shows(status="NEW", due_minor=s.basket.total)
    s.gateway.tells(payment, "AUTHORIZATION_FAILED", payment.amount, gateway_reference=f"{payment.reference}-first")
    yield from opened(s, "authorization_failed")
    s.gateway.authorises()
    yield from opened(s, "authorization_failed", "RESOLVED")
    s.gateway.takes()
    yield from s.order_shows(due_minor=0)
    yield from shipped(s, None, "delivered")
    s.tell("paid at the second try")
    yield from ends(s, "COMPLETE", at_the_door(s), cases={"authorization_failed": "RESOLVED"})


def capture_failed(s: Story) -> Script[None]:
    """The capture fails while the parcel is packed, and works a moment later."""
    s.shop.place()
    s.gateway.authorises()
    payment = s.gateway.payments[0]
    yield from s.order_shows(status="NEW", due_minor=s.basket.total)
    reference = f"{payment.reference}-CAPTURED"
    s.gateway.tells(payment, "CAPTURE_FAILED", payment.amount, gateway_reference=reference, reason="try again")
    yield from opened(s, "capture_failed")
    s.gateway.takes()
    yield from opened(s, "capture_failed", "RESOLVED")
    yield from shipped(s, None, "delivered")
    s.tell("captured at the second try")
    yield from ends(s, "COMPLETE", at_the_door(s), cases={"capture_failed": "RESOLVED"})


def charged_back_and_won(s: Story) -> Script[None]:
    """The customer's bank takes the money back, and the shop wins it again."""
    yield from delivered(s)
    payment = s.gateway.payments[0]
    amount = payment.amount // 2
    s.gateway.tells(payment, "CHARGED_BACK", amount, gateway_reference=f"{payment.reference}-dispute")
    yield from s.order_shows(charged_back_minor=amount)
    yield from opened(s, "charged_back")
    s.gateway.tells(payment, "CHARGEBACK_WON", amount, gateway_reference=f"{payment.reference}-dispute")
    s.tell(f"{in_words(amount, s.market.currency)} charged back and won")
    yield from ends(s, "COMPLETE", at_the_door(s), cases={"charged_back": "RESOLVED"})


def charged_too_little(s: Story) -> Script[None]:
    """The shop calls the order complete although a part was never charged; then it is."""
    s.shop.place()
    s.gateway.authorises()
    payment = s.gateway.payments[0]
    missing = payment.amount // 10
    s.gateway.takes_one(payment, less=missing)
    yield from s.order_shows(due_minor=missing)
    yield from shipped(s, None, "delivered")
    s.shop.update(status="COMPLETE")
    yield from opened(s, "amount_mismatch")
    s.gateway.tells(payment, "CAPTURED", missing, gateway_reference=f"{payment.reference}-rest")
    s.tell(f"{in_words(missing, s.market.currency)} charged late")
    yield from ends(s, "COMPLETE", at_the_door(s), cases={"amount_mismatch": "RESOLVED"})


def cancelled_by_the_shop(s: Story) -> Script[None]:
    """The shop cancels a paid order itself; by policy a person gives the money back, and the gateway says so."""
    yield from paid(s)
    s.shop.cancel()
    units = {item.number: {"cancelled": item.quantity} for item in s.basket.items}
    yield from s.order_shows(status="CANCELLED", lines={number: {"buckets": b} for number, b in units.items()})
    yield from opened(s, "cancelled_by_shop")
    payment = s.gateway.payments[0]
    s.gateway.tells(payment, "REFUNDED", payment.amount, gateway_reference=f"{payment.reference}-by-hand")
    s.tell("cancelled by the shop, money given back by hand")
    yield from opened(s, "cancelled_by_shop", "RESOLVED")
    yield from s.order_shows(status="CANCELLED", refunded_minor=payment.amount, captured_minor=payment.amount)
    yield from s.notices_are()
