"""What came of each mutant, kept between runs, and the report of it."""

import json
import re
from collections import defaultdict
from math import sqrt
from pathlib import Path
from typing import Any

from tests.mutation.accepted import ACCEPTED
from tests.mutation.mutants import Mutant
from tests.mutation.running import NO_TEST, SURVIVED

Row = dict[str, str]


class Results:
    """By the name of a mutant: who noticed it (`by`: a test's id, TIMEOUT, mypy's words), and of which function it was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[str, Row] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._done = 0

    def put(self, mutant: Mutant, by: str) -> int:
        """Keeps a result; answers how many this run has."""
        self._rows[mutant.name] = {
            "by": by,
            "digest": mutant.digest,
            "change": mutant.change,
            "line": f"{mutant.path}:{mutant.first}",
        }
        self._done += 1
        return self._done

    def refused(self, name: str, words: str) -> None:
        self._rows[name]["by"] = f"mypy: {words}"

    def caught(self, mutant: Mutant) -> bool:
        """Whether a test or the type checker noticed this change of the function as it is now."""
        row = self._rows.get(mutant.name)
        return row is not None and row["digest"] == mutant.digest and row["by"] not in (SURVIVED, NO_TEST)

    def save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._rows, indent=1, ensure_ascii=False), encoding="utf-8")

    def report(self, mutants: list[Mutant], *, whole: bool) -> None:
        """Prints each file's score, every survivor that has no accepted reason, and the score of all."""
        counts: dict[str, Any] = defaultdict(lambda: defaultdict(int))
        for mutant in mutants:
            kind = self._kind(mutant)
            counts[mutant.path][kind] += 1
            counts[""][kind] += 1
            if kind == "survived":
                row = self._rows[mutant.name]
                print(f"{row['line']} {mutant.name}{' (no test)' * (row['by'] == NO_TEST)}")
                print("    " + row["change"].replace("\n", "\n    "))
        for path, kinds in sorted(counts.items(), key=lambda item: item[1]["survived"]):
            if path:
                print(f"{path:34} {self._line(kinds)}")
        print(f"{'all' if whole else 'sample'}: {self._line(counts[''])}{'' if whole else _interval(counts[''])}")

    def _kind(self, mutant: Mutant) -> str:
        if not self.caught(mutant):
            return "accepted" if any(re.search(pattern, mutant.change) for pattern, _ in ACCEPTED) else "survived"
        return "types" if self._rows[mutant.name]["by"].startswith("mypy: ") else "tests"

    @staticmethod
    def _line(kinds: dict[str, int]) -> str:
        caught, all_of_them = kinds["tests"] + kinds["types"], sum(kinds.values())
        return (
            f"{100 * caught / max(1, all_of_them):5.1f} % of {all_of_them} "
            f"({kinds['tests']} by tests, {kinds['types']} by types; {kinds['accepted']} accepted, {kinds['survived']} not)"
        )


def _interval(kinds: dict[str, int]) -> str:
    """The 95 % interval of a sample's score (Wilson)."""
    size = sum(kinds.values())
    share, z = (kinds["tests"] + kinds["types"]) / max(1, size), 1.96
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z * sqrt(share * (1 - share) / size + z * z / (4 * size * size)) / (1 + z * z / size)
    return f", 95 % interval {100 * (middle - half):.1f} to {100 * (middle + half):.1f} %"
