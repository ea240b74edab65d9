"""Bugs that people hit: money that goes back twice, or that should not have gone at all."""

from typing import Any

from domain import commands as c
from domain import facts as f
from domain.checkouts import CheckoutFile
from domain.handling import handle
from domain.order_events import LegsSent
from domain.orders import snapshot
from domain.policy import DAY
from domain.run import checkout_ref, order_ref
from domain.timers import TimerDue, timers
from domain.vocabulary import CheckoutKind, LegState, PaymentKind, ReceiptOutcome, RefundState
from domain.world import Effect
from schemas.edge import COMMAND_TYPES, FACT_TYPES
from schemas.keys import key_of
from schemas.made_records import plain
from schemas.topics import TOPIC_OF
from tests.builders.desk import CHANNEL, START, Desk, line, uid
from tests.builders.memory_worker import MemoryWorker
from tests.builders.readings import amounts, refunds
from tests.unit.reference.reading import all_legs, confirms, delivered, unanswered

K = PaymentKind
RECORD_OF = {kind: record for record, kind in (FACT_TYPES | COMMAND_TYPES).items()}


def requests_of(desk: Desk) -> list[tuple[str, int]]:
    """(idempotency key, attempt) of every request that went to a gateway."""
    return [(leg.leg_id, leg.attempt) for sent in desk.events(LegsSent) for leg, _ in sent.legs]


def test_B1_a_refund_without_an_answer_is_tried_again_under_its_own_key_and_counted_once() -> None:
    desk = unanswered()
    [leg] = all_legs(desk)
    assert snapshot(desk.file()).left == 0
    assert desk.send(c.RetryRefund, refund_id=refunds(desk)[0].refund_id).accepted
    assert requests_of(desk) == [(leg.leg_id, 1), (leg.leg_id, 2)]
    for _ in range(2):
        confirms(desk, leg, gateway_reference="G-1")
    assert (refunds(desk)[0].state, snapshot(desk.file()).refunded) == (RefundState.RELEASED, 1000)


def test_B1_a_failed_leg_is_sent_again_under_the_same_key() -> None:
    desk = delivered(line(1, 1, 1000))
    desk.returns((1, 1))
    [leg] = all_legs(desk)
    desk.gateway_answers(K.REFUND_FAILED)
    assert refunds(desk)[0].state is RefundState.EXCEPTION
    assert desk.send(c.RetryRefund, refund_id=refunds(desk)[0].refund_id).accepted
    [again] = all_legs(desk)
    assert (again.leg_id, again.state, again.attempt) == (leg.leg_id, LegState.SENT, 2)
    desk.gateway_answers()
    assert refunds(desk)[0].state is RefundState.RELEASED


def test_B2_a_void_without_an_answer_is_tried_again_under_its_own_key() -> None:
    """The bug is on captures, which are the shop's own; voids are what we ask of gateways beside refunds."""
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.AUTHORIZED, 1000)
    desk.cancels()
    desk.wait(2 * DAY)
    [cancellation] = desk.file().cancellations.values()
    [void] = cancellation.voids
    assert void.state is LegState.UNANSWERED
    assert desk.send(c.RetryVoid, cancellation_id=cancellation.cancellation_id).accepted
    assert requests_of(desk) == [(void.leg_id, 1), (void.leg_id, 2)]
    for _ in range(2):
        confirms(desk, void, K.VOIDED, gateway_reference="V-1")
    assert snapshot(desk.file()).payments["P1"].voided == 1000


def test_B4_money_that_is_asked_back_is_gone_before_the_gateway_answers() -> None:
    """That two workers never decide on the same state is the lock's doing: tests/integration shows it on PostgreSQL."""
    desk = delivered(line(1, 1, 1000))
    assert desk.appeases((1, 600)).accepted
    assert desk.appeases((1, 600)).code == "exceeds_line"
    assert snapshot(desk.file()).left == 400


def through(worker: MemoryWorker, *messages: Any) -> list[Any]:
    """Puts messages in as bytes; answers all records that come out."""
    for message in messages:
        record, value = RECORD_OF[type(message)], plain(message)
        worker.send(TOPIC_OF[record], record, key_of(record, value), value)
    return worker.receive(0)


def test_B5_a_double_click_pays_once_and_gets_the_first_answer_twice() -> None:
    desk = delivered(line(1, 1, 1000))
    worker = MemoryWorker()
    worker.kept.update(desk.things)
    wish = c.AppeasementLineInput(line_number=1, amount_minor=100, reason="LATE")
    actor = c.Actor(id="mia", roles=("manager",), channels=("*",))
    click = c.CreateAppeasement(
        command_id=uid("click"), issued_at=START, actor=actor, sales_channel=CHANNEL, order_id="1001", lines=(wish,)
    )
    out = through(worker, click, click)
    assert len([made for made in out if made.name == "payments.PaymentRequest"]) == 1
    first, second = [made.value for made in out if made.name == "replies.CommandResult"]
    assert first == second
    assert first["status"] == "ACCEPTED"


def test_B6_a_checkout_that_is_told_twice_to_have_become_its_order_gives_nothing_back() -> None:
    desk = Desk()
    desk.pays(K.CAPTURED, 1000, order_id=None, checkout_id="CO-1")
    for revision in (1, 2):
        desk.feed(
            desk.fact(
                f.CheckoutEvent,
                kind=CheckoutKind.COMPLETED,
                revision=revision,
                sales_channel=CHANNEL,
                checkout_id="CO-1",
                order_id="1001",
                currency="EUR",
                customer=f.Customer(customer_id="C-1"),
            )
        )
        desk.place(line(1, 1, 1000), checkout_id="CO-1")
    checkout = desk.things[checkout_ref(CHANNEL, "CO-1")]
    assert isinstance(checkout, CheckoutFile)
    refused = desk.send(
        c.RefundPayment, checkout_id="CO-1", payment_ref="P1", amount_minor=1000, reason="NEVER_ORDERED"
    )
    assert refused.code == "wrong_state"
    assert not checkout.refunds
    assert amounts(desk) == []
    assert snapshot(desk.file()).captured == 1000


def test_B8_every_leg_is_asked_of_its_gateway_once() -> None:
    desk = delivered(line(1, 2, 2000), captured=0)
    desk.pays(K.CAPTURED, 500, "P1")
    desk.pays(K.CAPTURED, 1500, "P2")
    desk.returns((1, 2))
    desk.gateway_answers()
    desk.receives(None, (1, 1, ReceiptOutcome.GOOD))
    assert requests_of(desk) == [(leg.leg_id, 1) for leg in all_legs(desk)]
    assert len(requests_of(desk)) == 2


def test_B10_an_amount_below_zero_does_not_pass_as_less_than_what_is_left() -> None:
    desk = delivered(line(1, 1, 1000))
    assert desk.appeases((1, -1)).code == "amount_not_positive"
    desk.pays(K.CAPTURED, 1000, order_id=None, checkout_id="CO-2")
    negative = desk.send(c.RefundPayment, checkout_id="CO-2", payment_ref="P1", amount_minor=-1, reason="X")
    assert negative.code == "amount_not_positive"


def test_B11_a_timer_that_fires_twice_acts_once() -> None:
    """That two workers do not take the same timer is the lock's doing; here the reason is looked at again (domain.md 10)."""
    desk = delivered(line(1, 1, 1000))
    desk.returns((1, 1))
    due = [
        t
        for t in timers(desk.things[order_ref(CHANNEL, "1001")], desk.policies)
        if t.entity_id == all_legs(desk)[0].leg_id
    ]
    desk.wait(2 * DAY)
    version = desk.file().version
    again = handle(TimerDue(due[0]), desk, desk.policies, desk.at)
    assert again.effect is Effect.IGNORED
    assert (again.steps, desk.file().version) == ((), version)
