"""Which test runs which line of the domain, and how long each takes: what chooses the tests of a mutant."""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol


@dataclass(slots=True)
class Covering:
    """By the number of a test in the run: its seconds (watched, so a few times what it takes else), and every line's tests."""

    seconds: dict[int, float] = field(default_factory=dict)
    tests: dict[tuple[str, int], set[int]] = field(default_factory=lambda: defaultdict(set))
    failed: list[str] = field(default_factory=list)

    def of(self, path: str, first: int, last: int) -> set[int]:
        """The tests that run any line of these."""
        return set().union(*(self.tests.get((path, number), set()) for number in range(first, last + 1)))


class _Lines:
    """A trace function that keeps the lines run below one folder."""

    def __init__(self, folder: Path) -> None:
        self._prefix = f"{folder}/"
        self.seen: set[tuple[str, int]] = set()

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        del event, arg
        path = frame.f_code.co_filename
        if not path.startswith(self._prefix):
            return None
        seen = self.seen
        seen.add((path, frame.f_lineno))

        def line(frame: FrameType, event: str, arg: Any) -> Any:
            del arg
            if event == "line":
                seen.add((path, frame.f_lineno))
            return line

        return line


def covering(items: list[pytest.Item], folder: Path) -> Covering:
    """Runs every test once, watched. Paths are told relative to the folder's parent."""
    found = Covering()
    for number, item in enumerate(items):
        nextitem = items[number + 1] if number + 1 < len(items) else None
        lines = _Lines(folder)
        began = time.process_time()
        sys.settrace(lines)
        try:
            if not passes(item, nextitem):
                found.failed.append(item.nodeid)
        finally:
            sys.settrace(None)
        found.seconds[number] = time.process_time() - began
        for path, line in lines.seen:
            found.tests[str(Path(path).relative_to(folder.parent)), line].add(number)
    return found


def passes(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Whether the test passes, its setup and teardown too. Nothing is printed."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=nextitem))
