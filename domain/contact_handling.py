"""Commands beside orders and cases: who called and why, and mails that are to go out again."""

from domain import commands as c
from domain.answers import Answer, may
from domain.engine import ask_notice
from domain.notices import NoticeDraft
from domain.reference_data import Interaction
from domain.refusals import Findings, Refused
from domain.run import Run, case_ref, order_ref
from domain.vocabulary import ActorKind, EntityType
from domain.world import Kind, Ref


def record_interaction(command: c.RecordInteraction, run: Run) -> Answer:
    findings = Findings()
    may(findings, command, command.sales_channel, run)
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


def resend_notice(command: c.ResendNotice, run: Run) -> Answer:
    """The same facts to the same address under a new id."""
    notice = run.notice(command.notice_id)
    if notice is None:
        raise Refused(
            "unknown_entity", f"No notice {command.notice_id} was ever asked for; take its id from the history."
        )
    findings = Findings()
    may(findings, command, notice.sales_channel, run)
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
