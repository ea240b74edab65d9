"""Handling a command: who sent it, what decides it, and its reply; a dry run shows and keeps nothing."""

from domain import commands as c
from domain.actors import ActorRef, Stamp
from domain.answers import Answer
from domain.case_handling import on_case
from domain.contact_handling import record_interaction, resend_notice
from domain.identity import Ids, octets, uuid5
from domain.machine import ImpossibleStep
from domain.order_commands import ACTS
from domain.order_file import OrderFile
from domain.order_handling import on_checkout, on_order
from domain.policy import Policies
from domain.refusals import Refused
from domain.rights import CUSTOMER, has_right, right_of
from domain.run import Run
from domain.vocabulary import ActorKind
from domain.world import Effect, Outcome, Ref, Reply, World


def actor_of(command: c.Command, policies: Policies) -> ActorRef:
    """Who sent it: a customer when only that role gives anything, the system when that role is named, else an agent."""
    roles = set(command.actor.roles)
    kind = ActorKind.AGENT
    if CUSTOMER in roles and not has_right(right_of(command), roles, policies.roles):
        kind = ActorKind.CUSTOMER
    elif "system" in roles:
        kind = ActorKind.SYSTEM
    return ActorRef(command.actor.id, kind, command.actor.name)


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
            run = Run(world, policies, stamp, Ids(uuid5(octets(command.command_id), "dry run")))
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
        return record_interaction(command, run)
    if isinstance(command, c.ResendNotice):
        return resend_notice(command, run)
    of_a_case = isinstance(command, c.CaseCommand) or (
        isinstance(command, c.AddComment | c.ClearAttention) and command.case_id is not None
    )
    if of_a_case:
        return on_case(command, run)
    if isinstance(command, c.RefundPayment | c.RefundCommand) and command.checkout_id:
        return on_checkout(command, run)
    act = ACTS[type(command)]
    if not getattr(command, "order_id", None):
        raise Refused(
            "invalid_command",
            f"{type(command).__name__} names neither an order nor a checkout; name the one that it is about.",
        )
    return on_order(command, act, run)
