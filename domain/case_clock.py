"""The clock of a case: runs from NEW, stands while the customer is asked, stops at RESOLVED (domain.md 4, SLA)."""

from collections.abc import Mapping
from typing import Final

from domain.case_file import Case, Sla
from domain.copying import replace
from domain.vocabulary import CaseState, SlaState

_RUNS: Final = (CaseState.NEW, CaseState.WORK_IN_PROGRESS)
_STANDS: Final = {CaseState.AWAITING_INFO: SlaState.PAUSED, CaseState.RESOLVED: SlaState.MET}

BREACHED: Final = "sla_breached"
"""The attention code of a clock that ran out."""


def clock_at(case: Case, before: CaseState, at: int) -> Case:
    """The case with its clock as its step from `before` to its present state, at `at` (µs UTC), leaves it.

    A clock that is late when it is to stop is BREACHED then, whether or not somebody had noticed before.
    """
    if case.state is before or case.sla_state in (SlaState.NOT_STARTED, SlaState.BREACHED):
        return case
    if case.state in _RUNS:
        return _going_on(case, at)
    if case.state not in _STANDS:
        return case
    left = case.sla_left if case.sla_left is not None else (case.sla_due_at or at) - at
    if left < 0:
        attention = tuple(dict.fromkeys((*case.attention, BREACHED)))
        ran_out = case.sla_due_at or at
        return replace(case, sla_state=SlaState.BREACHED, sla_due_at=ran_out, sla_left=None, attention=attention)
    shown = None if case.state is CaseState.AWAITING_INFO else case.sla_due_at
    return replace(case, sla_state=_STANDS[case.state], sla_due_at=shown, sla_left=left)


def _going_on(case: Case, at: int) -> Case:
    if case.sla_left is None:
        return case
    return replace(case, sla_state=SlaState.RUNNING, sla_due_at=at + case.sla_left, sla_left=None)


def due_at(sla: Mapping[int, int], priority: int, at: int) -> int | None:
    """When a clock that starts at `at` runs out; None where the policy's `sla` (µs per priority) sets no time."""
    return at + sla[priority] if priority in sla else None


def replanned(case: Case, sla: Mapping[int, int], priority: int, at: int) -> Sla | None:
    """The clock of the case under another priority: the same time is used up. None: it stays as it is."""
    if case.submitted_at is None or case.sla_state is SlaState.BREACHED or priority == case.priority:
        return None
    if priority not in sla:
        return Sla(SlaState.NOT_STARTED)
    if case.sla_state is not SlaState.NOT_STARTED and case.priority in sla:
        more = sla[priority] - sla[case.priority]
        moved_due = None if case.sla_due_at is None else case.sla_due_at + more
        return Sla(case.sla_state, moved_due, None if case.sla_left is None else case.sla_left + more)
    due = case.submitted_at + sla[priority]
    if case.state in _RUNS:
        return Sla(SlaState.RUNNING, due)
    return Sla(_STANDS[case.state], None, due - at)
