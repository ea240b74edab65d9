"""Numbers of cases, returns and credit notes, drawn in small stretches ahead of need, so that nobody waits for a series.

A series that is locked from a batch's locks to its COMMIT lets one worker at a time do anything: nearly every batch gives a
number. Drawn on its own, a stretch is this process's alone; what it did not give, it gives back when it ends. A process
that is killed leaves a gap of less than a stretch; no number is ever given twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg

from domain.copying import replace
from domain.reference_data import Counter
from domain.world import Aggregate, Kind, Ref
from storage.recordset import parameter

Connection = psycopg.Connection[Any]

STRETCH: Final = 50
LOW: Final = 10
"""With fewer left of a stretch the next is drawn before a batch, not in the middle of it."""

_ROWS: Final = """
INSERT INTO counters (series) SELECT json_array_elements_text(%s::json) AS series ORDER BY series ON CONFLICT DO NOTHING
"""
_DRAW: Final = """
WITH before AS MATERIALIZED (
    SELECT c.series, c.last, r.at_least FROM json_to_recordset(%s::json) AS r (series text, at_least bigint)
    JOIN counters AS c ON c.series = r.series ORDER BY c.series FOR UPDATE OF c
)
UPDATE counters AS c SET last = GREATEST(b.last, b.at_least) + %s FROM before AS b WHERE c.series = b.series
RETURNING c.series, c.last, b.last
"""
_GIVE_BACK: Final = """
UPDATE counters AS c SET last = r.given FROM json_to_recordset(%s::json) AS r (series text, given bigint, drawn bigint)
WHERE c.series = r.series AND c.last = r.drawn
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What this process may give of a series: after `given` up to `drawn`."""

    given: int
    drawn: int


class Numbers:
    """The stretches of one session with the database; `of` gives it. For one thread."""

    def __init__(self) -> None:
        self._held: dict[str, Stretch] = {}
        self._lacking: dict[str, int] = {}
        self._pending: dict[str, int] = {}

    def counters(self) -> dict[Ref, Counter]:
        """Each series of which something is left, as the rules see it."""
        return {Ref(Kind.COUNTER, s): Counter(series=s, last=held.given) for s, held in self._held.items()
                if held.given < held.drawn}  # fmt: skip

    def lacks(self, refs: Iterable[Ref]) -> frozenset[Ref]:
        """Those of these series of which nothing is left; they are drawn before the next transaction."""
        counters = self.counters()
        lacking = frozenset(ref for ref in refs if ref.kind is Kind.COUNTER and ref not in counters)
        for ref in lacking:
            self._lacking.setdefault(ref.key, 0)
        return lacking

    def use(self, now: Mapping[Ref, Aggregate | None]) -> frozenset[Ref]:
        """Takes note of how far a transaction comes; answers the series of which it gives more than there was: it may
        not be written, and more is drawn before the next one."""
        given = {ref: thing.last for ref, thing in now.items() if isinstance(thing, Counter)}
        self._pending = {ref.key: last for ref, last in given.items()}
        short = frozenset(ref for ref, last in given.items() if last > self._held[ref.key].drawn)
        self._lacking |= {ref.key: given[ref] for ref in short}
        return short

    def committed(self) -> None:
        """What was noted is given for good."""
        for series, last in self._pending.items():
            self._held[series] = replace(self._held[series], given=last)
        self._pending = {}

    def forget(self) -> None:
        """Whether what was noted was given nobody knows: all that is held is left unused."""
        self._held.clear()
        self._pending = {}

    def draw(self, connection: Connection) -> None:
        """Draws what is lacking or low; what was noted and not committed was not given. Before a transaction, not in it:
        others shall not wait for what that one comes to."""
        self._pending = {}
        low = {series: held.given for series, held in self._held.items() if held.drawn - held.given < LOW}
        asked = {**low, **self._lacking}
        if not asked:
            return
        rows = [{"series": series, "at_least": given} for series, given in sorted(asked.items())]
        with connection.pipeline():
            connection.execute(_ROWS, (parameter(asked),))
            drawn_now = connection.execute(_DRAW, (parameter(rows), STRETCH))
        for series, drawn, before in drawn_now.fetchall():
            held = self._held.get(series)
            # Where nobody drew in between, what was left goes on.
            first = held.given if held is not None and held.drawn == before else before
            self._held[series] = Stretch(first, drawn)
        self._lacking = {}

    def give_back(self, connection: Connection) -> None:
        """Puts back what is left, where nobody has drawn since."""
        rows = [{"series": series, "given": held.given, "drawn": held.drawn} for series, held in self._held.items()]
        if rows:
            connection.execute(_GIVE_BACK, (parameter(rows),))
        self.forget()


_OF_SESSIONS: Final[WeakKeyDictionary[Connection, Numbers]] = WeakKeyDictionary()


def of(connection: Connection) -> Numbers:
    """What this session has drawn, as PostgreSQL keeps what it has drawn of its own sequences."""
    return _OF_SESSIONS.setdefault(connection, Numbers())
