"""Handling a command: who may, on what, in which version; then its decision, its reply and what a dry run shows."""

from typing import Any, Final, cast
from uuid import UUID

from domain import commands as c
from domain import refund_commands
from domain.actors import ActorRef, Stamp
from domain.case_actions import check_action, open_actions
from domain.case_commands import decide_case
from domain.case_context import CaseContext
from domain.cases import Case, CaseCommented
from domain.checkouts import CheckoutFile
from domain.engine import ask_notice, publish_orders, settle, take
from domain.identity import Ids, uuid5
from domain.machine import ImpossibleStep
from domain.notices import NoticeDraft
from domain.order_commands import ACTS, Act
from domain.order_events import OrderCommented
from domain.order_file import OrderFile
from domain.policy import Policies
from domain.previews import preview_of
from domain.reference_data import Interaction
from domain.refusals import Findings, Refused
from domain.rights import CUSTOMER, has_right, right_of
from domain.run import Run, case_ref, checkout_ref, order_ref
from domain.vocabulary import ActorKind, EntityType
from domain.world import Effect, Kind, Outcome, Preview, Ref, Reply, World


def actor_of(command: c.Command, policies: Policies) -> ActorRef:
    """Who sent it: a customer when only that role gives anything, the system when that role is named, else an agent."""
    roles = set(command.actor.roles)
    kind = ActorKind.AGENT
    if CUSTOMER in roles and not has_right(right_of(command), roles, policies.roles):
        kind = ActorKind.CUSTOMER
    elif "system" in roles:
        kind = ActorKind.SYSTEM
    return ActorRef(command.actor.id, kind, command.actor.name)


class Answer:
    """What the reply to an accepted command says: the thing it made or addressed, and a sentence."""

    def __init__(self, entity_type: EntityType, entity_id: str, version: int | None, message: str, preview: Preview | None = None) -> None:  # fmt: skip
        self.entity_type = entity_type
        self.entity_id = entity_id
        self.version = version
        self.message = message
        self.preview = preview


def handle_command(command: c.Command, world: World, policies: Policies, at: int) -> Outcome:
    """The outcome of a command: accepted, refused, or only tried (dry run). Raises NotLoaded."""
    stamp = Stamp(at, actor_of(command, policies), command.command_id)
    run = Run(world, policies, stamp, Ids(command.command_id))
    try:
        try:
            answer = _decide(command, run)
        except ImpossibleStep:
            if not command.dry_run:
                raise
            # The command itself was carried out already, so what it would make is there under its ids: try with others.
            run = Run(world, policies, stamp, Ids(uuid5(UUID(command.command_id).bytes, "dry run")))
            answer = _decide(command, run)
    except Refused as refused:
        reply = Reply(
            command_id=command.command_id,
            accepted=False,
            code=refused.code,
            message=refused.message,
            dry_run=command.dry_run,
            occurred_at=at,
        )
        return Outcome(effect=Effect.REFUSED, changed={}, reply=reply)
    reply = Reply(
        command_id=command.command_id,
        accepted=True,
        message=f"Would be done: {answer.message}" if command.dry_run else answer.message,
        dry_run=command.dry_run,
        entity_type=answer.entity_type,
        entity_id=answer.entity_id,
        version=None if command.dry_run else answer.version,
        preview=answer.preview if command.dry_run else None,
        occurred_at=at,
    )
    if command.dry_run:
        return Outcome(effect=Effect.DRY_RUN, changed={}, reply=reply)
    awakens = tuple(ref for ref, thing in run.changed.items() if _made_known(run, ref, thing))
    return Outcome(effect=Effect.APPLIED, steps=tuple(run.steps), changed=run.changed, reply=reply, awakens=awakens)


def _made_known(run: Run, ref: Ref, thing: object) -> bool:
    before = run.before(ref) if isinstance(thing, OrderFile) else None
    return isinstance(thing, OrderFile) and thing.known and not (isinstance(before, OrderFile) and before.known)


def _decide(command: c.Command, run: Run) -> Answer:
    if isinstance(command, c.RecordInteraction):
        return _interaction(command, run)
    if isinstance(command, c.ResendNotice):
        return _resend(command, run)
    on_case = isinstance(command, c.CaseCommand) or (
        isinstance(command, c.AddComment | c.ClearAttention) and command.case_id is not None
    )
    if on_case:
        return _on_case(command, run)
    if isinstance(command, c.RefundPayment | c.RefundCommand) and command.checkout_id:
        return _on_checkout(command, run)
    act = ACTS[type(command)]
    if not getattr(command, "order_id", None):
        raise Refused(
            "invalid_command",
            f"{type(command).__name__} names neither an order nor a checkout; name the one that it is about.",
        )
    return _on_order(command, act, run)


def _may(findings: Findings, command: c.Command, sales_channel: str, run: Run) -> None:
    """Channel, then right. A customer's case commands are judged by the case's own rules."""
    actor = command.actor
    if "*" not in actor.channels and sales_channel not in actor.channels:
        findings.add(
            "channel_not_permitted", f"{actor.id} may not act in sales channel {sales_channel}; ask somebody who may."
        )
    right = right_of(command)
    if right == "cases.work" and run.stamp.actor.kind is ActorKind.CUSTOMER:
        return
    if not has_right(right, actor.roles, run.policies.roles):
        findings.add("not_permitted", f"{actor.id} lacks the right {right}; ask somebody whose role gives it.")


def _expected(findings: Findings, command: c.Command, version: int, what: str) -> None:
    if command.expected_version is not None and command.expected_version != version:
        findings.add(
            "version_conflict", f"{what} is at version {version}, not {command.expected_version}; look at it again."
        )


# Commands on an order


def _on_order(command: Any, act: Act, run: Run) -> Answer:
    ref = order_ref(command.sales_channel, command.order_id)
    file = run.order(ref)
    if not file.known:
        raise Refused(
            "unknown_order",
            f"No order {command.order_id} is known in sales channel {command.sales_channel}; check the number, or send it again when the order has come.",
        )
    findings = Findings()
    _may(findings, command, file.sales_channel, run)
    if isinstance(command, c.CancelOrder) and command.force and not has_right("orders.cancel_force", command.actor.roles, run.policies.roles):  # fmt: skip
        findings.add(
            "not_permitted", f"{command.actor.id} lacks the right orders.cancel_force; send the command without force."
        )
    _for_case(findings, command, file, run)
    entity_id = getattr(command, act.id_field) if act.id_field else None
    remedies = getattr(file, act.remedies) if act.remedies else {}
    version = remedies[entity_id].version if entity_id in remedies else file.version
    if entity_id is None or entity_id in remedies:
        _expected(
            findings, command, version, f"{act.entity_type} {entity_id}" if entity_id else f"Order {file.order_id}"
        )
    try:
        events = act.decide(command, file, run)
    except Refused as refused:
        findings.add_refused(refused)
        events = []
    findings.raise_first()
    for event in events:
        take(run, ref, event)
    settle(run)
    publish_orders(run)
    return _order_answer(command, act, ref, events, run)


def _on_checkout(command: Any, run: Run) -> Answer:
    """The refund of a checkout: RefundPayment makes it, the commands on refunds address it."""
    if getattr(command, "order_id", None):
        raise Refused("invalid_command", "Both an order and a checkout are named; name the one that has the money.")
    ref = checkout_ref(command.sales_channel, command.checkout_id)
    file = run.checkout(ref)
    findings = Findings()
    _may(findings, command, command.sales_channel, run)
    if file.kind is None and not file.operations:
        findings.add(
            "unknown_entity", f"No checkout {command.checkout_id} is known in {command.sales_channel}; check the id."
        )
    _for_case(findings, command, file, run)
    refund_id = getattr(command, "refund_id", None)
    if refund_id in file.refunds:
        _expected(findings, command, file.refunds[refund_id].version, f"Refund {refund_id}")
    decide = refund_commands.decide_payment if isinstance(command, c.RefundPayment) else ACTS[type(command)].decide
    try:
        events = decide(command, cast("Any", file), run)
    except Refused as refused:
        findings.add_refused(refused)
        events = []
    findings.raise_first()
    for event in events:
        take(run, ref, event)
    settle(run)
    publish_orders(run)
    refund = run.checkout(ref).refunds[refund_id or cast("Any", events[0]).refund_id]
    preview = Preview(
        state=str(refund.state),
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        legs=tuple((leg.payment_ref, leg.amount_minor) for leg in refund.legs),
    )
    return Answer(EntityType.REFUND, refund.refund_id, refund.version, f"Refund is {refund.state}.", preview)


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
    parked = " Some messages of this order are parked." if "parked" in file.attention else ""
    message = f"{act.done} {name + ' ' if name else ''}is {thing.state}.{parked}"
    return Answer(act.entity_type, entity_id, thing.version, message, preview_of(thing, ref, run))


# Commands on a case


def _on_case(command: Any, run: Run) -> Answer:
    case = run.case(command.case_id)
    channel = case.sales_channel if case else getattr(command, "sales_channel", None)
    findings = Findings()
    if isinstance(command, c.OpenCase):
        _unknown_orders(findings, command, run)
    elif case is None:
        findings.add("unknown_case", f"No case {command.case_id} exists; check the id.")
    if channel:
        _may(findings, command, channel, run)
    if case and not isinstance(command, c.OpenCase):
        version, what = _addressed(command, case)
        _expected(findings, command, version, what)
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


_TASKS: Final = (c.AddTask, c.AssignTask, c.CompleteTask, c.CancelTask)
_LINES: Final = (c.CancelCaseLine, c.EditCaseLine, c.AssignCaseLine, c.ResolveCaseLine)


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


# Beside orders and cases


def _interaction(command: c.RecordInteraction, run: Run) -> Answer:
    findings = Findings()
    _may(findings, command, command.sales_channel, run)
    ref = Ref(Kind.INTERACTION, command.interaction_id)
    if run.get(ref) is not None:
        findings.add(
            "already_exists", f"Interaction {command.interaction_id} is recorded already; use a new id for another one."
        )
    if run.stamp.actor.kind is ActorKind.CUSTOMER:
        findings.add("not_permitted", "Interactions are recorded by agents; open a case instead.")
    findings.raise_first()
    interaction = Interaction(
        interaction_id=command.interaction_id,
        sales_channel=command.sales_channel,
        channel=command.channel,
        contact=command.contact,
        summary=command.summary,
        recorded_at=run.at,
        recorded_by=run.stamp.actor,
        account_id=command.account_id,
        order_id=command.order_id,
        checkout_id=command.checkout_id,
    )
    run.put(ref, interaction)
    return Answer(EntityType.INTERACTION, command.interaction_id, 1, "Interaction recorded.")


def _resend(command: c.ResendNotice, run: Run) -> Answer:
    """The same facts to the same address under a new id."""
    notice = run.notice(command.notice_id)
    if notice is None:
        raise Refused(
            "unknown_entity", f"No notice {command.notice_id} was ever asked for; take its id from the history."
        )
    findings = Findings()
    _may(findings, command, notice.sales_channel, run)
    findings.raise_first()
    draft = NoticeDraft(
        kind=notice.kind,
        recipient=notice.recipient or None,
        language=notice.language,
        order_id=notice.order_id,
        case_id=notice.case_id,
        facts=notice.facts,
        test=notice.test,
    )
    home = order_ref(notice.sales_channel, notice.order_id) if notice.order_id else case_ref(notice.case_id or "")
    notice_id = ask_notice(run, home, draft, resent_of=notice.notice_id)
    if notice_id is None:
        raise Refused(
            "wrong_state",
            f"The policy of {notice.sales_channel} switches {notice.kind} off; have notices.off changed first.",
        )
    return Answer(EntityType.NOTICE, notice_id, 1, f"{notice.kind} is asked for again.")
