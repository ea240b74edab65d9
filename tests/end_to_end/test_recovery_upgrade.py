"""A rolling upgrade: the migration first, then old and new workers side by side, while stories are told.

The next version is this code with one more migration, which only adds, as every migration must; the old one is this code.
"""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from signal import SIGKILL

import psycopg

from tests.builders.verdicts import wrongs
from tests.end_to_end.crew import settled
from tests.end_to_end.outside import Reader, broken_promises
from tests.end_to_end.recovering import going_on, one, until, unverified
from tests.integration.processes import Shell

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("consumers", "domain", "ordercase", "producers", "schemas", "storage")
ORDERS = int(os.environ.get("ORDERCASE_TEST_RECOVERY_ORDERS") or 24)
RATE = 8.0
SEED = 11

MIGRATION = '''
"""What the next version adds."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE orders ADD COLUMN next_release TEXT")
    op.execute("ALTER TABLE cases ADD COLUMN next_release TEXT DEFAULT 'none' NOT NULL")
    op.execute("CREATE TABLE next_release (id BIGINT PRIMARY KEY)")
'''


def next_version(shell: Shell, folder: Path) -> Shell:
    """Commands and workers of the code as the next release has it, with the same settings."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "storage" / "migrations" / "versions" / "0002_next_release.py").write_text(MIGRATION.lstrip())
    return Shell(folder, **shell.settings)  # python -m takes the folder that it stands in for the first place to look


def test_old_and_new_workers_side_by_side_after_the_migration(shell: Shell, reader: Reader, tmp_path: Path) -> None:
    new = next_version(shell, tmp_path / "next")
    assert new("migrate", "--check", "--json").json["needed"] == "0002"
    with ExitStack() as running:
        old_first, old_second = (running.enter_context(shell.worker()) for _ in range(2))
        for worker in (old_first, old_second):
            worker.wait_ready()
        with going_on(shell, prefix="up-", seed=SEED, orders=ORDERS, rate=RATE) as playing:
            until(lambda: one(shell, "SELECT seq FROM outbox_head") > ORDERS, "stories are under way")
            migrated = new("migrate", "--json")
            assert migrated.json == {"version": "0002", "needed": "0002", "before": "0001"}
            new_first = running.enter_context(new.worker())
            new_first.wait_ready()
            status, _ = old_first.stop()
            assert status == 0, old_first.log
            # The old one that is left dies, and what starts it again knows nothing of the upgrade.
            old_second.process.send_signal(SIGKILL)
            old_second.process.wait()
            old_again = running.enter_context(shell.worker())
            old_again.wait_ready()
            assert "database_newer" in old_again.log
            head = one(shell, "SELECT seq FROM outbox_head")
            until(lambda: one(shell, "SELECT seq FROM outbox_head") > head + ORDERS or playing.done(), "both work")
            new_second = running.enter_context(new.worker())
            new_second.wait_ready()
            status, _ = old_again.stop()
            assert status == 0, old_again.log
            verdict = playing.result()
        assert wrongs(verdict) == []
        assert verdict.repeated == 0
        head = settled(shell)
    published = reader.published()
    assert broken_promises(published, reader.commands(), head) == []
    assert unverified(new) == []
    checked = shell("migrate", "--check", "--json")
    assert (checked.status, checked.json) == (0, {"version": "0002", "needed": "0001", "before": "0002"})


def test_an_old_worker_does_not_start_on_a_shape_that_it_is_too_old_for(shell: Shell) -> None:
    with psycopg.connect(shell.settings["DATABASE_URL"]) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
        connection.execute("COMMENT ON TABLE alembic_version IS 'still fit for workers from version 0002'")
    refused = shell("run", HTTP_PORT="0")
    assert refused.status == 4
    assert "[database_newer]" in refused.err
    assert "from 0002 on" in refused.err
    assert shell("migrate", "--check").status == 1
    assert shell("migrate").status == 4
