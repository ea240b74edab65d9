"""Stored orders, checkouts and cases made again from their histories, with the rows of other tables and the timers.

Only what `doctor --verify` finds wrong is written; nothing is published and no mail is asked for: a version that was
published stays the last one. What its history does not lead to safely is left as it is and named: a history that does not
hold together, that leads to something that cannot be true, or to an older version than the stored one (an entry is missing).
One transaction a page, with the batches kept out, so it may run beside workers and again after it was stopped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

import psycopg

from consumers.batch import BatchWriter, now
from consumers.rules import Rules
from domain.cases import Case
from domain.checkouts import CheckoutFile
from domain.folding import KINDS, CannotFold, Folded, fold
from domain.order_file import OrderFile
from domain.soundness import unsound
from domain.world import Kind, Ref, Step
from ordercase.verify import wrong_with
from storage import changes, parking, timers, verifying
from storage.verifying import Stored

Connection = psycopg.Connection[Any]
Write = Callable[[], None]

ALL: Final = ""


@dataclass(slots=True)
class Report:
    """`left`: what was not mended, and why."""

    compared: int = 0
    mended: list[Ref] = field(default_factory=list)
    left: list[tuple[Ref, str]] = field(default_factory=list)


class CannotRebuild(Exception):
    """What a history leads to is not safely the thing; the text says why, without a person's data."""


class Rebuilding:
    def __init__(
        self, connect: Callable[[], Connection], rules: Rules, group_id: str, *, dry_run: bool = False
    ) -> None:
        self._writer = BatchWriter(connect, rules, group_id)
        self._rules = rules
        self._dry_run = dry_run
        self.report = Report()

    def run(self, tell: Callable[[int], None] = lambda _compared: None) -> Report:
        """Everything; `tell` hears after each page how many were compared. Raises consumers.faults' TryAgain and Stop."""
        try:
            for kind in KINDS:
                after = self._writer.in_transaction(partial(self._page, kind, ALL))
                while after is not None:
                    tell(self.report.compared)
                    after = self._writer.in_transaction(partial(self._page, kind, after))
            self._writer.in_transaction(self._lost)
        finally:
            self._writer.close()
        return self.report

    def _page(self, kind: Kind, after: str, connection: Connection) -> tuple[str | None, Write]:
        connection.execute("BEGIN")
        parking.own(connection)
        found = verifying.page(connection, kind, after)
        self.report.compared += len(found)
        made = self._made([one for one in found if any(wrong_with(one))])
        return found[-1].ref.key if found else None, partial(self._write, connection, made)

    def _lost(self, connection: Connection) -> tuple[None, Write]:
        """What has a history and is not there."""
        connection.execute("BEGIN")
        parking.own(connection)
        lost = [verifying.missing(connection, ref) for ref in verifying.without_things(connection)]
        self.report.compared += len(lost)
        return None, partial(self._write, connection, self._made(lost))

    def _made(self, wrong: list[Stored]) -> dict[Ref, tuple[Folded, set[str]]]:
        """The things as their histories have them, and the warehouses that spoke of each."""
        made = {}
        for one in wrong:
            try:
                made[one.ref] = _from_history(one)
                self.report.mended.append(one.ref)
            except CannotRebuild as error:
                self.report.left.append((one.ref, str(error)))
        return made

    def _write(self, connection: Connection, made: Mapping[Ref, tuple[Folded, set[str]]]) -> None:
        if self._dry_run or not made:
            return
        for ref in made:
            verifying.clear_parts(connection, ref)
        changed = {ref: (None, thing) for ref, (thing, _) in made.items()}
        sources = {ref: said for ref, (_, said) in made.items()}
        changes.write(connection, changed, self._rules.related, sources, now())
        timers.write(connection, changed, lambda thing: self._rules.timers(thing, self._rules.policies))


def _from_history(one: Stored) -> tuple[Folded, set[str]]:
    if one.broken and not one.history:
        raise CannotRebuild(one.broken)
    if not one.history:
        raise CannotRebuild("it has no history")
    try:
        steps = list(fold(one.ref, one.history))
    except CannotFold as error:
        raise CannotRebuild(f"its history does not hold together: {error}") from None
    thing = cast("Folded", steps[-1].after)
    if isinstance(thing, OrderFile | CheckoutFile):
        for where, says in unsound(thing):
            raise CannotRebuild(f"its history leads to what cannot be true: {where}: {says}")
    if _version(one.thing) > _version(thing):
        raise CannotRebuild(f"its history leads to version {_version(thing)} only, it was at {_version(one.thing)}")
    return thing, _sources(steps)


def _version(thing: Folded | None) -> int:
    return thing.version if isinstance(thing, OrderFile | Case) else 0


def _sources(steps: list[Step]) -> set[str]:
    return {source for step in steps if (source := getattr(step.event, "source_id", None))}
