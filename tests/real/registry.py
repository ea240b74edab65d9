"""A real schema registry: one that is named, one in Docker, or Apicurio's own archive under the Java of this machine."""

import os
import signal
import subprocess
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
    """`url` is the base of the Confluent-compatible interface; `origin` is what the summary of the run says of it."""

    url: str
    origin: str


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
        with apicurio(folder) as made:
            yield Registry(made.url, made.origin)


class Apicurio:
    """Apicurio with its schemas in memory, on loopback, which a test may hurt. It ends with the thread that started it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jar = apicurio_folder() / f"apicurio-registry-app-{APICURIO_VERSION}-runner.jar"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/apis/ccompat/v7"
        self.origin = f"Apicurio {APICURIO_VERSION}, official archive through Maven"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers; it holds no schema then. Raises Missing."""
        options = ["-Xmx512m", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}"]
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "registry.log").open("ab") as log:
            self._process = child_process.start(
                java(*options, "-jar", self._jar), dies_by=signal.SIGKILL, folder=self._folder, output=log
            )
        process = self._process
        wait_for_registry(self.url, lambda: process.poll() is None)

    def kill9(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


@contextmanager
def apicurio(folder: Path) -> Iterator[Apicurio]:
    """The same, started. Raises Missing."""
    made = Apicurio(folder)
    try:
        made.start()
        yield made
    finally:
        made.kill9()


def wait_for_registry(url: str, alive: Callable[[], bool]) -> None:
    """Returns once it lists its subjects. Raises Missing."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and alive():
        with suppress(OSError), urllib.request.urlopen(f"{url}/subjects", timeout=5):
            return
        time.sleep(0.1)
    raise Missing(f"the schema registry at {url} does not answer")
