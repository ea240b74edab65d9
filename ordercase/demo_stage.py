"""What the demo needs around it: a database, a broker and a worker, its own where no other is set, all gone at the end.

Everything of its own lies in one folder, which is emptied at the start and at the end. What a killed demo left there is
recognised and cleared; a demo that still runs is never touched.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ordercase import child_process, settings
from ordercase.embedded_broker import EmbeddedBroker
from ordercase.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from ordercase.errors import environment
from ordercase.postgres_files import free_port
from ordercase.settings import PREFIX, Settings
from ordercase.terminal import say
from producers.topics import TopicAdmin, TopicsRefused, wanted
from schemas.topics import TOPICS
from storage import migrate

READY_WITHIN: Final = 60.0
STOP_WITHIN: Final = 15.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What is up. `own`: database and broker are the demo's and vanish with it. `others`: sentences on what is not."""

    settings: Settings
    folder: Path
    own: bool
    others: tuple[str, ...]

    @property
    def environment_file(self) -> Path:
        """Settings for a second terminal: `set -a; . FILE; set +a`. It holds the password of the demo's own database."""
        return self.folder / "env"


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Brings everything up, and down again however the demo ends.

    Raises UserError (status 4) when something cannot be had, and when a demo runs in this folder already.
    """
    found = settings.load()
    with ExitStack() as up:
        up.enter_context(_only_one(folder))
        others = []
        if found.database_url is None:
            say("starting PostgreSQL ...")
            database = _postgres(up, folder)
        else:
            database = found.database
            others.append(f"Your database {settings.without_password(database)} is used.")
        servers = found.kafka_bootstrap_servers
        if servers is None:
            say("starting a broker ...")
            broker = up.enter_context(EmbeddedBroker())
            for topic in TOPICS:
                broker.make_topic(topic)
            servers = broker.bootstrap_servers
        else:
            others.append(f"Your broker {servers} is used.")
            _apply_topics(found)
        ready = settings.load(database_url=database, kafka_bootstrap_servers=servers, http_port=free_port())
        migrate.upgrade(database)
        up.enter_context(_worker(ready, folder))
        shown = Stage(ready, folder, own=not others, others=tuple(others))
        _write_environment(shown)
        yield shown


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """The folder is ours while this holds; whatever a killed demo left in it is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "running").open("a+") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise environment(
                "demo_runs", f"A demo runs in {folder} already. End it, or give another folder with --folder."
            ) from None
        _end_leftover_worker(folder)
        _empty(folder)
        try:
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _empty(folder: Path) -> None:
    """All but the mark that says who runs here. The database's folder is its own to clear: parts of it lie elsewhere."""
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "postgres":
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.is_file() and entry.name != "running":
            entry.unlink()


def _end_leftover_worker(folder: Path) -> None:
    """On Linux a worker dies with its demo; elsewhere one that was left behind is known by its pid and its command."""
    pid_file = folder / "worker.pid"
    if not pid_file.exists():
        return
    pid = pid_file.read_text(encoding="ascii").strip()
    try:
        about = ["ps", "-o", "command=", "-p", pid]
        listed = subprocess.run(about, capture_output=True, text=True, check=False).stdout  # noqa: S603 - a pid that we wrote
    except FileNotFoundError:
        return  # a machine without ps is a small Linux, where nothing was left behind
    if "ordercase" in listed and " run" in listed:
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


def _postgres(up: ExitStack, folder: Path) -> str:
    place = folder / "postgres"
    try:
        if place.exists():
            # Data of a demo that was killed: started and stopped once, it clears itself away, wherever it lies.
            with EmbeddedPostgres(place, keep=False):
                pass
        return up.enter_context(EmbeddedPostgres(place, keep=False)).url
    except EmbeddedPostgresError as error:
        raise environment(
            error.code, f"{error}. Or set {PREFIX}DATABASE_URL to a PostgreSQL database of your own."
        ) from None


def _apply_topics(found: Settings) -> None:
    topics = found.topics
    wants = wanted(partitions=topics.partitions, replication=topics.replication, retention_days=topics.retention_days)
    try:
        TopicAdmin(found.kafka_properties).apply(wants)
    except TopicsRefused as error:
        raise environment(error.code, error.sentence) from None


@contextmanager
def _worker(ready: Settings, folder: Path) -> Iterator[None]:
    """`ordercase run` as a process of its own, ready to work."""
    say("starting the worker ...")
    log_path = folder / "worker.log"
    with log_path.open("wb") as log:
        process = child_process.start(
            [sys.executable, "-m", "ordercase", "run"],
            dies_by=signal.SIGKILL,
            environment=settings.environment_with(**_named(ready), http_port=ready.http_port, log_format="json"),
            output=log,
        )
    (folder / "worker.pid").write_text(str(process.pid), encoding="ascii")
    try:
        _wait_until_ready(process, ready, log_path)
        yield
    finally:
        child_process.end(process, signal.SIGTERM, signal.SIGKILL, within=STOP_WITHIN)


def _named(ready: Settings) -> dict[str, object]:
    return {"database_url": ready.database, "kafka_bootstrap_servers": ready.kafka_bootstrap_servers}


def _wait_until_ready(process: subprocess.Popen[bytes], ready: Settings, log_path: Path) -> None:
    page = f"http://127.0.0.1:{ready.http_port}/health/ready"
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(page, timeout=5):
            return
        time.sleep(0.1)
    last = log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
    ended = f"ended with {process.returncode}" if process.poll() is not None else "is not ready"
    raise environment("worker_not_ready", f"The demo's worker {ended}; its last words:", *last)


def _write_environment(shown: Stage) -> None:
    text = "".join(f"{PREFIX}{name.upper()}='{value}'\n" for name, value in _named(shown.settings).items())
    descriptor = os.open(shown.environment_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
