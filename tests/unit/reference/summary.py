"""One line at the end of a run: how many rows of the reference hold, and how many our contract cannot say."""

import re
from collections.abc import Iterator
from typing import Any

from tests.unit.reference.rows import ROWS, TITLES, is_elsewhere, is_unsayable

NUMBER = re.compile(r"(?<![A-Za-z0-9])([A-Z])(\d+)_")
_BAD = ("failed", "error")


def rows_of(name: str) -> Iterator[tuple[str, int]]:
    """The rows that a test's name carries."""
    for letter, number in NUMBER.findall(name.partition("[")[0]):
        if letter in ROWS:
            yield letter, int(number)


def tell_rows(terminalreporter: Any) -> None:
    """Rows whose tests all passed in this run, of the lists of which any ran. What other tests prove counts as listed."""
    held, broken = ({row for name in _names(terminalreporter, kinds) for row in rows_of(name)} for kinds in
                    (("passed",), _BAD))  # fmt: skip
    if not held | broken:
        return
    parts = []
    for letter, title in TITLES.items():
        rows = ROWS[letter]
        right = {row for row in held - broken if row[0] == letter}
        if not right and all(row[0] != letter for row in broken):
            continue
        elsewhere, unsayable = (sum(map(test, rows.values())) for test in (is_elsewhere, is_unsayable))
        words = f"{len(right)} {title} tested"
        words += f", {elsewhere} by tests without their number" if elsewhere else ""
        words += f", {unsayable} not sayable" if unsayable else ""
        parts.append(words)
    terminalreporter.write_line(f"reference: {'; '.join(parts)} (tests/unit/reference/rows.py)", green=not broken)
    for letter, number in sorted(broken):
        terminalreporter.write_line(f"reference: {letter}{number} does not hold", red=True)


def _names(terminalreporter: Any, kinds: tuple[str, ...]) -> Iterator[str]:
    for kind in kinds:
        for report in terminalreporter.stats.get(kind, []):
            yield report.nodeid.rpartition("::")[2]
