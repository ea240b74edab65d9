"""What a row of runs came to, on disk after each run: an interrupted row has its table, and can be gone on with."""

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.faults.run import Run
from tests.faults.table import lines

Row = dict[str, Any]


class Results:
    """`out`: the file, None for none. `resume`: what it has already counts."""

    def __init__(self, out: str | None, seed: int, *, resume: bool = False) -> None:
        self._out, self._seed = out, seed
        self._rows: list[Row] = []
        self._missed: dict[str, int] = {}
        self._skipped: set[str] = set()
        if resume and out and Path(out).exists():
            kept: list[Row] = json.loads(Path(out).read_text(encoding="utf-8"))["runs"]
            self._rows = [row for row in kept if row["right"]]

    def done(self, name: str, seed: int) -> bool:
        """Whether there is nothing more to learn from this run."""
        return name in self._skipped or any(row["fault"] == name and row["seed"] == seed for row in self._rows)

    def add(self, run: Run) -> None:
        """A run whose fault did not find its moment is not counted, only said, unless something was wrong in it."""
        if run.skipped:
            self._skipped.add(run.fault)
        if run.struck or not run.right:
            self._rows.append(run.as_json())
        else:
            self._missed[run.fault] = self._missed.get(run.fault, 0) + 1
        write(self._out, self._seed, "runs", self._rows)
        if self._out:
            names = dict.fromkeys(row["fault"] for row in self._rows)
            table = "\n".join([*lines(self.rows(sorted(names))), *self.never])
            Path(self._out).with_suffix(".md").write_text(f"{table}\n", encoding="utf-8")

    def rows(self, names: Iterable[str]) -> list[Row]:
        """All that counts, in the order of these names."""
        order = list(names)
        return sorted((row for row in self._rows if row["fault"] in order), key=lambda row: order.index(row["fault"]))

    @property
    def never(self) -> list[str]:
        """A sentence for each fault whose moment did not come."""
        return [f"{name}: its moment did not come, {count} times" for name, count in sorted(self._missed.items())]

    @property
    def right(self) -> bool:
        """Whether nothing was wrong, and every fault that may be tried here found its moment at least once."""
        found = {row["fault"] for row in self._rows}
        return all(row["right"] or row["skipped"] for row in self._rows) and set(self._missed) <= found


def write(out: str | None, seed: int, name: str, rows: list[Row]) -> None:
    """Writes results as table.py reads them; nothing where there is no file to write to."""
    if out is None:
        return
    told = {"command": " ".join(sys.argv[1:]), "at": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "seed": seed}
    path = Path(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    coming = path.with_suffix(".coming")
    coming.write_text(json.dumps(told | {name: rows}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    coming.replace(path)
