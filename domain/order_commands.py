"""The commands on an order: who decides them, what they are about, and how their reply reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from domain import (
    appeasements,
    cancel_orders,
    change_orders,
    exchange_requests,
    refund_commands,
    reshipment_requests,
    return_receipts,
    return_requests,
)
from domain import commands as c
from domain.order_events import AttentionCleared, OrderCommented
from domain.order_file import OrderFile
from domain.refusals import Findings, Refused
from domain.run import Run
from domain.vocabulary import EntityType
from domain.wishes import check_comment

Decide = Callable[[Any, OrderFile, Run], list[object]]


@dataclass(frozen=True, slots=True)
class Act:
    """One command: what decides it, the kind of thing that it makes or addresses, the field that holds that thing's id on
    the command (None: the command makes it) and where it stands in the order file. `done` starts the reply's sentence."""

    decide: Decide
    entity_type: EntityType
    id_field: str | None
    remedies: str
    done: str

    def id_name(self) -> str:
        return f"{self.entity_type}_id"


E = EntityType


def _comment(command: c.AddComment, file: OrderFile, run: Run) -> list[object]:
    del file
    findings = Findings()
    check_comment(findings, command.text, 4000)
    findings.raise_first()
    return [OrderCommented(command.text.strip(), command.public, run.ids.new(EntityType.COMMENT))]


def _clear_attention(command: c.ClearAttention, file: OrderFile, run: Run) -> list[object]:
    del run
    codes = tuple(code for code in file.attention if not command.attention or code in command.attention)
    if not codes:
        raise Refused("nothing_to_change", f"Order {file.order_id} has no such attention; it has {', '.join(file.attention) or 'none'}; there is nothing to clear.")  # fmt: skip
    return [AttentionCleared(codes, command.note)]


ACTS: Final[dict[type[c.Command], Act]] = {
    c.CancelOrder: Act(cancel_orders.decide, E.CANCELLATION, None, "cancellations", "Cancellation"),
    c.ChangeOrder: Act(change_orders.decide, E.CHANGE, None, "changes", "Change"),
    c.WithdrawOrderChange: Act(change_orders.decide_withdraw, E.CHANGE, "change_id", "changes", "Change"),
    c.CreateReturn: Act(return_requests.decide_create, E.RETURN, None, "returns", "Return"),
    c.ApproveReturn: Act(return_requests.decide_approve, E.RETURN, "return_id", "returns", "Return"),
    c.DenyReturn: Act(return_requests.decide_deny, E.RETURN, "return_id", "returns", "Return"),
    c.CancelReturn: Act(return_requests.decide_cancel, E.RETURN, "return_id", "returns", "Return"),
    c.DecideReturnLine: Act(return_receipts.decide_line, E.RETURN, "return_id", "returns", "Return"),
    c.ApproveRefund: Act(refund_commands.decide_approve, E.REFUND, "refund_id", "refunds", "Refund"),
    c.CancelRefund: Act(refund_commands.decide_cancel, E.REFUND, "refund_id", "refunds", "Refund"),
    c.RetryRefund: Act(refund_commands.decide_retry, E.REFUND, "refund_id", "refunds", "Refund"),
    c.ReleaseRefundOffline: Act(refund_commands.decide_offline, E.REFUND, "refund_id", "refunds", "Refund"),
    c.RetryVoid: Act(refund_commands.decide_retry_void, E.CANCELLATION, "cancellation_id", "cancellations", "Void"),
    c.CreateAppeasement: Act(appeasements.decide_appeasement, E.REFUND, None, "refunds", "Appeasement"),
    c.CreateExchange: Act(exchange_requests.decide_exchange, E.EXCHANGE, None, "exchanges", "Exchange"),
    c.CancelExchange: Act(exchange_requests.decide_cancel_exchange, E.EXCHANGE, "exchange_id", "exchanges", "Exchange"),
    c.CreateReshipment: Act(reshipment_requests.decide_reshipment, E.RESHIPMENT, None, "reshipments", "Reshipment"),
    c.CancelReshipment: Act(
        reshipment_requests.decide_cancel_reshipment, E.RESHIPMENT, "reshipment_id", "reshipments", "Reshipment"
    ),
    c.AddComment: Act(_comment, E.ORDER, None, "", "Comment"),
    c.ClearAttention: Act(_clear_attention, E.ORDER, None, "", "Attention"),
}
"""Every command on an order that this version carries out."""
