"""What tests of recovery share: a world that goes on while workers and databases go, and what is told of it afterwards."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from domain.policy import Policies
from ordercase import settings
from ordercase.simulate import Verdict
from ordercase.simulate.kafka import Kafka as Line
from ordercase.simulate.stories import chosen, told
from ordercase.simulate.world import World
from schemas.topics import DEAD_LETTERS, REPLIES
from tests.end_to_end.outside import ENTITY_ID, Published
from tests.integration.processes import Shell
from tests.real.postgres import Postgres

PATIENCE = 180.0
ORDER_STATE = "postsales.OrderStateChanged"
BY_CHANCE = "journeys.anything"
"""The story in which chance decides what comes next while it is told: another one whenever news come in another order."""


@contextmanager
def world(shell: Shell, prefix: str, seed: int, *, exactly_once: bool) -> Iterator[World]:
    """The simulator's world before the shell's cluster. `exactly_once` False: an event may come again under its id."""
    named = ("kafka_bootstrap_servers", "schema_registry_url", "group_id", "database_url")
    line = Line(settings.load(None, **{name: shell.settings[name.upper()] for name in named}))
    try:
        yield World(line, prefix=prefix, seed=seed, exactly_once=exactly_once, patience=PATIENCE)
    finally:
        line.close()


@contextmanager
def going_on(
    shell: Shell, *, prefix: str, seed: int, orders: int, rate: float, exactly_once: bool = True
) -> Iterator["Future[Verdict]"]:
    """Tells stories in a thread of its own while the test goes on; the same seed tells the same ones, to the cent."""
    plots = [plot for plot in chosen(Random(seed), orders, told(Policies())) if plot.name != BY_CHANCE]
    with world(shell, prefix, seed, exactly_once=exactly_once) as outside, ThreadPoolExecutor(1) as at_once:
        yield at_once.submit(outside.play, plots, rate)


def until(holds: Callable[[], object], what: str, seconds: float = 120.0) -> None:
    """Returns once it holds. Raises AssertionError when that takes too long."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


class Databases:
    """Whole databases of one server: copied, dropped, put back. Nobody may be connected to what is copied."""

    def __init__(self, postgres: Postgres) -> None:
        self._url = postgres.url

    def copy(self, name: str, of: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (of,))
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(of)))

    def drop(self, name: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def name_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def one(shell: Shell, query: str) -> Any:
    """The first column of the first row."""
    with psycopg.connect(shell.settings["DATABASE_URL"]) as connection:
        return (connection.execute(query).fetchone() or (None,))[0]


def seam(published: Sequence[Published]) -> tuple[int, list[str]]:
    """(how many events came more than once, what of them is not the same under the same id).

    Replies and dead letters apart: they have no id of their own. What had waited for an order was told in one moment with
    its first event, in the order in which it had been read, and a replay reads in the order of sending: how far the order
    was is not compared of that.
    """
    ways: dict[str, set[str]] = {}
    came: Counter[str] = Counter()
    begun = {(one.key, one.value["occurred_at"]) for one in published if _is_first_of_order(one)}
    waited = {
        str(one.value["event_id"]) for one in published
        if one.record == ORDER_STATE and (one.key, one.value["occurred_at"]) in begun
    }  # fmt: skip
    for record in published:
        if record.topic in (REPLIES, DEAD_LETTERS):
            continue
        about = record.entity if record.record in ENTITY_ID else (record.record, record.key)
        name = str(record.value["event_id"])
        came[name] += 1
        state = None if name in waited else record.value.get("state")
        ways.setdefault(name, set()).add(json.dumps([*about, state]))
    unlike = [f"{name} came as {sorted(said)}" for name, said in ways.items() if len(said) > 1]
    return sum(1 for count in came.values() if count > 1), unlike


def _is_first_of_order(one: Published) -> bool:
    return one.record == ORDER_STATE and one.value["version"] == 1


def once(published: Sequence[Published]) -> list[Published]:
    """As a consumer sees it who keeps the ids of the events that he has seen."""
    seen: set[str] = set()
    news = []
    for record in published:
        name = str(record.value.get("event_id") or "")
        if not name or name not in seen:
            news.append(record)
        seen.add(name)
    return news


def unverified(shell: Shell, **settings: str) -> list[str]:
    """What `doctor --verify` finds wrong with what is stored: the fold of every history, the rows, the numbers."""
    found = [one for one in shell("doctor", "--verify", "--json", **settings).json if one["what"].startswith("verify ")]
    assert len(found) >= 5, found
    return [f"{one['what']}: {one['says']}" for one in found if one["colour"] != "green"]
