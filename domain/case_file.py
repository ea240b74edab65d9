"""The case file: one order case with its lines, their requests and actions, and the tasks about them (domain.md 4)."""

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
    """An action on an order that is done for a case line, with the state it is in.

    `blocked_by`: whose answer it waits for, since `blocked_since` (µs UTC); both None while it waits for nobody.
    """

    entity_type: EntityType
    entity_id: str
    state: str
    blocked_by: BlockedBy | None = None
    blocked_since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """`number` counts within the case from 1 and is never given twice. `line_number` None: the whole order;
    `order_id` None as well: the whole checkout.

    `previous_state`: its state at the case's version before (the same one when that version did not move the line);
    None for a line that this version added.
    """

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
    """`number` counts within its line from 1; `case_line` is the number of that line, which may have been removed."""

    task_id: str
    number: int
    case_line_id: str
    case_line: int
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


@dataclass(frozen=True, slots=True)
class Sla:
    """The clock of a case. `due_at` (µs UTC) while it runs or has run out; `left` (µs) while it stands still."""

    state: SlaState
    due_at: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`lines` and `tasks` by id, in the order they were made. Times in µs UTC.

    `lines_made` counts every line ever made, so that a removed line's number is not given again; `tasks_made` the same
    per line id. `mail_allowed`: False for a case the system opened until somebody first speaks to the customer.
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
    reminded: bool = False
    policy_version: str = ""

    @property
    def orders(self) -> tuple[str, ...]:
        """Ids of the orders that its lines name, each once, in the order of the lines."""
        named = [line.order_id for line in self.lines.values() if line.order_id]
        return tuple(dict.fromkeys(([self.order_id] if self.order_id else []) + named))

    @property
    def sla(self) -> Sla:
        return Sla(self.sla_state, self.sla_due_at, self.sla_left)


_S, _L = CaseState, CaseLineState
OPEN_CASE: Final = (_S.NEW, _S.WORK_IN_PROGRESS, _S.AWAITING_INFO)
OPEN_LINE: Final = (_L.NEW, _L.WORK_IN_PROGRESS, _L.AWAITING_INFO)
RESOLVED_LINE: Final = (_L.RESOLVED_ACCEPTED, _L.RESOLVED_DENIED)
TERMINAL_LINE: Final = (*RESOLVED_LINE, _L.CANCELLED)


def case_number(n: int) -> str:
    """The n-th case is `CASE0000001` and so on; more than seven digits are written out."""
    return f"CASE{n:07d}"


def case_line_number(case: Case, line: CaseLine) -> str:
    """`CASE0000001-2`: unique in the system and never given twice."""
    return f"{case.case_number}-{line.number}"


def task_number(case: Case, task: Task) -> str:
    """`CASE0000001-2-T1`: unique in the system and never given twice."""
    return f"{case.case_number}-{task.case_line}-T{task.number}"
