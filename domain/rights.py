"""Who may do what: every command needs exactly one right, roles are lists of rights (domain.md 11)."""

from collections.abc import Iterable, Mapping
from typing import Final

from domain import commands as c

CUSTOMER: Final = "customer"

RIGHT: Final[dict[type[c.Command], str]] = {
    **dict.fromkeys(
        (c.OpenCase, c.EditCase, c.AddCaseLines, c.RemoveCaseLines, c.CancelCaseLine, c.EditCaseLine, c.SubmitCase,
         c.CancelCase, c.AssignCase, c.AssignCaseLine, c.RequestInformation, c.InformationReceived, c.ResolveCaseLine,
         c.ResolveCase, c.CloseCase, c.RejectSolution, c.AddTask, c.AssignTask, c.CompleteTask, c.CancelTask,
         c.RecordInteraction),
        "cases.work",
    ),
    c.CancelOrder: "orders.cancel",
    c.ChangeOrder: "orders.change",
    c.WithdrawOrderChange: "orders.change",
    c.CreateReturn: "returns.create",
    c.CancelReturn: "returns.create",
    c.ApproveReturn: "returns.approve",
    c.DenyReturn: "returns.approve",
    c.DecideReturnLine: "returns.approve",
    c.ApproveRefund: "refunds.approve",
    c.CancelRefund: "refunds.cancel",
    c.RetryRefund: "refunds.retry",
    c.RetryVoid: "refunds.retry",
    c.ReleaseRefundOffline: "refunds.offline",
    c.RefundPayment: "refunds.create",
    c.CreateAppeasement: "appeasements.create",
    c.CreateExchange: "exchanges.create",
    c.CancelExchange: "exchanges.create",
    c.CreateReshipment: "reshipments.create",
    c.CancelReshipment: "reshipments.create",
    c.ResendNotice: "notices.resend",
}  # fmt: skip

_VIEW: Final = ("orders.view", "cases.view")
_APPROVE: Final = ("returns.approve", "refunds.approve", "refunds.cancel")
_WORK: Final = ("cases.work", "notices.resend", "orders.cancel", "orders.change", "orders.comment", "orders.export",
                "returns.create", "exchanges.create", "reshipments.create", "refunds.retry")  # fmt: skip
_CHIEF: Final = ("refunds.create", "orders.cancel_force", "refunds.offline", "appeasements.any_amount", "parked.manage")

ROLES: Final[dict[str, tuple[str, ...]]] = {
    "viewer": _VIEW,
    "agent": (*_VIEW, *_WORK, "appeasements.create"),
    "approver": (*_VIEW, *_APPROVE, "personal.reveal"),
    "manager": (*_VIEW, *_WORK, *_APPROVE, *_CHIEF, "appeasements.create", "personal.reveal"),
    "system": (*_VIEW, *_WORK, *_APPROVE),
    CUSTOMER: _VIEW,
}
"""The default roles. A deployment's policy may replace or add some; an unknown role gives nothing."""

CUSTOMER_COMMANDS: Final = (c.OpenCase, c.AddCaseLines, c.SubmitCase, c.AddComment, c.InformationReceived, c.CloseCase,
                            c.RejectSolution)  # fmt: skip
"""What a customer may send about the own account; the case's rules say under which conditions."""


def right_of(command: c.Command) -> str:
    """The one right that a command needs."""
    if isinstance(command, c.AddComment | c.ClearAttention):
        return "cases.work" if command.case_id else "orders.comment"
    return RIGHT[type(command)]


def has_right(right: str, roles: Iterable[str], table: Mapping[str, tuple[str, ...]] = ROLES) -> bool:
    """Whether one of the roles gives the right; `*` and `cases.*` in the table stand for all and all of an area."""
    area = right.partition(".")[0]
    return any(given in (right, "*", f"{area}.*") for role in roles for given in table.get(role, ()))
