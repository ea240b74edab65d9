"""The commands that agents, customers and the system send: the imperative half of contract.md 4.

Fields and names are the contract's. Times are µs since 1970 UTC, amounts minor units, ids lower-case uuids as text.
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
    id: str
    name: str | None = None
    roles: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
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
    case_line_id: str
    order_id: str | None = None
    line_number: int | None = None
    request: ChangeRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuantity:
    line_number: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    line_number: int
    new_quantity: int | None = None
    delivery_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLineInput:
    line_number: int
    quantity: int
    reason: str
    return_to_source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppeasementLineInput:
    line_number: int
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLineInput:
    line_number: int
    quantity: int
    new_sku: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReshipmentLineInput:
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
    short_description: str | None = None
    description: str | None = None
    priority: int | None = None
    contact: Contact | None = None
    channel: ContactChannel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCaseLines(CaseCommand):
    lines: tuple[CaseLineInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCaseLines(CaseCommand):
    case_line_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCaseLine(CaseCommand):
    case_line_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCaseLine(CaseCommand):
    case_line_id: str
    request: ChangeRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitCase(CaseCommand):
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCase(CaseCommand):
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCase(CaseCommand):
    assignee: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCaseLine(CaseCommand):
    case_line_id: str
    assignee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInformation(CaseCommand):
    case_line_ids: tuple[str, ...] = ()
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationReceived(CaseCommand):
    case_line_ids: tuple[str, ...] = ()
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveCaseLine(CaseCommand):
    case_line_id: str
    outcome: Outcome
    resolution_code: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveCase(CaseCommand):
    outcome: Outcome | None = None
    resolution_code: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase(CaseCommand):
    accepted_by: AcceptedBy
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectSolution(CaseCommand):
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTask(CaseCommand):
    case_line_id: str
    short_description: str
    description: str | None = None
    assignee: str | None = None
    group: str | None = None
    due_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTask(CaseCommand):
    task_id: str
    assignee: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTask(CaseCommand):
    task_id: str
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTask(CaseCommand):
    task_id: str
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddComment(Command):
    case_id: str | None = None
    sales_channel: str | None = None
    order_id: str | None = None
    text: str
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearAttention(Command):
    case_id: str | None = None
    sales_channel: str | None = None
    order_id: str | None = None
    attention: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInteraction(Command):
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
    lines: tuple[LineQuantity, ...] = ()
    reason: str
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder(OrderCommand):
    lines: tuple[ChangeLine, ...] = ()
    shipping_address: Address | None = None
    shipping_method: str | None = None
    shipping_id: str | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOrderChange(OrderCommand):
    change_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReturn(OrderCommand):
    lines: tuple[ReturnLineInput, ...] = ()
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveReturn(OrderCommand):
    return_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyReturn(OrderCommand):
    return_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReturn(OrderCommand):
    return_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideReturnLine(OrderCommand):
    return_id: str
    line_number: int
    verdict: Verdict
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveRefund(RefundCommand):
    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRefund(RefundCommand):
    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRefund(RefundCommand):
    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRefundOffline(RefundCommand):
    refund_id: str
    reference: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryVoid(OrderCommand):
    cancellation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAppeasement(OrderCommand):
    lines: tuple[AppeasementLineInput, ...] = ()
    amount_includes_tax: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayment(Command):
    sales_channel: str
    checkout_id: str
    case_id: str | None = None
    case_line_id: str | None = None
    payment_ref: str
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateExchange(OrderCommand):
    lines: tuple[ExchangeLineInput, ...] = ()
    comment: str | None = None
    new_shipping_method: str | None = None
    new_shipping_address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelExchange(OrderCommand):
    exchange_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReshipment(OrderCommand):
    lines: tuple[ReshipmentLineInput, ...] = ()
    take_back: bool = False
    comment: str | None = None
    shipping_method: str | None = None
    shipping_address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReshipment(OrderCommand):
    reshipment_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendNotice(Command):
    notice_id: str
    sales_channel: str | None = None
    order_id: str | None = None
    case_id: str | None = None
