"""Whole stories on a real Kafka with a real registry: the worker as a process, the outside world by the simulator."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ordercase import settings
from ordercase import simulate as simulator
from ordercase.postgres_files import free_port
from ordercase.simulate import Verdict, simulate
from ordercase.simulate.stories import PLOTS
from tests.builders.verdicts import wrongs
from tests.real.kafka import Kafka
from tests.real.registry import Registry

READY_WITHIN = 60.0
STOPPED_WITHIN = 10.0


class Worker:
    """`ordercase run` and the other commands, with the environment of one test."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.folder = folder
        named = {f"ORDERCASE_{name.upper()}": value for name, value in environment.items()}
        self.environment = {
            **os.environ,
            **named,
            "ORDERCASE_HTTP_PORT": str(self.port),
            "ORDERCASE_LOG_FORMAT": "json",
        }

    def command(self, *arguments: str) -> Any:
        """Runs a command that must end well; what it printed as JSON, None when it printed nothing."""
        command = [sys.executable, "-m", "ordercase", *arguments]
        done = subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else None

    @contextmanager
    def running(self) -> Iterator["subprocess.Popen[bytes]"]:
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ordercase", "run"],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait(process)
            yield process
        finally:
            process.kill()
            process.wait()

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until and process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5):
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "worker.log").read_text()[-4000:])


@pytest.fixture(name="worker")
def _worker(kafka: Kafka, registry: Registry, database_url: str, group_id: str, tmp_path: Path) -> Worker:
    """Topics and schemas are there; the worker is not started yet."""
    worker = Worker(
        tmp_path,
        database_url=database_url,
        kafka_bootstrap_servers=kafka.bootstrap_servers,
        schema_registry_url=registry.url,
        group_id=group_id,
        policy_file=str(Path(simulator.__file__).with_name("channels.toml")),
    )
    worker.command("migrate")
    worker.command("topics", "apply")
    worker.command("schemas", "register")
    return worker


def played(worker: Worker, orders: int, seed: int, *, chaos: bool = False) -> Verdict:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in worker.environment.items():
            patch.setenv(name, value)
        return simulate(settings.load(None), orders=orders, seed=seed, chaos=chaos)


def test_some_hundred_stories_come_out_right(worker: Worker) -> None:
    """Every story there is: of opposite switches and of times that run out, too."""
    with worker.running() as process:
        verdict = played(worker, 2 * len(PLOTS), seed=7)
        assert wrongs(verdict) == []
        assert {ending.story for ending in verdict.details} == {plot.name for plot in PLOTS}
        assert all(sums.agree for sums in verdict.books)
        assert verdict.repeated == 0, "a reader of committed records sees every event once"
        again = played(worker, 40, seed=7)
        assert wrongs(again) == [], "the same seed again on the same topics is other orders"
        chaos = played(worker, 2 * len(PLOTS), seed=8, chaos=True)
        assert wrongs(chaos) == []
        assert worker.command("parked", "list", "--json") == []
        worker.command("doctor", "--verify", "--json")  # ends with 0 only when all of it can be true
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPPED_WITHIN) == 0


def test_the_command_says_it_in_its_last_line_and_by_its_status(worker: Worker) -> None:
    with worker.running():
        command = [sys.executable, "-m", "ordercase", "simulate", "--orders", "5", "--seed", "3", "--json"]
        done = subprocess.run(command, env=worker.environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
        assert json.loads(done.stdout.splitlines()[-1]) == {"stories": 5, "right": 5, "wrong": 0}
