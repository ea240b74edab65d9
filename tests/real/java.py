"""The official jars, fetched by the Maven of this machine into a cache and run by its Java."""

import fcntl
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.real.missing import Missing

KAFKA_VERSION: Final = "4.3.1"
APICURIO_VERSION: Final = "2.6.13.Final"
POM: Final = Path(__file__).with_name("pom.xml")
_FETCH_WITHIN: Final = 600


def cache() -> Path:
    """Where fetched files stay between runs: ORDERCASE_TEST_CACHE, else `.work/real` in the checkout (not in git)."""
    return Path(os.environ.get("ORDERCASE_TEST_CACHE") or POM.parents[2] / ".work" / "real")


def java(*arguments: str | Path) -> list[str | Path]:
    """The command line of this machine's Java. Raises Missing.

    Its second compiler stays off: on a broker that is some minutes old it takes half of the CPU (46 % by sampling, after
    40,000 inputs), for code that pays for it only after hours.
    """
    found = shutil.which("java")
    if not found:
        raise Missing("no `java` on the PATH (17 or later) and no Docker engine answers")
    return [found, "-XX:TieredStopAtLevel=1", *arguments]


def kafka_jars() -> Path:
    """A folder with the jars of the broker and its tools. Raises Missing."""
    java()
    return _fetched(f"kafka-{KAFKA_VERSION}", _copy_kafka)


def apicurio_folder() -> Path:
    """A folder with the unpacked registry. Raises Missing."""
    java()
    return _fetched(f"apicurio-{APICURIO_VERSION}", _unpack_apicurio)


def _copy_kafka(into: Path) -> None:
    what = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={into}"]
    _maven("-f", str(POM), f"-Dkafka.version={KAFKA_VERSION}", *what)


def _unpack_apicurio(into: Path) -> None:
    artifact = f"io.apicurio:apicurio-registry-app:{APICURIO_VERSION}:tar.gz:all"
    _maven("-f", str(POM), "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={into}")
    for archive in into.glob("*.tar.gz"):
        with tarfile.open(archive) as opened:
            # Python 3.11.0 to 3.11.3 know no filters; the archive is the one whose checksum Maven has looked at.
            safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            opened.extractall(into, **safely)
        archive.unlink()


def _maven(*arguments: str) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise Missing("no `mvn` on the PATH to fetch the official jars, and no Docker engine answers")
    command = [maven, "-q", "-B", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_FETCH_WITHIN)
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[:3]
        raise Missing(f"Maven could not fetch the official jars: {' / '.join(last)}")


def _fetched(name: str, fetch: Callable[[Path], None]) -> Path:
    """The folder `name` in the cache, filled once: several runs may ask at the same time, and any of them may die."""
    target = cache() / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            coming = cache() / f"{name}.coming"
            shutil.rmtree(coming, ignore_errors=True)
            coming.mkdir()
            fetch(coming)
            coming.rename(target)
    return target
