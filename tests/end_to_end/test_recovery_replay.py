"""The inbound topics read from their start into an empty database: the same end state as the first time.

Ids are the same, so what is compared is everything but times; `deploy/recovery.md` lists what cannot be equal, and why.
"""

import json
import os
import re
from collections import Counter
from typing import Any

import psycopg

from tests.builders.verdicts import wrongs
from tests.end_to_end.crew import crew, play, settled
from tests.end_to_end.endings import difference
from tests.end_to_end.recovering import unverified
from tests.integration.processes import Shell
from tests.real.postgres import Postgres

ORDERS = int(os.environ.get("ORDERCASE_TEST_RECOVERY_ORDERS") or 24)
SEED = 7

COMPARED = {
    "orders": "TRUE",
    "order_search": "TRUE",
    "order_lines": "TRUE",
    "checkouts": "TRUE",
    "post_sales": "TRUE",
    "legs": "TRUE",
    "stock": "TRUE",
    "products": "TRUE",
    "notices": "case_id IS NULL",
    "cases": "opened_because IS NULL",
    "case_lines": "case_id IN (SELECT case_id FROM cases WHERE opened_because IS NULL)",
    "tasks": "case_id IN (SELECT case_id FROM cases WHERE opened_because IS NULL)",
    "counters": "series <> 'case'",
}
"""Table → what of it is compared. A case that opened by itself may have been opened by the other of two messages that were
sent in one instant; it is compared without its id."""

NOT_EQUAL = re.compile(r".*_at|at|since|version|document|related|reply")
"""When it was recorded; how many steps it took; what is made of both, or names cases that opened by themselves."""


def rows(url: str) -> Counter[str]:
    """Each row as a line, without what cannot be equal."""
    found: Counter[str] = Counter()
    with psycopg.connect(url) as connection:
        for table, which in COMPARED.items():
            for (row,) in connection.execute(f"SELECT to_jsonb(t) FROM {table} t WHERE {which}"):
                found[f"{table} {_text(_without(row))}"] += 1
        query = (
            "SELECT opened_because, order_id, checkout_id, service, state, lines FROM cases c, LATERAL (SELECT count(*)"
        )
        query += " AS lines FROM case_lines l WHERE l.case_id = c.case_id) n WHERE opened_because IS NOT NULL"
        for row in connection.execute(query):
            found[f"self-opened {row}"] += 1
    return found


def exported(shell: Shell, **settings: str) -> Counter[str]:
    out = shell("orders", "export", "--format", "jsonl", **settings).out
    return Counter(_text(_without(json.loads(line))) for line in out.splitlines())


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(part) for name, part in value.items() if not NOT_EQUAL.fullmatch(name)}
    return [_without(part) for part in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def test_the_topics_from_their_start_lead_an_empty_database_to_the_same_end(
    shell: Shell, postgres: Postgres, migrated_template: str
) -> None:
    with crew(shell, 1) as workers:
        assert wrongs(play(shell, orders=ORDERS, seed=SEED, prefix="first-")) == []
        settled(shell)
        running = shell("rebuild", "--from-topics")
        assert (running.status, "[worker_runs]" in running.err) == (1, True), "not beside a worker"
        assert workers.workers.pop().stop()[0] == 0
    with postgres.database(migrated_template) as url:
        empty = {"DATABASE_URL": url, "GROUP_ID": f"{shell.settings['GROUP_ID']}-again"}
        done = shell("rebuild", "--from-topics", "--json", **empty)
        report = done.json
        assert (done.status, report["differ"], report["relay"]) == (0, [], None), done.out
        once, again = rows(shell.settings["DATABASE_URL"]), rows(url)
        print(f"{report['read']} messages read again, {again.total()} rows compared")
        assert difference(again, once) == []
        assert difference(exported(shell, **empty), exported(shell)) == []
        assert once.total() > 5 * ORDERS
        assert unverified(shell, **empty) == []
        assert shell("rebuild", "--from-topics", "--json", **empty).json["read"] == 0, "it is done"
