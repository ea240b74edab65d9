"""The tables of what faults did and which mutants were caught, from what `python -m tests.faults --out FILE` wrote.

`python -m tests.faults.table FILE …` keeps the figures of these files in measured.json, which the README is printed from;
measured.json may be one of them.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

MEASURED: Final = Path(__file__).with_name("measured.json")
KEPT: Final = ("fault", "seed", "inputs", "outputs", "stories", "recovered", "stopped", "skipped", "broken",
               "lost", "doubled", "reordered", "holes", "model")  # fmt: skip
"""Of each run."""

COLUMNS = ("lost", "doubled", "reordered", "holes", "model")


def lines(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line a fault, and their sum."""
    names = list(dict.fromkeys(run["fault"] for run in runs))
    head = "| fault | runs | inputs | lost | doubled | reordered | holes | against the books | back after, median · worst |"
    rows = [head, "|---|---|---|---|---|---|---|---|---|"]
    rows += [_row(name, [run for run in runs if run["fault"] == name]) for name in names]
    return [*rows, _row("**all**", runs)] if len(names) > 1 else rows


def _row(name: str, runs: Sequence[Mapping[str, Any]]) -> str:
    sums = " | ".join(str(sum(run[column] for run in runs)) for column in COLUMNS)
    broken = sum(bool(run["broken"]) for run in runs)
    back = [run["recovered"] for run in runs if not run["broken"]]
    told = f"{median(back):.1f} · {max(back):.1f} s" if back else "–"
    stops = _stops(runs) if name != "**all**" else ""
    return f"| {name}{stops} | {len(runs)} | {sum(run['inputs'] for run in runs)} | {sums} | {told}{f', {broken} did not end' if broken else ''} |"


def _stops(runs: Iterable[Mapping[str, Any]]) -> str:
    codes = sorted({run["stopped"] for run in runs if run["stopped"]})
    return f" → stops: {', '.join(f'`{code}`' for code in codes)}" if codes else ""


def mutant_lines(caught: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line a mutant: under which fault, which judges found it, and what one of them said."""
    rows = ["| mutant | what it does | shown by | caught by | for instance |", "|---|---|---|---|---|"]
    for one in caught:
        judges = ", ".join(one["judges"]) or "**nobody**"
        rows.append(f"| {one['name']} | {one['told']} | {one['fault'] or 'no fault'} | {judges} | {one['said']} |")
    return rows


def measured() -> dict[str, Any]:
    """What was kept last: `at`, `runs`, `mutants`."""
    found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found


def keep(files: Iterable[Path]) -> str:
    """The text of measured.json for these results; a run or a mutant a line. Of a mutant the last word counts."""
    told = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    runs = [{name: run[name] for name in KEPT} for one in told for run in one.get("runs", ())]
    mutants = list({one["name"]: one for each in told for one in each.get("mutants", ())}.values())
    at = max(one["at"] for one in told)
    rows = {"runs": sorted(runs, key=lambda run: (run["fault"], run["seed"])), "mutants": mutants}
    lists = ",\n".join(f'"{name}": [\n{_listed(each)}\n]' for name, each in rows.items())
    return f'{{"at": "{at}",\n{lists}}}\n'


def _listed(rows: Iterable[Mapping[str, Any]]) -> str:
    return ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


if __name__ == "__main__":
    MEASURED.write_text(keep(map(Path, sys.argv[1:])), encoding="utf-8")
