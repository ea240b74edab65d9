"""To whom cases and tasks may be assigned."""

from domain.policy import Policy
from domain.refusals import Findings


def check_assignment(findings: Findings, policy: Policy, assignee: str | None, group: str | None) -> None:
    """Adds `not_in_group` for a group that the policy does not list, or an assignee named with one but not in it."""
    if not group:
        return
    members = policy.cases.groups.get(group)
    if members is None:
        listed = ", ".join(policy.cases.groups) or "none"
        findings.add("not_in_group", f"The policy lists no group {group}; its groups are: {listed}.")
    elif assignee and assignee not in members:
        findings.add("not_in_group", f"{assignee} is not a member of {group}; choose a member or another group.")
