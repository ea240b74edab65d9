"""`ordercase` as a process of its own, with nothing in its environment but what a test gives it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ordercase.postgres_files import free_port


@dataclass(frozen=True)
class Ended:
    """What a command left: exit status, stdout, stderr."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands in a folder with these settings (without their prefix)."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = settings

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("ORDERCASE_")}
        return {**plain, **{f"ORDERCASE_{name}": value for name, value in {**self.settings, **more}.items()}}

    def __call__(self, *arguments: str, **more: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "ordercase", *arguments], env=self.environment(more), cwd=self.folder,
            capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def worker(self, *arguments: str, **more: str) -> Iterator["Worker"]:
        """`ordercase run` with its health pages, killed at the end if it still runs."""
        port = free_port()
        log = (self.folder / f"worker-{port}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "ordercase", "run", *arguments],
            env=self.environment({**more, "HTTP_PORT": str(port)}), cwd=self.folder, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield Worker(process, port, Path(log.name))
        finally:
            log.close()
            if process.poll() is None:
                process.kill()
            process.wait()


class Worker:
    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def page(self, path: str) -> tuple[int, str]:
        """Status and text of a health page; status 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_ready(self, seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while self.page("/health/ready")[0] != 200:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < until, f"{self.page('/health/ready')}\n{self.log}"
            time.sleep(0.1)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Exit status and the seconds that stopping took."""
        began = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(30)
        return status, time.monotonic() - began
