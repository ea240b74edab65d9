"""What a customer may do with cases: a few commands, on the own accounts only, under conditions (domain.md 11)."""

from domain.case_context import CaseContext
from domain.case_file import Case
from domain.commands import AddCaseLines, AddComment, Command, OpenCase
from domain.refusals import Findings
from domain.rights import CUSTOMER_COMMANDS
from domain.vocabulary import CaseState, ContactChannel


def restrict(findings: Findings, command: Command, case: Case | None, context: CaseContext) -> None:
    """Adds what forbids the command to a customer: `not_permitted`, `not_your_account`."""
    if not isinstance(command, CUSTOMER_COMMANDS):
        findings.add("not_permitted", f"{type(command).__name__} is for agents; write a comment on the case instead.")
    if isinstance(command, OpenCase) and command.channel is not ContactChannel.WEB:
        findings.add("not_permitted", "A customer opens cases through the web only; set the channel to WEB.")
    if isinstance(command, AddComment) and not command.public:
        findings.add("not_permitted", "A customer's comment is public; internal comments are for agents.")
    if isinstance(command, AddCaseLines) and case and case.state is not CaseState.DRAFT:
        findings.add("not_permitted", f"{case.case_number} is submitted; write a comment to have a line added.")
    if not _own(command, case, context):
        findings.add(
            "not_your_account", "A customer acts on cases and orders of the own accounts only; check the order or case."
        )


def _own(command: Command, case: Case | None, context: CaseContext) -> bool:
    """Whether the case and every order and checkout named belong to accounts of the actor; one at least must."""
    accounts = {case.account_id if case else None}
    named: list[str | None] = []
    if isinstance(command, OpenCase):
        accounts = {command.account_id, context.checkout_account}
        named = [command.order_id, *(line.order_id for line in command.lines)]
    elif isinstance(command, AddCaseLines):
        named = [line.order_id for line in command.lines]
    accounts |= {context.account(order_id) for order_id in named}
    accounts -= {None}
    return bool(accounts) and accounts <= set(command.actor.accounts)
