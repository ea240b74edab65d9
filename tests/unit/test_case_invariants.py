"""What holds for every case after every sequence of commands and facts, whatever is refused on the way."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.case_actions import action_moved, open_actions
from domain.cases import (
    OPEN_CASE,
    OPEN_LINE,
    RESOLVED_LINE,
    TERMINAL_LINE,
    Case,
    CaseAction,
    SolutionRejected,
    TaskEvent,
    case_line_number,
    task_number,
)
from domain.cases import CaseCommented as Commented
from domain.commands import (
    AddCaseLines,
    AddComment,
    AddTask,
    AssignCase,
    AssignCaseLine,
    AssignTask,
    CancelCase,
    CancelCaseLine,
    CancelTask,
    ClearAttention,
    CloseCase,
    Command,
    CompleteTask,
    EditCase,
    InformationReceived,
    RejectSolution,
    RemoveCaseLines,
    RequestInformation,
    ResolveCase,
    ResolveCaseLine,
    SubmitCase,
)
from domain.refusals import Refused
from domain.vocabulary import (
    AcceptedBy,
    BlockedBy,
    CaseLineState,
    CaseState,
    EntityType,
    Outcome,
    RequestedChangeKind,
    SlaState,
    TaskState,
)
from tests.builders.cases import AGENT, CUSTOMER, HOUR, Desk, input_line, line_id

LINES = st.integers(1, 6)
KINDS = st.sampled_from([None, RequestedChangeKind.PRICE, RequestedChangeKind.QUANTITY])
OUTCOMES = st.sampled_from([Outcome.ACCEPTED, Outcome.DENIED])
SOME_LINES = st.lists(LINES, max_size=2, unique=True)
ON_A_LINE: dict[type[Command], dict[str, Any]] = {
    CancelCaseLine: {"reason": "entered twice"},
    AssignCaseLine: {"assignee": "bob"},
    AddTask: {"short_description": "Ask the store"},
}
PLAIN: dict[type[Command], dict[str, Any]] = {
    SubmitCase: {},
    CancelCase: {},
    RejectSolution: {},
    ClearAttention: {},
    ResolveCase: {},
    CloseCase: {"accepted_by": AcceptedBy.AGENT},
    EditCase: {"description": "In red"},
}


class CaseLife(RuleBasedStateMachine):
    """Sends whatever comes to mind to one case; a refusal must leave it as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.numbers: dict[str, str] = {}

    @initialize(lines=st.lists(LINES, max_size=3, unique=True))
    def opened(self, lines: list[int]) -> None:
        self.desk.open([input_line(n, "1001", n % 3 + 1, None if n < 4 else RequestedChangeKind.OTHER) for n in lines])

    def _send(self, kind: type[Command], **fields: Any) -> None:
        before, told = self.desk.now, len(self.desk.told)
        try:
            self.desk.send(kind, **fields)
        except Refused:
            assert self.desk.now is before
            assert len(self.desk.told) == told
        self._check_versions(before, told)

    def _check_versions(self, before: Case, told: int) -> None:
        fresh = self.desk.told[told:]
        assert self.desk.now.version - before.version == sum(
            not isinstance(event, TaskEvent | Commented) for event in fresh
        )
        steps = sum(isinstance(event, TaskEvent) for event in fresh)
        assert _task_versions(self.desk.now) - _task_versions(before) == steps

    @rule(kind=st.sampled_from(list(PLAIN)))
    def plain(self, kind: type[Command]) -> None:
        self._send(kind, **PLAIN[kind])

    @rule(kind=st.sampled_from(list(ON_A_LINE)), n=LINES)
    def on_a_line(self, kind: type[Command], n: int) -> None:
        self._send(kind, case_line_id=line_id(n), **ON_A_LINE[kind])

    @rule(n=LINES, outcome=OUTCOMES)
    def resolve_line(self, n: int, outcome: Outcome) -> None:
        self._send(ResolveCaseLine, case_line_id=line_id(n), outcome=outcome)

    @rule(outcome=OUTCOMES)
    def resolve(self, outcome: Outcome) -> None:
        self._send(ResolveCase, outcome=outcome)

    @rule(n=LINES, line_number=st.integers(1, 3), kind=KINDS)
    def add_line(self, n: int, line_number: int, kind: RequestedChangeKind | None) -> None:
        self._send(AddCaseLines, lines=(input_line(n, "1001", line_number, kind),))

    @rule(n=LINES)
    def remove_line(self, n: int) -> None:
        self._send(RemoveCaseLines, case_line_ids=(line_id(n),))

    @rule(assignee=st.sampled_from([None, "ann", "bob"]), group=st.sampled_from([None, "orders", "money"]))
    def assign(self, assignee: str | None, group: str | None) -> None:
        self._send(AssignCase, assignee=assignee, group=group)

    @rule(lines=SOME_LINES)
    def ask(self, lines: list[int]) -> None:
        self._send(RequestInformation, case_line_ids=tuple(line_id(n) for n in lines), question="Which colour?")

    @rule(lines=SOME_LINES)
    def answer(self, lines: list[int]) -> None:
        self._send(InformationReceived, case_line_ids=tuple(line_id(n) for n in lines))

    @rule(n=st.integers(0, 3), kind=st.sampled_from([AssignTask, CompleteTask, CancelTask]))
    def on_a_task(self, n: int, kind: type[Command]) -> None:
        tasks = list(self.desk.now.tasks)
        if n < len(tasks):
            self._send(kind, task_id=tasks[n], **({"assignee": "ann"} if kind is AssignTask else {}))

    @rule(public=st.booleans(), customer=st.booleans())
    def comment(self, public: bool, customer: bool) -> None:
        self.desk.actor = CUSTOMER if customer else AGENT
        self._send(AddComment, text="Hello", public=public)
        self.desk.actor = AGENT

    @rule(priority=st.integers(1, 5))
    def priority(self, priority: int) -> None:
        self._send(EditCase, priority=priority)

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.desk.at += hours * HOUR

    @rule(
        n=LINES,
        end=st.sampled_from(
            [
                ("APPROVED", None),
                ("RECEIVED", None),
                ("SETTLED", "accepted"),
                ("DENIED", "denied"),
                ("EXPIRED", "partial"),
            ]
        ),
        who=st.sampled_from([EntityType.RETURN, EntityType.REFUND]),
    )
    def action(self, n: int, end: tuple[str, Any], who: EntityType) -> None:
        before, told = self.desk.now, len(self.desk.told)
        waits = BlockedBy.WAREHOUSE if end[0] == "APPROVED" else None
        action = CaseAction(who, line_id(90 + n), end[0])
        events = action_moved(before, line_id(n), action, outcome=end[1], blocked_by=waits, auto_resolve=True)
        self.desk.happen(*events)
        self._check_versions(before, told)

    @invariant()
    def the_lines_fit_the_case(self) -> None:
        case = self.desk.now
        states = [line.state for line in case.lines.values()]
        if case.state is CaseState.DRAFT:
            assert set(states) <= {CaseLineState.DRAFT}
        else:
            assert CaseLineState.DRAFT not in states
        if case.state in (CaseState.RESOLVED, CaseState.CLOSED, CaseState.CANCELLED):
            assert set(states) <= set(TERMINAL_LINE)
        if case.state in OPEN_CASE and states and not any(state in OPEN_LINE for state in states):
            assert not any(state in RESOLVED_LINE for state in states), "the last line resolved resolves the case"
        if case.state in (CaseState.NEW, CaseState.AWAITING_INFO):
            assert CaseLineState.WORK_IN_PROGRESS not in states
        still_open = [state for state in states if state in OPEN_LINE]
        if case.state is CaseState.WORK_IN_PROGRESS and still_open:
            assert set(still_open) != {CaseLineState.AWAITING_INFO}

    @invariant()
    def numbers_are_never_used_twice(self) -> None:
        case = self.desk.now
        shown = {line.case_line_id + str(line.number): case_line_number(case, line) for line in case.lines.values()}
        shown |= {task.task_id: task_number(case, task) for task in case.tasks.values()}
        self.numbers |= shown
        assert len(set(self.numbers.values())) == len(self.numbers)
        assert case.lines_made >= max((line.number for line in case.lines.values()), default=0)

    @invariant()
    def an_open_task_has_a_live_line_in_a_live_case(self) -> None:
        case = self.desk.now
        for task in case.tasks.values():
            if task.state is TaskState.OPEN:
                assert case.state not in (CaseState.CLOSED, CaseState.CANCELLED)
                assert case.lines[task.case_line_id].state is not CaseLineState.CANCELLED

    @invariant()
    def the_clock_fits_the_state(self) -> None:
        case = self.desk.now
        stands = {CaseState.AWAITING_INFO: SlaState.PAUSED, CaseState.RESOLVED: SlaState.MET}
        runs = stands.get(case.state, SlaState.RUNNING)
        if case.sla_state not in (SlaState.NOT_STARTED, SlaState.BREACHED) and case.state is not CaseState.CLOSED:
            assert case.sla_state is runs
            assert (case.sla_left is None) == (runs is SlaState.RUNNING)
        if case.state in (CaseState.DRAFT, CaseState.CANCELLED):
            assert case.sla_state is SlaState.NOT_STARTED
        assert (case.resolved_at is not None) == (case.state in (CaseState.RESOLVED, CaseState.CLOSED))
        assert (case.closed_at is not None) == (case.accepted_by is not None) == (case.state is CaseState.CLOSED)

    @invariant()
    def one_order_line_stands_once_per_kind_while_open(self) -> None:
        case = self.desk.now
        live = [line for line in case.lines.values() if line.state not in TERMINAL_LINE]
        keys = [(line.order_id, line.line_number, line.request.kind if line.request else None) for line in live]
        if not any(isinstance(event, SolutionRejected) for event in self.desk.told):
            assert len(keys) == len(set(keys)), "only a rejected solution may bring a line back beside its like"

    @invariant()
    def a_waiting_case_is_blocked_by_the_customer(self) -> None:
        case = self.desk.now
        assert (case.blocked_by is BlockedBy.CUSTOMER_INFO) == (case.state is CaseState.AWAITING_INFO)
        if case.blocked_by is BlockedBy.WAREHOUSE:
            assert open_actions(case)


def _task_versions(case: Case) -> int:
    return sum(task.version for task in case.tasks.values())


CaseLife.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]
)
TestCaseLife = CaseLife.TestCase
