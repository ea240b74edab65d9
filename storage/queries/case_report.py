"""What became of the cases of a time: how many came, how many went, how long they took."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from sqlalchemy import Connection, and_, or_, select

from domain.vocabulary import SlaState
from storage.tables import cases, history

_C = cases.c

GROUPS: Final = {"service": _C.service, "assignee": _C.assignee, "group": _C.group_name}
"""What a report may be cut by."""

WAITED: Final = ("InformationRequested", "InformationArrived")


@dataclass(slots=True)
class Tally:
    """The cases of one service, assignee or group. `handled`: µs from NEW to RESOLVED without waiting, a case each."""

    opened: int = 0
    resolved: int = 0
    closed: int = 0
    breached: int = 0
    handled: list[int] = field(default_factory=list)

    @property
    def median_seconds(self) -> int | None:
        return round(median(self.handled) / 1_000_000) if self.handled else None

    @property
    def ninetieth_seconds(self) -> int | None:
        """Nine of ten cases took no longer (nearest rank)."""
        if not self.handled:
            return None
        ranked = sorted(self.handled)
        return round(ranked[-(-9 * len(ranked) // 10) - 1] / 1_000_000)


def report(connection: Connection, by: str, since: int | None, until: int | None) -> dict[str | None, Tally]:
    """Per service, assignee or group: cases opened, resolved and closed between `since` and `until` (µs, both included).

    Handle times are those of the cases resolved in that time. What is counted under a key is what holds of the case now.
    """
    times = (_C.created_at, _C.resolved_at, _C.closed_at)
    happened = or_(*(_within(column, since, until) for column in times))
    wanted = select(_C.case_id, GROUPS[by].label("by"), _C.submitted_at, *times, _C.sla_state).where(happened)
    rows = connection.execute(wanted).all()
    waited = _waited(connection, since, until)
    tallies: dict[str | None, Tally] = defaultdict(Tally)
    for row in rows:
        tally = tallies[row.by]
        tally.opened += _inside(row.created_at, since, until)
        tally.closed += _inside(row.closed_at, since, until)
        tally.breached += row.sla_state == SlaState.BREACHED
        if _inside(row.resolved_at, since, until):
            tally.resolved += 1
            if row.submitted_at is not None:
                pause = waiting_time(waited.get(row.case_id, ()), row.submitted_at, row.resolved_at)
                tally.handled.append(row.resolved_at - row.submitted_at - pause)
    return dict(sorted(tallies.items(), key=lambda item: item[0] or ""))


def waiting_time(events: Iterable[tuple[int, bool]], start: int, end: int) -> int:
    """µs between `start` and `end` in which an answer was waited for; events are (time, asked: else answered), in order."""
    total, asked_at = 0, None
    for at, asked in events:
        if asked and asked_at is None:
            asked_at = at
        elif not asked and asked_at is not None:
            total += max(0, min(at, end) - max(asked_at, start))
            asked_at = None
    return total + max(0, end - max(asked_at, start)) if asked_at is not None else total


def _waited(connection: Connection, since: int | None, until: int | None) -> dict[str, list[tuple[int, bool]]]:
    """Case id → its questions about the whole case and the answers, in order."""
    h = history.c
    resolved = select(_C.case_id).where(_within(_C.resolved_at, since, until))
    wanted = select(h.entity_key, h.recorded_at, h.event, h.data).where(
        h.entity_kind == "case", h.event.in_(WAITED), h.entity_key.in_(resolved)
    )
    found: dict[str, list[tuple[int, bool]]] = defaultdict(list)
    for row in connection.execute(wanted.order_by(h.id)):
        asked = row.event == WAITED[0]
        if not asked or not json.loads(row.data).get("case_line_ids"):
            found[row.entity_key].append((row.recorded_at, asked))
    return found


def _within(column: Any, since: int | None, until: int | None) -> Any:
    bounds = [column >= since] if since is not None else []
    bounds += [column <= until] if until is not None else []
    return and_(column.is_not(None), *bounds)


def _inside(at: int | None, since: int | None, until: int | None) -> bool:
    return at is not None and (since is None or at >= since) and (until is None or at <= until)
