"""Starts a program that does not outlive us, as another user where that is asked for.

Run as a file by the interpreter, it is the small launcher between `fork` and the program: it gives up root, asks the
kernel for a signal when its parent dies (Linux), and becomes the program. A launcher rather than `preexec_fn`, because
code between fork and exec in a process with threads can hang, and librdkafka always has threads.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

_PR_SET_PDEATHSIG: Final = 1


def start(
    command: Sequence[str | Path],
    *,
    user: tuple[int, int] | None = None,
    dies_by: signal.Signals = signal.SIGTERM,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts `command` (first the absolute path of the program) in a session of its own, so that Ctrl-C is ours alone.

    `user`: the (uid, gid) it runs as; only root may ask. `dies_by`: what it gets from the kernel when the **thread**
    that called this ends, however it ends (Linux only; elsewhere the program stays): call from a thread that lives as
    long as the program shall. `output` takes stdout and stderr (none: discarded). Raises OSError when it cannot fork;
    what goes wrong later is seen as the exit code and in the output.
    """
    uid, gid = user or (-1, -1)
    launcher = [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(dies_by)), str(uid), str(gid)]
    return subprocess.Popen(  # noqa: S603 - the caller's own program
        [*launcher, *map(str, command)],
        stdin=subprocess.DEVNULL,
        stdout=output or subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=None if environment is None else dict(environment),
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes], *asks: signal.Signals, within: float) -> None:
    """Sends one signal after the other, each when it has not ended `within` seconds of the one before. Idempotent."""
    for ask in asks:
        if process.poll() is not None:
            return
        process.send_signal(ask)
        with suppress(subprocess.TimeoutExpired):
            process.wait(within)


def _become(parent: int, dies_by: int, uid: int, gid: int, command: list[str]) -> None:
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid: a change of user takes the request back.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, dies_by, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the process that started this one is gone")
    os.execv(command[0], command)  # noqa: S606 - becoming the caller's program is the purpose


if __name__ == "__main__":
    _parent, _dies_by, _uid, _gid = map(int, sys.argv[1:5])
    _become(_parent, _dies_by, _uid, _gid, sys.argv[5:])
