"""What the record of a refund tells, and refunds of checkouts (domain.md 7)."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.actors import ActorRef
from domain.identity import Ids
from domain.machine import ImpossibleStep
from domain.policy import DEFAULT, AutoRelease, Policies
from domain.refunds import Leg, Refund, RefundLine, RefundSent, evolve
from domain.vocabulary import ActorKind, LegState, PaymentKind, RefundState, RefundType
from domain.world import Reply
from tests.builders.checkouts import checkout
from tests.builders.desk import AGENT, APPROVER, START, Desk, line, shipping, with_policy
from tests.builders.paid_orders import paid
from tests.builders.readings import first_refund
from tests.builders.refused import refuses

K = PaymentKind


# The record


def test_the_record_of_a_returns_refund_tells_whose_it_is_what_for_and_over_which_payment() -> None:
    desk = Desk()
    desk.place(line(1, 2, 4000, tax=639, product_name="Shirt"), shipping(), captured=4500)
    desk.ships(2)
    reply = desk.returns((1, 2), actor=AGENT, comment="too small")
    refund = first_refund(desk)
    [leg] = refund.legs
    made = next(iter(desk.file().returns.values()))
    assert refund == Refund(
        refund_id=Ids(reply.command_id).new("refund"),
        refund_type=RefundType.RETURN,
        state=RefundState.PENDING_RELEASE,
        version=2,
        created_at=desk.at,
        created_by=ActorRef("ann", ActorKind.AGENT),
        asked_by="ann",
        amount_minor=4500,
        currency="EUR",
        lines=(
            RefundLine(
                line_number=1,
                sku="SKU-1",
                product_name="Shirt",
                quantity=2,
                reason="FIT",
                net_minor=3361,
                tax_minor=639,
                gross_minor=4000,
                taxes=(f.Tax(type="VAT", rate="0.19", amount_minor=639),),
            ),
            RefundLine(
                line_number=9,
                sku="SHIPPING",
                quantity=1,
                net_minor=500,
                tax_minor=0,
                gross_minor=500,
                shipping=True,
            ),
        ),
        legs=(
            Leg(
                leg_id=Ids(reply.command_id).new("leg"),
                payment_ref="P1",
                gateway="gate",
                method="card",
                amount_minor=4500,
                state=LegState.SENT,
                attempt=1,
                sent_at=desk.at,
            ),
        ),
        shipping_minor=500,
        comment="too small",
        order_id="1001",
        return_id=made.return_id,
        policy_version="default",
    )
    assert leg.leg_id != refund.refund_id


def test_the_record_of_an_appeasement_tells_its_reason_and_speaks_of_no_unit() -> None:
    desk = paid(DEFAULT, line(1, 2, 4000, tax=639, product_name="Shirt"))
    desk.appeases((1, 1000), actor=AGENT, amount_includes_tax=True, comment="sorry")
    refund = first_refund(desk)
    assert (refund.refund_type, refund.asked_by, refund.comment) == (RefundType.APPEASEMENT, "ann", "sorry")
    assert refund.created_by == ActorRef("ann", ActorKind.AGENT)
    assert refund.lines == (
        RefundLine(
            line_number=1,
            sku="SKU-1",
            product_name="Shirt",
            quantity=0,
            reason="LATE",
            net_minor=840,
            tax_minor=160,
            gross_minor=1000,
            taxes=(f.Tax(type="VAT", rate="0.19", amount_minor=160),),
        ),
    )


def abandoned(policies: Policies = DEFAULT) -> Desk:
    """A checkout with 1000 captured that never became an order."""
    desk = Desk(policies)
    desk.pays(K.CAPTURED, 1000, order_id=None, checkout_id="CO-1")
    return desk


def gives_back(desk: Desk, amount: int = 1000, **fields: Any) -> Reply:
    fields = {"payment_ref": "P1", "reason": "NEVER_ORDERED", "checkout_id": "CO-1", **fields}
    return desk.send(c.RefundPayment, amount_minor=amount, **fields)


def test_the_record_of_a_checkouts_refund() -> None:
    desk = abandoned()
    reply = gives_back(desk, 600)
    [refund] = checkout(desk).refunds.values()
    ids = Ids(reply.command_id)
    assert refund == Refund(
        refund_id=ids.new("refund"),
        refund_type=RefundType.CHECKOUT,
        state=RefundState.PENDING_RELEASE,
        version=2,
        created_at=desk.at,
        created_by=ActorRef("mia", ActorKind.AGENT),
        asked_by="mia",
        amount_minor=600,
        currency="EUR",
        lines=(),
        legs=(
            Leg(
                leg_id=ids.new("leg"),
                payment_ref="P1",
                gateway="gate",
                method="card",
                amount_minor=600,
                state=LegState.SENT,
                attempt=1,
                sent_at=desk.at,
            ),
        ),
        comment="NEVER_ORDERED",
        checkout_id="CO-1",
        policy_version="default",
    )
    assert (reply.entity_id, reply.version, reply.message) == (refund.refund_id, 2, "Refund is PENDING_RELEASE.")


# Checkouts


def test_a_checkouts_refund_is_refused_in_words() -> None:
    desk = abandoned()
    assert refuses(gives_back(desk, 0), "amount_not_positive", "0")
    assert refuses(gives_back(desk, payment_ref="P7"), "unknown_entity", "CO-1", "payment P7")
    assert refuses(gives_back(desk, 1001), "exceeds_payment", "1000", "payment P1")
    assert refuses(gives_back(desk, reason=" "), "reason_not_allowed")
    assert refuses(gives_back(desk, checkout_id="CO-7"), "unknown_entity", "CO-7")
    desk.place(line(1, 1, 1000), checkout_id="CO-1")
    assert refuses(gives_back(desk, 1), "wrong_state", "CO-1", "order 1001")


def test_a_checkouts_refund_waits_for_approval_where_the_policy_says_so() -> None:
    desk = abandoned(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(checkout=False)))
    gives_back(desk, 600)
    [refund] = checkout(desk).refunds.values()
    assert refund.state is RefundState.REQUESTED
    reply = desk.send(c.ApproveRefund, APPROVER, refund_id=refund.refund_id, order_id=None, checkout_id="CO-1")
    assert refuses(reply, None, "PENDING_RELEASE")


def test_a_step_of_a_refund_that_does_not_exist_cannot_be() -> None:
    desk = paid()
    desk.appeases((1, 100), amount_includes_tax=True)
    refund, stamp = first_refund(desk), desk.steps[-1].stamp
    with pytest.raises(ImpossibleStep, match=r"^RefundSent of a refund that does not exist$"):
        evolve(None, RefundSent(refund.refund_id), stamp)
    with pytest.raises(ImpossibleStep, match=r"^RefundSent while PENDING_RELEASE$"):
        evolve(refund, RefundSent(refund.refund_id), stamp)
    assert refund.created_at > START
