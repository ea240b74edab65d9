"""Which test runs which line of the domain, and how long each takes: what chooses the tests of a mutant."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol


@dataclass(slots=True)
class Covering:
    """By the number of a test in the run: its seconds (while watched), and the tests of every line."""

    seconds: dict[int, float] = field(default_factory=dict)
    tests: dict[tuple[str, int], set[int]] = field(default_factory=lambda: defaultdict(set))
    failed: list[str] = field(default_factory=list)

    def of(self, path: str, first: int, last: int) -> set[int]:
        """The tests that run any line of these."""
        return set().union(*(self.tests.get((path, number), set()) for number in range(first, last + 1)))


def covering(items: list[pytest.Item], folder: Path) -> Covering:
    """Runs every test once, watched; one that fails kills no mutant. Paths are told relative to the folder's parent."""
    from coverage import Coverage

    found, failed = Covering(), set[int]()
    watch = Coverage(data_file=None, source=[str(folder)], config_file=False)
    watch.start()
    for number, item in enumerate(items):
        nextitem = items[number + 1] if number + 1 < len(items) else None
        watch.switch_context(str(number))
        began = time.process_time()
        if not passes(item, nextitem):
            found.failed.append(item.nodeid)
            failed.add(number)
        found.seconds[number] = time.process_time() - began
    watch.stop()
    data = watch.get_data()
    for path in data.measured_files():
        for line, contexts in data.contexts_by_lineno(path).items():
            known = str(Path(path).relative_to(folder.parent)), line
            found.tests[known] |= {int(context) for context in contexts if context} - failed
    return found


def passes(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Whether the test passes, its setup and teardown too. Nothing is printed."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=nextitem))
