"""A real schema registry: one that is named, one in Docker, or Apicurio's own archive under the Java of this machine."""

import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ordercase import child_process
from ordercase.postgres_files import free_port
from tests.real import docker
from tests.real.java import APICURIO_VERSION, apicurio_folder, java
from tests.real.missing import Missing

READY_WITHIN: Final = 120.0


@dataclass(frozen=True)
class Registry:
    """`url` is the base of the Confluent-compatible interface; `origin` is what the summary of the run says of it.

    `pid`: the process, where it is one of ours.
    """

    url: str
    origin: str
    pid: int | None = None


@contextmanager
def any_registry(folder: Path) -> Iterator[Registry]:
    """The registry of ORDERCASE_TEST_REGISTRY, else one in Docker, else Apicurio in `folder`. Raises Missing."""
    named = os.environ.get("ORDERCASE_TEST_REGISTRY")
    if named:
        wait_for_registry(named, lambda: True)
        yield Registry(named, f"registry at {named} (ORDERCASE_TEST_REGISTRY)")
    elif docker.answers():
        with docker.registry() as url:
            wait_for_registry(url, lambda: True)
            yield Registry(url, f"{docker.REGISTRY_IMAGE} in Docker")
    else:
        with apicurio(folder) as registry:
            yield registry


@contextmanager
def apicurio(folder: Path) -> Iterator[Registry]:
    """Apicurio with its schemas in memory, on loopback; it ends with this thread. Raises Missing."""
    jar = apicurio_folder() / f"apicurio-registry-app-{APICURIO_VERSION}-runner.jar"
    port = free_port()
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    options = ["-Xmx512m", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}"]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "registry.log").open("ab") as log:
        process = child_process.start(
            [java(), *options, "-jar", jar], dies_by=signal.SIGKILL, folder=folder, output=log
        )
    try:
        wait_for_registry(url, lambda: process.poll() is None)
        yield Registry(url, f"Apicurio {APICURIO_VERSION}, official archive through Maven", process.pid)
    finally:
        process.kill()
        process.wait()


def wait_for_registry(url: str, alive: Callable[[], bool]) -> None:
    """Returns once it lists its subjects. Raises Missing."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and alive():
        with suppress(OSError), urllib.request.urlopen(f"{url}/subjects", timeout=5):
            return
        time.sleep(0.1)
    raise Missing(f"the schema registry at {url} does not answer")
