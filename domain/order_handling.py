"""Commands on an order, and on the money of a checkout."""

from collections.abc import Callable
from typing import Any, cast

from domain import commands as c
from domain import refund_commands
from domain.answers import Answer, check_version, may
from domain.case_actions import check_action
from domain.checkouts import CheckoutFile
from domain.engine import publish_orders, settle, take
from domain.order_commands import ACTS, Act
from domain.order_events import OrderCommented
from domain.order_file import OrderFile
from domain.previews import preview_of
from domain.refusals import Findings, Refused
from domain.rights import has_right
from domain.run import Run, checkout_ref, order_ref
from domain.vocabulary import EntityType
from domain.world import Preview, Ref


def on_order(command: Any, act: Act, run: Run) -> Answer:
    ref = order_ref(command.sales_channel, command.order_id)
    file = run.order(ref)
    if not file.known:
        raise Refused(
            "unknown_order",
            f"No order {command.order_id} is known in sales channel {command.sales_channel}; check the number, or send it again when the order has come.",
        )
    findings = Findings()
    may(findings, command, file.sales_channel, run)
    if isinstance(command, c.CancelOrder) and command.force and not has_right("orders.cancel_force", command.actor.roles, run.policies.roles):  # fmt: skip
        findings.add(
            "not_permitted", f"{command.actor.id} lacks the right orders.cancel_force; send the command without force."
        )
    _for_case(findings, command, file, run)
    entity_id = getattr(command, act.id_field) if act.id_field else None
    remedies = getattr(file, act.remedies) if act.remedies else {}
    version = remedies[entity_id].version if entity_id in remedies else file.version
    if entity_id is None or entity_id in remedies:
        check_version(
            findings, command, version, f"{act.entity_type} {entity_id}" if entity_id else f"Order {file.order_id}"
        )
    events = _carry_out(lambda: act.decide(command, file, run), ref, findings, run)
    return _order_answer(command, act, ref, events, run)


def on_checkout(command: Any, run: Run) -> Answer:
    """The refund of a checkout: RefundPayment makes it, the commands on refunds address it."""
    if getattr(command, "order_id", None):
        raise Refused("invalid_command", "Both an order and a checkout are named; name the one that has the money.")
    ref = checkout_ref(command.sales_channel, command.checkout_id)
    file = run.checkout(ref)
    findings = Findings()
    may(findings, command, command.sales_channel, run)
    if file.kind is None and not file.operations:
        findings.add(
            "unknown_entity", f"No checkout {command.checkout_id} is known in {command.sales_channel}; check the id."
        )
    _for_case(findings, command, file, run)
    refund_id = getattr(command, "refund_id", None)
    if refund_id in file.refunds:
        check_version(findings, command, file.refunds[refund_id].version, f"Refund {refund_id}")
    decide = refund_commands.decide_payment if isinstance(command, c.RefundPayment) else ACTS[type(command)].decide
    events = _carry_out(lambda: decide(command, cast("Any", file), run), ref, findings, run)
    refund = run.checkout(ref).refunds[refund_id or cast("Any", events[0]).refund_id]
    preview = Preview(
        state=str(refund.state),
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        legs=tuple((leg.payment_ref, leg.amount_minor) for leg in refund.legs),
    )
    return Answer(EntityType.REFUND, refund.refund_id, refund.version, f"Refund is {refund.state}.", preview)


def _carry_out(decide: Callable[[], list[object]], ref: Ref, findings: Findings, run: Run) -> list[object]:
    """What is decided happens, with all that follows from it; answers it. Raises Refused for the first of the findings."""
    try:
        events = decide()
    except Refused as refused:
        findings.add_refused(refused)
        events = []
    findings.raise_first()
    for event in events:
        take(run, ref, event)
    settle(run)
    publish_orders(run)
    return events


def _for_case(findings: Findings, command: Any, file: OrderFile | CheckoutFile, run: Run) -> None:
    """An order action done for a case needs one that is open and has a line on that order."""
    case_id = getattr(command, "case_id", None)
    if not case_id:
        if getattr(command, "case_line_id", None):
            findings.add("invalid_command", "case_line_id is set without case_id; name the case of the line too.")
        return
    case = run.case(case_id)
    if case is None:
        findings.add("unknown_case", f"No case {case_id} exists; check the id.")
        return
    check_action(
        findings,
        case,
        sales_channel=file.sales_channel,
        order_id=file.order_id if isinstance(file, OrderFile) else None,
        checkout_id=file.checkout_id if isinstance(file, CheckoutFile) else None,
        case_line_id=command.case_line_id,
    )


def _order_answer(command: Any, act: Act, ref: Ref, events: list[object], run: Run) -> Answer:
    file = run.order(ref)
    if isinstance(command, c.AddComment):
        comment_id = next(event.comment_id for event in events if isinstance(event, OrderCommented))
        return Answer(EntityType.COMMENT, comment_id, file.version, "Comment kept.")
    if not act.remedies:
        return Answer(act.entity_type, file.key, file.version, f"{act.done} cleared.")
    entity_id = getattr(command, act.id_field) if act.id_field else getattr(events[0], act.id_name()) if events else ""
    thing = getattr(file, act.remedies).get(entity_id)
    if thing is None:
        raise Refused("nothing_to_refund", f"No money is left to give back on order {file.order_id}; see its payments.")
    name = getattr(thing, "rma", None) or getattr(thing, "new_order_id", None)
    message = f"{act.done} {name + ' ' if name else ''}is {thing.state}."
    return Answer(
        act.entity_type, entity_id, thing.version, message, preview_of(thing, ref, run) if command.dry_run else None
    )
