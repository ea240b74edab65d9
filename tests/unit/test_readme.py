"""The README's blocks between markers are printed from the code: run this file to write them again (`make readme`).

A block stands between `<!-- NAME: … -->` and `<!-- end NAME -->`; what follows the colon is for the reader.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import domain
from domain.machine import diagram
from domain.reactions import REACTIONS
from domain.refusals import CODES
from ordercase import settings
from schemas.topics import TOPICS
from tests.faults.table import lines, measured, mutant_lines

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

BLOCK = re.compile(r"(?P<head><!-- (?P<name>[a-z-]+): [^>]*-->\n)(?P<body>.*?)(?P<foot><!-- end (?P=name) -->)", re.S)


def words(name: str) -> str:
    """`OrderChangeState` → `order change`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("State")).lower()


def machines() -> Iterator[tuple[str, str]]:
    """(what moves, its diagram) of each transition table that a module of the domain holds, each once."""
    drawn = set[int]()
    for info in pkgutil.iter_modules(domain.__path__):
        module = importlib.import_module(f"domain.{info.name}")
        for name, table in vars(module).items():
            if name.endswith("NEXT") and table and id(table) not in drawn:
                drawn.add(id(table))
                targets = next(iter(table.values()))
                state = targets[0] if isinstance(targets, tuple) else targets
                yield words(type(state).__name__), diagram(table)


def state_diagrams() -> str:
    return "\n".join(
        f"<details><summary>{moves}</summary>\n\n```mermaid\n{drawn}\n```\n\n</details>"
        for moves, drawn in sorted(machines())
    )


def refusal_codes() -> str:
    return "\n".join(["| code | what it means |", "|---|---|", *(f"| `{code}` | {CODES[code]} |" for code in CODES)])


def reactions() -> str:
    rows = ["| when | then, in this order |", "|---|---|"]
    for event, follow in REACTIONS.items():
        rows.append(f"| `{event.__name__}` | {', '.join(one.__name__.replace('_', ' ') for one in follow)} |")
    return "\n".join(rows)


def topics() -> str:
    rows = ["| topic | | key | records |", "|---|---|---|---|"]
    for topic in TOPICS.values():
        kept = " (compact)" if topic.compact else ""
        records = ", ".join(f"`{record}`" for record in topic.records) or "–"
        rows.append(f"| `{topic.name}`{kept} | {topic.direction} | {topic.key} | {records} |")
    return "\n".join(rows)


def example(name: str) -> Callable[[], str]:
    def shown() -> str:
        return f"```python\n{(ROOT / 'examples' / f'{name}.py').read_text(encoding='utf-8').strip()}\n```"

    return shown


def faults() -> str:
    """What `make faults` found when its figures were kept last."""
    kept = measured()
    runs = kept["runs"]
    said = f"{len(runs)} runs of {len({run['fault'] for run in runs})} faults, {sum(run['stories'] for run in runs):,} stories"
    return "\n".join([f"Measured {kept['at']} UTC: {said}.", "", *lines(runs)])


def mutants() -> str:
    return "\n".join(mutant_lines(measured()["mutants"]))


BLOCKS: dict[str, Callable[[], str]] = {
    "faults": faults,
    "mutants": mutants,
    "state-diagrams": state_diagrams,
    "reactions": reactions,
    "refusal-codes": refusal_codes,
    "topics": topics,
    **{
        f"example-{path.stem.replace('_', '-')}": example(path.stem)
        for path in sorted((ROOT / "examples").glob("*.py"))
    },
}


def shown(text: str) -> dict[str, str]:
    """Name → what stands between its markers."""
    return {match["name"]: match["body"].strip() for match in BLOCK.finditer(text)}


def written(text: str) -> str:
    """The README with every block as the code says it now."""

    def block(match: re.Match[str]) -> str:
        return f"{match['head']}\n{BLOCKS[match['name']]()}\n\n{match['foot']}"

    return BLOCK.sub(block, text)


def test_every_block_has_its_place() -> None:
    """What can be printed is printed, and no marker is left that nothing fills."""
    assert set(shown(README.read_text(encoding="utf-8"))) == set(BLOCKS)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_says_what_the_code_says(name: str) -> None:
    """Where it does not: `make readme`."""
    assert shown(README.read_text(encoding="utf-8")).get(name) == BLOCKS[name]()


def test_the_settings_table_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting with its default; the meaning beside it is written by hand."""
    for name in settings.names():
        monkeypatch.delenv(name, raising=False)
    rows = dict(re.findall(r"(?m)^\| `(ORDERCASE_[A-Z_]+)` \| ([^|]*) \|", README.read_text(encoding="utf-8")))
    defaults = {
        name: "" if value in (None, "") else f"`{value}`"
        for name, value, _ in settings.shown(settings.load(env_file=None), env_file=None)
    }
    assert rows == {name: defaults[name] for name in settings.names()}


def test_every_command_in_the_readme_exists() -> None:
    """`make …` lines name targets of the Makefile."""
    targets = set(re.findall(r"(?m)^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8")))
    named = set(re.findall(r"(?m)(?:^|`)make ([a-z]+)", README.read_text(encoding="utf-8")))
    assert named
    assert named <= targets


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
