"""Every remedy in every state with every command about it: it moves to the state here, or is refused with the code here.

Orders' cases have the same in test_case_pairs.py, with their lines and tasks in test_case_line_pairs.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from domain import commands as c
from domain.order_commands import ACTS
from domain.vocabulary import (
    CancellationState,
    ExchangeState,
    OrderChangeState,
    RefundState,
    ReshipmentState,
    ReturnState,
    Verdict,
)
from tests.builders.desk import APPROVER, MANAGER
from tests.builders.remedies import GIVEN, IN_PASSING, unanswered_refund, void_failed
from tests.builders.remedies_beside import Found

N, C, R, F, X, S = CancellationState, OrderChangeState, ReturnState, RefundState, ExchangeState, ReshipmentState


@dataclass(frozen=True)
class Row:
    """A command, the states that it leads to from each that allows it, and the code that every other state gets."""

    states: type[StrEnum]
    command: type[c.Command]
    leads: dict[Any, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    codes: dict[Any, str] = field(default_factory=dict)


ROWS = [
    Row(R, c.ApproveReturn, {R.REQUESTED: R.APPROVED}),
    Row(R, c.DenyReturn, {R.REQUESTED: R.DENIED}, {"reason": "worn"}),
    Row(R, c.CancelReturn, {R.REQUESTED: R.CANCELLED, R.APPROVED: R.CANCELLED}, codes={R.PARTLY_RECEIVED: "already_received"}),
    Row(R, c.DecideReturnLine, {R.PARTLY_RECEIVED: R.PARTLY_RECEIVED, R.RECEIVED: R.RECEIVED},
        {"line_number": 1, "verdict": Verdict.ACCEPT}),
    Row(F, c.ApproveRefund, {F.REQUESTED: F.PENDING_RELEASE}),
    Row(F, c.CancelRefund, {F.REQUESTED: F.CANCELLED}),
    Row(F, c.RetryRefund, dict.fromkeys((F.EXCEPTION, F.PARTLY_RELEASED, F.REVERSED), F.PENDING_RELEASE)),
    Row(F, c.ReleaseRefundOffline, dict.fromkeys((F.EXCEPTION, F.PARTLY_RELEASED, F.REVERSED), F.RELEASED_OFFLINE),
        {"reference": "cash 7"}),
    Row(N, c.RetryVoid, {}),
    Row(C, c.WithdrawOrderChange, {C.ASKED: C.WITHDRAWN, C.TIMED_OUT: C.WITHDRAWN}),
    Row(X, c.CancelExchange, dict.fromkeys((X.REQUESTED, X.WAITING_GOODS, X.ORDER_CREATED, X.OVERDUE), X.CANCELLED)),
    Row(S, c.CancelReshipment, {S.ORDER_CREATED: S.CANCELLED}),
]  # fmt: skip
PAIRS = [pytest.param(row, state, id=f"{state}-{row.command.__name__}") for row in ROWS for state in GIVEN[row.states]]


def send(found: Found, kind: type[c.Command], **fields: Any) -> str:
    """The code of the refusal; "" when it is accepted."""
    name = ACTS[kind].id_field
    assert name is not None
    actor = APPROVER if kind is c.ApproveReturn else MANAGER
    named: dict[str, Any] = {name: found.id, **fields}
    return found.desk.send(kind, actor, **named).code or ""


@pytest.mark.parametrize(("row", "state"), PAIRS)
def test_a_command_in_a_state_moves_the_remedy_or_is_refused_and_changes_nothing(row: Row, state: StrEnum) -> None:
    found = GIVEN[row.states][state]()
    assert found.thing.state is state
    before = dict(found.desk.things)
    code = send(found, row.command, **row.fields)
    if state in row.leads:
        assert (code, found.thing.state) == ("", row.leads[state])
    else:
        assert code == row.codes.get(state, "wrong_state")
        assert found.desk.things == before


@pytest.mark.parametrize(
    ("make", "command", "fields", "group", "after"),
    [
        (unanswered_refund, c.RetryRefund, {}, "refunds", F.PENDING_RELEASE),
        (unanswered_refund, c.ReleaseRefundOffline, {"reference": "cash 7"}, "refunds", F.RELEASED_OFFLINE),
        (void_failed, c.RetryVoid, {}, "cancellations", N.CONFIRMED),
    ],
)
def test_what_nobody_answered_or_what_failed_can_be_asked_for_again(
    make: Callable[[], Found], command: type[c.Command], fields: dict[str, Any], group: str, after: StrEnum
) -> None:
    found = make()
    assert (found.group, send(found, command, **fields)) == (group, "")
    assert found.thing.state is after


def test_the_pairs_above_name_every_command_on_a_remedy_and_every_state_that_one_rests_in() -> None:
    assert {row.command for row in ROWS} == {kind for kind, act in ACTS.items() if act.id_field}
    for states, given in GIVEN.items():
        assert set(given) | IN_PASSING & set(states) == set(states) - {states("UNKNOWN")}
