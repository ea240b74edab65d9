"""Cases as a list and as a report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import array

from domain.vocabulary import CaseLineState, CaseState
from storage.queries import paging
from storage.tables import case_lines, cases

_C = cases.c
NEVER: Final = 2**62
"""Where a case without a clock stands when sorted by the time it is due."""

SPELLINGS: Final = {
    "CANCELED": CaseState.CANCELLED,
    "SOLUTION_PROPOSED": CaseState.RESOLVED,
    "AWAITING_INFORMATION": CaseState.AWAITING_INFO,
}
"""Other spellings of states that people use."""

STATES: Final = tuple(state.value for state in CaseState if state is not CaseState.UNKNOWN)

DONE: Final = (CaseLineState.RESOLVED_ACCEPTED, CaseLineState.RESOLVED_DENIED, CaseLineState.CANCELLED)

_LINES = select(func.count()).where(case_lines.c.case_id == _C.case_id)

COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    **{
        name: _C[name]
        for name in (
            "case_id", "case_number", "state", "service", "scope", "contact_channel", "sales_channel", "account_id",
            "order_id", "orders", "checkout_id", "assignee", "group_name", "priority", "sla_state", "sla_due_at",
            "needs_attention", "attention", "short_description", "opened_because", "resolution_code", "created_at",
            "submitted_at", "resolved_at", "closed_at", "updated_at",
        )
    },
    "lines": _LINES.scalar_subquery(),
    "lines_done": _LINES.where(case_lines.c.state.in_(DONE)).scalar_subquery(),
}  # fmt: skip
"""What a list of cases shows. Times in µs, `orders` order keys."""

SORTS: Final[Mapping[str, ColumnElement[Any]]] = {
    "number": _C.case_number,
    "created": _C.created_at,
    "updated": _C.updated_at,
    "priority": _C.priority,
    "state": _C.state,
    "sla": func.coalesce(_C.sla_due_at, NEVER),
    # what needs attention first, then what is due first; ties by number
    "attention": cast(case((_C.needs_attention, 0), else_=1), Integer),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; None does not matter. `order`: order id or key. `assignee` "none": nobody's. Times in µs."""

    number: str | None = None
    state: str | None = None
    service: str | None = None
    account: str | None = None
    order: str | None = None
    assignee: str | None = None
    group: str | None = None
    priority: int | None = None
    sla: str | None = None
    sales_channel: str | None = None
    contact_channel: str | None = None
    attention: bool | None = None
    since: int | None = None
    until: int | None = None


def state_of(text: str) -> CaseState:
    """A state as people write it ("Work in progress", "Canceled"). Raises ValueError."""
    name = text.strip().upper().replace(" ", "_").replace("-", "_")
    return SPELLINGS.get(name) or CaseState(name)


def found(connection: Connection, search: Search, sort: str, limit: int, after: str | None) -> paging.Page:
    """A page of cases, every column of COLUMNS. Raises BadPage, and ValueError for a state that does not exist."""
    wanted = [FILTERS[name](value) for name in FILTERS if (value := getattr(search, name)) is not None]
    shown = select(*(column.label(name) for name, column in COLUMNS.items())).where(*wanted)
    return paging.page(connection, shown, paging.sort_of(sort, SORTS, _C.case_number), limit, after)


def case_id_of(connection: Connection, id_or_number: str) -> str | None:
    """The id of a case named by id or number; None when there is none."""
    named = or_(_C.case_id == id_or_number.lower(), _C.case_number == id_or_number.upper())
    return connection.execute(select(_C.case_id).where(named)).scalar_one_or_none()


FILTERS: Final[Mapping[str, Callable[[Any], ColumnElement[bool]]]] = {
    "number": lambda value: _C.case_number == value.upper(),
    "state": lambda value: _C.state == state_of(value),
    "service": lambda value: _C.service == value,
    "account": lambda value: _C.account_id == value,
    "order": lambda value: or_(
        _C.orders.contains([value]), _C.orders.contains(array([_C.sales_channel + ":" + value]))
    ),
    "assignee": lambda value: _C.assignee.is_(None) if value == "none" else _C.assignee == value,
    "group": lambda value: _C.group_name == value,
    "priority": lambda value: _C.priority == value,
    "sla": lambda value: _C.sla_state == value.upper(),
    "sales_channel": lambda value: _C.sales_channel == value,
    "contact_channel": lambda value: _C.contact_channel == value.upper(),
    "attention": _C.needs_attention.is_,
    "since": lambda value: _C.created_at >= value,
    "until": lambda value: _C.created_at <= value,
}
"""Field of Search → the clause that a value means."""
