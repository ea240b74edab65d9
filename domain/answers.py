"""What the reply to an accepted command says, and what every command is checked for: channel, right, version."""

from dataclasses import dataclass

from domain import commands as c
from domain.refusals import Findings
from domain.rights import has_right, right_of
from domain.run import Run
from domain.vocabulary import ActorKind, EntityType
from domain.world import Preview


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reply to an accepted command says: the thing it made or addressed, and a sentence."""

    entity_type: EntityType
    entity_id: str
    version: int | None
    message: str
    preview: Preview | None = None


def may(findings: Findings, command: c.Command, sales_channel: str, run: Run) -> None:
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


def check_version(findings: Findings, command: c.Command, version: int, what: str) -> None:
    if command.expected_version is not None and command.expected_version != version:
        findings.add(
            "version_conflict", f"{what} is at version {version}, not {command.expected_version}; look at it again."
        )
