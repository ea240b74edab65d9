"""Asking for goods back where a rule could go either way: which units, who says yes (domain.md 6)."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import commands as c
from domain.actors import ActorRef
from domain.identity import Ids
from domain.policy import DEFAULT
from domain.quantities import Bucket
from domain.returns import Return, ReturnLine
from domain.vocabulary import (
    ActorKind,
    ReceiptOutcome,
    ReturnState,
    Verdict,
)
from tests.builders.delivered_goods import ASKED, AT_RECEIVED, sold
from tests.builders.desk import AGENT, APPROVER, Desk, line, uid, with_policy
from tests.builders.readings import newest_return
from tests.builders.refused import refuses

GOOD, DAMAGED, WRONG = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED, ReceiptOutcome.WRONG_ITEM
NOBODY = uid("nobody")


# Asking


def test_the_record_of_a_return_tells_what_who_why_and_where_to() -> None:
    desk = sold(ASKED, source_id="SHELF")
    reply = desk.returns((1, 2), actor=AGENT, comment="  too small ")
    assert newest_return(desk) == Return(
        return_id=Ids(reply.command_id).new("return"),
        rma="RMA-1",
        state=ReturnState.REQUESTED,
        version=1,
        created_at=desk.at,
        created_by=ActorRef("ann", ActorKind.AGENT),
        asked_by="ann",
        comment="too small",
        lines=(
            ReturnLine(
                line_number=1,
                sku="SKU-1",
                quantity=2,
                reason="FIT",
                held=((Bucket.DELIVERED, 2),),
                source_id="W1",
            ),
        ),
        source_id="W1",
        policy_version="default",
    )
    assert refuses(reply, None, "RMA-1", "REQUESTED")
    assert (reply.entity_type, reply.entity_id, reply.version) == ("return", newest_return(desk).return_id, 1)


def test_a_return_holds_delivered_units_before_shipped_ones() -> None:
    desk = Desk(ASKED)
    desk.place(line(1, 3, 3000), captured=3000)
    desk.ships(3)
    desk.delivers(1)
    desk.returns((1, 2))
    assert newest_return(desk).lines[0].held == ((Bucket.DELIVERED, 1), (Bucket.SHIPPED, 1))
    assert desk.buckets() == {"shipped": 1, "return_announced": 2}


@pytest.mark.parametrize(
    ("wish", "code", "facts"),
    [
        ({"lines": ()}, "no_lines", ()),
        (
            {"twice": True},
            "invalid_command",
            ("line 1",),
        ),
        ({"comment": " "}, "comment_required", ("1000",)),
        ({"comment": "x" * 1001}, "comment_too_long", ("1001", "1000")),
        ({"number": 8}, "unknown_line", ("1001", "line 8")),
        ({"reason": " "}, "reason_not_allowed", ()),
        (
            {"reason": "MOOD"},
            "reason_not_allowed",
            ("MOOD", "returns.reasons", "FIT, WRONG"),
        ),
        (
            {"quantity": 4},
            "quantity_not_available",
            ("line 1", "3", "4"),
        ),
        ({"number": 2}, "not_shipped", ("line 2",)),
        ({"number": 3}, "final_sale", ("line 3",)),
        (
            {"return_to_source": "W9"},
            "source_choice_off",
            ("return_to_source",),
        ),
    ],
)
def test_a_return_is_refused_in_words(wish: dict[str, Any], code: str, facts: tuple[str, ...]) -> None:
    desk = Desk(with_policy(DEFAULT, "returns", reasons=("FIT", "WRONG")))
    desk.place(line(1, 3, 3000), line(2, 1, 500), line(3, 1, 500, final_sale=True), captured=4000)
    desk.ships(3)
    desk.ships(1, 3)
    one = c.ReturnLineInput(
        line_number=wish.get("number", 1),
        quantity=wish.get("quantity", 1),
        reason=wish.get("reason", "FIT"),
        return_to_source=wish.get("return_to_source"),
    )
    lines = wish.get("lines", (one, one) if wish.get("twice") else (one,))
    assert refuses(desk.send(c.CreateReturn, lines=lines, comment=wish.get("comment", "x")), code, *facts)
    assert not desk.file().returns


def test_a_comment_may_have_1000_characters_of_any_size() -> None:
    assert sold().returns((1, 1), comment="😀" * 1000).accepted


def test_units_of_an_open_return_are_held() -> None:
    desk = sold()
    desk.returns((1, 2))
    assert refuses(desk.returns((1, 2)), "already_held", "Line 1", "1")
    assert refuses(desk.returns((1, 4)), "quantity_not_available", "Line 1", "1", "4")
    assert desk.returns((1, 1)).accepted


def test_every_line_of_a_return_is_looked_at() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 1000, final_sale=True), captured=2000)
    desk.ships(1)
    desk.ships(1, 2)
    assert desk.returns((7, 1), (2, 1)).code == "unknown_line"
    assert desk.returns((1, 1), (2, 1)).code == "final_sale"


# Approving, denying, cancelling

ON_RETURNS: list[tuple[Callable[..., c.Command], dict[str, Any]]] = [
    (c.ApproveReturn, {}), (c.DenyReturn, {"reason": "worn"}), (c.CancelReturn, {}),
    (c.DecideReturnLine, {"line_number": 1, "verdict": Verdict.ACCEPT}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "fields"), ON_RETURNS)
def test_a_return_that_is_not_there_is_unknown(command: Callable[..., c.Command], fields: dict[str, Any]) -> None:
    reply = sold().send(command, return_id=NOBODY, **fields)
    assert refuses(reply, "unknown_entity", "1001", NOBODY)


def test_who_asked_for_a_return_does_not_approve_it_unless_the_policy_lets_them() -> None:
    desk = sold(ASKED)
    desk.returns((1, 1))
    return_id = newest_return(desk).return_id
    assert refuses(desk.send(c.ApproveReturn, return_id=return_id), "self_approval", "RMA-1", "mia")
    assert desk.send(c.ApproveReturn, APPROVER, return_id=return_id).accepted
    alone = sold(with_policy(DEFAULT, "returns", auto_approve=False, self_approval=True))
    alone.returns((1, 1))
    assert alone.send(c.ApproveReturn, return_id=newest_return(alone).return_id).accepted


def test_an_approved_return_is_neither_approved_nor_denied_again() -> None:
    desk = sold()
    desk.returns((1, 1))
    return_id = newest_return(desk).return_id
    assert refuses(
        desk.send(c.ApproveReturn, APPROVER, return_id=return_id), "wrong_state", "RMA-1", "APPROVED", "REQUESTED"
    )
    assert refuses(
        desk.send(c.DenyReturn, APPROVER, return_id=return_id, reason="worn"),
        "wrong_state",
        "RMA-1",
        "APPROVED",
        "REQUESTED",
    )


def test_a_denial_needs_a_reason_and_keeps_it() -> None:
    desk = sold(ASKED)
    desk.returns((1, 1))
    return_id = newest_return(desk).return_id
    assert refuses(desk.send(c.DenyReturn, return_id=return_id, reason=" "), "reason_not_allowed")
    assert desk.send(c.DenyReturn, return_id=return_id, reason="worn").accepted
    assert (newest_return(desk).state, newest_return(desk).reason, newest_return(desk).version) == (
        ReturnState.DENIED,
        "worn",
        2,
    )
    assert refuses(
        desk.send(c.CancelReturn, return_id=return_id), "wrong_state", "RMA-1", "DENIED", "REQUESTED", "APPROVED"
    )


def test_a_cancelled_return_keeps_its_reason_and_lets_its_units_go() -> None:
    desk = sold(ASKED)
    desk.returns((1, 2))
    assert desk.send(c.CancelReturn, return_id=newest_return(desk).return_id, reason="keeps it").accepted
    assert (newest_return(desk).state, newest_return(desk).reason) == (ReturnState.CANCELLED, "keeps it")
    assert desk.buckets() == {"delivered": 3}


def test_goods_that_arrived_make_a_return_final() -> None:
    desk = sold(AT_RECEIVED)
    desk.returns((1, 2))
    desk.receives("RMA-1", (1, 1, GOOD))
    assert newest_return(desk).state is ReturnState.PARTLY_RECEIVED
    assert refuses(desk.send(c.CancelReturn, return_id=newest_return(desk).return_id), "already_received", "RMA-1")
    free = Desk(AT_RECEIVED)
    free.place(line(1, 1, 0), line(2, 1, 100), captured=100)
    free.ships(1)
    free.returns((1, 1))
    free.receives("RMA-1", (1, 1, GOOD))
    assert newest_return(free).state is ReturnState.SETTLED
    assert free.send(c.CancelReturn, return_id=newest_return(free).return_id).code == "already_received"


def test_a_received_return_cannot_be_cancelled_either() -> None:
    desk = sold(AT_RECEIVED)
    desk.returns((1, 1))
    desk.receives("RMA-1", (1, 1, DAMAGED))
    assert newest_return(desk).state is ReturnState.RECEIVED
    assert desk.send(c.CancelReturn, return_id=newest_return(desk).return_id).code == "already_received"


def test_a_return_whose_refund_was_sent_can_only_be_received() -> None:
    desk = sold()
    desk.returns((1, 1))
    assert refuses(desk.send(c.CancelReturn, return_id=newest_return(desk).return_id), "wrong_state", "RMA-1")
