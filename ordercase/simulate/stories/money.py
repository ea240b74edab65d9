"""Money that comes in parts, late or not at all, and money that the bank takes back."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.basket import in_words
from ordercase.simulate.stories.returns import NOTICES, announced, sent_back, settled
from ordercase.simulate.stories.steps import (
    CANCELLATION,
    REFUND,
    at_the_door,
    authorised,
    delivered,
    ends,
    lines_of,
    named,
    one_back,
    opened,
    owed,
    owed_for,
    released,
    shipped,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import good

WHY = "changed my mind"


def taken_in_parts(s: Story) -> Script[None]:
    """Charged parcel by parcel: of each payment some at first and the rest later, under references of their own."""
    s.shop.place()
    s.gateway.authorises()
    rests = []
    for payment in s.gateway.payments:
        first = payment.amount * s.chance.randrange(20, 80) // 100
        s.gateway.takes_one(payment, less=payment.amount - first)
        rests.append((payment, payment.amount - first))
    yield from s.order_shows(due_minor=sum(rest for _, rest in rests))
    for payment, rest in rests:
        s.gateway.tells(payment, "CAPTURED", rest, gateway_reference=f"{payment.reference}-CAPTURED-2")
    yield from s.order_shows(captured_minor=s.basket.total, due_minor=0)
    yield from shipped(s, None, "delivered")
    units = s.basket.units()
    s.tell("charged in parts", f"return of {named(s, units)}")
    yield from sent_back(s, units)
    yield from ends(s, "COMPLETE", {number: {"back_good": q} for number, q in units.items()}, *NOTICES)


def charged_after_all(s: Story) -> Script[None]:
    """One unit is cancelled before the charge, and then everything is charged: what is too much goes back at once."""
    yield from authorised(s)
    part = s.books.worth({1: 1})[0]
    s.gateway.answers.append("fail")
    reply = yield from s.agent.does("CancelOrder", lines=lines_of({1: 1}), reason=WHY)
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED", voids=[{"state": "FAILED"}])
    yield from opened(s, "void_failed")
    s.gateway.takes()
    refund = yield from s.only(REFUND, state="RELEASED", cancellation_id=reply["entity_id"])
    s.check("refund of what was too much", refund.latest, {"refund_type": "CANCELLATION", "amount_minor": part.gross,
                                                           "shortfall_minor": 0})  # fmt: skip
    s.tell(
        f"{named(s, {1: 1})} cancelled",
        f"{in_words(part.gross, s.market.currency)} charged all the same and given back",
    )
    rest = s.basket.units()
    rest[1] -= 1
    yield from shipped(s, {n: q for n, q in rest.items() if q}, "delivered")
    buckets = {number: {"delivered": quantity} for number, quantity in rest.items()}
    buckets[1]["cancelled"] = 1
    yield from ends(s, "COMPLETE", buckets, "ORDER_LINES_CANCELLED", "REFUND_RELEASED", money=False,
                    cases={"void_failed": "NEW"})  # fmt: skip


def paid_by_transfer(s: Story) -> Script[None]:
    """The gateway cannot pay; a manager does it by hand, and it counts like any refund."""
    yield from delivered(s)
    due = owed(s, {1: 1})
    s.gateway.answers.append("fail")
    made = yield from announced(s, {1: 1})
    refund = yield from s.only(REFUND, state="EXCEPTION", return_id=made["return_id"])
    yield from opened(s, "refund_failed")
    s.check("paid by transfer", s.gateway.pays_by_transfer(), due.amount)
    yield from Agent(s, "manager").does("ReleaseRefundOffline", refund_id=refund.id, reference="T-1", reason="no card")
    done = yield from s.shows(REFUND, refund.id, state="RELEASED_OFFLINE", amount_minor=due.amount)
    s.check("credit note", bool(done["credit_note_number"]), True)
    yield from s.agent.is_refused("wrong_state", "RetryRefund", refund_id=refund.id)
    s.books.refund(due.parts)
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})}, paid by transfer")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES, cases={"refund_failed": "RESOLVED"})


def charged_back_and_lost(s: Story) -> Script[None]:
    """The bank takes half of it back for good: then a return of everything can give the other half only."""
    yield from delivered(s)
    payment = s.gateway.payments[0]
    amount = payment.amount // 2
    s.gateway.tells(payment, "CHARGED_BACK", amount, gateway_reference=f"{payment.reference}-dispute")
    yield from s.order_shows(charged_back_minor=amount)
    yield from opened(s, "charged_back")
    units = s.basket.units()
    due = owed(s, units)
    made = yield from announced(s, units)
    yield from s.order_shows(attention=["shortfall"])
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    s.check("shortfall", due.shortfall, amount)
    s.warehouse.gets_back(made["rma"], good(units))
    yield from settled(s, made["return_id"], units)
    yield from s.agent.does("ClearAttention", attention=["shortfall"])
    s.begin_with(f"return of {named(s, units)}", f"{in_words(amount, s.market.currency)} charged back and lost")
    yield from ends(s, "COMPLETE", {number: {"back_good": q} for number, q in units.items()}, *NOTICES,
                    cases={"charged_back": "NEW"})  # fmt: skip


def charged_back_wholly(s: Story) -> Script[None]:
    """The bank has taken everything back: there is nothing left to return, and an appeasement is refused."""
    yield from delivered(s)
    payment = s.gateway.payments[0]
    s.gateway.tells(payment, "CHARGED_BACK", payment.amount, gateway_reference=f"{payment.reference}-dispute")
    yield from s.order_shows(charged_back_minor=payment.amount)
    yield from opened(s, "charged_back")
    wish = [{"line_number": 1, "amount_minor": 1, "reason": "LATE"}]
    yield from s.agent.is_refused("nothing_to_refund", "CreateAppeasement", lines=wish, comment="sorry")
    s.gateway.tells(payment, "CHARGEBACK_WON", payment.amount, gateway_reference=f"{payment.reference}-dispute")
    yield from opened(s, "charged_back", "RESOLVED")
    s.tell("charged back and won")
    due = owed_for(s, [s.books.lines[1].appease(100, True)])
    reply = yield from s.agent.does("CreateAppeasement", lines=[wish[0] | {"amount_minor": 100}], comment="sorry",
                                    amount_includes_tax=True)  # fmt: skip
    yield from s.shows(REFUND, reply["entity_id"], state="RELEASED", amount_minor=due.amount)
    s.books.refund(due.parts)
    yield from ends(s, "COMPLETE", at_the_door(s), "APPEASEMENT_RELEASED", cases={"charged_back": "RESOLVED"})


def reversed_then_by_transfer(s: Story) -> Script[None]:
    """The bank sends the refund back, and a manager pays it by hand."""
    yield from delivered(s)
    yield from sent_back(s, {1: 1})
    refund = s.seen.all(REFUND)[0]
    key = s.seen.requests[0]["operation_reference"]
    s.gateway.takes_back(key)
    yield from s.shows(REFUND, refund.id, state="REVERSED")
    yield from s.order_shows(refunded_minor=0)
    yield from opened(s, "refund_reversed")
    s.gateway.by_transfer += refund.latest["amount_minor"]
    yield from Agent(s, "manager").does("ReleaseRefundOffline", refund_id=refund.id, reference="T-2")
    yield from s.shows(REFUND, refund.id, state="RELEASED_OFFLINE")
    s.begin_with(f"return of {named(s, {1: 1})}")
    s.tell("sent back by the bank and paid by transfer")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES, "REFUND_RELEASED", cases={"refund_reversed": "RESOLVED"})


def fails_again_and_again(s: Story) -> Script[None]:
    """The gateway says no, says nothing, says no, and pays at last: one key, one payment."""
    yield from delivered(s)
    due = owed(s, {1: 1})
    times = s.chance.randrange(2, 5)
    s.gateway.answers.extend(["fail"] * times)
    made = yield from announced(s, {1: 1})
    way = ["REQUESTED", "PENDING_RELEASE"]
    for attempt in range(1, times + 1):
        refund = yield from s.only(REFUND, state="EXCEPTION", legs=[{"attempt": attempt, "state": "FAILED"}])
        yield from s.agent.does("RetryRefund", refund_id=refund.id)
        way += ["EXCEPTION", "PENDING_RELEASE"]
    yield from released(s, due, kind="RETURN", way=(*way, "RELEASED"), return_id=made["return_id"])
    keys = {request["operation_reference"] for request in s.seen.requests}
    if len(keys) != 1:
        s.wrong(f"the refund was asked for under {len(keys)} keys")
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})}, failed {times} times")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES, cases={"refund_failed": "RESOLVED"})
