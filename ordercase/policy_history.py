"""The policy in force with all that were before it: what a remedy began under goes on to hold for it (domain.md 12)."""

import time
from collections.abc import Callable, Iterator
from typing import Final

import psycopg
import structlog

from domain.copying import replace
from domain.policy import CasePolicy, Policies
from domain.policy_file import PolicyMistakes, read
from ordercase import database, policies
from ordercase.settings import Settings
from storage import policy_versions, timers
from storage.connections import connect
from storage.policy_versions import Kept

log: Final = structlog.get_logger(__name__)

_OF_ORDERS: Final[dict[str, Callable[[CasePolicy], int]]] = {
    "not_shipped": lambda cases: cases.not_shipped,
    "declined": lambda cases: cases.declined,
}
"""Timers that no remedy wants, and the time that each of them waits: they follow the policy in force, all others the one
that their remedy or case began under."""

AS_LONG_AS_IT_TAKES: Final = "600s"
NO_LIMIT: Final = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'"
"""Of a whole transaction; PostgreSQL 16 knows no such limit."""


def take_effect(settings: Settings, in_force: Policies) -> Policies:
    """Writes down since when the policy is in force, brings the timers of orders up to it, and answers it with all before.

    Raises UserError `database_unreachable`.
    """
    try:
        with connect(settings.database, "ordercase-run", statement_timeout=AS_LONG_AS_IT_TAKES) as connection:
            connection.execute(NO_LIMIT)
            with connection.transaction():
                at = time.time_ns() // 1000
                until_now = policy_versions.take_effect(
                    connection, Kept(in_force.version, policies.text_of(settings)), at
                )
                known = _with(in_force, policy_versions.read(connection))
                if until_now is not None:
                    _move_timers(connection, known.past.get(until_now, known), known)
            return known
    except psycopg.OperationalError as error:
        raise database.unreachable(error) from None


def with_past(settings: Settings, in_force: Policies) -> Policies:
    """The policy with all that were ever in force; nothing is written. Raises UserError `database_unreachable`."""
    try:
        with connect(settings.database, "ordercase-look") as connection:
            return _with(in_force, policy_versions.read(connection))
    except psycopg.OperationalError as error:
        raise database.unreachable(error) from None


def _with(in_force: Policies, kept: list[Kept]) -> Policies:
    return replace(in_force, past=dict(_readable([one for one in kept if one.version != in_force.version])))


def _readable(kept: list[Kept]) -> Iterator[tuple[str, Policies]]:
    """Those that this version of the program still understands; what began under another follows the one in force."""
    for one in kept:
        try:
            yield one.version, replace(read(one.text), version=one.version) if one.text else Policies()
        except PolicyMistakes as error:
            log.warning("an old policy is not understood any more", version=one.version, mistakes=len(error.mistakes))


def _move_timers(connection: policy_versions.Connection, before: Policies, now: Policies) -> None:
    """Timers of orders that a policy moves come due by the new one, sooner or later than they were written."""
    named = sorted({*before.channels, *now.channels})
    for channel in (*named, None):
        was, holds = (before.of(channel), now.of(channel)) if channel else (before.default, now.default)
        for name, time_of in _OF_ORDERS.items():
            if by := time_of(holds.cases) - time_of(was.cases):
                timers.move(connection, name, by, of=channel, but=named)
