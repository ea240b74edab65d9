"""An order case with its lines and tasks, from draft to closed (domain.md 4)."""

from dataclasses import dataclass, field
from typing import Final

from domain.actors import ActorRef
from domain.commands import ChangeRequest, Contact
from domain.vocabulary import (
    AcceptedBy,
    BlockedBy,
    CaseLineState,
    CaseOrigin,
    CaseScope,
    CaseState,
    ContactChannel,
    EntityType,
    SlaState,
    TaskState,
)


@dataclass(frozen=True, slots=True)
class CaseAction:
    """An action on an order that is done for a case line, with the state it is in."""

    entity_type: EntityType
    entity_id: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """`number` counts within the case from 1 and is never given twice. `line_number` None: the whole order."""

    case_line_id: str
    number: int
    state: CaseLineState
    order_id: str | None = None
    line_number: int | None = None
    previous_state: CaseLineState | None = None
    resolution_code: str | None = None
    request: ChangeRequest | None = None
    assignee: str | None = None
    actions: tuple[CaseAction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    task_id: str
    number: int
    case_line_id: str
    state: TaskState
    version: int
    created_at: int
    created_by: ActorRef
    short_description: str
    description: str | None = None
    assignee: str | None = None
    group: str | None = None
    due_at: int | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`lines` and `tasks` by id, in the order they were made. Times in µs UTC.

    `lines_made` counts every line ever made, so that a removed line's number is not given again.
    """

    case_id: str
    case_number: str
    state: CaseState
    version: int
    created_at: int
    created_by: ActorRef
    sales_channel: str
    service: str
    scope: CaseScope
    origin: CaseOrigin
    channel: ContactChannel
    account_id: str | None = None
    order_id: str | None = None
    checkout_id: str | None = None
    interaction_id: str | None = None
    contact: Contact | None = None
    assignee: str | None = None
    group: str | None = None
    priority: int = 3
    short_description: str = ""
    description: str | None = None
    resolution_code: str | None = None
    accepted_by: AcceptedBy | None = None
    sla_state: SlaState = SlaState.NOT_STARTED
    sla_due_at: int | None = None
    sla_left: int | None = None
    submitted_at: int | None = None
    resolved_at: int | None = None
    closed_at: int | None = None
    attention: tuple[str, ...] = ()
    blocked_by: BlockedBy | None = None
    opened_because: str | None = None
    related_case_id: str | None = None
    lines: dict[str, CaseLine] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    lines_made: int = 0
    tasks_made: dict[str, int] = field(default_factory=dict)
    mail_allowed: bool = True
    policy_version: str = ""

    @property
    def orders(self) -> tuple[str, ...]:
        """Ids of the orders that its lines name, each once, in the order of the lines."""
        named = [line.order_id for line in self.lines.values() if line.order_id]
        return tuple(dict.fromkeys(([self.order_id] if self.order_id else []) + named))


@dataclass(frozen=True, slots=True)
class CaseOpened:
    case_id: str
    case: Case


@dataclass(frozen=True, slots=True)
class CaseEdited:
    case_id: str
    short_description: str | None = None
    description: str | None = None
    priority: int | None = None
    contact: Contact | None = None
    channel: ContactChannel | None = None


@dataclass(frozen=True, slots=True)
class CaseLinesAdded:
    case_id: str
    lines: tuple[CaseLine, ...]


@dataclass(frozen=True, slots=True)
class CaseLinesRemoved:
    case_id: str
    case_line_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseLineEdited:
    case_id: str
    case_line_id: str
    request: ChangeRequest


@dataclass(frozen=True, slots=True)
class CaseSubmitted:
    """`sla_due_at` (µs) where the policy sets a time for its priority."""

    case_id: str
    sla_due_at: int | None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class CaseAssigned:
    case_id: str
    assignee: str | None
    group: str | None


@dataclass(frozen=True, slots=True)
class CaseLineAssigned:
    case_id: str
    case_line_id: str
    assignee: str | None


@dataclass(frozen=True, slots=True)
class InformationRequested:
    """Of the case (no line ids) or of these lines."""

    case_id: str
    case_line_ids: tuple[str, ...]
    question: str


@dataclass(frozen=True, slots=True)
class InformationArrived:
    case_id: str
    case_line_ids: tuple[str, ...]
    answer: str | None


@dataclass(frozen=True, slots=True)
class CaseLineResolved:
    """By a person, or by the end of its action (`by_action`)."""

    case_id: str
    case_line_id: str
    accepted: bool
    resolution_code: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class CaseLineCancelled:
    case_id: str
    case_line_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CaseResolved:
    """`accepted` holds for the lines still open; None when none is."""

    case_id: str
    accepted: bool | None
    resolution_code: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class SolutionRejected:
    case_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class CaseClosed:
    case_id: str
    accepted_by: AcceptedBy
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class CaseCancelled:
    case_id: str
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class CaseActionMoved:
    """An action done for this line began, or reached another state."""

    case_id: str
    case_line_id: str
    action: CaseAction
    blocked_by: BlockedBy | None = None


@dataclass(frozen=True, slots=True)
class CaseAttentionRaised:
    case_id: str
    code: str


@dataclass(frozen=True, slots=True)
class CaseAttentionCleared:
    case_id: str
    codes: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class TaskAdded:
    case_id: str
    task_id: str
    task: Task


@dataclass(frozen=True, slots=True)
class TaskAssigned:
    case_id: str
    task_id: str
    assignee: str | None
    group: str | None


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    case_id: str
    task_id: str
    notes: str | None


@dataclass(frozen=True, slots=True)
class TaskCancelled:
    case_id: str
    task_id: str
    notes: str | None


@dataclass(frozen=True, slots=True)
class CaseCommented:
    """A comment changes no state and no version; history keeps it."""

    case_id: str
    text: str
    public: bool


CaseEvent = (
    CaseOpened | CaseEdited | CaseLinesAdded | CaseLinesRemoved | CaseLineEdited | CaseSubmitted | CaseAssigned
    | CaseLineAssigned | InformationRequested | InformationArrived | CaseLineResolved | CaseLineCancelled | CaseResolved
    | SolutionRejected | CaseClosed | CaseCancelled | CaseActionMoved | CaseAttentionRaised | CaseAttentionCleared
    | CaseCommented
)  # fmt: skip
TaskEvent = TaskAdded | TaskAssigned | TaskCompleted | TaskCancelled

_S, _L, _T = CaseState, CaseLineState, TaskState
OPEN_CASE: Final = (_S.NEW, _S.WORK_IN_PROGRESS, _S.AWAITING_INFO)
OPEN_LINE: Final = (_L.NEW, _L.WORK_IN_PROGRESS, _L.AWAITING_INFO)
TERMINAL_LINE: Final = (_L.RESOLVED_ACCEPTED, _L.RESOLVED_DENIED, _L.CANCELLED)
