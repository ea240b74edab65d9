"""A database that is lost and comes back from a backup, while shop, warehouse and gateway go on over Kafka.

Real Kafka, registry and PostgreSQL. What `deploy/recovery.md` says is what is done here; the judge is the simulator with its
own books, and an undisturbed run of the same stories.
"""

import os

import psycopg
import pytest

from tests.builders.verdicts import wrongs
from tests.end_to_end.crew import crew, outbox_head, settled
from tests.end_to_end.endings import difference, endings, exported
from tests.end_to_end.outside import Reader
from tests.end_to_end.recovering import Databases, going_on, name_of, once, one, seam, until, unverified
from tests.integration.processes import Shell
from tests.real.postgres import Postgres

ORDERS = int(os.environ.get("ORDERCASE_TEST_RECOVERY_ORDERS") or 24)
RATE, CALM = 8.0, 50.0
SEED = 7


def none(wrongs: list[str]) -> None:
    assert not wrongs, "\n".join(wrongs)


@pytest.mark.timeout(600 + 3 * ORDERS)
def test_a_restored_backup_is_brought_up_to_what_kafka_has(shell: Shell, reader: Reader, postgres: Postgres) -> None:
    live = name_of(shell.settings["DATABASE_URL"])
    backup, databases = f"{live}_backup", Databases(postgres)
    try:
        with crew(shell, 1) as workers:
            with going_on(shell, prefix="calm-", seed=SEED, orders=ORDERS, rate=CALM) as playing:
                none(wrongs(playing.result()))
            with going_on(shell, prefix="torn-", seed=SEED, orders=ORDERS, rate=RATE, exactly_once=False) as playing:
                began = one(shell, "SELECT seq FROM outbox_head")
                until(lambda: one(shell, "SELECT seq FROM outbox_head") > began + 4 * ORDERS, "stories are under way")
                workers.workers.pop().stop()
                databases.copy(backup, of=live)
                head = one(shell, "SELECT seq FROM outbox_head")
                worker = workers.hire()
                worker.wait_ready()
                until(lambda: one(shell, "SELECT seq FROM outbox_head") > head + 4 * ORDERS, "more is published")
                databases.drop(live)
                workers.workers.pop().stop()
                databases.copy(live, of=backup)
                read = one(shell, "SELECT sum(next_offset) FROM input_position")
                refused = workers.hire()
                assert refused.process.wait(120) == 1, refused.log
                assert "[relay_position_ahead]" in refused.log, refused.log
                assert "ordercase rebuild --from-topics" in refused.log
                assert one(shell, "SELECT sum(next_offset) FROM input_position") == read, "it reads nothing before"
                done = shell("rebuild", "--from-topics", "--json")
                print(done.out)
                assert done.json["differ"] == []
                assert done.status == 0, done.err
                last = workers.hire()
                last.wait_ready()
                torn = playing.result()
            none(wrongs(torn))
            with psycopg.connect(shell.settings["DATABASE_URL"], autocommit=True) as connection:
                settled(shell)
                head = outbox_head(connection)
    finally:
        databases.drop(backup)
    published = reader.published()
    repeated, unlike = seam(published)
    print(f"{ORDERS} stories, {len(published)} records, {repeated} came twice")
    none(unlike)
    assert repeated, "the seam was found"
    assert len(published) == head, "every number of the outbox came out once"
    none(difference(endings(once(published), "torn-"), endings(published, "calm-")))
    exports = [
        exported(shell("orders", "export", "--format", "jsonl", "--order-id", f"{prefix}*").out, prefix)
        for prefix in ("torn-", "calm-")
    ]
    none(difference(*exports))
    assert shell("parked", "list", "--json").json == []
    assert unverified(shell) == []
