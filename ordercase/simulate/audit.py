"""The gateway's books held against what the worker published: to the cent, of each order, of each payment and of the run.

Every difference is named, whether or not the story that it belongs to found anything wrong by itself.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from ordercase.simulate.basket import in_words
from ordercase.simulate.story import Story

REFUND = "postsales.RefundChanged"
CANCELLATION = "postsales.CancellationChanged"
PAID = ("RELEASED", "RELEASED_OFFLINE")


@dataclass(slots=True)
class Money:
    """Sums in minor units of one currency. `refunded` includes what people paid outside the gateway."""

    captured: int = 0
    refunded: int = 0
    charged_back: int = 0

    def add(self, other: "Money") -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


@dataclass(slots=True)
class Books:
    """One currency of a run: so many orders and checkouts, their money by the gateway and by the worker."""

    currency: str
    orders: int
    gateway: Money
    worker: Money

    @property
    def agree(self) -> bool:
        return self.gateway == self.worker

    @property
    def sentence(self) -> str:
        sums = self.gateway
        named = ((sums.captured, "captured"), (sums.refunded, "refunded"), (sums.charged_back, "charged back"))
        moved = ", ".join(f"{in_words(amount, self.currency)} {word}" for amount, word in named)
        return f"{self.orders} orders: {moved}; {'the worker says the same' if self.agree else f'the worker says {self.worker}'}"


def of_gateway(story: Story) -> Money:
    gateway = story.gateway
    return Money(gateway.captured, gateway.given_back, gateway.charged_back)


def of_worker(story: Story) -> Money:
    """By the last state of the order; of a checkout that became no order, by its refunds."""
    order = story.seen.order(story.market.channel, story.order_id)
    if order is not None:
        value = order.latest
        return Money(value["captured_minor"], value["refunded_minor"], value["charged_back_minor"])
    if story.checkout_id is None:
        return Money()
    # Nothing is published about a checkout but what is given back: the gateway's word stands for the rest.
    given = sum(refund.latest["amount_minor"] for refund in story.seen.all(REFUND) if refund.state in PAID)
    return Money(story.gateway.captured, given, story.gateway.charged_back)


def books(stories: Iterable[Story]) -> tuple[Books, ...]:
    """By currency, in the order of their names."""
    found: dict[str, Books] = {}
    for story in stories:
        currency = story.market.currency
        sums = found.setdefault(currency, Books(currency, 0, Money(), Money()))
        sums.orders += 1
        sums.gateway.add(of_gateway(story))
        sums.worker.add(of_worker(story))
    return tuple(found[currency] for currency in sorted(found))


def differences(story: Story) -> list[str]:
    """What of this order's money is not in both books, a sentence each."""
    ours, theirs = of_gateway(story), of_worker(story)
    said = [
        f"the gateway's books: {name} {getattr(ours, name)}, but the worker says {getattr(theirs, name)}"
        for name in (field.name for field in fields(Money))
        if getattr(ours, name) != getattr(theirs, name)
    ]
    order = story.seen.order(story.market.channel, story.order_id)
    if order is not None and order.latest["pending_minor"] != story.gateway.unanswered:
        said.append(f"the gateway owes answers about {story.gateway.unanswered}, but"
                    f" {order.latest['pending_minor']} is pending")  # fmt: skip
    return [*said, *_by_payment(story), *_refunds(story)]


def _by_payment(story: Story) -> Iterable[str]:
    """Each confirmed leg is money that the gateway moved because it was asked, and the other way round."""
    refunded, voided = Counter[str](), Counter[str]()
    for refund in story.seen.all(REFUND):
        for leg in refund.latest["legs"]:
            refunded[leg["payment_ref"]] += leg["amount_minor"] if leg["state"] == "CONFIRMED" else 0
    for cancellation in story.seen.all(CANCELLATION):
        for leg in cancellation.latest["voids"]:
            voided[leg["payment_ref"]] += leg["amount_minor"] if leg["state"] == "CONFIRMED" else 0
    for payment in story.gateway.payments:
        name = payment.reference
        if refunded[name] != payment.refunded - payment.by_hand:
            yield (f"the gateway's books: {payment.refunded - payment.by_hand} of {name} refunded on request, but the"
                   f" legs say {refunded[name]}")  # fmt: skip
        if voided[name] != payment.voided:
            yield f"the gateway's books: {payment.voided} of {name} voided, but the legs say {voided[name]}"


def _refunds(story: Story) -> Iterable[str]:
    """What was released is what went out, and has a credit note."""
    refunds = [refund.latest for refund in story.seen.all(REFUND) if refund.state in PAID]
    released = sum(refund["amount_minor"] for refund in refunds)
    part_paid = sum(
        leg["amount_minor"]
        for refund in story.seen.all(REFUND)
        if refund.state not in PAID
        for leg in refund.latest["legs"]
        if leg["state"] == "CONFIRMED"
    )
    went = story.gateway.given_back - sum(payment.by_hand for payment in story.gateway.payments)
    if released + part_paid != went:
        yield f"the gateway's books: {went} went back on request, but refunds of {released + part_paid} are released"
    for refund in refunds:
        if not refund["credit_note_number"]:
            yield f"the refund {refund['refund_id']} was released without a credit note"


def credit_notes_twice(stories: Iterable[Story]) -> dict[Story, list[str]]:
    """Stories whose refund has a number that another refund of its channel has too."""
    owners: dict[tuple[str, str], list[tuple[Story, str]]] = {}
    for story in stories:
        for refund in story.seen.all(REFUND):
            number = refund.latest["credit_note_number"]
            if number:
                owners.setdefault((story.market.channel, number), []).append((story, refund.id))
    found: dict[Story, list[str]] = {}
    for (_, number), several in owners.items():
        for story, refund_id in several if len(several) > 1 else ():
            found.setdefault(story, []).append(f"the credit note {number} of {refund_id} is on {len(several)} refunds")
    return found


def wrongs(stories: Sequence[Story]) -> dict[Story, list[str]]:
    """All differences of a run by story; stories without any are left out."""
    found = {story: said for story in stories if (said := differences(story))}
    for story, said in credit_notes_twice(stories).items():
        found[story] = [*found.get(story, []), *said]
    return found
