"""Money: refunds that fail and are tried again, several payments, and appeasements."""

from ordercase.simulate.basket import in_words
from ordercase.simulate.stories.returns import NOTICES, WHY, announced, sent_back, settled
from ordercase.simulate.stories.steps import (
    REFUND,
    RETURN,
    delivered,
    ends,
    named,
    one_back,
    opened,
    owed,
    owed_for,
    released,
    told_amount,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import good

RETRIED = ("REQUESTED", "PENDING_RELEASE", "EXCEPTION", "PENDING_RELEASE", "RELEASED")
RETRIED_IN_PART = ("REQUESTED", "PENDING_RELEASE", "PARTLY_RELEASED", "PENDING_RELEASE", "RELEASED")


def failed_then_paid(s: Story) -> Script[None]:
    """The gateway cannot pay at first; tried again under the same key, it can."""
    yield from delivered(s)
    due = owed(s, {1: 1})
    s.gateway.answers.append("fail")
    made = yield from announced(s, {1: 1})
    refund = yield from s.only(REFUND, state="EXCEPTION", return_id=made["return_id"])
    s.check("failed refund", refund.latest, {"legs": [{"state": "FAILED", "attempt": 1}], "credit_note_number": None})
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from s.shows(RETURN, made["return_id"], state="RECEIVED")
    yield from s.agent.does("RetryRefund", refund_id=refund.id)
    paid_back = yield from released(s, due, kind="RETURN", way=RETRIED, return_id=made["return_id"])
    s.check("retried leg", paid_back["legs"], [{"attempt": 2}])
    _same_key(s, refund.id, 2)
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})}, refund failed and was tried again")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES, cases={"refund_failed": "RESOLVED"})


def _same_key(s: Story, refund_id: str, times: int) -> None:
    keys = [request["operation_reference"] for request in s.seen.requests if request["refund_id"] == refund_id]
    if len(keys) != times or len(set(keys)) != 1:
        s.wrong(f"the refund was asked for under the keys {keys}, not {times} times under one")


def two_payments(s: Story) -> Script[None]:
    """Paid by gift card and credit card: the refund goes back to both, the newest first."""
    yield from delivered(s)
    units = s.basket.units()
    s.tell(f"return of {named(s, units)}, paid by gift card and card")
    yield from sent_back(s, units)
    if len(s.seen.requests) != 2:
        s.wrong(f"{len(s.seen.requests)} payment requests, not 2")
    buckets = {number: {"back_good": quantity} for number, quantity in units.items()}
    yield from ends(s, "COMPLETE", buckets, *NOTICES)


def one_of_two_fails(s: Story) -> Script[None]:
    """Of two legs one is paid and one fails; only the failed one is tried again."""
    yield from delivered(s)
    units = s.basket.units()
    due = owed(s, units)
    s.gateway.answers.extend(["ok", "fail"])
    made = yield from announced(s, units)
    refund = yield from s.only(REFUND, state="PARTLY_RELEASED", return_id=made["return_id"])
    yield from s.agent.does("RetryRefund", refund_id=refund.id)
    yield from released(s, due, kind="RETURN", way=RETRIED_IN_PART, return_id=made["return_id"])
    if len(s.seen.requests) != 3:
        s.wrong(f"{len(s.seen.requests)} payment requests, not 3")
    s.warehouse.gets_back(made["rma"], good(units))
    yield from settled(s, made["return_id"], units)
    s.begin_with(f"return of {named(s, units)}", "one of two payments failed at first")
    buckets = {number: {"back_good": quantity} for number, quantity in units.items()}
    yield from ends(s, "COMPLETE", buckets, *NOTICES, cases={"refund_failed": "RESOLVED"})


def answered_without_key(s: Story) -> Script[None]:
    """A gateway that names its own operation only: the amount tells which request it answers."""
    s.gateway.names_operation = False
    yield from delivered(s)
    s.tell(f"return of {named(s, {1: 1})}")
    yield from sent_back(s, {1: 1})
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES)


def appeased(s: Story) -> Script[None]:
    """Some money for the trouble, tax on top; no more than is left; then everything comes back and the sums still hold."""
    yield from delivered(s)
    line = s.books.lines[1]
    net = max(1, (line.value - sum(line.taxes)) // 5)
    includes_tax = s.chance.random() < 0.3
    due = owed_for(s, [line.appease(net, includes_tax)])
    reply = yield from s.agent.does(
        "CreateAppeasement", lines=[{"line_number": 1, "amount_minor": net, "reason": "LATE"}],
        amount_includes_tax=includes_tax, comment="sorry",
    )  # fmt: skip
    refund = yield from s.only(REFUND, state="RELEASED", refund_id=reply["entity_id"])
    part = due.parts[0]
    s.check("appeasement", refund.latest, {
        "refund_type": "APPEASEMENT", "amount_minor": part.gross,
        "lines": {1: {name: amount for name, amount in part.shown().items() if name != "quantity"}},
        "legs": [{"payment_ref": ref, "amount_minor": amount, "state": "CONFIRMED"} for ref, amount in due.legs],
    })  # fmt: skip
    s.books.refund(due.parts)
    yield from s.agent.is_refused(
        "exceeds_line", "CreateAppeasement",
        lines=[{"line_number": 1, "amount_minor": line.value, "reason": "LATE"}], comment=WHY,
    )  # fmt: skip
    s.tell(f"{in_words(part.gross, s.market.currency)} for the trouble with {named(s, {1: 1})}")
    units = s.basket.units()
    yield from sent_back(s, units)
    if s.gateway.refunded != s.basket.total:
        s.wrong(f"{s.gateway.refunded} of {s.basket.total} came back")
    buckets = {number: {"back_good": quantity} for number, quantity in units.items()}
    yield from ends(s, "COMPLETE", buckets, "APPEASEMENT_RELEASED", *NOTICES)
    told_amount(s, "APPEASEMENT_RELEASED", part.gross)


def reversed_by_the_bank(s: Story) -> Script[None]:
    """Days after the release the bank sends the money back: the refund is open again, and is paid by a new leg."""
    yield from delivered(s)
    due = yield from sent_back(s, {1: 1})
    refund = s.seen.all(REFUND)[0]
    key = s.seen.requests[0]["operation_reference"]
    s.gateway.takes_back(key)
    yield from s.shows(REFUND, refund.id, state="REVERSED", legs=[{"state": "REVERSED"}])
    yield from s.order_shows(refunded_minor=0)
    yield from opened(s, "refund_reversed")
    yield from s.agent.does("RetryRefund", refund_id=refund.id)
    again = yield from s.shows(REFUND, refund.id, state="RELEASED", amount_minor=due.amount,
                               legs=[{"state": "REPLACED"}, {"state": "CONFIRMED", "amount_minor": due.amount}])  # fmt: skip
    keys = [request["operation_reference"] for request in s.seen.requests]
    if len(keys) != 2 or keys[0] == keys[1]:
        s.wrong(f"a new leg has a new key, but these were sent: {keys}")
    s.check("credit note", again["credit_note_number"], refund.latest["credit_note_number"])
    s.begin_with(f"return of {named(s, {1: 1})}")
    s.tell("sent back by the bank and paid again")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES, "REFUND_RELEASED", cases={"refund_reversed": "RESOLVED"})
