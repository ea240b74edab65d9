"""What can happen to a case and its tasks. Every event but CaseCommented and the tasks' own makes a version of the case."""

from dataclasses import dataclass

from domain.case_file import Case, CaseAction, CaseLine, Sla, Task
from domain.commands import ChangeRequest, Contact
from domain.vocabulary import AcceptedBy, ContactChannel


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """`case` is its first state: DRAFT, or NEW when the system opens it; then with `sla_due_at` where a time is set."""

    case_id: str
    case: Case


@dataclass(frozen=True, slots=True)
class CaseEdited:
    """None leaves as it is. `sla` is the clock under the new priority."""

    case_id: str
    short_description: str | None = None
    description: str | None = None
    priority: int | None = None
    contact: Contact | None = None
    channel: ContactChannel | None = None
    sla: Sla | None = None


@dataclass(frozen=True, slots=True)
class CaseLinesAdded:
    """`account_id`: the account that the first order brings to a case without one."""

    case_id: str
    lines: tuple[CaseLine, ...]
    account_id: str | None = None


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
    """None leaves as it is; at least one is given."""

    case_id: str
    assignee: str | None
    group: str | None


@dataclass(frozen=True, slots=True)
class CaseLineAssigned:
    """`assignee` None takes the assignee off and moves nothing."""

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
    """For the case, which ends every line's waiting (no line ids), or for these lines."""

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
    by_action: CaseAction | None = None


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
    """An action done for this line began, or reached another state; `action.blocked_by` is what it waits for now.

    `request`: the line's request with the values that the action's answer approved; None leaves it.
    """

    case_id: str
    case_line_id: str
    action: CaseAction
    request: ChangeRequest | None = None


@dataclass(frozen=True, slots=True)
class CaseReminded:
    """The customer is asked once whether the solution is accepted."""

    case_id: str


@dataclass(frozen=True, slots=True)
class CaseOrderLinked:
    """The checkout of the case became this order: lines that named no order name it now."""

    case_id: str
    order_id: str


@dataclass(frozen=True, slots=True)
class CaseAttentionRaised:
    """`sla_breached` also ends the clock."""

    case_id: str
    code: str


@dataclass(frozen=True, slots=True)
class CaseAttentionCleared:
    case_id: str
    codes: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CaseErased:
    """What is a person's was taken out of the case and out of everything before this in its history."""

    case_id: str


@dataclass(frozen=True, slots=True)
class TaskErased:
    """The same of a task."""

    case_id: str
    task_id: str


@dataclass(frozen=True, slots=True)
class TaskAdded:
    case_id: str
    task_id: str
    task: Task


@dataclass(frozen=True, slots=True)
class TaskAssigned:
    """None leaves as it is; at least one is given."""

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
    comment_id: str = ""


CaseEvent = (
    CaseOpened | CaseEdited | CaseLinesAdded | CaseLinesRemoved | CaseLineEdited | CaseSubmitted | CaseAssigned
    | CaseLineAssigned | InformationRequested | InformationArrived | CaseLineResolved | CaseLineCancelled | CaseResolved
    | SolutionRejected | CaseClosed | CaseCancelled | CaseActionMoved | CaseReminded | CaseOrderLinked | CaseAttentionRaised | CaseAttentionCleared
    | CaseCommented | CaseErased
)  # fmt: skip
TaskEvent = TaskAdded | TaskAssigned | TaskCompleted | TaskCancelled | TaskErased
