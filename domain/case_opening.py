"""Opening a case: what it may be about, for whom, and what is refused (domain.md 4)."""

from typing import Final

from domain.case_context import CaseContext, Events, account_of
from domain.case_events import CaseOpened
from domain.case_file import Case
from domain.case_lines import made_lines
from domain.commands import OpenCase
from domain.copying import replace
from domain.reference_data import Interaction
from domain.refusals import Findings
from domain.vocabulary import CaseOrigin, CaseScope, CaseState, ContactChannel

SHORT: Final = 160
"""Characters of a short description."""


def check_words(
    findings: Findings, short_description: str | None, priority: int | None, channel: ContactChannel | None
) -> None:
    """Adds `invalid_command` for values that no case can have; None is not looked at."""
    if short_description is not None and not 1 <= len(short_description.strip()) <= SHORT:
        findings.add("invalid_command", f"A short description has 1 to {SHORT} characters; shorten or fill it.")
    if priority is not None and priority < 1:
        findings.add("invalid_command", f"Priority {priority} does not exist; 1 is the highest.")
    if channel is ContactChannel.UNKNOWN:
        findings.add("invalid_command", "The contact channel is not known; use one of the contract.")


def open_case(command: OpenCase, existing: Case | None, context: CaseContext, findings: Findings) -> Events:
    """The case in DRAFT with its lines. Its account is the one named, else the first order's, else the checkout's."""
    if existing is not None:
        findings.add("already_exists", f"The id is that of {existing.case_number} already; use a new one.")
    check_words(findings, command.short_description, command.priority, command.channel)
    _check_scope(findings, command, context)
    _check_service(findings, command.service, context)
    account = command.account_id or context.account(command.order_id, *(x.order_id for x in command.lines))
    draft = _draft(command, account or context.checkout_account, context)
    _check_account(findings, draft, context)
    _check_interaction(findings, draft, context.interaction)
    lines = made_lines(findings, draft, command.lines, context)
    findings.raise_first()
    by_id = {line.case_line_id: line for line in lines}
    case = replace(draft, case_number=context.case_number(), lines=by_id, lines_made=len(by_id))
    return (CaseOpened(case.case_id, case),)


def _draft(command: OpenCase, account: str | None, context: CaseContext) -> Case:
    return Case(
        case_id=command.case_id,
        case_number="the case",
        state=CaseState.DRAFT,
        version=1,
        created_at=context.at,
        created_by=context.actor,
        sales_channel=command.sales_channel,
        service=command.service,
        scope=command.scope,
        origin=command.origin,
        channel=command.channel,
        account_id=account,
        order_id=command.order_id,
        checkout_id=command.checkout_id,
        interaction_id=command.interaction_id,
        contact=command.contact,
        priority=command.priority,
        short_description=command.short_description.strip(),
        description=command.description,
        policy_version=context.policy_version,
    )


def _check_scope(findings: Findings, command: OpenCase, context: CaseContext) -> None:
    if command.scope is CaseScope.UNKNOWN or command.origin is CaseOrigin.UNKNOWN:
        findings.add("invalid_command", "The scope or origin is not known; use one of the contract.")
    if command.scope is CaseScope.SPECIFIC_LINES:
        if not command.order_id:
            findings.add("order_required", "A case on specific lines has no order; name it in order_id.")
        elif context.order(command.order_id) is None:
            findings.add(
                "unknown_order",
                f"Order {command.order_id} is not known in {command.sales_channel} (yet); check the id.",
            )
    elif command.order_id:
        findings.add(
            "wrong_scope",
            "order_id belongs to cases on specific lines; name the order in a line, or choose SPECIFIC_LINES.",
        )
    if command.scope is CaseScope.CHECKOUT and not command.checkout_id:
        findings.add("checkout_required", "A case on a checkout has no checkout; name it in checkout_id.")
    if command.checkout_id and not context.checkout_known:
        findings.add(
            "unknown_entity",
            f"Checkout {command.checkout_id} is not known in {command.sales_channel} (yet); check the id.",
        )


def _check_account(findings: Findings, case: Case, context: CaseContext) -> None:
    """The order and the checkout that the case names; the orders of its lines are looked at with the lines."""
    order = context.order(case.order_id)
    if order and account_of(order) != case.account_id:
        findings.add(
            "wrong_account",
            f"Order {case.order_id} belongs to account {account_of(order)}, not to {case.account_id}; leave account_id "
            "out, or name the order's.",
        )
    if context.checkout_account not in (None, case.account_id):
        findings.add(
            "wrong_account",
            f"Checkout {case.checkout_id} belongs to account {context.checkout_account}, not to {case.account_id}; leave "
            "account_id out, or name the checkout's.",
        )


def _check_service(findings: Findings, service: str, context: CaseContext) -> None:
    offered = [each.code for each in context.policy.cases.services]
    if service not in offered:
        findings.add("service_not_offered", f"Service {service} is not offered; choose one of {', '.join(offered)}.")


def _check_interaction(findings: Findings, case: Case, interaction: Interaction | None) -> None:
    if case.interaction_id is None:
        return
    if interaction is None:
        findings.add("unknown_entity", f"Interaction {case.interaction_id} is not known; record it first.")
        return
    if interaction.sales_channel != case.sales_channel:
        findings.add(
            "wrong_scope",
            f"The interaction was in {interaction.sales_channel}, not in {case.sales_channel}; open the case there.",
        )
    if interaction.account_id and case.account_id and interaction.account_id != case.account_id:
        findings.add(
            "wrong_account",
            f"The interaction was with account {interaction.account_id}, the case is {case.account_id}'s; leave the interaction out.",
        )
