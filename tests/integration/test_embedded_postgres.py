"""The embedded PostgreSQL survives what a demo is put through."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from ordercase.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from ordercase.postgres_files import clear_leftovers

OWNER = """
import sys, time
from pathlib import Path
import psycopg
from ordercase.embedded_postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as server:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    print(server.url, flush=True)
    time.sleep(60)
"""


def count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def start_owner(folder: Path) -> tuple[subprocess.Popen[str], str]:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    return owner, owner.stdout.readline().strip()


def wait_refused(url: str) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            return
        time.sleep(0.05)
    pytest.fail("the server outlived its owner")


def test_a_second_start_finds_the_data_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    with EmbeddedPostgres(folder) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        fsync = connection.execute("SHOW fsync").fetchone()
    assert fsync == ("on",)
    with EmbeddedPostgres(folder, keep=False) as server:
        assert count(server.url) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_password_is_needed_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "server", keep=False) as server:
        assert (server.folder / "password").stat().st_mode & 0o077 == 0
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://ordercase:wrong@127.0.0.1:{server.port}/ordercase")


def test_a_killed_owner_takes_the_server_with_it_and_the_next_start_works(tmp_path: Path) -> None:
    owner, url = start_owner(tmp_path / "server")
    owner.kill()
    owner.communicate()
    if sys.platform == "linux":
        wait_refused(url)
    with EmbeddedPostgres(tmp_path / "server", keep=False) as server:
        assert count(server.url) == 1


def test_kill_9_of_everything_does_not_block_the_next_start(tmp_path: Path) -> None:
    owner, url = start_owner(tmp_path / "server")
    with psycopg.connect(url) as connection:
        (row,) = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchall()
    os.kill(int(row[0].splitlines()[0]), signal.SIGKILL)
    owner.kill()
    owner.communicate()
    with EmbeddedPostgres(tmp_path / "server", keep=False) as server:
        assert count(server.url) == 1


def test_a_stranger_with_the_old_pid_is_not_taken_for_a_server(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n")
    clear_leftovers(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "server", keep=False), pytest.raises(EmbeddedPostgresError, match="in_use"):
        EmbeddedPostgres(tmp_path / "server").start()


def test_permissions_of_folders_above_are_left_alone(tmp_path: Path) -> None:
    above = [(path, path.stat().st_mode) for path in (tmp_path, *tmp_path.parents)]
    with EmbeddedPostgres(tmp_path / "server", keep=False) as server:
        with psycopg.connect(server.url) as connection:
            assert connection.info.server_version >= 180000
        assert [(path, path.stat().st_mode) for path, _ in above] == above
