"""Commands on a case."""

from typing import Any, Final, cast

from domain import commands as c
from domain.answers import Answer, check_version, may
from domain.case_actions import open_actions
from domain.case_commands import decide_case
from domain.case_context import CaseContext
from domain.cases import Case, CaseCommented
from domain.checkouts import CheckoutFile
from domain.engine import publish_orders, settle, take
from domain.reference_data import Interaction
from domain.refusals import Findings, Refused
from domain.run import Run, case_ref, checkout_ref, order_ref
from domain.vocabulary import ActorKind, EntityType
from domain.world import Kind, Preview, Ref

_TASKS: Final = (c.AddTask, c.AssignTask, c.CompleteTask, c.CancelTask)
_LINES: Final = (c.CancelCaseLine, c.EditCaseLine, c.AssignCaseLine, c.ResolveCaseLine)


def on_case(command: Any, run: Run) -> Answer:
    case = run.case(command.case_id)
    channel = case.sales_channel if case else getattr(command, "sales_channel", None)
    findings = Findings()
    if isinstance(command, c.OpenCase):
        _unknown_orders(findings, command, run)
    elif case is None:
        findings.add("unknown_case", f"No case {command.case_id} exists; check the id.")
    if channel:
        may(findings, command, channel, run)
    if case and not isinstance(command, c.OpenCase):
        version, what = _addressed(command, case)
        check_version(findings, command, version, what)
    try:
        events = decide_case(command, case, _context(command, case, channel or "", run))
    except Refused as refused:
        findings.add_refused(refused)
        events = ()
    findings.raise_first()
    for event in events:
        take(run, case_ref(command.case_id), event)
    settle(run)
    publish_orders(run)
    return _case_answer(command, events, run)


def _unknown_orders(findings: Findings, command: c.OpenCase, run: Run) -> None:
    named = dict.fromkeys([command.order_id, *(line.order_id for line in command.lines)])
    for order_id in named:
        if order_id and not run.order(order_ref(command.sales_channel, order_id)).known:
            findings.add(
                "unknown_order",
                f"No order {order_id} is known in sales channel {command.sales_channel}; check the number, or send it again when the order has come.",
            )


def _addressed(command: Any, case: Case) -> tuple[int, str]:
    task = case.tasks.get(getattr(command, "task_id", ""))
    return (task.version, f"Task {task.task_id}") if task else (case.version, case.case_number)


def _context(command: Any, case: Case | None, channel: str, run: Run) -> CaseContext:
    named = [getattr(command, "order_id", None), *(line.order_id for line in getattr(command, "lines", ()))]
    named += list(case.orders) if case else []
    interaction_id = getattr(command, "interaction_id", None)
    found = run.get(Ref(Kind.INTERACTION, interaction_id)) if interaction_id else None
    checkout = _checkout_named(command, channel, run)
    return CaseContext(
        at=run.at,
        actor=run.stamp.actor,
        ids=run.ids,
        policy=run.policy(channel),
        case_number=lambda: f"CASE{run.number('case'):07d}",
        orders={order_id: run.order(order_ref(channel, order_id)) for order_id in dict.fromkeys(named) if order_id},
        checkout_known=checkout is not None,
        checkout_account=checkout.account if checkout else None,
        interaction=cast("Interaction | None", found),
        is_customer=run.stamp.actor.kind is ActorKind.CUSTOMER,
        policy_version=run.policies.version,
    )


def _checkout_named(command: Any, channel: str, run: Run) -> CheckoutFile | None:
    """The checkout that OpenCase names, if anybody has spoken of it yet."""
    checkout_id = getattr(command, "checkout_id", None)
    if not checkout_id:
        return None
    file = run.checkout(checkout_ref(channel, checkout_id))
    return file if file.kind is not None or file.operations else None


def _case_answer(command: Any, events: tuple[object, ...], run: Run) -> Answer:
    case = run.case(command.case_id)
    if case is None:
        raise LookupError(command.case_id)
    if isinstance(command, _TASKS):
        task_id = next((e.task_id for e in events if hasattr(e, "task_id")), getattr(command, "task_id", ""))
        task = case.tasks[task_id]
        return Answer(EntityType.TASK, task_id, task.version, f"Task of {case.case_number} is {task.state}.")
    if isinstance(command, c.AddComment):
        comment_id = next(e.comment_id for e in events if isinstance(e, CaseCommented))
        return Answer(EntityType.COMMENT, comment_id, case.version, f"Comment on {case.case_number} kept.")
    message = f"{case.case_number} is {case.state}."
    if isinstance(command, c.ResolveCase):
        still = open_actions(case)
        if still:
            message += " Actions that go on: " + ", ".join(f"{a.entity_type} {a.state}" for a in still) + "."
    preview = Preview(state=str(case.state))
    if isinstance(command, _LINES):
        line = case.lines[command.case_line_id]
        return Answer(
            EntityType.CASE_LINE, line.case_line_id, case.version, f"{message[:-1]}, the line {line.state}.", preview
        )
    return Answer(EntityType.CASE, case.case_id, case.version, message, preview)
