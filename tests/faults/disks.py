"""File systems that are small enough to be filled."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.faults import NotHere


@contextmanager
def small_disk(mebibytes: int) -> Iterator[Path]:
    """A file system of its own in memory, which only root can make. Raises NotHere."""
    if os.geteuid() != 0 or sys.platform != "linux":
        raise NotHere("a small file system can be mounted by root on Linux only")
    folder = Path(tempfile.mkdtemp(prefix="ordercase-small-"))
    folder.chmod(0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    try:
        if mounted.returncode:
            raise NotHere(f"mount is not allowed here: {mounted.stderr.decode().strip()}")
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not one byte is left on the file system of this folder meanwhile."""
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as rest:
            _fill(rest.fileno())
        yield
    finally:
        filler.unlink(missing_ok=True)


def _fill(file: int) -> None:
    """Writes until not even one byte more is taken. Raises what else the file system says than that it is full."""
    for size in (1 << 20, 4096, 1):
        while _takes(file, size):
            pass


def _takes(file: int, size: int) -> bool:
    try:
        return os.write(file, bytes(size)) > 0
    except OSError as refused:
        if refused.errno != errno.ENOSPC:
            raise
        return False
