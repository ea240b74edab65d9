"""What a remedy begins with that somebody asked for."""

from typing import TypedDict

from domain.actors import ActorRef
from domain.commands import OrderCommand, RefundPayment
from domain.run import Run


class Beginning(TypedDict):
    version: int
    created_at: int
    created_by: ActorRef
    asked_by: str
    case_id: str | None
    case_line_id: str | None
    policy_version: str


def beginning(command: OrderCommand | RefundPayment, run: Run) -> Beginning:
    """When and by whom it was asked for, for which case, under which policy."""
    return Beginning(
        version=1,
        created_at=run.at,
        created_by=run.stamp.actor,
        asked_by=command.actor.id,
        case_id=command.case_id,
        case_line_id=command.case_line_id,
        policy_version=run.policies.version,
    )
