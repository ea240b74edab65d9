"""What the reply to each command says: the thing it made or addressed, its version, its facts (domain.md 9)."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import commands as c
from domain.actors import ActorRef
from domain.order_events import NoticeAsked, OrderCommented
from domain.policy import DEFAULT, AutoRelease
from domain.reference_data import Interaction
from domain.vocabulary import (
    ActorKind,
    ContactChannel,
    EntityType,
    Outcome,
    PaymentKind,
)
from domain.world import Kind, Ref, Reply
from tests.builders.case_on_order import CASE, LINE, open_case
from tests.builders.desk import AGENT, APPROVER, CHANNEL, MANAGER, Desk, uid, with_policy
from tests.builders.refused import refuses
from tests.builders.replies import SHIRT, about, only, paid

E, K = EntityType, PaymentKind


# Orders


def test_a_command_on_an_order_answers_with_what_it_made_and_later_ones_with_what_they_address() -> None:
    desk = paid(auto_release=AutoRelease(False, False, False, False))
    reply = desk.returns((1, 1))
    file = desk.file()
    assert about(reply) == (E.RETURN, only(file.returns), file.returns[only(file.returns)].version)
    assert refuses(reply, None, "Return RMA-1 is APPROVED")
    refund_id = only(file.refunds)
    reply = desk.send(c.ApproveRefund, APPROVER, refund_id=refund_id)
    assert about(reply) == (E.REFUND, refund_id, desk.file().refunds[refund_id].version)
    assert refuses(reply, None, "Refund is PENDING_RELEASE")
    reply = desk.appeases((1, 100))
    assert about(reply) == (E.REFUND, list(desk.file().refunds)[-1], 1)
    assert refuses(reply, None, "Appeasement is REQUESTED")
    assert (reply.accepted, reply.code, reply.dry_run, reply.preview) == (True, None, False, None)
    assert reply.occurred_at == desk.at


def test_comments_and_attention_of_an_order() -> None:
    desk = paid()
    reply = desk.send(c.AddComment, sales_channel=CHANNEL, order_id="1001", text="  called twice ", public=True)
    [commented] = desk.events(OrderCommented)
    assert commented == OrderCommented("called twice", public=True, comment_id=str(reply.entity_id))
    assert about(reply) == (E.COMMENT, commented.comment_id, desk.file().version)
    assert refuses(
        desk.send(c.AddComment, sales_channel=CHANNEL, order_id="1001", text=" "), "comment_required", "4000"
    )
    long = desk.send(c.AddComment, sales_channel=CHANNEL, order_id="1001", text="x" * 4001)
    assert refuses(long, "comment_too_long", "4001", "4000")
    named: dict[str, Any] = {"sales_channel": CHANNEL, "order_id": "1001"}
    assert refuses(desk.send(c.ClearAttention, **named), "nothing_to_change", "1001", "none")
    desk.ships(1)
    desk.pays(K.CAPTURED, 5, currency="USD")
    assert desk.file().attention == ("fact_conflict", "other_currency")
    other = desk.send(c.ClearAttention, attention=("overdue",), **named)
    assert refuses(other, "nothing_to_change", "fact_conflict, other_currency")
    reply = desk.send(c.ClearAttention, attention=("fact_conflict", "overdue"), **named)
    assert about(reply) == (E.ORDER, "web-de:1001", desk.file().version)
    assert desk.file().attention == ("other_currency",)
    assert desk.send(c.ClearAttention, **named).accepted
    assert desk.file().attention == ()


@pytest.mark.parametrize(
    ("send", "version", "named"),
    [
        (
            lambda desk, v: desk.returns((1, 1), expected_version=v),
            lambda desk: desk.file().version,
            lambda _: "Order 1001",
        ),
        (
            lambda desk, v: desk.send(c.RetryRefund, refund_id=only(desk.file().refunds), expected_version=v),
            lambda desk: desk.file().refunds[only(desk.file().refunds)].version,
            lambda desk: f"refund {only(desk.file().refunds)}",
        ),
        (
            lambda desk, v: desk.send(c.AssignCase, case_id=CASE, assignee="ann", expected_version=v),
            lambda desk: desk.case(CASE).version,
            lambda desk: desk.case(CASE).case_number,
        ),
        (
            lambda desk, v: desk.send(
                c.CompleteTask, case_id=CASE, task_id=only(desk.case(CASE).tasks), expected_version=v
            ),
            lambda desk: desk.case(CASE).tasks[only(desk.case(CASE).tasks)].version,
            lambda desk: f"Task {only(desk.case(CASE).tasks)}",
        ),
    ],
    ids=["order", "remedy", "case", "task"],
)
def test_an_expected_version_is_that_of_the_thing_addressed(
    send: Callable[[Desk, int], Reply], version: Callable[[Desk], int], named: Callable[[Desk], str]
) -> None:
    desk = paid()
    desk.appeases((1, 100), amount_includes_tax=True)
    desk.gateway_answers(K.REFUND_FAILED)
    open_case(desk)
    desk.send(c.SubmitCase, case_id=CASE)
    desk.send(c.AddTask, case_id=CASE, case_line_id=LINE, short_description="Call")
    now, what = version(desk), named(desk)
    assert refuses(send(desk, now - 1), "version_conflict", what, str(now), str(now - 1))
    assert send(desk, now).accepted


def test_who_may_is_told_by_channel_and_right() -> None:
    desk = paid()
    elsewhere = c.Actor(id="eve", roles=("manager",), channels=("shop-fr",))
    here = c.Actor(id="hal", roles=("manager",), channels=("shop-fr", CHANNEL))
    viewer = c.Actor(id="vic", roles=("viewer",), channels=("*",))
    assert refuses(desk.returns((1, 1), actor=elsewhere), "channel_not_permitted", "eve", CHANNEL)
    assert refuses(desk.returns((1, 1), actor=viewer), "not_permitted", "vic", "returns.create")
    assert desk.returns((1, 1), actor=here).accepted
    assert refuses(desk.cancels((9, 1), actor=AGENT, force=True), "not_permitted", "ann", "orders.cancel_force")
    assert desk.cancels((9, 1), actor=MANAGER, force=True).accepted


@pytest.mark.parametrize(
    ("roles", "kind"),
    [(("agent",), ActorKind.AGENT), (("system",), ActorKind.SYSTEM), (("customer", "agent"), ActorKind.AGENT)],
)
def test_who_did_it_is_kept_by_what_the_roles_make_of_them(roles: tuple[str, ...], kind: ActorKind) -> None:
    desk = paid()
    desk.returns((1, 1), actor=c.Actor(id="who", name="Who", roles=roles, channels=("*",)))
    made = desk.file().returns[only(desk.file().returns)]
    assert (made.asked_by, made.created_by.id) == ("who", "who")
    assert desk.steps[-1].stamp.actor.kind in (kind, ActorKind.SYSTEM)
    first = next(step for step in desk.steps if type(step.event).__name__ == "ReturnRequested")
    assert first.stamp.actor == ActorRef("who", kind, "Who")


def test_what_nobody_knows_is_named() -> None:
    desk = paid()
    assert refuses(desk.returns((1, 1), order_id="77"), "unknown_order", "77", CHANNEL)
    assert refuses(desk.send(c.SubmitCase, case_id=uid("no")), "unknown_case", uid("no"))
    assert refuses(desk.returns((1, 1), case_id=uid("no")), "unknown_case", uid("no"))
    assert refuses(desk.returns((1, 1), case_line_id=LINE), "invalid_command", "case_line_id", "case_id")
    both = desk.send(c.RetryRefund, refund_id=uid("r"), order_id="1001", checkout_id="CO-1")
    assert both.code == "invalid_command"
    neither = desk.send(c.RetryRefund, refund_id=uid("r"), order_id=None)
    assert refuses(neither, "invalid_command", "RetryRefund")


# Cases


def test_a_command_on_a_case_answers_with_the_case_its_line_its_task_or_its_comment() -> None:
    desk = paid()
    reply = open_case(desk)
    assert about(reply) == (E.CASE, CASE, desk.case(CASE).version)
    assert refuses(reply, None, "CASE0000001 is DRAFT")
    desk.send(c.SubmitCase, case_id=CASE)
    reply = desk.send(c.AssignCaseLine, case_id=CASE, case_line_id=LINE, assignee="ann")
    assert about(reply) == (E.CASE_LINE, LINE, desk.case(CASE).version)
    assert refuses(reply, None, "CASE0000001 is WORK_IN_PROGRESS", "the line WORK_IN_PROGRESS")
    reply = desk.send(c.AddTask, case_id=CASE, case_line_id=LINE, short_description="Call")
    [task] = desk.case(CASE).tasks.values()
    assert about(reply) == (E.TASK, task.task_id, 1)
    assert refuses(reply, None, "CASE0000001", "OPEN")
    reply = desk.send(c.CompleteTask, case_id=CASE, task_id=task.task_id)
    assert about(reply) == (E.TASK, task.task_id, 2)
    assert refuses(reply, None, "DONE")
    reply = desk.send(c.AddComment, case_id=CASE, text="called")
    assert (reply.entity_type, reply.version) == (E.COMMENT, desk.case(CASE).version)
    assert refuses(reply, None, "CASE0000001")
    tried = desk.send(c.ResolveCase, case_id=CASE, outcome=Outcome.ACCEPTED, dry_run=True)
    assert tried.preview is not None
    assert (tried.preview.state, tried.entity_id) == ("RESOLVED", CASE)


def test_resolving_a_case_names_the_actions_that_go_on() -> None:
    desk = paid()
    open_case(desk)
    desk.send(c.SubmitCase, case_id=CASE)
    desk.send(c.AssignCase, case_id=CASE, assignee="ann")
    desk.returns((1, 1), case_id=CASE, case_line_id=LINE)
    reply = desk.send(c.ResolveCase, case_id=CASE, outcome=Outcome.ACCEPTED)
    assert refuses(reply, None, "CASE0000001 is RESOLVED", "return APPROVED", "refund PENDING_RELEASE")


def test_an_action_for_a_case_carries_it_through_its_records() -> None:
    desk = paid()
    open_case(desk)
    desk.send(c.SubmitCase, case_id=CASE)
    tie: dict[str, Any] = {"case_id": CASE, "case_line_id": LINE}
    desk.returns((1, 1), **tie)
    desk.appeases((1, 10), **tie)
    again = (c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST"),)
    desk.send(c.CreateReshipment, lines=again, **tie)
    file = desk.file()
    made: list[Any] = [*file.returns.values(), *file.refunds.values(), *file.reshipments.values()]
    assert len(made) == 4
    assert {(thing.case_id, thing.case_line_id) for thing in made} == {(CASE, LINE)}
    cancelled = Desk()
    cancelled.place(*SHIRT, captured=4500)
    open_case(cancelled)
    cancelled.send(c.SubmitCase, case_id=CASE)
    cancelled.cancels((1, 1), **tie)
    cancelled.send(c.ChangeOrder, shipping_method="express", reason="HURRY", **tie)
    file = cancelled.file()
    both: list[Any] = [*file.cancellations.values(), *file.refunds.values(), *file.changes.values()]
    assert [(thing.case_id, thing.case_line_id) for thing in both] == [(CASE, LINE)] * 3


# Beside orders and cases


def test_an_interaction_is_kept_as_it_was_told_and_once() -> None:
    desk = Desk()
    told: dict[str, Any] = {
        "interaction_id": uid("call"),
        "sales_channel": CHANNEL,
        "channel": ContactChannel.PHONE,
        "contact": c.Contact(name="Ann"),
        "account_id": "A1",
        "order_id": "1001",
        "checkout_id": "CO-1",
        "summary": "asked where it is",
    }
    reply = desk.send(c.RecordInteraction, actor=AGENT, **told)
    assert about(reply) == (E.INTERACTION, uid("call"), 1)
    kept = desk.things[Ref(Kind.INTERACTION, uid("call"))]
    assert kept == Interaction(recorded_at=desk.at, recorded_by=ActorRef("ann", ActorKind.AGENT), **told)
    assert refuses(desk.send(c.RecordInteraction, **told), "already_exists", uid("call"))
    customer = c.Actor(id="C-1", roles=("customer",), channels=("*",), accounts=("A1",))
    other: dict[str, Any] = {**told, "interaction_id": uid("other")}
    assert desk.send(c.RecordInteraction, actor=customer, **other).code == "not_permitted"


def test_a_mail_goes_out_again_with_the_same_facts_under_a_new_id() -> None:
    desk = paid()
    desk.returns((1, 1))
    first = desk.events(NoticeAsked)[0]
    reply = desk.send(c.ResendNotice, notice_id=first.notice_id, sales_channel=CHANNEL, order_id="1001")
    again = desk.events(NoticeAsked)[-1]
    assert about(reply) == (E.NOTICE, again.notice_id, 1)
    assert again.notice_id != first.notice_id
    assert again.resent_of == first.notice_id
    names = ("kind", "recipient", "language", "facts", "order_id", "case_id", "test")
    assert [getattr(again, name) for name in names] == [getattr(first, name) for name in names]
    assert refuses(desk.send(c.ResendNotice, notice_id=uid("no"), order_id="1001"), "unknown_entity", uid("no"))
    desk.policies = with_policy(DEFAULT, "notices", off=(first.kind,))
    refused = desk.send(c.ResendNotice, notice_id=first.notice_id, order_id="1001")
    assert refuses(refused, "wrong_state", CHANNEL, str(first.kind))
