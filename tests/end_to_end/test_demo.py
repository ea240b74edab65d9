"""The demo as anybody runs it: nothing but Python, and nothing left behind however it ends."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ordercase.demo import TOLD as STORIES

TOLD = re.compile(r"^  (?:order|checkout) \d+\S*: .+", re.MULTILINE)
UP_WITHIN = 90.0


class Demo:
    """`ordercase demo` in a folder of its own, and with no program on its PATH: no Java, no Docker, nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "demo"
        self.output = folder / "output"

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ORDERCASE_")}
        command = [sys.executable, "-m", "ordercase", "demo", "--folder", str(self.folder), *arguments]
        with self.output.open("wb") as output:
            return subprocess.Popen(
                command,
                env={**kept, "PATH": str(self.folder.parent)},
                cwd=self.folder.parent,
                stdout=output,
                stderr=output,
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_for(self, words: str, process: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + UP_WITHIN
        while words not in self.said():
            assert process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.1)

    def processes(self) -> list[str]:
        """Everything that runs for this demo: whose command, folder or environment names its place."""
        mine = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(FileNotFoundError, ProcessLookupError, PermissionError):  # ended meanwhile, or another user's
                about = process.joinpath("cmdline").read_bytes() + process.joinpath("environ").read_bytes()
                about += str(process.joinpath("cwd").readlink()).encode()
                if str(self.folder.parent).encode() in about and process.name != str(os.getpid()):
                    mine.append(process.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode())
        return mine

    def nothing_is_left(self) -> None:
        until = time.monotonic() + 15
        while self.processes() and time.monotonic() < until:
            time.sleep(0.2)
        assert self.processes() == []
        assert not self.folder.exists()
        place = hashlib.sha256(os.fsencode((self.folder / "postgres").resolve())).hexdigest()[:16]
        assert not list(Path(tempfile.gettempdir()).glob(f"ordercase-*{place}*"))


@pytest.fixture(name="demo")
def _demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    assert demo.processes() == []


def test_it_tells_its_stories_and_ends_by_itself(demo: Demo) -> None:
    process = demo.start("--once", "--seconds", "3")
    assert process.wait(180) == 0, demo.said()
    said = demo.said()
    assert len(TOLD.findall(said)) == len(STORIES)
    assert "wrong:" not in said
    assert "case closed" in said
    assert "payments.requests.v1" in said
    demo.nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_stopped_in_the_middle_it_leaves_nothing(demo: Demo, number: signal.Signals) -> None:
    process = demo.start("--seconds", "60")
    demo.wait_for("A day in a shop", process)
    time.sleep(1)
    process.send_signal(number)
    assert process.wait(30) == 130
    assert "Traceback" not in demo.said()
    demo.nothing_is_left()


def test_killed_it_does_not_block_the_next(demo: Demo) -> None:
    process = demo.start("--seconds", "60")
    demo.wait_for("A day in a shop", process)
    process.kill()
    process.wait()
    again = demo.start("--seconds", "1")
    demo.wait_for("Ctrl-C ends everything", again)
    assert "orders find" in demo.said()
    second = Demo(demo.folder.parent)
    second.output = demo.folder.parent / "second"
    refused = second.start("--once")
    assert refused.wait(60) == 4
    assert "runs in" in second.said()
    again.send_signal(signal.SIGINT)
    assert again.wait(30) == 0, demo.said()
    demo.nothing_is_left()
