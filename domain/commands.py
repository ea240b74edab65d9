"""The commands that agents, customers and the system send: the imperative half of contract.md 4.

Fields and names are the contract's. Times are µs since 1970 UTC, amounts minor units, ids lower-case uuids as text.
In this order: what commands are made of; cases and their tasks; comments, attention, contacts; of an order its cancellations,
changes, returns, refunds and appeasements, exchanges, reshipments; mails.
"""

from dataclasses import dataclass
from datetime import date

from domain.facts import Address
from domain.vocabulary import (
    AcceptedBy,
    CaseOrigin,
    CaseScope,
    ContactChannel,
    Outcome,
    RequestedChangeKind,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who sends a command, as sent: `channels` ["*"] stands for all, `accounts` are a customer's own."""

    id: str
    name: str | None = None
    roles: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom a case speaks to; where it names no e-mail the order's customer is written to."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """What a case line asks for and what was granted of it. Prices in minor units."""

    kind: RequestedChangeKind
    requested_quantity: int | None = None
    requested_date: date | None = None
    requested_address: Address | None = None
    requested_price_minor: int | None = None
    requested_shipping_method: str | None = None
    approved_quantity: int | None = None
    approved_date: date | None = None
    approved_address: Address | None = None
    approved_price_minor: int | None = None
    approved_shipping_method: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLineInput:
    """A line to put on a case; the sender brings its id. `line_number` None: the whole order, both None: the checkout."""

    case_line_id: str
    order_id: str | None = None
    line_number: int | None = None
    request: ChangeRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuantity:
    """Units (≥ 1) of an order line."""

    line_number: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """What shall be different about an order line; None leaves it."""

    line_number: int
    new_quantity: int | None = None
    delivery_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLineInput:
    """Units of a line to come back, and why. `return_to_source` only where the policy lets one choose."""

    line_number: int
    quantity: int
    reason: str
    return_to_source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppeasementLineInput:
    """Money to give back for a line without moving units, minor units, > 0."""

    line_number: int
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLineInput:
    """Units of a line to be exchanged for a sibling SKU."""

    line_number: int
    quantity: int
    new_sku: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReshipmentLineInput:
    """Units of a line to be sent again."""

    line_number: int
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What every command carries."""

    command_id: str
    issued_at: int
    actor: Actor
    expected_version: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCommand(Command):
    """A command on one case."""

    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCommand(Command):
    """A command on one order, done for a case when `case_id` is set."""

    sales_channel: str
    order_id: str
    case_id: str | None = None
    case_line_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCommand(Command):
    """A command on a refund; exactly one of `order_id` and `checkout_id` is set."""

    sales_channel: str
    order_id: str | None = None
    checkout_id: str | None = None
    case_id: str | None = None
    case_line_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase(CaseCommand):
    """Opens a case in DRAFT. `lines` must fit the scope; `short_description` has 1 to 160 characters."""

    service: str
    scope: CaseScope
    sales_channel: str
    account_id: str | None = None
    order_id: str | None = None
    checkout_id: str | None = None
    channel: ContactChannel
    contact: Contact | None = None
    origin: CaseOrigin
    interaction_id: str | None = None
    priority: int = 3
    short_description: str
    description: str | None = None
    lines: tuple[CaseLineInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCase(CaseCommand):
    """Changes what a case says; None leaves it."""

    short_description: str | None = None
    description: str | None = None
    priority: int | None = None
    contact: Contact | None = None
    channel: ContactChannel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCaseLines(CaseCommand):
    """Puts further lines on a case that is not over."""

    lines: tuple[CaseLineInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCaseLines(CaseCommand):
    """Takes lines off a DRAFT case, as if they had never been."""

    case_line_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCaseLine(CaseCommand):
    """Gives up a line of a submitted case; refused while one of its actions is open."""

    case_line_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCaseLine(CaseCommand):
    """Replaces what a line asks for."""

    case_line_id: str
    request: ChangeRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitCase(CaseCommand):
    """DRAFT to NEW; needs a line."""

    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCase(CaseCommand):
    """Gives up a DRAFT case."""

    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCase(CaseCommand):
    """Sets assignee and group; an assignee starts the work on a NEW case. Both None is refused."""

    assignee: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCaseLine(CaseCommand):
    """Sets a line's assignee; starts the work on a NEW line."""

    case_line_id: str
    assignee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInformation(CaseCommand):
    """Asks the customer: of the case (no line ids) or of lines."""

    case_line_ids: tuple[str, ...] = ()
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationReceived(CaseCommand):
    """The customer answered."""

    case_line_ids: tuple[str, ...] = ()
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveCaseLine(CaseCommand):
    """Ends a line, accepted or denied."""

    case_line_id: str
    outcome: Outcome
    resolution_code: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveCase(CaseCommand):
    """Ends a case; `outcome` holds for the lines still open and is required while there are any."""

    outcome: Outcome | None = None
    resolution_code: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase(CaseCommand):
    """The solution is accepted. AUTOMATIC is the system's own."""

    accepted_by: AcceptedBy
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectSolution(CaseCommand):
    """The solution is not accepted: the work goes on."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTask(CaseCommand):
    """A piece of work on a case line. `due_at` in µs UTC."""

    case_line_id: str
    short_description: str
    description: str | None = None
    assignee: str | None = None
    group: str | None = None
    due_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTask(CaseCommand):
    """Sets a task's assignee and group."""

    task_id: str
    assignee: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTask(CaseCommand):
    """The task is done."""

    task_id: str
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTask(CaseCommand):
    """The task is not needed any more."""

    task_id: str
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment(Command):
    """A comment on a case or an order, 1 to 4000 characters; a public one on a case is mailed."""

    case_id: str | None = None
    sales_channel: str | None = None
    order_id: str | None = None
    text: str
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearAttention(Command):
    """A person has looked: these attention codes (all when empty) are cleared on a case or an order."""

    case_id: str | None = None
    sales_channel: str | None = None
    order_id: str | None = None
    attention: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInteraction(Command):
    """Keeps who called, how, about what. No states, no event."""

    interaction_id: str
    sales_channel: str
    channel: ContactChannel
    contact: Contact
    account_id: str | None = None
    order_id: str | None = None
    checkout_id: str | None = None
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder(OrderCommand):
    """Cancels units; no lines: all that can be. `force` skips the status list only and needs its own right."""

    lines: tuple[LineQuantity, ...] = ()
    reason: str
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder(OrderCommand):
    """Asks shop or warehouse for more of a line, another date, address or shipping method."""

    lines: tuple[ChangeLine, ...] = ()
    shipping_address: Address | None = None
    shipping_method: str | None = None
    shipping_id: str | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOrderChange(OrderCommand):
    """Takes a change back before anybody answered it."""

    change_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReturn(OrderCommand):
    """Announces goods that come back. `comment` has 1 to 1000 characters after trimming."""

    lines: tuple[ReturnLineInput, ...] = ()
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveReturn(OrderCommand):
    """A person approves a REQUESTED return."""

    return_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyReturn(OrderCommand):
    """A person denies a REQUESTED return; its units go back to the customer."""

    return_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReturn(OrderCommand):
    """Gives up a return before goods came and before its refund was sent."""

    return_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideReturnLine(OrderCommand):
    """A person's verdict on all undecided units of a line; `percent` 1 to 99 for ACCEPT_PART."""

    return_id: str
    line_number: int
    verdict: Verdict
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveRefund(RefundCommand):
    """A person lets a REQUESTED refund go to the gateways."""

    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRefund(RefundCommand):
    """Gives up a REQUESTED refund."""

    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRefund(RefundCommand):
    """Sends failed and unanswered legs again with their keys, and reversed ones anew."""

    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRefundOffline(RefundCommand):
    """What was not confirmed was paid by hand, under `reference`."""

    refund_id: str
    reference: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryVoid(OrderCommand):
    """Asks again for authorised money to be let go."""

    cancellation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAppeasement(OrderCommand):
    """Gives part of what was paid back. Amounts are net unless `amount_includes_tax`."""

    lines: tuple[AppeasementLineInput, ...] = ()
    amount_includes_tax: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayment(Command):
    """Gives money back that was captured for a checkout which never became an order."""

    sales_channel: str
    checkout_id: str
    case_id: str | None = None
    case_line_id: str | None = None
    payment_ref: str
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateExchange(OrderCommand):
    """Takes units back and sends another child of the same parent as an order E, at no charge."""

    lines: tuple[ExchangeLineInput, ...] = ()
    comment: str | None = None
    new_shipping_method: str | None = None
    new_shipping_address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelExchange(OrderCommand):
    """Gives up an exchange before its order ships."""

    exchange_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReshipment(OrderCommand):
    """Sends the same items again, free, as an order R; `take_back`: the first ones shall come back."""

    lines: tuple[ReshipmentLineInput, ...] = ()
    take_back: bool = False
    comment: str | None = None
    shipping_method: str | None = None
    shipping_address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReshipment(OrderCommand):
    """Gives up a reshipment before its order ships."""

    reshipment_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendNotice(Command):
    """Asks for the same mail again, under a new notice id."""

    notice_id: str
    sales_channel: str | None = None
    order_id: str | None = None
    case_id: str | None = None
