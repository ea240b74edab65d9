"""The table of what faults did, from the results of `python -m tests.faults --out FILE`."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

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
