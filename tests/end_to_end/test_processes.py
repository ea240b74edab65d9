"""A worker of several processes is one worker: it shares the work, is ready, works and ends as one."""

import json
import re
import time
from collections.abc import Iterator
from signal import SIGKILL

import psutil
import pytest

from tests.builders.verdicts import wrongs
from tests.end_to_end.crew import play
from tests.integration.processes import Shell, Worker

DONE = re.compile(r"(?m)^ordercase_inputs_total (\S+)$")
ENDS_WITHIN = 20.0


@pytest.fixture(name="worker")
def _worker(shell: Shell) -> Iterator[Worker]:
    with shell.worker("--processes", "2") as worker:
        worker.wait_ready()
        yield worker


def second(worker: Worker) -> psutil.Process:
    (child,) = psutil.Process(worker.process.pid).children()
    return child


def test_both_read_and_their_stories_come_out_right(shell: Shell, worker: Worker) -> None:
    further = Worker(worker.process, worker.port + 1, shell.folder / "none")
    assert set(json.loads(worker.page("/health/ready")[1])["checks"]) == {"consumers", "relay", "process 2"}
    assert set(json.loads(worker.page("/health/live")[1])["checks"]) == {"consumers", "process 2"}
    assert set(json.loads(further.page("/health/ready")[1])["checks"]) == {"consumers"}
    assert wrongs(play(shell, orders=40, seed=5, prefix="both-", rate=20)) == []
    for one in (worker, further):
        found = DONE.search(one.page("/metrics")[1])
        assert found is not None
        assert float(found[1]) > 0
    child = second(worker)
    status, seconds = worker.stop()
    assert (status, seconds < 10) == (0, True), worker.log
    assert not child.is_running()
    assert shell("parked", "list", "--json").json == []


def test_without_one_of_them_it_ends_and_says_what_became_of_it(worker: Worker) -> None:
    second(worker).send_signal(SIGKILL)
    assert worker.process.wait(ENDS_WITHIN) == 1
    assert "process 2 of this worker has ended by signal 9" in worker.log
    assert "[process_ended]" in worker.log


def test_none_of_them_stays_when_the_first_is_killed(worker: Worker) -> None:
    child = second(worker)
    worker.process.send_signal(SIGKILL)
    until = time.monotonic() + ENDS_WITHIN
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.1)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_what_the_second_says_of_its_settings_is_the_workers_word_too(shell: Shell) -> None:
    assert shell("run", "--processes", "0").status == 2
    assert shell("run", "--relay-only", "--processes", "2").status == 2
    with shell.worker() as other:
        other.wait_ready()
        done = shell("run", "--processes", "2", HTTP_PORT=str(other.port - 1))
        assert done.status == 4
        assert "[port_taken]" in done.err
        assert "process 2 of this worker has ended with status 4" in done.err
