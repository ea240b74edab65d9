"""Orders with which many things happen, one after the other, as chance has it; the books must agree all the way."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ordercase.simulate.basket import in_words
from ordercase.simulate.stories.returns import announced, settled
from ordercase.simulate.stories.steps import (
    AT_ONCE,
    CANCELLATION,
    CASE,
    REFUND,
    delivered,
    ends,
    lines_of,
    opened,
    owed,
    owed_for,
    paid,
    released,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import good

FAILED = ("EXCEPTION", "PENDING_RELEASE")
PLAN = (
    "returns",
    "returns",
    "returns",
    "is_appeased",
    "is_appeased",
    "is_charged_back",
    "is_reversed",
    "hears_old_news",
)


@dataclass(slots=True)
class Journey:
    """One order on its way: what it must show in the end. `kept`: units with the customer, per line."""

    story: Story
    kept: dict[int, int]
    buckets: dict[int, Counter[str]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    cases: dict[str, str] = field(default_factory=dict)
    released: list[tuple[str, str]] = field(default_factory=list)

    def moved(self, number: int, quantity: int, bucket: str) -> None:
        self.kept[number] -= quantity
        self.buckets.setdefault(number, Counter())[bucket] += quantity

    def some(self) -> dict[int, int]:
        """A few of the units that the customer has, of one line or several."""
        chance = self.story.chance
        lines = [number for number, quantity in self.kept.items() if quantity]
        picked = chance.sample(lines, chance.randrange(1, len(lines) + 1)) if lines else []
        return {number: chance.randrange(1, self.kept[number] + 1) for number in sorted(picked)}

    def is_cancelled_in_part(self) -> Script[None]:
        s, units = self.story, {1: 1}
        due = owed(s, units)
        reply = yield from s.agent.does("CancelOrder", lines=lines_of(units), reason="one too many")
        yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED")
        yield from released(s, due, kind="CANCELLATION", cancellation_id=reply["entity_id"])
        self.moved(1, 1, "cancelled")
        self.notices += ["ORDER_LINES_CANCELLED", "REFUND_RELEASED"]

    def returns(self) -> Script[None]:
        s, units = self.story, self.some()
        if not units:
            return
        due = owed(s, units)
        fails = s.chance.choice((0, 0, 1, 2)) if len(due.legs) == 1 else 0
        s.gateway.answers.extend(["fail"] * fails)
        made = yield from announced(s, units)
        parcel_first = s.chance.random() < 0.5
        if parcel_first:
            s.warehouse.gets_back(made["rma"], good(units))
        for attempt in range(1, fails + 1):
            failed = yield from s.only(
                REFUND, state="EXCEPTION", return_id=made["return_id"], legs=[{"attempt": attempt}]
            )
            yield from s.agent.does("RetryRefund", refund_id=failed.id)
            self.cases["refund_failed"] = "RESOLVED"
        way = (*AT_ONCE[:2], *FAILED * fails, AT_ONCE[2])
        refund = yield from released(s, due, kind="RETURN", way=way, return_id=made["return_id"])
        if not parcel_first:
            s.warehouse.gets_back(made["rma"], good(units))
        yield from settled(s, made["return_id"], units)
        for number, quantity in units.items():
            self.moved(number, quantity, "back_good")
        self.notices += ["RETURN_APPROVED", "RETURN_RECEIVED", "REFUND_RELEASED"]
        self.released += [(refund["refund_id"], "REFUND_RELEASED")] if len(refund["legs"]) == 1 else []

    def is_appeased(self) -> Script[None]:
        s = self.story
        number = s.chance.choice([number for number in self.kept if self.kept[number]] or [0])
        if not number:
            return
        line = s.books.lines[number]
        amount = s.chance.randrange(1, 2 + (line.value - line.given[0]) // 6)
        includes_tax = s.chance.random() < 0.5
        due = owed_for(s, [line.appease(amount, includes_tax)])
        wish = [{"line_number": number, "amount_minor": amount, "reason": "LATE"}]
        reply = yield from s.agent.does(
            "CreateAppeasement", lines=wish, amount_includes_tax=includes_tax, comment="sorry"
        )
        refund = yield from s.shows(REFUND, reply["entity_id"], state="RELEASED", amount_minor=due.amount)
        s.check("legs", refund["legs"], [{"payment_ref": ref, "amount_minor": part} for ref, part in due.legs])
        s.books.refund(due.parts)
        s.tell(f"{in_words(due.amount, s.market.currency)} for the trouble")
        self.notices.append("APPEASEMENT_RELEASED")
        self.released += [(reply["entity_id"], "APPEASEMENT_RELEASED")] if len(refund["legs"]) == 1 else []

    def is_charged_back(self) -> Script[None]:
        """The bank takes a part of what is left, and the shop wins it again."""
        s = self.story
        payment = s.chance.choice(s.gateway.payments)
        if payment.left < 2:
            return
        amount, reference = s.chance.randrange(1, payment.left), s.new_id()
        s.gateway.tells(payment, "CHARGED_BACK", amount, gateway_reference=reference)
        yield from s.order_shows(charged_back_minor=amount)
        yield from opened(s, "charged_back")
        s.gateway.tells(payment, "CHARGEBACK_WON", amount, gateway_reference=reference)
        yield from opened(s, "charged_back", "RESOLVED")
        yield from s.order_shows(charged_back_minor=0)
        self.cases["charged_back"] = "RESOLVED"

    def is_reversed(self) -> Script[None]:
        """The bank sends a refund back, and it is paid again."""
        s = self.story
        if not self.released:
            return
        refund_id, notice = self.released.pop(s.chance.randrange(len(self.released)))
        entity = s.seen.entity(REFUND, refund_id)
        leg = entity.latest["legs"][0] if entity else {}
        s.gateway.takes_back(leg["leg_id"])
        yield from s.shows(REFUND, refund_id, state="REVERSED")
        yield from s.agent.does("RetryRefund", refund_id=refund_id)
        yield from s.shows(REFUND, refund_id, state="RELEASED", legs=[{"state": "REPLACED"}, {"state": "CONFIRMED"}])
        self.cases["refund_reversed"] = "RESOLVED"
        self.notices.append(notice)
        s.tell("sent back by the bank and paid again")

    def hears_old_news(self) -> Script[None]:
        """What everybody knows is said once more."""
        s = self.story
        s.shop.stale()
        s.shop.update(shipping_method=f"parcel {len(self.notices)}")
        yield from s.pause(0.05)


def anything(s: Story) -> Script[None]:
    """Perhaps cancelled in part, delivered, and then five to nine things that may happen to an order."""
    yield from paid(s)
    journey = Journey(s, dict(s.basket.units()))
    if s.chance.random() < 0.5:
        yield from journey.is_cancelled_in_part()
    yield from delivered(s, {number: quantity for number, quantity in journey.kept.items() if quantity})
    for _ in range(s.chance.randrange(5, 10)):
        step: Callable[[], Script[None]] = getattr(journey, s.chance.choice(PLAN))
        yield from step()
    # Of each cause one case is open at a time; after it healed the next trouble of the kind opens another.
    yield from s.until(
        "every case to heal", lambda: {case.state for case in s.seen.all(CASE)} <= {"RESOLVED", "CLOSED"}
    )
    buckets = {
        number: {"delivered": quantity, **journey.buckets.get(number, {})} for number, quantity in journey.kept.items()
    }
    yield from ends(s, "COMPLETE", buckets, *journey.notices, cases=journey.cases)
